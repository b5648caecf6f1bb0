import * as React from 'react';
import type { ICell } from '../../api/types';
import type { RunModel } from '../../model/run';
import { Button, Notice } from '../basics';
import { useServices } from '../services';
import { CellView } from './CellView';

interface ICellsProps {
  model: RunModel;
  /** The cell to bring into view; null for none. */
  wanted: number | null;
  onShown: () => void;
  now: number;
}

/** The notebook as it is being executed. */
export function Cells({
  model,
  wanted,
  onShown,
  now
}: ICellsProps): React.ReactElement {
  const { slots, trans } = useServices();
  const list = React.useRef<HTMLOListElement>(null);
  const [follow, setFollow] = React.useState(true);
  const [trusted, setTrusted] = React.useState(false);
  const running = model.cells.findIndex(cell => cell.state === 'running');
  const failed = model.run?.error?.cell_index ?? null;

  const reveal = React.useCallback((cell: number, focus: boolean) => {
    const item = list.current?.querySelector<HTMLElement>(`[data-cell="${cell}"]`);
    item?.scrollIntoView({ block: focus ? 'start' : 'nearest' });
    if (focus) {
      item?.focus({ preventScroll: true });
    }
    return Boolean(item);
  }, []);

  React.useEffect(() => {
    if (wanted !== null && reveal(wanted, true)) {
      onShown();
    }
  }, [wanted, reveal, onShown, model.cells.length]);

  // The error is what somebody comes for: bring it into view once.
  const shown = React.useRef<number | null>(null);
  React.useEffect(() => {
    if (failed !== null && shown.current !== failed && reveal(failed, false)) {
      shown.current = failed;
    }
  }, [failed, reveal, model.cells.length]);

  const place = running >= 0 ? model.cells[running].cell_index : null;
  React.useEffect(() => {
    if (follow && place !== null) {
      reveal(place, false);
    }
  }, [follow, place, reveal]);

  if (!model.cells.length) {
    return (
      <p className="jb-quiet jb-pad">
        {model.error
          ? trans.__('The cells could not be read.')
          : trans.__('There are no cells yet.')}
      </p>
    );
  }
  const active =
    !trusted &&
    model.cells.some(cell => slots.gainsByTrust(model.outputs.of(cell.cell_index)));
  return (
    <>
      {active && (
        <Notice
          kind="info"
          action={
            <Button onClick={() => setTrusted(true)}>{trans.__('Trust them')}</Button>
          }
        >
          {trans.__(
            'Some outputs hold scripts or things from elsewhere, which are not run or loaded here. Trust them only if you trust the notebook and its data: a script can do in JupyterLab what you can.'
          )}
        </Notice>
      )}
      {model.isLive && (
        <label className="jb-Check jb-Follow">
          <input
            type="checkbox"
            checked={follow}
            onChange={event => setFollow(event.target.checked)}
          />
          {trans.__('Follow the cell that runs')}
        </label>
      )}
      <ol className="jb-CellList" ref={list} aria-label={trans.__('Cells')}>
        {model.cells.map((cell: ICell) => (
          <CellView
            key={cell.cell_index}
            cell={cell}
            outputs={model.outputs.of(cell.cell_index)}
            trusted={trusted}
            now={cell.state === 'running' ? now : 0}
          />
        ))}
      </ol>
    </>
  );
}
