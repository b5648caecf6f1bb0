/** The common cases of cron texts, as a builder shows them. */

export type Pattern = 'minutes' | 'hourly' | 'daily' | 'weekly' | 'monthly' | 'custom';

export interface ICronParts {
  pattern: Pattern;
  /** Of `minutes`: every so many. */
  every: number;
  minute: number;
  hour: number;
  /** 0 is Sunday. */
  weekdays: number[];
  /** Of the month. */
  day: number;
}

export const COMMON: ICronParts = {
  pattern: 'daily',
  every: 15,
  minute: 0,
  hour: 6,
  weekdays: [1, 2, 3, 4, 5],
  day: 1
};

/** Returns the cron text of a common case. */
export function cronOf(parts: ICronParts): string {
  const { every, minute, hour, weekdays, day } = parts;
  switch (parts.pattern) {
    case 'minutes':
      return `*/${every} * * * *`;
    case 'hourly':
      return `${minute} * * * *`;
    case 'weekly':
      return `${minute} ${hour} * * ${ranges(weekdays)}`;
    case 'monthly':
      return `${minute} ${hour} ${day} * *`;
    default:
      return `${minute} ${hour} * * *`;
  }
}

/** Returns the common case that a text stands for; `custom` where it is none. */
export function partsOf(cron: string): ICronParts {
  const custom: ICronParts = { ...COMMON, pattern: 'custom' };
  const match = /^(\S+) (\S+) (\S+) \* (\S+)$/.exec(cron.trim().replace(/\s+/g, ' '));
  if (!match) {
    return custom;
  }
  const [minutes, hours, days, weekdays] = match.slice(1);
  const every = /^\*\/(\d+)$/.exec(minutes);
  if (every && hours === '*' && days === '*' && weekdays === '*') {
    return { ...COMMON, pattern: 'minutes', every: Number(every[1]) };
  }
  const minute = whole(minutes, 59);
  if (minute === null) {
    return custom;
  }
  if (hours === '*' && days === '*' && weekdays === '*') {
    return { ...COMMON, pattern: 'hourly', minute };
  }
  const hour = whole(hours, 23);
  if (hour === null) {
    return custom;
  }
  const [day, week] = [whole(days, 31), weekdaysOf(weekdays)];
  if (days === '*' && weekdays === '*') {
    return { ...COMMON, pattern: 'daily', minute, hour };
  }
  if (days === '*' && week) {
    return { ...COMMON, pattern: 'weekly', minute, hour, weekdays: week };
  }
  return weekdays === '*' && day
    ? { ...COMMON, pattern: 'monthly', minute, hour, day }
    : custom;
}

function whole(text: string, most: number): number | null {
  return /^\d+$/.test(text) && Number(text) <= most ? Number(text) : null;
}

/** Reads `1-5`, `0,6`; null for what else there may be. */
function weekdaysOf(text: string): number[] | null {
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^([0-7])(?:-([0-7]))?$/.exec(part);
    if (!match) {
      return null;
    }
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    for (let day = from; day <= to; day += 1) {
      days.add(day % 7);
    }
  }
  return days.size ? [...days].sort((a, b) => a - b) : null;
}

/** Writes `1-5` for Monday to Friday. */
function ranges(weekdays: readonly number[]): string {
  const sorted = [...new Set(weekdays)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let index = 0; index < sorted.length;) {
    let end = index;
    while (sorted[end + 1] === sorted[end] + 1) {
      end += 1;
    }
    parts.push(
      end - index >= 2
        ? `${sorted[index]}-${sorted[end]}`
        : sorted.slice(index, end + 1).join(',')
    );
    index = end + 1;
  }
  return parts.join(',') || '*';
}
