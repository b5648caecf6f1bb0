import type { BatchClient } from '../api/client';
import { messageOf } from '../api/errors';
import type { IJob, IRunEvent } from '../api/types';
import type { LiveModel } from './live';
import { Model } from './model';
import type { IRow } from './rows';
import { applyEvent, rowOf } from './rows';

/** How many runs the strip of a job shows. */
export const STRIP = 20;

/** Jobs, with the last runs of those that are on the screen. */
export class JobListModel extends Model {
  constructor(
    private readonly client: BatchClient,
    private readonly live: LiveModel
  ) {
    super();
    live.happened.connect(this.take, this);
    live.jobChanged.connect(this.onChanged, this);
  }

  jobs: readonly IJob[] = [];
  text = '';
  loaded = false;
  error: string | null = null;

  setText(text: string): void {
    this.text = text;
    void this.reload();
  }

  async reload(): Promise<void> {
    const generation = ++this.generation;
    try {
      const jobs: IJob[] = [];
      let cursor: string | null = null;
      do {
        const query = { q: this.text.trim(), cursor, limit: 500 };
        const page = await this.client.jobs(query);
        if (generation !== this.generation || this.isDisposed) {
          return;
        }
        jobs.push(...page.items);
        cursor = page.next_cursor ?? null;
      } while (cursor !== null);
      this.jobs = jobs;
      this.nexts.clear();
      this.error = null;
      this.loaded = true;
    } catch (error) {
      this.error = messageOf(error);
    }
    this.touch();
  }

  /** The last runs of a job, newest first; asked for when first looked at. */
  recent(jobId: string): readonly IRow[] | null {
    const known = this.recents.get(jobId);
    if (known === undefined) {
      this.recents.set(jobId, null);
      void this.readRecent(jobId);
    }
    return known ?? null;
  }

  /** When a job runs next by itself, in milliseconds; null for never, undefined for not known yet. */
  next(job: IJob): number | null | undefined {
    if (!job.triggers?.length || job.paused) {
      return null;
    }
    if (!this.nexts.has(job.id)) {
      this.nexts.set(job.id, undefined);
      void this.readNext(job.id);
    }
    return this.nexts.get(job.id);
  }

  dispose(): void {
    this.live.happened.disconnect(this.take, this);
    this.live.jobChanged.disconnect(this.onChanged, this);
    super.dispose();
  }

  private async readRecent(jobId: string): Promise<void> {
    const no = (this.asked.get(jobId) ?? 0) + 1;
    this.asked.set(jobId, no);
    const page = await this.client.jobRuns(jobId, { limit: STRIP }).catch(() => null);
    if (this.asked.get(jobId) !== no) {
      return;
    }
    this.asked.delete(jobId);
    if (page) {
      this.recents.set(jobId, page.items.map(rowOf));
      this.touchSoon();
    } else if (!this.recents.get(jobId)) {
      // Asked for again when it is looked at again.
      this.recents.delete(jobId);
    }
  }

  private async readNext(jobId: string): Promise<void> {
    try {
      const { instants } = await this.client.upcoming(jobId, 1);
      this.nexts.set(jobId, instants.length ? Date.parse(instants[0].at) : null);
      this.touchSoon();
    } catch {
      // The job's own page says what is wrong.
    }
  }

  private onChanged(): void {
    void this.reload();
  }

  private take(_: LiveModel, event: IRunEvent): void {
    const jobId = event.data?.job_id;
    for (const [id, rows] of this.recents) {
      const place = rows?.findIndex(row => row.id === event.run_id) ?? -1;
      if (rows && place >= 0) {
        const next = [...rows];
        next[place] = applyEvent(rows[place], event);
        this.recents.set(id, next);
        this.touchSoon();
        if (event.kind === 'state' && this.asked.has(id)) {
          // What is being read may be older than this event.
          void this.readRecent(id);
        }
        return;
      }
    }
    if (
      event.kind === 'state' &&
      typeof jobId === 'string' &&
      this.recents.has(jobId)
    ) {
      void this.readRecent(jobId);
      void this.readNext(jobId);
    }
  }

  private readonly recents = new Map<string, readonly IRow[] | null>();
  private readonly nexts = new Map<string, number | null | undefined>();
  private generation = 0;
  /** How many answers about the runs of a job are on their way. */
  private readonly asked = new Map<string, number>();
}
