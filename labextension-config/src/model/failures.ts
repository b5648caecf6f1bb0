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
  /** When the same has succeeded after the last failure; null where it has not. */
  succeededAt: number | null;
}

/** Failed runs, newest first, and whether there are older ones. */
export interface IFailures {
  rows: IRow[];
  hasMore: boolean;
  /** When each job or notebook has succeeded last, where that was after its last failure. */
  successes: Map<string, number>;
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
  const successes = new Map<string, number>();
  await Promise.all(
    newestGroups(rows).map(async ([newest]) => {
      const at = await lastSuccess(client, newest).catch(() => null);
      if (at !== null) {
        successes.set(keyOf(newest), at);
      }
    })
  );
  return { rows, hasMore: cursor !== null, successes };
}

/** When the job or notebook of a failed run has succeeded since; null where it has not. */
async function lastSuccess(client: BatchClient, failed: IRow): Promise<number | null> {
  const { jobId, notebook, createdAt } = failed;
  const page = await client.runs({
    ...(jobId ? { job_id: jobId } : { q: notebook }),
    state: 'succeeded',
    since: new Date(createdAt).toISOString(),
    limit: 50
  });
  const same = page.items.map(rowOf).filter(row => keyOf(row) === keyOf(failed));
  return same.length ? Math.max(...same.map(timeOf)) : null;
}

/** The runs that have failed lately, by what failed. */
export class FailureBook {
  private rows: readonly IRow[] = [];
  private hasMore = false;
  private successes = new Map<string, number>();
  private groups: readonly IFailureGroup[] | null = null;

  /** Newest first. */
  get list(): readonly IFailureGroup[] {
    this.groups ??= newestGroups(this.rows).map(rows => {
      const [newest] = rows;
      const succeededAt = this.successes.get(keyOf(newest)) ?? null;
      return {
        newest,
        count: rows.length,
        isAtLeast: this.hasMore,
        since: Math.min(...rows.map(timeOf)),
        succeededAt:
          succeededAt !== null && succeededAt > timeOf(newest) ? succeededAt : null
      };
    });
    return this.groups;
  }

  put({ rows, hasMore, successes }: IFailures): void {
    this.hasMore = hasMore;
    this.successes = successes;
    this.change(rows);
  }

  /** Notes that a run has succeeded. */
  succeed(row: IRow): void {
    const key = keyOf(row);
    const before = this.successes.get(key) ?? 0;
    this.successes.set(key, Math.max(before, timeOf(row)));
    this.groups = null;
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

/** What fails and succeeds as one: a job, or a notebook that ran without a job. */
function keyOf(row: IRow): string {
  return row.jobId ?? `notebook ${row.notebook}`;
}

/** The groups that are shown, the one that failed last first; in each the newest run first. */
function newestGroups(rows: readonly IRow[]): IRow[][] {
  return [...groupsOf(rows).values()]
    .sort(([one], [other]) => timeOf(other) - timeOf(one))
    .slice(0, GROUPS);
}

function groupsOf(rows: readonly IRow[]): Map<string, IRow[]> {
  const groups = new Map<string, IRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  for (const group of groups.values()) {
    group.sort((one, other) => timeOf(other) - timeOf(one));
  }
  return groups;
}
