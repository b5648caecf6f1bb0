import { beforeEach, expect, test, vi } from 'vitest';
import { LiveModel } from '../../src/model/live';
import { queryOf, NO_FILTERS, RunListModel } from '../../src/model/runList';
import { FakePresence, FakeServer, HEALTH, makeEvent, nthRun } from '../fakes';

let server: FakeServer;
let live: LiveModel;
let model: RunListModel;
let total: number;

/** Newest first, `cursor` being how many come before. */
function page(query: URLSearchParams): object {
  const from = Number(query.get('cursor') ?? 0);
  const limit = Number(query.get('limit'));
  const count = Math.max(0, Math.min(limit, total - from));
  const items = Array.from({ length: count }, (_, index) =>
    nthRun(total - 1 - from - index, { state: 'succeeded' })
  );
  return { items, next_cursor: from + count < total ? String(from + count) : null };
}

beforeEach(async () => {
  total = 1500;
  server = new FakeServer()
    .on('GET health', { ...HEALTH, runs: { succeeded: 1500 } })
    .on('GET runs', request => page(request.query));
  live = new LiveModel(server.client, new FakePresence());
  await live.checkHealth();
  model = new RunListModel(server.client, live);
  await model.reload();
});

test('loads page after page, each run once', async () => {
  expect(model.rows).toHaveLength(100);
  expect(model.total).toBe(1500);
  while (model.hasMore) {
    await model.loadMore();
  }
  expect(new Set(model.rows.map(row => row.id)).size).toBe(1500);
  expect(model.total).toBe(1500);
});

test('asks once where two want more at the same time', async () => {
  await Promise.all([model.loadMore(), model.loadMore()]);
  expect(model.rows).toHaveLength(350);
});

test('an answer to old filters is dropped', async () => {
  const late = model.loadMore();
  total = 3;
  model.setFilters({ text: 'walk' });
  await late;
  await vi.waitFor(() => expect(model.loading).toBe(false));
  expect(model.rows).toHaveLength(3);
});

test('events change the row that they are about and no other', () => {
  const [first, second] = model.rows;
  live.happened.emit(
    makeEvent({ run_id: first.id, data: { state: 'failed', reason: 'x' } })
  );
  expect(model.rows[0]).toMatchObject({ state: 'failed', reason: 'x' });
  expect(model.rows[1]).toBe(second);
});

test('a new run is put on top', async () => {
  total = 1501;
  live.happened.emit(makeEvent({ run_id: nthRun(1500).id, data: { state: 'queued' } }));
  await vi.waitFor(() => expect(model.rows[0].name).toBe('walk 1500'), {
    timeout: 3000
  });
  expect(model.rows).toHaveLength(101);
});

test('what is not all loaded is sorted by the server', async () => {
  model.setSort('name');
  await vi.waitFor(() => expect(model.loading).toBe(false));
  expect(model.sort).toEqual({ key: 'name', descending: false });
  await model.loadMore();
  const asked = server.asked('GET runs').slice(-2);
  expect(asked.map(one => [one.query.get('sort'), one.query.get('order')])).toEqual([
    ['name', 'asc'],
    ['name', 'asc']
  ]);
  expect(asked[1].query.get('cursor')).toBe('100');
  model.setSort('createdAt');
  await vi.waitFor(() => expect(model.loading).toBe(false));
  expect(server.asked('GET runs').at(-1)?.query.has('sort')).toBe(false);
});

test('what is all loaded is sorted here', async () => {
  total = 50;
  await model.reload();
  const count = server.asked('GET runs').length;
  model.setSort('name');
  expect(model.rows[0].name).toBe('walk 0');
  model.setSort('name');
  expect(model.rows[0].name).toBe('walk 9');
  expect(server.asked('GET runs')).toHaveLength(count);
});

test('in another order a new run stands among the others, once', async () => {
  model.setSort('name');
  await vi.waitFor(() => expect(model.loading).toBe(false));
  const before = model.rows.length;
  total = 1501;
  live.happened.emit(makeEvent({ run_id: nthRun(1500).id, data: { state: 'queued' } }));
  await vi.waitFor(() => expect(model.rows).toHaveLength(before + 1), {
    timeout: 3000
  });
  while (model.hasMore) {
    await model.loadMore();
  }
  expect(new Set(model.rows.map(row => row.id)).size).toBe(model.rows.length);
});

test('shift chooses everything in between', () => {
  const { rows, selection } = model;
  selection.toggle(rows[2].id, rows, false);
  selection.toggle(rows[5].id, rows, true);
  expect([...selection.ids]).toEqual(rows.slice(2, 6).map(row => row.id));
  model.forget(new Set([rows[3].id]));
  expect(selection.ids.size).toBe(3);
  expect(model.rows).toHaveLength(99);
});

test('both dates are included', () => {
  const query = queryOf({ ...NO_FILTERS, since: '2026-03-01', until: '2026-03-01' });
  const hours =
    (Date.parse(String(query.until)) - Date.parse(String(query.since))) / 3_600_000;
  expect(hours).toBe(24);
});

test('a list that cannot be read says why and keeps what it has', async () => {
  server.away = true;
  await model.loadMore();
  expect(model.error).toContain('does not answer');
  expect(model.rows).toHaveLength(100);
});
