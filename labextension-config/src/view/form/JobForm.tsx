import * as React from 'react';
import type { IFormStart } from '../../model/formStart';
import { Button, Notice } from '../basics';
import { useModel } from '../hooks';
import { useServices } from '../services';
import { ServerStatus } from '../ServerStatus';
import { Advanced } from './Advanced';
import { Tries } from './complaints';
import { EnvironmentFields } from './EnvironmentFields';
import { TextField } from './Field';
import { Parameters } from './Parameters';
import { ScheduleFields } from './ScheduleFields';
import { useForm } from './useForm';

interface IJobFormProps {
  start: IFormStart;
  /** Called when the form has done its work. */
  onDone: () => void;
  onCancel: () => void;
}

/** Everything that can be said of a run or a job, in the order in which people ask for it. */
export function JobForm({
  start,
  onDone,
  onCancel
}: IJobFormProps): React.ReactElement {
  const { features, trans } = useServices();
  useModel(features);
  const form = useForm(start, onDone);
  const { values, set, problems, schema, isJob } = form;
  const title = start.edit
    ? trans.__('Edit %1', start.edit.name)
    : isJob
      ? trans.__('New job')
      : trans.__('Run as a batch job');
  return (
    <Tries.Provider value={form.tries}>
      <form
        className="jb-Page jb-mod-form"
        noValidate
        onSubmit={event => {
          event.preventDefault();
          void form.submit();
        }}
      >
        <header className="jb-Page-head">
          <h2>{title}</h2>
        </header>
        <p className="jb-quiet jb-FormPath">{start.notebook}</p>
        <ServerStatus executor={values.executor} />
        <TextField
          label={trans.__('Name')}
          value={values.name}
          problem={problems.name}
          onChange={name => set({ name })}
        />
        {isJob && (
          <TextField
            label={trans.__('Description')}
            value={values.description}
            problem={problems.description}
            onChange={description => set({ description })}
          />
        )}
        <Parameters start={start} form={form} />
        <ScheduleFields form={form} mayBeNow={!start.edit} />
        {isJob && !features.schedules && (
          <Notice kind="info">
            {trans.__(
              'This server has no schedules yet: the job runs when somebody starts it.'
            )}
          </Notice>
        )}
        <EnvironmentFields form={form} />
        <Advanced start={start} form={form} isJob={isJob} />
        {form.error && <Notice kind="error">{form.error}</Notice>}
        <footer className="jb-FormFoot">
          <Button
            kind="primary"
            type="submit"
            disabled={form.busy || (!schema && !form.schemaError)}
          >
            {start.edit
              ? trans.__('Save')
              : isJob
                ? trans.__('Create job')
                : trans.__('Run')}
          </Button>
          <Button onClick={onCancel}>{trans.__('Close')}</Button>
          <span className="jb-quiet" role="status">
            {form.busy
              ? trans.__('Sending…')
              : form.count
                ? trans._n(
                    '%1 field needs another look',
                    '%1 fields need another look',
                    form.count
                  )
                : ''}
          </span>
        </footer>
      </form>
    </Tries.Provider>
  );
}
