import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { BatchClient } from '../src/api/client';
import type { IRun, IRunEvent, Json } from '../src/api/types';
import { Features } from '../src/model/features';
import { History } from '../src/model/history';
import { LiveModel } from '../src/model/live';
import { needsTrust } from '../src/model/outputs';
import { Preferences } from '../src/model/preferences';
import type { IPageVisibility } from '../src/model/pageVisibility';
import type { IActions, IServices } from '../src/view/services';
import { ServicesProvider } from '../src/view/services';

const T0 = Date.parse('2026-01-01T00:00:00Z');

export function makeRun(change: Partial<IRun> = {}): IRun {
  return {
    id: 'run1',
    name: 'walks',
    state: 'queued',
    trigger: 'manual',
    scheduled_for: '2026-01-01T00:00:00Z',
    created_at: '2026-01-01T00:00:00Z',
    created_by: 'ada',
    notebook: { path: 'walks.ipynb', sha256: '0' },
    cells: { total: 0, done: 0, failed: 0 },
    ...change
  };
}

/** A run that is the n-th of many; ids sort by creation. */
export function nthRun(n: number, change: Partial<IRun> = {}): IRun {
  const at = new Date(T0 + n * 1000).toISOString();
  const id = `run${String(n).padStart(6, '0')}`;
  return makeRun({
    id,
    name: `walk ${n}`,
    created_at: at,
    scheduled_for: at,
    ...change
  });
}

export function makeEvent(change: Partial<IRunEvent>): IRunEvent {
  return {
    run_id: 'run1',
    event_id: 1,
    position: 1,
    at: '2026-01-01T00:00:05Z',
    kind: 'state',
    data: {},
    ...change
  };
}

type Answer = Json | object | ((request: IRequest) => Json | object | Response);

export interface IRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, Json>;
  headers: Headers;
}

/** An event stream that a test writes to. */
export class FakeStream {
  lastEventId: string | null = null;
  private controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  open(signal: AbortSignal | null | undefined): Response {
    const body = new ReadableStream<Uint8Array>({
      start: controller => {
        this.controller = controller;
        signal?.addEventListener('abort', () => controller.error(new Error('aborted')));
      }
    });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  }

  get isOpen(): boolean {
    return this.controller !== null;
  }

  send(event: IRunEvent): void {
    const id = event.position || event.event_id;
    this.write(`id: ${id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  write(text: string): void {
    this.controller?.enqueue(new TextEncoder().encode(text));
  }

  drop(): void {
    this.controller?.close();
    this.controller = null;
  }
}

/** A server in memory: answers by `METHOD path`, and keeps what it was asked. */
export class FakeServer {
  readonly requests: IRequest[] = [];
  readonly answers = new Map<string, Answer>();
  readonly streams = new Map<string, FakeStream>();
  /** Whether nothing answers at all. */
  away = false;

  readonly client = new BatchClient((path, init) => this.fetch(path, init));

  on(request: string, answer: Answer): this {
    this.answers.set(request, answer);
    return this;
  }

  stream(path: string): FakeStream {
    const stream = this.streams.get(path) ?? new FakeStream();
    this.streams.set(path, stream);
    return stream;
  }

  asked(request: string): IRequest[] {
    return this.requests.filter(one => `${one.method} ${one.path}` === request);
  }

  private async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    if (this.away) {
      throw new TypeError('Failed to fetch');
    }
    const [path, search = ''] = url.split('?');
    const request: IRequest = {
      method: init.method ?? 'GET',
      path,
      query: new URLSearchParams(search),
      body: JSON.parse((init.body as string | undefined) ?? '{}') as Record<
        string,
        Json
      >,
      headers: new Headers(init.headers)
    };
    this.requests.push(request);
    const stream = this.streams.get(path);
    if (stream) {
      stream.lastEventId = request.headers.get('Last-Event-ID');
      return stream.open(init.signal);
    }
    const answer = this.answers.get(`${request.method} ${path}`);
    if (answer === undefined) {
      return Response.json(
        { code: 'not_found', message: `no ${path}` },
        { status: 404 }
      );
    }
    const value: unknown = typeof answer === 'function' ? answer(request) : answer;
    return value instanceof Response ? value : Response.json(value);
  }
}

export function refusal(
  status: number,
  code: string,
  message: string,
  details = {}
): Response {
  return Response.json({ code, message, details }, { status });
}

export class FakePresence implements IPageVisibility {
  visible = true;
  private readonly calls = new Set<() => void>();

  get watchers(): number {
    return this.calls.size;
  }

  watch(call: () => void): () => void {
    this.calls.add(call);
    return () => this.calls.delete(call);
  }

  set(visible: boolean): void {
    this.visible = visible;
    this.calls.forEach(call => call());
  }
}

/** Fills in `%1` and chooses the plural, as JupyterLab's bundle does. */
export const trans: Pick<TranslationBundle, '__' | '_n'> = {
  __: (message: string, ...args: unknown[]) => fill(message, args),
  _n: (one: string, many: string, count: number, ...args: unknown[]) =>
    fill(count === 1 ? one : many, [count, ...args])
};

function fill(message: string, args: unknown[]): string {
  return message.replace(/%(\d)/g, (_, place: string) =>
    String(args[Number(place) - 1])
  );
}

/** Actions that only note that they were wanted. */
export function noteActions(): IActions & { calls: [string, unknown[]][] } {
  const calls: [string, unknown[]][] = [];
  const handler: ProxyHandler<object> = {
    get: (_, name) =>
      name === 'calls'
        ? calls
        : async (...args: unknown[]) => {
            calls.push([String(name), args]);
            return name === 'remove' ? new Set(args[0] as string[]) : true;
          }
  };
  return new Proxy({}, handler) as IActions & { calls: [string, unknown[]][] };
}

export function makeServices(
  server: FakeServer,
  change: Partial<IServices> = {}
): IServices {
  const { client } = server;
  return {
    client,
    live: new LiveModel(client, new FakePresence()),
    history: new History(client),
    features: new Features(),
    preferences: new Preferences(),
    trans,
    actions: noteActions(),
    slots: {
      Outputs: ({ outputs }) => (
        <pre>{outputs.map(output => String(output.text ?? '')).join('')}</pre>
      ),
      gainsByTrust: needsTrust,
      Markdown: ({ source }) => <p>{source}</p>,
      Source: ({ source }) => <code>{source}</code>,
      ParameterFields: ({ schema, values, problems, onChange }) => (
        <>
          {Object.keys(schema.properties ?? {}).map(name => (
            <label key={name}>
              {name}
              <input
                value={String(values[name] ?? '')}
                onChange={event =>
                  onChange({ ...values, [name]: Number(event.target.value) })
                }
              />
              {problems[name]}
            </label>
          ))}
        </>
      )
    },
    locale: 'en',
    ...change
  };
}

export function Provided(props: {
  services: IServices;
  children: React.ReactNode;
}): React.ReactElement {
  return <ServicesProvider value={props.services}>{props.children}</ServicesProvider>;
}

export const HEALTH = {
  version: '0.1.0',
  root_dir: '/',
  default_executor: 'docker',
  default_image: 'image:latest',
  executors: { docker: { ok: true, isolated: true, message: 'Docker answers' } },
  runs: { succeeded: 3 }
};
