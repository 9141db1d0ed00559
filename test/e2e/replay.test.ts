/** `sentinel replay`, the bundle as a person runs it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Program, sentinel } from '../support/program.ts';
import { withTempFolder } from '../support/temp-folder.ts';

jest.setTimeout(120_000);

const ATTACKS = 'test/fixtures/captures/attacks.evt1';
const DEMO = 'test/fixtures/demo.evt1';
/** Enough for several detections: the capture is of minutes, and a budget is a day's. */
const GENEROUS = ['--alert-budget', '100000/day'];
const PART = ['--max-events', '20000', ...GENEROUS];
const GZIP_FIRST_BYTE = 0x1f;
const HEAD_BYTES = 8;

/** The first events of a capture as lines. */
function eventLines(capture: string, count: number): string[] {
  const bytes = readFileSync(capture);
  const records = bytes[0] === GZIP_FIRST_BYTE ? gunzipSync(bytes) : bytes;
  const lines: string[] = [];
  for (let at = 0; at < records.length && lines.length < count; ) {
    const end = at + HEAD_BYTES + records.readUInt32LE(at + 4);
    lines.push(records.toString('utf8', at + HEAD_BYTES, end));
    at = end;
  }
  return lines;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

describe('sentinel replay', () => {
  it.each([
    ['loda', []],
    ['halfspacetrees', []],
    ['memstream', []],
    ['ngram', []],
    ['ensemble', []],
    ['loda-compat', ['--features', 'compat']],
    ['memstream-compat', ['--features', 'compat']],
  ])('gives the same bytes for the same input: %s', async (model, more) => {
    const argv = ['replay', ATTACKS, '--model', model, ...PART, ...more];

    const first = await sentinel(argv);
    const second = await sentinel(argv);

    expect(first).toMatchObject({ status: 0, stderr: expect.stringContaining('20,000 events, ') });
    expect(linesOf(first.stdout).length).toBeGreaterThan(0);
    expect(second).toEqual(first);
    for (const line of linesOf(first.stdout)) {
      expect(JSON.parse(line)).toMatchObject({
        detection_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8/),
        model,
        pvalue: expect.any(Number),
        event: { event_type: expect.any(String) },
      });
    }
  });

  it('reads NDJSON and standard input as it reads the recording', async () => {
    const lines = eventLines(ATTACKS, 20_000);
    const direct = await sentinel(['replay', ATTACKS, ...PART]);

    const fromLines = await sentinel(['replay', '-', ...GENEROUS], { input: `${lines.join('\n')}\n` });
    const fromPipe = await sentinel(['replay', '-', ...PART], { input: gunzipSync(readFileSync(ATTACKS)) });

    expect(linesOf(direct.stdout).length).toBeGreaterThan(0);
    expect(fromLines.stdout).toBe(direct.stdout);
    expect(fromPipe.stdout).toBe(direct.stdout);
  });

  it('fires on the scores that it says: the score is at least the threshold', async () => {
    const { stdout } = await sentinel(['replay', ATTACKS, '--model', 'loda', ...PART]);
    for (const line of linesOf(stdout)) {
      const { score, threshold } = JSON.parse(line) as { score: number; threshold: number }; // the test above
      expect(score).toBeGreaterThanOrEqual(threshold * (1 - 1e-9));
    }
  });

  it('leaves out by --skip, --start-ms and --end-ms, and stops at --max-events', async () => {
    const times = eventLines(DEMO, 1_000_000).map((line) =>
      Number(BigInt(/"ts_unix_nano":(\d+)/.exec(line)?.[1] ?? 0) / 1_000_000n),
    );
    const startMs = times[Math.floor(times.length / 4)] ?? 0;
    const endMs = times[Math.floor(times.length / 2)] ?? 0;
    const within = times.filter((time) => time >= startMs && time <= endMs).length;
    const range = ['--start-ms', String(startMs), '--end-ms', String(endMs)];

    const all = await sentinel(['replay', DEMO]);
    const inRange = await sentinel(['replay', DEMO, ...range]);
    const skipped = await sentinel(['replay', DEMO, ...range, '--skip', '10', '--max-events', '5']);

    const count = (events: number) => events.toLocaleString('en');
    expect(all.stderr).toContain(`sentinel: ${count(times.length)} events, `);
    expect(all.stderr).not.toContain('left out');
    expect(inRange.stderr).toContain(`sentinel: ${count(within)} events, `);
    expect(inRange.stderr).toContain(`sentinel: ${count(times.length - within)} events left out`);
    expect(skipped.stderr).toContain('sentinel: 5 events, ');
  });

  it('keeps the pace of the recording', async () => {
    const lines = eventLines(DEMO, 3).map((line, index) =>
      line.replace(
        /"ts_unix_nano":\d+/,
        `"ts_unix_nano":${1_700_000_000_000_000_000n + BigInt(index) * 700_000_000n}`,
      ),
    );
    const input = `${lines.join('\n')}\n`;

    const startMs = performance.now();
    const { status, stderr } = await sentinel(['replay', '-', '--pace', 'realtime'], { input });

    expect(performance.now() - startMs).toBeGreaterThanOrEqual(1400);
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('3 events, ') });
  });

  it('ends at a signal in the middle of a wait', async () => {
    const lines = eventLines(DEMO, 2).map((line, index) =>
      line.replace(
        /"ts_unix_nano":\d+/,
        `"ts_unix_nano":${1_700_000_000_000_000_000n + BigInt(index) * 3_600_000_000_000n}`,
      ),
    );
    await withTempFolder(async (folder) => {
      const file = join(folder, 'slow.ndjson');
      writeFileSync(file, `${lines.join('\n')}\n`);
      await using program = new Program([
        'replay',
        file,
        '--pace',
        'realtime',
        '--state-dir',
        folder,
        '--log-level',
        'info',
      ]);
      await program.says(/no saved state/);
      expect(await program.end('SIGTERM')).toMatchObject({ status: 0, signal: null });
    });
  });
});

