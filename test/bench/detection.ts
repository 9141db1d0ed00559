/**
 * How well the models find recorded attacks among ordinary work (`npm run bench:detection`).
 *
 *   npm run bench:detection -- [--models a,b] [--features host,compat] [--days N] [--no-recorded] [--sessions] [--no-write]
 *
 * Two ways. As recorded: learn benign.evt1 (twice: once through is less than the warm-up of its rarer groups), meet
 * benign-2.evt1, then attacks.evt1, all at the rate of the recording. As days: the same sessions at the rate of a small
 * server, every technique once at some hour of the third day; `--days` is how many draws of that. Nobody tells a model a label, and it
 * learns on through all three. Prints tables; keeps them in test/bench/results with what they were measured on.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../src/core/config/load.ts';
import type { Config } from '../../src/core/config/schema.ts';
import { MODEL_NAMES } from '../../src/core/model-names.ts';
import { asDays, asRecorded, type Captures } from './detection/captures.ts';
import { ALARM_LEVELS, type Figures, figuresOf, leastBySession } from './detection/figures.ts';
import { runDetection } from './detection/run.ts';

const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    models: { type: 'string', default: [...MODEL_NAMES, 'ensemble'].join(',') },
    features: { type: 'string', default: 'host,compat' },
    days: { type: 'string', default: '1' },
    recorded: { type: 'boolean', default: true },
    sessions: { type: 'boolean', default: false },
    write: { type: 'boolean', default: true },
  },
});

/** A way to detect. */
interface Contender {
  readonly model: string;
  readonly features: string;
  /** A fixed score in place of the budget. */
  readonly threshold?: string;
}

/** Upstream's models at its own settings. */
const UPSTREAM = ['halfspacetrees', 'loda-compat', 'memstream-compat'];
const UPSTREAM_THRESHOLD = '0.5';

const BUDGET_PER_DAY = 5;
/** The same in events: a minute of the recordings has as many as 80 of the days. */
const RECORDED_BUDGET_PER_DAY = 600;

function contenders(): Contender[] {
  const models = options.models.split(',');
  const features = options.features.split(',');
  return [
    ...features.flatMap((name) => models.map((model) => ({ model, features: name }))),
    ...models
      .filter((model) => UPSTREAM.includes(model) && features.includes('compat'))
      .map((model) => ({ model, features: 'compat', threshold: UPSTREAM_THRESHOLD })),
  ];
}

function configOf({ model, features, threshold }: Contender, budgetPerDay: number): Config {
  return loadConfig({
    defaultFile: '/nonexistent/sentinel.yaml',
    env: {
      SENTINEL_DETECT__MODELS: model,
      SENTINEL_DETECT__FEATURES: features,
      SENTINEL_DETECT__ALERT_BUDGET_PER_DAY: String(budgetPerDay),
      ...(threshold === undefined ? {} : { SENTINEL_DETECT__THRESHOLD: threshold }),
    },
  }).config;
}

/** Figures of one contender on one set of captures. */
interface Row extends Contender {
  readonly captures: string;
  readonly figures: Figures;
}

const WIDTHS = [-17, -7, 6, 6, 6, 6, 5, 5, 5, 7, 7, 9, 9, 10, 9, 8, 7, 0];
const HEADS = [
  'model',
  'feat.',
  'ROC p',
  'PR p',
  'ROC s',
  'PR s',
  ...ALARM_LEVELS.map((level) => `@${level}`),
  'prec.',
  'recall',
  'sessions',
  'alerts',
  'false',
  'f./day',
  'of all',
  'us/ev.',
  'not warm',
];

function line(cells: readonly (string | number)[]): string {
  const padded = cells.map((cell, index) => {
    const width = WIDTHS[index] ?? 0;
    return width < 0 ? String(cell).padEnd(-width) : String(cell).padStart(width);
  });
  return padded.join(' ').trimEnd();
}

const share = (value: number, digits = 3): string => (Number.isNaN(value) ? '-' : value.toFixed(digits));

function cellsOf({ model, features, threshold, figures }: Row): (string | number)[] {
  const { reported, flagged } = figures;
  return [
    threshold === undefined ? model : `${model} ${threshold}`,
    features,
    share(figures.rocAuc),
    share(figures.prAuc),
    share(figures.scoreRocAuc),
    share(figures.scorePrAuc),
    ...figures.sessionsAtAlarms,
    share(flagged.precision),
    share(flagged.recall),
    `${flagged.sessions}/${figures.sessions}`,
    reported.sessions,
    `${flagged.falseAlarms}+${flagged.falseAlarmsOrdinary}`,
    `${reported.falseAlarmsPerDay.toFixed(1)}`,
    `${share(100 * flagged.ordinaryShare, 2)}%`,
    share(figures.usPerEvent, 1),
    figures.cold.join(' '),
  ];
}

async function measure(name: string, captures: Captures, budgetPerDay: number): Promise<Row[]> {
  console.log(`\n${name}\n${line(HEADS)}`);
  const rows: Row[] = [];
  for (const contender of contenders()) {
    const run = await runDetection(configOf(contender, budgetPerDay), captures);
    const row = { ...contender, captures: name, figures: figuresOf(run, captures.attacked.labels) };
    rows.push(row);
    console.log(line(cellsOf(row)));
    if (options.sessions) {
      const least = [...leastBySession(run.attacked.pvalues, captures.attacked.labels)];
      for (const [session, pvalue] of least.sort((a, b) => a[1] - b[1])) {
        console.log(`  ${pvalue.toExponential(1)} ${session}`);
      }
    }
  }
  return rows;
}

function keep(rows: readonly Row[]): void {
  const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
  const date = new Date().toISOString().slice(0, 10);
  const machine = {
    commit,
    node: process.version,
    kernel: release(),
    cpu: cpus()[0]?.model,
    cpus: cpus().length,
  };
  const folder = 'test/bench/results';
  const file = join(folder, `detection-${date}-${commit}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify({ date, machine, alarmLevels: ALARM_LEVELS, rows }, null, 1)}\n`);
  console.log(`\nkept in ${file}`);
}

const scratch = mkdtempSync(join(tmpdir(), 'sentinel-detection-'));
try {
  const rows: Row[] = [];
  if (options.recorded) {
    rows.push(...(await measure('as recorded', await asRecorded(scratch), RECORDED_BUDGET_PER_DAY)));
  }
  for (let seed = 1; seed <= Number(options.days); seed++) {
    rows.push(...(await measure(`as days, draw ${seed}`, await asDays(scratch, seed), BUDGET_PER_DAY)));
  }
  if (options.write) {
    keep(rows);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
