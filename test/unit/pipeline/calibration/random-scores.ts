/** Seeded streams of scores. */

// Taken out once: the test runner's global object is slow to look things up in.
const { cos, imul, log, sqrt, PI } = Math;

/** Uniform numbers, above 0 and below 1 (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

/** Standard normal numbers. */
export function normal(seed: number): () => number {
  const next = uniform(seed);
  return () => sqrt(-2 * log(next())) * cos(2 * PI * next());
}

/** A stationary first-order autoregression with standard normal marginals. */
export function autoregressive(seed: number, memory: number): () => number {
  const next = normal(seed);
  let value = next();
  return () => {
    value = memory * value + sqrt(1 - memory * memory) * next();
    return value;
  };
}

/** The distributions that calibration is tried on, by name. */
export const DISTRIBUTIONS: Readonly<Record<string, (seed: number) => () => number>> = {
  normal,
  exponential: (seed) => mapped(seed, (u) => -log(u)),
  pareto: (seed) => mapped(seed, (u) => u ** -0.5),
  uniform,
  'crowding below 1': (seed) => mapped(seed, (u) => 1 - 0.3 * u * u),
};

function mapped(seed: number, map: (u: number) => number): () => number {
  const next = uniform(seed);
  return () => map(next());
}
