import type { Json, JsonObject, RunState } from './types';

/** A set of runs of one notebook over many parameter sets. */
export interface ISweep {
  id: string;
  name: string;
  notebook: { path: string; sha256: string };
  created_at: string;
  created_by: string;
  max_concurrent?: number | null;
  state: 'queued' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';
  counts?: Partial<Record<RunState, number>>;
  runs: number;
  finished_at?: string | null;
}

/** A run with what it was given and what its newest attempt has recorded. */
export interface IResultRow {
  run_id: string;
  name: string;
  state: RunState;
  started_at?: string | null;
  finished_at?: string | null;
  attempt_no?: number | null;
  /** Of all attempts in all; of runs that are over. */
  duration_seconds?: number | null;
  parameters: JsonObject;
  results: Partial<Record<string, { type: string; size: number; value: Json }>>;
}
