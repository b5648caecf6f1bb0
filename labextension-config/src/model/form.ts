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
import type { ITriggerValues } from './triggers';
import { newTrigger, triggerOf, triggerProblems, triggerValues } from './triggers';

/** A run now; a job that starts by itself; a job that somebody starts. */
export type When = 'now' | 'schedule' | 'hand';

/** What the form holds: texts as they were typed. */
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
  overlap: string;
  pauseAfter: string;
  runTimeout: string;
  queueTimeout: string;
  source: string;
  when: When;
  /** What starts the job; looked at only where `when` is `schedule`. */
  triggers: ITriggerValues[];
}

/** Problems by the path that the server gives them, such as `environment.memory_bytes`. */
export type Problems = Record<string, string>;

/** Returns what a form begins with. */
export function startOf(start: IFormStart, defaultImage = ''): IFormValues {
  const like: Partial<IJob> = start.edit ?? asJob(start.like) ?? {};
  const environment = like.environment ?? {};
  const triggers = like.triggers ?? [];
  const stem = baseName(start.notebook).replace(/\.ipynb$/, '');
  const named = start.edit ? start.edit.name : (like.name ?? stem);
  const copied =
    !start.edit && start.purpose === 'job' && like.created_at !== undefined;
  return {
    name: copied && isJob(start.like) ? `${named} (copy)` : named,
    description: like.description ?? '',
    parameters: { ...like.parameters },
    executor: environment.executor ?? '',
    image: environment.image ?? defaultImage,
    cpus: environment.cpus?.toString() ?? '',
    memory: environment.memory_bytes ? bytes(environment.memory_bytes) : '',
    gpus: environment.gpus ? String(environment.gpus) : '',
    network: environment.network ?? '',
    kernel: environment.kernel ?? '',
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

/** Returns what can be told to be wrong without the server. */
export function problemsOf(values: IFormValues): Problems {
  const problems: Problems = {};
  if (!values.name.trim()) {
    problems.name = 'needs a name';
  }
  if (values.memory.trim() && !parseBytes(values.memory)) {
    problems['environment.memory_bytes'] = 'takes a size, such as 512 MiB or 2 GiB';
  }
  const durations: [string, string][] = [
    ['timeout_seconds', values.timeout],
    ['run_timeout_seconds', values.runTimeout],
    ['queue_timeout_seconds', values.queueTimeout]
  ];
  for (const [field, text] of durations) {
    if (text.trim() && !parseDuration(text)) {
      problems[field] = 'takes a duration, such as 30 min or 2 h';
    }
  }
  if (values.retryDelay.trim() && parseDuration(values.retryDelay) === null) {
    problems['retry.delay_seconds'] = 'takes a duration, such as 30 s or 5 min';
  }
  const numbers: [string, string, RegExp, string][] = [
    [
      'environment.cpus',
      values.cpus,
      /^\d*\.?\d+$/,
      'takes a number, such as 1 or 0.5'
    ],
    ['environment.gpus', values.gpus, /^-?\d+$/, 'takes a whole number; -1 is all'],
    ['priority', values.priority, /^-?\d+$/, 'takes a whole number'],
    [
      'max_concurrent',
      values.maxConcurrent,
      /^[1-9]\d*$/,
      'takes a whole number from 1'
    ],
    [
      'retry.max_attempts',
      values.attempts,
      /^[1-9]\d*$/,
      'takes a whole number from 1'
    ],
    [
      'pause_after_failures',
      values.pauseAfter,
      /^[1-9]\d*$/,
      'takes a whole number from 1'
    ]
  ];
  for (const [field, text, pattern, message] of numbers) {
    if (text.trim() && !pattern.test(text.trim())) {
      problems[field] = message;
    }
  }
  if (lines(values.env).some(line => line.indexOf('=') < 1)) {
    problems['environment.env'] = 'takes lines of NAME=value';
  }
  if (lines(values.volumes).some(line => !volumeOf(line))) {
    problems['environment.volumes'] = 'takes lines of source:target, with :rw to write';
  }
  if (values.when === 'schedule') {
    values.triggers.forEach((trigger, index) => {
      for (const [field, message] of Object.entries(triggerProblems(trigger))) {
        problems[`triggers.${index}.${field}`] = message;
      }
    });
  }
  return problems;
}

/** Returns the parameters that differ from the notebook's own. */
export function givenParameters(
  schema: IObjectSchema | null,
  values: JsonObject
): JsonObject {
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => {
      const property = schema?.properties?.[name];
      const isDefault =
        property !== undefined &&
        'default' in property &&
        JSON.stringify(property.default) === JSON.stringify(value);
      return value !== undefined && !isDefault;
    })
  );
}

