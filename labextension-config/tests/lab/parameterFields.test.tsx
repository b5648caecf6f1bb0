import { FormComponent } from '@jupyterlab/ui-components';
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { afterEach, expect, test } from 'vitest';
import type { IObjectSchema, JsonObject } from '../../src/api/types';
import { parameterFields } from '../../src/lab/parameterFields';
import { checkParameters } from '../../src/model/check';
import { givenParameters } from '../../src/model/form';
import { trans } from '../fakes';
import { violations } from '../view/helpers';

const SCHEMA: IObjectSchema = {
  type: 'object',
  properties: {
    count: { type: 'integer', default: 3, description: 'how many' },
    share: { type: 'number', default: 0.5 },
    name: { type: 'string', default: 'world' },
    really: { type: 'boolean', default: true },
    color: { enum: ['red', 'green', 3], default: 'red' },
    day: { type: 'string', format: 'date', default: '2026-01-31' },
    limit: { type: ['integer', 'null'], default: null },
    tags: { type: 'array', items: { type: 'string' }, default: ['a'] },
    anything: {},
    needed: { type: 'integer' }
  },
  required: ['needed']
};
const Fields = parameterFields(FormComponent, trans);
let given: JsonObject = {};

function Form(): React.ReactElement {
  const [values, setValues] = React.useState<JsonObject>({});
  given = givenParameters(SCHEMA, values);
  return (
    <Fields
      schema={SCHEMA}
      values={values}
      problems={checkParameters(SCHEMA, values)}
      onChange={setValues}
    />
  );
}

afterEach(cleanup);

const field = (name: string) =>
  screen.getByLabelText(name, { selector: '.jb-Field :not(button)' });

async function type(name: string, text: string): Promise<void> {
  await userEvent.clear(field(name));
  if (text) {
    await userEvent.type(field(name), text.replace(/[[{]/g, '$&$&'));
  }
}

test('each kind of parameter has a field with the notebook’s default', () => {
  render(<Form />);
  expect(field('count')).toHaveProperty('value', '3');
  expect(field('really')).toHaveProperty('checked', true);
  expect(field('day')).toHaveProperty('type', 'date');
  expect(field('limit')).toHaveProperty('value', 'null');
  expect(field('tags')).toHaveProperty('value', '["a"]');
  expect(field('count').getAttribute('aria-describedby')).toContain('parameters_count');
  expect(given).toEqual({});
});

test('what is typed comes out as the kind that it is', async () => {
  render(<Form />);
  await type('count', '12');
  await type('share', '0.25');
  await type('name', '');
  await userEvent.click(field('really'));
  await userEvent.selectOptions(field('color'), '3');
  await type('limit', '7');
  await type('tags', '["x", "y"]');
  await type('anything', '{"a": 1}');
  await type('needed', '1');
  expect(given).toEqual({
    count: 12,
    share: 0.25,
    name: '',
    really: false,
    color: 3,
    limit: 7,
    tags: ['x', 'y'],
    anything: { a: 1 },
    needed: 1
  });
});

test('a wrong value is said beside its field', async () => {
  render(<Form />);
  expect(screen.getByRole('alert').textContent).toContain('needs a value');
  await type('needed', '1');
  await type('tags', '[1]');
  expect(screen.queryByRole('alert')).toBeNull();
  await userEvent.tab();
  const alert = screen.getByRole('alert');
  expect(alert.textContent).toContain('takes a list');
  expect(field('tags').getAttribute('aria-describedby')).toContain(alert.id);
  expect(field('tags').getAttribute('aria-invalid')).toBe('true');
});

test('a value can be put back to the notebook’s', async () => {
  render(<Form />);
  await type('count', '12');
  await userEvent.click(screen.getByRole('button', { name: 'Reset count' }));
  expect(field('count')).toHaveProperty('value', '3');
  expect(given).toEqual({});
});

test('breaks no rule of accessibility', async () => {
  const { container } = render(<Form />);
  expect(await violations(container)).toEqual([]);
});
