import type { IObjectSchema, IValueSchema, Json, JsonObject } from '../api/types';

/**
 * What is wrong with parameters, by name, in the server's own words (`domain/parameters.py`).
 * The server checks again; this is for while somebody types. With `macros`, a text such as
 * `{{ run.id }}` is left to the server.
 */
export function checkParameters(
  schema: IObjectSchema,
  values: JsonObject,
  macros = false
): Record<string, string> {
  const problems: Record<string, string> = {};
  const properties = schema.properties ?? {};
  for (const name of schema.required ?? []) {
    if (values[name] === undefined) {
      problems[name] = `needs a value: ${inWords(properties[name] ?? {})}`;
    }
  }
  for (const [name, value] of Object.entries(values)) {
    const property = properties[name];
    const later = macros && isMacro(value);
    if (value !== undefined && property && !later && !fits(property, value)) {
      problems[name] = `takes ${inWords(property)}`;
    }
  }
  return problems;
}

/** Whether a value is put in when a run is made. */
export function isMacro(value: Json | undefined): boolean {
  return typeof value === 'string' && value.includes('{{');
}

/** Whether a value is one that a schema takes. */
export function fits(schema: IValueSchema, value: Json): boolean {
  if (schema.enum) {
    return schema.enum.some(one => JSON.stringify(one) === JSON.stringify(value));
  }
  if (schema.anyOf) {
    return schema.anyOf.some(one => fits(one, value));
  }
  const types = typesOf(schema);
  if (types.length && !types.some(type => isOf(type, value))) {
    return false;
  }
  if (typeof value === 'string') {
    return FORMATS[schema.format ?? '']?.test(value) ?? true;
  }
  if (Array.isArray(value)) {
    return arrayFits(schema, value);
  }
  const inner = schema.additionalProperties;
  if (typeof value === 'object' && value !== null && typeof inner === 'object') {
    return Object.values(value).every(one => fits(inner, one));
  }
  return true;
}

/** `an integer or null`, `one of "a", "b"`. */
export function inWords(schema: IValueSchema): string {
  if (schema.enum) {
    return `one of ${schema.enum.map(value => JSON.stringify(value)).join(', ')}`;
  }
  if (schema.anyOf) {
    return [...new Set(schema.anyOf.map(inWords))].join(' or ');
  }
  const types = typesOf(schema);
  return types.length
    ? types
        .map(
          type =>
            (type === 'string' && FORMAT_WORDS[schema.format ?? '']) ||
            WORDS[type] ||
            type
        )
        .join(' or ')
    : 'any value';
}

export function typesOf(schema: IValueSchema): string[] {
  return schema.type === undefined ? [] : [schema.type].flat();
}

function arrayFits(schema: IValueSchema, value: Json[]): boolean {
  const { items, prefixItems = [], minItems = 0, maxItems = Infinity } = schema;
  if (value.length < minItems || value.length > maxItems) {
    return false;
  }
  return value.every((one, index) => {
    const place = prefixItems.at(index) ?? items;
    return (
      place === undefined || place === true || (place !== false && fits(place, one))
    );
  });
}

function isOf(type: string, value: Json): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

const FORMATS: Record<string, RegExp> = {
  date: /^\d{4}-\d\d-\d\d$/,
  time: /^\d\d:\d\d(:\d\d(\.\d+)?)?/,
  'date-time': /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?/,
  uuid: /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i
};

const FORMAT_WORDS: Record<string, string> = {
  date: 'a date (such as 2026-01-31)',
  'date-time': 'a date and time (such as 2026-01-31T13:00:00)',
  time: 'a time (such as 13:00:00)',
  uuid: 'a UUID'
};

const WORDS: Record<string, string> = {
  integer: 'an integer',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  null: 'null',
  array: 'a list',
  object: 'an object'
};
