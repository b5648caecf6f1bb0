/**
 * The shapes that go over the wire. They come from the server's openapi.json (`npm run types`
 * writes `schema.ts`); by hand stands here only what that document does not describe.
 * Instants are ISO 8601 in UTC.
 */

import type { Json, JsonObject } from './json';
import type * as wire from './schema';

export type { Json, JsonObject };

export type RunState = wire.RunState;
export type CellState = wire.CellState;

export const ACTIVE_STATES = [
  'starting',
  'running',
  'cancelling'
] as const satisfies RunState[];
export const BAD_STATES = ['failed', 'timed_out', 'lost'] as const satisfies RunState[];
export const RUN_STATES = [
  'queued',
  ...ACTIVE_STATES,
  'succeeded',
  ...BAD_STATES,
  'cancelled',
  'skipped'
] as const satisfies RunState[];

export type ICellCount = Required<wire.CellCount>;
export type ICellError = wire.CellError;
export type IVolume = wire.Volume;
export type IEnvironment = wire.Environment;
export type IAttempt = wire.Attempt;
export type IArtifact = wire.Artifact;
export type IItemProgress = wire.ItemProgress;
export type IResult = wire.ResultAnswer;
export type IRetryPolicy = wire.RetryPolicy;
export type IJob = wire.Job;
export type ITrigger = NonNullable<IJobBody['triggers']>[number];
export type ILogLine = wire.LogLine;
export type ILogPage = wire.LogPage;
export type IRunBody = wire.RunBody;
export type IJobBody = wire.JobBody;
export type IUpcoming = wire.UpcomingInstant;
/** A schedule in words, and when it has instants. */
export type ISchedulePreview = wire.Upcoming;
export type IBackfillReport = wire.BackfillReport;

export interface IRun extends wire.Run {
  state: RunState;
  cells?: ICellCount;
}

/** An nbformat output. */
export interface IOutput {
  output_type: string;
  [key: string]: Json;
}

export interface ICell extends wire.CellAnswer {
  outputs?: IOutput[];
}

/** One change to the outputs of a cell; see `jupyter_batch/domain/frames.py`. */
export interface IOutputOp {
  op: 'append' | 'more' | 'replace' | 'clear';
  cell: number;
  no?: number;
  type?: string;
  body?: string;
  more?: boolean;
}

/**
 * The data of events, by kind; see `jupyter_batch/services/execution/recorder.py`. Those of `progress` are an
 * `IItemProgress`.
 */
export interface IEventData {
  attempt_no?: number | null;
  /** `state` */
  state?: RunState | CellState;
  reason?: string | null;
  job_id?: string | null;
  name?: string;
  cells?: ICellCount;
  /** `started`, `cell_started` */
  cells_total?: number;
  /** `cell_started`, `cell_finished` */
  cell_index?: number;
  cell_type?: string;
  source?: string;
  execution_count?: number | null;
  duration_seconds?: number;
  error?: ICellError | null;
  memory_bytes?: number | null;
  /** `output` */
  ops?: IOutputOp[];
  /** `preparing` */
  message?: string;
  share?: number | null;
}

export interface IRunEvent extends Omit<wire.RunEvent, 'data'> {
  data?: IEventData;
}

export interface IPage<T> {
  items: T[];
  next_cursor?: string | null;
}

export interface IParameterSchema extends Omit<wire.ParameterSchema, 'schema'> {
  schema: IObjectSchema;
}

/** The part of JSON Schema that inferred parameters use. */
export interface IValueSchema {
  type?: string | string[];
  format?: string;
  default?: Json;
  description?: string;
  enum?: Json[];
  items?: IValueSchema | boolean;
  prefixItems?: IValueSchema[];
  minItems?: number;
  maxItems?: number;
  anyOf?: IValueSchema[];
  properties?: Record<string, IValueSchema>;
  required?: string[];
  additionalProperties?: IValueSchema | boolean;
  $comment?: string;
}

export interface IObjectSchema extends IValueSchema {
  type: 'object';
}

/** The fields of an environment that depend on the executor. */
export type ExecutorOption =
  'image' | 'cpus' | 'memory_bytes' | 'gpus' | 'volumes' | 'network';

export interface IExecutorHealth {
  label?: string;
  summary?: string;
  /** Those that have an effect; servers of earlier versions do not say. */
  options?: ExecutorOption[];
  ok: boolean;
  isolated: boolean;
  message: string;
  version?: string | null;
  facts?: Record<string, string>;
}

export interface IHealth {
  version: string;
  store_id?: string;
  root_dir: string;
  default_executor: string;
  default_image: string;
  default_cpus?: number;
  default_memory_bytes?: number;
  default_network?: string;
  /** Shell patterns. */
  allowed_images?: string[];
  allowed_networks?: string[];
  executors: Record<string, IExecutorHealth>;
  runs: Partial<Record<RunState, number>>;
}

export function isOver(state: RunState): boolean {
  return state !== 'queued' && !isActive(state);
}

export function isActive(state: RunState): boolean {
  return (ACTIVE_STATES as readonly RunState[]).includes(state);
}

export function isBad(state: RunState): boolean {
  return (BAD_STATES as readonly RunState[]).includes(state);
}
