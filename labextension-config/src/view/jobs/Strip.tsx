import * as React from 'react';
import { STRIP } from '../../model/jobList';
import { duration } from '../../model/format';
import type { IRow } from '../../model/rows';
import { secondsOf } from '../../model/rows';
import { useServices } from '../services';
import { stateWord, timesWord } from '../labels';

/** The last runs of a job, oldest first, one bar each: its shape says how it ended. */
export function Strip({
  rows,
  now
}: {
  rows: readonly IRow[];
  now: number;
}): React.ReactElement {
  const { actions, locale, trans } = useServices();
  const good = rows.filter(row => row.state === 'succeeded').length;
  const shown = [...rows].reverse().slice(-STRIP);
  // One stop for Tab; the arrows go from run to run.
  const onKeyDown = (event: React.KeyboardEvent) => {
    const bar = event.target as HTMLElement;
    const next = {
      ArrowLeft: bar.previousElementSibling,
      ArrowRight: bar.nextElementSibling
    }[event.key];
    if (next instanceof HTMLElement) {
      event.preventDefault();
      next.focus();
    }
  };
  return (
    <div
      className="jb-Strip"
      role="group"
      aria-label={trans.__('%1 of the last %2 runs succeeded', good, rows.length)}
      onKeyDown={onKeyDown}
    >
      {shown.map((row, index) => (
        <button
          key={row.id}
          type="button"
          tabIndex={index === shown.length - 1 ? 0 : -1}
          className={`jb-Strip-bar jb-mod-${row.state}`}
          title={`${stateWord(trans, row.state)}, ${duration(secondsOf(row, now))}\n${timesWord(trans, row, locale)}`}
          aria-label={`${stateWord(trans, row.state)}, ${timesWord(trans, row, locale)}`}
          onClick={() => actions.openRun(row.id, row.name)}
        />
      ))}
    </div>
  );
}
