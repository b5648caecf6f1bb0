import { expect, test } from 'vitest';
import type { IJob, IObjectSchema } from '../../src/api/types';
import {
  environmentOf,
  givenParameters,
  jobBody,
  runBody,
  startOf
} from '../../src/model/form';
import { bytes, duration, parseBytes, parseDuration } from '../../src/model/format';
import { checkParameters } from '../../src/model/check';
import { problemsOf } from '../../src/model/problems';
import { makeRun } from '../fakes';

const SCHEMA: IObjectSchema = {
  type: 'object',
  properties: {
    walks: { type: 'integer', default: 2000 },
    seed: { type: 'integer', default: 7 }
  }
};
const JOB: IJob = {
  id: 'job1',
  name: 'Nightly',
  notebook: 'walks.ipynb',
  created_by: 'ada',
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  triggers: [
    { kind: 'cron', id: 't1', cron: '0 6 * * *', timezone: 'UTC', jitter_seconds: 30 },
    { kind: 'once', id: 't2', at: '2027-01-01T00:00:00Z' }
  ]
};

const EDIT = { purpose: 'job', notebook: 'n', edit: JOB } as const;

test('only what differs from the notebook is given', () => {
  expect(givenParameters(SCHEMA, { walks: 2000, seed: 8 })).toEqual({ seed: 8 });
});

test('a run begins with the name of its notebook', () => {
  const values = startOf(
    { purpose: 'run', notebook: 'reports/walks.ipynb' },
    'image:2'
  );
  expect(values).toMatchObject({ name: 'walks', image: 'image:2', when: 'now' });
  expect(problemsOf(values)).toEqual({});
});

test('a run again has the values of the run', () => {
  const run = makeRun({
    parameters: { walks: 5 },
    timeout_seconds: 90,
    environment: { memory_bytes: 512 * 1024 ** 2, image: 'i', image_digest: 'sha256:1' }
  });
  const values = startOf({ purpose: 'run', notebook: 'walks.ipynb', like: run });
  const body = runBody('walks.ipynb', SCHEMA, values);
  expect(body).toMatchObject({
    parameters: { walks: 5 },
    timeout_seconds: 90,
    trigger: 'manual'
  });
  expect(body.environment).toMatchObject({ image: 'i', memory_bytes: 512 * 1024 ** 2 });
  expect(body.environment).not.toHaveProperty('image_digest');
});

test('an edit changes one schedule and keeps the others, with what is not shown', () => {
  const start = startOf({ purpose: 'job', notebook: 'n', edit: JOB });
  const [first, second] = start.triggers;
  const values = { ...start, triggers: [{ ...first, cron: '0 7 * * *' }, second] };
  const { triggers } = jobBody('n', SCHEMA, values, () => true, EDIT);
  expect(triggers?.[0]).toEqual({
    kind: 'cron',
    id: 't1',
    cron: '0 7 * * *',
    timezone: 'UTC',
    jitter_seconds: 30,
    missed_policy: 'latest'
  });
  const once = triggers?.[1];
  expect(once).toMatchObject({ kind: 'once', id: 't2' });
  expect(Date.parse(once?.kind === 'once' ? once.at : '')).toBe(
    Date.parse('2027-01-01T00:00:00Z')
  );
});

test('a schedule can be taken out, and all of them', () => {
  const start = startOf({ purpose: 'job', notebook: 'n', edit: JOB });
  const one = { ...start, triggers: start.triggers.slice(1) };
  expect(jobBody('n', SCHEMA, one, () => true, EDIT).triggers).toHaveLength(1);
  const none = { ...start, when: 'hand' as const };
  expect(jobBody('n', SCHEMA, none, () => true, EDIT).triggers).toEqual([]);
});

test('a copy of a job has schedules of its own', () => {
  const start = { purpose: 'job', notebook: 'n', like: JOB } as const;
  const { triggers } = jobBody('n', SCHEMA, startOf(start), () => true, start);
  expect(triggers?.map(trigger => trigger.id)).toEqual([undefined, undefined]);
});

