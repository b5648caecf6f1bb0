import * as React from 'react';
import type { IRow } from '../../model/rows';
import { Button, Instant } from '../basics';
import { StateIcon } from '../icons';
import { useServices } from '../services';

interface IWaitingRunProps {
  row: IRow;
  now: number;
  /** Runs that wait before this one, and that run now. */
  ahead: number;
  busy: number;
}

/** A run that waits, and why. */
export function WaitingRun({
  row,
  now,
  ahead,
  busy
}: IWaitingRunProps): React.ReactElement {
  const { actions, trans } = useServices();
  const later = row.notBefore !== null && row.notBefore > now;
  const reason = busy
    ? trans._n(
        'Waits for the run that is under way',
        'Waits for one of the %1 runs that are under way',
        busy
      )
    : ahead
      ? trans._n('%1 run is before it', '%1 runs are before it', ahead)
      : trans.__('About to start');
  return (
    <li className="jb-Card">
      <div className="jb-Card-line">
        <StateIcon state="queued" />
        <button
          type="button"
          className="jb-Link jb-grow"
          onClick={() => actions.openRun(row.id, row.name)}
        >
          {row.name}
        </button>
        <Button
          kind="quiet"
          aria-label={trans.__('Cancel %1', row.name)}
          onClick={() => void actions.cancel([row.id])}
        >
          {trans.__('Cancel')}
        </Button>
      </div>
      <div className="jb-small">
        {row.reason ?? (later ? '' : reason)}
        {later && (
          <>
            {row.reason ? ' · ' : ''}
            {trans.__('Not before')} <Instant at={row.notBefore} now={now} />
          </>
        )}
      </div>
    </li>
  );
}
