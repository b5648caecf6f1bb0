import * as React from 'react';
import type { ExecutorOption, IHealth } from '../../api/types';
import { bytes } from '../../model/format';
import { useAnswer, useModel } from '../hooks';
import { useServices } from '../services';
import { ComboField } from './ComboField';
import { SelectField, TextField } from './Field';
import type { IForm } from './useForm';

/** The environment of a run: executor, image and limits. */
export function EnvironmentFields({ form }: { form: IForm }): React.ReactElement {
  const { client, features, live, trans } = useServices();
  useModel(features);
  const areNamed = features.has('get', '/secrets');
  const secrets = useAnswer(
    () => (areNamed ? client.secrets() : Promise.resolve({ items: [] })),
    [client, areNamed]
  );
  const { health } = useModel(live);
  const { values, set, problems, schema } = form;
  const executors = health?.executors ?? {};
  const byDefault = health?.default_executor ?? '…';
  const kind = executors[values.executor || byDefault];
  const has = (option: ExecutorOption) => kind?.options?.includes(option) ?? true;
  const named = (name: string) => trans.__('The server’s own (%1)', name);
  return (
    <fieldset className="jb-Fieldset">
      <legend>{trans.__('Environment')}</legend>
      <div className="jb-Row">
        <SelectField
          label={trans.__('Executor')}
          value={values.executor}
          problem={problems['environment.executor']}
          options={[
            ['', named(executors[byDefault]?.label ?? byDefault)],
            ...Object.entries(executors).map(([name, one]): [string, string] => [
              name,
              one.label ?? name
            ])
          ]}
          help={kind?.summary}
          onChange={next => set({ executor: next })}
        />
        {has('image') && (
          <ComboField
            label={trans.__('Image')}
            value={values.image}
            problem={problems['environment.image']}
            placeholder={health?.default_image}
            options={health ? imagesOf(health) : []}
            help={
              health && !anyImage(health)
                ? trans.__('Allowed: %1', health.allowed_images?.join(', '))
                : undefined
            }
            onChange={image => set({ image })}
          />
        )}
        <TextField
          label={trans.__('Timeout')}
          value={values.timeout}
          problem={problems.timeout_seconds}
          placeholder={trans.__('none, or 30 min')}
          onChange={timeout => set({ timeout })}
        />
      </div>
      <div className="jb-Row">
        {has('cpus') && (
          <TextField
            label={trans.__('CPUs')}
            value={values.cpus}
            problem={problems['environment.cpus']}
            placeholder={String(health?.default_cpus ?? 1)}
            onChange={cpus => set({ cpus })}
          />
        )}
        {has('memory_bytes') && (
          <TextField
            label={trans.__('Memory')}
            value={values.memory}
            problem={problems['environment.memory_bytes']}
            placeholder={bytes(health?.default_memory_bytes ?? 2 * 1024 ** 3)}
            onChange={memory => set({ memory })}
          />
        )}
        {has('gpus') && (
          <TextField
            label={trans.__('GPUs')}
            value={values.gpus}
            problem={problems['environment.gpus']}
            placeholder="0"
            onChange={gpus => set({ gpus })}
          />
        )}
      </div>
      <details className="jb-Details">
        <summary>{trans.__('Files, variables and secrets')}</summary>
        <TextField
          label={trans.__('Files that go along')}
          rows={2}
          value={values.files}
          problem={problems.files}
          placeholder={'data/*.csv\nhelpers.py'}
          help={trans.__(
            'Patterns, one a line, relative to the notebook’s folder. Nothing else of it is there.'
          )}
          onChange={files => set({ files })}
        />
        <TextField
          label={trans.__('Variables')}
          rows={2}
          value={values.env}
          problem={problems['environment.env']}
          placeholder="NAME=value"
          help={trans.__('One a line. They are recorded: no place for secrets.')}
          onChange={env => set({ env })}
        />
        <ComboField
          label={trans.__('Secrets')}
          options={secrets?.items ?? []}
          several
          value={values.secrets}
          problem={problems['environment.secrets']}
          placeholder="DB_PASSWORD, API_KEY"
          help={trans.__(
            'By name. The values come from the server and are never stored or shown.'
          )}
          onChange={secrets => set({ secrets })}
        />
        <div className="jb-Row">
          <TextField
            label={trans.__('Kernel')}
            value={values.kernel}
            problem={problems['environment.kernel']}
            placeholder={schema?.kernel ?? trans.__('the notebook’s own')}
            onChange={kernel => set({ kernel })}
          />
          {has('network') && (
            <ComboField
              label={trans.__('Network')}
              value={values.network}
              problem={problems['environment.network']}
              placeholder={health?.default_network ?? 'bridge'}
              options={health?.allowed_networks ?? ['bridge', 'none']}
              onChange={network => set({ network })}
            />
          )}
        </div>
        {has('volumes') && (
          <TextField
            label={trans.__('Volumes')}
            rows={2}
            value={values.volumes}
            problem={problems['environment.volumes']}
            placeholder="/data/sales:/data"
            help={trans.__(
              'source:target, one a line, read-only unless :rw follows. Only what the administrator allows.'
            )}
            onChange={volumes => set({ volumes })}
          />
        )}
        <label className="jb-Check">
          <input
            type="checkbox"
            checked={values.keepFiles}
            onChange={event => set({ keepFiles: event.target.checked })}
          />
          {trans.__('Keep files that the notebook writes to its working folder')}
        </label>
        <label className="jb-Check">
          <input
            type="checkbox"
            checked={values.strictErrors}
            onChange={event => set({ strictErrors: event.target.checked })}
          />
          {trans.__('Exceptions in cells tagged raises-exception fail the run')}
        </label>
      </details>
    </fieldset>
  );
}

function anyImage(health: IHealth): boolean {
  return health.allowed_images?.includes('*') ?? true;
}

/** The images that can be named: patterns name none. */
function imagesOf(health: IHealth): string[] {
  const named = (health.allowed_images ?? []).filter(image => !/[*?[]/.test(image));
  return [...new Set([health.default_image, ...named])];
}
