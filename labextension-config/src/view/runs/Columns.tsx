import * as React from 'react';
import type { Column } from '../../model/preferences';
import { COLUMNS } from '../../model/preferences';
import { useModel } from '../hooks';
import { Popover } from '../Popover';
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
    <Popover label={trans.__('Columns')}>
      <fieldset className="jb-Menu">
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
    </Popover>
  );
}
