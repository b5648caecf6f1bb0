import type { Fetch } from './client';
import { readMessages } from './sse';
import type { IRunEvent } from './types';

export type StreamStatus = 'idle' | 'connecting' | 'open' | 'lost' | 'ended';

export interface IEventStreamOptions {
  fetch: Fetch;
  /** `events`, or `runs/<id>/events`. */
  path: string;
  /** Id of the last event that is known; null for from now on. */
  after?: number | null;
  onEvent: (event: IRunEvent) => void;
  onStatus?: (status: StreamStatus) => void;
  /** Pause before each new try, by how many have failed. */
  pause?: (failures: number) => number;
}

/** The server says something at least every 15 s; after this silence the connection is dead. */
const SILENCE_MS = 45_000;

/** Follows an event stream over dropped connections and new owners, each event once. */
export class EventStream {
  constructor(private readonly options: IEventStreamOptions) {
    this.last = options.after ?? null;
  }

  get status(): StreamStatus {
    return this._status;
  }

  /** Follows from the last event that was seen. */
  start(): void {
    if (this.abort) {
      return;
    }
    this.abort = new AbortController();
    void this.follow(this.abort.signal);
  }

  /** Lets go of the connection; `start` goes on where it was. */
  stop(): void {
    this.abort?.abort();
    this.abort = null;
    this.setStatus('idle');
  }

  private async follow(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      this.setStatus(failures ? 'lost' : 'connecting');
      try {
        const over = await this.connect(signal, () => {
          failures = 0;
          this.setStatus('open');
        });
        if (over) {
          this.abort = null;
          this.setStatus('ended');
          return;
        }
      } catch {
        // Told by the status: a server that is away and one that refuses look the same here.
      }
      if (signal.aborted) {
        return;
      }
      failures += 1;
      this.setStatus('lost');
      await wait((this.options.pause ?? backoff)(failures), signal);
    }
  }

  /** Returns true when the server says that there is nothing more to come. */
  private async connect(signal: AbortSignal, opened: () => void): Promise<boolean> {
    const connection = new AbortController();
    const drop = () => connection.abort();
    signal.addEventListener('abort', drop);
    let watchdog = setTimeout(drop, SILENCE_MS);
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(drop, SILENCE_MS);
    };
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (this.last !== null) {
        headers['Last-Event-ID'] = String(this.last);
      }
      const response = await this.options.fetch(this.options.path, {
        headers,
        signal: connection.signal
      });
      if (response.status === 204) {
        return true;
      }
      if (!response.ok || !response.body) {
        throw new Error(`the server answered ${response.status}`);
      }
      opened();
      for await (const message of readMessages(response.body, alive)) {
        if (signal.aborted) {
          return false;
        }
        if (message.id !== null) {
          this.last = Number(message.id);
        }
        this.options.onEvent(JSON.parse(message.data) as IRunEvent);
      }
      return false;
    } finally {
      clearTimeout(watchdog);
      signal.removeEventListener('abort', drop);
      connection.abort();
    }
  }

  private setStatus(status: StreamStatus): void {
    if (status !== this._status) {
      this._status = status;
      this.options.onStatus?.(status);
    }
  }

  private _status: StreamStatus = 'idle';
  private abort: AbortController | null = null;
  private last: number | null;
}

function backoff(failures: number): number {
  return Math.min(250 * 2 ** (failures - 1), 5000);
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
