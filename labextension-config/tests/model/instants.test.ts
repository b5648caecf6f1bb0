import { expect, test } from 'vitest';
import {
  clock,
  dayOf,
  exact,
  instantIn,
  localTextIn,
  planned,
  relative
} from '../../src/model/instants';

const ZONES = [
  'UTC',
  'America/New_York',
  'Europe/Amsterdam',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Asia/Kathmandu',
  'Pacific/Kiritimati'
];
const DATES = new Map(
  ZONES.map(timeZone => [timeZone, new Intl.DateTimeFormat('sv-SE', { timeZone })])
);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const at = (text: string) => Date.parse(text);
const said = (one: string, now: string, zone = 'UTC') =>
  relative(at(one), at(now), { locale: 'en', zone });

test.each([
  // 46 hours away: not tomorrow.
  ['2026-12-01T08:00Z', '2026-11-29T10:00Z', 'in 2 days'],
  ['2026-11-30T10:00Z', '2026-11-29T10:00Z', 'tomorrow'],
  ['2026-11-30T23:59Z', '2026-11-29T00:01Z', 'tomorrow'],
  ['2026-11-30T09:00Z', '2026-11-29T10:00Z', 'in 23 hours'],
  ['2026-11-27T23:00Z', '2026-11-29T10:00Z', '2 days ago'],
  ['2026-11-28T09:00Z', '2026-11-29T10:00Z', 'yesterday'],
  ['2026-11-29T11:59Z', '2026-11-29T10:00Z', 'in 2 hours'],
  ['2026-11-29T09:56:20Z', '2026-11-29T10:00:00Z', '4 minutes ago'],
  ['2026-11-29T10:59:45Z', '2026-11-29T10:00:00Z', 'in 1 hour'],
  ['2026-11-29T10:00:59.8Z', '2026-11-29T10:00:00Z', 'in 1 minute'],
  ['2026-11-29T10:00:12Z', '2026-11-29T10:00:00Z', 'in 12 seconds'],
  ['2026-11-29T09:59:57Z', '2026-11-29T10:00:00Z', 'now']
])('%s seen from %s is %s', (one, now, words) => {
  expect(said(one, now)).toBe(words);
});

test('days are those of the zone that is shown', () => {
  const [one, now] = ['2026-11-30T03:00Z', '2026-11-28T20:00Z'];
  expect(said(one, now, 'UTC')).toBe('in 2 days');
  // In New York it is ten in the evening of the 29th.
  expect(said(one, now, 'America/New_York')).toBe('tomorrow');
});

test('a day of 25 hours does not hold its own tomorrow', () => {
  const [one, now] = ['2026-10-25T22:30Z', '2026-10-24T22:30Z'];
  expect(said(one, now, 'Europe/Amsterdam')).toBe('in 24 hours');
});

test('what is said of any two instants in any zone holds on its calendar', () => {
  const random = generator(20261128);
  const english = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  for (let round = 0; round < 20_000; round += 1) {
    const zone = ZONES[Math.floor(random() * ZONES.length)];
    const now = at('2009-01-01T00:00Z') + Math.floor(random() * 20 * 366 * DAY);
    // Near and far alike.
    const distance = Math.floor(10 ** (random() * 7.5) * 100);
    const one = now + (random() < 0.5 ? -distance : distance);
    const words = relative(one, now, { locale: 'en', zone });
    const days = dateOf(one, zone) - dateOf(now, zone);
    const place = `${new Date(one).toISOString()} from ${new Date(now).toISOString()} in ${zone}`;
    if (/day|morrow|yester/.test(words)) {
      expect(words, place).toBe(english.format(days, 'day'));
      expect(Math.abs(days), place).toBeGreaterThan(0);
    } else if (words !== 'now') {
      const [, count, unit] = /(\d+) (second|minute|hour)/.exec(words) ?? [];
      const size = { second: 1000, minute: MINUTE, hour: HOUR }[unit] ?? NaN;
      expect(Math.abs(Number(count) * size - distance), place).toBeLessThanOrEqual(
        size / 2
      );
      expect(words.startsWith('in'), place).toBe(one > now);
      expect(distance, place).toBeLessThan(25.5 * HOUR);
    }
  }
});

test('a clock names the day where it is another one in the zone, and the zone', () => {
  const now = at('2026-11-29T03:00Z');
  const reading = { locale: 'en-GB', zone: 'America/New_York' };
  expect(clock(at('2026-11-29T02:00Z'), now, reading)).toBe('21:00:00 GMT-5');
  expect(clock(at('2026-11-29T06:00Z'), now, reading)).toBe('29 Nov, 01:00 GMT-5');
  expect(clock(at('2027-01-02T06:00Z'), now, reading)).toContain('2 Jan 2027');
  expect(planned(at('2026-11-29T06:00Z'), reading)).toBe(
    'Sun, 29 Nov 2026, 01:00 GMT-5'
  );
  expect(exact(at('2026-11-29T06:00Z'), reading).split('\n').at(-1)).toBe(
    '2026-11-29T06:00:00.000Z'
  );
});

test('what clocks show and when they show it are each other’s inverse', () => {
  const random = generator(7);
  for (let round = 0; round < 5000; round += 1) {
    const zone = ZONES[round % ZONES.length];
    const start = at('2012-01-01T00:00Z');
    const moment = start + Math.floor(random() * 15 * 366 * DAY);
    const whole = moment - (moment % MINUTE);
    const text = localTextIn(whole, zone);
    const found = instantIn(text, zone) ?? NaN;
    // Of a time that clocks show twice, the first.
    expect(localTextIn(found, zone)).toBe(text);
    expect(found).toBeLessThanOrEqual(whole);
    expect(dayOf(whole, zone)).toBe(dateOf(whole, zone));
  }
  expect(instantIn('', 'UTC')).toBeNull();
  expect(instantIn('soon', 'UTC')).toBeNull();
  // Clocks in New York go from two to three.
  expect(instantIn('2026-03-08T02:30', 'America/New_York')).toBe(
    at('2026-03-08T07:30Z')
  );
});

/** Days by the text of a date, told apart from how the code counts them. */
function dateOf(instant: number, timeZone: string): number {
  const text = (DATES.get(timeZone) as Intl.DateTimeFormat).format(instant);
  return Math.round(Date.parse(`${text}T00:00Z`) / DAY);
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
