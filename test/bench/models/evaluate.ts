/** One model over one stream, and what it came to. */
import type { Contender } from './contenders.ts';
import { SCALINGS } from './contenders.ts';
import type { Dataset } from './dataset.ts';
import { averagePrecision, rocAuc } from './ranking.ts';
import type { Reference } from './reference.ts';

/** A run of a contender. */
export interface Run {
  readonly seed: number;
  readonly rocAuc: number;
  readonly prAuc: number;
  /** Wall time of score and learn per event, over the second half of the stream: past set-up, training, compilation. */
  readonly usPerEvent: number;
  /** The same over the whole stream. */
  readonly usPerEventWithSetup: number;
}

/** A stream as a contender gets it: its rows, and nothing of the labels. */
export function scaledRows(dataset: Dataset, scaling: Contender['scaling']): Float64Array[] {
  const { values, labels } = dataset;
  const dimensions = dataset.features.length;
  const scaled = SCALINGS[scaling](values, dimensions);
  return Array.from(labels, (_, row) => scaled.subarray(row * dimensions, (row + 1) * dimensions));
}

/** Prequential: each row is scored, then learnt, in order; ranks are taken over all rows, those before warm-up included. */
export function evaluate(
  contender: Contender,
  rows: readonly Float64Array[],
  { features, labels }: Dataset,
  seed: number,
): Run {
  const model = contender.build(features.length, seed);
  const scores = new Float64Array(rows.length);
  const half = Math.floor(rows.length / 2);
  const startMs = performance.now();
  let halfMs = startMs;
  for (const [index, row] of rows.entries()) {
    if (index === half) {
      halfMs = performance.now();
    }
    scores[index] = model.score(row);
    model.learn(row);
  }
  const endMs = performance.now();
  return {
    seed,
    rocAuc: rocAuc(scores, labels),
    prAuc: averagePrecision(scores, labels),
    usPerEvent: ((endMs - halfMs) * 1000) / (rows.length - half),
    usPerEventWithSetup: ((endMs - startMs) * 1000) / rows.length,
  };
}

/** How runs compare with a reference. */
export interface Comparison {
  /** Largest difference, in ROC-AUC or PR-AUC, on a seed that both ran; undefined when there is none. */
  readonly furthestOnSameSeed: number | undefined;
  readonly sameSeeds: readonly number[];
  /** Undefined when nothing is required, or there is nothing to hold the runs against. */
  readonly isMet: boolean | undefined;
}

/** Holds runs against the reference, and against what is required of the contender. */
export function compare(contender: Contender, runs: readonly Run[], reference: Reference): Comparison {
  const pairs = runs.flatMap((run) =>
    reference.runs
      .filter(({ seed }) => seed === String(run.seed))
      .map((theirs) => ({
        seed: run.seed,
        difference: Math.max(Math.abs(run.rocAuc - theirs.rocAuc), Math.abs(run.prAuc - theirs.prAuc)),
      })),
  );
  const furthestOnSameSeed =
    pairs.length === 0 ? undefined : Math.max(...pairs.map(({ difference }) => difference));
  return {
    furthestOnSameSeed,
    sameSeeds: pairs.map(({ seed }) => seed),
    isMet: isMet(contender, runs, reference, furthestOnSameSeed),
  };
}

function isMet(
  { requirement }: Contender,
  runs: readonly Run[],
  reference: Reference,
  furthest: number | undefined,
): boolean | undefined {
  if (requirement === undefined) {
    return undefined;
  }
  if ('twinWithin' in requirement) {
    return furthest === undefined ? undefined : furthest <= requirement.twinWithin;
  }
  const mean = runs.reduce((sum, run) => sum + run.rocAuc, 0) / runs.length;
  return mean >= reference.rocAuc - requirement.below;
}
