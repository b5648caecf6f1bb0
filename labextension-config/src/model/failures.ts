import type { BatchClient } from '../api/client';
import { BAD_STATES } from '../api/types';
import type { IRow } from './rows';
import { rowOf } from './rows';

/** How many jobs or notebooks with failures are shown. */
const GROUPS = 8;
/** How many failed runs are read at most: one job alone can have thousands. */
const READ = 1000;
const PAGE = 200;

/** Failed runs of one job, or of one notebook that ran without a job. */
export interface IFailureGroup {
  /** The run that failed last. */
  newest: IRow;
  count: number;
  /** Whether there may be older ones that were not read. */
  isAtLeast: boolean;
  /** When the first of them failed. */
  since: number;
}

/** Failed runs, newest first, and whether there are older ones. */
export interface IFailures {
  rows: IRow[];
  hasMore: boolean;
}

/** Reads failed runs until there are enough jobs among them: one may hide all others. */
export async function readFailures(client: BatchClient): Promise<IFailures> {
  const rows: IRow[] = [];
  let cursor: string | null = null;
  do {
    const limit = rows.length ? PAGE : 50;
    const page = await client.runs({ state: [...BAD_STATES], limit, cursor });
    rows.push(...page.items.map(rowOf));
    cursor = page.next_cursor ?? null;
  } while (cursor !== null && rows.length < READ && groupsOf(rows).size < GROUPS);
  return { rows, hasMore: cursor !== null };
}

/** The runs that have failed lately, by what failed. */
export class FailureBook {
  private rows: readonly IRow[] = [];
  private hasMore = false;
  private groups: readonly IFailureGroup[] | null = null;

  /** Newest first. */
  get list(): readonly IFailureGroup[] {
    this.groups ??= [...groupsOf(this.rows).values()]
      .map(rows => ({
        newest: rows[0],
        count: rows.length,
        isAtLeast: this.hasMore,
        since: Math.min(...rows.map(timeOf))
      }))
      .sort((one, other) => timeOf(other.newest) - timeOf(one.newest))
      .slice(0, GROUPS);
    return this.groups;
  }

  put({ rows, hasMore }: IFailures): void {
    this.change(rows);
    this.hasMore = hasMore;
  }

  add(row: IRow): void {
    const others = this.rows.filter(one => one.id !== row.id);
    this.hasMore ||= others.length >= READ;
    this.change([row, ...others].slice(0, READ));
  }

  drop(ids: ReadonlySet<string>): void {
    this.change(this.rows.filter(row => !ids.has(row.id)));
  }

  private change(rows: readonly IRow[]): void {
    this.rows = rows;
    this.groups = null;
  }
}

function timeOf(row: IRow): number {
  return row.finishedAt ?? row.createdAt;
}

function groupsOf(rows: readonly IRow[]): Map<string, IRow[]> {
  const groups = new Map<string, IRow[]>();
  for (const row of rows) {
    const key = row.jobId ?? `notebook ${row.notebook}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  for (const group of groups.values()) {
    group.sort((one, other) => timeOf(other) - timeOf(one));
  }
  return groups;
}
