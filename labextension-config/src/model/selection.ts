import { Signal } from '@lumino/signaling';

/** The selected rows, by id, with ranges by shift. */
export class Selection {
  readonly changed = new Signal<this, void>(this);

  get ids(): ReadonlySet<string> {
    return this._ids;
  }

  has(id: string): boolean {
    return this._ids.has(id);
  }

  /** Turns one on or off; with `range`, everything from the last one that was turned. */
  toggle(id: string, order: readonly { id: string }[], range: boolean): void {
    const ids = new Set(this._ids);
    const on = !ids.has(id);
    const [from, to] = [this.anchor, id].map(one =>
      order.findIndex(row => row.id === one)
    );
    const chosen =
      range && from >= 0 && to >= 0
        ? order.slice(Math.min(from, to), Math.max(from, to) + 1)
        : [{ id }];
    chosen.forEach(row => (on ? ids.add(row.id) : ids.delete(row.id)));
    this.anchor = id;
    this.set(ids);
  }

  set(ids: Iterable<string>): void {
    this._ids = new Set(ids);
    this.changed.emit();
  }

  clear(): void {
    if (this._ids.size) {
      this.set([]);
    }
  }

  drop(gone: ReadonlySet<string>): void {
    this.set([...this._ids].filter(id => !gone.has(id)));
  }

  private _ids: ReadonlySet<string> = new Set();
  private anchor = '';
}
