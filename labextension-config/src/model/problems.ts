import { JOB_LIMITS } from '../api/schema';
import { parseBytes, parseDuration } from './format';
import type { IFormStart } from './formStart';
import type { IFormValues } from './form';
import { lines, startOf, volumeOf } from './form';
import type { ITrans } from './trans';
import { plainTrans } from './trans';
import { triggerProblems } from './triggers';

/** Problems by the path that the server gives them, such as `environment.memory_bytes`. */
export type Problems = Record<string, string>;

/** Returns what can be told to be wrong without the server; what is as it was is not looked at. */
export function problemsOf(
  values: IFormValues,
  trans: ITrans = plainTrans,
  start?: IFormStart
): Problems {
  const problems: Problems = {};
  if (!values.name.trim()) {
    problems.name = trans.__('needs a name');
  }
  const duration = trans.__('takes a duration, such as 30 min or 2 h');
  const isDuration = (text: string) => parseDuration(text) !== null;
  const isLong = (text: string) => Boolean(parseDuration(text));
  const is = (pattern: RegExp) => (text: string) => pattern.test(text);
  /** A rule for a whole number, with the limits that the server has. */
  const whole = (
    field: keyof typeof JOB_LIMITS,
    text: string
  ): [string, string, (text: string) => boolean, string] => {
    const { least, most } = JOB_LIMITS[field];
    const fits = (text: string) =>
      /^-?\d+$/.test(text) && Number(text) >= least && Number(text) <= most;
    const message =
      most < Number.MAX_SAFE_INTEGER
        ? trans.__('takes a whole number from %1 to %2', least, most)
        : trans.__('takes a whole number from %1', least);
    return [field, text, fits, message];
  };
  const rules: [string, string, (text: string) => boolean, string][] = [
    [
      'environment.memory_bytes',
      values.memory,
      text => Boolean(parseBytes(text)),
      trans.__('takes a size, such as 512 MiB or 2 GiB')
    ],
    ['timeout_seconds', values.timeout, isLong, duration],
    ['run_timeout_seconds', values.runTimeout, isLong, duration],
    ['queue_timeout_seconds', values.queueTimeout, isLong, duration],
    [
      'retry.delay_seconds',
      values.retryDelay,
      isDuration,
      trans.__('takes a duration, such as 30 s or 5 min')
    ],
    [
      'environment.cpus',
      values.cpus,
      is(/^\d*\.?\d+$/),
      trans.__('takes a number, such as 1 or 0.5')
    ],
    [
      'environment.gpus',
      values.gpus,
      is(/^-?\d+$/),
      trans.__('takes a whole number; -1 is all')
    ],
    whole('priority', values.priority),
    whole('max_concurrent', values.maxConcurrent),
    [
      'retry.max_attempts',
      values.attempts,
      is(/^[1-9]\d*$/),
      trans.__('takes a whole number from %1', 1)
    ],
    whole('pause_after_failures', values.pauseAfter),
    whole('keep_runs', values.keepRuns),
    [
      'keep_days',
      values.keepDays,
      text =>
        /^\d*\.?\d+$/.test(text) &&
        Number(text) > JOB_LIMITS.keep_days.least &&
        Number(text) <= JOB_LIMITS.keep_days.most,
      trans.__('takes a number of days, such as 90')
    ]
  ];
  for (const [field, text, fits, message] of rules) {
    if (text.trim() && !fits(text.trim())) {
      problems[field] = message;
    }
  }
  const before = start && startOf(start);
  if (
    values.env !== before?.env &&
    lines(values.env).some(line => line.indexOf('=') < 1)
  ) {
    problems['environment.env'] = trans.__('takes lines of NAME=value');
  }
  if (
    values.volumes !== before?.volumes &&
    lines(values.volumes).some(line => !volumeOf(line))
  ) {
    problems['environment.volumes'] = trans.__(
      'takes lines of source:target, with :rw to write'
    );
  }
  if (values.when === 'schedule') {
    values.triggers.forEach((trigger, index) => {
      for (const [field, message] of Object.entries(triggerProblems(trigger, trans))) {
        problems[`triggers.${index}.${field}`] = message;
      }
    });
  }
  return problems;
}
