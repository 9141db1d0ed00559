/**
 * How well and how fast the models find the anomalies of labelled streams (`npm run bench:models`).
 *
 *   npm run bench:models -- --data DIR [--models a,b] [--seeds N | 1,2,42] [--json FILE] [--reference FILE]
 *
 * DIR holds `*.csv.gz` with the columns `f0..fn,label` in stream order. Models score each row, then learn it, and never
 * see a label. `--seeds` is how many, or which; ten unless given. Times are of the fastest seed. Exits 1 if a model misses what is required of it.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { CONTENDERS, type Contender } from './models/contenders.ts';
import { datasetFiles, readDataset } from './models/dataset.ts';
import { type Comparison, compare, evaluate, type Run, scaledRows } from './models/evaluate.ts';
import { meanAndSd } from './models/ranking.ts';
import { bestReference, findReferenceFile, type Reference, readReferences } from './models/reference.ts';

/** Those of the reference runs first. */
const SEEDS = [42, 1, 2, 3, 4, 5, 6, 7, 8, 9];

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    models: { type: 'string' },
    seeds: { type: 'string', default: String(SEEDS.length) },
    json: { type: 'string' },
    reference: { type: 'string' },
  },
});

/** What one contender came to on one stream. */
interface Row {
  readonly contender: Contender;
  readonly runs: readonly Run[];
  readonly reference: Reference | undefined;
  readonly comparison: Comparison | undefined;
}

function chosenSeeds(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (!numbers.every((number) => Number.isInteger(number) && number >= 0)) {
    throw new Error(`--seeds ${text}: give how many, or a list of whole numbers`);
  }
  const [count = 0] = numbers;
  if (numbers.length > 1) {
    return numbers;
  }
  return Array.from({ length: Math.max(1, count) }, (_, index) => SEEDS[index] ?? index);
}

function chosenContenders(text: string | undefined): readonly Contender[] {
  const kinds = [...new Set(CONTENDERS.map(({ kind }) => kind))];
  const asked = text?.split(',') ?? kinds;
  const unknown = asked.filter((kind) => !kinds.includes(kind));
  if (unknown.length > 0) {
    throw new Error(`no model ${unknown.join(', ')}; there are ${kinds.join(', ')}`);
  }
  return CONTENDERS.filter(({ kind }) => asked.includes(kind));
}

const COLUMNS = [-16, -26, 15, 15, 8, 15, 9, 0];

function line(cells: readonly string[]): string {
  const padded = cells.map((cell, index) => {
    const width = COLUMNS[index] ?? 0;
    return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
  });
  return padded.join('  ').trimEnd();
}

const spread = (values: readonly number[]): string => {
  const { mean, sd } = meanAndSd(values);
  return `${mean.toFixed(4)} ± ${sd.toFixed(3)}`;
};

function cellsOf({ contender, runs, reference, comparison }: Row): string[] {
  const theirs = reference ? `${reference.rocAuc.toFixed(4)} ${reference.prAuc.toFixed(4)}` : '-';
  const isTwin = contender.requirement !== undefined && 'twinWithin' in contender.requirement;
  const verdict = comparison?.isMet === undefined ? '' : comparison.isMet ? 'ok' : 'MISSED';
  return [
    contender.kind,
    contender.settings,
    spread(runs.map(({ rocAuc }) => rocAuc)),
    spread(runs.map(({ prAuc }) => prAuc)),
    Math.min(...runs.map(({ usPerEvent }) => usPerEvent)).toFixed(2),
    theirs,
    isTwin ? (comparison?.furthestOnSameSeed?.toFixed(5) ?? '-') : '',
    reference ? `${verdict} ${reference.model}, ${reference.runs.length} seeds`.trim() : '',
  ];
}

function run(folder: string): boolean {
  const seeds = chosenSeeds(options.seeds);
  const contenders = chosenContenders(options.models);
  const referenceFile = findReferenceFile(options.reference, folder);
  const references = referenceFile === undefined ? [] : readReferences(referenceFile);
  console.log(`seeds ${seeds.join(' ')}; references: ${referenceFile ?? 'none'}`);
  const heads = ['model', 'settings', 'ROC-AUC', 'PR-AUC', 'us/event', 'reference', 'same seed', ''];
  const report: unknown[] = [];
  const rows: Row[] = [];
  for (const file of datasetFiles(folder)) {
    const dataset = readDataset(file);
    if (dataset === undefined) {
      console.log(`\n${file}: no column label at the end, left out`);
      continue;
    }
    const { name, features, labels } = dataset;
    const anomalies = labels.reduce((sum, label) => sum + label, 0);
    console.log(`\n${name}: ${labels.length} events, ${features.length} features, ${anomalies} anomalies`);
    console.log(line(heads));
    for (const contender of contenders) {
      const scaled = scaledRows(dataset, contender.scaling);
      const runs = seeds.map((seed) => evaluate(contender, scaled, dataset, seed));
      const reference = bestReference(references, name, contender.references);
      const comparison = reference && compare(contender, runs, reference);
      const row = { contender, runs, reference, comparison };
      rows.push(row);
      console.log(line(cellsOf(row)));
      const { kind, settings } = contender;
      report.push({
        dataset: name,
        events: labels.length,
        anomalies,
        kind,
        settings,
        runs,
        reference,
        comparison,
      });
    }
  }
  if (rows.length === 0) {
    throw new Error(`${folder}: no stream to run on`);
  }
  const judged = rows.filter(({ comparison }) => comparison?.isMet !== undefined);
  const missed = judged.filter(({ comparison }) => comparison?.isMet === false);
  console.log(`\n${judged.length} held against a reference, ${missed.length} missed what is required`);
  if (options.json !== undefined) {
    const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cpus: cpus().length };
    writeFileSync(options.json, `${JSON.stringify({ machine, seeds, results: report }, null, 1)}\n`);
  }
  return missed.length === 0;
}

if (options.data === undefined) {
  console.error(
    'usage: npm run bench:models -- --data DIR [--models a,b] [--seeds N] [--json FILE] [--reference FILE]',
  );
  process.exitCode = 2;
} else {
  process.exitCode = run(options.data) ? 0 : 1;
}
