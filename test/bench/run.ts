/** Runs the benches (`make bench`), all or those named, prints a table and keeps the results with what they were measured on. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Bench, type BenchResult, type BenchRow, median } from './bench.ts';

const FOLDER = 'test/bench';
const SUFFIX = '.bench.ts';

/** Versions of what the figures depend on. */
function machine(): Record<string, string | number> {
  const build = JSON.parse(readFileSync('build/build-info.json', 'utf8')) as Record<
    'commit' | 'libbpf',
    string
  >; // build-info.ts
  return {
    commit: build.commit,
    libbpf: build.libbpf,
    node: process.version,
    kernel: release(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    memoryBytes: totalmem(),
    bpftrace: versionOf('bpftrace'),
    jq: versionOf('jq'),
    python: versionOf('python3'),
  };
}

function versionOf(command: string): string {
  try {
    return execFileSync(command, ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return 'not there';
  }
}

async function loadBenches(names: readonly string[]): Promise<Bench[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(SUFFIX));
  const missing = names.filter((name) => !files.includes(name + SUFFIX));
  if (missing.length > 0 || files.length === 0) {
    throw new Error(
      `no bench ${missing.join(', ')}; there are ${files.map((file) => basename(file, SUFFIX)).join(', ')}`,
    );
  }
  const asked = files.filter((file) => names.length === 0 || names.includes(basename(file, SUFFIX)));
  const modules = asked.map(
    (file) => import(pathToFileURL(resolve(FOLDER, file)).href) as Promise<{ bench: Bench }>,
  ); // bench.ts says so
  return (await Promise.all(modules)).map(({ bench }) => bench);
}

function format(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

/** One line a contender: median, range, and how many times our median it is. */
function rowLines({ subject, measurements, isSameAnswer }: BenchRow): string[] {
  const ours = measurements[0] === undefined ? Number.NaN : median(measurements[0].samples);
  const lines = measurements.map(({ name, unit, samples, extra }) => {
    const middle = median(samples);
    const range = `${format(Math.min(...samples))} to ${format(Math.max(...samples))}`;
    const more = Object.entries(extra ?? {}).map(([key, value]) => `${key} ${value}`);
    const shown = [
      `${format(middle)} ${unit}`.padEnd(22),
      `${(middle / ours).toFixed(2)} ×`.padEnd(10),
      `(${range})`,
      ...more,
    ];
    return `  ${name.padEnd(34)} ${shown.join(' ')}`;
  });
  return [isSameAnswer ? subject : `${subject}: ANSWERS DIFFER`, ...lines];
}

const results: Record<string, BenchResult> = {};
let hasFailed = false;
for (const { name, run } of await loadBenches(process.argv.slice(2))) {
  console.log(`\n${name}`);
  const result = await run();
  results[name] = result;
  hasFailed ||= result.rows.some(({ isSameAnswer }) => !isSameAnswer);
  for (const line of [
    ...result.rows.flatMap(rowLines),
    ...(result.notMeasured ?? []).map((why) => `  not measured: ${why}`),
  ]) {
    console.log(line);
  }
}

const measuredOn = machine();
const date = new Date().toISOString().slice(0, 10);
const folder = join(FOLDER, 'results');
const file = join(folder, `${date}-${measuredOn['commit']}.json`);
mkdirSync(folder, { recursive: true });
writeFileSync(file, `${JSON.stringify({ date, machine: measuredOn, results }, null, 1)}\n`);
console.log(`\nkept in ${file}`);
process.exitCode = hasFailed ? 1 : 0;
