import * as React from 'react';
import type { IJob, ITrigger, IUpcoming } from '../../api/types';
import { duration, exact } from '../../model/format';
import { Instant } from '../basics';
import { useAnswer } from '../hooks';
import { useServices } from '../services';

interface IScheduleProps {
  job: IJob;
  upcoming: readonly IUpcoming[];
  now: number;
}

/** When a job starts by itself: its rules in words, and its next instants. */
export function Schedule({ job, upcoming, now }: IScheduleProps): React.ReactElement {
  const { trans } = useServices();
  const triggers = job.triggers ?? [];
  return (
    <section className="jb-Schedule">
      <h3>{trans.__('Schedule')}</h3>
      {triggers.length ? (
        <ul>
          {triggers.map((trigger, index) => (
            <li key={trigger.id ?? index}>
              <Sentence trigger={trigger} />
            </li>
          ))}
        </ul>
      ) : (
        <p className="jb-quiet">
          {trans.__('It has none: it runs when somebody starts it.')}
        </p>
      )}
      {upcoming.length > 0 && (
        <ol className="jb-Instants" aria-label={trans.__('Next runs')}>
          {upcoming.map(instant => (
            <li key={instant.at}>
              <Instant at={Date.parse(instant.at)} now={now} />{' '}
              <span className="jb-quiet">
                <Instant at={Date.parse(instant.at)} now={now} as="relative" />
                {instant.note ? ` · ${instant.note}` : ''}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function Sentence({ trigger }: { trigger: ITrigger }): React.ReactElement {
  const { client, locale, trans } = useServices();
  const zone = trigger.timezone ?? 'UTC';
  const preview = useAnswer(
    async () =>
      trigger.cron
        ? await client.preview({ cron: trigger.cron, timezone: zone, count: 1 })
        : null,
    [trigger.cron, zone]
  );
  const words =
    trigger.kind === 'interval'
      ? trans.__('Every %1', duration(trigger.interval_seconds ?? null))
      : trigger.kind === 'once'
        ? trans.__('Once: %1', exact(Date.parse(trigger.at ?? ''), locale))
        : (preview?.sentence ?? trigger.cron);
  return (
    <>
      {words} {trigger.cron && <code>{trigger.cron}</code>}{' '}
      <span className="jb-quiet">{zone}</span>
      {trigger.paused && <strong> {trans.__('(paused)')}</strong>}
    </>
  );
}
