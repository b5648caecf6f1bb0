import { expect, test } from 'vitest';
import cases from '../../../tests/cases/parameters.json';
import type { IObjectSchema, IValueSchema, Json } from '../../src/api/types';
import { checkParameters, fits, inWords } from '../../src/model/check';
import { textOf, valueOf } from '../../src/model/valueText';

/** The server's check runs the same cases: `tests/unit/domain/test_schema_check.py`. */
interface ICase {
  schema: IValueSchema;
  fits: Json[];
  not: Json[];
}

test.each(cases as ICase[])('$schema takes what it should', one => {
  expect(one.fits.filter(value => !fits(one.schema, value))).toEqual([]);
  expect(one.not.filter(value => fits(one.schema, value))).toEqual([]);
});

test('problems are said in words, missing ones too', () => {
  const schema: IObjectSchema = {
    type: 'object',
    properties: {
      walks: { type: 'integer' },
      when: { type: 'string', format: 'date' }
    },
    required: ['when']
  };
  expect(checkParameters(schema, { walks: 1.5 })).toEqual({
    walks: 'takes an integer',
    when: 'needs a value: a date (such as 2026-01-31)'
  });
  expect(checkParameters(schema, { walks: 1, when: '2026-01-31' })).toEqual({});
});

test('schemas are said in words', () => {
  expect(inWords({ type: ['integer', 'null'] })).toBe('an integer or null');
  expect(inWords({ enum: ['a', 2] })).toBe('one of "a", 2');
  expect(inWords({})).toBe('any value');
});

test.each<[IValueSchema, Json]>([
  [{ type: ['string', 'integer'] }, '5'],
  [{ type: ['string', 'integer'] }, 5],
  [{ type: ['string', 'null'] }, 'null'],
  [{ type: ['string', 'null'] }, null],
  [{}, 'plain'],
  [{}, { a: [1, null] }],
  [{ type: 'array' }, [1, 'x']]
])('%j: %j is written so that it reads as itself', (schema, value) =>
  expect(valueOf(schema, textOf(schema, value))).toEqual(value)
);

test('what does not fit stays text, and is told to be wrong', () => {
  expect(valueOf({ type: ['integer', 'null'] }, 'many')).toBe('many');
  expect(valueOf({ type: 'array' }, '[1, 2')).toBe('[1, 2');
  expect(valueOf({ type: 'array' }, '  ')).toBeUndefined();
});
