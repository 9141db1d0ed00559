/** Scores of the authors' own code. */
import { MemStream } from '../../../../src/pipeline/models/memstream.ts';
import { testWith } from '../../../support/needs.ts';
import { sharedFile } from '../../../support/shared-file.ts';

interface GoldenCase {
  readonly source: string;
  readonly params: { readonly beta: number; readonly K: number; readonly gamma: number | null };
  readonly state_before_stream: {
    readonly W: readonly (readonly number[])[];
    readonly b: readonly number[];
    readonly mem_data: readonly (readonly number[])[];
    readonly memory: readonly (readonly number[])[];
  };
  readonly scores: readonly number[];
  readonly accepted_count_after_each: readonly number[];
  readonly final_mean: readonly number[];
  readonly final_std: readonly number[];
  readonly input_rows: readonly (readonly number[])[];
}

const GOLDEN = sharedFile('golden-memstream', 'golden/memstream_golden.json.gz');

function replay(source: string): {
  golden: GoldenCase;
  model: MemStream;
  scores: number[];
  written: number[];
} {
  const golden = (JSON.parse(GOLDEN.read()) as GoldenCase[]).find((entry) => entry.source === source); // README beside it
  if (golden === undefined) {
    throw new Error(`no golden case ${source}`);
  }
  const state = golden.state_before_stream;
  const model = MemStream.trained({
    weights: Float64Array.from(state.W.flat()),
    bias: Float64Array.from(state.b),
    rows: state.mem_data.map((row) => Float64Array.from(row)),
    codes: state.memory.map((code) => Float64Array.from(code)),
    beta: golden.params.beta,
    k: golden.params.K,
    gamma: golden.params.gamma ?? 0,
  });
  const scores: number[] = [];
  const written: number[] = [];
  for (const row of golden.input_rows) {
    const x = Float64Array.from(row, Math.fround);
    scores.push(model.score(x));
    model.learn(x);
    written.push(model.written);
  }
  return { golden, model, scores, written };
}

for (const source of ['code/memstream.py', 'code/memstream-knn.py']) {
  testWith(GOLDEN.need, `MemStream.trained() scores 1,500 vectors as ${source} does`, () => {
    const { golden, scores } = replay(source);
    expect(scores).toHaveLength(1500);
    const worst = Math.max(...scores.map((score, at) => Math.abs(score - (golden.scores[at] ?? Number.NaN))));
    expect(worst).toBeLessThan(1e-4);
  });

  testWith(GOLDEN.need, `MemStream.trained() takes in the vectors that ${source} does`, () => {
    const { golden, model, written } = replay(source);
    expect(written).toEqual(golden.accepted_count_after_each);
    for (let feature = 0; feature < golden.final_mean.length; feature++) {
      expect(model.means[feature]).toBeCloseTo(golden.final_mean[feature] ?? Number.NaN, 4);
      expect(model.deviations[feature]).toBeCloseTo(golden.final_std[feature] ?? Number.NaN, 4);
    }
  });
}
