import { cleanup, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { JobListModel } from '../../src/model/jobList';
import { RunListModel } from '../../src/model/runList';
import { JobsPage } from '../../src/view/jobs/JobsPage';
import { RunsPage } from '../../src/view/runs/RunsPage';
import type { IServices } from '../../src/view/services';
import { SidePanel } from '../../src/view/side/SidePanel';
import {
  FakeServer,
  HEALTH,
  makeEvent,
  makeRun,
  makeServices,
  noteActions,
  nthRun
} from '../fakes';
import { draw, violations } from './helpers';

let server: FakeServer;
let actions: ReturnType<typeof noteActions>;
let services: IServices;

beforeEach(() => {
  const states = ['failed', 'running', 'succeeded', 'queued'] as const;
  const runs = states.map((state, n) =>
    nthRun(n, { state, reason: `because ${state}` })
  );
  server = new FakeServer()
    .on('GET health', HEALTH)
    .on('GET jobs', { items: [] })
    .on('GET runs', request => {
      const wanted = request.query.getAll('state');
      return {
        items: runs
          .filter(run => !wanted.length || wanted.includes(run.state))
          .reverse()
      };
    });
  server.stream('events');
  actions = noteActions();
  services = makeServices(server, { actions });
});
afterEach(() => {
  services.live.dispose();
  cleanup();
});

async function runsPage(): Promise<Element> {
  const model = new RunListModel(services.client, services.live);
  const { container } = draw(services, <RunsPage model={model} />);
  await screen.findByRole('grid');
  return container;
}

test('runs are rows, by keyboard too', async () => {
  await runsPage();
  expect(screen.getAllByRole('row')).toHaveLength(5);
  const grid = screen.getByRole('grid');
  grid.focus();
  await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowUp} ');
  const active = document.getElementById(
    grid.getAttribute('aria-activedescendant') ?? ''
  );
  expect(active?.getAttribute('aria-selected')).toBe('true');
  expect(active?.textContent).toContain('walk 2');
  await userEvent.keyboard('{Enter}');
  expect(actions.calls).toContainEqual(['openRun', ['run000002', 'walk 2']]);
  await userEvent.keyboard('{Escape}');
  expect(active?.getAttribute('aria-selected')).toBe('false');
});

test('what can be done depends on the chosen runs', async () => {
  await runsPage();
  await userEvent.click(screen.getByRole('checkbox', { name: 'Choose walk 0' }));
  const button = (name: string) => screen.getByRole('button', { name });
  expect(button('Cancel')).toHaveProperty('disabled', true);
  expect(button('Retry')).toHaveProperty('disabled', false);
  await userEvent.click(screen.getByRole('checkbox', { name: 'Choose walk 1' }));
  expect(button('Cancel')).toHaveProperty('disabled', false);
  await userEvent.click(button('Delete'));
  expect(actions.calls).toContainEqual(['remove', [['run000000']]]);
});

test('filters ask the server', async () => {
  await runsPage();
  await userEvent.type(screen.getByLabelText('Find'), 'walk');
  await waitFor(() =>
    expect(server.asked('GET runs').at(-1)?.query.get('q')).toBe('walk')
  );
  await userEvent.selectOptions(screen.getByLabelText('State'), 'bad');
  await waitFor(() =>
    expect(server.asked('GET runs').at(-1)?.query.getAll('state')).toEqual([
      'failed',
      'timed_out',
      'lost'
    ])
  );
});

test('columns can be chosen', async () => {
  await runsPage();
  await userEvent.click(screen.getByText('Columns', { selector: 'summary' }));
  await userEvent.click(screen.getByRole('checkbox', { name: 'User' }));
  expect(screen.getByRole('columnheader', { name: 'User' })).toBeTruthy();
});

test('no runs at all, and none that fit, are two things', async () => {
  server.on('GET runs', { items: [] });
  const model = new RunListModel(services.client, services.live);
  draw(services, <RunsPage model={model} />);
  await screen.findByText('No runs yet');
  model.setFilters({ text: 'x' });
  await screen.findByText('No run is like that');
});

test('the lists break no rule of accessibility', async () => {
  expect(await violations(await runsPage())).toEqual([]);
});

test('jobs show their last runs', async () => {
  const job = {
    id: 'job1',
    name: 'Nightly',
    notebook: 'walks.ipynb',
    created_by: 'ada',
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z'
  };
  server.on('GET jobs', { items: [job] });
  server.on('GET jobs/job1/runs', { items: [makeRun({ state: 'failed' })] });
  const model = new JobListModel(services.client, services.live);
  const { container } = draw(services, <JobsPage model={model} />);
  await screen.findByText('Failed');
  expect(
    screen.getByRole('group', { name: '0 of the last 1 runs succeeded' })
  ).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Run Nightly now' }));
  expect(actions.calls).toContainEqual(['runJob', ['job1']]);
  expect(await violations(container)).toEqual([]);
});

