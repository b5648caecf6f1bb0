import * as React from 'react';
import { duration } from '../../model/format';
import type { IRow } from '../../model/rows';
import { secondsOf } from '../../model/rows';
import { useServices } from '../services';
import { stateWord, timesWord } from '../labels';

const HEIGHT = 84;

/** Shows the durations of a job's runs, oldest first; a bar opens its run. */
export function Durations({
  rows,
  now
}: {
  rows: readonly IRow[];
  now: number;
}): React.ReactElement {
  const { actions, locale, trans } = useServices();
  const timed = [...rows].reverse().filter(row => row.startedAt !== null);
  const seconds = timed.map(row => secondsOf(row, now) ?? 0);
  const longest = Math.max(0.001, ...seconds);
  return (
    <figure className="jb-Durations">
      <figcaption>
        <h3>{trans.__('How long it takes')}</h3>
        <span className="jb-small jb-quiet">
          {trans._n(
            'The last run took %2.',
            'The last %1 runs, oldest first; half of them took %2 or less.',
            timed.length,
            duration(median(seconds))
          )}
        </span>
      </figcaption>
      <div className="jb-Durations-scale jb-small jb-quiet" aria-hidden="true">
        <span>{duration(longest)}</span>
        <span>{duration(longest / 2)}</span>
        <span>0</span>
      </div>
      <div className="jb-Durations-bars" style={{ height: HEIGHT }}>
        {timed.map((row, index) => {
          const word = `${stateWord(trans, row.state)}, ${duration(seconds[index])}, ${timesWord(trans, row, locale)}`;
          return (
            <button
              key={row.id}
              type="button"
              className={`jb-Durations-bar jb-mod-${row.state}`}
              style={{
                height: `${Math.max(4, (HEIGHT * seconds[index]) / longest)}px`
              }}
              title={word}
              aria-label={word}
              onClick={() => actions.openRun(row.id, row.name)}
            />
          );
        })}
      </div>
    </figure>
  );
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor((sorted.length - 1) / 2)] : null;
}
