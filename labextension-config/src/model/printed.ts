import type { ICell } from '../api/types';
import type { OutputBook } from './outputs';

/** Characters that are shown; the cells have it all. */
const SHOWN = 200_000;
const ESC = String.fromCharCode(27);
/** Colours and cursor movements of terminals. */
const ESCAPES = new RegExp(`${ESC}(?:\\[[0-?]*[ -/]*[@-~]|[@-Z\\\\-_])`, 'g');

/** The printed text of all cells in order, and whether its beginning is left out. */
export interface IPrinted {
  text: string;
  isCut: boolean;
}

/** Returns what cells have printed, each under its number; the end of it where it is long. */
export function printedBy(
  cells: readonly ICell[],
  outputs: OutputBook,
  heading: (cell: number) => string
): IPrinted {
  const parts: string[] = [];
  let size = 0;
  let isCut = false;
  for (const { cell_index: index } of [...cells].reverse()) {
    if (size >= SHOWN) {
      isCut = true;
      break;
    }
    const text = outputs
      .of(index)
      .filter(output => output.output_type === 'stream')
      .map(output => textOf(output.text))
      .join('');
    if (text) {
      const kept = text.slice(-SHOWN);
      isCut ||= kept.length < text.length;
      parts.push(`${heading(index)}\n${kept.replace(/\n$/, '')}`);
      size += kept.length;
    }
  }
  return { text: parts.reverse().join('\n\n').replace(ESCAPES, ''), isCut };
}

function textOf(text: unknown): string {
  return Array.isArray(text) ? text.join('') : String(text ?? '');
}
