import * as React from 'react';
import type { IJob } from '../../api/types';
import type { JobListModel } from '../../model/jobList';
import { Button, Empty, Instant, Notice, StateBadge } from '../basics';
import { useModel, useNow, useSettled } from '../hooks';
import { StateIcon } from '../icons';
import { useServices } from '../services';
import { ServerStatus } from '../ServerStatus';
import { VirtualRows } from '../VirtualRows';
import { Strip } from './Strip';

const ROW_HEIGHT = 52;

/** All jobs: what became of their last runs, and when they run next. */
export function JobsPage({ model }: { model: JobListModel }): React.ReactElement {
  const { actions, trans } = useServices();
  useModel(model);
  const [text, setText] = React.useState(model.text);
  const settled = useSettled(text);
  React.useEffect(() => {
    if (!model.loaded || settled !== model.text) {
      model.setText(settled);
    }
  }, [model, settled]);
  const { jobs } = model;
  return (
    <div className="jb-Page jb-mod-list">
      <header className="jb-Page-head">
        <h2>{trans.__('Jobs')}</h2>
        <span className="jb-quiet" role="status">
          {model.loaded
            ? trans._n('%1 job', '%1 jobs', jobs.length)
            : trans.__('Loading…')}
        </span>
        <span className="jb-grow" />
        <Button onClick={() => actions.openRuns()}>{trans.__('All runs')}</Button>
      </header>
      <ServerStatus />
      <form
        className="jb-Filters"
        role="search"
        onSubmit={event => event.preventDefault()}
      >
        <label>
          <span>{trans.__('Find')}</span>
          <input
            type="search"
            className="jb-Input"
            placeholder={trans.__('Name or notebook')}
            value={text}
            onChange={event => setText(event.target.value)}
          />
        </label>
      </form>
      {model.error && <Notice kind="error">{model.error}</Notice>}
      {model.loaded && !jobs.length && (
        <Empty
          title={model.text ? trans.__('No job is like that') : trans.__('No jobs yet')}
          action={
            model.text ? undefined : (
              <Button onClick={() => actions.showFiles()}>
                {trans.__('Show the files')}
              </Button>
            )
          }
        >
          {model.text
            ? trans.__('No job has these letters in its name or notebook.')
            : trans.__(
                'A job is a notebook with parameters, an environment and rules under a name, to be run again and again. Right-click a notebook and choose "Schedule…", or save a run as a job.'
              )}
        </Empty>
      )}
      {jobs.length > 0 && <JobTable model={model} />}
    </div>
  );
}

function JobTable({ model }: { model: JobListModel }): React.ReactElement {
  const { trans } = useServices();
  const now = useNow(false);
  return (
    <div
      className="jb-Grid jb-mod-jobs jb-Scroller"
      role="table"
      aria-label={trans.__('Jobs')}
      aria-rowcount={model.jobs.length + 1}
      tabIndex={0}
    >
      <div role="rowgroup" className="jb-Grid-head">
        <div role="row" className="jb-Grid-row" aria-rowindex={1}>
          {[
            trans.__('Name'),
            trans.__('Last run'),
            trans.__('Last 20 runs'),
            trans.__('Next'),
            trans.__('Actions')
          ].map(word => (
            <div key={word} role="columnheader" className="jb-Grid-cell">
              {word}
            </div>
          ))}
        </div>
      </div>
      <VirtualRows
        count={model.jobs.length}
        rowHeight={ROW_HEIGHT}
        row={(index, top) => (
          <JobRow
            key={model.jobs[index].id}
            model={model}
            job={model.jobs[index]}
            index={index}
            top={top}
            now={now}
          />
        )}
      />
    </div>
  );
}

interface IJobRowProps {
  model: JobListModel;
  job: IJob;
  index: number;
  top: number;
  now: number;
}

function JobRow({ model, job, index, top, now }: IJobRowProps): React.ReactElement {
  const { actions, features, trans } = useServices();
  useModel(features);
  const rows = model.recent(job.id);
  const last = rows?.[0];
  return (
    <div
      role="row"
      className="jb-Grid-row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div role="cell" className="jb-Grid-cell jb-mod-stacked">
        <button
          type="button"
          className="jb-Link"
          onClick={() => actions.openJob(job.id, job.name)}
        >
          {job.name}
        </button>
        <span className="jb-small jb-quiet">{job.notebook}</span>
      </div>
      <div role="cell" className="jb-Grid-cell">
        {last ? (
          <StateBadge state={last.state} />
        ) : rows === null ? (
          <span className="jb-quiet">…</span>
        ) : (
          <span className="jb-quiet">{trans.__('None yet')}</span>
        )}
      </div>
      <div role="cell" className="jb-Grid-cell">
        {rows && <Strip rows={rows} now={now} />}
      </div>
      <div role="cell" className="jb-Grid-cell">
        {job.paused ? (
          <span className="jb-State">
            <StateIcon state="paused" /> {trans.__('Paused')}
          </span>
        ) : (
          <Next at={model.next(job)} now={now} />
        )}
      </div>
      <div role="cell" className="jb-Grid-cell jb-Actions">
        <Button
          aria-label={trans.__('Run %1 now', job.name)}
          onClick={() => void actions.runJob(job.id)}
        >
          {trans.__('Run now')}
        </Button>
        <Button
          kind="quiet"
          aria-label={trans.__('Edit %1', job.name)}
          onClick={() =>
            actions.openForm({ purpose: 'job', notebook: job.notebook, edit: job })
          }
        >
          {trans.__('Edit')}
        </Button>
        {features.pause && Boolean(job.triggers?.length) && (
          <Button
            kind="quiet"
            onClick={() => void actions.pauseJob(job.id, !job.paused)}
          >
            {job.paused ? trans.__('Resume') : trans.__('Pause')}
          </Button>
        )}
        <Button
          kind="quiet"
          aria-label={trans.__('Delete %1', job.name)}
          onClick={() => void actions.removeJob(job.id, job.name)}
        >
          {trans.__('Delete')}
        </Button>
      </div>
    </div>
  );
}

function Next(props: {
  at: number | null | undefined;
  now: number;
}): React.ReactElement {
  return props.at === undefined ? (
    <span className="jb-quiet">…</span>
  ) : (
    <Instant at={props.at} now={props.now} as="relative" />
  );
}
