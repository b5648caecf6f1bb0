import * as React from 'react';
import { messageOf } from '../../api/errors';
import type { IJobBody, IParameterSchema, IRunBody } from '../../api/types';
import { checkParameters } from '../../model/check';
import type { IFormValues } from '../../model/form';
import { jobBody, runBody, startOf } from '../../model/form';
import type { IFormStart } from '../../model/formStart';
import type { Problems } from '../../model/problems';
import { problemsOf } from '../../model/problems';
import { useModel } from '../hooks';
import { useServices } from '../services';
import { refusedBy, useServerCheck } from './useServerCheck';

export interface IForm {
  values: IFormValues;
  /** Whether a job is made or changed, rather than a run. */
  isJob: boolean;
  set: (change: Partial<IFormValues>) => void;
  problems: Problems;
  /** How often somebody has tried to send the form. */
  tries: number;
  /** How many fields are wrong, once somebody has tried to send the form. */
  count: number;
  schema: IParameterSchema | null;
  schemaError: string | null;
  /** Reads the notebook's parameters anew. */
  readSchema: () => Promise<void>;
  error: string | null;
  busy: boolean;
  submit: () => Promise<void>;
}

/** The state of a form: what was typed, what is wrong with it, and sending it. */
export function useForm(start: IFormStart, onDone: () => void): IForm {
  const { client, features, live, preferences, actions, trans } = useServices();
  const [values, setValues] = React.useState(() =>
    startOf(start, preferences.values.defaultImage, trans)
  );
  const [refused, setRefused] = React.useState<Problems>({});
  const [tries, setTries] = React.useState(0);
  const [error, setError] = React.useState<string | null>(null);
  const [busy, setBusy] = React.useState(false);
  const [schema, setSchema] = React.useState<IParameterSchema | null>(null);
  const [schemaError, setSchemaError] = React.useState<string | null>(null);
  // The same key for the same values: a request that was answered too late makes nothing twice.
  const key = React.useRef(newKey());

  const readSchema = React.useCallback(async () => {
    try {
      setSchema(await client.parameters(start.notebook));
      setSchemaError(null);
    } catch (reason) {
      setSchemaError(messageOf(reason));
    }
  }, [client, start.notebook]);
  React.useEffect(() => void readSchema(), [readSchema]);

  const isJob = values.when !== 'now';
  const own = React.useMemo(
    () => ({
      ...problemsOf(values, trans, start),
      ...prefixed(
        schema ? checkParameters(schema.schema, values.parameters, isJob, trans) : {}
      )
    }),
    [values, isJob, schema, trans, start]
  );
  useModel(features);
  const body = isJob
    ? jobBody(
        start.notebook,
        schema?.schema ?? null,
        values,
        field => features.takes('JobBody', field),
        start
      )
    : runBody(start.notebook, schema?.schema ?? null, values, start);
  const told = useServerCheck(body, isJob, start.edit?.id, schema !== null);
  const all: Problems = { ...told, ...refused, ...own };
  // Nobody has done anything wrong by opening a form.
  const untouched = (field: string) =>
    !tries && schema?.schema.required?.some(name => field === `parameters.${name}`)
      ? values.parameters[field.slice('parameters.'.length)] === undefined
      : false;
  const problems = Object.fromEntries(
    Object.entries(all).filter(([field]) => !untouched(field))
  );

  const set = (change: Partial<IFormValues>) => {
    setValues(old => ({ ...old, ...change }));
    setRefused({});
    setError(null);
    key.current = newKey();
  };

  const send = async () => {
    if (!isJob) {
      const run = await client.submit(body as IRunBody, key.current);
      actions.started(run);
      actions.openRun(run.id, run.name);
      return;
    }
    const job = start.edit
      ? await client.changeJob(start.edit.id, body as IJobBody)
      : await client.createJob(body as IJobBody, key.current);
    if (!start.edit && start.like && 'paused' in start.like && start.like.paused) {
      // A copy of what rests rests, too.
      await client.pauseJob(job.id);
    }
    live.jobChanged.emit(job.id);
    actions.openJob(job.id, job.name);
  };

  const submit = async () => {
    setTries(old => old + 1);
    if (Object.keys(own).length || busy) {
      focusFirstProblem();
      return;
    }
    setBusy(true);
    setError(null);
    try {
      await send();
      onDone();
    } catch (reason) {
      setRefused(refusedBy(reason));
      setError(messageOf(reason));
      focusFirstProblem();
    } finally {
      setBusy(false);
    }
  };

  const count = tries ? Object.keys(problems).length : 0;
  return {
    values,
    isJob,
    set,
    problems,
    tries,
    count,
    schema,
    schemaError,
    readSchema,
    error,
    busy,
    submit
  };
}

function prefixed(problems: Problems): Problems {
  return Object.fromEntries(
    Object.entries(problems).map(([name, message]) => [`parameters.${name}`, message])
  );
}

function focusFirstProblem(): void {
  setTimeout(() => {
    const field = document.querySelector<HTMLElement>(
      '.jb-mod-form [aria-invalid=true]'
    );
    field?.closest('details')?.setAttribute('open', '');
    field?.focus();
  }, 50);
}

function newKey(): string {
  const numbers = crypto.getRandomValues(new Uint32Array(4));
  return [...numbers].map(number => number.toString(36)).join('-');
}
