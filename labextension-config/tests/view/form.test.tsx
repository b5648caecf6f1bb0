import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Features } from '../../src/model/features';
import type { IFormStart } from '../../src/model/formStart';
import { JobForm } from '../../src/view/form/JobForm';
import type { IServices } from '../../src/view/services';
import {
  FakeServer,
  HEALTH,
  makeRun,
  makeServices,
  noteActions,
  refusal
} from '../fakes';
import { draw, violations } from './helpers';

const SCHEMA = {
  schema: {
    type: 'object',
    properties: { walks: { type: 'integer', default: 2000, description: 'how many' } },
    additionalProperties: false
  },
  has_parameters_cell: true,
  language: 'python'
};
const WITH_SCHEDULES = {
  paths: { '/schedules/preview': { get: {} } },
  components: { schemas: { JobBody: { properties: { triggers: {}, retry: {} } } } }
};

let server: FakeServer;
let actions: ReturnType<typeof noteActions>;
let services: IServices;

beforeEach(() => {
  server = new FakeServer()
    .on('GET health', HEALTH)
    .on('GET notebooks/parameters', SCHEMA)
    .on('GET schedules/preview', request => ({
      sentence: `At ${request.query.get('cron')}`,
      instants: [{ at: '2026-11-01T06:30:00Z', local: '', note: 'first of two' }]
    }))
    .on('POST runs', makeRun())
    .on('POST jobs', { id: 'job1', name: 'walks' });
  actions = noteActions();
  services = makeServices(server, { actions });
});
afterEach(cleanup);

async function open(change: Partial<IFormStart> = {}): Promise<Element> {
  const start: IFormStart = { purpose: 'run', notebook: 'walks.ipynb', ...change };
  const done = vi.fn();
  const { container } = draw(
    services,
    <JobForm start={start} onDone={done} onCancel={done} />
  );
  await screen.findByLabelText('walks');
  return container;
}

test('sends what differs from the notebook, and opens the run', async () => {
  await open();
  await userEvent.clear(screen.getByLabelText('walks'));
  await userEvent.type(screen.getByLabelText('walks'), '5');
  await userEvent.type(screen.getByLabelText('Timeout'), '2 min');
  await userEvent.click(screen.getByRole('button', { name: 'Run' }));
  await waitFor(() => expect(actions.calls.map(([name]) => name)).toContain('openRun'));
  expect(server.asked('POST runs')[0].body).toMatchObject({
    notebook: 'walks.ipynb',
    name: 'walks',
    parameters: { walks: 5 },
    timeout_seconds: 120,
    trigger: 'manual'
  });
});

test('sends nothing while a field is wrong, and says which', async () => {
  await open();
  await userEvent.type(screen.getByLabelText('Timeout'), 'soon');
  expect(screen.queryByRole('alert')).toBeNull();
  await userEvent.tab();
  expect(screen.getByRole('alert').textContent).toContain('takes a duration');
  expect(screen.getByLabelText('Timeout').getAttribute('aria-invalid')).toBe('true');
  await userEvent.click(screen.getByRole('button', { name: 'Run' }));
  expect(server.asked('POST runs')).toHaveLength(0);
  await screen.findByText('1 field needs another look');
});

test('an error of the server is said beside the field that it names', async () => {
  server.on('POST runs', () =>
    refusal(403, 'not_allowed', 'the image is not allowed', {
      field: 'environment.image'
    })
  );
  await open();
  await userEvent.click(screen.getByRole('button', { name: 'Run' }));
  const image = screen.getByLabelText('Image');
  await waitFor(() => expect(image.getAttribute('aria-invalid')).toBe('true'));
  const described = image.getAttribute('aria-describedby')?.split(' ')[0] ?? '';
  expect(document.getElementById(described)?.textContent).toContain('not allowed');
});

test('the same form sent again has the same key, a changed one another', async () => {
  server.on('POST runs', () => refusal(503, 'owner_unavailable', 'try again'));
  await open();
  const button = screen.getByRole('button', { name: 'Run' });
  await userEvent.click(button);
  await waitFor(() => expect(button).toHaveProperty('disabled', false));
  await userEvent.click(button);
  await waitFor(() => expect(server.asked('POST runs')).toHaveLength(2));
  await waitFor(() => expect(button).toHaveProperty('disabled', false));
  await userEvent.type(screen.getByLabelText('Name'), '2');
  await userEvent.click(button);
  await waitFor(() => expect(server.asked('POST runs')).toHaveLength(3));
  const keys = server.asked('POST runs').map(one => one.headers.get('Idempotency-Key'));
  expect(keys[0]).toBe(keys[1]);
  expect(keys[2]).not.toBe(keys[0]);
});

