import * as React from 'react';
import type { IRun } from '../../api/types';
import { isActive, isBad, isOver } from '../../api/types';
import { duration } from '../../model/format';
import type { RunModel } from '../../model/run';
import { elapsedOf, hasNominalTime, rowOf, secondsOf, timeOf } from '../../model/rows';
import { Bar, Button, Instant, StateBadge } from '../basics';
import { Popover } from '../Popover';
import { useServices } from '../services';
import { placeOf } from '../side/RunningRun';
import { stateWord, triggerWord } from '../labels';
import { Items } from './Items';

interface IHeaderProps {
  model: RunModel;
  run: IRun;
  now: number;
  onShowCell: (cell: number) => void;
}

/** The header of a run: its state, reason and actions. */
export function Header({
  model,
  run,
  now,
  onShowCell
}: IHeaderProps): React.ReactElement {
  const { actions, trans } = useServices();
  const row = rowOf(run);
  const { done, total, failed } = row.cells;
  const error = run.error;
  const place = isActive(run.state) ? placeOf(trans, row, model.moment) : run.reason;
  return (
    <header className="jb-RunHead">
      <div className="jb-Page-head">
        <h2>{run.name}</h2>
        <StateBadge state={run.state} />
        <span className="jb-grow" />
        <Buttons run={run} model={model} />
      </div>
      <p
        className={`jb-Reason${isBad(run.state) ? ' jb-mod-bad' : ''}`}
        aria-live="polite"
      >
        {/* The state itself stands above. */}
        {place === stateWord(trans, run.state) ? null : place}
        {error && (
          <>
            {' '}
            <button
              type="button"
              className="jb-Link"
              onClick={() => onShowCell(error.cell_index)}
            >
              {trans.__('Show cell %1', error.cell_index + 1)}
            </button>
          </>
        )}
      </p>
      {isActive(run.state) && (
        <Bar
          done={done}
          total={total}
          failed={failed > 0}
          label={trans.__('Progress')}
        />
      )}
      <Items progress={run.progress ?? []} live={isActive(run.state)} />
      <dl className="jb-Times">
        <Fact word={trans.__('Started by')}>
          {triggerWord(trans, run.trigger)}, {run.created_by}
        </Fact>
        {(run.trigger === 'schedule' || hasNominalTime(row)) && (
          <Fact word={trans.__('Scheduled for')}>
            <Instant at={timeOf(run.scheduled_for)} now={now} />
          </Fact>
        )}
        <Fact word={trans.__('Started')}>
          <Instant at={row.startedAt} now={now} />
        </Fact>
        {isOver(run.state) && (
          <Fact word={trans.__('Ended')}>
            <Instant at={row.finishedAt} now={now} />
          </Fact>
        )}
        <Fact word={trans.__('Duration')}>{duration(secondsOf(row, now))}</Fact>
        {row.attempts > 1 && (
          <Fact word={trans.__('With the waits between %1 attempts', row.attempts)}>
            {duration(elapsedOf(row, now))}
          </Fact>
        )}
        <Fact word={trans.__('Cells')}>
          {total ? trans.__('%1 of %2', done, total) : '–'}
        </Fact>
        <Fact word={trans.__('Notebook')}>
          <button
            type="button"
            className="jb-Link"
            onClick={() => actions.openNotebook(run.notebook.path)}
          >
            {run.notebook.path}
          </button>
        </Fact>
        {run.sweep && (
          <Fact word={trans.__('Sweep')}>
            <button
              type="button"
              className="jb-Link"
              onClick={() => actions.openSweep(run.sweep?.id ?? '', run.name)}
            >
              {trans.__('Run %1 of it', run.sweep.index + 1)}
            </button>
          </Fact>
        )}
        {run.job_id && (
          <Fact word={trans.__('Job')}>
            <button
              type="button"
              className="jb-Link"
              onClick={() => actions.openJob(run.job_id ?? '', run.name)}
            >
              {run.name}
            </button>
          </Fact>
        )}
      </dl>
    </header>
  );
}

export function Fact(props: {
  word: string;
  children: React.ReactNode;
}): React.ReactElement {
  return (
    <div>
      <dt>{props.word}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function Buttons({ run, model }: { run: IRun; model: RunModel }): React.ReactElement {
  const { actions, client, trans } = useServices();
  const over = isOver(run.state);
  const again = () =>
    actions.openForm({ purpose: 'run', notebook: run.notebook.path, like: run });
  const compare = async () => {
    const query = run.job_id ? { job_id: run.job_id } : { q: run.notebook.path };
    const page = await client.runs({ ...query, limit: 20 });
    const other =
      page.items.find(one => one.id < run.id) ??
      page.items.find(one => one.id !== run.id);
    if (other) {
      actions.compare(other.id, run.id);
    } else {
      setAlone(true);
    }
  };
  const [alone, setAlone] = React.useState(false);
  return (
    <div className="jb-Actions">
      {!over && (
        <Button
          kind="danger"
          disabled={run.state === 'cancelling'}
          onClick={() => void actions.cancel([run.id]).then(() => model.load())}
        >
          {trans.__('Cancel')}
        </Button>
      )}
      {over && run.state !== 'succeeded' && run.state !== 'skipped' && (
        <Button onClick={() => void actions.retry([run.id]).then(() => model.load())}>
          {trans.__('Retry')}
        </Button>
      )}
      <Button onClick={again}>{trans.__('Run again…')}</Button>
      <Button onClick={() => actions.openExecuted(run, model.attempt)}>
        {trans.__('Open executed notebook')}
      </Button>
      <Popover label={trans.__('More')} closes>
        <div className="jb-Menu">
          <Button kind="quiet" onClick={() => actions.openReport(run.id)}>
            {trans.__('HTML report')}
          </Button>
          <Button kind="quiet" onClick={() => actions.saveExecuted(run)}>
            {trans.__('Save executed notebook as…')}
          </Button>
          <Button
            kind="quiet"
            disabled={alone}
            onClick={() => void compare().catch(() => setAlone(true))}
          >
            {alone
              ? trans.__('No other run to compare with')
              : trans.__('Compare with the run before')}
          </Button>
          {!run.job_id && (
            <Button
              kind="quiet"
              onClick={() =>
                actions.openForm({
                  purpose: 'job',
                  notebook: run.notebook.path,
                  like: run
                })
              }
            >
              {trans.__('Save as a job…')}
            </Button>
          )}
        </div>
      </Popover>
    </div>
  );
}
