import { Notification } from '@jupyterlab/apputils';
import type { BatchClient } from '../api/client';
import type { IRun } from '../api/types';
import { isBad, isOver } from '../api/types';
import { duration } from '../model/format';
import type { LiveModel } from '../model/live';
import type { Preferences } from '../model/preferences';
import type { IRow } from '../model/rows';
import { failureOf, rowOf, secondsOf } from '../model/rows';
import type { ITrans } from '../view/services';
import { stateWord } from '../view/labels';

const KEY = 'jupyter-batch:started';

interface INotifierOptions {
  client: BatchClient;
  live: LiveModel;
  preferences: Preferences;
  trans: ITrans;
  open: (id: string, name: string) => void;
}

/** Tells the end of runs that were started in this tab, over a reload of it too. */
export class Notifier {
  constructor(private readonly options: INotifierOptions) {
    const { live } = options;
    live.ended.connect((_, row) => this.onEnded(row));
    live.changed.connect(() => void this.catchUp());
  }

  add(run: IRun): void {
    this.ids.add(run.id);
    this.keep();
  }

  /** Ends that happened without a listener are reported once there is one. */
  private async catchUp(): Promise<void> {
    const { live, client } = this.options;
    if (this.caughtUp || !live.loaded) {
      return;
    }
    this.caughtUp = true;
    for (const id of [...this.ids].filter(one => !live.row(one))) {
      try {
        const row = rowOf(await client.run(id));
        if (isOver(row.state)) {
          this.onEnded(row);
        }
      } catch {
        this.ids.delete(id);
      }
    }
  }

  private onEnded(row: IRow): void {
    if (!this.ids.delete(row.id)) {
      return;
    }
    this.keep();
    const { preferences, trans, open } = this.options;
    const wanted = preferences.values.notifications;
    const bad = isBad(row.state);
    if (wanted === 'none' || (wanted === 'failures' && !bad)) {
      return;
    }
    const word = stateWord(trans, row.state);
    const took = duration(secondsOf(row, Date.now()));
    const text = bad
      ? trans.__('%1: %2. %3', row.name, word, failureOf(row) ?? '')
      : trans.__('%1: %2 after %3', row.name, word, took);
    const tell = bad ? Notification.error : Notification.success;
    tell(text.slice(0, 300), {
      autoClose: bad ? 10_000 : 5000,
      actions: [{ label: trans.__('Show'), callback: () => open(row.id, row.name) }]
    });
  }

  private keep(): void {
    sessionStorage.setItem(KEY, JSON.stringify([...this.ids]));
  }

  private caughtUp = false;
  private readonly ids = new Set<string>(
    JSON.parse(sessionStorage.getItem(KEY) ?? '[]') as string[]
  );
}
