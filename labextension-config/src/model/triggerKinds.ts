import type { ITrigger } from '../api/types';
import { durationText, parseDuration } from './format';
import { instantIn, isZone, localTextIn, localZone } from './instants';
import type { ITrans } from './trans';

/** The form's texts for what a trigger of each kind has of its own. */
export interface ITriggerTexts {
  cron: string;
  interval: string;
  /** In the zone of the trigger: `2026-01-31T06:00`. */
  once: string;
}

/** Returns what a new trigger begins with. */
export function newTexts(): ITriggerTexts {
  return { cron: '0 6 * * 1-5', interval: '1 h', once: '' };
}

/** Texts with the zone that they are read in. */
export interface IZonedTexts extends ITriggerTexts {
  timezone: string;
}

export type TriggerKind = ITrigger['kind'];
type TriggerOf<K extends TriggerKind> = Extract<ITrigger, { kind: K }>;
/** The names of fields that only triggers of one kind have. */
type OwnField<K extends TriggerKind> = Exclude<keyof TriggerOf<K>, keyof ITrigger>;

/** A kind of trigger, without the looks of its fields. */
interface ITriggerKind<K extends TriggerKind> {
  label: (trans: ITrans) => string;
  /** Its own fields on the wire. */
  fields: readonly OwnField<K>[];
  /** Whether the form asks for a zone. */
  isZoned: boolean;
  /** Returns the texts of a trigger. */
  texts: (trigger: TriggerOf<K>) => Partial<ITriggerTexts>;
  /**
   * Returns the fields that texts mean. Texts are rounder than what they were made of: an
   * unchanged text of `before` changes nothing.
   */
  own: (
    values: IZonedTexts,
    before?: TriggerOf<K>
  ) => Partial<Pick<TriggerOf<K>, OwnField<K>>>;
  /** Returns what can be told to be wrong without the server, by the name of the field. */
  problems: (values: IZonedTexts, trans: ITrans) => Record<string, string>;
  /** Returns what asks the server for the next instants. */
  preview: (values: IZonedTexts) => Record<string, string | number>;
}

/** Each kind once, in the order of the form. A kind that the server has and this has not is an error. */
const KINDS: { readonly [K in TriggerKind]: ITriggerKind<K> } = {
  cron: {
    label: trans => trans.__('By the calendar'),
    fields: ['cron', 'gap', 'repeat'],
    isZoned: true,
    texts: ({ cron }) => ({ cron }),
    own: ({ cron }) => ({ cron: cron.trim() }),
    problems: ({ cron }, trans): Record<string, string> =>
      cron.trim() ? {} : { cron: trans.__('needs five fields, such as 0 6 * * 1-5') },
    preview: ({ cron }) => ({ cron: cron.trim() })
  },
  interval: {
    label: trans => trans.__('Every so often'),
    fields: ['interval_seconds', 'anchor_at'],
    isZoned: false,
    texts: ({ interval_seconds }) => ({ interval: durationText(interval_seconds) }),
    own: ({ interval }, before) => ({
      interval_seconds:
        before && durationText(before.interval_seconds) === interval
          ? before.interval_seconds
          : secondsOf(interval)
    }),
    problems: ({ interval }, trans): Record<string, string> =>
      parseDuration(interval)
        ? {}
        : { interval_seconds: trans.__('takes a duration, such as 30 min or 6 h') },
    preview: ({ interval }) => ({ interval_seconds: secondsOf(interval) })
  },
  once: {
    label: trans => trans.__('Once'),
    fields: ['at'],
    isZoned: true,
    texts: trigger => ({ once: localText(trigger) }),
    own: (values, before) => ({
      at:
        before &&
        localText(before) === values.once &&
        zoneOfTrigger(before) === values.timezone
          ? before.at
          : (instantOf(values) ?? '')
    }),
    problems: (values, trans): Record<string, string> =>
      instantOf(values) ? {} : { at: trans.__('needs a day and a time') },
    preview: values => ({ at: instantOf(values) ?? '' })
  }
};

/** The kinds of triggers, in the order of the form. */
export const TRIGGER_KINDS = Object.keys(KINDS) as readonly TriggerKind[];

/** The fields that only some kinds of triggers have. */
export const OWN_FIELDS: readonly string[] = Object.values(KINDS).flatMap(
  (kind): readonly string[] => kind.fields
);

/** Returns what is known of a kind; triggers that are passed to it are of that kind. */
export function triggerKind(kind: TriggerKind): ITriggerKind<TriggerKind> {
  return KINDS[kind] as unknown as ITriggerKind<TriggerKind>;
}

/** Returns the zone of a trigger; the user's own where it names none. */
export function zoneOfTrigger(trigger: ITrigger): string {
  return trigger.timezone ?? localZone();
}

function secondsOf(duration: string): number {
  return Math.round(parseDuration(duration) ?? 0);
}

function localText(trigger: TriggerOf<'once'>): string {
  return localTextIn(Date.parse(trigger.at), zoneOf(zoneOfTrigger(trigger)));
}

function instantOf(values: IZonedTexts): string | null {
  const at = instantIn(values.once, zoneOf(values.timezone));
  return at === null ? null : new Date(at).toISOString();
}

/** The zone that a field holds; the user's own while it holds none. */
function zoneOf(text: string): string {
  return isZone(text.trim()) ? text.trim() : localZone();
}