test('a notebook without parameters is offered a tag', async () => {
  server.on('GET notebooks/parameters', {
    schema: { type: 'object', properties: {} },
    has_parameters_cell: false
  });
  const start: IFormStart = { purpose: 'run', notebook: 'plain.ipynb' };
  draw(services, <JobForm start={start} onDone={vi.fn()} onCancel={vi.fn()} />);
  const offer = await screen.findByRole('button', { name: /parameters/ });
  server.on('GET notebooks/parameters', SCHEMA);
  await userEvent.click(offer);
  await screen.findByLabelText('walks');
  expect(actions.calls).toContainEqual(['tagParameters', ['plain.ipynb']]);
});

test('the builder and the cron text follow each other', async () => {
  services = makeServices(server, { actions, features: new Features(WITH_SCHEDULES) });
  await open({ purpose: 'job' });
  const cron = screen.getByLabelText<HTMLInputElement>('Cron text');
  expect(cron.value).toBe('0 6 * * 1-5');
  await userEvent.click(screen.getByRole('button', { name: 'Friday' }));
  expect(cron.value).toBe('0 6 * * 1-4');
  await userEvent.selectOptions(screen.getByLabelText('Repeats'), 'Every day');
  expect(cron.value).toBe('0 6 * * *');
  await userEvent.clear(cron);
  await userEvent.type(cron, '*/20 * * * *');
  expect(screen.getByLabelText<HTMLSelectElement>('Repeats').value).toBe('minutes');
  await screen.findByText('At */20 * * * *');
  await screen.findByText('first of two');
});

test('a job is sent with its schedule', async () => {
  services = makeServices(server, { actions, features: new Features(WITH_SCHEDULES) });
  await open({ purpose: 'job' });
  const zone = screen.getByLabelText('Time zone');
  await userEvent.clear(zone);
  await userEvent.type(zone, 'Europe/Amsterdam');
  await userEvent.click(screen.getByRole('button', { name: 'Create job' }));
  await waitFor(() => expect(server.asked('POST jobs')).toHaveLength(1));
  expect(server.asked('POST jobs')[0].body.triggers).toEqual([
    {
      kind: 'cron',
      cron: '0 6 * * 1-5',
      timezone: 'Europe/Amsterdam',
      missed_policy: 'latest'
    }
  ]);
});

test('what the server would refuse is said while one types', async () => {
  const features = new Features({ paths: { '/runs/check': { post: {} } } });
  services = makeServices(server, { actions, features });
  server.on('POST runs/check', request =>
    request.body.environment && String(request.body.name).endsWith('?')
      ? refusal(400, 'bad_request', 'no such name', { field: 'name' })
      : new Response(null, { status: 204 })
  );
  await open();
  await userEvent.type(screen.getByLabelText('Name'), '?');
  await screen.findByText('no such name', {}, { timeout: 4000 });
  expect(screen.getByLabelText('Name').getAttribute('aria-invalid')).toBe('true');
  await userEvent.type(screen.getByLabelText('Name'), '{Backspace}');
  await waitFor(() => expect(screen.queryByText('no such name')).toBeNull());
  expect(server.asked('POST runs')).toHaveLength(0);
});

test('a run becomes a job with two schedules in the same form', async () => {
  services = makeServices(server, { actions, features: new Features(WITH_SCHEDULES) });
  await open();
  await userEvent.click(screen.getByLabelText('On a schedule'));
  await userEvent.click(screen.getByRole('button', { name: 'Add another schedule' }));
  const second = within(screen.getByRole('group', { name: 'Schedule 2' }));
  await userEvent.click(second.getByLabelText('Every so often'));
  await userEvent.click(screen.getByRole('button', { name: 'Create job' }));
  await waitFor(() => expect(server.asked('POST jobs')).toHaveLength(1));
  const sent = server.asked('POST jobs')[0].body.triggers;
  expect(sent).toMatchObject([{ kind: 'cron' }, { interval_seconds: 3600 }]);
});

