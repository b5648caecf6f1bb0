import type { IPageVisibility } from './pageVisibility';
import { tabPresence } from './pageVisibility';

interface IListener {
  call: (now: number) => void;
  period: number;
  due: number;
}

/** Tells everything that shows the time how late it is, by one timer; rests while it is hidden. */
export class Clock {
  constructor(private readonly presence: IPageVisibility = tabPresence) {}

  /** Tells the time now, then every so many milliseconds; returns the function that ends it. */
  every(period: number, call: (now: number) => void): () => void {
    const now = Date.now();
    const listener = { call, period, due: now + period };
    this.listeners.add(listener);
    this.unwatch ??= this.presence.watch(() => this.onPresence());
    call(now);
    this.wind();
    return () => {
      this.listeners.delete(listener);
      if (!this.listeners.size) {
        this.unwatch?.();
        this.unwatch = undefined;
      }
      this.wind();
    };
  }

  private onPresence(): void {
    if (this.presence.visible) {
      this.listeners.forEach(one => (one.due = 0));
      this.tell();
    } else {
      this.wind();
    }
  }

  private tell(): void {
    const now = Date.now();
    for (const one of [...this.listeners].filter(listener => listener.due <= now)) {
      one.due = now + one.period;
      one.call(now);
    }
    this.wind();
  }

  private wind(): void {
    clearTimeout(this.timer);
    if (this.listeners.size && this.presence.visible) {
      const next = Math.min(...[...this.listeners].map(one => one.due));
      this.timer = setTimeout(() => this.tell(), Math.max(0, next - Date.now()));
    }
  }

  private readonly listeners = new Set<IListener>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private unwatch: (() => void) | undefined;
}

/** The clock of this browser tab. */
export const tabClock = new Clock();
