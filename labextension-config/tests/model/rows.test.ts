import { expect, test } from 'vitest';
import {
  applyEvent,
  elapsedOf,
  failureOf,
  rowOf,
  secondsOf
} from '../../src/model/rows';
import { makeEvent, makeRun } from '../fakes';

const at = (seconds: number) =>
  new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1000).toISOString();
const ms = (seconds: number) => Date.parse(at(seconds));

const TRIED_TWICE = makeRun({
  state: 'failed',
  reason: 'cell 1 raised ValueError',
  started_at: at(0),
  finished_at: at(629),
  attempts: [
    { attempt_no: 1, state: 'failed', started_at: at(0), finished_at: at(3) },
    { attempt_no: 2, state: 'failed', started_at: at(626), finished_at: at(629) }
  ]
});

test('the wait between two attempts is no part of the duration', () => {
  const row = rowOf(TRIED_TWICE);
  expect(secondsOf(row, ms(9999))).toBe(6);
  expect(elapsedOf(row, ms(9999))).toBe(629);
});

test('a duration stands still while a run waits for its next attempt, and grows in it', () => {
  const [first] = TRIED_TWICE.attempts ?? [];
  const waiting = rowOf(
    makeRun({ state: 'queued', started_at: at(0), attempts: [first] })
  );
  expect(secondsOf(waiting, ms(300))).toBe(3);
  const event = makeEvent({ at: at(626), data: { state: 'starting', attempt_no: 2 } });
  const again = applyEvent(waiting, event);
  expect(secondsOf(again, ms(627))).toBe(4);
});

test('events and the record come to the same duration', () => {
  const states = [
    [0, 'starting', 1],
    [1, 'running', 1],
    [3, 'queued', 1],
    [626, 'starting', 2],
    [627, 'running', 2],
    [629, 'failed', 2]
  ] as const;
  const told = states.reduce(
    (row, [second, state, attempt_no]) =>
      applyEvent(row, makeEvent({ at: at(second), data: { state, attempt_no } })),
    rowOf(makeRun())
  );
  const read = rowOf(TRIED_TWICE);
  expect(secondsOf(told, ms(700))).toBe(secondsOf(read, ms(700)));
  expect([told.startedAt, told.finishedAt, told.attempts]).toEqual([
    read.startedAt,
    read.finishedAt,
    read.attempts
  ]);
});

test('every run that ended badly says why: by its cell, else by its reason', () => {
  const failed = { state: 'failed' } as const;
  const raised = { cell_index: 0, ename: 'KeyError', evalue: "'b'" };
  expect(failureOf(rowOf(makeRun({ ...failed, error: raised })))).toBe("KeyError: 'b'");
  expect(failureOf(rowOf(makeRun({ state: 'lost', reason: 'out of memory' })))).toBe(
    'out of memory'
  );
  expect(failureOf(rowOf(makeRun({ state: 'succeeded', reason: 'well' })))).toBeNull();
  // One that has failed while the list was open.
  const events = [
    makeEvent({ kind: 'cell_finished', data: { error: raised } }),
    makeEvent({ data: { state: 'failed', reason: 'KeyError in cell 1' } })
  ];
  const live = events.reduce(applyEvent, rowOf(makeRun({ state: 'running' })));
  expect(failureOf(live)).toBe("KeyError: 'b'");
});

test('an attempt that is starting has run no cells, whatever the last one did', () => {
  const cells = { total: 3, done: 2, failed: 1 };
  const fresh = { total: 3, done: 0, failed: 0 };
  expect(rowOf(makeRun({ state: 'starting', cells })).cells).toEqual(fresh);
  const waiting = rowOf(makeRun({ state: 'queued', cells }));
  const event = makeEvent({ data: { state: 'starting', attempt_no: 2 } });
  expect(applyEvent(waiting, event).cells).toEqual(fresh);
});