test('the side panel says what runs, what waits and what failed', async () => {
  services.live.start();
  const { container } = draw(services, <SidePanel />);
  await screen.findByRole('heading', { name: 'Running 1' });
  expect(screen.getByRole('heading', { name: 'Waiting 1' })).toBeTruthy();
  expect(screen.getByText('because queued')).toBeTruthy();
  expect(screen.getByRole('heading', { name: 'Last failures 1' })).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Cancel walk 1' }));
  expect(actions.calls).toContainEqual(['cancel', [['run000001']]]);
  expect(await violations(container)).toEqual([]);
});

test('an empty panel teaches', async () => {
  server.on('GET runs', { items: [] }).on('GET health', { ...HEALTH, runs: {} });
  services.live.start();
  draw(services, <SidePanel />);
  await screen.findByText(/Right-click a notebook/);
});

test('a server that is away is told, and that it is back', async () => {
  services.live.start();
  draw(services, <SidePanel />);
  await screen.findByRole('heading', { name: 'Running 1' });
  server.away = true;
  server.stream('events').drop();
  await screen.findByText(/does not answer/);
  server.away = false;
  await waitFor(() => expect(screen.queryByText(/does not answer/)).toBeNull(), {
    timeout: 3000
  });
  vi.restoreAllMocks();
});

test('failures of a job are one entry, with their count and since when', async () => {
  const failed = [3, 2, 1].map(n =>
    nthRun(n, {
      name: 'nightly',
      job_id: 'job1',
      state: 'lost',
      reason: 'out of memory',
      finished_at: `2026-01-0${n}T00:00:00Z`
    })
  );
  server.on('GET runs', ({ query }) => ({
    items: query.getAll('state').includes('lost') ? failed : []
  }));
  draw(services, <SidePanel />);
  services.live.start();
  const all = await screen.findByRole('button', {
    name: 'Show all failures of nightly'
  });
  expect(all.parentElement?.textContent).toMatch(/^3 failures since /);
  expect(screen.getAllByText('out of memory')).toHaveLength(1);
  expect(screen.queryByText(/Succeeded since/)).toBeNull();
  await userEvent.click(all);
  expect(actions.calls.at(-1)).toMatchObject(['openRuns', [{ jobId: 'job1' }]]);
});

test('a failure says that the job has succeeded since', async () => {
  const change = { name: 'nightly', job_id: 'job1' };
  const failed = nthRun(1, {
    ...change,
    state: 'failed',
    finished_at: '2026-01-01T00:00:00Z'
  });
  server.on('GET runs', ({ query }) => ({
    items: query.getAll('state').includes('lost') ? [failed] : []
  }));
  server.on(
    'GET runs/run000002',
    nthRun(2, { ...change, state: 'succeeded', finished_at: '2026-01-01T08:30:00Z' })
  );
  draw(services, <SidePanel />);
  services.live.start();
  await screen.findByRole('heading', { name: 'Last failures 1' });
  server
    .stream('events')
    .send(
      makeEvent({ run_id: 'run000002', data: { state: 'succeeded', job_id: 'job1' } })
    );
  const told = await screen.findByText(/Succeeded since/);
  const time = told.querySelector('time')?.dateTime;
  expect(time).toBe('2026-01-01T08:30:00.000Z');
});

test('the filter knows jobs that came after the page was opened', async () => {
  await runsPage();
  const job = { id: 'job9', name: 'made later' };
  server.on('GET jobs', { items: [job] });
  expect(screen.queryByRole('option', { name: 'made later' })).toBeNull();
  services.live.jobChanged.emit(job.id);
  await screen.findByRole('option', { name: 'made later' });
  // One that was made elsewhere is known when somebody looks.
  server.on('GET jobs', { items: [job, { id: 'job10', name: 'even later' }] });
  screen.getByLabelText('Job').focus();
  await screen.findByRole('option', { name: 'even later' });
});

test('a backfill says its day, and every failed row says why', async () => {
  server.on('GET runs', {
    items: [
      nthRun(2, { state: 'lost', reason: 'the engine went away' }),
      nthRun(1, {
        state: 'failed',
        reason: 'raised',
        scheduled_for: '2024-03-04T05:00:00Z',
        error: { cell_index: 0, ename: 'KeyError', evalue: 'b' }
      })
    ]
  });
  await runsPage();
  const [, lost, failed] = screen.getAllByRole('row');
  expect(lost.textContent).toContain('the engine went away');
  expect(lost.textContent).not.toContain('2024');
  expect(failed.textContent).toContain('KeyError: b');
  expect(failed.textContent).toContain('2024');
});
