import type { ITrigger } from '../api/types';
import { localZone } from './instants';
import type { ITrans } from './trans';
import { plainTrans } from './trans';
import type { IZonedTexts, TriggerKind } from './triggerKinds';
import {
  newTexts,
  OWN_FIELDS,
  TRIGGER_KINDS,
  triggerKind,
  zoneOfTrigger
} from './triggerKinds';

export type MissedPolicy = NonNullable<ITrigger['missed_policy']>;

/** A trigger as the form holds it: texts as they were typed. */
export interface ITriggerValues extends IZonedTexts {
  /** Tells the cards of a form apart. */
  key: number;
  kind: TriggerKind;
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
    kind: TRIGGER_KINDS[0],
    ...newTexts(),
    timezone: localZone(),
    missed: 'latest'
  };
}

/** Returns a trigger as the form shows it; a copy of one has no id. */
export function triggerValues(trigger: ITrigger, copied: boolean): ITriggerValues {
  const { id: _, ...rest } = trigger;
  return {
    ...newTrigger(),
    ...triggerKind(trigger.kind).texts(trigger),
    kind: trigger.kind,
    timezone: zoneOfTrigger(trigger),
    missed: trigger.missed_policy ?? 'latest',
    before: copied ? rest : trigger
  };
}

/** Returns the trigger that was meant; what the form does not show stays as it was. */
export function triggerOf(values: ITriggerValues): ITrigger {
  const { kind, before } = values;
  const same = before?.kind === kind ? before : undefined;
  const ofAnyKind = Object.fromEntries(
    Object.entries(before ?? {}).filter(
      ([name]) => name !== 'id' && !OWN_FIELDS.includes(name)
    )
  );
  return {
    ...(same ?? ofAnyKind),
    timezone: values.timezone.trim(),
    missed_policy: values.missed,
    kind,
    ...triggerKind(kind).own(values, same)
  } as ITrigger;
}

/** Returns what can be told to be wrong without the server, by the name of the field. */
export function triggerProblems(
  values: ITriggerValues,
  trans: ITrans = plainTrans
): Record<string, string> {
  return triggerKind(values.kind).problems(values, trans);
}

/** Returns what asks the server for the next instants; null where something is missing. */
export function previewQuery(
  values: ITriggerValues
): Record<string, string | number> | null {
  return Object.keys(triggerProblems(values)).length
    ? null
    : { ...triggerKind(values.kind).preview(values), timezone: values.timezone };
}
