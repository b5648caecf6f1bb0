import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SweepModel } from '../../src/model/sweep';
import type { IServices } from '../../src/view/services';
import { SweepPage } from '../../src/view/sweep/SweepPage';
import { FakeServer, HEALTH, makeEvent, makeServices, noteActions } from '../fakes';
import { draw, violations } from './helpers';

const SWEEP = {
  id: 'sweep1',
  name: 'a grid',
  notebook: { path: 'walks.ipynb', sha256: '0' },
  created_at: '2026-01-01T00:00:00Z',
  created_by: 'ada',
  state: 'running',
  runs: 3
};

function row(no: number, state: string, loss?: number) {
  return {
    run_id: `run${no}`,
    name: 'a grid',
    state,
    started_at: '2026-01-01T00:00:00Z',
    finished_at: state === 'running' ? null : '2026-01-01T00:00:02Z',
    parameters: { walks: no * 100, seed: 7 },
    results:
      loss === undefined ? {} : { loss: { type: 'number', size: 3, value: loss } }
  };
}

let server: FakeServer;
let actions: ReturnType<typeof noteActions>;
let services: IServices;

beforeEach(async () => {
  server = new FakeServer()
    .on('GET health', HEALTH)
    .on('GET runs', { items: [] })
    .on('GET sweeps/sweep1', SWEEP)
    .on('GET results', {
      items: [row(3, 'running'), row(2, 'failed'), row(1, 'succeeded', 0.5)]
    });
  server.stream('events');
  actions = noteActions();
  services = makeServices(server, { actions });
  services.live.start();
  await waitFor(() => expect(server.stream('events').isOpen).toBe(true));
});
afterEach(() => {
  services.live.dispose();
  cleanup();
});

async function open(): Promise<Element> {
  const model = new SweepModel(services.client, services.live, 'sweep1');
  const { container } = draw(services, <SweepPage model={model} />);
  await screen.findByRole('table', { name: 'Runs of the sweep' });
  return container;
}

const cells = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map(one =>
      within(one)
        .getAllByRole('cell')
        .map(cell => cell.textContent)
    );

test('runs stand side by side by what differs between them and what came of it', async () => {
  const container = await open();
  expect(screen.getAllByRole('columnheader').map(one => one.textContent)).toEqual([
    'Run↑',
    'State',
    'walks↕',
    'loss↕',
    'Duration'
  ]);
  expect(cells().map(one => one.slice(0, 4))).toEqual([
    ['Run 1', 'Succeeded', '100', '0.5'],
    ['Run 2', 'Failed', '200', '–'],
    ['Run 3', 'Running', '300', '–']
  ]);
  expect(await violations(container)).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'walks' }));
  await userEvent.click(screen.getByRole('button', { name: 'walks' }));
  expect(cells().map(one => one[0])).toEqual(['Run 3', 'Run 2', 'Run 1']);
  await userEvent.click(screen.getByRole('button', { name: 'loss' }));
  expect(cells().map(one => one[0])[0]).toBe('Run 1');
});

test('what runs do is seen as it happens', async () => {
  await open();
  const list = screen.getByRole('list', { name: 'Runs by state' });
  expect(list.textContent).toContain('2 of 3 over');
  server.stream('events').send(
    makeEvent({
      run_id: 'run3',
      data: { state: 'succeeded' },
      at: '2026-01-01T00:00:09Z'
    })
  );
  await waitFor(() => expect(list.textContent).toContain('3 of 3 over'));
  expect(cells()[2].slice(1)).toEqual(['Succeeded', '300', '–', '9.0 s']);
});

test('only the failed ones are retried, and all can be cancelled', async () => {
  await open();
  await userEvent.click(screen.getByRole('button', { name: 'Retry the failed one' }));
  await userEvent.click(screen.getByRole('button', { name: 'Cancel all' }));
  await userEvent.click(screen.getByRole('button', { name: 'All its runs' }));
  await userEvent.click(screen.getByRole('button', { name: 'Run 2' }));
  expect(actions.calls).toEqual([
    ['retrySweep', ['sweep1']],
    ['cancelSweep', ['sweep1']],
    ['openRuns', [{ sweepId: 'sweep1' }]],
    ['openRun', ['run2', 'a grid']]
  ]);
});

test('the sweep is what its runs make it, at once', async () => {
  server.on('GET results', { items: [row(2, 'queued'), row(1, 'queued')] });
  const model = new SweepModel(services.client, services.live, 'sweep1');
  await model.load();
  expect(model.state).toBe('queued');
  const tell = (run_id: string, state: 'starting' | 'succeeded' | 'cancelled') =>
    server.stream('events').send(makeEvent({ run_id, data: { state } }));
  tell('run1', 'starting');
  await waitFor(() => expect(model.state).toBe('running'));
  tell('run1', 'succeeded');
  tell('run2', 'cancelled');
  await waitFor(() => expect(model.state).toBe('cancelled'));
  model.dispose();
});
