import type { ICellCount, IRun, IRunEvent, RunState } from '../api/types';
import { isOver } from '../api/types';

/** What lists show of a run; small, because there may be a hundred thousand. */
export interface IRow {
  readonly id: string;
  readonly jobId: string | null;
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
  readonly attempts: number;
  readonly cells: ICellCount;
  /** `ValueError: no such file`, where a cell ended the run. */
  readonly error: string | null;
}

const NO_CELLS: ICellCount = { total: 0, done: 0, failed: 0 };

export function rowOf(run: IRun): IRow {
  return {
    id: run.id,
    jobId: run.job_id ?? null,
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
    finishedAt: timeOf(run.finished_at),
    attempts: run.attempts?.length ?? 0,
    cells: run.cells ?? NO_CELLS,
    error: run.error ? `${run.error.ename}: ${run.error.evalue}` : null
  };
}

/** Returns a row as it is after an event; the same row where the event changes nothing of it. */
export function applyEvent(row: IRow, event: IRunEvent): IRow {
  const data = event.data ?? {};
  const cells = data.cells ?? row.cells;
  if (event.kind === 'state') {
    const state = data.state as RunState;
    const at = Date.parse(event.at);
    return {
      ...row,
      state,
      cells,
      reason: data.reason ?? null,
      attempts: data.attempt_no ?? row.attempts,
      startedAt: row.startedAt ?? (state === 'starting' ? at : null),
      finishedAt: isOver(state) ? at : null
    };
  }
  if (event.kind === 'started') {
    return { ...row, cells: { ...cells, total: data.cells_total ?? 0 } };
  }
  return cells === row.cells ? row : { ...row, cells };
}

/** Seconds that a run has taken up to now, or took; null before it started. */
export function secondsOf(row: IRow, now: number): number | null {
  if (row.startedAt === null) {
    return null;
  }
  return Math.max(0, ((row.finishedAt ?? now) - row.startedAt) / 1000);
}

export function timeOf(instant: string | null | undefined): number | null {
  return instant ? Date.parse(instant) : null;
}
