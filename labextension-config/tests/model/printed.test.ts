import { expect, test } from 'vitest';
import type { ICell } from '../../src/api/types';
import { OutputBook } from '../../src/model/outputs';
import { printedBy } from '../../src/model/printed';

const cell = (cell_index: number): ICell => ({
  cell_index,
  cell_type: 'code',
  source: '',
  state: 'succeeded'
});
const print = (text: string) => ({ output_type: 'stream', name: 'stdout', text });
const heading = (no: number) => `Cell ${no + 1}:`;

test('what cells print stands under their numbers, without colours', () => {
  const outputs = new OutputBook();
  outputs.put(0, [print('one\n'), { output_type: 'display_data', data: {} }]);
  outputs.put(2, [print('\u001b[31mtwo\u001b[0m\n')]);
  expect(printedBy([cell(0), cell(1), cell(2)], outputs, heading)).toEqual({
    text: 'Cell 1:\none\n\nCell 3:\ntwo',
    isCut: false
  });
});

test('of very much the end is shown, and that it is', () => {
  const outputs = new OutputBook();
  outputs.put(0, [print('early\n')]);
  outputs.put(1, [print(`${'x'.repeat(300_000)}end\n`)]);
  const { text, isCut } = printedBy([cell(0), cell(1)], outputs, heading);
  expect(isCut).toBe(true);
  expect(text.length).toBeLessThan(250_000);
  expect(text.endsWith('xend')).toBe(true);
  expect(text).not.toContain('early');
});
