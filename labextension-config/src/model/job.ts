import type { BatchClient } from '../api/client';
import { messageOf } from '../api/errors';
import type { CellState, IJob, IRunEvent, ISchedulePreview } from '../api/types';
import { isOver } from '../api/types';
import type { LiveModel } from './live';
import { Model } from './model';
import type { IRow } from './rows';
import { applyEvent, rowOf } from './rows';

/** Runs in the matrix. */
const MATRIX = 30;

/** A cell of the matrix. */
export interface ICellMark {
  index: number;
  /** The index of the cell in the notebook itself, without the run's own parameters cell. */
  place: number;
  type: string;
  state: CellState;
  seconds: number | null;
}

/** A job with its last runs, what their cells took, and what comes next. */
export class JobModel extends Model {
  constructor(
    private readonly client: BatchClient,
    private readonly live: LiveModel,
    readonly id: string
  ) {
    super();
    live.happened.connect(this.take, this);
    live.jobChanged.connect(this.onChanged, this);
  }

  job: IJob | null = null;
  /** Newest first. */
  rows: readonly IRow[] = [];
  /** The schedule in words and its next instants; null where there is none. */
  schedule: ISchedulePreview | null = null;
  error: string | null = null;

  async load(withSchedule = this.withSchedule): Promise<void> {
    this.withSchedule = withSchedule;
    const no = ++this.asked;
    try {
      const [job, runs] = await Promise.all([
        this.client.job(this.id),
        this.client.jobRuns(this.id, { limit: MATRIX })
      ]);
      if (no !== this.asked) {
        return;
      }
      this.answered = no;
      this.job = job;
      this.rows = runs.items.map(rowOf);
      this.error = null;
      this.touch();
      const scheduled = withSchedule && Boolean(job.triggers?.length);
      this.schedule = scheduled ? await this.client.upcoming(this.id, 5) : null;
    } catch (error) {
      if (no !== this.asked) {
        return;
      }
      this.answered = no;
      this.error = messageOf(error);
    }
    this.touch();
  }

  /** The cells of a run; asked for when first looked at, again once the run is over. */
  cells(row: IRow): readonly ICellMark[] | null {
    const key = `${row.id} ${row.attempts} ${isOver(row.state)}`;
    const known = this.marks.get(key);
    if (known === undefined && row.attempts > 0) {
      this.marks.set(key, null);
      void this.readCells(row.id, key);
    }
    return known ?? null;
  }

  dispose(): void {
    this.live.happened.disconnect(this.take, this);
    this.live.jobChanged.disconnect(this.onChanged, this);
    super.dispose();
  }

  private async readCells(id: string, key: string): Promise<void> {
    try {
      const page = await this.client.cellMarks(id);
      // Runs with parameters have a cell more: left out, so that columns are the same cells.
      const own = page.items.filter(
        cell => ![cell.metadata?.tags].flat().includes('injected-parameters')
      );
      this.marks.set(
        key,
        own.map((cell, place) => ({
          index: cell.cell_index,
          place,
          type: cell.cell_type,
          state: cell.state,
          seconds:
            cell.started_at && cell.finished_at
              ? (Date.parse(cell.finished_at) - Date.parse(cell.started_at)) / 1000
              : null
        }))
      );
      this.touchSoon();
    } catch {
      // The row stays empty; the run's own page says what is wrong.
    }
  }

  private onChanged(_: LiveModel, id: string): void {
    if (id === this.id) {
      void this.load();
    }
  }

  private take(_: LiveModel, event: IRunEvent): void {
    const place = this.rows.findIndex(row => row.id === event.run_id);
    if (place >= 0) {
      const rows = [...this.rows];
      rows[place] = applyEvent(rows[place], event);
      this.rows = rows;
      this.touchSoon();
      if (event.kind === 'state' && this.answered !== this.asked) {
        // What is being read may be older than this event.
        void this.load();
      }
    } else if (event.kind === 'state' && event.data?.job_id === this.id) {
      void this.load();
    }
  }

  private asked = 0;
  private answered = 0;
  /** Whether the server can tell of schedules. */
  private withSchedule = false;
  private readonly marks = new Map<string, readonly ICellMark[] | null>();
}
