/* Made from the server's openapi.json by `npm run types`; do not edit. */

import type { Json, JsonObject } from './json';

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    Artifact: {
      attempt_no?: number;
      media_type: string;
      path: string;
      sha256: string;
      size_bytes: number;
    };
    ArtifactList: {
      items: components['schemas']['Artifact'][];
      next_cursor?: string | null;
    };
    Attempt: {
      attempt_no: number;
      container_id?: string | null;
      cpu_seconds?: number | null;
      exit_code?: number | null;
      finished_at?: string | null;
      peak_memory_bytes?: number | null;
      reason?: string | null;
      started_at?: string | null;
      state: components['schemas']['RunState'];
    };
    Backfill: {
      id: string;
      max_concurrent: number;
    };
    BackfillBody: {
      from: string;
      max_concurrent?: number;
      parameters?: JsonObject;
      to: string;
      trigger_id?: string | null;
    };
    BackfillReport: {
      id: string;
      made: number;
      spans?: components['schemas']['BackfillSpan'][];
      succeeded_before: number;
      unfinished_before: number;
    };
    BackfillSpan: {
      from: string;
      from_note?: string | null;
      timezone: string;
      to: string;
      to_note?: string | null;
      trigger_id: string;
    };
    CellAnswer: {
      cell_index: number;
      cell_type: string;
      error?: components['schemas']['CellError'] | null;
      execution_count?: number | null;
      finished_at?: string | null;
      memory_bytes?: number | null;
      metadata?: JsonObject;
      outputs?: Json[];
      outputs_omitted?: number;
      source: string;
      started_at?: string | null;
      state: components['schemas']['CellState'];
    };
    CellCount: {
      done?: number;
      failed?: number;
      total?: number;
    };
    CellError: {
      cell_index: number;
      ename: string;
      evalue: string;
      traceback?: string[];
    };
    CellList: {
      items: components['schemas']['CellAnswer'][];
      next_cursor?: string | null;
    };

    CellState: 'failed' | 'not_run' | 'running' | 'succeeded';
    CronShape: {
      catch_up_window_seconds?: number;
      cron: string;
      end_at?: string | null;
      excluded_dates?: string[];
      gap?: components['schemas']['GapPolicy'];
      id?: string;
      jitter_seconds?: number;

      kind: 'cron';
      max_runs?: number | null;
      missed_policy?: components['schemas']['MissedPolicy'];
      parameters?: JsonObject;
      paused?: boolean;
      repeat?: components['schemas']['RepeatPolicy'];
      start_at?: string | null;
      start_deadline_seconds?: number | null;
      timezone?: string;
    };
    CronTrigger: {
      catch_up_window_seconds?: number;
      cron: string;
      end_at?: string | null;
      excluded_dates?: string[];
      gap?: components['schemas']['GapPolicy'];
      id?: string;
      jitter_seconds?: number;

      kind: 'cron';
      max_runs?: number | null;
      missed_policy?: components['schemas']['MissedPolicy'];
      parameters?: JsonObject;
      paused?: boolean;
      repeat?: components['schemas']['RepeatPolicy'];
      start_at?: string | null;
      start_deadline_seconds?: number | null;
      timezone?: string;
    };
    Deleted: {
      deleted: number;
    };
    DeleteRunsBody: {
      ids: string[];
    };
    Environment: {
      cpus?: number | null;
      env?: {
        [key: string]: string;
      };
      executor?: string | null;
      gpus?: number;
      image?: string | null;
      image_digest?: string | null;
      keep_files?: boolean;
      kernel?: string | null;
      memory_bytes?: number | null;
      network?: string | null;
      secrets?: string[];
      strict_errors?: boolean;
      volumes?: components['schemas']['Volume'][];
    };
    EnvironmentBody: {
      cpus?: number | null;
      env?: {
        [key: string]: string;
      };
      executor?: string | null;
      gpus?: number;
      image?: string | null;
      keep_files?: boolean;
      kernel?: string | null;
      memory_bytes?: number | null;
      network?: string | null;
      secrets?: string[];
      strict_errors?: boolean;
      volumes?: components['schemas']['VolumeBody'][];
    };
    ErrorBody: {
      code: string;
      details?: JsonObject;
      message: string;
    };

    GapPolicy: 'run' | 'skip';
    ImportBody: {
      content: Json;
      /** Format: date-time */
      created_at: string;
      finished_at?: string | null;
      job_id?: string | null;
      name: string;
      notebook: string;
      parameters?: JsonObject;
      reason?: string | null;
      started_at?: string | null;

      state: 'cancelled' | 'failed' | 'lost' | 'succeeded' | 'timed_out';

      trigger?: 'api' | 'manual' | 'schedule';
    };
    IntervalShape: {
      anchor_at?: string | null;
      catch_up_window_seconds?: number;
      end_at?: string | null;
      excluded_dates?: string[];
      id?: string;
      interval_seconds: number;
      jitter_seconds?: number;

      kind: 'interval';
      max_runs?: number | null;
      missed_policy?: components['schemas']['MissedPolicy'];
      parameters?: JsonObject;
      paused?: boolean;
      start_at?: string | null;
      start_deadline_seconds?: number | null;
      timezone?: string;
    };
    IntervalTrigger: {
      anchor_at?: string | null;
      catch_up_window_seconds?: number;
      end_at?: string | null;
      excluded_dates?: string[];
      id?: string;
      interval_seconds: number;
      jitter_seconds?: number;

      kind: 'interval';
      max_runs?: number | null;
      missed_policy?: components['schemas']['MissedPolicy'];
      parameters?: JsonObject;
      paused?: boolean;
      start_at?: string | null;
      start_deadline_seconds?: number | null;
      timezone?: string;
    };
    ItemProgress: {
      elapsed_seconds?: number | null;
      eta_seconds?: number | null;
      failed?: number;
      is_over?: boolean;
      name: string;
      processed?: number;
      rate_per_second?: number | null;
      skipped?: number;
      total?: number | null;
    };
    Job: {
      created_at: string;
      created_by: string;
      description?: string;
      environment?: components['schemas']['Environment'];
      files?: string[];
      id: string;
      keep_days?: number | null;
      keep_runs?: number | null;
      max_concurrent?: number | null;
      name: string;
      notebook: string;
      overlap_policy?: components['schemas']['OverlapPolicy'] | null;
      parameters?: JsonObject;
      pause_after_failures?: number | null;
      paused?: boolean;
      paused_reason?: string | null;
      priority?: number;
      queue_timeout_seconds?: number | null;
      resumed_at?: string | null;
      retry?: components['schemas']['RetryPolicy'];
      root?: string;
      run_timeout_seconds?: number | null;
      source?: components['schemas']['Source'];
      timeout_seconds?: number | null;
      triggers?: (
        | components['schemas']['CronTrigger']
        | components['schemas']['IntervalTrigger']
        | components['schemas']['OnceTrigger']
      )[];
      updated_at: string;
    };
    JobBody: {
      description?: string;
      environment?: components['schemas']['EnvironmentBody'];
      files?: string[];
      keep_days?: number | null;
      keep_runs?: number | null;
      max_concurrent?: number | null;
      name: string;
      notebook: string;
      overlap_policy?: components['schemas']['OverlapPolicy'] | null;
      parameters?: JsonObject;
      pause_after_failures?: number | null;
      priority?: number;
      queue_timeout_seconds?: number | null;
      retry?: components['schemas']['RetryShape'];
      run_timeout_seconds?: number | null;
      source?: components['schemas']['Source'];
      timeout_seconds?: number | null;
      triggers?: (
        | components['schemas']['CronShape']
        | components['schemas']['IntervalShape']
        | components['schemas']['OnceShape']
      )[];
    };
    JobChangesBody: {
      description?: string;
      environment?: components['schemas']['EnvironmentBody'];
      files?: string[];
      keep_days?: number | null;
      keep_runs?: number | null;
      max_concurrent?: number | null;
      name?: string;
      notebook?: string;
      overlap_policy?: components['schemas']['OverlapPolicy'] | null;
      parameters?: JsonObject;
      pause_after_failures?: number | null;
      priority?: number;
      queue_timeout_seconds?: number | null;
      retry?: components['schemas']['RetryShape'];
      run_timeout_seconds?: number | null;
      source?: components['schemas']['Source'];
      timeout_seconds?: number | null;
      triggers?: (
        | components['schemas']['CronShape']
        | components['schemas']['IntervalShape']
        | components['schemas']['OnceShape']
      )[];
    };
    JobList: {
      items: components['schemas']['Job'][];
      next_cursor?: string | null;
    };
    LogLine: {
      line_no: number;
      text: string;
    };
    LogPage: {
      items: components['schemas']['LogLine'][];
      next_after?: number | null;
    };
    MissedInfo: {
      count: number;
      first_at: string;
      last_at: string;
    };

    MissedPolicy: 'all' | 'latest' | 'skip';
    NoBody: Record<string, never>;
    NotebookRef: {
      path: string;
      root?: string;
      sha256: string;
    };
    OnceShape: {
      at: string;
      catch_up_window_seconds?: number;
      end_at?: string | null;
      excluded_dates?: string[];
      id?: string;
      jitter_seconds?: number;

      kind: 'once';
      max_runs?: number | null;
      missed_policy?: components['schemas']['MissedPolicy'];
      parameters?: JsonObject;
      paused?: boolean;
      start_at?: string | null;
      start_deadline_seconds?: number | null;
      timezone?: string;
    };
    OnceTrigger: {
      at: string;
      catch_up_window_seconds?: number;
      end_at?: string | null;
      excluded_dates?: string[];
      id?: string;
      jitter_seconds?: number;

      kind: 'once';
      max_runs?: number | null;
      missed_policy?: components['schemas']['MissedPolicy'];
      parameters?: JsonObject;
      paused?: boolean;
      start_at?: string | null;
      start_deadline_seconds?: number | null;
      timezone?: string;
    };
    OutputAnswer: {
      cell_index: number;
      output: Json;
    };
    OutputList: {
      items: components['schemas']['OutputAnswer'][];
      next_cursor?: string | null;
      omitted?: number;
    };

    OverlapPolicy: 'allow' | 'queue' | 'queue_all' | 'replace' | 'skip';
    ParameterSchema: {
      has_parameters_cell: boolean;
      kernel?: string | null;
      language?: string;
      schema: JsonObject;
    };
    PauseBody: {
      reason?: string;
    };

    RepeatPolicy: 'both' | 'first' | 'last';
    ResultAnswer: {
      attempt_no: number;
      name: string;
      omitted?: boolean;
      recorded_at: string;
      size: number;
      type: string;
      value: Json;
    };
    ResultCell: {
      size: number;
      type: string;
      value: Json;
    };
    ResultList: {
      items: components['schemas']['ResultAnswer'][];
      next_cursor?: string | null;
    };
    ResultRow: {
      attempt_no: number | null;
      created_at: string;
      duration_seconds?: number | null;
      finished_at: string | null;
      job_id: string | null;
      name: string;
      parameters: Json;
      results: {
        [key: string]: components['schemas']['ResultCell'];
      };
      run_id: string;
      scheduled_for: string;
      started_at: string | null;
      state: components['schemas']['RunState'];
    };
    ResultRowList: {
      items: components['schemas']['ResultRow'][];
      next_cursor?: string | null;
    };
    RetryPolicy: {
      backoff_factor?: number;
      delay_seconds?: number;
      endings?: components['schemas']['RunState'][];
      exceptions?: string[];
      exit_codes?: number[];
      jitter?: number;
      max_attempts?: number;
      max_delay_seconds?: number;
    };
    RetryShape: {
      backoff_factor?: number;
      delay_seconds?: number;
      endings?: components['schemas']['RunState'][];
      exceptions?: string[];
      exit_codes?: number[];
      jitter?: number;
      max_attempts?: number;
      max_delay_seconds?: number;
    };
    RetrySweepBody: {
      states?: components['schemas']['RunState'][];
    };
    Run: {
      artifact_count?: number | null;
      artifacts?: components['schemas']['Artifact'][];
      attempts?: components['schemas']['Attempt'][];
      backfill?: components['schemas']['Backfill'] | null;
      cells?: components['schemas']['CellCount'];
      created_at: string;
      created_by: string;
      environment?: components['schemas']['Environment'];
      error?: components['schemas']['CellError'] | null;
      files?: string[];
      finished_at?: string | null;
      give_up_at?: string | null;
      id: string;
      job_id?: string | null;
      missed?: components['schemas']['MissedInfo'] | null;
      name: string;
      not_before?: string | null;
      notebook: components['schemas']['NotebookRef'];
      parameters?: JsonObject;
      policies?: components['schemas']['RunPolicies'];
      priority?: number;
      progress?: components['schemas']['ItemProgress'][];
      queue_position?: number | null;
      reason?: string | null;
      scheduled_for: string;
      start_before?: string | null;
      started_at?: string | null;
      state?: components['schemas']['RunState'];
      sweep?: components['schemas']['SweepRef'] | null;
      timeout_seconds?: number | null;
      trigger: components['schemas']['TriggerKind'];
      trigger_id?: string | null;
    };
    RunBody: {
      content?: Json;
      environment?: components['schemas']['EnvironmentBody'];
      files?: string[];
      name?: string | null;
      notebook: string;
      parameters?: JsonObject;
      priority?: number;
      timeout_seconds?: number | null;

      trigger?: 'api' | 'manual';
      uploads?: components['schemas']['UploadBody'][];
    };
    RunEvent: {
      at: string;
      data?: JsonObject;
      event_id: number;
      kind: string;
      position?: number;
      run_id: string;
    };
    RunJobBody: {
      force?: boolean;
      parameters?: JsonObject | null;

      trigger?: 'api' | 'manual';
    };
    RunList: {
      items: components['schemas']['Run'][];
      next_cursor?: string | null;
    };
    RunPolicies: {
      forced?: boolean;
      overlap_policy?: components['schemas']['OverlapPolicy'];
      retry?: components['schemas']['RetryPolicy'];
      run_timeout_seconds?: number | null;
    };

    RunState:
      | 'cancelled'
      | 'cancelling'
      | 'failed'
      | 'lost'
      | 'queued'
      | 'running'
      | 'skipped'
      | 'starting'
      | 'succeeded'
      | 'timed_out';
    SecretNames: {
      items: string[];
      weak?: {
        [key: string]: string;
      };
    };

    Source: 'latest' | 'pinned';
    SqlAnswer: {
      columns: components['schemas']['SqlColumn'][];
      rows: Json[];
      seconds: number;
      truncated: boolean;
      warnings?: string[];
    };
    SqlBody: {
      limit?: number;
      query: string;
      timeout_seconds?: number;
    };
    SqlColumn: {
      name: string;
      type: string;
    };
    Sweep: {
      counts?: {
        [key: string]: number;
      };
      created_at: string;
      created_by: string;
      finished_at?: string | null;
      id: string;
      max_concurrent?: number | null;
      name: string;
      notebook: components['schemas']['NotebookRef'];
      runs: number;
      state: components['schemas']['SweepState'];
    };
    SweepBody: {
      content?: Json;
      environment?: components['schemas']['EnvironmentBody'];
      files?: string[];
      grid?: {
        [key: string]: unknown[];
      } | null;
      max_concurrent?: number | null;
      name?: string | null;
      notebook: string;
      parameter_sets?: JsonObject[] | null;
      parameters?: JsonObject;
      priority?: number;
      timeout_seconds?: number | null;
      uploads?: components['schemas']['UploadBody'][];
    };
    SweepList: {
      items: components['schemas']['Sweep'][];
      next_cursor?: string | null;
    };
    SweepRef: {
      id: string;
      index: number;
      max_concurrent?: number | null;
    };

    SweepState:
      'cancelled' | 'cancelling' | 'failed' | 'queued' | 'running' | 'succeeded';

    TriggerKind: 'api' | 'backfill' | 'manual' | 'retry' | 'schedule' | 'sweep';
    Upcoming: {
      instants: components['schemas']['UpcomingInstant'][];
      sentence: string;
    };
    UpcomingInstant: {
      at: string;
      local: string;
      note?: string | null;
      timezone?: string;
    };
    UploadBody: {
      content_base64: string;
      path: string;
    };
    Volume: {
      read_only?: boolean;
      source: string;
      target: string;
    };
    VolumeBody: {
      read_only?: boolean;
      source: string;
      target: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type Artifact = components['schemas']['Artifact'];
export type ArtifactList = components['schemas']['ArtifactList'];
export type Attempt = components['schemas']['Attempt'];
export type Backfill = components['schemas']['Backfill'];
export type BackfillBody = components['schemas']['BackfillBody'];
export type BackfillReport = components['schemas']['BackfillReport'];
export type BackfillSpan = components['schemas']['BackfillSpan'];
export type CellAnswer = components['schemas']['CellAnswer'];
export type CellCount = components['schemas']['CellCount'];
export type CellError = components['schemas']['CellError'];
export type CellList = components['schemas']['CellList'];
export type CellState = components['schemas']['CellState'];
export type CronShape = components['schemas']['CronShape'];
export type CronTrigger = components['schemas']['CronTrigger'];
export type Deleted = components['schemas']['Deleted'];
export type DeleteRunsBody = components['schemas']['DeleteRunsBody'];
export type Environment = components['schemas']['Environment'];
export type EnvironmentBody = components['schemas']['EnvironmentBody'];
export type ErrorBody = components['schemas']['ErrorBody'];
export type GapPolicy = components['schemas']['GapPolicy'];
export type ImportBody = components['schemas']['ImportBody'];
export type IntervalShape = components['schemas']['IntervalShape'];
export type IntervalTrigger = components['schemas']['IntervalTrigger'];
export type ItemProgress = components['schemas']['ItemProgress'];
export type Job = components['schemas']['Job'];
export type JobBody = components['schemas']['JobBody'];
export type JobChangesBody = components['schemas']['JobChangesBody'];
export type JobList = components['schemas']['JobList'];
export type LogLine = components['schemas']['LogLine'];
export type LogPage = components['schemas']['LogPage'];
export type MissedInfo = components['schemas']['MissedInfo'];
export type MissedPolicy = components['schemas']['MissedPolicy'];
export type NoBody = components['schemas']['NoBody'];
export type NotebookRef = components['schemas']['NotebookRef'];
export type OnceShape = components['schemas']['OnceShape'];
export type OnceTrigger = components['schemas']['OnceTrigger'];
export type OutputAnswer = components['schemas']['OutputAnswer'];
export type OutputList = components['schemas']['OutputList'];
export type OverlapPolicy = components['schemas']['OverlapPolicy'];
export type ParameterSchema = components['schemas']['ParameterSchema'];
export type PauseBody = components['schemas']['PauseBody'];
export type RepeatPolicy = components['schemas']['RepeatPolicy'];
export type ResultAnswer = components['schemas']['ResultAnswer'];
export type ResultCell = components['schemas']['ResultCell'];
export type ResultList = components['schemas']['ResultList'];
export type ResultRow = components['schemas']['ResultRow'];
export type ResultRowList = components['schemas']['ResultRowList'];
export type RetryPolicy = components['schemas']['RetryPolicy'];
export type RetryShape = components['schemas']['RetryShape'];
export type RetrySweepBody = components['schemas']['RetrySweepBody'];
export type Run = components['schemas']['Run'];
export type RunBody = components['schemas']['RunBody'];
export type RunEvent = components['schemas']['RunEvent'];
export type RunJobBody = components['schemas']['RunJobBody'];
export type RunList = components['schemas']['RunList'];
export type RunPolicies = components['schemas']['RunPolicies'];
export type RunState = components['schemas']['RunState'];
export type SecretNames = components['schemas']['SecretNames'];
export type Source = components['schemas']['Source'];
export type SqlAnswer = components['schemas']['SqlAnswer'];
export type SqlBody = components['schemas']['SqlBody'];
export type SqlColumn = components['schemas']['SqlColumn'];
export type Sweep = components['schemas']['Sweep'];
export type SweepBody = components['schemas']['SweepBody'];
export type SweepList = components['schemas']['SweepList'];
export type SweepRef = components['schemas']['SweepRef'];
export type SweepState = components['schemas']['SweepState'];
export type TriggerKind = components['schemas']['TriggerKind'];
export type Upcoming = components['schemas']['Upcoming'];
export type UpcomingInstant = components['schemas']['UpcomingInstant'];
export type UploadBody = components['schemas']['UploadBody'];
export type Volume = components['schemas']['Volume'];
export type VolumeBody = components['schemas']['VolumeBody'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;

/** Limits of a job's numbers. */
export const JOB_LIMITS = {
  timeout_seconds: { least: 0, most: 31622400 },
  priority: { least: -1000, most: 1000 },
  max_concurrent: { least: 1, most: 100000 },
  pause_after_failures: { least: 1, most: 9007199254740992 },
  run_timeout_seconds: { least: 0, most: 31622400 },
  queue_timeout_seconds: { least: 0, most: 31622400 },
  keep_runs: { least: 1, most: 9007199254740992 },
  keep_days: { least: 0, most: 36600 }
} as const;
