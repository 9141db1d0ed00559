/** A writer is killed at full speed: every record that it had written is there, and no other. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { encodeEvent } from '../../src/core/envelope-json.ts';
import { Delivery } from '../../src/sinks/delivery.ts';
import { type Evt1FileConfig, evt1Sink } from '../../src/sinks/evt1.ts';
import { FileInput } from '../../src/sources/byte-input.ts';
import { RecordedInput } from '../../src/sources/evt1.ts';
import { makeNumberedEvent } from '../support/events.ts';
import { withTempFolder } from '../support/temp-folder.ts';

let workFolder: string;
let writerPath: string;

beforeAll(() => {
  workFolder = mkdtempSync(join(tmpdir(), 'sentinel-test-'));
  writerPath = join(workFolder, 'writer.cjs');
  buildSync({
    entryPoints: [join(__dirname, 'evt1-writer-child.ts')],
    outfile: writerPath,
    bundle: true,
    platform: 'node',
  });
});

afterAll(() => {
  rmSync(workFolder, { recursive: true });
});

/** Runs a writer and kills it at some moment after its first batch; gives the last count that it printed. */
async function writeAndKill(config: Evt1FileConfig, afterMs: number): Promise<number> {
  const writer = spawn(process.execPath, [writerPath, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  writer.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-100);
  });
  await once(writer.stdout, 'data');
  await delay(afterMs);
  writer.kill('SIGKILL');
  const [, signal] = await once(writer, 'close');
  expect(signal).toBe('SIGKILL');
  const whole = printed.slice(0, printed.lastIndexOf('\n'));
  return Number(whole.slice(whole.lastIndexOf('\n') + 1));
}

/** Checks that the files together hold events 0, 1, 2 ... as they were written; gives their number. */
async function countEvents(path: string): Promise<{ count: number; isTorn: boolean }> {
  const folder = join(path, '..');
  const numbers = readdirSync(folder)
    .map((name) => /^events\.bin(?:\.(\d+))?$/.exec(name))
    .filter((match) => match !== null)
    .map(([, number]) => Number(number ?? 0))
    .sort((a, b) => b - a);
  let count = 0;
  let isTorn = false;
  for (const number of numbers) {
    await using file = await FileInput.open(number === 0 ? path : `${path}.${number}`);
    const input = new RecordedInput(file);
    const events = input.events((error) => {
      throw error;
    });
    for await (const event of events) {
      if (encodeEvent(event) !== encodeEvent(makeNumberedEvent(count))) {
        throw new Error(`event ${count} of ${path} is not what was written`);
      }
      count++;
    }
    const { tornOffset, isGzipTorn } = input.end();
    isTorn ||= tornOffset !== undefined || isGzipTorn;
  }
  return { count, isTorn };
}

describe.each([
  ['plain', 20, { compress: false, rotate: false }],
  ['gzip', 20, { compress: true, rotate: false }],
  ['plain and rotated', 5, { compress: false, rotate: true }],
  ['gzip and rotated', 5, { compress: true, rotate: true }],
])('an EVT1 file, %s, whose writer is killed', (_, kills, kind) => {
  test(`has every complete record and no other, ${kills} times; the next writer goes on`, async () => {
    let total = 0;
    for (let kill = 0; kill < kills; kill++) {
      await withTempFolder(async (folder) => {
        const path = join(folder, 'events.bin');
        const config = { path, rotate_max_bytes: 200_000, rotate_max_files: 1000, ...kind };
        const written = await writeAndKill(config, (kill * 37) % 100);
        expect(written).toBeGreaterThan(0);
        const { count } = await countEvents(path);

        expect(count).toBeGreaterThanOrEqual(written);
        total += count;

        const next = new Delivery(evt1Sink.build(config, { onRepair: () => {} }));
        await next.start();
        next.offer(makeNumberedEvent(count));
        await next.close();
        expect(await countEvents(path)).toEqual({ count: count + 1, isTorn: false });
      });
    }
    expect(total).toBeGreaterThan(kills * 1000);
  }, 180_000);
});
