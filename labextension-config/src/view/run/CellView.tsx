import * as React from 'react';
import type { ICell, IOutput } from '../../api/types';
import { bytes, duration } from '../../model/format';
import { StateIcon } from '../icons';
import type { ITrans } from '../services';
import { useServices } from '../services';
import { stateWord } from '../labels';

interface ICellViewProps {
  cell: ICell;
  outputs: readonly IOutput[];
  trusted: boolean;
  /** 0 where the cell does not run. */
  now: number;
}

/** A cell with its source, its outputs and what became of it. */
export const CellView = React.memo(function CellView(
  props: ICellViewProps
): React.ReactElement {
  const { cell, outputs, trusted, now } = props;
  const { slots, trans } = useServices();
  const { Markdown, Source, Outputs } = slots;
  const word = stateWord(trans, cell.state);
  const isCode = cell.cell_type === 'code';
  const seconds = cellSeconds(cell, now);
  return (
    <li
      className={`jb-Cell jb-mod-${cell.state}`}
      data-cell={cell.cell_index}
      tabIndex={-1}
      aria-label={trans.__(
        'Cell %1, %2',
        cell.cell_index + 1,
        isCode ? word : trans.__('text')
      )}
    >
      <div className="jb-Cell-side">
        <span className="jb-Cell-no">{cell.cell_index + 1}</span>
        {isCode && (
          <span title={word}>
            <StateIcon state={cell.state} />
          </span>
        )}
      </div>
      <div className="jb-Cell-main">
        {cell.cell_type === 'markdown' ? (
          <Markdown source={cell.source} />
        ) : (
          <Source source={cell.source} language={isCode ? 'python' : ''} />
        )}
        {tagOf(trans, cell) && <div className="jb-Tag">{tagOf(trans, cell)}</div>}
        {outputs.length > 0 && <Outputs outputs={outputs} trusted={trusted} />}
        {cell.error && !outputs.some(output => output.output_type === 'error') && (
          <p className="jb-CellError" role="alert">
            <strong>{cell.error.ename}</strong> {cell.error.evalue}
          </p>
        )}
        {Boolean(cell.outputs_omitted) && (
          <p className="jb-small jb-quiet">
            {trans._n(
              '%1 large output is left out here; the executed notebook has it.',
              '%1 large outputs are left out here; the executed notebook has them.',
              cell.outputs_omitted ?? 0
            )}
          </p>
        )}
      </div>
      {isCode && (
        <div className="jb-Cell-facts jb-small jb-figures">
          {seconds !== null && <span>{duration(seconds)}</span>}
          {cell.memory_bytes != null && (
            <span className="jb-quiet" title={trans.__('Memory after the cell')}>
              {bytes(cell.memory_bytes)}
            </span>
          )}
        </div>
      )}
    </li>
  );
});

/** Seconds that a cell has taken; null for one that has not been run. */
export function cellSeconds(cell: ICell, now: number): number | null {
  if (!cell.started_at) {
    return null;
  }
  const end = cell.finished_at ? Date.parse(cell.finished_at) : now;
  return end ? Math.max(0, (end - Date.parse(cell.started_at)) / 1000) : null;
}

function tagOf(trans: ITrans, cell: ICell): string | null {
  const tags = cell.metadata?.tags;
  if (!Array.isArray(tags)) {
    return null;
  }
  if (tags.includes('injected-parameters')) {
    return trans.__('Parameters of this run');
  }
  return tags.includes('parameters') ? trans.__('Parameters and their defaults') : null;
}
