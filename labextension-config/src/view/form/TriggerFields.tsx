import * as React from 'react';
import type { Problems } from '../../model/problems';
import type { TriggerKind } from '../../model/triggerKinds';
import type { ITriggerValues } from '../../model/triggers';
import { localZone } from '../../model/instants';
import { TRIGGER_KINDS, triggerKind } from '../../model/triggerKinds';
import { offsetOf } from '../../model/triggers';
import { Button } from '../basics';
import { useServices } from '../services';
import { CronBuilder } from './CronBuilder';
import { ComboField } from './ComboField';
import { SelectField, TextField } from './Field';
import { useTyping } from './complaints';
import { Preview } from './Preview';

interface ITriggerFieldsProps {
  values: ITriggerValues;
  index: number;
  count: number;
  problems: Problems;
  onChange: (change: Partial<ITriggerValues>) => void;
  onRemove: () => void;
}

interface IOwnProps {
  values: ITriggerValues;
  problem: (field: string) => string | undefined;
  onChange: (change: Partial<ITriggerValues>) => void;
}

/** The fields that triggers of one kind have of their own. */
const OWN_FIELDS: Record<TriggerKind, React.FC<IOwnProps>> = {
  cron: CronFields,
  interval: IntervalFields,
  once: OnceFields
};

/** One schedule of a job: by the calendar, every so often, or once. */
export function TriggerFields(props: ITriggerFieldsProps): React.ReactElement {
  const { values, index, count, onChange, onRemove } = props;
  const { trans } = useServices();
  const group = React.useId();
  const [typing, watch] = useTyping();
  const problem = (field: string) => props.problems[`triggers.${index}.${field}`];
  const isWrong = Object.keys(props.problems).some(field =>
    field.startsWith(`triggers.${index}.`)
  );
  const OwnFields = OWN_FIELDS[values.kind];
  return (
    <div
      className={`jb-Trigger${count > 1 ? ' jb-mod-one-of-many' : ''}`}
      role="group"
      aria-label={trans.__('Schedule %1', index + 1)}
      {...watch}
    >
      <div className="jb-Choices">
        {TRIGGER_KINDS.map(kind => (
          <label key={kind} className="jb-Check">
            <input
              type="radio"
              name={group}
              checked={values.kind === kind}
              onChange={() => onChange({ kind })}
            />
            {triggerKind(kind).label(trans)}
          </label>
        ))}
        {count > 1 && (
          <>
            <span className="jb-grow" />
            <Button
              kind="quiet"
              aria-label={trans.__('Remove schedule %1', index + 1)}
              onClick={onRemove}
            >
              {trans.__('Remove')}
            </Button>
          </>
        )}
      </div>
      <OwnFields values={values} problem={problem} onChange={onChange} />
      <div className="jb-Row">
        {triggerKind(values.kind).isZoned && (
          <Zone
            value={values.timezone}
            problem={problem('timezone')}
            onChange={timezone => onChange({ timezone })}
          />
        )}
        <SelectField
          label={trans.__('Runs missed while no server ran')}
          value={values.missed}
          problem={problem('missed_policy')}
          options={[
            ['latest', trans.__('Run the newest of them')],
            ['all', trans.__('Run all of them, oldest first')],
            ['skip', trans.__('Skip it, and record that')]
          ]}
          onChange={missed => onChange({ missed })}
        />
      </div>
      <Preview values={values} quiet={typing || isWrong} />
    </div>
  );
}

function CronFields({ values, problem, onChange }: IOwnProps): React.ReactElement {
  return (
    <CronBuilder
      cron={values.cron}
      problem={problem('cron')}
      onChange={cron => onChange({ cron })}
    />
  );
}

function IntervalFields({ values, problem, onChange }: IOwnProps): React.ReactElement {
  const { trans } = useServices();
  return (
    <TextField
      label={trans.__('Every')}
      value={values.interval}
      problem={problem('interval_seconds')}
      placeholder="6 h"
      help={trans.__('A duration, such as 30 min or 6 h.')}
      onChange={interval => onChange({ interval })}
    />
  );
}

function OnceFields({ values, problem, onChange }: IOwnProps): React.ReactElement {
  const { trans } = useServices();
  return (
    <TextField
      label={trans.__('At')}
      type="datetime-local"
      value={values.once}
      problem={problem('at')}
      help={trans.__('In the time zone below.')}
      onChange={once => onChange({ once })}
    />
  );
}

interface IZoneProps {
  value: string;
  problem?: string;
  onChange: (zone: string) => void;
}

function Zone({ value, problem, onChange }: IZoneProps): React.ReactElement {
  const { trans } = useServices();
  const zones = React.useMemo(() => ['UTC', ...Intl.supportedValuesOf('timeZone')], []);
  return (
    <ComboField
      label={trans.__('Time zone')}
      value={value}
      problem={problem}
      options={zones}
      first={[localZone(), 'UTC']}
      hint={offsetOf}
      help={trans.__('Type to search, such as Amsterdam.')}
      onChange={onChange}
    />
  );
}
