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
import type { Manifest } from './capture.ts';
import { hostState } from './host-state.ts';
import { writeLabelledCapture } from './labelled-capture.ts';
import { Lineage } from './lineage.ts';
import { makePlan, type PlannedRun } from './plan.ts';
import { RecordingProbe } from './probe.ts';
import { seededRandom } from './random.ts';
import { Sandbox } from './sandbox.ts';
import { missingPrograms, readScripts } from './scripts.ts';

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
  const { manifest, bytes, failed } = await record(folder, plan, out);
  const missed = manifest.techniques.filter(({ events }) => events === 0).map(({ script }) => script);
  const problems = [
    ...(manifest.probe.lost > 0 ? [`the probe lost ${manifest.probe.lost} events`] : []),
    ...(missed.length > 0 ? [`no event of ${missed.join(', ')}`] : []),
    ...failed,
    ...hostState().filter((line, index) => line !== before[index]),
  ];
  console.log(
    `${out}: ${manifest.events} events, ${manifest.attack_events} of them of ${manifest.techniques.length} techniques, ${bytes} bytes`,
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
): Promise<{ manifest: Manifest; bytes: number; failed: string[] }> {
  const startedAt = new Date();
  const sandbox = await Sandbox.start(folder);
  try {
    const paths = plan.map(({ script, seed }) => sandbox.place(script, seed));
    const lineage = new Lineage(sandbox.pid);
    const events: Buffer[] = [];
    const users = { passwd: sandbox.readFile('/etc/passwd'), group: sandbox.readFile('/etc/group') };
    const probe = await RecordingProbe.start(folder, users, (line) => {
      if (!lineage.concerns(line)) {
        return;
      }
      const json = Buffer.from(line);
      if (lineage.admit(parseEnvelope(json))) {
        events.push(json);
      }
    });
    try {
      const { pids, failed } = await runPlan(sandbox, plan, paths);
      await probe.catchUp();
      const totals = await probe.stop();
      checkRoots(lineage.rootPids, pids);
      const recording = { events, lineage, plan, initPid: sandbox.pid };
      return {
        failed,
        ...writeLabelledCapture(out, recording, {
          recorded_at: startedAt.toISOString(),
          commit: execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim(),
          kernel: /^[\d.]+/.exec(release())?.[0] ?? 'unknown',
          seed,
          duration_s: Math.round(minutes * 60),
          hostname: 'corpus',
          probe: totals,
          skipped,
        }),
      };
    } finally {
      await probe.stop();
    }
  } finally {
    await sandbox.close();
  }
}

/** Runs everything at its time. @returns Host pids in the order of the plan, and which scripts failed. */
async function runPlan(
  sandbox: Sandbox,
  plan: readonly PlannedRun[],
  paths: readonly string[],
): Promise<{ pids: number[]; failed: string[] }> {
  const failed: string[] = [];
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
      endings.push(
        ended.then((status) => {
          if (status !== 0) {
            failed.push(`${script.name} ended with ${status}`);
          }
        }),
      );
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
  return { pids, failed };
}

/** The n-th process that init made must be the n-th run, or labels would be another's. */
function checkRoots(seen: readonly number[], started: readonly number[]): void {
  if (seen.length !== started.length || seen.some((pid, index) => pid !== started[index])) {
    throw new Error(`init's children differ: the probe saw ${seen.length}, ${started.length} were started`);
  }
}
