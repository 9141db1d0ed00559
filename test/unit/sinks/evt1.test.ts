import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Evt1Decoder, encodeEvt1Record } from '../../../src/core/evt1.ts';
import { gzipMember } from '../../../src/core/gzip-member.ts';
import { Delivery } from '../../../src/sinks/delivery.ts';
import { type Evt1FileConfig, evt1Sink } from '../../../src/sinks/evt1.ts';
import type { TailReport } from '../../../src/sinks/evt1-tail.ts';
import { GOLDEN_JSON, makeEvent } from '../../support/events.ts';
import { withTempFolder } from '../../support/temp-folder.ts';

const GOLDEN_RECORD = encodeEvt1Record(GOLDEN_JSON);

function setUp(path: string, config: Partial<Evt1FileConfig> = {}, options = {}) {
  const repairs: TailReport[] = [];
  const full = {
    path,
    rotate: true,
    rotate_max_bytes: 1 << 20,
    rotate_max_files: 3,
    compress: false,
    ...config,
  };
  const delivery = new Delivery(
    evt1Sink.build(full, { onRepair: (report) => repairs.push(report) }),
    options,
  );
  return { delivery, repairs };
}

/** Writes `count` golden events, numbered from `first`, and closes the file. */
async function writeEvents(path: string, count: number, config: Partial<Evt1FileConfig> = {}, first = 0) {
  const { delivery, repairs } = setUp(path, config, { batchBytes: 2000 });
  await delivery.start();
  for (let number = first; number < first + count; number++) {
    delivery.offer(makeEvent({ eventId: `event-${number}` }));
  }
  await delivery.close();
  expect(delivery.counters().delivered).toBe(count);
  return repairs;
}

function idsIn(bytes: Buffer): string[] {
  const decoder = new Evt1Decoder();
  decoder.push(bytes);
  const ids: string[] = [];
  while (decoder.next()) {
    ids.push(JSON.parse(decoder.bytes.toString('latin1', decoder.start, decoder.end)).event_id);
  }
  expect(decoder.tornTail()).toBeUndefined();
  return ids;
}

const ids = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => `event-${first + index}`);

describe('evt1Sink', () => {
  test('writes the golden record, into folders that it makes', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'a/b/events.bin');
      const { delivery } = setUp(path);
      await delivery.start();
      delivery.offer(makeEvent());
      await delivery.close();
      expect(readFileSync(path).equals(GOLDEN_RECORD)).toBe(true);
      expect(statSync(path).mode & 0o007).toBe(0);
    }));

  test.each([false, true])('appends to what is there (compress %p)', (compress) =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      await writeEvents(path, 20, { compress });
      const repairs = await writeEvents(path, 20, { compress }, 20);
      expect(repairs).toEqual([]);
      const bytes = readFileSync(path);
      expect(idsIn(compress ? gunzipSync(bytes) : bytes)).toEqual(ids(40));
    }),
  );

  test('writes gzip members that zcat and Python read', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      await writeEvents(path, 50, { compress: true });
      const expected = gunzipSync(readFileSync(path));
      const script = 'import gzip,sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())';
      expect(execFileSync('zcat', ['--force', path]).equals(expected)).toBe(true);
      expect(execFileSync('python3', ['-c', script, path]).equals(expected)).toBe(true);
    }));
});

