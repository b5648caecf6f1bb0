import type { RunState } from '../api/types';
import { exact } from '../model/instants';
import type { IRow } from '../model/rows';
import { hasNominalTime } from '../model/rows';
import type { ITrans } from './services';

/** A state as people read it. */
export function stateWord(trans: ITrans, state: RunState | 'not_run'): string {
  const words: Record<typeof state, string> = {
    queued: trans.__('Queued'),
    starting: trans.__('Starting'),
    running: trans.__('Running'),
    cancelling: trans.__('Cancelling'),
    succeeded: trans.__('Succeeded'),
    failed: trans.__('Failed'),
    timed_out: trans.__('Timed out'),
    cancelled: trans.__('Cancelled'),
    lost: trans.__('Lost'),
    skipped: trans.__('Skipped'),
    not_run: trans.__('Not run')
  };
  return words[state];
}

/** The instant that a run stands for, and when it was made where that is another. */
export function timesWord(trans: ITrans, row: IRow, locale?: string): string {
  const nominal = exact(row.scheduledFor, { locale });
  return hasNominalTime(row)
    ? `${nominal}\n${trans.__('Made: %1', exact(row.createdAt, { locale }))}`
    : nominal;
}

/** Returns the cause of a run, as people read it. */
export function triggerWord(trans: ITrans, trigger: string): string {
  const words: Record<string, string> = {
    schedule: trans.__('Schedule'),
    manual: trans.__('By hand'),
    api: trans.__('API'),
    retry: trans.__('Retry'),
    backfill: trans.__('Backfill'),
    sweep: trans.__('Sweep')
  };
  return words[trigger] ?? trigger;
}
