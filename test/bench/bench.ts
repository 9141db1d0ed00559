/** What a bench gives: `test/bench/<subject>.bench.ts` exports one {@link Bench} as `bench`. */

/** One contender, measured several times, each time beside the others. */
export interface Measurement {
  /** What was measured: `sentinel decode`, `zcat | jq -c .`. */
  readonly name: string;
  /** In the unit of the row: `events/s`, `ns/call`, `ms`. */
  readonly unit: string;
  readonly samples: readonly number[];
  /** Anything else worth keeping: CPU seconds, events lost. */
  readonly extra?: Readonly<Record<string, number | string>>;
}

/** Contenders for the same work, interleaved in one run; the first is ours. */
export interface BenchRow {
  readonly subject: string;
  readonly measurements: readonly Measurement[];
  /** True when every contender gave the same answer; a fast wrong one is worth nothing. */
  readonly isSameAnswer: boolean;
}

/** What one bench found. */
export interface BenchResult {
  readonly rows: readonly BenchRow[];
  /** Why some of it could not be measured here. */
  readonly notMeasured?: readonly string[];
}

/** A bench. */
export interface Bench {
  readonly name: string;
  run(): Promise<BenchResult>;
}

/** The middle of the samples; the mean of the two middle ones when their number is even. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) {
    throw new RangeError('median of no samples');
  }
  return (low + high) / 2;
}
