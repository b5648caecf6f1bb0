/** The suggestions of a field for a typed text. */
export interface ISuggestions {
  shown: readonly string[];
  /** How many more there are. */
  more: number;
}

const MOST = 40;

/**
 * Returns the options that hold each typed word, those in which a word begins with it first.
 * Without words, `first` stand before all others.
 */
export function suggest(
  options: readonly string[],
  typed: string,
  first: readonly string[] = []
): ISuggestions {
  const words = plain(typed).split(' ').filter(Boolean);
  const ordered = words.length
    ? ranked(options, words)
    : [...new Set([...first.filter(one => options.includes(one)), ...options])];
  return { shown: ordered.slice(0, MOST), more: Math.max(0, ordered.length - MOST) };
}

/** A text in which several names stand, split at the one that is being typed. */
export function lastName(text: string): [before: string, name: string] {
  const match = /^(.*[,\s])?([^,\s]*)$/s.exec(text);
  return [match?.[1] ?? '', match?.[2] ?? ''];
}

function ranked(options: readonly string[], words: readonly string[]): string[] {
  const ranks = new Map<string, number>();
  for (const option of options) {
    const text = ` ${plain(option)}`;
    if (words.every(word => text.includes(word))) {
      ranks.set(option, words.filter(word => !text.includes(` ${word}`)).length);
    }
  }
  return [...ranks].sort(([, a], [, b]) => a - b).map(([option]) => option);
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[/_\-.:]+/g, ' ');
}
