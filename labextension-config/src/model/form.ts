import type {
  IEnvironment,
  IJob,
  IJobBody,
  IObjectSchema,
  IRunBody,
  IVolume,
  JsonObject
} from '../api/types';
import { baseName, bytes, durationText, parseBytes, parseDuration } from './format';
import type { IFormStart } from './formStart';
import type { ITrans } from './trans';
import { plainTrans } from './trans';
import type { ITriggerValues } from './triggers';
import { newTrigger, triggerOf, triggerValues } from './triggers';

/** A run now; a job that starts by itself; a job that somebody starts. */
export type When = 'now' | 'schedule' | 'hand';

/** The contents of the form: texts as they were typed. */
export interface IFormValues {
  name: string;
  description: string;
  parameters: JsonObject;
  executor: string;
  image: string;
  cpus: string;
  memory: string;
  gpus: string;
  network: string;
  kernel: string;
  strictErrors: boolean;
  keepFiles: boolean;
  /** `NAME=value` lines. */
  env: string;
  /** Names, by comma or line. */
  secrets: string;
  /** `source:target[:rw]` lines. */
  volumes: string;
  /** Glob patterns, one a line. */
  files: string;
  timeout: string;
  priority: string;
  maxConcurrent: string;
  attempts: string;
  retryDelay: string;
  overlap: NonNullable<IJobBody['overlap_policy']> | '';
  pauseAfter: string;
  runTimeout: string;
  queueTimeout: string;
  keepRuns: string;
  keepDays: string;
  source: NonNullable<IJobBody['source']>;
  when: When;
  /** The triggers of the job; used only if `when` is `schedule`. */
  triggers: ITriggerValues[];
}

/** Returns what a form begins with. */
export function startOf(
  start: IFormStart,
  defaultImage = '',
  trans: ITrans = plainTrans
): IFormValues {
  const like = beginningOf(start);
  const environment = like.environment ?? {};
  const triggers = like.triggers ?? [];
  const stem = baseName(start.notebook).replace(/\.ipynb$/, '');
  const named = start.edit ? start.edit.name : (like.name ?? stem);
  const copied =
    !start.edit && start.purpose === 'job' && like.created_at !== undefined;
  return {
    name: copied && isJob(start.like) ? trans.__('%1 (copy)', named) : named,
    description: like.description ?? '',
    parameters: { ...like.parameters },
    executor: environment.executor ?? '',
    image: environment.image ?? defaultImage,
    cpus: environment.cpus?.toString() ?? '',
    memory: environment.memory_bytes ? bytes(environment.memory_bytes) : '',
    gpus: environment.gpus ? String(environment.gpus) : '',
    network: environment.network ?? '',
    kernel: environment.kernel ?? '',
    strictErrors: environment.strict_errors ?? false,
    keepFiles: environment.keep_files ?? false,
    env: Object.entries(environment.env ?? {})
      .map(pair => pair.join('='))
      .join('\n'),
    secrets: (environment.secrets ?? []).join(', '),
    volumes: (environment.volumes ?? []).map(volumeText).join('\n'),
    files: (like.files ?? []).join('\n'),
    timeout: secondsText(like.timeout_seconds),
    priority: like.priority ? String(like.priority) : '',
    maxConcurrent: like.max_concurrent?.toString() ?? '',
    attempts: like.retry?.max_attempts?.toString() ?? '',
    retryDelay: secondsText(like.retry?.delay_seconds),
    overlap: like.overlap_policy ?? '',
    pauseAfter: like.pause_after_failures?.toString() ?? '',
    runTimeout: secondsText(like.run_timeout_seconds),
    queueTimeout: secondsText(like.queue_timeout_seconds),
    keepRuns: like.keep_runs?.toString() ?? '',
    keepDays: like.keep_days?.toString() ?? '',
    source: like.source ?? 'latest',
    when:
      start.purpose === 'run'
        ? 'now'
        : triggers.length || !(start.edit ?? start.like)
          ? 'schedule'
          : 'hand',
    triggers: triggers.length
      ? triggers.map(trigger => triggerValues(trigger, !start.edit))
      : [newTrigger()]
  };
}

/** Returns the parameters that differ from the notebook's own, or were given `before`, too. */
export function givenParameters(
  schema: IObjectSchema | null,
  values: JsonObject,
  before: JsonObject = {}
): JsonObject {
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => {
      const property = schema?.properties?.[name];
      const isDefault =
        property !== undefined &&
        'default' in property &&
        JSON.stringify(property.default) === JSON.stringify(value);
      const wasGiven = JSON.stringify(before[name]) === JSON.stringify(value);
      return value !== undefined && (!isDefault || wasGiven);
    })
  );
}

