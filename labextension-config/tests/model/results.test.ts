import { expect, test } from 'vitest';
import type { IResult, Json } from '../../src/api/types';
import { frameOf, isPlain, outputOf, progressAfter } from '../../src/model/results';
import { makeEvent } from '../fakes';

function result(type: string, value: Json, change: Partial<IResult> = {}): IResult {
  return {
    name: 'x',
    type,
    value,
    attempt_no: 1,
    recorded_at: '2026-01-01T00:00:00Z',
    size: 10,
    ...change
  };
}

const FRAME = {
  columns: [
    { name: 'a<b', dtype: 'int64', values: [1, null] },
    { name: 2, dtype: 'object', values: ['<script>alert(1)</script>', { deep: true }] }
  ],
  index: [{ name: null, dtype: 'object', values: ['one', 'two'] }],
  rows: 2
};

test('a frame is a table in which nothing is code', () => {
  const output = outputOf(result('table', FRAME));
  expect((output?.data as Record<string, Json>)['text/html']).toBe(
    '<table><thead><tr><th></th><th>a&lt;b</th><th>2</th></tr></thead><tbody>' +
      '<tr><th>one</th><td>1</td><td>&lt;script&gt;alert(1)&lt;/script&gt;</td></tr>' +
      '<tr><th>two</th><td>–</td><td>{&quot;deep&quot;:true}</td></tr></tbody></table>'
  );
});

test('only the beginning of a long frame is drawn', () => {
  const values = Array.from({ length: 1000 }, (_, n) => n);
  const frame = {
    columns: [{ name: 'n', dtype: 'int64', values }],
    index: null,
    rows: 1000
  };
  const output = outputOf(result('table', frame));
  const html = String((output?.data as Record<string, Json>)['text/html']);
  expect(html.match(/<tr>/g)).toHaveLength(51);
});

test('a plot that says what it is is drawn as one', () => {
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    mark: 'bar'
  };
  expect(outputOf(result('json', spec))?.data).toEqual({
    'application/vnd.vegalite.v5+json': spec,
    'text/plain': JSON.stringify(spec, null, 1)
  });
  expect(outputOf(result('json', [1, 2]))?.data).toEqual({
    'application/json': [1, 2]
  });
});

test('what is too long or of another kind is not drawn', () => {
  expect(outputOf(result('json', null, { omitted: true }))).toBeNull();
  expect(outputOf(result('parquet', 'UEFSMQ=='))).toBeNull();
  expect(isPlain(result('number', 1))).toBe(true);
  expect(isPlain(result('parquet', ''))).toBe(false);
  expect(frameOf({ columns: 3 })).toBeNull();
});

test('what is told of one loop leaves the others alone', () => {
  const told = (name: string, processed: number) =>
    makeEvent({ kind: 'progress', data: { name, processed } as object });
  let progress = progressAfter([], told('orders', 1));
  progress = progressAfter(progress, told('clients', 5));
  progress = progressAfter(progress, told('orders', 2));
  expect(progress.map(one => [one.name, one.processed])).toEqual([
    ['orders', 2],
    ['clients', 5]
  ]);
});
