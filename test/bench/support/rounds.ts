/** Running contenders side by side. */

/** Results of each contender, in the order of the rounds. */
export type Rounds<Name extends string, Result> = Readonly<Record<Name, readonly Result[]>>;

/**
 * Runs every contender once a round, each round beginning with the next one, so that neither the machine's mood nor the
 * place in a round favours one.
 */
export async function interleave<Name extends string, Result>(
  rounds: number,
  contenders: Readonly<Record<Name, () => Result | Promise<Result>>>,
): Promise<Rounds<Name, Result>> {
  const names = Object.keys(contenders) as Name[]; // of a literal with these keys
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<Name, Result[]>;
  for (let round = 0; round < rounds; round++) {
    for (let place = 0; place < names.length; place++) {
      const name = names[(round + place) % names.length] as Name; // the index is in range
      results[name].push(await contenders[name]());
    }
  }
  return results;
}

/** The value below which `fraction` of the samples lie. */
export function quantile(samples: ArrayLike<number>, fraction: number): number {
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? Number.NaN;
}

/** A number to be read, not reckoned with: three digits, and groups of three before the point. */
export function shown(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
