import { beforeEach, expect, test, vi } from 'vitest';
import { BatchClient } from '../../src/api/client';
import { LiveModel } from '../../src/model/live';
import { FakePresence, FakeServer, HEALTH, makeEvent, makeRun } from '../fakes';

let server: FakeServer;
let presence: FakePresence;
let live: LiveModel;

beforeEach(() => {
  server = new FakeServer()
    .on('GET health', HEALTH)
    .on('GET runs', request => ({
      items:
        request.query.get('state') === 'queued' ? [makeRun({ state: 'queued' })] : []
    }))
    .on('GET runs/run1', makeRun({ state: 'queued' }));
  server.stream('events');
  presence = new FakePresence();
  live = new LiveModel(server.client, presence);
});

async function started(): Promise<void> {
  live.start();
  await vi.waitFor(() => expect(live.loaded).toBe(true));
}

test('begins with what runs and waits', async () => {
  await started();
  expect(live.waiting.map(row => row.name)).toEqual(['walks']);
  expect(live.running).toEqual([]);
  expect(live.health?.default_executor).toBe('docker');
});

test('follows a run from its queue to its failure', async () => {
  await started();
  const ended: string[] = [];
  live.ended.connect((_, row) => ended.push(`${row.id} ${row.state}`));
  const stream = server.stream('events');
  stream.send(makeEvent({ data: { state: 'starting', attempt_no: 1 } }));
  stream.send(
    makeEvent({ kind: 'preparing', data: { message: 'pulling', share: 0.5 } })
  );
  await vi.waitFor(() => expect(live.moment('run1').preparing).toBe('pulling'));
  stream.send(makeEvent({ kind: 'started', data: { cells_total: 4 } }));
  stream.send(makeEvent({ data: { state: 'running' } }));
  stream.send(
    makeEvent({ kind: 'cell_started', data: { cell_index: 1, source: 'go()' } })
  );
  await vi.waitFor(() => expect(live.running.at(0)?.state).toBe('running'));
  await vi.waitFor(() =>
    expect(live.moment('run1')).toMatchObject({ cell: 1, source: 'go()' })
  );
  expect(live.running[0].cells.total).toBe(4);
  stream.send(makeEvent({ data: { state: 'failed', reason: 'KeyError' } }));
  await vi.waitFor(() => expect(ended).toEqual(['run1 failed']));
  expect(live.running).toEqual([]);
  expect(live.failures.list.map(({ newest }) => newest.reason)).toEqual(['KeyError']);
});

test('asks for runs that it does not know', async () => {
  await started();
  server.on('GET runs/new', makeRun({ id: 'new', name: 'other', state: 'starting' }));
  server.stream('events').send(makeEvent({ run_id: 'new', data: { state: 'queued' } }));
  await vi.waitFor(() => expect(live.running.map(row => row.name)).toEqual(['other']));
});

test('reads everything anew when the server is back', async () => {
  await started();
  server.away = true;
  server.stream('events').drop();
  await vi.waitFor(() => expect(live.status).toBe('lost'));
  server.away = false;
  server.on('GET runs', { items: [] });
  await vi.waitFor(() => expect(live.status).toBe('open'), { timeout: 3000 });
  await vi.waitFor(() => expect(live.waiting).toEqual([]));
});

test('has no connection while nobody can see it', async () => {
  await started();
  presence.set(false);
  expect(live.status).toBe('idle');
  presence.set(true);
  await vi.waitFor(() => expect(live.status).toBe('open'));
});

test('an answer that was overtaken by another changes nothing', async () => {
  await started();
  const answers: ((state: 'starting' | 'running') => void)[] = [];
  const delayed = new BatchClient((path, init) =>
    path === 'runs/late'
      ? new Promise(resolve =>
          answers.push(state =>
            resolve(Response.json(makeRun({ id: 'late', name: 'late', state })))
          )
        )
      : server.client.fetch(path, init)
  );
  const other = new LiveModel(delayed, presence);
  other.start();
  await vi.waitFor(() => expect(other.loaded).toBe(true));
  const stream = server.stream('events');
  stream.send(makeEvent({ run_id: 'late', data: { state: 'starting' } }));
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  stream.send(makeEvent({ run_id: 'late', data: { state: 'running' } }));
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]('running');
  await vi.waitFor(() => expect(other.row('late')?.state).toBe('running'));
  answers[0]('starting');
  await new Promise(resolve => setTimeout(resolve, 0));
  expect(other.row('late')?.state).toBe('running');
  other.dispose();
});

test('an error goes as soon as the server answers again', async () => {
  server.away = true;
  await live.checkHealth();
  expect(live.error).not.toBeNull();
  server.away = false;
  await live.checkHealth();
  expect(live.error).toBeNull();
  expect(live.loaded).toBe(true);
});
