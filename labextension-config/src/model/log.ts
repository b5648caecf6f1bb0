import type { BatchClient } from '../api/client';
import { messageOf } from '../api/errors';
import type { ILogLine } from '../api/types';
import { Model } from './model';

/** Lines of the log of an attempt, read on as they come. */
export class LogModel extends Model {
  constructor(
    private readonly client: BatchClient,
    private readonly id: string
  ) {
    super();
  }

  lines: readonly ILogLine[] = [];
  error: string | null = null;
  loaded = false;

  /** Turns to another attempt. */
  show(attempt: number | null): void {
    this.attempt = attempt;
    this.lines = [];
    this.loaded = false;
  }

  /** Reads what has come since. */
  async more(): Promise<void> {
    if (this.reading) {
      return;
    }
    this.reading = true;
    try {
      for (;;) {
        const after = this.lines.at(-1)?.line_no ?? 0;
        const page = await this.client.log(this.id, after, this.attempt ?? undefined);
        this.lines = [...this.lines, ...page.items];
        if (this.isDisposed || !page.next_after || !page.items.length) {
          break;
        }
      }
      this.error = null;
      this.loaded = true;
    } catch (error) {
      this.error = messageOf(error);
    }
    this.reading = false;
    this.touch();
  }

  private attempt: number | null = null;
  private reading = false;
}