test('what is wrong with a schedule is told by its place', () => {
  const start = startOf({ purpose: 'job', notebook: 'n', edit: JOB });
  const triggers = [
    { ...start.triggers[0], cron: ' ' },
    { ...start.triggers[1], kind: 'interval' as const, interval: 'often' }
  ];
  expect(Object.keys(problemsOf({ ...start, triggers }))).toEqual([
    'triggers.0.cron',
    'triggers.1.interval_seconds'
  ]);
});

test('a server without schedules is sent none', () => {
  const values = startOf({ purpose: 'job', notebook: 'n' });
  expect(jobBody('n', SCHEMA, values, () => false)).not.toHaveProperty('triggers');
});

test('retries that are cleared are none', () => {
  const edit = { ...JOB, retry: { max_attempts: 3, delay_seconds: 5 } };
  const start = { purpose: 'job', notebook: 'n', edit } as const;
  const values = { ...startOf(start), attempts: ' ', retryDelay: '' };
  expect(jobBody('n', SCHEMA, values, () => true, start).retry).toEqual({});
});

/** What the form shows only roundly, or not at all. */
const RICH: IJob = {
  ...JOB,
  description: 'all night',
  parameters: { walks: 2000, seed: 8 },
  environment: {
    memory_bytes: 1_234_567_891,
    env: { TEXT: 'two\nlines ', PLAIN: '1' },
    volumes: [{ source: 'c:data', target: '/data', read_only: true }]
  },
  timeout_seconds: 90.5,
  max_concurrent: 2,
  retry: { max_attempts: 3, delay_seconds: 0.25, backoff_factor: 3, exit_codes: [7] },
  overlap_policy: 'queue',
  keep_runs: 100,
  keep_days: 90,
  paused: true,
  triggers: [
    {
      kind: 'once',
      id: 't1',
      at: '2027-01-01T00:00:30Z',
      timezone: 'UTC',
      missed_policy: 'all',
      parameters: { seed: 9 }
    },
    {
      kind: 'interval',
      id: 't2',
      interval_seconds: 61,
      timezone: 'UTC',
      missed_policy: 'skip',
      max_runs: 4
    }
  ]
};
const TAKEN = (field: string) =>
  !['id', 'created_by', 'created_at', 'updated_at', 'paused'].includes(field);

test('an edit that changes nothing sends what there was', () => {
  const start = { purpose: 'job', notebook: 'n', edit: RICH } as const;
  const body = jobBody('n', SCHEMA, startOf(start), TAKEN, start);
  const { environment, ...rest } = body;
  for (const [field, value] of Object.entries(rest)) {
    if (field in RICH && field !== 'notebook') {
      expect([field, value]).toEqual([field, RICH[field as keyof IJob]]);
    }
  }
  expect(environment).toMatchObject(RICH.environment ?? {});
  expect(problemsOf(startOf(start), undefined, start)).toEqual({});
});

test('a copy has all that the job has but its ids, also what no form shows', () => {
  const like = { ...RICH, labels: ['from a newer server'] };
  const start = { purpose: 'job', notebook: 'n', like } as const;
  const body = jobBody('n', SCHEMA, startOf(start), TAKEN, start);
  expect(body).toMatchObject({
    keep_runs: 100,
    keep_days: 90,
    retry: RICH.retry,
    parameters: RICH.parameters,
    labels: ['from a newer server'],
    name: 'Nightly (copy)'
  });
  expect(body).not.toHaveProperty('id');
  expect(body.triggers).toEqual(RICH.triggers?.map(({ id: _, ...rest }) => rest));
});

test('what is typed replaces what there was, and what is cleared is gone', () => {
  const start = { purpose: 'job', notebook: 'n', edit: RICH } as const;
  const values = {
    ...startOf(start),
    memory: '1 GiB',
    timeout: '',
    keepRuns: '',
    keepDays: '7.5',
    attempts: '',
    retryDelay: '5 s',
    env: 'PLAIN=2'
  };
  expect(jobBody('n', SCHEMA, values, TAKEN, start)).toMatchObject({
    environment: { memory_bytes: 1024 ** 3, env: { PLAIN: '2' } },
    timeout_seconds: null,
    keep_runs: null,
    keep_days: 7.5,
    retry: { delay_seconds: 5, backoff_factor: 3, exit_codes: [7] }
  });
});

