import * as React from 'react';
import type { IJob } from '../../api/types';
import { duration } from '../../model/format';
import { clock, shownZone } from '../../model/instants';
import type { ICellMark, JobModel } from '../../model/job';
import { secondsOf } from '../../model/rows';
import { StateIcon } from '../icons';
import { useServices } from '../services';
import { stateWord, timesWord, triggerWord } from '../labels';

/** Runs by cells: which cell failed or was slow, and in which runs. */
export function Matrix({
  model,
  now
}: {
  model: JobModel;
  now: number;
}): React.ReactElement {
  const { actions, locale, trans } = useServices();
  const zone = shownZone(zoneOf(model.job));
  const lines = model.rows.map(row => ({
    row,
    cells: (model.cells(row) ?? []).filter(cell => cell.type === 'code')
  }));
  const width = Math.max(0, ...lines.map(line => line.cells.length));
  const slowest = Math.max(
    0.001,
    ...lines.flatMap(line => line.cells.map(cell => cell.seconds ?? 0))
  );
  return (
    <div
      className="jb-Matrix-box"
      tabIndex={0}
      role="region"
      aria-label={trans.__('Runs by cells')}
    >
      <p className="jb-small jb-quiet">
        {trans.__(
          'The stronger the colour, the longer the cell took; a cross marks a cell that failed, a dot one that was not run.'
        )}
      </p>
      <table className="jb-Matrix">
        <thead>
          <tr>
            <th scope="col">{trans.__('Run')}</th>
            {Array.from({ length: width }, (_, index) => (
              <th key={index} scope="col" className="jb-small jb-quiet">
                {columnNo(lines, index)}
              </th>
            ))}
            <th scope="col" className="jb-small jb-quiet">
              {trans.__('Duration')}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ row, cells }) => (
            <tr key={row.id}>
              <th scope="row">
                <button
                  type="button"
                  className="jb-Link"
                  title={timesWord(trans, row, locale)}
                  onClick={() => actions.openRun(row.id, row.name)}
                >
                  <StateIcon state={row.state} />
                  <span className="jb-hidden">{stateWord(trans, row.state)}</span>
                  {clock(row.scheduledFor, now, { locale, zone })}
                </button>
                {row.trigger === 'backfill' && (
                  <span className="jb-Tag">{triggerWord(trans, row.trigger)}</span>
                )}
              </th>
              {cells.map(cell => (
                <Mark key={cell.index} cell={cell} slowest={slowest} />
              ))}
              {cells.length < width && <td colSpan={width - cells.length} />}
              <td className="jb-small jb-quiet jb-figures jb-Matrix-end">
                {duration(secondsOf(row, now))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Mark({
  cell,
  slowest
}: {
  cell: ICellMark;
  slowest: number;
}): React.ReactElement {
  const { trans } = useServices();
  const word = trans.__(
    'Cell %1: %2, %3',
    cell.index + 1,
    stateWord(trans, cell.state),
    duration(cell.seconds)
  );
  // By the root: most cells take next to nothing, and one takes nearly all.
  const depth = 0.18 + 0.82 * Math.sqrt((cell.seconds ?? 0) / slowest);
  const symbols = { failed: '×', not_run: '·', running: '…', succeeded: '' };
  return (
    <td>
      <span
        className={`jb-Mark jb-mod-${cell.state}`}
        style={{ '--jb-depth': depth } as React.CSSProperties}
        title={word}
      >
        <span aria-hidden="true">{symbols[cell.state]}</span>
        <span className="jb-hidden">{word}</span>
      </span>
    </td>
  );
}

/** The zone of a job's triggers, where they have one in common. */
function zoneOf(job: IJob | null): string | undefined {
  const zones = new Set((job?.triggers ?? []).map(trigger => trigger.timezone));
  return zones.size === 1 ? [...zones][0] : undefined;
}

function columnNo(lines: readonly { cells: ICellMark[] }[], index: number): string {
  const longest = lines.reduce(
    (a, b) => (b.cells.length > a.cells.length ? b : a),
    lines[0]
  );
  return String((longest.cells[index]?.place ?? index) + 1);
}
