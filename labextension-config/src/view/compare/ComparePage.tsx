import * as React from 'react';
import type { ICell, IRun } from '../../api/types';
import { isOver } from '../../api/types';
import type { CompareModel, IPair } from '../../model/compare';
import { pairParameters } from '../../model/compare';
import { duration } from '../../model/format';
import { rowOf, secondsOf } from '../../model/rows';
import { Instant, Notice, StateBadge } from '../basics';
import { useModel, useNow } from '../hooks';
import { StateIcon } from '../icons';
import { cellSeconds } from '../run/CellView';
import { Value } from '../run/Facts';
import { useServices } from '../services';
import { stateWord } from '../labels';

/** Two runs side by side: parameters, durations, outputs. */
export function ComparePage({ model }: { model: CompareModel }): React.ReactElement {
  const { trans } = useServices();
  useModel(model);
  const [onlyDifferent, setOnlyDifferent] = React.useState(false);
  React.useEffect(() => void model.load(), [model]);
  const { runs, error } = model;
  const now = useNow(runs?.some(run => !isOver(run.state)) ?? false);
  if (error) {
    return (
      <div className="jb-Page">
        <Notice kind="error">{error}</Notice>
      </div>
    );
  }
  if (!runs) {
    return (
      <div className="jb-Page">
        <p className="jb-quiet">{trans.__('Loading…')}</p>
      </div>
    );
  }
  const pairs = model.pairs.filter(
    pair => pair.one?.cell_type === 'code' || pair.other?.cell_type === 'code'
  );
  const shown = pairs.filter(
    pair => !onlyDifferent || !pair.sameSource || !pair.sameOutputs
  );
  return (
    <div className="jb-Page jb-mod-scrolls">
      <header className="jb-Page-head">
        <h2>{trans.__('Compare runs')}</h2>
      </header>
      <table className="jb-Table jb-Compare">
        <thead>
          <tr>
            <td />
            {runs.map(run => (
              <th key={run.id} scope="col">
                <RunHead run={run} now={now} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{trans.__('Duration')}</th>
            {runs.map(run => (
              <td key={run.id} className="jb-figures">
                {duration(secondsOf(rowOf(run), now))}
              </td>
            ))}
          </tr>
          {pairParameters(...runs).map(({ name, values, same }) => (
            <tr key={name} className={same ? '' : 'jb-mod-different'}>
              <th scope="row">
                <code>{name}</code>
                {!same && <span className="jb-Tag">{trans.__('differs')}</span>}
              </th>
              {values.map((value, index) => (
                <td key={index}>
                  {value === undefined ? (
                    <span className="jb-quiet">{trans.__('the notebook’s own')}</span>
                  ) : (
                    <Value value={value} />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <label className="jb-Check">
        <input
          type="checkbox"
          checked={onlyDifferent}
          onChange={event => setOnlyDifferent(event.target.checked)}
        />
        {trans.__('Only cells that differ')}
      </label>
      <ol className="jb-CompareCells" aria-label={trans.__('Cells')}>
        {shown.map(pair => (
          <PairView key={pair.index} pair={pair} />
        ))}
      </ol>
      {!shown.length && <p className="jb-quiet">{trans.__('No cell differs.')}</p>}
    </div>
  );
}

function RunHead({ run, now }: { run: IRun; now: number }): React.ReactElement {
  const { actions } = useServices();
  return (
    <>
      <button
        type="button"
        className="jb-Link"
        onClick={() => actions.openRun(run.id, run.name)}
      >
        {run.name}
      </button>{' '}
      <StateBadge state={run.state} />
      <div className="jb-small jb-quiet">
        <Instant at={Date.parse(run.scheduled_for)} now={now} />
      </div>
    </>
  );
}

function PairView({ pair }: { pair: IPair }): React.ReactElement {
  const { slots, trans } = useServices();
  const { Source } = slots;
  const source = pair.other ?? pair.one;
  return (
    <li className="jb-ComparePair">
      <div className="jb-Card-line">
        <strong>{trans.__('Cell %1', pair.index + 1)}</strong>
        {!pair.sameSource && (
          <span className="jb-Tag">{trans.__('source differs')}</span>
        )}
        {!pair.sameOutputs && (
          <span className="jb-Tag">{trans.__('outputs differ')}</span>
        )}
      </div>
      {pair.sameSource && source && <Source source={source.source} language="python" />}
      <div className="jb-Sides">
        <Side cell={pair.one} withSource={!pair.sameSource} />
        <Side cell={pair.other} withSource={!pair.sameSource} />
      </div>
    </li>
  );
}

function Side(props: { cell: ICell | null; withSource: boolean }): React.ReactElement {
  const { slots, trans } = useServices();
  const { Outputs, Source } = slots;
  const { cell } = props;
  if (!cell) {
    return <div className="jb-quiet">{trans.__('No such cell')}</div>;
  }
  return (
    <div>
      <div className="jb-small jb-State">
        <StateIcon state={cell.state} />
        {stateWord(trans, cell.state)} · {duration(cellSeconds(cell, 0))}
      </div>
      {props.withSource && <Source source={cell.source} language="python" />}
      {Boolean(cell.outputs?.length) && <Outputs outputs={cell.outputs ?? []} />}
    </div>
  );
}
