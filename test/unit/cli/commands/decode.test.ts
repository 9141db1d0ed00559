import { linkSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { runDecode } from '../../../../src/cli/commands/decode.ts';
import { SentinelError } from '../../../../src/core/errors.ts';
import { encodeEvt1Record } from '../../../../src/core/evt1.ts';
import { GOLDEN_JSON } from '../../../support/events.ts';
import { withTempFolder } from '../../../support/temp-folder.ts';
import { TextStream } from '../../../support/text-stream.ts';

const SECOND_GENERATION =
  '{"event_id":"e","ts_unix_nano":1700000000000000001,"hostname":"h","pod_name":"p","namespace":"n",' +
  '"container_id":"c","syscall_name":"openat","event_group":"","syscall_nr":257,"comm":"cat","pid":"1","tid":"2",' +
  '"uid":"0","arg0":"-100","arg1":"0","attributes":{"fd_path":"/etc/passwd"}}';
const SECOND_AS_FIRST =
  '{"event_id":"e","ts_unix_nano":1700000000000000001,"hostname":"h","pod":"p","namespace":"n","container_id":"c",' +
  '"event_type":"file_open","data":["/etc/passwd","0","cat","1","2","0"],"attributes":{"fd_path":"/etc/passwd",' +
  '"syscall_name":"openat","event_group":"","syscall_nr":"257","arg0":"-100","arg1":"0"}}';

function makeIo(stdin: Uint8Array = Buffer.alloc(0)) {
  const stdout = new TextStream();
  const stderr = new TextStream();
  const controller = new AbortController();
  const io = { stdin: Readable.from([stdin]), stdout, stderr, signal: controller.signal };
  return { io, controller, out: () => stdout.text(), err: () => stderr.text() };
}

async function decodeBytes(bytes: Uint8Array, strict = false) {
  const { io, out, err } = makeIo(bytes);
  let error: unknown;
  try {
    await runDecode({ file: '-', strict }, io);
  } catch (caught) {
    error = caught;
  }
  return { error, out: out(), err: err() };
}

const records = (...payloads: string[]) => Buffer.concat(payloads.map(encodeEvt1Record));

describe('runDecode()', () => {
  test('writes one line an event, both generations as the first', async () => {
    const { out, err } = await decodeBytes(records(GOLDEN_JSON, SECOND_GENERATION));
    expect(out).toBe(`${GOLDEN_JSON}\n${SECOND_AS_FIRST}\n`);
    expect(err).toBe('');
  });

  test('brings events in other spacing and order into the one form', async () => {
    const { ts_unix_nano, ...rest } = JSON.parse(GOLDEN_JSON);
    const odd = JSON.stringify({ ...rest, ts: 1 }, null, 1).replace(
      '"ts": 1',
      '"ts_unix_nano": 1234567890000000000',
    );
    expect((await decodeBytes(records(odd))).out).toBe(`${GOLDEN_JSON}\n`);
  });

  test('passes NDJSON through', async () => {
    const { out } = await decodeBytes(Buffer.from(`${GOLDEN_JSON}\n${SECOND_GENERATION}`));
    expect(out).toBe(`${GOLDEN_JSON}\n${SECOND_AS_FIRST}\n`);
  });

  test('reads gzip whatever its name, and writes a file', () =>
    withTempFolder(async (folder) => {
      const [file, out] = [join(folder, 'events.bin'), join(folder, 'out')];
      writeFileSync(file, gzipSync(records(GOLDEN_JSON)));
      writeFileSync(out, 'what was there before, which is longer than the result'.repeat(20));
      const { io, out: stdout } = makeIo();
      await runDecode({ file, out, strict: true }, io);
      expect(readFileSync(out, 'utf8')).toBe(`${GOLDEN_JSON}\n`);
      expect(stdout()).toBe('');
    }));

  test('copies records of every size, also larger than its buffers', async () => {
    const sizes = [0, 1, 100_000, 511_000, 512_000, 513_000, 3_000_000, 10];
    const jsons = sizes.map((size) => GOLDEN_JSON.replace('{}', `{"a":"${'x'.repeat(size)}"}`));
    const odd = jsons.map((json) => json.replace('{"event_id"', '{ "event_id"'));
    const { out } = await decodeBytes(records(...jsons, ...odd));
    // No toBe(): megabytes of text make no readable failure.
    expect(out === `${[...jsons, ...jsons].join('\n')}\n`).toBe(true);
  });

  test('an empty input is no event', async () => {
    expect(await decodeBytes(Buffer.alloc(0))).toEqual({ error: undefined, out: '', err: '' });
  });

  test('a torn record is a warning, everything before it is written', async () => {
    const torn = records(GOLDEN_JSON, GOLDEN_JSON).subarray(0, -1);
    const { error, out, err } = await decodeBytes(torn);
    expect(error).toBeUndefined();
    expect(out).toBe(`${GOLDEN_JSON}\n`);
    expect(err).toBe(
      'warning: standard input: ends in the middle of the record at offset 263: everything before that was decoded\n',
    );
  });

  test('a torn record is an error when strict, everything before it is written', async () => {
    const { error, out } = await decodeBytes(records(GOLDEN_JSON, GOLDEN_JSON).subarray(0, -1), true);
    expect(error).toMatchObject({
      code: 'SNT_INPUT_CORRUPT',
      message: expect.stringContaining('offset 263'),
    });
    expect(out).toBe(`${GOLDEN_JSON}\n`);
  });

  test('torn gzip is a warning, or an error when strict', async () => {
    const whole = Buffer.concat([gzipSync(records(GOLDEN_JSON)), gzipSync(records(GOLDEN_JSON))]);
    const torn = whole.subarray(0, -4);
    const { error, out, err } = await decodeBytes(torn);
    expect(error).toBeUndefined();
    expect(out).toBe(`${GOLDEN_JSON}\n${GOLDEN_JSON}\n`);
    expect(err).toContain('ends in the middle of a gzip member');
    expect((await decodeBytes(torn, true)).error).toMatchObject({ code: 'SNT_INPUT_CORRUPT' });
  });

  test('bad magic is an error with its offset, everything before it is written', async () => {
    const { error, out } = await decodeBytes(Buffer.concat([records(GOLDEN_JSON), Buffer.from('INVALID!')]));
    expect(error).toMatchObject({
      code: 'SNT_INPUT_CORRUPT',
      message: 'Cannot decode standard input: bad magic at offset 263',
    });
    expect(out).toBe(`${GOLDEN_JSON}\n`);
  });

  test('records that hold no event are skipped and told: the first five by name, then their number', async () => {
    const { error, out, err } = await decodeBytes(
      records(...Array(7).fill('{"x":1}'), GOLDEN_JSON, 'no json'),
    );
    expect(error).toBeUndefined();
    expect(out).toBe(`${GOLDEN_JSON}\n`);
    expect(err.split('\n').filter((line) => line.includes('skipped'))).toHaveLength(6);
    expect(err).toContain('in the record at offset 60: skipped');
    expect(err).toContain('8 records hold no event and were skipped');
  });

  test('a record that holds no event is an error when strict', async () => {
    const { error, out } = await decodeBytes(records(GOLDEN_JSON, '{"x":1}'), true);
    expect(error).toMatchObject({
      code: 'SNT_INPUT_CORRUPT',
      message: expect.stringMatching(/^Cannot decode standard input: .*offset 263$/),
    });
    expect(out).toBe(`${GOLDEN_JSON}\n`);
  });

  test('a reader that goes away ends it quietly', async () => {
    const { io, err } = makeIo(records(...Array(5000).fill(GOLDEN_JSON)));
    const failure = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(failure) });
    await runDecode({ file: '-', strict: true }, { ...io, stdout });
    expect(err()).toBe('');
  });

  test('an abort ends it early, after what was read is written, without a word about the rest', async () => {
    const { io, controller, out, err } = makeIo();
    async function* endless() {
      yield records(GOLDEN_JSON);
      controller.abort();
      for (;;) {
        yield records(GOLDEN_JSON).subarray(0, 100);
      }
    }
    await runDecode({ file: '-', strict: true }, { ...io, stdin: Readable.from(endless()) });
    expect(out()).toBe(`${GOLDEN_JSON}\n`);
    expect(err()).toBe('');
  });

  test('refuses to write over its input, also by another name', () =>
    withTempFolder(async (folder) => {
      const [file, out] = [join(folder, 'events.bin'), join(folder, 'same')];
      writeFileSync(file, records(GOLDEN_JSON));
      linkSync(file, out);
      await expect(runDecode({ file, out, strict: false }, makeIo().io)).rejects.toMatchObject({
        code: 'SNT_USAGE',
      });
      expect(readFileSync(file).equals(records(GOLDEN_JSON))).toBe(true);
    }));

  test('says so when the disk is full, and calls it no bug', () =>
    withTempFolder(async (folder) => {
      const file = join(folder, 'a.bin');
      writeFileSync(file, records(GOLDEN_JSON));
      const error: unknown = await runDecode({ file, out: '/dev/full', strict: false }, makeIo().io).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(SentinelError);
      expect(error).toMatchObject({
        code: 'SNT_INTERNAL',
        message: expect.stringMatching(/a\.bin into \/dev\/full: ENOSPC: no space left on device, write$/),
      });
    }));

  test('does not let a file name write to the terminal', () =>
    withTempFolder(async (folder) => {
      const file = join(folder, 'a\x1b[31m');
      writeFileSync(file, records(GOLDEN_JSON).subarray(0, 5));
      const { io, err } = makeIo();
      await runDecode({ file, strict: false }, io);
      expect(err()).not.toContain('\x1b');
    }));

  test.each([
    [true, true],
    [false, false],
  ])('shows progress for a large file on a terminal (%p) and only there', (isTTY, isShown) =>
    withTempFolder(async (folder) => {
      const file = join(folder, 'events.bin');
      const record = records(GOLDEN_JSON);
      writeFileSync(file, Buffer.alloc(64_000_001, record));
      const { io, err } = makeIo();
      const stdout = new Writable({ write: (_chunk, _encoding, done) => done() });
      const stderr = Object.assign(io.stderr, { isTTY });
      await runDecode({ file, strict: false }, { ...io, stdout, stderr });
      const text = err();
      expect(/decoding \[[#.]{30}\] \d+ % of 64 MB/.test(text)).toBe(isShown);
      expect(text.includes('\r\x1b[Kwarning: ')).toBe(isShown);
    }),
  );
});
