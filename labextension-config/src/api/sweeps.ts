import type { JsonObject } from './json';
import type * as wire from './schema';

/** A set of runs of one notebook over many parameter sets. */
export type ISweep = wire.Sweep;

/** A run with what it was given and what its newest attempt has recorded. */
export interface IResultRow extends wire.ResultRow {
  parameters: JsonObject;
}