test('a server without schedules says so', async () => {
  await open({ purpose: 'job' });
  expect(screen.queryByLabelText('Cron text')).toBeNull();
  expect(screen.getByText(/no schedules yet/)).toBeTruthy();
});

test('says that runs are not isolated, and that nothing answers', async () => {
  const process = {
    ok: true,
    isolated: false,
    message: '',
    label: 'Process',
    options: []
  };
  const docker = { ok: false, isolated: true, message: 'start Docker first' };
  server.on('GET health', { ...HEALTH, executors: { docker, process } });
  await services.live.checkHealth();
  await open();
  expect(screen.getByRole('alert').textContent).toContain('start Docker first');
  await userEvent.selectOptions(screen.getByLabelText('Executor'), 'process');
  expect(screen.getByText(/not isolated/)).toBeTruthy();
  expect(screen.getByRole('option', { name: 'Process' })).toBeTruthy();
  expect(screen.queryByLabelText('Image')).toBeNull();
  expect(screen.queryByLabelText('Volumes')).toBeNull();
});

test('breaks no rule of accessibility', async () => {
  services = makeServices(server, { actions, features: new Features(WITH_SCHEDULES) });
  const container = await open({ purpose: 'job' });
  expect(await violations(container)).toEqual([]);
});

test('every field that the server refuses is counted, and what it said goes with a change', async () => {
  const fields = ['name', 'environment.image', 'environment.cpus', 'priority', 'files'];
  server.on('POST runs', () =>
    refusal(400, 'bad_request', 'no such name', {
      field: 'name',
      problems: fields.map(field => ({ field, message: `${field} is wrong` }))
    })
  );
  await open();
  await userEvent.click(screen.getByRole('button', { name: 'Run' }));
  await screen.findByText('5 fields need another look');
  expect(screen.getByText('no such name')).toBeTruthy();
  await userEvent.type(screen.getByLabelText('Name'), '2');
  expect(screen.queryByText('no such name')).toBeNull();
  expect(screen.queryByText(/need another look/)).toBeNull();
});

test('a zone that is being searched is not wrong; one that was left there is, once', async () => {
  const features = new Features({
    paths: { ...WITH_SCHEDULES.paths, '/jobs/check': { post: {} } },
    components: WITH_SCHEDULES.components
  });
  services = makeServices(server, { actions, features });
  const known = (zone: unknown) => zone === 'UTC' || String(zone).includes('/');
  const refuse = (field: string) =>
    refusal(400, 'invalid_schedule', 'there is no such zone', { field });
  server
    .on('GET schedules/preview', ({ query }) =>
      known(query.get('timezone'))
        ? { sentence: 'every day', instants: [] }
        : refuse('timezone')
    )
    .on('POST jobs/check', ({ body }) =>
      known((body.triggers as { timezone: string }[])[0].timezone)
        ? new Response(null, { status: 204 })
        : refuse('triggers.0.timezone')
    );
  await open({ purpose: 'job' });
  const zone = screen.getByLabelText('Time zone');
  await userEvent.clear(zone);
  await userEvent.type(zone, 'Amst');
  await screen.findByRole('option', { name: /Amsterdam/ });
  const asked = () => server.asked('POST jobs/check').at(-1)?.body.triggers;
  await waitFor(() => expect(asked()).toMatchObject([{ timezone: 'Amst' }]));
  await new Promise(resolve => setTimeout(resolve, 1300));
  expect(screen.queryByRole('alert')).toBeNull();
  await userEvent.tab();
  expect(await screen.findAllByText('there is no such zone')).toHaveLength(1);
  await userEvent.type(zone, 'erdam{ArrowDown}{Enter}');
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull(), {
    timeout: 3000
  });
});

test('the next instants stand in the zone of the schedule', async () => {
  services = makeServices(server, { actions, features: new Features(WITH_SCHEDULES) });
  server.on('GET schedules/preview', ({ query }) => ({
    sentence: 'every day at 20:30, Kiritimati time',
    instants: [
      { at: '2026-11-01T06:30:00Z', local: '', timezone: query.get('timezone') }
    ]
  }));
  await open({ purpose: 'job' });
  const zone = screen.getByLabelText('Time zone');
  await userEvent.clear(zone);
  await userEvent.type(zone, 'Pacific/Kiritimati');
  await userEvent.tab();
  const list = await screen.findByRole('list', { name: 'Next runs' });
  await waitFor(() => expect(list.textContent).toMatch(/8:30 PM GMT\+14/));
});
