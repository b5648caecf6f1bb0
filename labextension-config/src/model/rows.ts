import type { ICellCount, ICellError, IRun, IRunEvent, RunState } from '../api/types';
import { isBad, isOver } from '../api/types';

/** The fields of a run in lists; small, because there may be a hundred thousand. */
export interface IRow {
  readonly id: string;
  readonly jobId: string | null;
  readonly sweepId: string | null;
  readonly name: string;
  readonly notebook: string;
  readonly state: RunState;
  readonly reason: string | null;
  readonly trigger: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly scheduledFor: number;
  readonly notBefore: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Seconds of the attempts that are over. */
  readonly ranSeconds: number;
  /** When the attempt that is under way began; null where none is. */
  readonly attemptSince: number | null;
  readonly attempts: number;
  readonly cells: ICellCount;
  /** `ValueError: no such file`, where a cell failed in the newest attempt. */
  readonly error: string | null;
}

const NO_CELLS: ICellCount = { total: 0, done: 0, failed: 0 };

export function rowOf(run: IRun): IRow {
  const finishedAt = timeOf(run.finished_at);
  return {
    id: run.id,
    jobId: run.job_id ?? null,
    sweepId: run.sweep?.id ?? null,
    name: run.name,
    notebook: run.notebook.path,
    state: run.state,
    reason: run.reason ?? null,
    trigger: run.trigger,
    createdBy: run.created_by,
    createdAt: Date.parse(run.created_at),
    scheduledFor: Date.parse(run.scheduled_for),
    notBefore: timeOf(run.not_before),
    startedAt: timeOf(run.started_at),
    finishedAt,
    ...timesOf(run, finishedAt),
    attempts: run.attempts?.length ?? 0,
    cells: cellsIn(run.state, run.cells ?? NO_CELLS),
    error: errorText(run.error)
  };
}

/** Returns a row as it is after an event; the same row where the event changes nothing of it. */
export function applyEvent(row: IRow, event: IRunEvent): IRow {
  const data = event.data ?? {};
  const cells = data.cells ?? row.cells;
  if (event.kind === 'state') {
    return movedTo(row, data.state as RunState, Date.parse(event.at), event);
  }
  if (event.kind === 'cell_finished' && data.error) {
    return { ...row, cells, error: errorText(data.error) };
  }
  if (event.kind === 'started') {
    return { ...row, cells: { ...cells, total: data.cells_total ?? 0 } };
  }
  return cells === row.cells ? row : { ...row, cells };
}

/** Returns a row as it is once its run has gone into a state. */
function movedTo(row: IRow, state: RunState, at: number, event: IRunEvent): IRow {
  const { cells, reason, attempt_no } = event.data ?? {};
  const begins = state === 'starting';
  const ends = state === 'queued' || isOver(state);
  const since = row.attemptSince;
  return {
    ...row,
    state,
    cells: cellsIn(state, cells ?? row.cells),
    reason: reason ?? null,
    attempts: attempt_no ?? row.attempts,
    startedAt: row.startedAt ?? (begins ? at : null),
    finishedAt: isOver(state) ? at : null,
    ranSeconds: row.ranSeconds + (ends && since !== null ? seconds(since, at) : 0),
    attemptSince: begins ? at : ends ? null : since,
    error: begins ? null : row.error
  };
}

/**
 * Seconds that the attempts of a run have taken in all up to now; null before the first. The waits
 * between them are no part of it, as in `domain/run.py`.
 */
export function secondsOf(row: IRow, now: number): number | null {
  if (row.startedAt === null) {
    return null;
  }
  const since = row.attemptSince;
  return row.ranSeconds + (since === null ? 0 : seconds(since, now));
}

/** Seconds from the start of the first attempt to the end, or to now. */
export function elapsedOf(row: IRow, now: number): number | null {
  return row.startedAt === null ? null : seconds(row.startedAt, row.finishedAt ?? now);
}

/** Returns the cause of a failure in one line: the cell's exception, else the reason of the end. */
export function failureOf(row: IRow): string | null {
  return isBad(row.state) ? (row.error ?? row.reason) : null;
}

/** Whether a run stands for an instant that is not that of its making. */
export function hasNominalTime(row: IRow): boolean {
  return Math.abs(row.scheduledFor - row.createdAt) >= 60_000;
}

function timesOf(
  run: IRun,
  finishedAt: number | null
): Pick<IRow, 'ranSeconds' | 'attemptSince'> {
  const begun = (run.attempts ?? []).filter(attempt => attempt.started_at);
  const tries = begun.length ? begun : run.started_at ? [run] : [];
  let ranSeconds = 0;
  let attemptSince: number | null = null;
  for (const one of tries) {
    const since = Date.parse(one.started_at ?? '');
    const until = timeOf(one.finished_at) ?? finishedAt;
    if (until === null) {
      attemptSince = since;
    } else {
      ranSeconds += seconds(since, until);
    }
  }
  return { ranSeconds, attemptSince };
}

/** Returns the counts of cells: an attempt that is starting has run none, whatever the last one did. */
function cellsIn(state: RunState, cells: ICellCount): ICellCount {
  return state === 'starting' ? { ...cells, done: 0, failed: 0 } : cells;
}

function seconds(since: number, until: number): number {
  return Math.max(0, (until - since) / 1000);
}

function errorText(error: ICellError | null | undefined): string | null {
  return error ? `${error.ename}: ${error.evalue}` : null;
}

export function timeOf(instant: string | null | undefined): number | null {
  return instant ? Date.parse(instant) : null;
}
