/** Sinks on a disk that is full: the file stays whole, the account stays right, and writing goes on when there is room. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeEvent } from '../../src/core/envelope-json.ts';
import { Evt1Decoder } from '../../src/core/evt1.ts';
import { readMember } from '../../src/core/gzip-member.ts';
import { Delivery } from '../../src/sinks/delivery.ts';
import { evt1Sink } from '../../src/sinks/evt1.ts';
import { ndjsonFormat } from '../../src/sinks/record-format.ts';
import { stdoutSink } from '../../src/sinks/stdout.ts';
import { makeNumberedEvent } from '../support/events.ts';
import { type Need, testWith } from '../support/needs.ts';
import { withTempFolder } from '../support/temp-folder.ts';
import { TextStream } from '../support/text-stream.ts';
import { until } from '../support/wait.ts';

const ROOT: Need = { name: 'root', isMet: process.getuid?.() === 0, reason: 'mounts a small file system' };
const DISK_BYTES = 256 * 1024;

/** Calls `use` with a folder on a file system of 256 KiB. */
function withSmallDisk(use: (folder: string) => Promise<void>): Promise<void> {
  return withTempFolder(async (folder) => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', folder]);
    try {
      await use(folder);
    } finally {
      execFileSync('umount', ['--lazy', folder]);
    }
  });
}

function recordsIn(bytes: Buffer): string[] {
  const decoder = new Evt1Decoder();
  decoder.push(bytes);
  const records: string[] = [];
  while (decoder.next()) {
    records.push(decoder.bytes.toString('latin1', decoder.start, decoder.end));
  }
  expect(decoder.tornTail()).toBeUndefined();
  return records;
}

const jsons = (numbers: readonly number[]) => numbers.map((number) => encodeEvent(makeNumberedEvent(number)));
const range = (first: number, end: number) =>
  Array.from({ length: end - first }, (_, index) => first + index);

describe('the file sink on a full disk', () => {
  testWith(ROOT, 'drops what does not fit, keeps the file whole, and goes on when there is room', () =>
    withSmallDisk(async (folder) => {
      const path = join(folder, 'events.bin');
      const filler = join(folder, 'filler');
      writeFileSync(filler, Buffer.alloc(DISK_BYTES / 2));
      const config = { path, rotate: false, rotate_max_bytes: 1 << 20, rotate_max_files: 2, compress: false };
      const onFailure = jest.fn();
      const options = { batchBytes: 20_000, backoffMs: 1, giveUpAfterMs: 20, onFailure };
      const delivery = new Delivery(evt1Sink.build(config, { onRepair: () => {} }), options);
      await delivery.start();
      const numbers = range(0, 1000);
      for (const number of numbers) {
        delivery.offer(makeNumberedEvent(number));
      }
      await delivery.flush();
      const { delivered, dropped } = delivery.counters();
      expect(dropped.write_failed).toBeGreaterThan(0);
      expect(delivered + dropped.write_failed).toBe(1000);
      expect(onFailure).toHaveBeenCalledWith(expect.objectContaining({ code: 'ENOSPC' }));
      const before = recordsIn(readFileSync(path));
      expect(before).toHaveLength(delivered);

      rmSync(filler);
      delivery.offer(makeNumberedEvent(1000));
      await delivery.close();
      expect(recordsIn(readFileSync(path))).toEqual([...before, ...jsons([1000])]);
    }),
  );

  testWith(ROOT, 'writes the waiting batch once when there is room again, also compressed', () =>
    withSmallDisk(async (folder) => {
      const path = join(folder, 'events.bin');
      const filler = join(folder, 'filler');
      const config = { path, rotate: false, rotate_max_bytes: 1 << 20, rotate_max_files: 2, compress: true };
      const onFailure = jest.fn();
      const delivery = new Delivery(evt1Sink.build(config, { onRepair: () => {} }), {
        backoffMs: 1,
        onFailure,
      });
      await delivery.start();
      writeFileSync(filler, Buffer.alloc(DISK_BYTES - 8192));
      for (const number of range(0, 2000)) {
        delivery.offer(makeNumberedEvent(number));
      }
      await until(() => onFailure.mock.calls.length > 2);
      rmSync(filler);
      await delivery.close();
      const members: Buffer[] = [];
      for (let bytes = readFileSync(path); bytes.length > 0; bytes = bytes.subarray(bytes.readUInt32LE(16))) {
        const contents = readMember(bytes.subarray(0, bytes.readUInt32LE(16)), 1 << 24);
        members.push(contents ?? Buffer.from('damaged'));
      }
      expect(recordsIn(Buffer.concat(members))).toEqual(jsons(range(0, 2000)));
    }),
  );
});

describe('the stdout sink on a full disk', () => {
  testWith(ROOT, 'goes on in the middle of the batch when there is room again', () =>
    withSmallDisk(async (folder) => {
      const path = join(folder, 'out.ndjson');
      const filler = join(folder, 'filler');
      writeFileSync(filler, Buffer.alloc(DISK_BYTES - 8192));
      const fd = openSync(path, 'w');
      const stream = Object.assign(new TextStream(), { fd });
      const onFailure = jest.fn();
      const sink = stdoutSink.build({}, { stream, format: ndjsonFormat });
      const delivery = new Delivery(sink, { backoffMs: 1, onFailure });
      await delivery.start();
      for (const number of range(0, 300)) {
        delivery.offer(makeNumberedEvent(number));
      }
      await until(() => onFailure.mock.calls.length > 2);
      expect(statSync(path).size).toBeGreaterThan(0);
      rmSync(filler);
      await delivery.close();
      closeSync(fd);
      expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toEqual(jsons(range(0, 300)));
    }),
  );
});
