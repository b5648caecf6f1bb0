import type { BatchClient, Query } from '../api/client';
import { messageOf } from '../api/errors';
import type { IRunEvent, RunState } from '../api/types';
import type { LiveModel } from './live';
import { Model } from './model';
import type { IRow } from './rows';
import { applyEvent, rowOf, secondsOf } from './rows';
import { Selection } from './selection';

export interface IRunFilters {
  states: RunState[];
  jobId: string | null;
  sweepId: string | null;
  text: string;
  /** Local dates, `2026-01-31`; both included. */
  since: string;
  until: string;
}

export const NO_FILTERS: IRunFilters = {
  states: [],
  jobId: null,
  sweepId: null,
  text: '',
  since: '',
  until: ''
};

export type SortKey = 'createdAt' | 'name' | 'state' | 'startedAt' | 'duration';
export interface ISort {
  key: SortKey;
  descending: boolean;
}

/** The server's names of the orders. */
const ORDERS: Record<SortKey, string> = {
  createdAt: 'created',
  name: 'name',
  state: 'state',
  startedAt: 'started',
  duration: 'duration'
};
const PAGE = 250;
const FIRST_PAGE = 100;
/** How long after an event about an unknown run the head of the list is read again. */
const HEAD_MS = 500;

/** Runs, newest first or sorted, page by page as somebody scrolls; kept true by events. */
export class RunListModel extends Model {
  readonly selection = new Selection();

  constructor(
    private readonly client: BatchClient,
    private readonly live: LiveModel,
    filters: Partial<IRunFilters> = {}
  ) {
    super();
    this.filters = { ...NO_FILTERS, ...filters };
    live.happened.connect(this.take, this);
    this.selection.changed.connect(() => this.touch());
  }

  filters: IRunFilters;
  sort: ISort = { key: 'createdAt', descending: true };
  loading = false;
  loaded = false;
  error: string | null = null;

  /** In the order of `sort`. */
  get rows(): readonly IRow[] {
    this.sorted ??= sortRows(this.unsorted, this.sort);
    return this.sorted;
  }

  get hasMore(): boolean {
    return this.cursor !== null;
  }

  get isFiltered(): boolean {
    const { states, jobId, sweepId, text, since, until } = this.filters;
    return Boolean(states.length || jobId || sweepId || text || since || until);
  }

