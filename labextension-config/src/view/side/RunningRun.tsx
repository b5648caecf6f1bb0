import * as React from 'react';
import { bytes, duration } from '../../model/format';
import type { IMoment } from '../../model/live';
import type { IRow } from '../../model/rows';
import { secondsOf } from '../../model/rows';
import { Bar, Button } from '../basics';
import { useAnswer } from '../hooks';
import { StateIcon } from '../icons';
import type { ITrans } from '../services';
import { useServices } from '../services';
import { stateWord } from '../labels';

interface IRunningRunProps {
  row: IRow;
  now: number;
}

/** A run that is under way: which cell, how far, for how long, until when. */
export function RunningRun({ row, now }: IRunningRunProps): React.ReactElement {
  const { live, actions, history, trans } = useServices();
  const typical = useAnswer(
    () => history.typicalSeconds(row),
    [row.jobId, row.notebook]
  );
  const moment = live.moment(row.id);
  const elapsed = secondsOf(row, now);
  const place = placeOf(trans, row, moment);
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
          disabled={row.state === 'cancelling'}
          aria-label={trans.__('Cancel %1', row.name)}
          onClick={() => void actions.cancel([row.id])}
        >
          {trans.__('Cancel')}
        </Button>
      </div>
      <Bar
        done={moment.share === null ? row.cells.done : moment.share}
        total={moment.share === null ? row.cells.total : 1}
        failed={row.cells.failed > 0}
        label={trans.__('Progress of %1', row.name)}
      />
      <div className="jb-Card-line jb-small">
        <span className="jb-grow">{place}</span>
        <span className="jb-figures">
          {elapsed === null ? '' : duration(elapsed)}
          {left(trans, elapsed, typical)}
        </span>
      </div>
      {moment.cell !== null && moment.source.trim() && row.state === 'running' && (
        <code className="jb-SourceLine">{firstLine(moment.source)}</code>
      )}
      {moment.memoryBytes !== null && (
        <div className="jb-small jb-quiet">
          {trans.__('Memory: %1', bytes(moment.memoryBytes))}
        </div>
      )}
    </li>
  );
}

/** The position of a run: its preparation, its cell, or its state. */
export function placeOf(trans: ITrans, row: IRow, moment: IMoment): string {
  if (moment.preparing) {
    return moment.preparing;
  }
  if (row.state !== 'running' || !row.cells.total) {
    return row.reason ?? stateWord(trans, row.state);
  }
  const cell = Math.min(row.cells.total, (moment.cell ?? row.cells.done) + 1);
  return trans.__('Cell %1 of %2', cell, row.cells.total);
}

function left(trans: ITrans, elapsed: number | null, typical: number | null): string {
  if (elapsed === null || typical === null) {
    return '';
  }
  return elapsed < typical
    ? ` · ${trans.__('about %1 left', duration(typical - elapsed))}`
    : ` · ${trans.__('usually %1', duration(typical))}`;
}

function firstLine(source: string): string {
  return source.trim().split('\n', 1)[0];
}
