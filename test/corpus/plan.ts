/** What runs when: benign load as a Poisson process, techniques spread between it. */
import { drawGap, drawInteger, drawWeighted, type Random, shuffled } from './random.ts';
import type { CorpusScript } from './scripts.ts';

/** One run of a script. */
export interface PlannedRun {
  readonly script: CorpusScript;
  /** After the beginning of the recording. */
  readonly atMs: number;
  /** What the script's own choices depend on (bash's RANDOM). */
  readonly seed: number;
}

/** What a plan is made of. */
export interface PlanOptions {
  readonly benign: readonly CorpusScript[];
  readonly techniques: readonly CorpusScript[];
  readonly durationMs: number;
  /** Mean time between two starts of benign load. */
  readonly meanGapMs: number;
}

/** Techniques begin after this share of the time, so that what is ordinary came before. */
const TECHNIQUES_FROM = 0.15;
const TECHNIQUES_TO = 0.97;
const SEEDS = 32768;

/** Services first and at once, then load and techniques in order of time. */
export function makePlan(random: Random, options: PlanOptions): PlannedRun[] {
  const run = (script: CorpusScript, atMs: number): PlannedRun => ({
    script,
    atMs,
    seed: drawInteger(random, SEEDS),
  });
  const load = options.benign.filter(({ weight }) => weight > 0);
  const services = options.benign.filter(({ weight }) => weight === 0);
  const runs: PlannedRun[] = [];
  for (let atMs = drawGap(random, options.meanGapMs); atMs < options.durationMs; ) {
    runs.push(
      run(
        drawWeighted(random, load, ({ weight }) => weight),
        atMs,
      ),
    );
    atMs += drawGap(random, options.meanGapMs);
  }
  const slotMs =
    (options.durationMs * (TECHNIQUES_TO - TECHNIQUES_FROM)) / Math.max(1, options.techniques.length);
  shuffled(random, options.techniques).forEach((script, index) => {
    runs.push(run(script, options.durationMs * TECHNIQUES_FROM + slotMs * (index + random())));
  });
  runs.sort((a, b) => a.atMs - b.atMs);
  return [...services.map((script) => run(script, 0)), ...runs];
}
