import * as React from 'react';
import { BAD_STATES } from '../../api/types';
import type { IFailureGroup } from '../../model/failures';
import { failureOf } from '../../model/rows';
import { Button, Instant } from '../basics';
import { StateIcon } from '../icons';
import { useServices } from '../services';
import { stateWord } from '../labels';

interface IFailureProps {
  group: IFailureGroup;
  now: number;
}

/** Shows a recent failure: its cause, count and first time. */
export function Failure({ group, now }: IFailureProps): React.ReactElement {
  const { actions, trans } = useServices();
  const { newest: row, count, succeededAt } = group;
  const why = failureOf(row);
  const showAll = () =>
    actions.openRuns({
      states: [...BAD_STATES],
      jobId: row.jobId,
      text: row.jobId ? '' : row.notebook
    });
  return (
    <li className="jb-Card">
      <div className="jb-Card-line">
        <StateIcon state={row.state} />
        <button
          type="button"
          className="jb-Link jb-grow"
          title={row.notebook}
          onClick={() => actions.openRun(row.id, row.name)}
        >
          {row.name}
        </button>
        <Button
          kind="quiet"
          aria-label={trans.__('Retry %1', row.name)}
          onClick={() => void actions.retry([row.id])}
        >
          {trans.__('Retry')}
        </Button>
      </div>
      {why && <div className="jb-small jb-clamp">{why}</div>}
      <div className="jb-small jb-quiet">
        {stateWord(trans, row.state)} ·{' '}
        <Instant at={row.finishedAt} now={now} as="relative" />
      </div>
      {succeededAt !== null && (
        <div className="jb-Card-line jb-small">
          <StateIcon state="succeeded" />
          <span>
            {trans.__('Succeeded since,')} <Instant at={succeededAt} now={now} />
          </span>
        </div>
      )}
      {count > 1 && (
        <div className="jb-small">
          <button
            type="button"
            className="jb-Link"
            aria-label={trans.__('Show all failures of %1', row.name)}
            onClick={showAll}
          >
            {group.isAtLeast
              ? trans.__('%1 failures or more', count.toLocaleString())
              : trans.__('%1 failures', count.toLocaleString())}
          </button>{' '}
          {row.jobId ? trans.__('since') : trans.__('of %1 since', row.notebook)}{' '}
          <Instant at={group.since} now={now} />
        </div>
      )}
    </li>
  );
}
