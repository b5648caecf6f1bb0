import * as React from 'react';
import { messageOf } from '../../api/errors';
import type { ISchedulePreview } from '../../api/types';
import type { ITriggerValues } from '../../model/triggers';
import { localZone, previewQuery } from '../../model/triggers';
import { Instant } from '../basics';
import { useNow, useSettled } from '../hooks';
import { useServices } from '../services';

interface IAnswer extends ISchedulePreview {
  /** In which its instants are written. */
  zone: string;
}

/** What a schedule means, in words and instants, or what is wrong with it. */
export function Preview({
  values
}: {
  values: ITriggerValues;
}): React.ReactElement | null {
  const { client, locale, trans } = useServices();
  const now = useNow(true);
  const asked = useSettled(JSON.stringify(previewQuery(values)));
  const [answer, setAnswer] = React.useState<IAnswer | string | null>(null);
  React.useEffect(() => {
    const query = JSON.parse(asked) as ReturnType<typeof previewQuery>;
    if (!query) {
      setAnswer(null);
      return;
    }
    let wanted = true;
    // Intervals and single instants are the same in every zone: the user's own says most.
    const zone = 'cron' in query ? String(query.timezone) : localZone();
    client.preview({ ...query, count: 5 }).then(
      preview => wanted && setAnswer({ ...preview, zone }),
      (error: unknown) => wanted && setAnswer(messageOf(error))
    );
    return () => {
      wanted = false;
    };
  }, [client, asked]);
  if (answer === null) {
    return null;
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
      {!answer.instants.length && (
        <span className="jb-quiet">{trans.__('It never comes again.')}</span>
      )}
      <ol className="jb-Instants" aria-label={trans.__('Next runs')}>
        {answer.instants.map(instant => (
          <li key={instant.at}>
            <span>{inZone(instant.at, answer.zone, locale)}</span>
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
