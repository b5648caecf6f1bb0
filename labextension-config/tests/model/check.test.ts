import { expect, test } from 'vitest';
import type { IObjectSchema, IValueSchema, Json } from '../../src/api/types';
import { checkParameters, fits, inWords } from '../../src/model/check';
import { textOf, valueOf } from '../../src/model/valueText';

test.each<[IValueSchema, Json, boolean]>([
  [{ type: 'integer' }, 3, true],
  [{ type: 'integer' }, 3.5, false],
  [{ type: 'number' }, 3.5, true],
  [{ type: ['integer', 'null'] }, null, true],
  [{ type: ['integer', 'null'] }, 'x', false],
  [{ enum: ['red', 'green'] }, 'red', true],
  [{ enum: ['red', 'green'] }, 'blue', false],
  [{ type: 'array', items: { type: 'string' } }, ['a'], true],
  [{ type: 'array', items: { type: 'string' } }, ['a', 1], false],
  [{ type: 'array', prefixItems: [{ type: 'integer' }], items: false }, [1], true],
  [{ type: 'array', prefixItems: [{ type: 'integer' }], items: false }, [1, 2], false],
  [{ type: 'object', additionalProperties: { type: 'number' } }, { x: 1 }, true],
  [{ type: 'object', additionalProperties: { type: 'number' } }, { x: 'a' }, false],
  [{ type: 'string', format: 'date' }, '2026-01-31', true],
  [{ type: 'string', format: 'date' }, 'tomorrow', false],
  [{ anyOf: [{ type: 'array' }, { type: 'null' }] }, null, true],
  [{}, { any: ['thing'] }, true]
])('%j and %j: %s', (schema, value, expected) =>
  expect(fits(schema, value)).toBe(expected)
);

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
