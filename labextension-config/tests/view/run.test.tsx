import { cleanup, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ICell, IRun } from '../../src/api/types';
import { JobModel } from '../../src/model/job';
import { RunModel } from '../../src/model/run';
import { JobPage } from '../../src/view/job/JobPage';
import { RunPage } from '../../src/view/run/RunPage';
import type { IServices } from '../../src/view/services';
import { FakePresence, FakeServer, makeRun, makeServices, noteActions } from '../fakes';
import { draw, violations } from './helpers';

const CELLS: ICell[] = [
  {
    cell_index: 0,
    cell_type: 'code',
    source: 'print(1)',
    state: 'succeeded',
    started_at: '2026-01-01T00:00:01Z',
    finished_at: '2026-01-01T00:00:03Z',
    memory_bytes: 1024 ** 2,
    outputs: [{ output_type: 'stream', name: 'stdout', text: 'one' }]
  },
  {
    cell_index: 1,
    cell_type: 'code',
    source: 'boom()',
    state: 'failed',
    started_at: '2026-01-01T00:00:03Z',
    finished_at: '2026-01-01T00:00:04Z',
    error: { cell_index: 1, ename: 'Boom', evalue: 'no' },
    outputs: []
  },
  { cell_index: 2, cell_type: 'code', source: 'never()', state: 'not_run' }
];
const FAILED: Partial<IRun> = {
  state: 'failed',
  reason: 'Boom: no in cell 2 of 3',
  started_at: '2026-01-01T00:00:00Z',
  finished_at: '2026-01-01T00:00:05Z',
  parameters: { walks: 5 },
  environment: { executor: 'docker', image: 'image:1', memory_bytes: 1024 ** 3 },
  attempts: [
    { attempt_no: 1, state: 'lost', reason: 'the engine went away' },
    { attempt_no: 2, state: 'failed', exit_code: 1 }
  ],
  error: { cell_index: 1, ename: 'Boom', evalue: 'no' },
  cells: { total: 3, done: 2, failed: 1 },
  artifacts: [
    { path: 'out/table.csv', size_bytes: 2048, sha256: '0', media_type: 'text/csv' }
  ]
};

let server: FakeServer;
let actions: ReturnType<typeof noteActions>;
let services: IServices;

beforeEach(() => {
  server = new FakeServer()
    .on('GET runs/run1', makeRun(FAILED))
    .on('GET runs/run1/cells', { items: CELLS })
    .on('GET runs/run1/logs', { items: [{ line_no: 1, text: 'a warning' }] });
  actions = noteActions();
  services = makeServices(server, { actions });
});
afterEach(cleanup);

async function open(): Promise<Element> {
  const model = new RunModel(services.client, 'run1', new FakePresence());
  const { container } = draw(services, <RunPage model={model} />);
  await screen.findByRole('heading', { name: 'walks' });
  return container;
}

const tab = (name: string | RegExp) =>
  userEvent.click(screen.getByRole('tab', { name }));

test('says how it ended and why, and leads to the cell', async () => {
  await open();
  expect(screen.getByText(/Boom: no in cell 2 of 3/)).toBeTruthy();
  await tab('Log');
  await screen.findByText('a warning');
  await userEvent.click(screen.getByRole('button', { name: 'Show cell 2' }));
  await waitFor(() =>
    expect(document.activeElement?.getAttribute('data-cell')).toBe('1')
  );
});

test('shows cells with outputs, states and times', async () => {
  const container = await open();
  const cells = screen
    .getAllByRole('listitem')
    .map(item => item.getAttribute('aria-label'));
  expect(cells).toEqual(['Cell 1, Succeeded', 'Cell 2, Failed', 'Cell 3, Not run']);
  expect(screen.getByText('one')).toBeTruthy();
  expect(screen.getByText('2.0 s')).toBeTruthy();
  expect(screen.getByText('Boom')).toBeTruthy();
  expect(await violations(container)).toEqual([]);
});

test.each([
  'Timeline',
  'Log',
  'Parameters and environment',
  'Attempts (2)',
  'Artifacts (1)'
])('%s breaks no rule of accessibility', async name => {
  const container = await open();
  await tab(name);
  expect(await violations(container)).toEqual([]);
});

test('tabs move by arrow keys', async () => {
  await open();
  screen.getByRole('tab', { name: 'Cells' }).focus();
  await userEvent.keyboard('{ArrowRight}');
  expect(
    screen.getByRole('tab', { name: 'Timeline' }).getAttribute('aria-selected')
  ).toBe('true');
  await userEvent.keyboard('{End}');
  expect(document.activeElement?.textContent).toBe('Artifacts (1)');
});

test('an older attempt can be shown', async () => {
  await open();
  await tab('Attempts (2)');
  expect(screen.getByText(/engine went away/)).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Show attempt 1' }));
  await waitFor(() =>
    expect(server.asked('GET runs/run1/cells').at(-1)?.query.get('attempt')).toBe('1')
  );
});

test('what can be done depends on the state', async () => {
  await open();
  expect(screen.queryByRole('button', { name: 'Cancel' })).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
  expect(actions.calls).toContainEqual(['retry', [['run1']]]);
  await userEvent.click(screen.getByRole('button', { name: 'Run again…' }));
  expect(actions.calls.at(-1)).toMatchObject([
    'openForm',
    [{ purpose: 'run', notebook: 'walks.ipynb' }]
  ]);
});

test('a run that is not there is told', async () => {
  server.answers.delete('GET runs/run1');
  const model = new RunModel(services.client, 'run1', new FakePresence());
  draw(services, <RunPage model={model} />);
  expect((await screen.findByRole('alert')).textContent).toContain('no runs/run1');
});

test('a job shows its runs cell by cell', async () => {
  server
    .on('GET jobs/job1', {
      id: 'job1',
      name: 'Nightly',
      notebook: 'walks.ipynb',
      created_by: 'ada',
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:00:00Z'
    })
    .on('GET jobs/job1/runs', { items: [makeRun({ ...FAILED, job_id: 'job1' })] });
  const model = new JobModel(services.client, services.live, 'job1');
  const { container } = draw(services, <JobPage model={model} />);
  await screen.findByText('Cell 2: Failed, 1.0 s');
  expect(screen.getByText('Cell 3: Not run, –')).toBeTruthy();
  expect(await violations(container)).toEqual([]);
});