describe('evt1Sink rotation', () => {
  test('puts the number after the full name, keeps rotate_max_files, loses nothing before that', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      await writeEvents(path, 40, { rotate_max_bytes: 4096 });
      expect(readdirSync(folder).sort()).toEqual(['events.bin', 'events.bin.1', 'events.bin.2']);
      const kept = ['events.bin.2', 'events.bin.1', 'events.bin'].map((name) =>
        readFileSync(join(folder, name)),
      );
      expect(kept.every(({ length }) => length <= 4096)).toBe(true);
      expect(idsIn(Buffer.concat(kept))).toEqual(ids(40));
    }));

  test('fills a file to the last record that fits, as if records were written one by one', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      const { delivery } = setUp(path, { rotate_max_bytes: 3 * GOLDEN_RECORD.length, rotate_max_files: 5 });
      await delivery.start();
      for (let count = 0; count < 7; count++) {
        delivery.offer(makeEvent());
      }
      await delivery.close();
      const sizes = ['', '.1', '.2'].map((suffix) => statSync(path + suffix).size / GOLDEN_RECORD.length);
      expect(sizes).toEqual([1, 3, 3]);
    }));

  test('drops the oldest', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      await writeEvents(path, 100, { rotate_max_bytes: 4096, rotate_max_files: 2 });
      expect(readdirSync(folder).sort()).toEqual(['events.bin', 'events.bin.1']);
      const kept = idsIn(Buffer.concat([readFileSync(`${path}.1`), readFileSync(path)]));
      expect(kept).toEqual(ids(kept.length, 100 - kept.length));
    }));

  test('goes by the size on disk when compressed', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      await writeEvents(path, 400, { rotate_max_bytes: 4096, rotate_max_files: 50, compress: true });
      const names = readdirSync(folder);
      expect(names.length).toBeGreaterThan(1);
      expect(names.every((name) => statSync(join(folder, name)).size <= 4096)).toBe(true);
      const total = names.flatMap((name) => idsIn(gunzipSync(readFileSync(join(folder, name)))));
      expect(total.sort()).toEqual(ids(400).sort());
    }));

  test('gives a record that is larger than a file one of its own', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      const { delivery } = setUp(path, { rotate_max_bytes: 4096 });
      await delivery.start();
      for (const object of ['small', 'x'.repeat(5000), 'small']) {
        delivery.offer(makeEvent({ object }));
      }
      await delivery.close();
      expect(['.2', '.1', ''].map((suffix) => statSync(path + suffix).size > 4096)).toEqual([
        false,
        true,
        false,
      ]);
    }));

  test('without rotation the file just grows', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      await writeEvents(path, 100, { rotate: false, rotate_max_bytes: 4096 });
      expect(readdirSync(folder)).toEqual(['events.bin']);
      expect(idsIn(readFileSync(path))).toEqual(ids(100));
    }));
});

describe('evt1Sink on a file with a torn tail', () => {
  test('keeps the records before it, sets the torn bytes aside and says so', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      await writeEvents(path, 3);
      const whole = statSync(path).size;
      appendFileSync(path, GOLDEN_RECORD.subarray(0, 100));
      const repairs = await writeEvents(path, 2, {}, 3);
      expect(idsIn(readFileSync(path))).toEqual(ids(5));
      const savedAs = `${path}.torn-1`;
      expect(repairs).toEqual([{ path, keptBytes: whole, tornBytes: 100, salvagedBytes: 0, savedAs }]);
      expect(readFileSync(savedAs).equals(GOLDEN_RECORD.subarray(0, 100))).toBe(true);
    }));

  test('finds every record before it, wherever the file is cut', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      await writeEvents(path, 2);
      const whole = readFileSync(path);
      for (let length = 0; length < whole.length; length += 7) {
        writeFileSync(path, whole.subarray(0, length));
        await writeEvents(path, 1, {}, 2);
        const expected = length < whole.length / 2 ? ids(1, 2) : ['event-0', 'event-2'];
        expect(idsIn(readFileSync(path))).toEqual(expected);
      }
    }));

  test.each([0.2, 0.5, 0.9, 0.999])('saves the whole records of a gzip member torn at %p of it', (share) =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      const first = await gzipMember(Buffer.concat(ids(3).map(recordOf)), 2);
      const second = await gzipMember(Buffer.concat(ids(2000, 3).map(recordOf)), 2);
      writeFileSync(path, Buffer.concat([first, second]));
      truncateSync(path, first.length + Math.floor(second.length * share));
      const [repair] = await writeEvents(path, 1, { compress: true }, 9999);
      const found = idsIn(gunzipSync(readFileSync(path)));
      expect(found.length).toBeGreaterThan(1 + 3 + 2000 * (share - 0.15));
      expect(found).toEqual([...ids(found.length - 1), 'event-9999']);
      expect(repair?.keptBytes).toBe(first.length);
    }),
  );

  test('does not trust a last member that has its length but not its contents', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      const first = await gzipMember(Buffer.concat(ids(3).map(recordOf)), 2);
      const second = await gzipMember(recordOf('lost'), 2);
      second.fill(0, 25);
      writeFileSync(path, Buffer.concat([first, second]));
      const repairs = await writeEvents(path, 1, { compress: true }, 3);
      expect(idsIn(gunzipSync(readFileSync(path)))).toEqual(ids(4));
      expect(repairs).toHaveLength(1);
    }));

  test('leaves damage in the middle alone: what follows it still counts', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      const damaged = Buffer.concat([recordOf('a'), Buffer.alloc(50), recordOf('b')]);
      writeFileSync(path, Buffer.concat([damaged, GOLDEN_RECORD.subarray(0, 9)]));
      await writeEvents(path, 1);
      expect(readFileSync(path).subarray(0, damaged.length).equals(damaged)).toBe(true);
      expect(statSync(path).size).toBe(damaged.length + recordOf('event-0').length);
    }));

  test('looks at the end only of a file over 16 MiB', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      const count = Math.ceil((18 << 20) / GOLDEN_RECORD.length);
      writeFileSync(path, Buffer.alloc(count * GOLDEN_RECORD.length, GOLDEN_RECORD));
      appendFileSync(path, 'EVT1');
      const [repair] = await writeEvents(path, 1, { rotate: false });
      expect(repair).toMatchObject({ keptBytes: count * GOLDEN_RECORD.length, tornBytes: 4 });
      expect(idsIn(readFileSync(path))).toHaveLength(count + 1);
    }));

  test('stops saving torn bytes after sixteen files', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      for (let round = 0; round < 17; round++) {
        appendFileSync(path, 'EVT');
        const [repair] = await writeEvents(path, 1);
        expect(repair?.savedAs).toBe(round < 16 ? `${path}.torn-${round + 1}` : undefined);
      }
    }));
});

