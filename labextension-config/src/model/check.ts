import type { IObjectSchema, IValueSchema, Json, JsonObject } from '../api/types';
import { hasFormat } from './textFormats';
import type { ITrans } from './trans';
import { plainTrans } from './trans';

/**
 * Returns the faults of parameters, by name, in the server's words (`domain/parameters/parameters.py`).
 * The server checks again; this is for while somebody types. With `macros`, a text such as
 * `{{ run.id }}` is left to the server.
 */
export function checkParameters(
  schema: IObjectSchema,
  values: JsonObject,
  macros = false,
  trans: ITrans = plainTrans
): Record<string, string> {
  const problems: Record<string, string> = {};
  const properties = schema.properties ?? {};
  for (const name of schema.required ?? []) {
    if (values[name] === undefined) {
      problems[name] = trans.__(
        'needs a value: %1',
        inWords(properties[name] ?? {}, trans)
      );
    }
  }
  for (const [name, value] of Object.entries(values)) {
    const property = properties[name];
    const later = macros && isMacro(value);
    if (value !== undefined && property && !later && !fits(property, value)) {
      problems[name] = trans.__('takes %1', inWords(property, trans));
    }
  }
  return problems;
}

/** Whether a value is put in when a run is made. */
export function isMacro(value: Json | undefined): boolean {
  return typeof value === 'string' && value.includes('{{');
}

/** Returns whether a schema takes a value, as `domain/parameters/schema_check.py` does. */
export function fits(schema: IValueSchema | boolean, value: Json): boolean {
  if (typeof schema === 'boolean') {
    return schema;
  }
  const types = typesOf(schema);
  if (types.length && !types.some(type => isOf(type, value))) {
    return false;
  }
  if (schema.enum && !schema.enum.some(one => isSame(one, value))) {
    return false;
  }
  if (schema.anyOf && !schema.anyOf.some(one => fits(one, value))) {
    return false;
  }
  if (typeof value === 'string') {
    return hasFormat(schema.format, value);
  }
  if (Array.isArray(value)) {
    return arrayFits(schema, value);
  }
  return typeof value !== 'object' || value === null || objectFits(schema, value);
}

/** `an integer or null`, `one of "a", "b"`. */
export function inWords(schema: IValueSchema, trans: ITrans = plainTrans): string {
  if (schema.enum) {
    const values = schema.enum.map(value => JSON.stringify(value)).join(', ');
    return trans.__('one of %1', values);
  }
  const words = schema.anyOf
    ? schema.anyOf.map(one => inWords(one, trans))
    : typesOf(schema).map(type => typeWord(type, schema.format, trans));
  return words.length
    ? [...new Set(words)].reduce((one, other) => trans.__('%1 or %2', one, other))
    : trans.__('any value');
}

export function typesOf(schema: IValueSchema): string[] {
  return schema.type === undefined ? [] : [schema.type].flat();
}

function arrayFits(schema: IValueSchema, value: Json[]): boolean {
  const { items = true, prefixItems = [], minItems = 0, maxItems = Infinity } = schema;
  if (value.length < minItems || value.length > maxItems) {
    return false;
  }
  return value.every((one, index) => fits(prefixItems.at(index) ?? items, one));
}

function objectFits(schema: IValueSchema, value: JsonObject): boolean {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  return (
    required.every(name => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, one]) =>
      fits(
        Object.hasOwn(properties, name) ? properties[name] : additionalProperties,
        one
      )
    )
  );
}

/** Returns whether two values are the same; the order of an object's keys does not matter. */
function isSame(one: Json, other: Json): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) {
    return one === other;
  }
  const [left, right] = [Object.entries(one), new Map(Object.entries(other))];
  return (
    Array.isArray(one) === Array.isArray(other) &&
    left.length === right.size &&
    left.every(([key, value]) => {
      const there = right.get(key);
      return there !== undefined && isSame(value, there);
    })
  );
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

function typeWord(type: string, format: string | undefined, trans: ITrans): string {
  const formats: Record<string, string> = {
    date: trans.__('a date (such as 2026-01-31)'),
    'date-time': trans.__('a date and time (such as 2026-01-31T13:00:00)'),
    time: trans.__('a time (such as 13:00:00)'),
    uuid: trans.__('a UUID')
  };
  const types: Record<string, string> = {
    integer: trans.__('an integer'),
    number: trans.__('a number'),
    string: trans.__('text'),
    boolean: trans.__('true or false'),
    null: trans.__('null'),
    array: trans.__('a list'),
    object: trans.__('an object')
  };
  return (type === 'string' && formats[format ?? '']) || types[type] || type;
}