test('a schedule of another kind keeps what all kinds have', () => {
  const start = { purpose: 'job', notebook: 'n', edit: RICH } as const;
  const { triggers, ...rest } = startOf(start);
  const changed = { ...triggers[1], kind: 'cron' as const, cron: '0 6 * * *' };
  const body = jobBody('n', SCHEMA, { ...rest, triggers: [changed] }, TAKEN, start);
  expect(body.triggers).toEqual([
    {
      kind: 'cron',
      cron: '0 6 * * *',
      timezone: 'UTC',
      missed_policy: 'skip',
      max_runs: 4
    }
  ]);
});

test('problems are said in the user’s language', () => {
  const trans = {
    __: (text: string, ...args: unknown[]) => `<${[text, ...args].join('|')}>`,
    _n: (text: string) => text
  };
  const values = {
    ...startOf({ purpose: 'run', notebook: 'n' }),
    memory: 'much',
    keepDays: '0'
  };
  expect(problemsOf(values, trans)).toEqual({
    'environment.memory_bytes': '<takes a size, such as 512 MiB or 2 GiB>',
    keep_days: '<takes a number of days, such as 90>'
  });
  expect(checkParameters(SCHEMA, { walks: 'x', seed: 1 }, false, trans)).toEqual({
    walks: '<takes %1|<an integer>>'
  });
});

test('a copy has another name', () => {
  expect(startOf({ purpose: 'job', notebook: 'n', like: JOB }).name).toBe(
    'Nightly (copy)'
  );
  expect(startOf({ purpose: 'job', notebook: 'n', edit: JOB }).name).toBe('Nightly');
});

test('texts that cannot be read are told by the path of their field', () => {
  const values = {
    ...startOf({ purpose: 'run', notebook: 'n' }),
    name: ' ',
    memory: 'much',
    timeout: 'soon',
    cpus: 'two',
    env: 'NAME',
    volumes: '/data'
  };
  expect(Object.keys(problemsOf(values)).sort()).toEqual([
    'environment.cpus',
    'environment.env',
    'environment.memory_bytes',
    'environment.volumes',
    'name',
    'timeout_seconds'
  ]);
});

test('an environment is read from its texts', () => {
  const values = {
    ...startOf({ purpose: 'run', notebook: 'n' }),
    env: 'A=1\nB=x=y',
    secrets: 'KEY, TOKEN',
    volumes: '/data:/data\n/out:/out:rw',
    memory: '1.5 GiB'
  };
  expect(environmentOf(values)).toMatchObject({
    env: { A: '1', B: 'x=y' },
    secrets: ['KEY', 'TOKEN'],
    volumes: [
      { source: '/data', target: '/data', read_only: true },
      { source: '/out', target: '/out', read_only: false }
    ],
    memory_bytes: 1.5 * 1024 ** 3
  });
});

test.each([
  ['512 MiB', 512 * 1024 ** 2],
  ['2g', 2 * 1024 ** 3],
  ['1.5 GB', 1.5 * 1024 ** 3],
  ['100', 100],
  ['much', null]
])('%s is %s bytes', (text, size) => expect(parseBytes(text)).toBe(size));

test.each([
  ['90', 90],
  ['90 s', 90],
  ['15 min', 900],
  ['1 h 30 min', 5400],
  ['2d', 172_800],
  ['soon', null],
  ['5 min and', null]
])('%s is %s seconds', (text, seconds) => expect(parseDuration(text)).toBe(seconds));

test('numbers are said as people say them', () => {
  expect([0.012, 3.14, 59.6, 125, 7260, 200_000, null].map(duration)).toEqual([
    '12 ms',
    '3.1 s',
    '1 min 00 s',
    '2 min 05 s',
    '2 h 01 min',
    '2 d 7 h',
    '–'
  ]);
  expect([0, 1536, 2 * 1024 ** 3, null].map(bytes)).toEqual([
    '0 B',
    '1.5 KiB',
    '2 GiB',
    '–'
  ]);
});
