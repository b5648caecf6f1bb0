import type { ITrigger } from '../api/types';
import { durationText, parseDuration } from './format';
import { instantIn, isZone, localTextIn, localZone } from './instants';
import type { ITrans } from './trans';
import { plainTrans } from './trans';

export type TriggerKind = ITrigger['kind'];
export type MissedPolicy = NonNullable<ITrigger['missed_policy']>;

/** A trigger as the form holds it: texts as they were typed. */
export interface ITriggerValues {
  /** Tells the cards of a form apart. */
  key: number;
  kind: TriggerKind;
  cron: string;
  interval: string;
  /** In the zone of the trigger: `2026-01-31T06:00`. */
  once: string;
  timezone: string;
  missed: MissedPolicy;
  /** The trigger that is changed; what the form does not show stays as it was. */
  before?: ITrigger;
}

let keys = 0;

/** Returns the offset of a zone from UTC now, such as `UTC+2`. */
export function offsetOf(timeZone: string): string {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    timeZoneName: 'shortOffset'
  });
  const part = format.formatToParts().find(one => one.type === 'timeZoneName');
  return (part?.value ?? '').replace('GMT', 'UTC');
}

/** Returns what a new trigger begins with. */
export function newTrigger(): ITriggerValues {
  keys += 1;
  return {
    key: keys,
    kind: 'cron',
    cron: '0 6 * * 1-5',
    interval: '1 h',
    once: '',
    timezone: localZone(),
    missed: 'latest'
  };
}

/** Returns a trigger as the form shows it; a copy of one has no id. */
export function triggerValues(trigger: ITrigger, copied: boolean): ITriggerValues {
  const initial = newTrigger();
  const { id: _, ...rest } = trigger;
  const timezone = trigger.timezone ?? initial.timezone;
  return {
    ...initial,
    kind: trigger.kind,
    cron: trigger.kind === 'cron' ? trigger.cron : initial.cron,
    interval:
      trigger.kind === 'interval'
        ? durationText(trigger.interval_seconds)
        : initial.interval,
    once:
      trigger.kind === 'once'
        ? localTextIn(Date.parse(trigger.at), zoneOf(timezone))
        : '',
    timezone,
    missed: trigger.missed_policy ?? 'latest',
    before: copied ? rest : trigger
  };
}

/** The fields that only some kinds of triggers have. */
const OF_A_KIND = [
  'id',
  'cron',
  'gap',
  'repeat',
  'interval_seconds',
  'anchor_at',
  'at'
];

/** Returns the trigger that was meant; what the form does not show stays as it was. */
export function triggerOf(values: ITriggerValues): ITrigger {
  const { before } = values;
  const ofAnyKind = Object.fromEntries(
    Object.entries(before ?? {}).filter(([name]) => !OF_A_KIND.includes(name))
  ) as Partial<Omit<ITrigger, 'id' | 'kind'>>;
  const shown = {
    timezone: values.timezone.trim(),
    missed_policy: values.missed
  };
  // Texts are rounder than what they were made of: an unchanged text changes nothing.
  switch (values.kind) {
    case 'cron': {
      const old = before?.kind === 'cron' ? before : ofAnyKind;
      return { ...old, ...shown, kind: 'cron', cron: values.cron.trim() };
    }
    case 'interval': {
      const old = before?.kind === 'interval' ? before : null;
      const interval_seconds =
        old && triggerValues(old, true).interval === values.interval
          ? old.interval_seconds
          : Math.round(parseDuration(values.interval) ?? 0);
      return { ...(old ?? ofAnyKind), ...shown, kind: 'interval', interval_seconds };
    }
    case 'once': {
      const old = before?.kind === 'once' ? before : null;
      const was = old && triggerValues(old, true);
      const at =
        old && was?.once === values.once && was.timezone === values.timezone
          ? old.at
          : (instantOf(values) ?? '');
      return { ...(old ?? ofAnyKind), ...shown, kind: 'once', at };
    }
  }
}

/** Returns what can be told to be wrong without the server, by the name of the field. */
export function triggerProblems(
  values: ITriggerValues,
  trans: ITrans = plainTrans
): Record<string, string> {
  switch (values.kind) {
    case 'cron':
      return values.cron.trim()
        ? {}
        : { cron: trans.__('needs five fields, such as 0 6 * * 1-5') };
    case 'interval':
      return parseDuration(values.interval)
        ? {}
        : { interval_seconds: trans.__('takes a duration, such as 30 min or 6 h') };
    case 'once':
      return instantOf(values) ? {} : { at: trans.__('needs a day and a time') };
  }
}

/** Returns what asks the server for the next instants; null where something is missing. */
export function previewQuery(
  values: ITriggerValues
): Record<string, string | number> | null {
  if (Object.keys(triggerProblems(values)).length) {
    return null;
  }
  const { timezone } = values;
  switch (values.kind) {
    case 'cron':
      return { cron: values.cron.trim(), timezone };
    case 'interval':
      return {
        interval_seconds: Math.round(parseDuration(values.interval) ?? 0),
        timezone
      };
    case 'once':
      return { at: instantOf(values) ?? '', timezone };
  }
}

function instantOf(values: ITriggerValues): string | null {
  const at = instantIn(values.once, zoneOf(values.timezone));
  return at === null ? null : new Date(at).toISOString();
}

/** The zone that a field holds; the user's own while it holds none. */
function zoneOf(text: string): string {
  return isZone(text.trim()) ? text.trim() : localZone();
}
