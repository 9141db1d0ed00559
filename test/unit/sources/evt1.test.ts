import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { encodeEvent } from '../../../src/core/envelope-json.ts';
import { encodeEvt1Record } from '../../../src/core/evt1.ts';
import { RecordedInput } from '../../../src/sources/evt1.ts';
import { anyCuts, cutAt, reusingMemory } from '../../support/bytes.ts';
import { GOLDEN_JSON } from '../../support/events.ts';

const jsonOf = (id: string | number) => GOLDEN_JSON.replace('test-event-123', `event-${id}`);
const jsons = (count: number) => Array.from({ length: count }, (_, index) => jsonOf(index));
const evt1Of = (lines: readonly string[]) => Buffer.concat(lines.map(encodeEvt1Record));
const neverInvalid = (error: Error): never => {
  throw error;
};

async function read(bytes: Uint8Array, cuts: readonly number[] = []) {
  const input = new RecordedInput(reusingMemory(cutAt(bytes, cuts)));
  const lines: string[] = [];
  let error: unknown;
  try {
    for await (const event of input.events(neverInvalid)) {
      lines.push(encodeEvent(event));
    }
  } catch (caught) {
    error = caught;
  }
  return { lines, error, end: input.end() };
}

const WHOLE = { tornOffset: undefined, isGzipTorn: false };

describe('RecordedInput', () => {
  test('reads EVT1, lines, and both as gzip, wherever the input is cut', async () => {
    const wraps = {
      evt1: evt1Of,
      lines: (lines: readonly string[]) => Buffer.from(lines.join('\n')),
    };
    const forms = fc.record({
      wrap: fc.constantFrom('evt1' as const, 'lines' as const),
      isGzip: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(forms, fc.nat(20), anyCuts, async ({ wrap, isGzip }, count, cuts) => {
        const plain = wraps[wrap](jsons(count));
        const { lines, error, end } = await read(isGzip ? gzipSync(plain) : plain, cuts);
        expect(error).toBeUndefined();
        expect(lines).toEqual(jsons(count));
        expect(end).toEqual(WHOLE);
      }),
      { numRuns: 200 },
    );
  });

  test('reads record after record over any number of gzip members', async () => {
    const plain = evt1Of(jsons(30));
    await fc.assert(
      fc.asyncProperty(anyCuts, anyCuts, async (memberCuts, cuts) => {
        const members = Buffer.concat(cutAt(plain, memberCuts).map((part) => gzipSync(part)));
        const { lines, error, end } = await read(members, cuts);
        expect(error).toBeUndefined();
        expect(lines).toEqual(jsons(30));
        expect(end).toEqual(WHOLE);
      }),
      { numRuns: 100 },
    );
  });

  test('gives every whole record before a torn one', async () => {
    const bytes = evt1Of(jsons(3));
    const size = bytes.length / 3;
    for (let length = 0; length <= bytes.length; length++) {
      const { lines, error, end } = await read(bytes.subarray(0, length));
      const whole = Math.floor(length / size);
      expect(error).toBeUndefined();
      expect(lines).toEqual(jsons(whole));
      expect(end.tornOffset).toBe(length % size === 0 ? undefined : whole * size);
    }
  });

  test('gives what can be read of torn gzip, at any length', async () => {
    const first = gzipSync(evt1Of(jsons(2)));
    const bytes = Buffer.concat([first, gzipSync(evt1Of([jsonOf(2)]))]);
    for (let length = 2; length < bytes.length; length++) {
      const { lines, error, end } = await read(bytes.subarray(0, length));
      expect(error).toBeUndefined();
      expect(lines).toEqual(jsons(3).slice(0, lines.length));
      expect(lines.length).toBeGreaterThanOrEqual(length >= first.length ? 2 : 0);
      expect(end.isGzipTorn).toBe(length !== first.length);
    }
  });

  test.each([
    ['text', Buffer.from('root:x:0:0'), 'bad magic at offset 0'],
    ['a list', Buffer.from('[{}]'), 'bad magic at offset 0'],
    [
      'a later record that is none',
      Buffer.concat([evt1Of(jsons(2)), Buffer.alloc(9)]),
      'bad magic at offset 512',
    ],
    [
      'zeros after gzip',
      Buffer.concat([gzipSync(evt1Of(jsons(2))), Buffer.alloc(64)]),
      /^no gzip member at offset \d+/,
    ],
  ])('fails on %s, after what comes before it', async (_, bytes, message) => {
    const { lines, error } = await read(bytes);
    expect(error).toMatchObject({ code: 'SNT_INPUT_CORRUPT', message: expect.stringMatching(message) });
    expect(lines).toEqual(bytes.length > 100 ? jsons(2) : []);
  });

  test.each([
    [
      'damage in the middle',
      (bytes: Buffer) => bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + 50),
      0.45,
    ],
    ['something after it', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('junk')]), 0.9],
    [
      'a member that begins inside another',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, bytes.length >> 1), bytes]),
      0.45,
    ],
  ])('fails on gzip with %s, after most of what comes before it', async (_, damage, share) => {
    const written = Array.from({ length: 500 }, (_, index) =>
      jsonOf(createHash('md5').update(`${index}`).digest('hex')),
    );
    const { lines, error } = await read(damage(gzipSync(evt1Of(written))));
    expect(error).toMatchObject({ code: 'SNT_INPUT_CORRUPT' });
    expect(lines).toEqual(written.slice(0, lines.length));
    expect(lines.length).toBeGreaterThan(500 * share);
  });

  test('hands a record that holds no event to the caller and goes on', async () => {
    const bytes = evt1Of([jsonOf(0), '{"a":', '[]', jsonOf(1)]);
    const offsets: number[] = [];
    const lines: string[] = [];
    const input = new RecordedInput(reusingMemory([bytes]));
    for await (const event of input.events((_error, offset) => offsets.push(offset))) {
      lines.push(encodeEvent(event));
    }
    const size = encodeEvt1Record(jsonOf(0)).length;
    expect(offsets).toEqual([size, size + 13]);
    expect(lines).toEqual(jsons(2));
  });

  test('takes no more input than it gives out', async () => {
    let taken = 0;
    async function* endless() {
      for (;;) {
        taken++;
        yield evt1Of([jsonOf('x')]);
      }
    }
    for await (const event of new RecordedInput(endless()).events(neverInvalid)) {
      expect(event.eventId).toBe('event-x');
      if (taken >= 5) {
        break;
      }
    }
    expect(taken).toBe(5);
  });

  test('reads gzip of any length in constant memory', async () => {
    const record = evt1Of([GOLDEN_JSON.replace('{}', `{"a":"${'x'.repeat(1_000_000)}"}`)]);
    const member = gzipSync(record, { level: 1 });
    async function* members() {
      for (let count = 0; count < 150; count++) {
        yield member;
      }
    }
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    let count = 0;
    for await (const cursor of new RecordedInput(members()).cursors()) {
      while (cursor.next()) {
        count++;
        most = Math.max(most, process.memoryUsage().arrayBuffers);
      }
    }
    expect(count).toBe(150);
    expect(most - before).toBeLessThan(64 << 20);
  });

  test('lets go of its input when the reader stops', async () => {
    let isReturned = false;
    async function* pieces() {
      try {
        yield gzipSync(evt1Of(jsons(5)));
        yield gzipSync(evt1Of(jsons(5)));
      } finally {
        isReturned = true;
      }
    }
    for await (const _event of new RecordedInput(pieces()).events(neverInvalid)) {
      break;
    }
    expect(isReturned).toBe(true);
  });
});
