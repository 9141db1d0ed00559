/**
 * Records a capture of the corpus: the real probe watches while a sandbox does benign load and techniques.
 *
 * Usage, as root, from the top of the tree, after make build:
 *   node_modules/.bin/node --no-warnings test/corpus/record.ts [--benign-only] [--minutes N] [--gap-ms N] [--seed N] OUT.evt1
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseEnvelope } from '../../src/core/envelope-json.ts';
import type { EventEnvelope } from '../../src/core/event.ts';
import { BENIGN, CaptureWriter, type Label, type Manifest, type TechniqueRecord } from './capture.ts';
import { hostState } from './host-state.ts';
import { Lineage, MarkedProcesses } from './lineage.ts';
import { makePlan, type PlannedRun } from './plan.ts';
import { RecordingProbe } from './probe.ts';
import { seededRandom } from './random.ts';
import { Sandbox } from './sandbox.ts';
import { type CorpusScript, missingPrograms, readScripts } from './scripts.ts';
import { scrubEvent } from './scrub.ts';

const ELSEWHERE = 'elsewhere';
/** A service needs that long before others use it. */
const SERVICES_START_MS = 1500;
const RUN_DEADLINE_MS = 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'benign-only': { type: 'boolean', default: false },
    minutes: { type: 'string', default: '6' },
    'gap-ms': { type: 'string', default: '1500' },
    seed: { type: 'string', default: '1' },
  },
});
const [out] = positionals;
const minutes = Number(values.minutes);
const meanGapMs = Number(values['gap-ms']);
const seed = Number(values.seed);
if (out === undefined || !out.endsWith('.evt1') || !(minutes > 0) || !(meanGapMs > 0) || !(seed >= 0)) {
  throw new TypeError('usage: record.ts [--benign-only] [--minutes N] [--gap-ms N] [--seed N] OUT.evt1');
}

const techniques = values['benign-only'] ? [] : readScripts('test/corpus/techniques');
const skipped = techniques
  .map((script) => ({ script: script.name, missing: missingPrograms(script) }))
  .filter(({ script, missing }) => {
    if (missing.length > 0) {
      console.error(`skipped ${script}: needs ${missing.join(', ')}`);
    }
    return missing.length > 0;
  });
const plan = makePlan(seededRandom(seed), {
  benign: readScripts('test/corpus/benign'),
  techniques: techniques.filter(({ name }) => !skipped.some(({ script }) => script === name)),
  durationMs: minutes * 60_000,
  meanGapMs,
});

