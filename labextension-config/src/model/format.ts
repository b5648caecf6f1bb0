/** The words of numbers: durations and sizes. */

export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) {
    return '–';
  }
  if (seconds < 0.95) {
    return `${Math.round(seconds * 1000)} ms`;
  }
  if (seconds < 10) {
    return `${(Math.round(seconds * 10) / 10).toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours >= 48) {
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  }
  return hours
    ? `${hours} h ${String(minutes).padStart(2, '0')} min`
    : `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) {
    return '–';
  }
  let value = size;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1).replace(/\.0$/, '')} ${UNITS[unit]}`;
}

/** Reads `512 MiB`, `2g`, `1.5 GB`; null for what is none. */
export function parseBytes(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*$/i.exec(text);
  if (!match) {
    return null;
  }
  const power = ['', 'k', 'm', 'g', 't'].indexOf(match[2].toLowerCase());
  return Math.round(Number(match[1]) * 1024 ** power);
}

/** Reads `90`, `90 s`, `15 min`, `2h`, `1 h 30 min`; null for what is none. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim().toLowerCase();
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    return Number(trimmed);
  }
  const pattern = /(\d+(?:\.\d+)?)\s*(d|h|min|m|s)[a-z]*\s*/gy;
  const sizes: Record<string, number> = { d: 86_400, h: 3600, min: 60, m: 60, s: 1 };
  let seconds = 0;
  let end = 0;
  for (let match = pattern.exec(trimmed); match; match = pattern.exec(trimmed)) {
    seconds += Number(match[1]) * sizes[match[2]];
    end = pattern.lastIndex;
  }
  return end > 0 && end === trimmed.length ? seconds : null;
}

/** Writes a duration as somebody would type it: `6 h`, `90 s`. */
export function durationText(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min']
  ];
  const [size, unit] = units.find(([one]) => seconds % one === 0) ?? [1, 's'];
  return `${seconds / size} ${unit}`;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
