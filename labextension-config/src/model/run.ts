import type { BatchClient } from '../api/client';
import { messageOf } from '../api/errors';
import { EventStream } from '../api/eventStream';
import type { StreamStatus } from '../api/eventStream';
import type {
  CellState,
  ICell,
  ICellCount,
  IRun,
  IRunEvent,
  RunState
} from '../api/types';
import { isOver } from '../api/types';
import type { IMoment } from './live';
import { momentAfter } from './live';
import { LogModel } from './log';
import { Model } from './model';
import { OutputBook } from './outputs';
import type { IPageVisibility } from './pageVisibility';
import { tabPresence } from './pageVisibility';
import { progressAfter, ResultsModel } from './results';
import { cellsOf } from './skeleton';

/** Ids of events carry the attempt above this many. */
const EVENTS_OF_ATTEMPT = 2 ** 42;

/** One run with its cells, outputs and log; live while it runs and is looked at. */
export class RunModel extends Model {
  readonly outputs = new OutputBook();
  readonly log: LogModel;
  readonly results: ResultsModel;

  constructor(
    private readonly client: BatchClient,
    readonly id: string,
    private readonly presence: IPageVisibility = tabPresence
  ) {
    super();
    this.log = new LogModel(client, id);
    this.results = new ResultsModel(client, id);
    this.results.changed.connect(() => this.touchSoon());
    this.unwatch = presence.watch(() => this.follow());
  }

  run: IRun | null = null;
  cells: readonly ICell[] = [];
  moment: IMoment = momentAfter(EMPTY, {
    run_id: '',
    event_id: 0,
    at: '',
    kind: 'ready'
  });
  /** The attempt that is shown; null for the newest. */
  attempt: number | null = null;
  error: string | null = null;
  status: StreamStatus = 'idle';

  get attemptNo(): number {
    return this.attempt ?? this.run?.attempts?.at(-1)?.attempt_no ?? 1;
  }

  get isLive(): boolean {
    return this.run !== null && !isOver(this.run.state);
  }

  /** The page can be seen, or cannot any more. */
  set visible(visible: boolean) {
    this._visible = visible;
    this.follow();
  }

  async load(): Promise<void> {
    try {
      await this.readRun();
      this.error = null;
      if (this.isLive && this.attempt === null) {
        this.follow();
      } else {
        this.drop();
        await this.readRecord();
      }
    } catch (error) {
      this.error = messageOf(error);
    }
    this.touch();
  }

  /** Shows another attempt; null for the newest. */
  async showAttempt(attempt: number | null): Promise<void> {
    this.attempt = attempt;
    this.drop();
    this.cells = [];
    this.outputs.clear();
    this.log.show(attempt);
    this.results.show(attempt);
    await this.load();
  }

  dispose(): void {
    this.unwatch();
    this.drop();
    this.log.dispose();
    this.results.dispose();
    super.dispose();
  }

  private async readRecord(): Promise<void> {
    void this.results.load();
    const attempt = this.attempt ?? undefined;
    let lost: unknown = null;
    const page = await this.client.cells(this.id, attempt).catch((error: unknown) => {
      // Outputs are in files of their own: where one is damaged, the cells may still be told.
      lost = error;
      return this.client.cellMarks(this.id, attempt).catch(() => ({ items: [] }));
    });
    for (const cell of page.items) {
      this.outputs.put(cell.cell_index, cell.outputs ?? []);
    }
    if (lost !== null) {
      this.cells = page.items;
      throw lost;
    }
    // A run that never began has no records: its notebook still tells what was to be run.
    this.cells = page.items.length
      ? page.items.map(({ outputs: _, ...cell }) => cell)
      : cellsOf(await this.client.notebook(this.id, { input: true }));
  }

  private follow(): void {
    // The answer to a page that is closed by now follows nothing.
    if (this.isDisposed || !this.isLive || this.attempt !== null) {
      return;
    }
    if (!this._visible || !this.presence.visible) {
      this.stream?.stop();
      return;
    }
    if (!this.stream) {
      this.outputs.clear();
      this.known.clear();
      void this.readSkeleton();
      void this.results.load();
      this.stream = new EventStream({
        fetch: this.client.fetch,
        path: `runs/${this.id}/events`,
        after: this.attemptNo * EVENTS_OF_ATTEMPT - 1,
        onEvent: event => this.take(event),
        onStatus: status => this.onStatus(status)
      });
    }
    this.stream.start();
  }

  private drop(): void {
    this.stream?.stop();
    this.stream = null;
  }