  /** How many runs there are in all, where that can be told without counting. */
  get total(): number | null {
    const counts = this.live.health?.runs;
    if (!this.hasMore && this.loaded) {
      return this.unsorted.length;
    }
    return this.isFiltered || !counts
      ? null
      : Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  /** Tells when a run of a job or a sweep has come that is newer than all before: ids sort so. */
  get newestOwner(): string {
    return `${this.newestJob}${this.newestSweep}`;
  }

  setFilters(change: Partial<IRunFilters>): void {
    this.filters = { ...this.filters, ...change };
    this.selection.clear();
    void this.reload();
  }

  setSort(key: SortKey): void {
    const descending =
      this.sort.key === key
        ? !this.sort.descending
        : key === 'createdAt' || key === 'duration';
    this.sort = { key, descending };
    this.sorted = null;
    if (this.hasMore) {
      // What comes first may not be loaded: the server knows.
      void this.reload();
    }
    this.touch();
  }

  async reload(): Promise<void> {
    this.generation += 1;
    this.loading = false;
    this.cursor = null;
    await this.load(null, FIRST_PAGE, rows => this.replace(rows));
  }

  async loadMore(): Promise<void> {
    if (this.cursor !== null && !this.loading) {
      await this.load(this.cursor, PAGE, rows => this.append(rows));
    }
  }

  /** Removes rows that have been deleted. */
  forget(ids: ReadonlySet<string>): void {
    this.replace(this.unsorted.filter(row => !ids.has(row.id)));
    this.selection.drop(ids);
    this.touch();
  }

  dispose(): void {
    clearTimeout(this.headTimer);
    this.live.happened.disconnect(this.take, this);
    super.dispose();
  }

  private async load(
    cursor: string | null,
    limit: number,
    put: (rows: IRow[]) => void
  ): Promise<void> {
    const generation = this.generation;
    this.loading = true;
    this.reading += 1;
    this.touch();
    try {
      const page = await this.client.runs({
        ...queryOf(this.filters),
        ...orderOf(this.sort),
        cursor,
        limit
      });
      if (generation !== this.generation) {
        return;
      }
      put(page.items.map(rowOf));
      this.cursor = page.next_cursor ?? null;
      this.error = null;
      this.loaded = true;
    } catch (error) {
      if (generation === this.generation) {
        this.error = messageOf(error);
      }
    }
    this.reading -= 1;
    if (generation === this.generation) {
      this.loading = false;
      this.touch();
    }
  }

  private take(_: LiveModel, event: IRunEvent): void {
    const place = this.places.get(event.run_id);
    if (place === undefined) {
      if (event.kind === 'state' && this.loaded) {
        this.strangers.add(event.run_id);
        this.readHeadSoon();
      }
      return;
    }
    if (event.kind === 'state' && this.reading) {
      // What is being read may be older than this event.
      this.readHeadSoon();
    }
    const row = this.unsorted[place];
    const next = applyEvent(row, event);
    if (next !== row) {
      this.unsorted[place] = next;
      this.sorted = null;
      this.touchSoon();
    }
  }

  private readHeadSoon(): void {
    this.headTimer ??= setTimeout(() => void this.readHead(), HEAD_MS);
  }

  /** Puts new runs on top. */
  private async readHead(): Promise<void> {
    this.headTimer = undefined;
    const strangers = new Set(this.strangers);
    this.strangers.clear();
    const generation = this.generation;
    this.reading += 1;
    try {
      const page = await this.client.runs({ ...queryOf(this.filters), limit: 50 });
      if (generation === this.generation) {
        this.error = null;
        const fresh = page.items.map(rowOf);
        if (!isNewestFirst(this.sort)) {
          // Where it belongs among what is loaded; the rest of the newest may not be loaded yet.
          this.append(fresh.filter(row => strangers.has(row.id)));
          this.touch();
          return;
        }
        const seen = new Set(fresh.map(row => row.id));
        const oldest = fresh.at(-1)?.id ?? '';
        // Ids sort by creation: what is newer than the page's end and not on it is gone.
        const rest = this.unsorted.filter(
          row => !seen.has(row.id) && (page.next_cursor ? row.id < oldest : false)
        );
        this.replace([...fresh, ...rest]);
        this.touch();
      }
    } catch {
      // The stream tells that the server is away; the next event tries again.
    } finally {
      this.reading -= 1;
    }
  }

  private note(rows: readonly IRow[]): void {
    for (const { jobId, sweepId } of rows) {
      this.newestJob =
        jobId !== null && jobId > this.newestJob ? jobId : this.newestJob;
      this.newestSweep =
        sweepId !== null && sweepId > this.newestSweep ? sweepId : this.newestSweep;
    }
  }

  private append(rows: IRow[]): void {
    // A run that has moved between two pages comes twice.
    const more = rows.filter(row => !this.places.has(row.id));
    more.forEach((row, index) => this.places.set(row.id, this.unsorted.length + index));
    this.unsorted = [...this.unsorted, ...more];
    this.note(more);
    this.sorted = null;
  }

  private replace(rows: IRow[]): void {
    this.unsorted = rows;
    this.note(rows);
    this.places = new Map(rows.map((row, index) => [row.id, index]));
    this.sorted = null;
  }

  private unsorted: IRow[] = [];
  private sorted: readonly IRow[] | null = null;
  private places = new Map<string, number>();
  private cursor: string | null = null;
  private newestJob = '';
  private newestSweep = '';
  private generation = 0;
  /** How many answers are on their way. */
  private reading = 0;
  /** Runs that events told of and that are not loaded. */
  private readonly strangers = new Set<string>();
  private headTimer: ReturnType<typeof setTimeout> | undefined;
}

/** Returns the filters as the server takes them. */
export function queryOf(filters: IRunFilters): Query {
  return {
    state: filters.states,
    job_id: filters.jobId,
    sweep_id: filters.sweepId,
    q: filters.text.trim(),
    since: filters.since ? new Date(`${filters.since}T00:00:00`).toISOString() : null,
    until: filters.until ? dayAfter(filters.until) : null
  };
}

/** Returns an order as the server takes it. */
function orderOf(sort: ISort): Query {
  return isNewestFirst(sort)
    ? {}
    : { sort: ORDERS[sort.key], order: sort.descending ? 'desc' : 'asc' };
}

function isNewestFirst(sort: ISort): boolean {
  return sort.key === 'createdAt' && sort.descending;
}

function dayAfter(date: string): string {
  const day = new Date(`${date}T00:00:00`);
  day.setDate(day.getDate() + 1);
  return day.toISOString();
}

function sortRows(rows: readonly IRow[], sort: ISort): readonly IRow[] {
  if (isNewestFirst(sort)) {
    return rows;
  }
  const now = Date.now();
  const value = (row: IRow): string | number => {
    switch (sort.key) {
      case 'duration':
        return secondsOf(row, now) ?? -1;
      case 'startedAt':
        return row.startedAt ?? 0;
      case 'createdAt':
        return row.createdAt;
      case 'name':
        return row.name.toLowerCase();
      case 'state':
        return row.state;
    }
  };
  const sign = sort.descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    return a < b ? -sign : a > b ? sign : 0;
  });
}
