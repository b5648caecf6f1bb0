import * as React from 'react';
import { beginningOf } from '../../model/form';
import type { IFormStart } from '../../model/formStart';
import { useModel } from '../hooks';
import type { ITrans } from '../services';
import { useServices } from '../services';
import { SelectField, TextField } from './Field';
import type { IForm } from './useForm';

interface IAdvancedProps {
  start: IFormStart;
  form: IForm;
  isJob: boolean;
}

/** Policies that most people never need; what is left empty is sensible. */
export function Advanced({ start, form, isJob }: IAdvancedProps): React.ReactElement {
  const { features, trans } = useServices();
  useModel(features);
  const { values, set, problems } = form;
  const takes = (field: string) => isJob && features.takes('JobBody', field);
  return (
    <details className="jb-Details jb-mod-advanced">
      <summary>{trans.__('Advanced')}</summary>
      <div className="jb-Row">
        <TextField
          label={trans.__('Priority')}
          value={values.priority}
          problem={problems.priority}
          placeholder="0"
          help={trans.__('Of the waiting runs, the highest starts first.')}
          onChange={priority => set({ priority })}
        />
        {isJob && (
          <TextField
            label={trans.__('Runs at once')}
            value={values.maxConcurrent}
            problem={problems.max_concurrent}
            placeholder={trans.__('no limit of its own')}
            help={trans.__('The number of this job’s runs that may run at once.')}
            onChange={maxConcurrent => set({ maxConcurrent })}
          />
        )}
      </div>
      {takes('retry') && (
        <div className="jb-Row">
          <TextField
            label={trans.__('Attempts')}
            value={values.attempts}
            problem={problems['retry.max_attempts']}
            placeholder="1"
            help={trans.__(
              'How often a run that fails is tried, the first time included.'
            )}
            onChange={attempts => set({ attempts })}
          />
          <TextField
            label={trans.__('Pause before the next attempt')}
            value={values.retryDelay}
            problem={problems['retry.delay_seconds']}
            placeholder="30 s"
            help={growth(start, trans)}
            onChange={retryDelay => set({ retryDelay })}
          />
        </div>
      )}
      {takes('overlap_policy') && <JobPolicies form={form} />}
      {takes('keep_runs') && (
        <div className="jb-Row">
          <TextField
            label={trans.__('Runs to keep')}
            value={values.keepRuns}
            problem={problems.keep_runs}
            placeholder={trans.__('as the server says')}
            help={trans.__('Older ones are deleted with all their records.')}
            onChange={keepRuns => set({ keepRuns })}
          />
          <TextField
            label={trans.__('Days to keep them')}
            value={values.keepDays}
            problem={problems.keep_days}
            placeholder={trans.__('as the server says')}
            help={trans.__('The newest success is always kept.')}
            onChange={keepDays => set({ keepDays })}
          />
        </div>
      )}
    </details>
  );
}

/** The policies for late, overlapping and failed runs. */
function JobPolicies({ form }: { form: IForm }): React.ReactElement {
  const { trans } = useServices();
  const { values, set, problems } = form;
  return (
    <>
      <div className="jb-Row">
        <SelectField
          label={trans.__('When a run is due while another is under way')}
          value={values.overlap}
          problem={problems.overlap_policy}
          options={[
            ['', trans.__('Skip it if a schedule made it')],
            ['skip', trans.__('Skip it, and record that')],
            ['queue', trans.__('Let one wait, skip the others')],
            ['queue_all', trans.__('Let all wait')],
            ['replace', trans.__('Cancel the one that runs')],
            ['allow', trans.__('Run both')]
          ]}
          onChange={overlap => set({ overlap })}
        />
      </div>
      <div className="jb-Row">
        <TextField
          label={trans.__('Time for all attempts')}
          value={values.runTimeout}
          problem={problems.run_timeout_seconds}
          placeholder={trans.__('none, or 2 h')}
          onChange={runTimeout => set({ runTimeout })}
        />
        <TextField
          label={trans.__('Skip a run that has waited for')}
          value={values.queueTimeout}
          problem={problems.queue_timeout_seconds}
          placeholder={trans.__('never, or 1 h')}
          onChange={queueTimeout => set({ queueTimeout })}
        />
        <TextField
          label={trans.__('Pause after failures in a row')}
          value={values.pauseAfter}
          problem={problems.pause_after_failures}
          placeholder={trans.__('never')}
          onChange={pauseAfter => set({ pauseAfter })}
        />
      </div>
      <SelectField
        label={trans.__('Notebook')}
        value={values.source}
        problem={problems.source}
        options={[
          ['latest', trans.__('As it is on disk when a run is made')],
          ['pinned', trans.__('As it is on disk now, when the job is saved')]
        ]}
        onChange={source => set({ source })}
      />
    </>
  );
}

/** Returns what becomes of the pause from one attempt to the next; the form has no field for it. */
function growth(start: IFormStart, trans: ITrans): string {
  const factor = beginningOf(start).retry?.backoff_factor ?? 2;
  return factor === 1
    ? trans.__('The same each time.')
    : factor === 2
      ? trans.__('Twice as long each time.')
      : trans.__('%1 times as long each time.', factor);
}
