import * as React from 'react';
import type { Column } from '../../model/preferences';
import { COLUMNS } from '../../model/preferences';
import { useModel } from '../hooks';
import type { ITrans } from '../services';
import { useServices } from '../services';

/** The heading of a column. */
export function columnWord(trans: ITrans, column: Column): string {
  const words: Record<Column, string> = {
    trigger: trans.__('Started by'),
    started: trans.__('Started'),
    duration: trans.__('Duration'),
    cells: trans.__('Cells'),
    attempts: trans.__('Attempts'),
    user: trans.__('User')
  };
  return words[column];
}

/** Lets the user choose the columns of the list. */
export function Columns(): React.ReactElement {
  const { preferences, trans } = useServices();
  const { columns } = useModel(preferences).values;
  const toggle = (column: Column) => {
    const next = COLUMNS.filter(one => (one === column) !== columns.includes(one));
    preferences.change({ columns: next });
  };
  return (
    <details
      className="jb-Popover"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.currentTarget.open = false;
        }
      }}
    >
      <summary className="jb-Button jb-mod-plain">{trans.__('Columns')}</summary>
      <fieldset>
        <legend className="jb-hidden">{trans.__('Columns')}</legend>
        {COLUMNS.map(column => (
          <label key={column} className="jb-Check">
            <input
              type="checkbox"
              checked={columns.includes(column)}
              onChange={() => toggle(column)}
            />
            {columnWord(trans, column)}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
