import type { BatchClient } from '../api/client';
import type { Json } from '../api/types';
import { Model } from './model';

/** The abilities of the server, from its OpenAPI document; only the basics until it is read. */
export class Features extends Model {
  constructor(private document: Json = null) {
    super();
  }

  /** Asks; a server that does not say is taken to have no more than the basics. */
  async load(client: BatchClient): Promise<void> {
    try {
      this.document = await client.openapi();
      this.touch();
    } catch {
      // The caller that needs the server reports that it does not answer.
    }
  }

  /** Whether there is a route, e.g. `has('post', '/jobs/{job_id}/pause')`. */
  has(method: string, path: string): boolean {
    return at(this.document, ['paths', path, method]) !== undefined;
  }

  /** Whether a body takes a field, e.g. `takes('JobBody', 'triggers')`. */
  takes(body: string, field: string): boolean {
    const place = ['components', 'schemas', body, 'properties', field];
    return at(this.document, place) !== undefined;
  }

  get schedules(): boolean {
    return this.has('get', '/schedules/preview') && this.takes('JobBody', 'triggers');
  }

  get pause(): boolean {
    return this.has('post', '/jobs/{job_id}/pause');
  }

  get upcoming(): boolean {
    return this.has('get', '/jobs/{job_id}/upcoming');
  }
}

function at(value: Json, path: string[]): Json | undefined {
  let current: Json | undefined = value;
  for (const name of path) {
    if (typeof current !== 'object' || current === null || Array.isArray(current)) {
      return undefined;
    }
    current = current[name];
  }
  return current;
}
