import * as React from 'react';
import type { ICell } from '../../api/types';
import { bytes, duration } from '../../model/format';
import { Empty } from '../basics';
import { StateIcon } from '../icons';
import { useTrans } from '../services';
import { stateWord } from '../labels';
import { cellSeconds } from './CellView';

interface ITimelineProps {
  cells: readonly ICell[];
  now: number;
  onOpen: (cell: number) => void;
}

/** Shows the start, the duration and the memory of each cell. */
export function Timeline({ cells, now, onOpen }: ITimelineProps): React.ReactElement {
  const trans = useTrans();
  const timed = cells.filter(cell => cell.cell_type === 'code' && cell.started_at);
  if (!timed.length) {
    return (
      <Empty title={trans.__('Nothing has been executed yet')}>
        {trans.__('The durations of cells appear here once the first cell runs.')}
      </Empty>
    );
  }
  const starts = timed.map(cell => Date.parse(cell.started_at ?? ''));
  const from = Math.min(...starts);
  const ends = timed.map(cell =>
    cell.finished_at ? Date.parse(cell.finished_at) : now
  );
  const span = Math.max(1, Math.max(...ends) - from);
  const peak = Math.max(1, ...timed.map(cell => cell.memory_bytes ?? 0));
  const slowest = Math.max(...timed.map(cell => cellSeconds(cell, now) ?? 0));
  return (
    <table className="jb-Timeline">
      <caption className="jb-hidden">{trans.__('Timeline of the cells')}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('Cell')}</th>
          <th scope="col" className="jb-wide">
            <span className="jb-Axis">
              <span>{trans.__('Start')}</span>
              <span>{duration(span / 2000)}</span>
              <span>{duration(span / 1000)}</span>
            </span>
          </th>
          <th scope="col">{trans.__('Duration')}</th>
          <th scope="col">{trans.__('Memory')}</th>
        </tr>
      </thead>
      <tbody>
        {timed.map((cell, index) => {
          const seconds = cellSeconds(cell, now) ?? 0;
          return (
            <tr key={cell.cell_index}>
              <th scope="row">
                <button
                  type="button"
                  className="jb-Link"
                  title={cell.source}
                  onClick={() => onOpen(cell.cell_index)}
                >
                  <StateIcon state={cell.state} />
                  <span className="jb-hidden">{stateWord(trans, cell.state)}</span>
                  <span>{cell.cell_index + 1}</span>
                  <code>{cell.source.trim().split('\n', 1)[0]}</code>
                </button>
              </th>
              <td>
                <div className="jb-Track">
                  <div
                    className={`jb-Track-bar jb-mod-${cell.state}`}
                    style={{
                      left: `${(100 * (starts[index] - from)) / span}%`,
                      width: `max(3px, ${(100 * seconds * 1000) / span}%)`
                    }}
                  />
                </div>
              </td>
              <td className={`jb-figures${seconds === slowest ? ' jb-strong' : ''}`}>
                {duration(seconds)}
              </td>
              <td className="jb-figures">
                {cell.memory_bytes != null && (
                  <>
                    <span
                      className="jb-MemoryBar"
                      style={{ width: `${(48 * cell.memory_bytes) / peak}px` }}
                      aria-hidden="true"
                    />
                    {bytes(cell.memory_bytes)}
                  </>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
