/** The words of instants: in the user's zone unless another is named, in the user's language. */

const DAY_MS = 86_400_000;

export interface IReading {
  locale?: string;
  /** An IANA name; left out for the user's own. */
  zone?: string;
}

/** Returns the calendar day of an instant in a zone, counted in days. */
export function dayOf(at: number, zone?: string): number {
  if (zone === undefined) {
    const day = new Date(at);
    return Date.UTC(day.getFullYear(), day.getMonth(), day.getDate()) / DAY_MS;
  }
  const { year, month, day } = partsIn(at, zone);
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

/** `3 minutes ago`, `in 2 hours`; from a day on by days of the calendar: `tomorrow`. */
export function relative(at: number, now: number, reading: IReading = {}): string {
  const seconds = (at - now) / 1000;
  const size = Math.abs(seconds);
  const say = (value: number, unit: Intl.RelativeTimeFormatUnit) =>
    relativeFormat(reading.locale).format(seconds < 0 ? -value : value, unit);
  if (size < 5) {
    return say(0, 'second');
  }
  if (Math.round(size) < 60) {
    return say(Math.round(size), 'second');
  }
  if (Math.round(size / 60) < 60) {
    return say(Math.round(size / 60), 'minute');
  }
  const hours = Math.round(size / 3600);
  const days = Math.abs(dayOf(at, reading.zone) - dayOf(now, reading.zone));
  // A day on which clocks are set back has more than 24 hours.
  return hours < 24 || days === 0 ? say(hours, 'hour') : say(days, 'day');
}

const MINUTE: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
const SECOND: Intl.DateTimeFormatOptions = { ...MINUTE, second: '2-digit' };
const DATE: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };

/** `14:03:21`, with the day where it is another than today; with the zone where it is named. */
export function clock(at: number, now: number, reading: IReading = {}): string {
  const { zone } = reading;
  const named: Intl.DateTimeFormatOptions = zone ? { timeZoneName: 'short' } : {};
  if (dayOf(at, zone) === dayOf(now, zone)) {
    return format({ ...SECOND, ...named }, reading).format(at);
  }
  const year = format({ year: 'numeric' }, reading);
  const date: Intl.DateTimeFormatOptions =
    year.format(at) === year.format(now) ? DATE : { ...DATE, year: 'numeric' };
  return `${format(date, reading).format(at)}, ${format({ ...MINUTE, ...named }, reading).format(at)}`;
}

/** The whole instant with its zone, and as it is on the wire. */
export function exact(at: number, reading: IReading = {}): string {
  const whole: Intl.DateTimeFormatOptions = { dateStyle: 'full', timeStyle: 'long' };
  const lines = [format(whole, reading).format(at), new Date(at).toISOString()];
  if (reading.zone) {
    lines.splice(1, 0, format(whole, { locale: reading.locale }).format(at));
  }
  return [...new Set(lines)].join('\n');
}

/** `Sat, 31 Jan 2026, 06:00 CET`: an instant of a schedule in the zone of the schedule. */
export function planned(at: number, reading: IReading): string {
  const options: Intl.DateTimeFormatOptions = {
    ...DATE,
    ...MINUTE,
    weekday: 'short',
    year: 'numeric',
    timeZoneName: 'short'
  };
  return format(options, reading).format(at);
}

/** The zone that this machine is in. */
export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

/** Whether a name is that of a zone. */
export function isZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/** The zone to show an instant in: left out for what cannot be shown here, or is the user's own. */
export function shownZone(name: string | undefined): string | undefined {
  return name && name !== localZone() && isZone(name) ? name : undefined;
}

/**
 * Returns the instant at which clocks in a zone show a local time such as `2026-01-31T06:00`; the
 * first of two, and what comes after a gap. Null for what is no time.
 */
export function instantIn(local: string, zone: string): number | null {
  const wall = Date.parse(`${local}Z`);
  if (!local || Number.isNaN(wall)) {
    return null;
  }
  // Offsets change at most once within a day or so: those before and after are all there are.
  const offsets = [wall - DAY_MS, wall + DAY_MS].map(at => offsetIn(at, zone));
  const fitting = offsets
    .map(offset => wall - offset)
    .filter(at => offsetIn(at, zone) === wall - at);
  return fitting.length ? Math.min(...fitting) : wall - offsets[0];
}

/** `2026-01-31T06:00`: what clocks in a zone show at an instant. */
export function localTextIn(at: number, zone: string): string {
  return new Date(at + offsetIn(at, zone)).toISOString().slice(0, 16);
}

/** Returns the offset of a zone from UTC at an instant, in milliseconds. */
function offsetIn(at: number, zone: string): number {
  const { year, month, day, hour, minute, second } = partsIn(at, zone);
  const shown = Date.UTC(year, month - 1, day, hour, minute, second);
  return shown - Math.floor(at / 1000) * 1000;
}

const NUMBERS: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  hourCycle: 'h23'
};

function partsIn(at: number, zone: string): Record<string, number> {
  const reading = { locale: 'en-u-ca-gregory-nu-latn', zone };
  const parts = format(NUMBERS, reading).formatToParts(at);
  return Object.fromEntries(parts.map(part => [part.type, Number(part.value)]));
}

const formats = new Map<string, Intl.DateTimeFormat>();
const relativeFormats = new Map<string, Intl.RelativeTimeFormat>();

/** Making a format is slow, and lists need them by the thousand. */
function format(options: Intl.DateTimeFormatOptions, reading: IReading) {
  const all = { ...options, timeZone: reading.zone };
  return kept(formats, `${reading.locale} ${JSON.stringify(all)}`, () => {
    return new Intl.DateTimeFormat(reading.locale, all);
  });
}

function relativeFormat(locale?: string) {
  return kept(relativeFormats, String(locale), () => {
    return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  });
}

function kept<T>(known: Map<string, T>, key: string, make: () => T): T {
  const one = known.get(key) ?? make();
  known.set(key, one);
  return one;
}