describe('sentinel replay --expect', () => {
  const argv = ['replay', ATTACKS, '--model', 'loda', ...PART];

  it('is 0 and silent about it when the detections are the same', async () => {
    await withTempFolder(async (folder) => {
      const expected = join(folder, 'expected.ndjson');
      writeFileSync(expected, (await sentinel(argv)).stdout);

      const outcome = await sentinel([...argv, '--expect', expected]);

      expect(outcome).toMatchObject({ status: 0, stdout: '' });
      expect(outcome.stderr).not.toContain('differs');
    });
  });

  it('is 1 when they differ, and says which and how', async () => {
    const { stdout } = await sentinel(argv);
    const lines = linesOf(stdout);
    const ids = lines.map((line) => (JSON.parse(line) as { detection_id: string }).detection_id);
    expect(lines.length).toBeGreaterThanOrEqual(4);
    await withTempFolder(async (folder) => {
      const expected = join(folder, 'expected.ndjson');
      const changed = lines.map((line, index) =>
        index === 1 ? line.replace(/"pvalue":[^,]+/, '"pvalue":0.5') : line,
      );
      const added = '{"detection_id":"made-up","title":"\\u001b[2J","model":"loda"}';
      writeFileSync(expected, [added, ...changed.slice(0, -1)].join('\n'));

      const outcome = await sentinel([...argv, '--expect', expected]);

      expect(outcome).toMatchObject({ status: 1, stdout: '' });
      expect(outcome.stderr).toContain(`differs from ${expected}: 2 expected and not there (-), 2 there`);
      expect(outcome.stderr).toContain('\n- made-up loda: \\x1b[2J\n');
      expect(outcome.stderr).toMatch(new RegExp(`\n~ ${ids[1]} loda: .*\n {4}pvalue: 0\\.5 → 0\\.\\d+\n`));
      expect(outcome.stderr).toContain(`\n+ ${ids.at(-1)} loda: `);
      expect(outcome.stderr).not.toContain('\x1b');
    });
  });
});

