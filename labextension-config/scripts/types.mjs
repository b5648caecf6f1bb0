// Writes src/api/schema.ts: the types of the shapes in the server's OpenAPI document. With
// --check it writes nothing, and fails when the file is stale. Needs the environment in .venv,
// or another Python with jupyter_batch in $PYTHON.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import prettier from 'prettier';
import ts from 'typescript';

const EXPORT = `
import json
from jupyter_batch.server.openapi import document
from jupyter_batch.server.routes import ROUTES
print(json.dumps(document(tuple(ROUTES.items()), "/")))
`;
const HEAD = `/* Made from the server's openapi.json by \`npm run types\`; do not edit. */

import type { Json, JsonObject } from './json';

`;
const FILE = fileURLToPath(new URL('../src/api/schema.ts', import.meta.url));
const VENV = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));

const named = name => ts.factory.createTypeReferenceNode(name);

/** Leaves out words and defaults, so that only a change of a shape changes the file. */
function tidy(schema) {
  if (Array.isArray(schema) || typeof schema !== 'object' || schema === null) {
    return schema;
  }
  const kept = Object.entries(schema)
    .filter(([key]) => !['title', 'description', 'default'].includes(key))
    .map(([key, value]) => [key, NESTED[key]?.(value) ?? value]);
  return kept.length ? Object.fromEntries(kept) : { type: ['null', 'object'] };
}

const each = schemas =>
  Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, tidy(one)]));
const NESTED = {
  properties: each,
  items: tidy,
  additionalProperties: tidy,
  anyOf: schemas => schemas.map(tidy)
};

/** Gives JSON its own names, where the generator says `unknown`. */
function transform({ type, properties, additionalProperties }) {
  if (Array.isArray(type)) {
    return named('Json');
  }
  const isOpen = type === 'object' && !properties && !additionalProperties;
  return isOpen ? named('JsonObject') : undefined;
}

/** Returns the least and the greatest number that each field of a body takes. */
function limitsOf({ properties }) {
  const limits = {};
  for (const [name, schema] of Object.entries(properties)) {
    const number = (schema.anyOf ?? [schema]).find(one => one.maximum !== undefined);
    if (number) {
      const least = number.minimum ?? number.exclusiveMinimum;
      limits[name] = { least, most: number.maximum };
    }
  }
  return limits;
}

async function generate() {
  const python = process.env.PYTHON ?? (existsSync(VENV) ? VENV : 'python3');
  const document = JSON.parse(
    execFileSync(python, ['-c', EXPORT], { encoding: 'utf8' })
  );
  const { schemas } = document.components;
  const tree = await openapiTS(
    { ...document, paths: {}, components: { schemas: each(schemas) } },
    { transform, alphabetize: true, rootTypes: true, rootTypesNoSchemaPrefix: true }
  );
  const config = await prettier.resolveConfig(FILE);
  const limits = JSON.stringify(limitsOf(schemas.JobBody));
  const text =
    HEAD +
    astToString(tree).replaceAll('/** @enum {unknown} */', '') +
    `\n/** Limits of a job's numbers. */\nexport const JOB_LIMITS = ${limits} as const;\n`;
  return prettier.format(text, { ...config, filepath: FILE });
}

const made = await generate();
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, made);
} else if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== made) {
  console.error('src/api/schema.ts is stale: run `npm run types`');
  process.exit(1);
}
