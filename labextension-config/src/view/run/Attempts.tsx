import * as React from 'react';
import type { IAttempt } from '../../api/types';
import { bytes, duration } from '../../model/format';
import type { RunModel } from '../../model/run';
import { timeOf } from '../../model/rows';
import { Button, Empty, Instant, StateBadge } from '../basics';
import { useTrans } from '../services';

/** The tries of a run, newest first; any of them can be shown. */
export function Attempts({
  model,
  now
}: {
  model: RunModel;
  now: number;
}): React.ReactElement {
  const trans = useTrans();
  const attempts = [...(model.run?.attempts ?? [])].reverse();
  if (!attempts.length) {
    return (
      <Empty title={trans.__('No attempt yet')}>
        {trans.__(
          'Each attempt is a container of its own. The first one starts when it is this run’s turn.'
        )}
      </Empty>
    );
  }
  return (
    <table className="jb-Table">
      <thead>
        <tr>
          <th scope="col">{trans.__('No.')}</th>
          <th scope="col">{trans.__('State')}</th>
          <th scope="col">{trans.__('Started')}</th>
          <th scope="col">{trans.__('Duration')}</th>
          <th scope="col">{trans.__('Peak memory')}</th>
          <th scope="col">{trans.__('CPU time')}</th>
          <th scope="col">{trans.__('Why')}</th>
          <th scope="col">{trans.__('Shown')}</th>
        </tr>
      </thead>
      <tbody>
        {attempts.map((attempt, index) => (
          <tr key={attempt.attempt_no}>
            <td>{attempt.attempt_no}</td>
            <td>
              <StateBadge state={attempt.state} />
            </td>
            <td>
              <Instant at={timeOf(attempt.started_at)} now={now} />
            </td>
            <td className="jb-figures">{duration(secondsOf(attempt, now))}</td>
            <td className="jb-figures">{bytes(attempt.peak_memory_bytes)}</td>
            <td className="jb-figures">{duration(attempt.cpu_seconds ?? null)}</td>
            <td>
              {attempt.reason}
              {attempt.exit_code != null && (
                <span className="jb-quiet">
                  {' '}
                  {trans.__('(exit code %1)', attempt.exit_code)}
                </span>
              )}
            </td>
            <td>
              {attempt.attempt_no === model.attemptNo ? (
                <span aria-current="true">{trans.__('Shown')}</span>
              ) : (
                <Button
                  aria-label={trans.__('Show attempt %1', attempt.attempt_no)}
                  onClick={() =>
                    void model.showAttempt(index === 0 ? null : attempt.attempt_no)
                  }
                >
                  {trans.__('Show')}
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function secondsOf(attempt: IAttempt, now: number): number | null {
  const [start, end] = [timeOf(attempt.started_at), timeOf(attempt.finished_at) ?? now];
  return start === null ? null : (end - start) / 1000;
}
