/**
 * A million random mutations of EVT1 bytes (`npm run fuzz:evt1`): never a crash, a hang or memory without bound.
 *
 * Arguments: how many mutations, and the seed. Every 20th goes the whole way of `decode`, as gzip, lines or EVT1.
 */
import {
  checkInput,
  checkRecords,
  type FuzzCounts,
  mutate,
  SEEDS,
  seededRandom,
} from '../support/evt1-fuzz.ts';

const MAX_MUTATION_MS = 1000;
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;
const FORMS = ['evt1', 'gzip', 'lines'] as const;

async function run(mutations: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const counts: FuzzCounts = { events: 0, invalid: 0, corrupt: 0 };
  const startMs = performance.now();
  const startBytes = process.memoryUsage().rss;
  let slowestMs = 0;
  let mostBytes = startBytes;
  for (let round = 0; round < mutations; round++) {
    const roundMs = performance.now();
    const form = round % 20 === 0 ? FORMS[random(FORMS.length)] : undefined;
    const bytes = mutate(SEEDS[form ?? 'evt1'], random);
    if (form === undefined) {
      checkRecords(bytes, random(bytes.length + 1), counts);
    } else {
      await checkInput(bytes, 1 + random(bytes.length + 1), counts);
    }
    slowestMs = Math.max(slowestMs, performance.now() - roundMs);
    if (round % 1000 === 0) {
      mostBytes = Math.max(mostBytes, process.memoryUsage().rss);
    }
    if (slowestMs > MAX_MUTATION_MS || mostBytes - startBytes > MAX_GROWTH_BYTES) {
      throw new Error(
        `mutation ${round} of seed ${seed}: ${slowestMs} ms, ${mostBytes - startBytes} bytes more`,
      );
    }
  }
  const seconds = (performance.now() - startMs) / 1000;
  console.log(
    JSON.stringify({
      mutations,
      seed,
      ...counts,
      seconds: Number(seconds.toFixed(1)),
      slowestMs: Number(slowestMs.toFixed(1)),
      rssStartMb: Math.round(startBytes / 1e6),
      rssMostMb: Math.round(mostBytes / 1e6),
    }),
  );
}

const [mutations = '1000000', seed = String(Date.now() % 2 ** 32)] = process.argv.slice(2);
await run(Number(mutations), Number(seed));
