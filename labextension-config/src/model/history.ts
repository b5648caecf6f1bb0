import type { BatchClient } from '../api/client';
import type { IRow } from './rows';
import { rowOf, secondsOf } from './rows';

const KEPT_MS = 5 * 60_000;

/** Knows how long runs like this one take. */
export class History {
  constructor(private readonly client: BatchClient) {}

  /** Median seconds of the last runs of the same job (or notebook) that succeeded; null if none. */
  typicalSeconds(row: IRow): Promise<number | null> {
    const key = row.jobId ?? row.notebook;
    const known = this.answers.get(key);
    if (known && Date.now() - known.at < KEPT_MS) {
      return known.answer;
    }
    const answer = this.ask(row).catch(() => null);
    this.answers.set(key, { at: Date.now(), answer });
    return answer;
  }

  private async ask(row: IRow): Promise<number | null> {
    const filter = row.jobId ? { job_id: row.jobId } : { q: row.notebook };
    const page = await this.client.runs({ ...filter, state: 'succeeded', limit: 10 });
    const alike = page.items.map(rowOf).filter(one => one.notebook === row.notebook);
    const seconds = alike.flatMap(one => secondsOf(one, 0) ?? []).sort((a, b) => a - b);
    return seconds.length ? seconds[Math.floor(seconds.length / 2)] : null;
  }

  private readonly answers = new Map<
    string,
    { at: number; answer: Promise<number | null> }
  >();
}
