import type { BatchClient } from '../api/client';
import { messageOf } from '../api/errors';
import type { IResultRow, ISweep } from '../api/sweeps';
import type { IRunEvent, Json, RunState } from '../api/types';
import { BAD_STATES, isBad, isOver } from '../api/types';
import type { LiveModel } from './live';
import { Model } from './model';

/** How long after a change the record is read again; with many runs it costs more. */
const READ_MS = 1500;
const READ_MANY_MS = 10_000;
const MANY = 500;
const PAGE = 2000;

/** The contents of a column of the table. */
export interface IColumn {
  kind: 'parameter' | 'result';
  name: string;
}

export interface ISweepSort {
  /** The place of the column; null for the order in which the runs were made. */
  column: number | null;
  descending: boolean;
}

/** A sweep with its runs, what each was given and what it has recorded; live. */
export class SweepModel extends Model {
  constructor(
    private readonly client: BatchClient,
    private readonly live: LiveModel,
    readonly id: string
  ) {
    super();
    live.happened.connect(this.take, this);
  }

  sweep: ISweep | null = null;
  error: string | null = null;
  sort: ISweepSort = { column: null, descending: false };

  /** The runs in the order of `sort`, each with its number. */
  get rows(): readonly { row: IResultRow; no: number }[] {
    const numbered = this.runs.map((row, index) => ({ row, no: index + 1 }));
    const { column, descending } = this.sort;
    if (column === null || column >= this.columns.length) {
      return descending ? numbered.reverse() : numbered;
    }
    const sign = descending ? -1 : 1;
    return numbered.sort(
      (one, other) =>
        sign *
        compare(
          valueOf(one.row, this.columns[column]),
          valueOf(other.row, this.columns[column])
        )
    );
  }

  /** Parameters that differ between runs, then what the runs have recorded. */
  columns: readonly IColumn[] = [];

  /** How many runs are in each state now. */
  get counts(): ReadonlyMap<RunState, number> {
    const counts = new Map<RunState, number>();
    for (const { state } of this.runs) {
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return counts;
  }

  /** Its state, derived from its runs as in `domain/sweep.py`; null before they are known. */
  get state(): ISweep['state'] | null {
    return this.sweep && (this.runs.length ? stateOf(this.counts) : this.sweep.state);
  }

  get done(): number {
    return this.runs.filter(run => isOver(run.state)).length;
  }

  get failed(): number {
    return BAD_STATES.reduce((sum, state) => sum + (this.counts.get(state) ?? 0), 0);
  }

  setSort(column: number | null): void {
    const same = this.sort.column === column;
    this.sort = { column, descending: same ? !this.sort.descending : false };
    this.touch();
  }

  async load(): Promise<void> {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    try {
      const [sweep, runs] = await Promise.all([
        this.client.sweep(this.id),
        this.readRuns()
      ]);
      this.sweep = sweep;
      this.runs = runs.sort((one, other) => (one.run_id < other.run_id ? -1 : 1));
      this.places = new Map(this.runs.map((run, place) => [run.run_id, place]));
      this.columns = columnsOf(this.runs);
      this.error = null;
    } catch (error) {
      this.error = messageOf(error);
    }
    this.touch();
  }

  dispose(): void {
    clearTimeout(this.waiting);
    this.live.happened.disconnect(this.take, this);
    super.dispose();
  }

  private async readRuns(): Promise<IResultRow[]> {
    const rows: IResultRow[] = [];
    let cursor: string | null = null;
    do {
      const page = await this.client.resultRows({
        sweep_id: this.id,
        limit: PAGE,
        cursor
      });
      rows.push(...page.items);
      cursor = page.next_cursor ?? null;
    } while (cursor !== null && !this.isDisposed);
    return rows;
  }

  private take(_: LiveModel, event: IRunEvent): void {
    const place = this.places.get(event.run_id);
    if (event.kind !== 'state' || place === undefined) {
      return;
    }
    const state = event.data?.state as RunState;
    const before = this.runs[place];
    const attempt = event.data?.attempt_no;
    this.runs[place] = {
      ...before,
      state,
      ...(state === 'starting' && { started_at: before.started_at ?? event.at }),
      ...(attempt && { attempt_no: attempt }),
      finished_at: isOver(state) ? event.at : null
    };
    this.waiting ??= setTimeout(
      () => void this.load(),
      this.runs.length > MANY ? READ_MANY_MS : READ_MS
    );
    this.touchSoon();
  }

  private runs: IResultRow[] = [];
  private places = new Map<string, number>();
  private waiting: ReturnType<typeof setTimeout> | undefined;
}

function stateOf(counts: ReadonlyMap<RunState, number>): ISweep['state'] {
  const states = [...counts.keys()];
  const goingOn = states.filter(state => !isOver(state));
  if (goingOn.length) {
    return states.every(state => state === 'queued')
      ? 'queued'
      : goingOn.every(state => state === 'cancelling')
        ? 'cancelling'
        : 'running';
  }
  return counts.has('cancelled') || counts.has('skipped')
    ? 'cancelled'
    : states.some(isBad)
      ? 'failed'
      : 'succeeded';
}

/** Returns the value of a run in a column; undefined where it has none. */
export function valueOf(row: IResultRow, column: IColumn): Json | undefined {
  return column.kind === 'parameter'
    ? row.parameters[column.name]
    : row.results[column.name]?.value;
}

function columnsOf(rows: readonly IResultRow[]): IColumn[] {
  const seen = new Map<string, Set<string | undefined>>();
  const results = new Set<string>();
  for (const row of rows) {
    Object.keys(row.parameters).forEach(name =>
      seen.set(name, seen.get(name) ?? new Set())
    );
    Object.keys(row.results).forEach(name => results.add(name));
  }
  for (const row of rows) {
    seen.forEach((values, name) => values.add(JSON.stringify(row.parameters[name])));
  }
  const varying = [...seen].filter(
    ([, values]) => values.size > 1 || rows.length === 1
  );
  return [
    ...varying.map(([name]): IColumn => ({ kind: 'parameter', name })),
    ...[...results].map((name): IColumn => ({ kind: 'result', name }))
  ];
}

/** Numbers by size, others as texts, what is missing last. */
function compare(one: Json | undefined, other: Json | undefined): number {
  if (typeof one === 'number' && typeof other === 'number') {
    return one - other;
  }
  const [a, b] = [one ?? null, other ?? null];
  if (a === null || b === null) {
    return a === b ? 0 : a === null ? 1 : -1;
  }
  return JSON.stringify(a).localeCompare(JSON.stringify(b), undefined, {
    numeric: true
  });
}
