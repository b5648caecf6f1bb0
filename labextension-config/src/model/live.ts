import { Signal } from '@lumino/signaling';
import type { BatchClient } from '../api/client';
import { messageOf } from '../api/errors';
import { EventStream } from '../api/eventStream';
import type { StreamStatus } from '../api/eventStream';
import type { IHealth, IRunEvent } from '../api/types';
import { isBad, isOver } from '../api/types';
import { FailureBook, readFailures } from './failures';
import { Model } from './model';
import type { IPageVisibility } from './pageVisibility';
import { tabPresence } from './pageVisibility';
import type { IRow } from './rows';
import { applyEvent, rowOf } from './rows';

/** The current activity of a running run. */
export interface IMoment {
  /** Of the cell that runs, counted from 0. */
  cell: number | null;
  source: string;
  memoryBytes: number | null;
  /** `pulling the image`, with a share from 0 to 1 where it is known. */
  preparing: string | null;
  share: number | null;
}

const NOTHING: IMoment = {
  cell: null,
  source: '',
  memoryBytes: null,
  preparing: null,
  share: null
};

/** The running, waiting and recently failed runs, kept up to date by the stream of all events. */
export class LiveModel extends Model {
  /** Every event that comes, for lists that show the run. */
  readonly happened = new Signal<this, IRunEvent>(this);
  /** Runs that have just ended. */
  readonly ended = new Signal<this, IRow>(this);
  /** The id of a job that has been made, changed or deleted here; events tell only of runs. */
  readonly jobChanged = new Signal<this, string>(this);

  constructor(
    private readonly client: BatchClient,
    private readonly presence: IPageVisibility = tabPresence
  ) {
    super();
    this.stream = new EventStream({
      fetch: client.fetch,
      path: 'events',
      onEvent: event => this.take(event),
      onStatus: status => this.onStatus(status)
    });
    this.unwatch = presence.watch(() => this.followPresence());
  }

  health: IHealth | null = null;
  error: string | null = null;
  loaded = false;
  readonly failures = new FailureBook();

  get status(): StreamStatus {
    return this.stream.status;
  }

  get running(): IRow[] {
    return [...this.active.values()].filter(row => row.state !== 'queued');
  }

  get waiting(): IRow[] {
    return [...this.active.values()].filter(row => row.state === 'queued');
  }

  moment(id: string): IMoment {
    return this.moments.get(id) ?? NOTHING;
  }

  row(id: string): IRow | undefined {
    return this.active.get(id);
  }

  /** Begins to listen; further calls change nothing. */
  start(): void {
    this.started = true;
    this.followPresence();
  }

  /** Asks anew for everything. */
  async reload(): Promise<void> {
    this.reloading = true;
    try {
      let trouble: string | null = null;
      const [active, bad, health] = await Promise.all([
        this.client.runs({
          state: ['queued', 'starting', 'running', 'cancelling'],
          limit: 1000
        }),
        readFailures(this.client),
        // Where it says that the queue is not served, the runs are shown nevertheless.
        this.client.health().catch((error: unknown) => {
          trouble = messageOf(error);
          return null;
        })
      ]);
      this.active = new Map(active.items.map(run => [run.id, rowOf(run)]));
      // What has ended while nobody listened is not doing anything.
      [...this.moments.keys()]
        .filter(id => !this.active.has(id))
        .forEach(id => this.moments.delete(id));
      this.failures.put(bad);
      this.health = health;
      this.error = trouble;
      this.loaded = true;
    } catch (error) {
      this.error = messageOf(error);
    } finally {
      this.reloading = false;
      // What was told meanwhile may be newer or older than the answers: ask for those runs.
      const ids = new Set(this.missed.splice(0).map(event => event.run_id));
      ids.forEach(id => void this.refresh(id));
      this.touch();
    }
  }

