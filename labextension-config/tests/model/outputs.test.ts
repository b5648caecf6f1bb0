import { expect, test } from 'vitest';
import type { IOutputOp } from '../../src/api/types';
import { needsTrust, OutputBook } from '../../src/model/outputs';

const stream = (text: string, name = 'stdout') =>
  JSON.stringify({ output_type: 'stream', name, text });

function append(no: number, body: string, more = false): IOutputOp {
  return { op: 'append', cell: 2, no, body, more };
}

test('neighbours of one stream are joined, others are not', () => {
  const book = new OutputBook();
  book.apply([
    append(0, stream('a\n')),
    append(1, stream('b\n')),
    append(2, stream('!', 'stderr'))
  ]);
  expect(book.of(2).map(output => output.text)).toEqual(['a\nb\n', '!']);
});

test('an output in slices shows when its last slice has come', () => {
  const book = new OutputBook();
  const body = stream('long');
  book.apply([append(0, stream('first')), append(1, body.slice(0, 9), true)]);
  expect(book.of(2).map(output => output.text)).toEqual(['first']);
  book.apply([{ op: 'more', cell: 2, body: body.slice(9) }]);
  expect(book.of(2).map(output => output.text)).toEqual(['firstlong']);
});

test('an output can be put anew, and all of them cleared', () => {
  const book = new OutputBook();
  const display = (text: string) =>
    JSON.stringify({
      output_type: 'display_data',
      data: { 'text/plain': text },
      metadata: {}
    });
  book.apply([
    append(0, display('1 %')),
    { op: 'replace', cell: 2, no: 0, body: display('99 %') }
  ]);
  expect(book.of(2)).toEqual([JSON.parse(display('99 %'))]);
  book.apply([{ op: 'clear', cell: 2 }]);
  expect(book.of(2)).toEqual([]);
});

test('what has not changed is the same array', () => {
  const book = new OutputBook();
  book.apply([append(0, stream('a'))]);
  const before = book.of(2);
  book.apply([{ op: 'append', cell: 3, no: 0, body: stream('b') }]);
  expect(book.of(2)).toBe(before);
  expect(book.of(9)).toBe(book.of(10));
});

test('scripts need trust, pictures and tables do not', () => {
  const html = (text: string) => [
    { output_type: 'display_data', data: { 'text/html': text } }
  ];
  expect(needsTrust(html('<table><tr><td>1</td></tr></table>'))).toBe(false);
  expect(needsTrust(html('<div><script>x()</script></div>'))).toBe(true);
  expect(needsTrust(html('<img src=x onerror=x()>'))).toBe(true);
  expect(needsTrust([{ output_type: 'stream', text: '<script>' }])).toBe(false);
});
