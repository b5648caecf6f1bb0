import { expect, test } from 'vitest';
import type { ICell } from '../../src/api/types';
import { pairCells, pairParameters } from '../../src/model/compare';
import { makeRun } from '../fakes';

function cell(index: number, source: string, text = '', tags: string[] = []): ICell {
  return {
    cell_index: index,
    cell_type: 'code',
    source,
    state: 'succeeded',
    metadata: { tags },
    outputs: text ? [{ output_type: 'stream', name: 'stdout', text }] : []
  };
}

test('a cell with injected parameters does not shift the others', () => {
  const pairs = pairCells(
    [cell(0, 'a', '1'), cell(1, 'b', 'x')],
    [
      cell(0, 'a', '1'),
      cell(1, 'walks = 5', '', ['injected-parameters']),
      cell(2, 'b', 'y')
    ]
  );
  expect(pairs.map(pair => [pair.sameSource, pair.sameOutputs])).toEqual([
    [true, true],
    [true, false]
  ]);
});

test('a cell that only one run has is a difference', () => {
  const [, second] = pairCells([cell(0, 'a')], [cell(0, 'a'), cell(1, 'b')]);
  expect(second).toMatchObject({ one: null, sameSource: false });
});

test('parameters of either run are compared', () => {
  const one = makeRun({ parameters: { walks: 1, seed: 7 } });
  const other = makeRun({ parameters: { walks: 2, seed: 7, title: 'x' } });
  expect(pairParameters(one, other)).toEqual([
    { name: 'walks', values: [1, 2], same: false },
    { name: 'seed', values: [7, 7], same: true },
    { name: 'title', values: [undefined, 'x'], same: false }
  ]);
});
