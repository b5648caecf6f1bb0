import * as React from 'react';
import type { IRow } from '../../model/rows';
import { Button, Instant } from '../basics';
import { StateIcon } from '../icons';
import { useServices } from '../services';
import { stateWord } from '../words';

/** A run that ended badly, and why. */
export function Failure({ row, now }: { row: IRow; now: number }): React.ReactElement {
  const { actions, trans } = useServices();
  return (
    <li className="jb-Card">
      <div className="jb-Card-line">
        <StateIcon state={row.state} />
        <button
          type="button"
          className="jb-Link jb-grow"
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
      {(row.error ?? row.reason) && (
        <div className="jb-small jb-clamp">{row.error ?? row.reason}</div>
      )}
      <div className="jb-small jb-quiet">
        {stateWord(trans, row.state)} ·{' '}
        <Instant at={row.finishedAt} now={now} as="relative" />
      </div>
    </li>
  );
}
