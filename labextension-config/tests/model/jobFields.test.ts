/// <reference types="vite/client" />
import ts from 'typescript';
import { expect, test } from 'vitest';

/** The form's values and body, the checks of the form, and one more. */
const ALLOWED = 3;
/** What the form calls a field, where it is not the field's own name in camel case. */
const CALLED: Record<string, string> = {
  overlap_policy: 'overlap',
  pause_after_failures: 'pauseAfter',
  timeout_seconds: 'timeout',
  run_timeout_seconds: 'runTimeout',
  queue_timeout_seconds: 'queueTimeout'
};
/** Names that many other things have as well. */
const COMMON = [
  ...['name', 'notebook', 'description', 'parameters', 'environment', 'files'],
  ...['source', 'retry', 'triggers']
];

const SOURCES = import.meta.glob<string>('../../src/**/*.{ts,tsx}', {
  query: '?raw',
  import: 'default',
  eager: true
});
const SCHEMA = '../../src/api/schema.ts';

function parsed(path: string): ts.SourceFile {
  return ts.createSourceFile(
    path,
    SOURCES[path],
    ts.ScriptTarget.Latest,
    true,
    path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  );
}

/** Returns the names that a file declares: of members of types and objects, and in lists. */
function declared(path: string): Set<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node) => {
    if (
      (ts.isPropertySignature(node) || ts.isPropertyAssignment(node)) &&
      (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name))
    ) {
      found.add(node.name.text);
    }
    const isInList = ts.isArrayLiteralExpression(node.parent ?? node);
    if (ts.isStringLiteral(node) && isInList) {
      found.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed(path));
  return found;
}

/** Returns the fields of `JobBody` in the types that are made from openapi.json. */
function jobFields(): string[] {
  const fields: string[] = [];
  const visit = (node: ts.Node) => {
    const isJob =
      ts.isPropertySignature(node) && node.name.getText() === 'JobBody' && node.type;
    if (isJob && ts.isTypeLiteralNode(isJob)) {
      fields.push(...isJob.members.map(member => member.name?.getText() ?? ''));
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed(SCHEMA));
  return fields;
}

test('a field of a job is declared in few files', () => {
  const files = Object.keys(SOURCES)
    .filter(name => name !== SCHEMA)
    .map(name => ({ name, names: declared(name) }));
  const fields = jobFields().filter(field => !COMMON.includes(field));
  expect(fields).toContain('keep_days');
  const camel = (name: string) =>
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const tooMany = fields
    .map(field => ({
      field,
      files: files
        .filter(({ names }) =>
          [field, CALLED[field] ?? camel(field)].some(name => names.has(name))
        )
        .map(({ name }) => name)
    }))
    .filter(({ files }) => files.length > ALLOWED || !files.length);
  expect(tooMany).toEqual([]);
}, 60_000);
