/** Errors about settings, each with its origin. */
import { type ErrorCode, SentinelError } from '../errors.ts';
import type { Origin } from './origin.ts';

/**
 * The error for a setting that cannot be used.
 *
 * @param subject The setting's dotted path, or what else is wrong.
 * @param reason What is wrong with it and what would do; follows the subject.
 * @returns SNT_USAGE when a flag gave the value, else SNT_CONFIG_INVALID; with place and caret for a file.
 */
export function settingFault(origin: Origin, subject: string, reason: string, hint?: string): SentinelError {
  const code: ErrorCode = origin.kind === 'flag' ? 'SNT_USAGE' : 'SNT_CONFIG_INVALID';
  const help = hint === undefined ? {} : { hint };
  switch (origin.kind) {
    case 'file':
      return new SentinelError(code, `${origin.alias ?? subject} ${reason}`, { place: origin, ...help });
    case 'env':
      return new SentinelError(code, `${origin.name} ${reason} (it sets ${subject})`, help);
    case 'flag':
      return new SentinelError(code, `${origin.flag} ${reason}`, help);
    case 'default':
      return new SentinelError(code, `${subject} ${reason}`, help);
  }
}

/** The candidate nearest to `word` by edit distance, if near enough to be what was meant. */
export function nearestName(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(3, Math.ceil(word.length / 3)) + 1;
  if (word.length > 64) {
    return undefined;
  }
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
