import * as React from 'react';
import { isActive } from '../../api/types';
import { duration } from '../../model/format';
import type { Column } from '../../model/preferences';
import type { IRow } from '../../model/rows';
import { failureOf, hasNominalTime, secondsOf } from '../../model/rows';
import { Bar, Instant, StateBadge } from '../basics';
import { useTrans } from '../services';
import { triggerWord } from '../labels';

interface IRunRowProps {
  id: string;
  index: number;
  top: number;
  row: IRow;
  columns: readonly Column[];
  chosen: boolean;
  active: boolean;
  /** Of the row where something of it moves with the time, else when this day began. */
  now: number;
  onToggle: (id: string, range: boolean) => void;
  onOpen: (id: string, name: string) => void;
}

/** A run in the list; drawn anew only when something of it has changed. */
export const RunRow = React.memo(function RunRow(
  props: IRunRowProps
): React.ReactElement {
  const { row, columns, onToggle, onOpen } = props;
  const trans = useTrans();
  const failure = failureOf(row);
  const classes = [
    'jb-Grid-row',
    props.chosen && 'jb-mod-chosen',
    props.active && 'jb-mod-active'
  ];
  return (
    <div
      id={props.id}
      role="row"
      className={classes.filter(Boolean).join(' ')}
      style={{ transform: `translateY(${props.top}px)` }}
      aria-rowindex={props.index + 2}
      aria-selected={props.chosen}
      onClick={event => {
        if (!(event.target instanceof HTMLInputElement)) {
          onOpen(row.id, row.name);
        }
      }}
    >
      <div role="gridcell" className="jb-Grid-cell">
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={trans.__('Choose %1', row.name)}
          checked={props.chosen}
          onChange={event =>
            onToggle(row.id, (event.nativeEvent as MouseEvent).shiftKey)
          }
        />
      </div>
      <div role="gridcell" className="jb-Grid-cell" title={row.reason ?? undefined}>
        <StateBadge state={row.state} />
      </div>
      <div
        role="gridcell"
        className="jb-Grid-cell jb-RunCell"
        title={`${row.name}\n${row.notebook}`}
      >
        <span className="jb-RunName">{row.name}</span>
        {hasNominalTime(row) && (
          <span className="jb-RunDay jb-small">
            {' '}
            {trans.__('for')} <Instant at={row.scheduledFor} now={props.now} />
          </span>
        )}
        {failure && (
          <span className="jb-RunWhy jb-quiet jb-small" title={failure}>
            {' '}
            {failure}
          </span>
        )}
      </div>
      {columns.map(column => (
        <div key={column} role="gridcell" className="jb-Grid-cell">
          <Value column={column} row={row} now={props.now} />
        </div>
      ))}
    </div>
  );
});

function Value(props: { column: Column; row: IRow; now: number }): React.ReactElement {
  const trans = useTrans();
  const { row } = props;
  const { done, total, failed } = row.cells;
  switch (props.column) {
    case 'trigger':
      return <>{triggerWord(trans, row.trigger)}</>;
    case 'started':
      return row.startedAt === null ? (
        <span className="jb-quiet">
          {trans.__('Made')} <Instant at={row.createdAt} now={props.now} />
        </span>
      ) : (
        <Instant at={row.startedAt} now={props.now} />
      );
    case 'duration':
      return <span className="jb-figures">{duration(secondsOf(row, props.now))}</span>;
    case 'attempts':
      return <>{row.attempts}</>;
    case 'user':
      return <>{row.createdBy}</>;
    case 'cells':
      return isActive(row.state) && total ? (
        <span className="jb-CellsCell">
          <Bar
            done={done}
            total={total}
            failed={failed > 0}
            label={trans.__('Cells')}
          />
          <span>
            {done}/{total}
          </span>
        </span>
      ) : (
        <span className="jb-figures">{total ? `${done}/${total}` : '–'}</span>
      );
  }
}
