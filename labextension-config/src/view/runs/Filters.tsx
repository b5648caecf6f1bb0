import * as React from 'react';
import type { RunState } from '../../api/types';
import { ACTIVE_STATES, BAD_STATES } from '../../api/types';
import type { RunListModel } from '../../model/runList';
import { Button } from '../basics';
import { useSettled } from '../hooks';
import { useChoices } from './choices';
import { useServices } from '../services';

/** The filters of the list of runs. */
export function Filters({ model }: { model: RunListModel }): React.ReactElement {
  const { actions, trans } = useServices();
  const [text, setText] = React.useState(model.filters.text);
  const settled = useSettled(text);
  const { jobs, sweeps, refresh } = useChoices(model);
  const { jobId, sweepId } = model.filters;
  const sweep = sweeps.find(one => one.id === sweepId);
  React.useEffect(() => {
    if (settled !== model.filters.text) {
      model.setFilters({ text: settled });
    }
  }, [settled, model]);
  const groups: [string, string, readonly RunState[]][] = [
    ['', trans.__('All states'), []],
    ['active', trans.__('Under way'), ['queued', ...ACTIVE_STATES]],
    ['succeeded', trans.__('Succeeded'), ['succeeded']],
    ['bad', trans.__('Failed, timed out or lost'), BAD_STATES],
    ['cancelled', trans.__('Cancelled'), ['cancelled']],
    ['skipped', trans.__('Skipped'), ['skipped']]
  ];
  const group = groups.find(([, , states]) => sameStates(states, model.filters.states));
  return (
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
          value={text}
          placeholder={trans.__('Name, notebook or id')}
          onChange={event => setText(event.target.value)}
        />
      </label>
      <label>
        <span>{trans.__('State')}</span>
        <select
          className="jb-Input"
          value={group?.[0] ?? ''}
          onChange={event => {
            const chosen = groups.find(([id]) => id === event.target.value);
            model.setFilters({ states: [...(chosen?.[2] ?? [])] });
          }}
        >
          {groups.map(([id, word]) => (
            <option key={id} value={id}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{trans.__('Job')}</span>
        <select
          className="jb-Input"
          value={jobId ?? ''}
          onFocus={refresh}
          onChange={event => model.setFilters({ jobId: event.target.value || null })}
        >
          <option value="">{trans.__('All jobs')}</option>
          {jobId && !jobs.some(job => job.id === jobId) && (
            <option value={jobId}>{nameOf(model, jobId)}</option>
          )}
          {jobs.map(job => (
            <option key={job.id} value={job.id}>
              {job.name}
            </option>
          ))}
        </select>
      </label>
      {(sweeps.length > 0 || sweepId) && (
        <label>
          <span>{trans.__('Sweep')}</span>
          <select
            className="jb-Input"
            value={sweepId ?? ''}
            onFocus={refresh}
            onChange={event =>
              model.setFilters({ sweepId: event.target.value || null })
            }
          >
            <option value="">{trans.__('With and without')}</option>
            {sweepId && !sweep && <option value={sweepId}>{sweepId}</option>}
            {sweeps.map(one => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        <span>{trans.__('From')}</span>
        <input
          type="date"
          className="jb-Input"
          value={model.filters.since}
          onChange={event => model.setFilters({ since: event.target.value })}
        />
      </label>
      <label>
        <span>{trans.__('To')}</span>
        <input
          type="date"
          className="jb-Input"
          value={model.filters.until}
          onChange={event => model.setFilters({ until: event.target.value })}
        />
      </label>
      {sweepId && (
        <Button onClick={() => actions.openSweep(sweepId, sweep?.name)}>
          {trans.__('Open the sweep')}
        </Button>
      )}
    </form>
  );
}

/** Returns the name of a deleted job, from its runs; its id if there are none. */
function nameOf(model: RunListModel, jobId: string): string {
  return model.rows.find(row => row.jobId === jobId)?.name ?? jobId;
}

function sameStates(one: readonly RunState[], other: readonly RunState[]): boolean {
  return one.length === other.length && one.every(state => other.includes(state));
}
