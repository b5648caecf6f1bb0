import { expect, test } from 'vitest';
import type { IJob, IObjectSchema } from '../../src/api/types';
import {
  environmentOf,
  givenParameters,
  jobBody,
  problemsOf,
  runBody,
  startOf
} from '../../src/model/form';
import { bytes, duration, parseBytes, parseDuration } from '../../src/model/format';
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

test('only what differs from the notebook is given', () => {
  expect(givenParameters(SCHEMA, { walks: 2000, seed: 8 })).toEqual({ seed: 8 });
});

test('a run begins with the name of its notebook', () => {
  const values = startOf(
    { purpose: 'run', notebook: 'reports/walks.ipynb' },
    'image:2'
  );
  expect(values).toMatchObject({ name: 'walks', image: 'image:2', when: 'now' });
  expect(problemsOf(values, 'run')).toEqual({});
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

test('an edit keeps what the form does not show', () => {
  const values = {
    ...startOf({ purpose: 'job', notebook: 'n', edit: JOB }),
    cron: '0 7 * * *'
  };
  const { triggers } = jobBody('n', SCHEMA, values, () => true, JOB);
  expect(triggers).toEqual([
    {
      kind: 'cron',
      id: 't1',
      cron: '0 7 * * *',
      timezone: 'UTC',
      jitter_seconds: 30,
      missed_policy: 'latest'
    },
    JOB.triggers?.[1]
  ]);
});

test('a server without schedules is sent none', () => {
  const values = startOf({ purpose: 'job', notebook: 'n' });
  expect(jobBody('n', SCHEMA, values, () => false)).not.toHaveProperty('triggers');
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
  expect(Object.keys(problemsOf(values, 'run')).sort()).toEqual([
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
