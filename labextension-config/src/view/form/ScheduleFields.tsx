import * as React from 'react';
import { messageOf } from '../../api/errors';
import type { ISchedulePreview } from '../../api/types';
import type { When } from '../../model/form';
import { Instant } from '../basics';
import { useNow, useSettled } from '../hooks';
import { useServices } from '../services';
import { CronBuilder } from './CronBuilder';
import { TextField } from './Field';
import type { IForm } from './useForm';

/** When a job starts by itself. */
export function ScheduleFields({ form }: { form: IForm }): React.ReactElement {
  const { trans } = useServices();
  const { values, set, problems } = form;
  const group = React.useId();
  const kinds: [When, string][] = [
    ['cron', trans.__('By the calendar')],
    ['interval', trans.__('Every so often')],
    ['once', trans.__('Once')],
    ['none', trans.__('Only by hand')]
  ];
  return (
    <fieldset className="jb-Fieldset">
      <legend>{trans.__('Schedule')}</legend>
      <div
        className="jb-Choices"
        role="radiogroup"
        aria-label={trans.__('When it runs')}
      >
        {kinds.map(([when, word]) => (
          <label key={when} className="jb-Check">
            <input
              type="radio"
              name={group}
              checked={values.when === when}
              onChange={() => set({ when })}
            />
            {word}
          </label>
        ))}
      </div>
      {values.when === 'cron' && (
        <>
          <CronBuilder
            cron={values.cron}
            problem={problems['triggers.0.cron']}
            onChange={cron => set({ cron })}
          />
          <Zone form={form} />
          <Preview cron={values.cron} timezone={values.timezone} />
        </>
      )}
      {values.when === 'interval' && (
        <TextField
          label={trans.__('Every')}
          value={values.interval}
          problem={problems['triggers.0.interval_seconds']}
          placeholder="6 h"
          help={trans.__('A duration, such as 30 min or 6 h.')}
          onChange={interval => set({ interval })}
        />
      )}
      {values.when === 'once' && (
        <TextField
          label={trans.__('At')}
          type="datetime-local"
          value={values.once}
          problem={problems['triggers.0.at']}
          help={trans.__('In your own time zone.')}
          onChange={once => set({ once })}
        />
      )}
    </fieldset>
  );
}

function Zone({ form }: { form: IForm }): React.ReactElement {
  const { trans } = useServices();
  const zones = React.useMemo(() => ['UTC', ...Intl.supportedValuesOf('timeZone')], []);
  return (
    <TextField
      label={trans.__('Time zone')}
      value={form.values.timezone}
      problem={form.problems['triggers.0.timezone']}
      options={zones}
      help={trans.__('Type to search, such as Amsterdam.')}
      onChange={timezone => form.set({ timezone })}
    />
  );
}

interface IPreviewProps {
  cron: string;
  timezone: string;
}

/** What a cron text means, in words and instants, or what is wrong with it. */
function Preview({ cron, timezone }: IPreviewProps): React.ReactElement {
  const { client, locale, trans } = useServices();
  const now = useNow(true);
  const [asked, askedZone] = [useSettled(cron), useSettled(timezone)];
  const [answer, setAnswer] = React.useState<ISchedulePreview | string | null>(null);
  React.useEffect(() => {
    let wanted = true;
    client.preview({ cron: asked, timezone: askedZone, count: 5 }).then(
      preview => wanted && setAnswer(preview),
      (error: unknown) => wanted && setAnswer(messageOf(error))
    );
    return () => {
      wanted = false;
    };
  }, [client, asked, askedZone]);
  if (answer === null) {
    return <p className="jb-quiet">…</p>;
  }
  if (typeof answer === 'string') {
    return (
      <p className="jb-Problem" role="alert">
        {answer}
      </p>
    );
  }
  return (
    <div className="jb-Preview" role="status">
      <strong>{answer.sentence}</strong>
      <ol className="jb-Instants" aria-label={trans.__('Next runs')}>
        {answer.instants.map(instant => (
          <li key={instant.at}>
            <span>{inZone(instant.at, askedZone, locale)}</span>
            <span className="jb-quiet">
              <Instant at={Date.parse(instant.at)} now={now} as="relative" />
            </span>
            {instant.note && <span className="jb-Tag">{instant.note}</span>}
          </li>
        ))}
      </ol>
    </div>
  );
}

function inZone(at: string, timeZone: string, locale?: string): string {
  try {
    return new Date(at).toLocaleString(locale, {
      timeZone,
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZoneName: 'short'
    });
  } catch {
    return at;
  }
}
