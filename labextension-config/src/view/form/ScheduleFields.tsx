import * as React from 'react';
import type { When } from '../../model/form';
import type { ITriggerValues } from '../../model/triggers';
import { newTrigger } from '../../model/triggers';
import { Button } from '../basics';
import { useServices } from '../services';
import { TriggerFields } from './TriggerFields';
import type { IForm } from './useForm';

interface IScheduleFieldsProps {
  form: IForm;
  /** Whether it may still be a run now: a job that is changed stays a job. */
  mayBeNow: boolean;
}

/** Now, by itself, or when somebody starts it. */
export function ScheduleFields({
  form,
  mayBeNow
}: IScheduleFieldsProps): React.ReactElement {
  const { features, trans } = useServices();
  const { values, set, problems } = form;
  const group = React.useId();
  const kinds: [When, string][] = [
    ...(mayBeNow ? [['now', trans.__('Now, once')] as [When, string]] : []),
    ...(features.schedules
      ? [['schedule', trans.__('On a schedule')] as [When, string]]
      : []),
    ['hand', trans.__('As a job, only by hand')]
  ];
  const when = features.schedules || values.when === 'now' ? values.when : 'hand';
  const change = (key: number, next: Partial<ITriggerValues>) =>
    set({
      triggers: values.triggers.map(one =>
        one.key === key ? { ...one, ...next } : one
      )
    });
  return (
    <fieldset className="jb-Fieldset">
      <legend>{trans.__('When')}</legend>
      <div
        className="jb-Choices"
        role="radiogroup"
        aria-label={trans.__('When it runs')}
      >
        {kinds.map(([kind, word]) => (
          <label key={kind} className="jb-Check">
            <input
              type="radio"
              name={group}
              checked={when === kind}
              onChange={() => set({ when: kind })}
            />
            {word}
          </label>
        ))}
      </div>
      {when === 'schedule' &&
        values.triggers.map((trigger, index) => (
          <TriggerFields
            key={trigger.key}
            values={trigger}
            index={index}
            count={values.triggers.length}
            problems={problems}
            onChange={next => change(trigger.key, next)}
            onRemove={() =>
              set({ triggers: values.triggers.filter(one => one !== trigger) })
            }
          />
        ))}
      {when === 'schedule' && (
        <div>
          <Button onClick={() => set({ triggers: [...values.triggers, newTrigger()] })}>
            {values.triggers.length
              ? trans.__('Add another schedule')
              : trans.__('Add a schedule')}
          </Button>
        </div>
      )}
    </fieldset>
  );
}
