import * as React from 'react';
import type { IResultRow } from '../../api/sweeps';
import type { Json } from '../../api/types';
import { isOver } from '../../api/types';
import { duration } from '../../model/format';
import { timeOf } from '../../model/rows';
import type { SweepModel } from '../../model/sweep';
import { valueOf } from '../../model/sweep';
import { SortHead, StateBadge } from '../basics';
import { useServices } from '../services';
import { VirtualRows } from '../VirtualRows';

const ROW_HEIGHT = 34;

/** The runs of a sweep with what differs between them, and what came of it. */
export function SweepTable({
  model,
  now
}: {
  model: SweepModel;
  now: number;
}): React.ReactElement {
  const { actions, trans } = useServices();
  const { rows, columns } = model;
  const widths = columns.map(() => 'minmax(96px, 220px)');
  const head = (column: number | null, word: string, title?: string) => (
    <SortHead
      key={column}
      word={word}
      title={title}
      sorted={model.sort.column === column}
      descending={model.sort.descending}
      onSort={() => model.setSort(column)}
    />
  );
  const template = ['76px', '124px', ...widths, '104px'].join(' ');
  return (
    <div
      className="jb-Grid jb-mod-sweep jb-Scroller"
      role="table"
      tabIndex={0}
      aria-label={trans.__('Runs of the sweep')}
      aria-rowcount={rows.length + 1}
      style={
        {
          '--jb-columns': template,
          '--jb-width': `${330 + 96 * columns.length}px`
        } as React.CSSProperties
      }
    >
      <div role="rowgroup" className="jb-Grid-head">
        <div role="row" className="jb-Grid-row" aria-rowindex={1}>
          {head(null, trans.__('Run'))}
          <div role="columnheader" className="jb-Grid-cell">
            {trans.__('State')}
          </div>
          {columns.map(({ kind, name }, index) =>
            head(
              index,
              name,
              kind === 'parameter' ? trans.__('Parameter') : trans.__('Result')
            )
          )}
          <div role="columnheader" className="jb-Grid-cell">
            {trans.__('Duration')}
          </div>
        </div>
      </div>
      <VirtualRows
        count={rows.length}
        rowHeight={ROW_HEIGHT}
        row={(index, top) => {
          const { row, no } = rows[index];
          return (
            <div
              key={row.run_id}
              role="row"
              className="jb-Grid-row"
              aria-rowindex={index + 2}
              style={{ transform: `translateY(${top}px)` }}
            >
              <div role="cell" className="jb-Grid-cell">
                <button
                  type="button"
                  className="jb-Link"
                  onClick={() => actions.openRun(row.run_id, row.name)}
                >
                  {trans.__('Run %1', no)}
                </button>
              </div>
              <div role="cell" className="jb-Grid-cell">
                <StateBadge state={row.state} />
              </div>
              {columns.map(column => (
                <Cell
                  key={`${column.kind} ${column.name}`}
                  value={valueOf(row, column)}
                />
              ))}
              <div role="cell" className="jb-Grid-cell jb-figures">
                {duration(secondsOf(row, now))}
              </div>
            </div>
          );
        }}
      />
    </div>
  );
}

function Cell({ value }: { value: Json | undefined }): React.ReactElement {
  const { locale } = useServices();
  const text =
    value === undefined || value === null
      ? '–'
      : typeof value === 'number'
        ? value.toLocaleString(locale, { maximumSignificantDigits: 8 })
        : typeof value === 'string'
          ? value
          : JSON.stringify(value);
  return (
    <div role="cell" className="jb-Grid-cell jb-figures" title={text}>
      {text}
    </div>
  );
}

/** Of a run that is under way what its newest attempt has taken, where that is known. */
function secondsOf(row: IResultRow, now: number): number | null {
  if (isOver(row.state) && typeof row.duration_seconds === 'number') {
    return row.duration_seconds;
  }
  const [since, until] = [timeOf(row.started_at), timeOf(row.finished_at) ?? now];
  const isKnown = since !== null && (row.attempt_no ?? 1) === 1;
  return isKnown ? Math.max(0, (until - since) / 1000) : null;
}
