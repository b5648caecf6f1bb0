import * as React from 'react';
import type { IJob } from '../../api/types';
import { messageOf } from '../../api/errors';
import type { JobModel } from '../../model/job';
import { instantIn, isZone, localZone } from '../../model/instants';
import { Button } from '../basics';
import { NextInstants } from '../form/Preview';
import { useServices } from '../services';

interface IScheduleProps {
  model: JobModel;
  job: IJob;
  now: number;
}

/** The schedule of a job: its sentence, its next instants, and a backfill. */
export function Schedule({ model, job, now }: IScheduleProps): React.ReactElement {
  const { features, trans } = useServices();
  const { schedule } = model;
  const zones = [
    ...new Set((job.triggers ?? []).map(trigger => trigger.timezone ?? 'UTC'))
  ];
  return (
    <section className="jb-Schedule">
      <h3>{trans.__('Schedule')}</h3>
      {schedule ? (
        <p>
          {schedule.sentence} <span className="jb-quiet">({zones.join(', ')})</span>
        </p>
      ) : (
        <p className="jb-quiet">
          {trans.__('It has no schedule: it runs when somebody starts it.')}
        </p>
      )}
      {schedule && !job.paused && schedule.instants.length > 0 && (
        <NextInstants preview={schedule} zone={zones[0]} now={now} />
      )}
      {schedule && features.has('post', '/jobs/{job_id}/backfill') && (
        <Backfill job={job} zone={zones.length === 1 ? zones[0] : localZone()} />
      )}
    </section>
  );
}

/** Makes the runs that the schedule would have made between two days. */
function Backfill({ job, zone }: { job: IJob; zone: string }): React.ReactElement {
  const { client, trans } = useServices();
  const [from, setFrom] = React.useState('');
  const [to, setTo] = React.useState('');
  const [answer, setAnswer] = React.useState('');
  const send = async () => {
    try {
      const report = await client.backfill(
        job.id,
        ...spanOf(from, to, zone, Date.now())
      );
      setAnswer(
        trans.__(
          'Made %1 runs; %2 had succeeded before, %3 are under way.',
          report.made,
          report.succeeded_before,
          report.unfinished_before
        )
      );
    } catch (error) {
      setAnswer(messageOf(error));
    }
  };
  return (
    <details className="jb-Details">
      <summary>{trans.__('Backfill…')}</summary>
      <form
        className="jb-Filters"
        onSubmit={event => {
          event.preventDefault();
          void send();
        }}
      >
        <label>
          <span>{trans.__('From')}</span>
          <input
            type="date"
            className="jb-Input"
            required
            value={from}
            onChange={event => {
              setFrom(event.target.value);
              setAnswer('');
            }}
          />
        </label>
        <label>
          <span>{trans.__('To')}</span>
          <input
            type="date"
            className="jb-Input"
            required
            value={to}
            onChange={event => {
              setTo(event.target.value);
              setAnswer('');
            }}
          />
        </label>
        <Button type="submit">{trans.__('Make the runs')}</Button>
        <span role="status">{answer}</span>
      </form>
      <p className="jb-Help">
        {trans.__(
          'Makes the runs that the schedule would have made on these days (%1), without those that have succeeded.',
          zone
        )}
      </p>
    </details>
  );
}

/** Returns the beginning of the first day and the end of the last in a zone, but no later than now. */
export function spanOf(
  from: string,
  to: string,
  zone: string,
  now: number
): [string, string] {
  const place = isZone(zone) ? zone : localZone();
  const next = new Date(Date.parse(`${to}T00:00Z`) + 86_400_000).toISOString();
  const [start, end] = [`${from}T00:00`, next.slice(0, 16)].map(
    local => instantIn(local, place) ?? now
  );
  return [new Date(start).toISOString(), new Date(Math.min(end, now)).toISOString()];
}
