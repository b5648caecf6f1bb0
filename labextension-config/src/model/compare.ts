import type { BatchClient } from '../api/client';
import { messageOf } from '../api/errors';
import type { ICell, IRun, Json } from '../api/types';
import { Model } from './model';

/** A cell of each of two runs; either may have none at that place. */
export interface IPair {
  index: number;
  one: ICell | null;
  other: ICell | null;
  /** Whether both have the same source, and the same outputs. */
  sameSource: boolean;
  sameOutputs: boolean;
}

/** Two runs side by side. */
export class CompareModel extends Model {
  constructor(
    private readonly client: BatchClient,
    readonly ids: readonly [string, string]
  ) {
    super();
  }

  runs: readonly [IRun, IRun] | null = null;
  pairs: readonly IPair[] = [];
  error: string | null = null;

  async load(): Promise<void> {
    try {
      const [one, other] = this.ids;
      const [runs, cells] = await Promise.all([
        Promise.all([this.client.run(one), this.client.run(other)]),
        Promise.all([this.client.cells(one), this.client.cells(other)])
      ]);
      this.runs = runs;
      this.pairs = pairCells(cells[0].items, cells[1].items);
      this.error = null;
    } catch (error) {
      this.error = messageOf(error);
    }
    this.touch();
  }
}

/** Puts cells side by side by their place, the cell with the run's parameters apart. */
export function pairCells(ones: readonly ICell[], others: readonly ICell[]): IPair[] {
  const [left, right] = [ones, others].map(alignable);
  const count = Math.max(left.length, right.length);
  return Array.from({ length: count }, (_, index) => {
    const one = left.at(index) ?? null;
    const other = right.at(index) ?? null;
    return {
      index,
      one,
      other,
      sameSource: one?.source === other?.source,
      sameOutputs:
        JSON.stringify(one?.outputs ?? []) === JSON.stringify(other?.outputs ?? [])
    };
  });
}

/** Names of the parameters of either run, with both values. */
export function pairParameters(
  one: IRun,
  other: IRun
): { name: string; values: [Json | undefined, Json | undefined]; same: boolean }[] {
  const [left, right] = [one.parameters ?? {}, other.parameters ?? {}];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].map(name => ({
    name,
    values: [left[name], right[name]],
    same: JSON.stringify(left[name]) === JSON.stringify(right[name])
  }));
}

/** Only one of two runs may have been given parameters: their cell must not shift the others. */
function alignable(cells: readonly ICell[]): ICell[] {
  return cells.filter(cell => {
    const tags = cell.metadata?.tags;
    return !(Array.isArray(tags) && tags.includes('injected-parameters'));
  });
}
