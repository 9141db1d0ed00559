/**
 * The n-gram model on ADFA-LD system call traces: learns the normal training traces, then ranks the others by trace.
 *
 *     node --no-warnings test/bench/ngram-adfa.ts FILE [order ...]
 *
 * FILE: NDJSON, gzipped, one trace a line: `{split: "train" | "test", label: 0 | 1, syscalls: number[]}`. Prints a row for each
 * order and way to make one number of a trace: the mean surprisal, and the highest score of an event, which is what an alert hangs on. The
 * test traces are not learnt, except in the rows `test learnt`, which see them once, in order, without a label, and leave nothing out.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { NgramModel } from '../../src/pipeline/models/ngram.ts';

interface Trace {
  readonly split: string;
  readonly label: number;
  readonly symbols: readonly string[];
}

interface Scored {
  readonly label: number;
  readonly value: number;
}

const [file, ...orders] = process.argv.slice(2);
if (file === undefined) {
  throw new TypeError('which file? node test/bench/ngram-adfa.ts FILE [order ...]');
}
const traces = readTraces(file);
process.stdout.write(
  `${traces.length} traces; AUC / PR-AUC / recall at 1 % and 5 % false alarms; us per system call\n`,
);
for (const order of orders.length === 0 ? [2, 3, 4, 5, 6] : orders.map(Number)) {
  for (const isLearning of [false, true]) {
    report(order, isLearning);
  }
}

function report(order: number, isLearning: boolean): void {
  const model = new NgramModel({ order });
  const train = traces.filter((trace) => trace.split === 'train');
  const test = traces.filter((trace) => trace.split === 'test');
  const startMs = performance.now();
  for (const [index, trace] of train.entries()) {
    for (const symbol of trace.symbols) {
      model.learn(`train ${index}`, symbol);
    }
  }
  const trainedMs = performance.now();
  const means: Scored[] = [];
  const highest: Scored[] = [];
  for (const [index, { label, symbols }] of test.entries()) {
    const key = `test ${index}`;
    let sum = 0;
    let most = 0;
    for (const symbol of symbols) {
      sum += model.surprisal(key, symbol);
      most = Math.max(most, model.score(key, symbol));
      if (isLearning) {
        model.learn(key, symbol);
      } else {
        model.skip(key, symbol);
      }
    }
    means.push({ label, value: sum / symbols.length });
    highest.push({ label, value: most });
  }
  const testedMs = performance.now();
  const learnUs = ((trainedMs - startMs) * 1000) / countSymbols(train);
  const scoreUs = ((testedMs - trainedMs) * 1000) / countSymbols(test);
  const way = isLearning ? 'test learnt' : 'static';
  const cost = `learn ${learnUs.toFixed(2)}, test ${scoreUs.toFixed(2)}`;
  process.stdout.write(
    `n=${order} ${way}: mean ${quality(means)}; highest score ${quality(highest)}; ${cost}\n`,
  );
}

function quality(scored: readonly Scored[]): string {
  const values = [rocAuc(scored), averagePrecision(scored), recallAt(scored, 0.01), recallAt(scored, 0.05)];
  return values.map((value) => value.toFixed(3)).join(' / ');
}

/** Chance that an attack ranks above a normal trace, ties half. */
function rocAuc(scored: readonly Scored[]): number {
  const sorted = [...scored].sort((a, b) => a.value - b.value);
  const attacks = sorted.filter(({ label }) => label === 1).length;
  let ranks = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end < sorted.length && sorted[end]?.value === sorted[start]?.value) {
      end++;
    }
    for (let index = start; index < end; index++) {
      ranks += sorted[index]?.label === 1 ? (start + end + 1) / 2 : 0;
    }
    start = end;
  }
  return (ranks - (attacks * (attacks + 1)) / 2) / (attacks * (sorted.length - attacks));
}

function averagePrecision(scored: readonly Scored[]): number {
  const sorted = [...scored].sort((a, b) => b.value - a.value);
  let found = 0;
  let sum = 0;
  for (const [index, { label }] of sorted.entries()) {
    if (label === 1) {
      found++;
      sum += found / (index + 1);
    }
  }
  return sum / found;
}

/** Share of attacks above the value that the share `falseAlarms` of normal traces is above. */
function recallAt(scored: readonly Scored[], falseAlarms: number): number {
  const normal = scored.filter(({ label }) => label === 0).map(({ value }) => value);
  normal.sort((a, b) => b - a);
  const threshold = normal[Math.floor(normal.length * falseAlarms)] ?? 0;
  const attacks = scored.filter(({ label }) => label === 1);
  return attacks.filter(({ value }) => value > threshold).length / attacks.length;
}

function countSymbols(some: readonly Trace[]): number {
  return some.reduce((sum, { symbols }) => sum + symbols.length, 0);
}

function readTraces(path: string): Trace[] {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  const names = new Map<number, string>();
  return lines.map((line) => {
    const { split, label, syscalls } = JSON.parse(line) as {
      split: string;
      label: number;
      syscalls: number[];
    }; // the file's own documentation is its schema; a wrong one fails below
    const symbols = syscalls.map((number) => {
      const name = names.get(number) ?? `sys_${number}`;
      names.set(number, name);
      return name;
    });
    return { split, label, symbols };
  });
}
