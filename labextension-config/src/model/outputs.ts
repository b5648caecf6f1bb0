import type { IOutput, IOutputOp } from '../api/types';

/** The outputs of an attempt's cells as ops build them up. */
export class OutputBook {
  /** Outputs of a cell, runs of the same stream joined; the same array until they change. */
  of(cell: number): readonly IOutput[] {
    const page = this.pages.get(cell);
    if (!page) {
      return NONE;
    }
    page.joined ??= joinStreams(page.outputs);
    return page.joined;
  }

  /** Puts the outputs of a cell as the server has them. */
  put(cell: number, outputs: IOutput[]): void {
    this.pages.set(cell, { outputs: [...outputs], joined: null, pending: null });
  }

  /** Applies changes in order; returns the cells that have changed. */
  apply(ops: readonly IOutputOp[]): Set<number> {
    const cells = new Set<number>();
    for (const op of ops) {
      this.applyOne(op);
      cells.add(op.cell);
    }
    return cells;
  }

  clear(): void {
    this.pages.clear();
  }

  private applyOne(op: IOutputOp): void {
    let page = this.pages.get(op.cell);
    if (!page || op.op === 'clear') {
      page = { outputs: [], joined: null, pending: null };
      this.pages.set(op.cell, page);
    }
    if (op.op === 'clear') {
      return;
    }
    if (op.op === 'more') {
      if (!page.pending) {
        return;
      }
      page.pending.text += op.body ?? '';
    } else {
      page.pending = { no: op.no ?? page.outputs.length, text: op.body ?? '' };
    }
    // An output is JSON text in slices: it can be shown when the last one has come.
    if (!op.more) {
      page.outputs[page.pending.no] = JSON.parse(page.pending.text) as IOutput;
      page.pending = null;
      page.joined = null;
    }
  }

  private readonly pages = new Map<number, IPage>();
}

interface IPage {
  outputs: IOutput[];
  joined: readonly IOutput[] | null;
  pending: { no: number; text: string } | null;
}

const NONE: readonly IOutput[] = [];

/** Joins neighbours that are of the same stream, as notebooks show them. */
export function joinStreams(outputs: readonly IOutput[]): readonly IOutput[] {
  const joined: { output: IOutput; texts: string[] }[] = [];
  // Holes stand where a slice of an output is still on its way.
  for (const output of outputs.filter(Boolean)) {
    const last = joined.at(-1);
    const text = output.text;
    const isStream = output.output_type === 'stream';
    if (
      isStream &&
      last?.output.output_type === 'stream' &&
      last.output.name === output.name
    ) {
      last.texts.push(textOf(text));
    } else {
      joined.push({ output, texts: isStream ? [textOf(text)] : [] });
    }
  }
  return joined.map(({ output, texts }) =>
    texts.length ? { ...output, text: texts.join('') } : output
  );
}

function textOf(text: unknown): string {
  return Array.isArray(text) ? text.join('') : String(text ?? '');
}

const ACTIVE = /<script|\son\w+\s*=|<iframe/i;
const LOADS =
  /<[a-z][^>]*\s(?:src|srcset|poster|background|data)\s*=\s*["']?(?!["']|data:)|url\(\s*["']?(?!#|data:)/i;

/** Whether outputs hold scripts, or load something, which is done only where they are trusted. */
export function needsTrust(outputs: readonly IOutput[]): boolean {
  return outputs.some(({ data }) => {
    if (typeof data !== 'object' || data === null || Array.isArray(data)) {
      return false;
    }
    const html = textOf(data['text/html']);
    return 'application/javascript' in data || ACTIVE.test(html) || LOADS.test(html);
  });
}