  private onStatus(status: StreamStatus): void {
    this.status = status;
    if (status === 'ended') {
      void this.refresh();
    }
    this.touchSoon();
  }

  private async readSkeleton(): Promise<void> {
    try {
      const planned = cellsOf(await this.client.notebook(this.id));
      this.cells = planned.map(cell => ({
        ...cell,
        ...this.known.get(cell.cell_index)
      }));
      this.touchSoon();
    } catch {
      // The events tell of the cells one by one.
    }
  }

  private take(event: IRunEvent): void {
    const data = event.data ?? {};
    this.moment = momentAfter(this.moment, event);
    switch (event.kind) {
      case 'state':
        this.onState(event);
        break;
      case 'started':
        // Only now has papermill put its cell with the parameters in.
        void this.readSkeleton();
        break;
      case 'cell_started':
        this.putCell(Number(data.cell_index), {
          cell_type: data.cell_type ?? 'code',
          state: 'running',
          started_at: event.at
        });
        this.count({ total: data.cells_total ?? 0 });
        break;
      case 'cell_finished':
        this.putCell(Number(data.cell_index), {
          state: data.state as CellState,
          finished_at: event.at,
          execution_count: data.execution_count,
          error: data.error,
          memory_bytes: data.memory_bytes
        });
        this.count(data.cells ?? {});
        break;
      case 'output':
        this.outputs.apply(data.ops ?? []);
        break;
      case 'artifact':
        void this.refresh();
        break;
      case 'result':
        this.results.soon();
        break;
      case 'progress':
        if (this.run) {
          const progress = progressAfter(this.run.progress ?? [], event);
          this.run = { ...this.run, progress };
        }
        break;
    }
    this.touchSoon();
  }

  private onState(event: IRunEvent): void {
    const before = this.run;
    if (!before) {
      return;
    }
    const { reason, attempt_no } = event.data ?? {};
    const state = event.data?.state as RunState;
    const attempts = before.attempts?.map(attempt =>
      attempt.attempt_no === attempt_no && state !== 'queued'
        ? { ...attempt, state }
        : attempt
    );
    this.run = { ...before, state, reason, attempts };
    if ((attempt_no ?? 0) > (before.attempts?.length ?? 0) && before.attempts?.length) {
      // A new attempt begins with a clean sheet.
      this.drop();
      void this.load();
    } else {
      void this.refresh();
    }
  }

  /** Reads the run anew; at its end also what was recorded, which is final. */
  private async refresh(): Promise<void> {
    try {
      const run = await this.readRun();
      this.error = null;
      if (run && isOver(run.state)) {
        this.drop();
        await this.readRecord();
        await this.log.more();
      }
      this.touch();
    } catch (error) {
      this.error = messageOf(error);
      this.touch();
    }
  }

  /** Reads the run; of several answers that are on their way only the last counts. */
  private async readRun(): Promise<IRun | null> {
    const no = ++this.asked;
    const run = await this.client.run(this.id);
    if (no !== this.asked) {
      return null;
    }
    this.run = newest(this.run, run);
    return this.run;
  }

  private putCell(index: number, change: Partial<ICell>): void {
    const place = this.cells.findIndex(cell => cell.cell_index === index);
    const before = place < 0 ? newCell(index) : this.cells[place];
    const after = { ...before, ...change };
    this.known.set(index, { ...this.known.get(index), ...change });
    this.cells =
      place < 0
        ? [...this.cells, after]
        : this.cells.map((cell, no) => (no === place ? after : cell));
  }

  private count(cells: Partial<ICellCount>): void {
    if (this.run) {
      const before = this.run.cells ?? { total: 0, done: 0, failed: 0 };
      this.run = { ...this.run, cells: { ...before, ...cells } };
    }
  }

  private stream: EventStream | null = null;
  private readonly unwatch: () => void;
  /** The cells as events report them; their sources come from the notebook. */
  private readonly known = new Map<number, Partial<ICell>>();
  private _visible = false;
  private asked = 0;
}

/** An answer may be older than the events that came meanwhile: cells do not become undone. */
function newest(before: IRun | null, after: IRun): IRun {
  const same = before?.attempts?.length === after.attempts?.length;
  const ahead = (before?.cells?.done ?? 0) > (after.cells?.done ?? 0);
  return same && ahead && !isOver(after.state)
    ? { ...after, cells: before?.cells, progress: before?.progress }
    : after;
}

const EMPTY: IMoment = {
  cell: null,
  source: '',
  memoryBytes: null,
  preparing: null,
  share: null
};

function newCell(index: number): ICell {
  return { cell_index: index, cell_type: 'code', source: '', state: 'not_run' };
}
