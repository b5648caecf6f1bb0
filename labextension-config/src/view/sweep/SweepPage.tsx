import * as React from 'react';
import type { ISweep } from '../../api/sweeps';
import { isOver, RUN_STATES } from '../../api/types';
import { timeOf } from '../../model/rows';
import type { SweepModel } from '../../model/sweep';
import { Bar, Button, Instant, StateBadge, TryAgain } from '../basics';
import { useModel, useNow } from '../hooks';
import { StateIcon } from '../icons';
import { Fact } from '../run/Header';
import { useServices } from '../services';
import { ServerStatus } from '../ServerStatus';
import { stateWord } from '../labels';
import { SweepTable } from './SweepTable';

/** A sweep: how far it is, what can be done with it, and its runs side by side. */
export function SweepPage({ model }: { model: SweepModel }): React.ReactElement {
  const { trans } = useServices();
  useModel(model);
  React.useEffect(() => {
    if (!model.sweep) {
      void model.load();
    }
  }, [model]);
  const { sweep, error } = model;
  const now = useNow(model.state !== null && !isOver(model.state));
  return (
    <div className="jb-Page jb-mod-list">
      {error && <TryAgain onAgain={() => void model.load()}>{error}</TryAgain>}
      {!sweep && !error && <p className="jb-quiet">{trans.__('Loading…')}</p>}
      {sweep && (
        <>
          <Head sweep={sweep} model={model} now={now} />
          <ServerStatus />
          <SweepTable model={model} now={now} />
        </>
      )}
    </div>
  );
}

interface IHeadProps {
  sweep: ISweep;
  model: SweepModel;
  now: number;
}

function Head({ sweep, model, now }: IHeadProps): React.ReactElement {
  const { actions, trans } = useServices();
  const { counts, done, failed } = model;
  const state = model.state ?? sweep.state;
  const over = isOver(state);
  const after = (work: Promise<void>) => void work.then(() => model.load());
  return (
    <header className="jb-RunHead">
      <div className="jb-Page-head">
        <h2>{sweep.name}</h2>
        <StateBadge state={state} />
        <span className="jb-grow" />
        <div className="jb-Actions">
          {!over && (
            <Button
              kind="danger"
              disabled={state === 'cancelling'}
              onClick={() => after(actions.cancelSweep(sweep.id))}
            >
              {trans.__('Cancel all')}
            </Button>
          )}
          <Button
            disabled={!failed}
            onClick={() => after(actions.retrySweep(sweep.id))}
          >
            {failed
              ? trans._n('Retry the failed one', 'Retry the %1 failed ones', failed)
              : trans.__('Retry the failed ones')}
          </Button>
          <Button onClick={() => actions.openRuns({ sweepId: sweep.id })}>
            {trans.__('All its runs')}
          </Button>
        </div>
      </div>
      <Bar
        done={done}
        total={sweep.runs}
        failed={over && failed > 0}
        label={trans.__('Progress')}
      />
      <ul className="jb-SweepCounts" aria-label={trans.__('Runs by state')}>
        <li>
          {trans.__(
            '%1 of %2 over',
            done.toLocaleString(),
            sweep.runs.toLocaleString()
          )}
        </li>
        {RUN_STATES.filter(state => counts.get(state)).map(state => (
          <li key={state} className="jb-State">
            <StateIcon state={state} /> {(counts.get(state) ?? 0).toLocaleString()}{' '}
            {stateWord(trans, state)}
          </li>
        ))}
      </ul>
      <dl className="jb-Times">
        <Fact word={trans.__('Notebook')}>
          <button
            type="button"
            className="jb-Link"
            onClick={() => actions.openNotebook(sweep.notebook.path)}
          >
            {sweep.notebook.path}
          </button>
        </Fact>
        <Fact word={trans.__('Made by')}>{sweep.created_by}</Fact>
        <Fact word={trans.__('Made')}>
          <Instant at={timeOf(sweep.created_at)} now={now} />
        </Fact>
        {sweep.finished_at && (
          <Fact word={trans.__('Ended')}>
            <Instant at={timeOf(sweep.finished_at)} now={now} />
          </Fact>
        )}
        {sweep.max_concurrent && (
          <Fact word={trans.__('At once')}>
            {trans.__('at most %1', sweep.max_concurrent)}
          </Fact>
        )}
      </dl>
    </header>
  );
}
