import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Clock } from '../../src/model/clock';
import { FakePresence } from '../fakes';

let presence: FakePresence;
let clock: Clock;

beforeEach(() => {
  vi.useFakeTimers();
  presence = new FakePresence();
  clock = new Clock(presence);
});
afterEach(() => vi.useRealTimers());

test('goes on with nothing else happening, each listener at its own pace, by one timer', () => {
  const [slow, fast] = [vi.fn(), vi.fn()];
  clock.every(5000, slow);
  clock.every(1000, fast);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(10_000);
  expect(slow).toHaveBeenCalledTimes(3);
  expect(fast).toHaveBeenCalledTimes(11);
});

test('rests while it is hidden, and tells the time at once when it is seen again', () => {
  const call = vi.fn();
  clock.every(5000, call);
  presence.set(false);
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(3_600_000);
  expect(call).toHaveBeenCalledTimes(1);
  presence.set(true);
  expect(call).toHaveBeenLastCalledWith(Date.now());
  vi.advanceTimersByTime(5000);
  expect(call).toHaveBeenCalledTimes(3);
});

test('nothing is left of it once nobody listens', () => {
  const ends = Array.from({ length: 200 }, () => clock.every(1000, () => undefined));
  ends.forEach(end => end());
  expect(vi.getTimerCount()).toBe(0);
  expect(presence.watchers).toBe(0);
});
