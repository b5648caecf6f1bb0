import type { Json, JsonObject } from './types';

/** The message of a field with a fault. */
export interface IProblem {
  /** Dotted path, such as `parameters.walks`. */
  field: string;
  message: string;
}

/** A refusal by the server, or its absence (`code` `unreachable`). */
export class BatchError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: JsonObject = {}
  ) {
    super(message);
    this.name = 'BatchError';
  }

  /** The fields that were wrong; empty where the error is about none. */
  get problems(): IProblem[] {
    const { problems, field } = this.details;
    const listed = Array.isArray(problems) ? problems.filter(isProblem) : [];
    if (listed.length) {
      return listed;
    }
    return typeof field === 'string' ? [{ field, message: this.message }] : [];
  }
}

/** Reads the error of an answer that is none of success. */
export async function errorOf(response: Response): Promise<BatchError> {
  try {
    const body = (await response.json()) as Partial<Record<string, Json>>;
    const details = body.details;
    return new BatchError(
      response.status,
      String(body.code ?? 'error'),
      String(body.message ?? response.statusText),
      details && typeof details === 'object' && !Array.isArray(details) ? details : {}
    );
  } catch {
    const message = `the server answered ${response.status} ${response.statusText}`;
    return new BatchError(response.status, 'error', message);
  }
}

/** The words of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isProblem(value: Json): value is { field: string; message: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    typeof value.field === 'string' &&
    typeof value.message === 'string'
  );
}
