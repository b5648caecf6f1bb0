import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

/** The base of the models that views draw: it signals changes and counts versions. */
export abstract class Model implements IDisposable {
  readonly changed = new Signal<this, void>(this);

  get version(): number {
    return this._version;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    if (!this._disposed) {
      this._disposed = true;
      clearTimeout(this.timer);
      Signal.clearData(this);
    }
  }

  /** Tells at once. */
  protected touch(): void {
    if (this._disposed) {
      return;
    }
    clearTimeout(this.timer);
    this.timer = undefined;
    this._version += 1;
    this.changed.emit();
  }

  /** Tells within a frame or two, once for all that happens until then. */
  protected touchSoon(): void {
    if (!this._disposed) {
      this.timer ??= setTimeout(() => this.touch(), 30);
    }
  }

  private _version = 0;
  private _disposed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
}