describe('evt1Sink on a file of another kind', () => {
  test.each([true, false])('moves it up one number when compress became %p', (compress) =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      await writeEvents(path, 3, { compress: !compress });
      await writeEvents(path, 3, { compress }, 3);
      const [now, before] = [readFileSync(path), readFileSync(`${path}.1`)];
      expect(idsIn(compress ? gunzipSync(now) : now)).toEqual(ids(3, 3));
      expect(idsIn(compress ? before : gunzipSync(before))).toEqual(ids(3));
    }),
  );

  test('moves a gzip file that others wrote, whole or torn', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      const foreign = gzipSync(GOLDEN_RECORD).subarray(0, -5);
      writeFileSync(path, foreign);
      await writeEvents(path, 1, { compress: true });
      expect(readFileSync(`${path}.1`).equals(foreign)).toBe(true);
    }));

  test('refuses it when it may not rotate', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      await writeEvents(path, 3);
      const before = readFileSync(path);
      const { delivery } = setUp(path, { compress: true, rotate: false });
      await expect(delivery.start()).rejects.toMatchObject({ code: 'SNT_CONFIG_INVALID' });
      expect(readFileSync(path).equals(before)).toBe(true);
    }));

  test('never touches a file that is not EVT1', () =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'passwd');
      writeFileSync(path, 'root:x:0:0\n');
      const { delivery } = setUp(path);
      await expect(delivery.start()).rejects.toMatchObject({
        code: 'SNT_CONFIG_INVALID',
        message: `Cannot append to ${path}: it is not an EVT1 file`,
      });
      expect(readFileSync(path, 'utf8')).toBe('root:x:0:0\n');
    }));
});

describe('evt1Sink where it cannot write', () => {
  test.each([
    ['a folder', (path: string) => mkdirSync(path), 'it is a directory'],
    ['a FIFO', (path: string) => execFileSync('mkfifo', [path]), 'it is a FIFO or a device'],
    ['a device', (path: string) => symlinkSync('/dev/null', path), 'not a regular file'],
    [
      'a place that takes no files',
      (path: string) => symlinkSync('/proc/absent', path),
      'it cannot be made there',
    ],
  ])('says so of %s', (_, make, fault) =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'events.bin');
      make(path);
      const { delivery } = setUp(path);
      await expect(delivery.start()).rejects.toMatchObject({
        code: 'SNT_CONFIG_INVALID',
        message: expect.stringContaining(fault),
      });
    }),
  );

  test('says so of a path through a file', () =>
    withTempFolder(async (folder) => {
      writeFileSync(join(folder, 'file'), '');
      const { delivery } = setUp(join(folder, 'file/events.bin'));
      await expect(delivery.start()).rejects.toMatchObject({ code: 'SNT_CONFIG_INVALID' });
      expect(existsSync(join(folder, 'file/events.bin'))).toBe(false);
    }));
});

function recordOf(id: string): Buffer {
  return encodeEvt1Record(GOLDEN_JSON.replace('test-event-123', id));
}