export function environmentOf(values: IFormValues, start?: IFormStart): IEnvironment {
  const before = new Before(start);
  const was = before.of.environment ?? {};
  const text = (value: string) => value.trim() || null;
  return {
    executor: text(values.executor),
    image: text(values.image),
    cpus: values.cpus.trim() ? Number(values.cpus) : null,
    memory_bytes: before.or(was.memory_bytes, 'memory', values, () =>
      parseBytes(values.memory)
    ),
    gpus: values.gpus.trim() ? Number(values.gpus) : 0,
    network: text(values.network),
    kernel: text(values.kernel),
    // Only where it is set: servers of an earlier version do not know these fields.
    ...(values.strictErrors ? { strict_errors: true } : {}),
    ...(values.keepFiles ? { keep_files: true } : {}),
    env: before.or(was.env, 'env', values, () => variablesOf(values.env)),
    secrets: values.secrets.split(/[\s,]+/).filter(Boolean),
    volumes: before.or(was.volumes, 'volumes', values, () =>
      lines(values.volumes).flatMap(line => volumeOf(line) ?? [])
    )
  };
}

export function runBody(
  notebook: string,
  schema: IObjectSchema | null,
  values: IFormValues,
  start?: IFormStart
): IRunBody {
  const before = new Before(start);
  return {
    notebook,
    name: values.name.trim(),
    parameters: givenParameters(schema, values.parameters, before.of.parameters),
    environment: environmentOf(values, start),
    files: lines(values.files),
    timeout_seconds: before.or(before.of.timeout_seconds, 'timeout', values, () =>
      parseDuration(values.timeout)
    ),
    priority: values.priority.trim() ? Number(values.priority) : 0,
    trigger: 'manual'
  };
}

/** `more` says which of the newer fields the server takes. What is not shown stays as it was. */
export function jobBody(
  notebook: string,
  schema: IObjectSchema | null,
  values: IFormValues,
  more: (field: string) => boolean,
  start?: IFormStart
): IJobBody {
  const { trigger: _, ...run } = runBody(notebook, schema, values, start);
  const before = new Before(start);
  const was = before.of;
  const triggers = values.when === 'schedule' ? values.triggers.map(triggerOf) : [];
  const number = (text: string) => (text.trim() ? Number(text) : null);
  // What is empty is as the server says, also where it was something else before.
  const { max_attempts: _attempts, delay_seconds: _delay, ...others } = was.retry ?? {};
  const retry = {
    ...others,
    ...(values.attempts.trim() && { max_attempts: Number(values.attempts) }),
    ...(values.retryDelay.trim() && {
      delay_seconds: before.or(
        was.retry?.delay_seconds,
        'retryDelay',
        values,
        () => parseDuration(values.retryDelay) ?? 0
      )
    })
  };
  return {
    ...(isJob(start?.like) && notShown(start.like, more)),
    ...run,
    name: values.name.trim(),
    description: values.description,
    max_concurrent: number(values.maxConcurrent),
    ...(more('triggers') && { triggers }),
    ...(more('retry') && (was.retry || Object.keys(retry).length) && { retry }),
    ...(more('overlap_policy') && {
      overlap_policy: values.overlap || null,
      pause_after_failures: number(values.pauseAfter),
      run_timeout_seconds: before.or(
        was.run_timeout_seconds,
        'runTimeout',
        values,
        () => parseDuration(values.runTimeout)
      ),
      queue_timeout_seconds: before.or(
        was.queue_timeout_seconds,
        'queueTimeout',
        values,
        () => parseDuration(values.queueTimeout)
      ),
      source: values.source
    }),
    ...(more('keep_runs') && {
      keep_runs: number(values.keepRuns),
      keep_days: number(values.keepDays)
    })
  };
}

/** Returns the fields that a copy takes over: all that the server accepts. */
function notShown(job: IJob, more: (field: string) => boolean): Partial<IJobBody> {
  return Object.fromEntries(Object.entries(job).filter(([field]) => more(field)));
}

/** The initial contents of a form, to find what has been changed. */
class Before {
  readonly of: Partial<IJob>;
  private readonly texts: IFormValues | null;

  constructor(start: IFormStart | undefined) {
    this.of = beginningOf(start);
    this.texts = start ? startOf(start) : null;
  }

  /** Returns what there was where the text is as it was: texts are rounder than numbers. */
  or<T>(
    was: T | undefined,
    field: keyof IFormValues,
    values: IFormValues,
    read: () => T
  ): T {
    return was !== undefined && this.texts?.[field] === values[field] ? was : read();
  }
}

export function lines(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean);
}

function secondsText(seconds: number | null | undefined): string {
  return seconds ? durationText(seconds) : '';
}

function variablesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    lines(text).map(line => {
      const place = line.indexOf('=');
      return [line.slice(0, place).trim(), line.slice(place + 1)];
    })
  );
}

export function volumeOf(line: string): IVolume | null {
  const match = /^([^:]+):(\/[^:]*)(?::(ro|rw))?$/.exec(line);
  return match && { source: match[1], target: match[2], read_only: match[3] !== 'rw' };
}

function volumeText(volume: IVolume): string {
  return `${volume.source}:${volume.target}${volume.read_only === false ? ':rw' : ''}`;
}

function isJob(like: IFormStart['like']): like is IJob {
  return like !== undefined && typeof like.notebook === 'string';
}

/** Returns what the form has its first values from. */
export function beginningOf(start?: IFormStart): Partial<IJob> {
  return start?.edit ?? asJob(start?.like) ?? {};
}

function asJob(like: IFormStart['like']): Partial<IJob> | undefined {
  if (like === undefined || isJob(like)) {
    return like as Partial<IJob> | undefined;
  }
  const { notebook: _, ...rest } = like;
  return rest;
}
