import * as React from 'react';
import type { Column } from '../../model/preferences';
import type { RunListModel, SortKey } from '../../model/runList';
import { SortHead } from '../basics';
import { useModel, useNow } from '../hooks';
import { useServices } from '../services';
import { VirtualRows } from '../VirtualRows';
import { columnWord } from './Columns';
import { RunRow } from './RunRow';

export const ROW_HEIGHT = 34;

/** In pixels: of the choice, the state and the name at least, then of what can be chosen. */
const FIRST_WIDTHS = [32, 124, 220];
const WIDTHS: Record<Column, number> = {
  trigger: 96,
  started: 172,
  duration: 104,
  cells: 128,
  attempts: 76,
  user: 110
};
/** Of a row, left and right. */
const PADDING = 12;
const SORTED: Partial<Record<Column, SortKey>> = {
  started: 'startedAt',
  duration: 'duration'
};

/** The list of runs as a grid: arrow keys move, Enter opens, Space chooses. */
export function RunTable({ model }: { model: RunListModel }): React.ReactElement {
  const { preferences, actions, trans } = useServices();
  const { columns } = useModel(preferences).values;
  const prefix = React.useId();
  const [active, setActive] = React.useState(-1);
  const { rows, selection } = model;
  const now = useNow(rows.slice(0, 50).some(row => row.attemptSince !== null));
  // Rows that stand still are drawn anew only when another day begins.
  const today = new Date(now).setHours(0, 0, 0, 0);
  const widths = [...FIRST_WIDTHS, ...columns.map(column => WIDTHS[column])];
  const template = widths
    .map((width, place) => (place === 2 ? `minmax(${width}px, 1fr)` : `${width}px`))
    .join(' ');
  const least = widths.reduce((sum, width) => sum + width, PADDING);

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.target !== event.currentTarget) {
      return;
    }
    const next = moved(event.key, active, rows.length);
    const row = rows[active];
    if (next !== null) {
      setActive(next);
    } else if (event.key === 'Enter' && row) {
      actions.openRun(row.id, row.name);
    } else if (event.key === ' ' && row) {
      selection.toggle(row.id, rows, event.shiftKey);
    } else if (event.key === 'Escape') {
      selection.clear();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const toggle = React.useCallback(
    (id: string, range: boolean) => selection.toggle(id, model.rows, range),
    [model, selection]
  );
  const open = React.useCallback(
    (id: string, name: string) => actions.openRun(id, name),
    [actions]
  );
  const more = React.useCallback(() => void model.loadMore(), [model]);

  return (
    <div
      className="jb-Grid jb-Scroller"
      role="grid"
      tabIndex={0}
      aria-label={trans.__('Runs')}
      aria-multiselectable="true"
      aria-rowcount={model.hasMore ? -1 : rows.length + 1}
      aria-activedescendant={active >= 0 ? `${prefix}-${active}` : undefined}
      onKeyDown={onKeyDown}
      onFocus={event =>
        event.target === event.currentTarget && active < 0 && setActive(0)
      }
      style={
        { '--jb-columns': template, '--jb-width': `${least}px` } as React.CSSProperties
      }
    >
      <Head model={model} columns={columns} />
      <VirtualRows
        count={rows.length}
        rowHeight={ROW_HEIGHT}
        active={active}
        onNearEnd={model.hasMore ? more : undefined}
        row={(index, top) => (
          <RunRow
            key={rows[index].id}
            id={`${prefix}-${index}`}
            index={index}
            top={top}
            row={rows[index]}
            columns={columns}
            chosen={selection.has(rows[index].id)}
            active={index === active}
            now={rows[index].attemptSince === null ? today : now}
            onToggle={toggle}
            onOpen={open}
          />
        )}
      />
    </div>
  );
}

function Head(props: {
  model: RunListModel;
  columns: readonly Column[];
}): React.ReactElement {
  const { trans } = useServices();
  const { model, columns } = props;
  const all = model.rows.length > 0 && model.selection.ids.size === model.rows.length;
  const heads: [string, string, SortKey | undefined][] = [
    ['state', trans.__('State'), 'state'],
    ['name', trans.__('Name'), 'name'],
    ...columns.map((column): [string, string, SortKey | undefined] => [
      column,
      columnWord(trans, column),
      SORTED[column]
    ])
  ];
  return (
    <div role="rowgroup" className="jb-Grid-head">
      <div role="row" className="jb-Grid-row" aria-rowindex={1}>
        <div role="columnheader" className="jb-Grid-cell">
          <input
            type="checkbox"
            aria-label={trans.__('Choose all runs that are loaded')}
            checked={all}
            onChange={() =>
              model.selection.set(all ? [] : model.rows.map(row => row.id))
            }
          />
        </div>
        {heads.map(([id, word, key]) =>
          key ? (
            <SortHead
              key={id}
              word={word}
              sorted={model.sort.key === key}
              descending={model.sort.descending}
              onSort={() => model.setSort(key)}
            />
          ) : (
            <div key={id} role="columnheader" className="jb-Grid-cell">
              {word}
            </div>
          )
        )}
      </div>
    </div>
  );
}

/** Returns the place after a key; null for keys that do not move. */
export function moved(key: string, place: number, count: number): number | null {
  const steps: Record<string, number> = {
    ArrowDown: place + 1,
    ArrowUp: place - 1,
    PageDown: place + 15,
    PageUp: place - 15,
    Home: 0,
    End: count - 1
  };
  return key in steps ? Math.max(0, Math.min(count - 1, steps[key])) : null;
}
