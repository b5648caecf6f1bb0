import { expect, test, vi } from 'vitest';
import { EventStream } from '../../src/api/eventStream';
import { parseBlock } from '../../src/api/sse';
import type { IRunEvent } from '../../src/api/types';
import { FakeServer, makeEvent } from '../fakes';

function follow(server: FakeServer, after: number | null = null) {
  const events: IRunEvent[] = [];
  const statuses: string[] = [];
  const stream = new EventStream({
    fetch: server.client.fetch,
    path: 'events',
    after,
    onEvent: event => events.push(event),
    onStatus: status => statuses.push(status),
    pause: () => 0
  });
  return { stream, events, statuses };
}

test('comments and fields without data are no messages', () => {
  expect(parseBlock(': keep-alive')).toBeNull();
  expect(parseBlock('retry: 1000')).toBeNull();
  expect(parseBlock('id: 7\nevent: state\ndata: {"a":\ndata: 1}')).toEqual({
    id: '7',
    event: 'state',
    data: '{"a":\n1}'
  });
});

test('a message may come in pieces', async () => {
  const server = new FakeServer();
  const source = server.stream('events');
  const { stream, events } = follow(server);
  stream.start();
  await vi.waitFor(() => expect(source.isOpen).toBe(true));
  const text = `id: 5\ndata: ${JSON.stringify(makeEvent({ position: 5 }))}\n\n`;
  source.write(text.slice(0, 20));
  source.write(text.slice(20));
  await vi.waitFor(() => expect(events).toHaveLength(1));
  stream.stop();
});

test('a dropped stream goes on after the last event', async () => {
  const server = new FakeServer();
  const source = server.stream('events');
  const { stream, events, statuses } = follow(server, 3);
  stream.start();
  await vi.waitFor(() => expect(source.isOpen).toBe(true));
  expect(source.lastEventId).toBe('3');
  source.send(makeEvent({ position: 12 }));
  await vi.waitFor(() => expect(events).toHaveLength(1));
  source.drop();
  await vi.waitFor(() => expect(source.isOpen).toBe(true));
  expect(source.lastEventId).toBe('12');
  expect(statuses).toEqual(['connecting', 'open', 'lost', 'open']);
  stream.stop();
});

test('a server that is away is asked again until it is back', async () => {
  const server = new FakeServer();
  const source = server.stream('events');
  server.away = true;
  const { stream, statuses } = follow(server);
  stream.start();
  await vi.waitFor(() => expect(statuses).toContain('lost'));
  server.away = false;
  await vi.waitFor(() => expect(source.isOpen).toBe(true));
  expect(statuses.at(-1)).toBe('open');
  stream.stop();
});

test('an answer of 204 is the end', async () => {
  const server = new FakeServer().on(
    'GET events',
    () => new Response(null, { status: 204 })
  );
  const { stream, statuses } = follow(server);
  stream.start();
  await vi.waitFor(() => expect(statuses.at(-1)).toBe('ended'));
});
