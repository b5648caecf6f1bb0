import type { BatchClient } from '../api/client';
import { messageOf } from '../api/errors';
import type { IItemProgress, IOutput, IResult, IRunEvent, Json } from '../api/types';
import { Model } from './model';

/** How long results may come before they are read again: a loop records one each time. */
const PAUSE_MS = 1000;
/** Of a frame, on the page; all of it is one line of Python away. */
export const ROWS_SHOWN = 50;
const COLUMNS_SHOWN = 30;
/** Lists and mappings of so many characters stand in a line. */
const SHORT = 80;

/** The results of an attempt, read again as more arrive. */
export class ResultsModel extends Model {
  constructor(
    private readonly client: BatchClient,
    private readonly id: string
  ) {
    super();
  }

  results: readonly IResult[] = [];
  error: string | null = null;

  /** Turns to another attempt. */
  show(attempt: number | null): void {
    this.attempt = attempt;
    this.results = [];
    this.touch();
  }

  /** Reads them soon, once for all that come until then. */
  soon(): void {
    this.waiting ??= setTimeout(() => void this.load(), PAUSE_MS);
  }

  async load(): Promise<void> {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    const { attempt } = this;
    try {
      const page = await this.client.results(this.id, attempt ?? undefined);
      if (attempt === this.attempt) {
        this.results = page.items;
        this.error = null;
      }
    } catch (error) {
      this.error = messageOf(error);
    }
    this.touch();
  }

  dispose(): void {
    clearTimeout(this.waiting);
    super.dispose();
  }

  private attempt: number | null = null;
  private waiting: ReturnType<typeof setTimeout> | undefined;
}

/** Returns progress as it is after an event; what is told of one loop leaves the others alone. */
export function progressAfter(
  before: readonly IItemProgress[],
  event: IRunEvent
): IItemProgress[] {
  const told = event.data as unknown as IItemProgress;
  return before.some(one => one.name === told.name)
    ? before.map(one => (one.name === told.name ? told : one))
    : [...before, told];
}

/** Whether a result is a line of a table; the others have a place of their own. */
export function isPlain(result: IResult): boolean {
  const { type, size } = result;
  const isShort = type === 'json' && size <= SHORT;
  return isShort || ['number', 'bool', 'none', 'datetime', 'text'].includes(type);
}

/** A result as the notebook would show it; null for what can only be read by Python. */
export function outputOf(result: IResult): IOutput | null {
  const { value } = result;
  if (result.omitted || !['json', 'table'].includes(result.type)) {
    return null;
  }
  const frame = result.type === 'table' ? frameOf(value) : null;
  const data: Record<string, Json> = frame
    ? { 'text/html': htmlOf(frame) }
    : (plotOf(value) ?? { 'application/json': value });
  return { output_type: 'display_data', data, metadata: {} };
}

interface IColumn {
  name: Json;
  dtype: string;
  values: Json[];
}

export interface IFrame {
  columns: IColumn[];
  index: IColumn[] | null;
  rows: number;
}

/** Returns a data frame as it was recorded; null for what is none. */
export function frameOf(value: Json): IFrame | null {
  const frame = value as unknown as IFrame | null;
  return Array.isArray(frame?.columns) ? frame : null;
}

/** Vega's plots say what they are; null for what is none. */
function plotOf(value: Json): Record<string, Json> | null {
  const schema =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? value.$schema
      : null;
  const match =
    typeof schema === 'string' &&
    /vega\.github\.io\/schema\/(vega|vega-lite)\/v(\d)/.exec(schema);
  if (!match) {
    return null;
  }
  const type = `application/vnd.${match[1].replace('-', '')}.v${match[2]}+json`;
  // The text is for where nothing draws plots of this version.
  return { [type]: value, 'text/plain': JSON.stringify(value, null, 1) };
}

function htmlOf(frame: IFrame): string {
  const index = frame.index ?? [];
  const columns = frame.columns.slice(0, COLUMNS_SHOWN);
  const count = Math.min(frame.rows, ROWS_SHOWN);
  const head = [...index, ...columns].map(one => `<th>${escaped(one.name ?? '')}</th>`);
  const rows = Array.from({ length: count }, (_, row) => {
    const labels = index.map(one => `<th>${escaped(one.values[row])}</th>`);
    const cells = columns.map(one => `<td>${escaped(one.values[row])}</td>`);
    return `<tr>${labels.join('')}${cells.join('')}</tr>`;
  });
  return `<table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

/** A value as text of HTML. */
function escaped(value: Json | undefined): string {
  const text =
    value === null || value === undefined
      ? '–'
      : typeof value === 'string'
        ? value
        : JSON.stringify(value);
  const signs: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;'
  };
  return text.replace(/[&<>"]/g, sign => signs[sign]);
}