const before = hostState();
const folder = mkdtempSync(join(tmpdir(), 'sentinel-corpus-'));
try {
  const { manifest, bytes } = await record(folder, plan, out);
  const missed = manifest.techniques.filter(({ events }) => events === 0).map(({ script }) => script);
  const problems = [
    ...(manifest.probe.lost > 0 ? [`the probe lost ${manifest.probe.lost} events`] : []),
    ...(missed.length > 0 ? [`no event of ${missed.join(', ')}`] : []),
    ...hostState().filter((line, index) => line !== before[index]),
  ];
  console.log(
    `${out}: ${manifest.events} events, ${manifest.attack_events} of ${manifest.techniques.length} techniques, ${bytes} bytes`,
  );
  for (const problem of problems) {
    console.error(`problem: ${problem}`);
  }
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function record(
  folder: string,
  plan: readonly PlannedRun[],
  out: string,
): Promise<{ manifest: Manifest; bytes: number }> {
  const startedAt = new Date();
  const sandbox = await Sandbox.start(folder);
  try {
    const paths = plan.map(({ script, seed }) => sandbox.place(script, seed));
    const lineage = new Lineage(sandbox.pid);
    const events: EventEnvelope[] = [];
    const users = { passwd: sandbox.readFile('/etc/passwd'), group: sandbox.readFile('/etc/group') };
    const probe = await RecordingProbe.start(folder, users, (line) => {
      const event = parseEnvelope(Buffer.from(line));
      if (lineage.admit(event)) {
        events.push(event);
      }
    });
    try {
      const pids = await runPlan(sandbox, plan, paths);
      await probe.catchUp();
      const totals = await probe.stop();
      checkRoots(lineage.rootPids, pids);
      return writeCapture({ out, events, lineage, plan, initPid: sandbox.pid, totals, startedAt });
    } finally {
      await probe.stop();
    }
  } finally {
    await sandbox.close();
  }
}

/** Runs everything at its time. @returns Host pids, in the order of the plan. */
async function runPlan(
  sandbox: Sandbox,
  plan: readonly PlannedRun[],
  paths: readonly string[],
): Promise<number[]> {
  const pids: number[] = [];
  const endings: Promise<void>[] = [];
  const beginMs = performance.now() + SERVICES_START_MS;
  for (const [index, { script, atMs }] of plan.entries()) {
    const isService = script.weight === 0 && script.technique === undefined;
    const waitMs = isService ? 0 : beginMs + atMs - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
    const { pid, ended } = await sandbox.run(script, paths[index] ?? '');
    pids.push(pid);
    if (!isService) {
      endings.push(ended.then((status) => checkStatus(script, status)));
    }
  }
  const late = setTimeout(() => {
    console.error(`some scripts do not end; the sandbox is closed under them`);
    void sandbox.close();
  }, RUN_DEADLINE_MS);
  await Promise.all(endings);
  clearTimeout(late);
  if (sandbox.diagnostics !== '') {
    console.error(`said in the sandbox:\n${sandbox.diagnostics}`);
  }
  return pids;
}

function checkStatus(script: CorpusScript, status: number): void {
  if (status !== 0) {
    console.error(`${script.name} ended with ${status}`);
  }
}

/** The n-th process that init made must be the n-th run, or labels would be another's. */
function checkRoots(seen: readonly number[], started: readonly number[]): void {
  if (seen.length !== started.length || seen.some((pid, index) => pid !== started[index])) {
    throw new Error(`init's children differ: the probe saw ${seen.length}, ${started.length} were started`);
  }
}

function writeCapture(recording: {
  out: string;
  events: readonly EventEnvelope[];
  lineage: Lineage;
  plan: readonly PlannedRun[];
  initPid: number;
  totals: Manifest['probe'];
  startedAt: Date;
}): { manifest: Manifest; bytes: number } {
  const { events, lineage, plan } = recording;
  const marked = plan
    .map(({ script }, index) => ({
      index,
      marker: script.technique?.marker,
      processes: new MarkedProcesses(),
    }))
    .filter(({ marker }) => marker !== undefined);
  for (const { marker, processes } of marked) {
    for (const event of events) {
      processes.learn(event, [marker ?? '']);
    }
  }
  const writer = new CaptureWriter();
  const byType: Record<string, number> = {};
  const byRun = new Map<number, { first: bigint; last: bigint; events: number }>();
  let count = 0;
  let attacks = 0;
  for (const event of events) {
    const ownRun = lineage.runOf(event);
    const run = marked.find(({ processes }) => processes.has(event))?.index ?? ownRun;
    const script = run === undefined ? undefined : plan[run]?.script;
    if (script?.name === ELSEWHERE) {
      continue;
    }
    const isAttack = script?.technique !== undefined && !(run === ownRun && lineage.isRoot(event));
    const label: Label = {
      event_id: event.event_id,
      label: isAttack ? (script?.technique?.id ?? BENIGN) : BENIGN,
      session: script === undefined ? 'init' : `${script.name}#${run}`,
    };
    writer.add(scrubEvent(event, Number(event.data[3]) === recording.initPid), label);
    count++;
    byType[event.event_type] = (byType[event.event_type] ?? 0) + 1;
    if (isAttack && run !== undefined) {
      attacks++;
      const known = byRun.get(run);
      byRun.set(run, {
        first: known?.first ?? event.ts_unix_nano,
        last: event.ts_unix_nano,
        events: (known?.events ?? 0) + 1,
      });
    }
  }
  const manifest: Manifest = {
    recorded_at: recording.startedAt.toISOString(),
    commit: commitName(),
    kernel: /^[\d.]+/.exec(release())?.[0] ?? 'unknown',
    seed,
    duration_s: Math.round(minutes * 60),
    hostname: 'corpus',
    events: count,
    benign_events: count - attacks,
    attack_events: attacks,
    events_by_type: Object.fromEntries(Object.entries(byType).sort(([a], [b]) => (a < b ? -1 : 1))),
    probe: recording.totals,
    techniques: techniqueRecords(plan, byRun),
    skipped,
  };
  return { manifest, bytes: writer.write(recording.out, manifest) };
}

function techniqueRecords(
  plan: readonly PlannedRun[],
  byRun: ReadonlyMap<number, { first: bigint; last: bigint; events: number }>,
): TechniqueRecord[] {
  return plan.flatMap(({ script }, run) => {
    if (script.technique === undefined) {
      return [];
    }
    const seen = byRun.get(run);
    return {
      script: script.name,
      technique: script.technique.id,
      name: script.technique.name,
      tactic: script.technique.tactic,
      user: script.user,
      session: `${script.name}#${run}`,
      first_unix_ns: String(seen?.first ?? 0),
      last_unix_ns: String(seen?.last ?? 0),
      events: seen?.events ?? 0,
    };
  });
}

function commitName(): string {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  return git('rev-parse', '--short=12', 'HEAD');
}
