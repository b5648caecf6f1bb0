import { beforeEach, expect, test, vi } from 'vitest';
import { RunModel } from '../../src/model/run';
import { FakePresence, FakeServer, makeEvent, makeRun } from '../fakes';

const NOTEBOOK = {
  cells: [
    { cell_type: 'markdown', source: '# Title' },
    { cell_type: 'code', source: ['a = 1\n', 'print(a)'] }
  ]
};
const ATTEMPT = { attempt_no: 1, state: 'running' as const };

let server: FakeServer;
let model: RunModel;

beforeEach(() => {
  server = new FakeServer()
    .on('GET runs/run1', makeRun({ state: 'running', attempts: [ATTEMPT] }))
    .on('GET runs/run1/notebook', NOTEBOOK)
    .on('GET runs/run1/logs', { items: [] });
  server.stream('runs/run1/events');
  model = new RunModel(server.client, 'run1', new FakePresence());
});

async function shown(): Promise<void> {
  model.visible = true;
  await model.load();
  await vi.waitFor(() => expect(model.cells).toHaveLength(2));
}

test('shows the whole notebook before it has run', async () => {
  await shown();
  expect(model.cells.map(cell => [cell.cell_type, cell.state])).toEqual([
    ['markdown', 'not_run'],
    ['code', 'not_run']
  ]);
  expect(model.cells[1].source).toBe('a = 1\nprint(a)');
});

test('asks for the events of the newest attempt only', async () => {
  await shown();
  expect(server.stream('runs/run1/events').lastEventId).toBe(String(2 ** 42 - 1));
});

test('shows cells and outputs as they come', async () => {
  await shown();
  const stream = server.stream('runs/run1/events');
  stream.send(
    makeEvent({ kind: 'cell_started', data: { cell_index: 1, cells_total: 2 } })
  );
  const body = JSON.stringify({ output_type: 'stream', name: 'stdout', text: '1\n' });
  stream.send(
    makeEvent({
      kind: 'output',
      data: { ops: [{ op: 'append', cell: 1, no: 0, body }] }
    })
  );
  await vi.waitFor(() => expect(model.outputs.of(1)).toHaveLength(1));
  expect(model.cells[1].state).toBe('running');
  stream.send(
    makeEvent({
      kind: 'cell_finished',
      data: {
        cell_index: 1,
        state: 'succeeded',
        cells: { total: 2, done: 2, failed: 0 }
      }
    })
  );
  await vi.waitFor(() => expect(model.cells[1].state).toBe('succeeded'));
  expect(model.cells[1].source).toBe('a = 1\nprint(a)');
  expect(model.run?.cells?.done).toBe(2);
});

test('reads the record once the run is over', async () => {
  await shown();
  server.on('GET runs/run1', makeRun({ state: 'failed', attempts: [ATTEMPT] }));
  server.on('GET runs/run1/cells', {
    items: [
      {
        cell_index: 0,
        cell_type: 'code',
        source: 'boom()',
        state: 'failed',
        outputs: [{ output_type: 'error', ename: 'E', evalue: 'v', traceback: [] }]
      }
    ]
  });
  server.stream('runs/run1/events').send(makeEvent({ data: { state: 'failed' } }));
  await vi.waitFor(() =>
    expect(model.cells.map(cell => cell.source)).toEqual(['boom()'])
  );
  expect(model.isLive).toBe(false);
  expect(model.outputs.of(0)[0].ename).toBe('E');
});

test('has no connection while its page is hidden', async () => {
  await model.load();
  expect(server.asked('GET runs/run1/events')).toHaveLength(0);
  model.visible = true;
  await vi.waitFor(() => expect(server.asked('GET runs/run1/events')).toHaveLength(1));
});

test('another attempt is shown from its record', async () => {
  await shown();
  server.on('GET runs/run1/cells', request => ({
    items: [
      {
        cell_index: 0,
        cell_type: 'code',
        source: `attempt ${request.query.get('attempt')}`,
        state: 'failed'
      }
    ]
  }));
  await model.showAttempt(1);
  expect(model.cells[0].source).toBe('attempt 1');
});

test('the cell with the parameters of a run shifts the others, not their sources', async () => {
  await shown();
  const [title, code] = NOTEBOOK.cells;
  const stream = server.stream('runs/run1/events');
  stream.send(
    makeEvent({ kind: 'cell_started', data: { cell_index: 1, cells_total: 3 } })
  );
  await vi.waitFor(() => expect(model.cells[1].state).toBe('running'));
  const injected = { cell_type: 'code', source: 'walks = 5' };
  server.on('GET runs/run1/notebook', { cells: [title, injected, code] });
  stream.send(makeEvent({ kind: 'started', data: { cells_total: 3 } }));
  await vi.waitFor(() => expect(model.cells).toHaveLength(3));
  expect(model.cells.map(cell => [cell.source, cell.state])).toEqual([
    ['# Title', 'not_run'],
    ['walks = 5', 'running'],
    ['a = 1\nprint(a)', 'not_run']
  ]);
});

test('a page that is closed before its run has come follows nothing', async () => {
  model.visible = true;
  const loading = model.load();
  model.dispose();
  await loading;
  expect(server.asked('GET runs/run1/events')).toEqual([]);
});
