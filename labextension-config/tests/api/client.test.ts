import { expect, test } from 'vitest';
import { BatchClient, search } from '../../src/api/client';
import type { BatchError } from '../../src/api/errors';
import { FakeServer, refusal } from '../fakes';

test('arguments that are not set are left out, lists are given more than once', () => {
  expect(search({ a: null, b: '', state: ['failed', 'lost'], q: 'x y' })).toBe(
    '?state=failed&state=lost&q=x%20y'
  );
  expect(search({})).toBe('');
});

test('a refusal names its fields', async () => {
  const server = new FakeServer().on('POST runs', () =>
    refusal(400, 'invalid_parameters', 'walks takes an integer', {
      field: 'parameters.walks',
      problems: [
        { field: 'parameters.walks', message: 'takes an integer' },
        { field: 'parameters.seed', message: 'is missing' }
      ]
    })
  );
  const error = (await server.client
    .submit({ notebook: 'a.ipynb' }, 'key')
    .catch((reason: unknown) => reason)) as BatchError;
  expect(error.code).toBe('invalid_parameters');
  expect(error.problems.map(problem => problem.field)).toEqual([
    'parameters.walks',
    'parameters.seed'
  ]);
  expect(server.requests[0].headers.get('Idempotency-Key')).toBe('key');
});

test('a refusal with one field has one problem', async () => {
  const server = new FakeServer().on('POST runs', () =>
    refusal(403, 'not_allowed', 'no such image', { field: 'environment.image' })
  );
  await expect(server.client.submit({ notebook: 'a' }, 'k')).rejects.toMatchObject({
    problems: [{ field: 'environment.image', message: 'no such image' }]
  });
});

test('a server that is away is told as such', async () => {
  const server = new FakeServer();
  server.away = true;
  await expect(server.client.health()).rejects.toMatchObject({
    code: 'unreachable',
    status: 0
  });
});

test('an answer that is no JSON is told by its status', async () => {
  const server = new FakeServer().on(
    'GET health',
    () => new Response('<html>', { status: 502, statusText: 'Bad Gateway' })
  );
  await expect(server.client.health()).rejects.toThrow('502 Bad Gateway');
});

test('what does no harm twice is sent again, once', async () => {
  let tries = 0;
  const client = new BatchClient(async () => {
    tries += 1;
    if (tries % 2) {
      throw new TypeError('network changed');
    }
    return Response.json({ items: [] });
  });
  await client.runs();
  await client.submit({ notebook: 'a' }, 'key');
  expect(tries).toBe(4);
  await expect(client.cancel('run1')).rejects.toMatchObject({ code: 'unreachable' });
  expect(tries).toBe(5);
});
