/**
 * What goes over the wire; the Python side is `jupyter_batch/wire` and `jupyter_batch/domain`.
 * Instants are ISO 8601 in UTC.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export const ACTIVE_STATES = ['starting', 'running', 'cancelling'] as const;
export const BAD_STATES = ['failed', 'timed_out', 'lost'] as const;
export const RUN_STATES = [
  'queued',
  ...ACTIVE_STATES,
  'succeeded',
  ...BAD_STATES,
  'cancelled',
  'skipped'
] as const;
export type RunState = (typeof RUN_STATES)[number];

export interface ICellCount {
  total: number;
  done: number;
  failed: number;
}

export interface ICellError {
  cell_index: number;
  ename: string;
  evalue: string;
  traceback?: string[];
}

export interface IVolume {
  source: string;
  target: string;
  read_only?: boolean;
}

export interface IEnvironment {
  executor?: string | null;
  image?: string | null;
  image_digest?: string | null;
  cpus?: number | null;
  memory_bytes?: number | null;
  gpus?: number;
  env?: Record<string, string>;
  secrets?: string[];
  volumes?: IVolume[];
  network?: string | null;
  kernel?: string | null;
  strict_errors?: boolean;
  keep_files?: boolean;
}

export interface IAttempt {
  attempt_no: number;
  state: RunState;
  reason?: string | null;
  container_id?: string | null;
  exit_code?: number | null;
  started_at?: string | null;
  finished_at?: string | null;
  peak_memory_bytes?: number | null;
  cpu_seconds?: number | null;
}

export interface IArtifact {
  path: string;
  size_bytes: number;
  sha256: string;
  media_type: string;
  attempt_no?: number;
}

/** How far a loop over `jb.track` is. */
export interface IItemProgress {
  name: string;
  processed?: number;
  failed?: number;
  /** Done by earlier attempts. */
  skipped?: number;
  total?: number | null;
  rate_per_second?: number | null;
  eta_seconds?: number | null;
  elapsed_seconds?: number | null;
  is_over?: boolean;
}

/** A value that a notebook has recorded; see `jupyter_batch/domain/results.py` for its types. */
export interface IResult {
  name: string;
  type: string;
  attempt_no: number;
  recorded_at: string;
  /** Characters of its JSON. */
  size: number;
  value: Json;
  /** Whether it is too long for the answer. */
  omitted?: boolean;
}

export interface IRun {
  id: string;
  job_id?: string | null;
  /** The sweep that it belongs to, and its place there, from 0. */
  sweep?: { id: string; index: number } | null;
  name: string;
  state: RunState;
  reason?: string | null;
  trigger: string;
  trigger_id?: string | null;
  scheduled_for: string;
  created_at: string;
  started_at?: string | null;
  finished_at?: string | null;
  not_before?: string | null;
  created_by: string;
  notebook: { path: string; sha256: string };
  parameters?: JsonObject;
  environment?: IEnvironment;
  files?: string[];
  timeout_seconds?: number | null;
  priority?: number;
  attempts?: IAttempt[];
  cells?: ICellCount;
  error?: ICellError | null;
  /** The first of them. */
  artifacts?: IArtifact[];
  artifact_count?: number | null;
  progress?: IItemProgress[];
}

export interface IRetryPolicy {
  max_attempts?: number;
  delay_seconds?: number;
  backoff_factor?: number;
  [more: string]: Json | undefined;
}

/** Policies of a job that the form has fields for. */
export interface IPolicies {
  /** `skip`, `queue`, `queue_all`, `replace` or `allow`; null for the server's own. */
  overlap_policy?: string | null;
  pause_after_failures?: number | null;
  /** Of a run with all its attempts. */
  run_timeout_seconds?: number | null;
  /** A run that has waited so long is skipped. */
  queue_timeout_seconds?: number | null;
  /** How many runs that are over are kept, and for how many days; null for the server's own. */
  keep_runs?: number | null;
  keep_days?: number | null;
  /** `latest` or `pinned`. */
  source?: string;
  retry?: IRetryPolicy;
}

/** A trigger of kind `cron`, `interval` or `once`. */
export interface ITrigger {
  kind: 'cron' | 'interval' | 'once';
  id?: string;
  timezone?: string;
  paused?: boolean;
  cron?: string;
  interval_seconds?: number;
  at?: string;
  /** `latest`, `all` or `skip`. */
  missed_policy?: string;
  [more: string]: Json | undefined;
}

export interface IJob extends IPolicies {
  id: string;
  name: string;
  notebook: string;
  description?: string;
  parameters?: JsonObject;
  environment?: IEnvironment;
  files?: string[];
  timeout_seconds?: number | null;
  priority?: number;
  max_concurrent?: number | null;
  created_by: string;
  created_at: string;
  updated_at: string;
  /** Of servers that have schedules. */
  triggers?: ITrigger[];
  paused?: boolean;
  paused_reason?: string | null;
}

export type CellState = 'running' | 'succeeded' | 'failed' | 'not_run';

/** An nbformat output. */
export interface IOutput {
  output_type: string;
  [key: string]: Json;
}

export interface ICell {
  cell_index: number;
  cell_type: string;
  source: string;
  state: CellState;
  execution_count?: number | null;
  started_at?: string | null;
  finished_at?: string | null;
  metadata?: JsonObject;
  error?: ICellError | null;
  memory_bytes?: number | null;
  outputs?: IOutput[];
  outputs_omitted?: number;
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
 * What events tell, by kind; see `jupyter_batch/services/execution/recorder.py`. Those of `progress` are an
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

export interface IRunEvent {
  run_id: string;
  event_id: number;
  position?: number;
  at: string;
  kind: string;
  data?: IEventData;
}

export interface IPage<T> {
  items: T[];
  next_cursor?: string | null;
}

export interface ILogLine {
  line_no: number;
  text: string;
}

export interface ILogPage {
  items: ILogLine[];
  next_after?: number | null;
}

export interface IParameterSchema {
  schema: IObjectSchema;
  has_parameters_cell: boolean;
  language?: string;
  kernel?: string | null;
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
  additionalProperties?: IValueSchema | boolean;
  $comment?: string;
}

export interface IObjectSchema {
  type: 'object';
  properties?: Record<string, IValueSchema>;
  required?: string[];
  additionalProperties?: IValueSchema | boolean;
}

export interface IExecutorHealth {
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

export interface IRunBody {
  notebook: string;
  name?: string;
  parameters?: JsonObject;
  environment?: IEnvironment;
  files?: string[];
  timeout_seconds?: number | null;
  priority?: number;
  trigger?: 'manual' | 'api';
}

export interface IJobBody extends IPolicies {
  name: string;
  notebook: string;
  description?: string;
  parameters?: JsonObject;
  environment?: IEnvironment;
  files?: string[];
  timeout_seconds?: number | null;
  priority?: number;
  max_concurrent?: number | null;
  triggers?: ITrigger[];
}

export interface IUpcoming {
  /** The zone of its trigger. */
  timezone?: string;
  at: string;
  local: string;
  note?: string | null;
}

/** A schedule in words, and when it has instants. */
export interface ISchedulePreview {
  sentence: string;
  instants: IUpcoming[];
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

export interface IBackfillReport {
  made: number;
  succeeded_before: number;
  unfinished_before: number;
}
