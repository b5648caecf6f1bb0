import * as React from 'react';
import type { IJob } from '../../api/types';
import { isActive } from '../../api/types';
import type { JobModel } from '../../model/job';
import { Button, Empty, Notice, StateBadge } from '../basics';
import { useModel, useNow } from '../hooks';
import { Fact } from '../run/Header';
import { Facts, policyPairs, rulePairs } from '../run/Facts';
import { useServices } from '../services';
import { Durations } from './Durations';
import { Matrix } from './Matrix';
import { Schedule } from './Schedule';

/** A job: what it runs, when, and how its runs have gone cell by cell. */
export function JobPage({ model }: { model: JobModel }): React.ReactElement {
  const { features, trans } = useServices();
  useModel(features);
  useModel(model);
  const now = useNow(model.rows.some(row => isActive(row.state)));
  React.useEffect(() => {
    if (!model.job) {
      void model.load(features.upcoming);
    }
  }, [model, features]);
  const { job, rows, error } = model;
  if (!job) {
    return (
      <div className="jb-Page">
        {error ? (
          <Notice kind="error">{error}</Notice>
        ) : (
          <p className="jb-quiet">{trans.__('Loading…')}</p>
        )}
      </div>
    );
  }
  return (
    <div className="jb-Page jb-mod-scrolls">
      <Head job={job} model={model} />
      {error && <Notice kind="error">{error}</Notice>}
      {job.paused && (
        <Notice kind="info">
          {job.paused_reason ??
            trans.__('The job is paused: nothing starts by itself.')}
        </Notice>
      )}
      <div className="jb-Halves">
        {features.schedules && <Schedule model={model} job={job} now={now} />}
        {rows.some(row => row.startedAt !== null) && (
          <Durations rows={rows} now={now} />
        )}
      </div>
      <section className="jb-Block">
        <h3>{trans.__('Runs and their cells')}</h3>
        {rows.length ? (
          <Matrix model={model} now={now} />
        ) : (
          <Empty title={trans.__('This job has not run yet')}>
            {trans.__(
              'Choose "Run now". Each run becomes a row here, with a square for each cell.'
            )}
          </Empty>
        )}
      </section>
      <Facts
        parameters={job.parameters}
        environment={job.environment}
        more={[
          ...rulePairs(trans, job),
          ...policyPairs(trans, job),
          [
            trans.__('Job id'),
            <code key="id" className="jb-small">
              {job.id}
            </code>
          ]
        ]}
      />
    </div>
  );
}

function Head({ job, model }: { job: IJob; model: JobModel }): React.ReactElement {
  const { actions, features, trans } = useServices();
  useModel(features);
  const last = model.rows[0];
  return (
    <header className="jb-RunHead">
      <div className="jb-Page-head">
        <h2>{job.name}</h2>
        {last && <StateBadge state={last.state} />}
        <span className="jb-grow" />
        <div className="jb-Actions">
          <Button kind="primary" onClick={() => void actions.runJob(job.id)}>
            {trans.__('Run now')}
          </Button>
          <Button
            onClick={() =>
              actions.openForm({ purpose: 'job', notebook: job.notebook, edit: job })
            }
          >
            {trans.__('Edit…')}
          </Button>
          {features.pause && Boolean(job.triggers?.length) && (
            <Button onClick={() => void actions.pauseJob(job.id, !job.paused)}>
              {job.paused ? trans.__('Resume') : trans.__('Pause')}
            </Button>
          )}
          <Button
            onClick={() =>
              actions.openForm({ purpose: 'job', notebook: job.notebook, like: job })
            }
          >
            {trans.__('Duplicate…')}
          </Button>
          <Button onClick={() => actions.openRuns({ jobId: job.id })}>
            {trans.__('All its runs')}
          </Button>
        </div>
      </div>
      {job.description && <p className="jb-Reason">{job.description}</p>}
      <dl className="jb-Times">
        <Fact word={trans.__('Notebook')}>
          <button
            type="button"
            className="jb-Link"
            onClick={() => actions.openNotebook(job.notebook)}
          >
            {job.notebook}
          </button>
        </Fact>
        <Fact word={trans.__('Made by')}>{job.created_by}</Fact>
      </dl>
    </header>
  );
}
