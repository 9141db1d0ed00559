/** Random numbers that a seed repeats, and what is drawn with them. */

/** Numbers in [0, 1). */
export type Random = () => number;

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, good enough to draw a plan with. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number in [0, below). */
export function drawInteger(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** The waiting time of a Poisson process, in the unit of `mean`. */
export function drawGap(random: Random, mean: number): number {
  return -mean * Math.log(1 - random());
}

/** The logarithm of the result is normal around 0 with deviation `sigma`: about as often halved as doubled. */
export function drawFactor(random: Random, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(sigma * normal);
}

/** One of `choices`, drawn by weight. */
export function drawWeighted<T>(random: Random, choices: readonly T[], weightOf: (choice: T) => number): T {
  let left = random() * choices.reduce((sum, choice) => sum + weightOf(choice), 0);
  for (const choice of choices) {
    left -= weightOf(choice);
    if (left < 0) {
      return choice;
    }
  }
  throw new RangeError('nothing to draw from');
}

/** A new array in random order (Fisher and Yates). */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const rest = [...items];
  const result: T[] = [];
  while (rest.length > 0) {
    result.push(...rest.splice(drawInteger(random, rest.length), 1));
  }
  return result;
}
