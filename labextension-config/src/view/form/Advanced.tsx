import * as React from 'react';
import { useModel } from '../hooks';
import { useServices } from '../services';
import { SelectField, TextField } from './Field';
import type { IForm } from './useForm';

interface IAdvancedProps {
  form: IForm;
  isJob: boolean;
}

/** Policies that most people never need; what is left empty is sensible. */
export function Advanced({ form, isJob }: IAdvancedProps): React.ReactElement {
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
          help={trans.__('Of runs that wait, the highest goes first.')}
          onChange={priority => set({ priority })}
        />
        {isJob && (
          <TextField
            label={trans.__('Runs at once')}
            value={values.maxConcurrent}
            problem={problems.max_concurrent}
            placeholder={trans.__('no limit of its own')}
            help={trans.__('How many runs of this job may be under way.')}
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
            help={trans.__('Twice as long each time.')}
            onChange={retryDelay => set({ retryDelay })}
          />
        </div>
      )}
      {takes('overlap') && (
        <SelectField
          label={trans.__('When a run is due while another is under way')}
          value={values.overlap}
          problem={problems.overlap}
          options={[
            ['', trans.__('As the server does by default')],
            ['skip', trans.__('Skip it, and say so on record')],
            ['queue', trans.__('Let it wait')],
            ['replace', trans.__('Cancel the one that runs')],
            ['allow', trans.__('Run both')]
          ]}
          onChange={overlap => set({ overlap })}
        />
      )}
    </details>
  );
}
