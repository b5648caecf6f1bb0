import { expect, test } from 'vitest';
import { FailureBook, readFailures } from '../../src/model/failures';
import { rowOf } from '../../src/model/rows';
import { FakeServer, nthRun } from '../fakes';

const failure = (n: number, job: string | null, notebook = 'walks.ipynb') =>
  nthRun(n, {
    state: 'failed',
    job_id: job,
    name: job ?? 'by hand',
    notebook: { path: notebook, sha256: '0' },
    finished_at: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString()
  });

test('a job that fails again and again hides no other', async () => {
  const runs = [
    ...Array.from({ length: 300 }, (_, n) => failure(1000 - n, 'noisy')),
    failure(20, 'quiet'),
    failure(10, null, 'other.ipynb')
  ];
  const server = new FakeServer().on('GET runs', ({ query }) => {
    const from = Number(query.get('cursor') ?? 0);
    const to = from + Number(query.get('limit'));
    return {
      items: runs.slice(from, to),
      next_cursor: to < runs.length ? String(to) : null
    };
  });
  const book = new FailureBook();
  book.put(await readFailures(server.client));
  expect(book.list.map(({ newest, count }) => [newest.name, count])).toEqual([
    ['noisy', 300],
    ['quiet', 1],
    ['by hand', 1]
  ]);
  expect(book.list[0].since).toBe(Date.UTC(2026, 0, 1) + 701 * 1000);
  expect(book.list[0].isAtLeast).toBe(false);
});

test('where there are too many to read, it is said that there may be more', async () => {
  const server = new FakeServer().on('GET runs', ({ query }) => {
    const from = Number(query.get('cursor') ?? 0);
    const to = from + Number(query.get('limit'));
    const items = Array.from({ length: to - from }, (_, n) =>
      failure(99_999 - from - n, 'noisy')
    );
    return { items, next_cursor: String(to) };
  });
  const book = new FailureBook();
  book.put(await readFailures(server.client));
  expect(book.list).toHaveLength(1);
  expect(book.list[0].isAtLeast).toBe(true);
  expect(server.asked('GET runs').length).toBeLessThan(10);
});

test('a new failure joins its group, one that is tried again or deleted leaves it', () => {
  const book = new FailureBook();
  [1, 2, 3].forEach(n => book.add(rowOf(failure(n, 'nightly'))));
  book.add(rowOf(failure(3, 'nightly')));
  expect(book.list.map(({ newest, count }) => [newest.id, count])).toEqual([
    ['run000003', 3]
  ]);
  book.drop(new Set(['run000003', 'run000001']));
  expect(book.list.map(({ newest, count }) => [newest.id, count])).toEqual([
    ['run000002', 1]
  ]);
});

test('a job that has succeeded since its last failure says when', async () => {
  const success = (n: number, job: string | null, notebook?: string) => ({
    ...failure(n, job, notebook),
    state: 'succeeded' as const
  });
  const runs = [
    failure(50, 'mended'),
    failure(40, 'broken'),
    failure(30, null, 'walks.ipynb'),
    success(60, 'mended'),
    success(55, 'mended'),
    success(20, 'broken'),
    // Of a job, and of another notebook with these letters in its path.
    success(70, 'else', 'walks.ipynb'),
    success(71, null, 'old/walks.ipynb')
  ];
  const server = new FakeServer().on('GET runs', ({ query }) => {
    const job = query.get('job_id');
    const since = query.get('since') ?? '';
    return {
      items: runs
        .filter(run => query.getAll('state').includes(run.state))
        .filter(run => run.created_at >= since && (!job || run.job_id === job))
        .filter(run => run.notebook.path.includes(query.get('q') ?? ''))
    };
  });
  const book = new FailureBook();
  book.put(await readFailures(server.client));
  const told = () => book.list.map(one => [one.newest.jobId, one.succeededAt]);
  const at = (n: number) => Date.UTC(2026, 0, 1) + n * 1000;
  expect(told()).toEqual([
    ['mended', at(60)],
    ['broken', null],
    [null, null]
  ]);
  book.succeed(rowOf(success(80, null, 'walks.ipynb')));
  book.add(rowOf(failure(90, 'mended')));
  expect(told()).toEqual([
    ['mended', null],
    ['broken', null],
    [null, at(80)]
  ]);
});
