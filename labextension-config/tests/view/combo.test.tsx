import { cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { afterEach, expect, test } from 'vitest';
import { ComboField } from '../../src/view/form/ComboField';
import { FakeServer, makeServices } from '../fakes';
import { draw, violations } from './helpers';

afterEach(cleanup);

function Held(props: { options: string[]; several?: boolean; start?: string }) {
  const [value, setValue] = React.useState(props.start ?? '');
  return <ComboField {...props} label="Pick" value={value} onChange={setValue} />;
}

function open(props: React.ComponentProps<typeof Held>): Element {
  const { container } = draw(makeServices(new FakeServer()), <Held {...props} />);
  return container;
}

test('the arrows and Enter take a suggestion, and Enter then sends the form', async () => {
  open({ options: ['Europe/Amsterdam', 'America/New_York'] });
  const field = screen.getByRole('combobox', { name: 'Pick' });
  await userEvent.type(field, 'york{ArrowDown}{Enter}');
  expect(field).toHaveProperty('value', 'America/New_York');
  expect(screen.queryByRole('option')).toBeNull();
});

test('a field that has a value shows all there is, its own first in hand', async () => {
  open({ options: ['one', 'two'], start: 'two' });
  const field = screen.getByRole('combobox', { name: 'Pick' });
  await userEvent.type(field, '{ArrowDown}', { skipClick: true });
  await userEvent.tab();
  field.focus();
  await userEvent.keyboard('{ArrowDown}');
  expect(screen.getAllByRole('option').map(one => one.textContent)).toEqual([
    'one',
    'two'
  ]);
  expect(screen.getByRole('option', { selected: true }).textContent).toBe('two');
  await userEvent.keyboard('{Escape}');
  expect(screen.queryByRole('option')).toBeNull();
  expect(field).toHaveProperty('value', 'two');
});

test('several names are taken one by one, each once', async () => {
  const container = open({ options: ['API_KEY', 'DB_PASSWORD'], several: true });
  const field = screen.getByRole('combobox', { name: 'Pick' });
  await userEvent.type(field, 'db');
  expect(await violations(container)).toEqual([]);
  await userEvent.click(screen.getByRole('option', { name: 'DB_PASSWORD' }));
  expect(field).toHaveProperty('value', 'DB_PASSWORD, ');
  await userEvent.type(field, '{ArrowDown}');
  expect(screen.getAllByRole('option').map(one => one.textContent)).toEqual([
    'API_KEY'
  ]);
});
