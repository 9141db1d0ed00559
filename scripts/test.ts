/**
 * Runs the tests (`make test`), with --all also those on other kernels. First what may run side by side, then, one file
 * after another and as root, what watches or changes the whole host. The last line is `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { closingLine, type ExpectedSkips, type JestReport, summarise } from './test-report.ts';

/** A set of test folders that run under the same conditions. */
interface Phase {
  readonly name: string;
  readonly folders: readonly string[];
  readonly asRoot: boolean;
  readonly args: readonly string[];
}

const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });

const PHASES: readonly Phase[] = [
  {
    name: 'side by side',
    folders: ['unit', 'conformance', 'integration'],
    asRoot: false,
    args: ['--maxWorkers=2'],
  },
  {
    name: 'one by one',
    folders: ['native', 'live', 'e2e', ...(values.all ? ['vm'] : [])],
    asRoot: true,
    args: ['--runInBand'],
  },
];

/** Folders of the phase that have tests. */
function foldersWithTests(folders: readonly string[]): string[] {
  return folders
    .map((folder) => join('test', folder))
    .filter(
      (path) =>
        existsSync(path) &&
        readdirSync(path, { recursive: true }).some((name) => String(name).endsWith('.test.ts')),
    );
}

function commandOf(phase: Phase, folders: readonly string[], reportFile: string): string[] {
  const isRoot = process.getuid?.() === 0;
  const root = phase.asRoot && !isRoot;
  return [
    ...(root ? ['sudo', 'env', `PATH=${process.env['PATH']}`] : []),
    process.execPath,
    'node_modules/jest/bin/jest.js',
    '--ci',
    '--json',
    `--outputFile=${reportFile}`,
    // What root caches, others could not overwrite.
    `--cacheDirectory=${resolve('build', phase.asRoot ? 'jest-cache-root' : 'jest-cache')}`,
    ...phase.args,
    ...folders.map((folder) => `--testPathPatterns=/${folder}/`),
  ];
}

/** Runs one phase; its output is jest's own. A run that left no report counts as one failed test. */
function runPhase(phase: Phase, folder: string): JestReport | undefined {
  const folders = foldersWithTests(phase.folders);
  if (folders.length === 0) {
    return undefined;
  }
  console.log(`\n${phase.name}: ${folders.join(' ')}`);
  const reportFile = join(folder, `${phase.name.replaceAll(' ', '-')}.json`);
  const [command = '', ...args] = commandOf(phase, folders, reportFile);
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (!existsSync(reportFile)) {
    const message = `jest left no report: ${error?.message ?? `it ended with ${status}`}`;
    return { testResults: [{ name: phase.name, message, assertionResults: [] }] };
  }
  return JSON.parse(readFileSync(reportFile, 'utf8')) as JestReport; // jest's own format
}

mkdirSync('build', { recursive: true });
const folder = mkdtempSync(resolve('build/test-report-'));
const expected = JSON.parse(readFileSync('test/expected-skips.json', 'utf8')) as ExpectedSkips; // our own file
const reports = PHASES.map((phase) => runPhase(phase, folder)).filter((report) => report !== undefined);
rmSync(folder, { recursive: true, force: true });

const summary = summarise(reports, expected);
for (const [need, { count, reasons }] of summary.skips) {
  console.log(`skipped ${count} for want of ${need}: ${reasons.join('; ')}`);
}
for (const fault of summary.faults) {
  console.log(`fault: ${fault}`);
}
const line = closingLine(summary);
writeFileSync('build/test-summary.txt', `${line}\n`);
console.log(line);
process.exitCode = summary.failed === 0 && summary.passed > 0 ? 0 : 1;