  /** Asks for the state of the executors. */
  async checkHealth(): Promise<void> {
    try {
      this.health = await this.client.health();
      if (this.error !== null) {
        // It answers again, and so what it could not tell before can be asked for.
        await this.reload();
        return;
      }
    } catch (error) {
      this.error = messageOf(error);
    }
    this.touch();
  }

  dispose(): void {
    this.unwatch();
    this.stream.stop();
    super.dispose();
  }

  private followPresence(): void {
    if (this.started && this.presence.visible) {
      this.stream.start();
    } else {
      this.stream.stop();
    }
  }

  private onStatus(status: StreamStatus): void {
    if (status === 'open') {
      void this.reload();
    }
    this.touchSoon();
  }

  private take(event: IRunEvent): void {
    this.happened.emit(event);
    if (this.reloading) {
      this.missed.push(event);
    }
    const row = this.active.get(event.run_id);
    if (!row) {
      if (event.kind === 'state') {
        void this.refresh(event.run_id);
      }
      return;
    }
    this.moments.set(row.id, momentAfter(this.moment(row.id), event));
    this.put(applyEvent(row, event));
    if (event.kind === 'state' && this.asked.has(row.id)) {
      // What is on its way may be older than this event.
      void this.refresh(row.id);
    }
  }

  /** Asks for a run; of several answers that are on their way only the last counts. */
  private async refresh(id: string): Promise<void> {
    const no = (this.asked.get(id) ?? 0) + 1;
    this.asked.set(id, no);
    const run = await this.client.run(id).catch(() => null);
    if (this.asked.get(id) !== no) {
      return;
    }
    this.asked.delete(id);
    if (run) {
      this.put(rowOf(run));
    } else {
      this.active.delete(id);
      this.moments.delete(id);
      this.failures.drop(new Set([id]));
      this.touchSoon();
    }
  }

  /** Forgets runs that have been deleted. */
  forget(ids: ReadonlySet<string>): void {
    this.failures.drop(ids);
    this.touch();
  }

  private put(row: IRow): void {
    const before = this.active.get(row.id);
    if (!isOver(row.state)) {
      this.active.set(row.id, row);
      this.failures.drop(new Set([row.id]));
    } else {
      this.active.delete(row.id);
      this.moments.delete(row.id);
      if (isBad(row.state)) {
        this.failures.add(row);
      } else if (row.state === 'succeeded') {
        this.failures.succeed(row);
      }
      if (before) {
        this.ended.emit(row);
      }
    }
    this.count(before, row);
    this.touchSoon();
  }

  /** Keeps the numbers of the runs in each state true between two looks at the server's health. */
  private count(before: IRow | undefined, after: IRow): void {
    if (this.health && before?.state !== after.state) {
      const runs = { ...this.health.runs };
      runs[after.state] = (runs[after.state] ?? 0) + 1;
      if (before) {
        runs[before.state] = Math.max(0, (runs[before.state] ?? 0) - 1);
      }
      this.health = { ...this.health, runs };
    }
  }

  private readonly stream: EventStream;
  private readonly unwatch: () => void;
  private active = new Map<string, IRow>();
  private readonly moments = new Map<string, IMoment>();
  /** How many answers about a run are on their way. */
  private readonly asked = new Map<string, number>();
  private missed: IRunEvent[] = [];
  private reloading = false;
  private started = false;
}

/** Returns what a run is doing after an event. */
export function momentAfter(moment: IMoment, event: IRunEvent): IMoment {
  const data = event.data ?? {};
  switch (event.kind) {
    case 'cell_started':
      return {
        ...moment,
        cell: data.cell_index ?? null,
        source: data.source ?? '',
        preparing: null
      };
    case 'heartbeat':
      return { ...moment, memoryBytes: data.memory_bytes ?? null };
    case 'preparing':
      return {
        ...moment,
        preparing: data.message ?? '',
        share: data.share ?? null
      };
    case 'ready':
    case 'started':
      return { ...moment, preparing: null, share: null };
    case 'state':
      return data.state === 'queued' ? NOTHING : moment;
    default:
      return moment;
  }
}
