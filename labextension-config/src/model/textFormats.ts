/** The formats of text parameters, as Python's `fromisoformat` and `UUID` read them. */

const DATE = String.raw`\d{4}-\d\d-\d\d|\d{8}|\d{4}-?W\d\d(?:-?[1-7])?`;
const CLOCK = String.raw`\d\d(?::\d\d(?::\d\d(?:[.,]\d+)?)?|\d\d(?:\d\d(?:[.,]\d+)?)?)?`;
const TIME = `T?(${CLOCK})(?:Z|[+-](${CLOCK}))?`;
const WHOLE_DATE = new RegExp(`^(${DATE})$`);
const WHOLE_TIME = new RegExp(`^${TIME}$`);
const DATE_TIME = new RegExp(`^(${DATE})(?:.${TIME})?$`, 's');

/** Returns whether a text has a format; a format that is not known is not checked. */
export function hasFormat(format: string | undefined, text: string): boolean {
  switch (format) {
    case 'date':
      return isRight(WHOLE_DATE.exec(text), isDate);
    case 'time':
      return isRight(WHOLE_TIME.exec(text), isClock, isClock);
    case 'date-time':
      return isRight(DATE_TIME.exec(text), isDate, isClock, isClock);
    case 'uuid':
      return /^[0-9a-f]{32}$/i.test(text.replace(/urn:|uuid:|[{}-]/g, ''));
    default:
      return true;
  }
}

function isRight(
  match: RegExpExecArray | null,
  ...checks: ((part: string) => boolean)[]
): boolean {
  return (
    match !== null &&
    checks.every((check, index) => {
      const part: string | undefined = match[index + 1];
      return part === undefined || check(part);
    })
  );
}

function isDate(text: string): boolean {
  const digits = text.replaceAll('-', '');
  const year = Number(digits.slice(0, 4));
  if (digits[4] === 'W') {
    const week = Number(digits.slice(5, 7));
    return year >= 1 && week >= 1 && week <= 53;
  }
  const [month, day] = [Number(digits.slice(4, 6)), Number(digits.slice(6))];
  const there = new Date(Date.UTC(2000 + (year % 400), month - 1, day));
  return year >= 1 && there.getUTCMonth() === month - 1 && there.getUTCDate() === day;
}

function isClock(text: string): boolean {
  const [hours, minutes = 0, seconds = 0] = text
    .replaceAll(':', '')
    .slice(0, 6)
    .match(/\d\d/g)
    ?.map(Number) ?? [24];
  return hours < 24 && minutes < 60 && seconds < 60;
}
