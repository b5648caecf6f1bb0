import { expect, test } from 'vitest';
import { COMMON, cronOf, partsOf } from '../../src/model/cron';

test.each([
  ['*/15 * * * *', 'minutes'],
  ['30 * * * *', 'hourly'],
  ['0 6 * * *', 'daily'],
  ['0 6 * * 1-5', 'weekly'],
  ['15 22 * * 0,6', 'weekly'],
  ['0 0 31 * *', 'monthly']
])('%s is %s and is written as it was read', (cron, pattern) => {
  const parts = partsOf(cron);
  expect(parts.pattern).toBe(pattern);
  expect(cronOf(parts)).toBe(cron);
});

test.each([
  '0 0 13 * 5',
  '0 0 L * *',
  '@daily',
  '0 6 * 2 *',
  '',
  '99 6 * * *',
  '0 6-8 * * *'
])('%s is no common case', cron => expect(partsOf(cron).pattern).toBe('custom'));

test('a sunday may be 7', () => {
  expect(partsOf('0 6 * * 7').weekdays).toEqual([0]);
});

test('two days beside each other are a list, three a range', () => {
  const weekly = { ...COMMON, pattern: 'weekly' as const };
  expect(cronOf({ ...weekly, weekdays: [2, 1] })).toBe('0 6 * * 1,2');
  expect(cronOf({ ...weekly, weekdays: [1, 2, 3, 5] })).toBe('0 6 * * 1-3,5');
});
