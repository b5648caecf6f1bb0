import * as React from 'react';
import type { ICronParts, Pattern } from '../../model/cron';
import { COMMON, cronOf, partsOf } from '../../model/cron';
import { useServices } from '../services';
import { SelectField, TextField } from './Field';

interface ICronBuilderProps {
  cron: string;
  problem?: string;
  onChange: (cron: string) => void;
}

/** Common schedules as choices, with the cron text beside them; each follows the other. */
export function CronBuilder({
  cron,
  problem,
  onChange
}: ICronBuilderProps): React.ReactElement {
  const { trans } = useServices();
  const [custom, setCustom] = React.useState(false);
  const read = partsOf(cron);
  const parts: ICronParts = custom ? { ...read, pattern: 'custom' } : read;
  const change = (next: Partial<ICronParts>) => {
    setCustom(next.pattern === 'custom');
    if (next.pattern !== 'custom') {
      const base = parts.pattern === 'custom' ? COMMON : parts;
      onChange(cronOf({ ...base, ...next }));
    }
  };
  const patterns: [Pattern, string][] = [
    ['minutes', trans.__('Every few minutes')],
    ['hourly', trans.__('Every hour')],
    ['daily', trans.__('Every day')],
    ['weekly', trans.__('On days of the week')],
    ['monthly', trans.__('Every month')],
    ['custom', trans.__('Other')]
  ];
  return (
    <div className="jb-Row jb-mod-cron">
      <SelectField
        label={trans.__('Repeats')}
        value={parts.pattern}
        options={patterns}
        onChange={pattern => change({ pattern: pattern as Pattern })}
      />
      {parts.pattern === 'minutes' && (
        <SelectField
          label={trans.__('Minutes')}
          value={String(parts.every)}
          options={[...new Set([5, 10, 15, 20, 30, parts.every])]
            .sort((a, b) => a - b)
            .map((n): [string, string] => [String(n), trans.__('every %1', n)])}
          onChange={every => change({ every: Number(every) })}
        />
      )}
      {parts.pattern === 'hourly' && (
        <TextField
          label={trans.__('At minute')}
          type="number"
          value={String(parts.minute)}
          onChange={minute => change({ minute: clamp(minute, 0, 59) })}
        />
      )}
      {parts.pattern === 'monthly' && (
        <TextField
          label={trans.__('On day')}
          type="number"
          value={String(parts.day)}
          onChange={day => change({ day: clamp(day, 1, 31) })}
        />
      )}
      {['daily', 'weekly', 'monthly'].includes(parts.pattern) && (
        <TextField
          label={trans.__('At')}
          type="time"
          value={`${two(parts.hour)}:${two(parts.minute)}`}
          onChange={time => {
            const [hour, minute] = time.split(':').map(Number);
            change({ hour: hour || 0, minute: minute || 0 });
          }}
        />
      )}
      {parts.pattern === 'weekly' && (
        <Weekdays days={parts.weekdays} onChange={weekdays => change({ weekdays })} />
      )}
      <TextField
        label={trans.__('Cron text')}
        value={cron}
        problem={problem}
        help={trans.__('minute hour day month weekday')}
        onChange={onChange}
      />
    </div>
  );
}

interface IWeekdaysProps {
  days: readonly number[];
  onChange: (days: number[]) => void;
}

function Weekdays({ days, onChange }: IWeekdaysProps): React.ReactElement {
  const { locale, trans } = useServices();
  const name = (day: number, weekday: 'short' | 'long') =>
    // The fourth of January 2026 was a Sunday.
    new Date(2026, 0, 4 + day).toLocaleDateString(locale, { weekday });
  return (
    <div className="jb-Weekdays" role="group" aria-label={trans.__('Days of the week')}>
      {[1, 2, 3, 4, 5, 6, 0].map(day => (
        <button
          key={day}
          type="button"
          className="jb-Day"
          aria-pressed={days.includes(day)}
          aria-label={name(day, 'long')}
          onClick={() => {
            const next = days.includes(day)
              ? days.filter(d => d !== day)
              : [...days, day];
            if (next.length) {
              onChange(next);
            }
          }}
        >
          {name(day, 'short')}
        </button>
      ))}
    </div>
  );
}

function clamp(text: string, least: number, most: number): number {
  return Math.max(least, Math.min(most, Math.round(Number(text)) || least));
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