describe('sentinel replay of damaged input', () => {
  it('reads what is before a torn end, and says that it is torn', async () => {
    await withTempFolder(async (folder) => {
      const plain = gunzipSync(readFileSync(ATTACKS));
      const torn = { plain: join(folder, 'torn'), gzip: join(folder, 'torn.gz') };
      writeFileSync(torn.plain, plain.subarray(0, 100_001));
      writeFileSync(torn.gzip, readFileSync(ATTACKS).subarray(0, 100_001));
      for (const file of [torn.plain, torn.gzip]) {
        const { status, stderr } = await sentinel(['replay', file]);
        expect(status).toBe(0);
        expect(stderr).toContain('ends in the middle of a record: everything before was read');
        expect(stderr).toMatch(/sentinel: [\d,]{2,} events, /);
      }
    });
  });

  it('is 7 with the place for bytes that are no record', async () => {
    await withTempFolder(async (folder) => {
      const plain = gunzipSync(readFileSync(ATTACKS));
      const second = 8 + plain.readUInt32LE(4);
      const bad = join(folder, 'bad');
      writeFileSync(
        bad,
        Buffer.concat([plain.subarray(0, second), Buffer.from('garbage!'), plain.subarray(second, 50_000)]),
      );

      const { status, stdout, stderr } = await sentinel(['replay', bad]);

      expect({ status, stdout }).toEqual({ status: 7, stdout: '' });
      expect(stderr).toContain(`bad magic at offset ${second}`);
      expect(stderr).not.toContain('    at ');
    });
  });

  it('counts an empty input as nothing', async () => {
    const { status, stdout, stderr } = await sentinel(['replay', '-']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toContain('sentinel: 0 events, 0 detections');
  });

  it('warns of a line that is no event, and goes on', async () => {
    const lines = eventLines(DEMO, 3);
    const input = [lines[0], '{"event_type":7', lines[1], lines[2]].join('\n');
    const { status, stderr } = await sentinel(['replay', '-'], { input });
    expect(status).toBe(0);
    expect(stderr).toContain('a record holds no event');
    expect(stderr).toContain('sentinel: 3 events, ');
  });
});

describe('sentinel replay, used wrongly', () => {
  it.each([
    ['no file', ['replay'], 2, "Missing required argument 'file'"],
    ['two files', ['replay', 'a', 'b'], 2, "Too many arguments for 'replay'"],
    ['a file that is not there', ['replay', '/nonexistent'], 2, 'Cannot read /nonexistent: no such file'],
    ['a folder', ['replay', 'test'], 2, 'Cannot read test: it is a directory'],
    ['a count that is none', ['replay', DEMO, '--skip', 'few'], 2, '--skip must be a count'],
    ['a count below 0', ['replay', DEMO, '--max-events', '-1'], 2, '--max-events must be a count'],
    ['a time that is none', ['replay', DEMO, '--start-ms', 'noon'], 2, '--start-ms must be a whole number'],
    [
      'an unknown pace',
      ['replay', DEMO, '--pace', 'slow'],
      2,
      '--pace cannot be "slow": expected fast or realtime',
    ],
    ['an unknown model', ['replay', DEMO, '--model', 'oracle'], 2, '--model cannot be "oracle"'],
    ['a model twice', ['replay', DEMO, '--model', 'loda,loda'], 2, 'names a model twice'],
    ['a budget that is none', ['replay', DEMO, '--alert-budget', 'many'], 2, '--alert-budget must be'],
    [
      'a threshold for several models',
      ['replay', DEMO, '-m', 'ensemble', '--threshold', '1'],
      3,
      'A threshold needs a single model',
    ],
    [
      'an expectation that is not there',
      ['replay', DEMO, '--expect', '/nonexistent'],
      2,
      'Cannot read /nonexistent',
    ],
    [
      'target and expectation',
      ['replay', DEMO, '--expect', DEMO, '--target', 'localhost:1'],
      2,
      'leave --target or --expect out',
    ],
  ])('says so, once and without a stack: %s', async (_, argv, exit, message) => {
    const { status, stdout, stderr } = await sentinel(argv);
    expect({ status, stdout }).toEqual({ status: exit, stdout: '' });
    expect(stderr.split(message)).toHaveLength(2);
    expect(stderr).not.toContain('    at ');
  });

  it('is 6 when nobody listens at the target, said once', async () => {
    const { status, stderr } = await sentinel(['replay', DEMO, '--target', '127.0.0.1:1']);
    expect(status).toBe(6);
    expect(stderr.split('Cannot reach the detector at 127.0.0.1:1')).toHaveLength(2);
  });
});

describe('sentinel replay --fail-on-detection', () => {
  it('is 1 with detections and 0 without', async () => {
    const [found, quiet] = [
      await sentinel(['replay', ATTACKS, ...PART, '--fail-on-detection']),
      await sentinel(['replay', DEMO, '--fail-on-detection']),
    ];
    expect(found.status).toBe(1);
    expect(found.stderr).toContain(`sentinel: ${linesOf(found.stdout).length} detections\n`);
    expect(quiet).toMatchObject({ status: 0, stdout: '' });
  });
});

describe('sentinel replay to a terminal', () => {
  it('writes lines for people that hold nothing unescaped', async () => {
    const lines = eventLines(ATTACKS, 20_000);
    const hostile = lines.map((line) => line.replaceAll('/etc/', '/e\\u001b[2J\\u202etc/'));
    const argv = ['replay', '-', '--output', 'compact', ...GENEROUS];

    const { status, stdout } = await sentinel(argv, { input: hostile.join('\n') });

    expect(status).toBe(0);
    expect(stdout).toContain('UNUSUAL');
    expect(stdout.includes('\x1b') || stdout.includes('\u202e')).toBe(false);
    expect(stdout).toContain('\\x1b[2J');
  });
});

describe('sentinel replay with a reader that went away', () => {
  it('ends quietly', async () => {
    await using program = new Program(['replay', ATTACKS, ...GENEROUS]);
    program.stdoutStream.destroy();
    const { signal, stderr } = await program.ended;
    expect(signal).toBeNull();
    expect(stderr).not.toMatch(/EPIPE| {4}at |bug|"level":"(warn|error)"/);
  });
});
