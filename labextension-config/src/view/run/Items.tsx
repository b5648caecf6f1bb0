import * as React from 'react';
import type { IItemProgress } from '../../api/types';
import { duration } from '../../model/format';
import { Bar } from '../basics';
import { StateIcon } from '../icons';
import { useServices } from '../services';

interface IItemsProps {
  progress: readonly IItemProgress[];
  /** Whether the notebook still runs. */
  live: boolean;
}

/** Shows the progress of the notebook's `jb.track` loops. */
export function Items({ progress, live }: IItemsProps): React.ReactElement | null {
  const { trans } = useServices();
  if (!progress.length) {
    return null;
  }
  return (
    <ul className="jb-Items" aria-label={trans.__('Items')}>
      {progress.map(one => (
        <Loop key={one.name} loop={one} live={live} />
      ))}
    </ul>
  );
}

function Loop({
  loop,
  live
}: {
  loop: IItemProgress;
  live: boolean;
}): React.ReactElement {
  const { locale, trans } = useServices();
  const { processed = 0, failed = 0, skipped = 0, total } = loop;
  const done = processed + failed + skipped;
  const number = (value: number) => value.toLocaleString(locale);
  const facts = [
    total
      ? trans.__('%1 of %2', number(done), number(total))
      : trans._n('%1 item', '%1 items', done),
    skipped > 0 && trans.__('%1 done before', number(skipped)),
    loop.rate_per_second && trans.__('%1 a second', rate(loop.rate_per_second, locale)),
    live && !loop.is_over && typeof loop.eta_seconds === 'number'
      ? trans.__('about %1 left', duration(loop.eta_seconds))
      : typeof loop.elapsed_seconds === 'number' &&
        trans.__('in %1', duration(loop.elapsed_seconds))
  ];
  const moving = live && !loop.is_over;
  return (
    <li>
      <strong>{loop.name}</strong>
      {(moving || Boolean(total)) && (
        <Bar
          done={done}
          total={total ?? 0}
          label={trans.__('Progress of %1', loop.name)}
        />
      )}
      {failed > 0 && (
        <span className="jb-State">
          <StateIcon state="failed" />
          {trans.__('%1 failed', number(failed))}
        </span>
      )}
      <span className="jb-figures">{facts.filter(Boolean).join(' · ')}</span>
    </li>
  );
}

function rate(perSecond: number, locale?: string): string {
  return perSecond.toLocaleString(locale, { maximumSignificantDigits: 3 });
}
