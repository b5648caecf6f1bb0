import type { ICell, Json, JsonObject } from '../api/types';

/** Returns the cells of a notebook as cells that have not been run. */
export function cellsOf(notebook: JsonObject): ICell[] {
  const cells = Array.isArray(notebook.cells) ? notebook.cells.filter(isObject) : [];
  return cells.map((cell, index) => ({
    cell_index: index,
    cell_type: String(cell.cell_type),
    source: Array.isArray(cell.source)
      ? cell.source.join('')
      : String(cell.source ?? ''),
    state: 'not_run',
    metadata: isObject(cell.metadata) ? cell.metadata : {}
  }));
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
