/**
 * Random and damaged messages, lines and states through a detector (`npm run fuzz:detect -- --runs N --seed S`): never a
 * crash, a hang or memory without bound.
 *
 * Of a hundred runs 75 are gRPC messages, as the server answers them, and 25 are lines of NDJSON; one more in a thousand is a
 * detector's state, one more in a thousand a message to a real server. The counts are what was really done.
 */
import { parseArgs } from 'node:util';
import { DetectFuzz } from '../support/detect-fuzz.ts';
import { fuzzServer } from '../support/detect-fuzz-server.ts';
import { seededRandom } from '../support/evt1-fuzz.ts';

/** Of this process, not of the wall: it runs beside other work, at low priority. */
const MAX_ROUND_CPU_MS = 2000;
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;
const MESSAGES_A_ROUND = 750;
const LINES_A_ROUND = 250;

async function run(runs: number, seed: number): Promise<void> {
  Error.stackTraceLimit = 0; // most of the time went to stacks that nobody reads
  const random = seededRandom(seed);
  const fuzz = new DetectFuzz(random);
  const startMs = performance.now();
  const samples: number[] = [];
  let done = 0;
  let rounds = 0;
  let slowestMs = 0;
  while (done < runs) {
    const roundCpu = process.cpuUsage();
    for (let left = MESSAGES_A_ROUND; left > 0; left--) {
      fuzz.message();
    }
    let lines = 0;
    while (lines < LINES_A_ROUND) {
      lines += await fuzz.lines();
    }
    fuzz.state();
    rounds++;
    done += MESSAGES_A_ROUND + lines + 1;
    slowestMs = Math.max(slowestMs, process.cpuUsage(roundCpu).user / 1000);
    if (rounds % 100 === 1) {
      samples.push(process.memoryUsage().rss);
    }
    checkMemory(samples, `round ${rounds} of seed ${seed}`);
    if (slowestMs > MAX_ROUND_CPU_MS) {
      throw new Error(`round ${rounds} of seed ${seed}: ${slowestMs} ms of CPU`);
    }
  }
  const served = await fuzzServer(fuzz, Math.ceil(runs / 1000));
  checkMemory([...samples, process.memoryUsage().rss], `the server of seed ${seed}`);
  console.log(
    JSON.stringify({
      runs: done + served.messages + served.connections,
      seed,
      ...fuzz.counts,
      served,
      seconds: Number(((performance.now() - startMs) / 1000).toFixed(1)),
      slowestRoundCpuMs: Math.round(slowestMs),
      rssMb: [samples[0], samples[samples.length >> 2], samples[samples.length >> 1], samples.at(-1)].map(
        (bytes) => Math.round((bytes ?? 0) / 1e6),
      ),
    }),
  );
}

/** The first tenth warms up: caches and the heap find their size. */
function checkMemory(samples: readonly number[], what: string): void {
  const settled = samples[Math.ceil(samples.length / 10)];
  const last = samples.at(-1);
  if (settled !== undefined && last !== undefined && last - settled > MAX_GROWTH_BYTES) {
    throw new Error(`${what}: ${last - settled} bytes more`);
  }
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
  },
});
await run(Number(values.runs), Number(values.seed));
