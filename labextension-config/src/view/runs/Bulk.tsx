import * as React from 'react';
import { isBad, isOver } from '../../api/types';
import type { RunListModel } from '../../model/runList';
import { Button } from '../basics';
import { useServices } from '../services';

/** The actions on the selected runs. */
export function Bulk({ model }: { model: RunListModel }): React.ReactElement | null {
  const { actions, trans } = useServices();
  const bar = React.useRef<HTMLDivElement>(null);
  // There may be a hundred thousand rows, and most of the time none is chosen.
  const any = model.selection.ids.size > 0;
  const chosen = any ? model.rows.filter(row => model.selection.has(row.id)) : [];
  if (!chosen.length) {
    return null;
  }
  const cancellable = chosen.filter(row => !isOver(row.state)).map(row => row.id);
  const retryable = chosen
    .filter(row => isBad(row.state) || row.state === 'cancelled')
    .map(row => row.id);
  const over = chosen.filter(row => isOver(row.state)).map(row => row.id);
  const pair = chosen.length === 2 ? chosen : null;
  const done = (work: () => void) => {
    // The bar goes: whoever works by keyboard goes on in the list.
    const page = bar.current?.closest('.jb-Page');
    work();
    page?.querySelector<HTMLElement>('[role=grid]')?.focus();
  };
  return (
    <div
      className="jb-Bulk"
      role="toolbar"
      aria-label={trans.__('Chosen runs')}
      ref={bar}
    >
      <strong>{trans._n('%1 run chosen', '%1 runs chosen', chosen.length)}</strong>
      <Button
        disabled={!cancellable.length}
        onClick={() =>
          void actions
            .cancel(cancellable)
            .then(() => done(() => model.selection.clear()))
        }
      >
        {trans.__('Cancel')}
      </Button>
      <Button
        disabled={!retryable.length}
        onClick={() =>
          void actions.retry(retryable).then(() => done(() => model.selection.clear()))
        }
      >
        {trans.__('Retry')}
      </Button>
      <Button
        disabled={!pair}
        onClick={() => pair && actions.compare(pair[1].id, pair[0].id)}
      >
        {trans.__('Compare')}
      </Button>
      <Button
        kind="danger"
        disabled={!over.length}
        onClick={() =>
          void actions.remove(over).then(gone => done(() => model.forget(gone)))
        }
      >
        {trans.__('Delete')}
      </Button>
      <Button kind="quiet" onClick={() => done(() => model.selection.clear())}>
        {trans.__('Choose none')}
      </Button>
    </div>
  );
}
