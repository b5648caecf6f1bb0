import { expect, test } from 'vitest';
import { lastName, suggest } from '../../src/model/suggest';

const ZONES = ['America/New_York', 'America/Monterrey', 'Europe/Amsterdam', 'UTC'];

test('finds options by parts of their words, the beginnings of words first', () => {
  expect(suggest(ZONES, 'new york').shown).toEqual(['America/New_York']);
  expect(suggest(ZONES, 'AM').shown).toEqual([
    'America/New_York',
    'America/Monterrey',
    'Europe/Amsterdam'
  ]);
  expect(suggest(['stream', 'Amsterdam'], 'am').shown).toEqual(['Amsterdam', 'stream']);
  expect(suggest(ZONES, 'nowhere')).toEqual({ shown: [], more: 0 });
});

test('without a search the likely ones stand first, once', () => {
  expect(suggest(ZONES, '', ['UTC', 'Mars/Base']).shown).toEqual([
    'UTC',
    'America/New_York',
    'America/Monterrey',
    'Europe/Amsterdam'
  ]);
});

test('says how many more there are', () => {
  const many = Array.from({ length: 100 }, (_, n) => `zone ${n}`);
  const { shown, more } = suggest(many, 'zone');
  expect([shown.length, more]).toEqual([40, 60]);
});

test('knows which of several names is being typed', () => {
  expect(lastName('DB_PASSWORD, API')).toEqual(['DB_PASSWORD, ', 'API']);
  expect(lastName('A\nB')).toEqual(['A\n', 'B']);
  expect(lastName('')).toEqual(['', '']);
});
