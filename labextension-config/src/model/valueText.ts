import type { IValueSchema, Json } from '../api/types';
import { fits, typesOf } from './check';

/** Whether a value of a schema is best typed as text that is read as JSON. */
export function isFreeform(schema: IValueSchema): boolean {
  const types = typesOf(schema);
  return (
    !schema.enum &&
    (types.length !== 1 ||
      !['string', 'integer', 'number', 'boolean'].includes(types[0]))
  );
}

/** Writes a value as somebody would type it: texts as they are where texts are taken. */
export function textOf(schema: IValueSchema, value: Json | undefined): string {
  if (value === undefined) {
    return '';
  }
  // A text that reads as something else keeps its quotes, so that it stays a text.
  if (typeof value === 'string' && valueOf(schema, value) === value) {
    return value;
  }
  return JSON.stringify(value);
}

/** Reads what was typed: JSON where that fits, then text; undefined where there is nothing. */
export function valueOf(schema: IValueSchema, text: string): Json | undefined {
  if (!text.trim()) {
    return undefined;
  }
  try {
    const value = JSON.parse(text) as Json;
    if (fits(schema, value)) {
      return value;
    }
  } catch {
    // Then it is text, right or wrong.
  }
  return text;
}

/** An example of what is taken, for an empty field. */
export function exampleOf(schema: IValueSchema): string {
  const types = schema.anyOf ? schema.anyOf.flatMap(typesOf) : typesOf(schema);
  if (types.includes('array')) {
    return '[1, 2, 3]';
  }
  if (types.includes('object')) {
    return '{"key": "value"}';
  }
  return types.includes('null') ? 'null' : '';
}