export function environmentOf(values: IFormValues): IEnvironment {
  const text = (value: string) => value.trim() || null;
  return {
    executor: text(values.executor),
    image: text(values.image),
    cpus: values.cpus.trim() ? Number(values.cpus) : null,
    memory_bytes: values.memory.trim() ? parseBytes(values.memory) : null,
    gpus: values.gpus.trim() ? Number(values.gpus) : 0,
    network: text(values.network),
    kernel: text(values.kernel),
    env: Object.fromEntries(
      lines(values.env).map(line => {
        const place = line.indexOf('=');
        return [line.slice(0, place).trim(), line.slice(place + 1)];
      })
    ),
    secrets: values.secrets.split(/[\s,]+/).filter(Boolean),
    volumes: lines(values.volumes).flatMap(line => volumeOf(line) ?? [])
  };
}

export function runBody(
  notebook: string,
  schema: IObjectSchema | null,
  values: IFormValues
): IRunBody {
  return {
    notebook,
    name: values.name.trim(),
    parameters: givenParameters(schema, values.parameters),
    environment: environmentOf(values),
    files: lines(values.files),
    timeout_seconds: values.timeout.trim() ? parseDuration(values.timeout) : null,
    priority: values.priority.trim() ? Number(values.priority) : 0,
    trigger: 'manual'
  };
}

/** `more` says which of the newer fields the server takes. */
export function jobBody(
  notebook: string,
  schema: IObjectSchema | null,
  values: IFormValues,
  more: (field: string) => boolean,
  before?: IJob
): IJobBody {
  const { trigger: _, ...run } = runBody(notebook, schema, values);
  const triggers = values.when === 'schedule' ? values.triggers.map(triggerOf) : [];
  const retry = {
    ...before?.retry,
    ...(values.attempts.trim() && { max_attempts: Number(values.attempts) }),
    ...(values.retryDelay.trim() && {
      delay_seconds: parseDuration(values.retryDelay) ?? 0
    })
  };
  return {
    ...run,
    name: values.name.trim(),
    description: values.description,
    max_concurrent: values.maxConcurrent.trim() ? Number(values.maxConcurrent) : null,
    ...(more('triggers') && { triggers }),
    ...(more('retry') && Object.keys(retry).length && { retry }),
    ...(more('overlap_policy') && {
      overlap_policy: values.overlap || null,
      pause_after_failures: values.pauseAfter.trim() ? Number(values.pauseAfter) : null,
      run_timeout_seconds: values.runTimeout.trim()
        ? parseDuration(values.runTimeout)
        : null,
      queue_timeout_seconds: values.queueTimeout.trim()
        ? parseDuration(values.queueTimeout)
        : null,
      source: values.source
    })
  };
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

function volumeOf(line: string): IVolume | null {
  const match = /^([^:]+):(\/[^:]*)(?::(ro|rw))?$/.exec(line);
  return match && { source: match[1], target: match[2], read_only: match[3] !== 'rw' };
}

function volumeText(volume: IVolume): string {
  return `${volume.source}:${volume.target}${volume.read_only === false ? ':rw' : ''}`;
}

function isJob(like: IFormStart['like']): like is IJob {
  return like !== undefined && typeof like.notebook === 'string';
}

function asJob(like: IFormStart['like']): Partial<IJob> | undefined {
  if (like === undefined || isJob(like)) {
    return like as Partial<IJob> | undefined;
  }
  const { notebook: _, ...rest } = like;
  return rest;
}
