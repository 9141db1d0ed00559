/** `sentinel detect`, the bundle as a person runs it: its sources, its settings, its signals. */

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DynamicClient, UPSTREAM_PROTO } from '../support/grpc-peer.ts';
import { type Outcome, Program, sentinel } from '../support/program.ts';
import { withTempFolder } from '../support/temp-folder.ts';

jest.setTimeout(120_000);

const ATTACKS = 'test/fixtures/captures/attacks.evt1';
const DEMO = 'test/fixtures/demo.evt1';
const GENEROUS = ['--alert-budget', '100000/day'];
const LISTENING = /"address":"(127\.0\.0\.1:\d+)"/;
const SERVE = ['detect', '--port', '0', '--log-level', 'info'];
const STREAM_EVENTS = '/sentinel.v1.DetectorService/StreamEvents';
const ENVELOPE = 'sentinel.v1.EventEnvelope';

/** A detector on a free port. */
async function serve(argv: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const program = new Program([...SERVE, ...argv], { env });
  const [, address = ''] = await program.says(LISTENING);
  return { program, address };
}

describe('sentinel detect, from a file or a pipe', () => {
  it('finds in a file and in a pipe what replay finds', async () => {
    const part = gunzipSync(readFileSync(ATTACKS)).subarray(0, 20_000_000);
    await withTempFolder(async (folder) => {
      const file = join(folder, 'part.evt1');
      writeFileSync(file, part);

      const replayed = await sentinel(['replay', file, ...GENEROUS]);
      const fromFile = await sentinel(['detect', '--file', file, ...GENEROUS]);
      const fromPipe = await sentinel(['detect', '--source', 'stdin', ...GENEROUS], { input: part });

      expect(replayed.stdout.split('\n').length).toBeGreaterThan(4);
      expect(fromFile).toMatchObject({ status: 0, stdout: replayed.stdout });
      expect(fromPipe).toMatchObject({ status: 0, stdout: replayed.stdout });
    });
  });

  it('ends at SIGTERM while nobody writes into the pipe', async () => {
    const line = '{"event_type":"file_open","event_id":"e","data":[]}\n{"half a line';
    await using program = new Program(
      ['detect', '--source', 'stdin', '--threshold', '0', '--alert-during-warmup'],
      {
        input: line,
        isInputOpen: true,
      },
    );
    await program.says(/detection_id/);
    const { status, signal, stderr } = await program.end('SIGTERM');
    expect({ status, signal }).toEqual({ status: 0, signal: null });
    expect(stderr).toContain('sentinel: 1 events, ');
    expect(stderr).not.toContain('in the middle of a record');
  });

  it('learns from --replay-log before its source', async () => {
    const { status, stderr } = await sentinel(['detect', '--source', 'stdin', '--replay-log', DEMO]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/sentinel: 122 events, /);
  });

  it.each([
    ['a file source without file', ['detect', '--source', 'file'], 2, 'The file source needs a file'],
    ['an unknown source', ['detect', '--source', 'carrier-pigeon'], 2, 'expected grpc, stdin or file'],
    ['a file that is not there', ['detect', '--file', '/nonexistent'], 2, 'Cannot read /nonexistent'],
    ['a port that is none', ['detect', '--port', '70000'], 2, '--port'],
    [
      'plaintext for the world',
      ['detect', '--host', '0.0.0.0', '--port', '0'],
      3,
      'Cannot listen on 0.0.0.0:0 without TLS',
    ],
    [
      'a certificate that is not there',
      ['detect', '--port', '0', '--tls-cert', '/nonexistent', '--tls-key', '/nonexistent'],
      3,
      '/nonexistent',
    ],
    ['bytes that are no recording', ['detect', '--source', 'stdin'], 7, 'bad magic at offset 0'],
  ])('says what is wrong, once and without a stack: %s', async (_, argv, exit, message) => {
    const { status, stdout, stderr } = await sentinel(argv, { input: 'garbage!' });
    expect({ status, stdout }).toEqual({ status: exit, stdout: '' });
    expect(stderr.split('sentinel: ').length).toBeGreaterThan(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});

describe('sentinel detect, as a server', () => {
  it('answers a stock client, and on SIGTERM says so to its peers and ends with 0', async () => {
    const { program, address } = await serve();
    await using _ = program;
    using client = new DynamicClient(address, UPSTREAM_PROTO);
    const events = Array.from({ length: 50 }, (__, index) =>
      client.encode(ENVELOPE, {
        event_id: `e${index}`,
        event_type: 'file_open',
        data: ['/etc/passwd', '0', 'cat', '1', '1', '0'],
      }),
    );

    const { answers, end } = await client.stream(STREAM_EVENTS, events);
    const { status, signal, stderr } = await program.end('SIGTERM');

    expect(end.code).toBe(0);
    expect(answers.map((bytes) => client.decode('sentinel.v1.DetectionResponse', bytes)['event_id'])).toEqual(
      events.map((__, index) => `e${index}`),
    );
    expect({ status, signal }).toEqual({ status: 0, signal: null });
    expect(stderr).toContain('sentinel: 50 events, 0 detections');
  });

  it('ends with 0 while a peer holds its stream open', async () => {
    const { program, address } = await serve();
    await using _ = program;
    using client = new DynamicClient(address, UPSTREAM_PROTO);
    const call = client.client.makeBidiStreamRequest<Buffer, Buffer>(
      STREAM_EVENTS,
      (bytes) => bytes,
      (bytes) => bytes,
    );
    const ended = new Promise((resolve) => call.on('status', resolve));
    call.on('error', () => {}); // the status has it too
    call.write(client.encode(ENVELOPE, { event_id: 'e', event_type: 'file_open' }));
    await once(call, 'data');

    const { status, signal } = await program.end('SIGTERM');

    expect({ status, signal }).toEqual({ status: 0, signal: null });
    expect(await ended).toMatchObject({ code: 14, details: 'The detector is stopping' });
  });

  it('is 3 with a clear message when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo; // it listens on a port
    const { status, stdout, stderr } = await sentinel(['detect', '--port', String(port)]);
    taken.close();
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^sentinel: Cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE.*\n$`),
    );
  });

  it('takes every event of a replay to it, and scores them as a replay of its own does', async () => {
    const count = ['--max-events', '20000'];
    const own = await sentinel(['replay', ATTACKS, ...count, ...GENEROUS]);
    const { program, address } = await serve(GENEROUS);
    await using _ = program;

    const sent = await sentinel(['replay', ATTACKS, ...count, '--target', address]);
    const { stdout, stderr } = await program.end('SIGTERM');

    expect(sent).toMatchObject({ status: 0, stdout: '' });
    const found = own.stdout.split('\n').length - 1;
    expect(found).toBeGreaterThan(4);
    expect(sent.stderr).toContain(
      `sentinel: 20,000 of 20,000 events taken by ${address}, which flagged ${found}\n`,
    );
    expect(stderr).toContain('sentinel: 20,000 events, ');
    expect(stdout).toBe(own.stdout);
  });

  it('a replay to it ends at SIGTERM when it has gone', async () => {
    const { program, address } = await serve(['--threshold', '0', '--alert-during-warmup']);
    await using _ = program;
    await using replay = new Program(['replay', ATTACKS, '--target', address, '--pace', 'realtime']);
    await program.says(/detection_id/);
    await program.end('SIGKILL');
    await replay.says(/cannot send, trying again/);
    const { status, signal, stderr } = await replay.end('SIGTERM');
    expect({ status, signal }).toEqual({ status: 6, signal: null });
    expect(stderr).toMatch(/Cannot deliver [\d,]+ events to /);
  });
});

/** All scores as one text; thousands of detections are too long to show. */
function scoresOf({ stdout }: Outcome): string {
  return stdout.replace(/.*"score":([^,]*),.*/g, '$1');
}

describe('sentinel detect and its environment', () => {
  const ALIASES: ReadonlyArray<readonly [name: string, value: string, path: string, shown: unknown]> = [
    ['DETECTOR_PORT', '50999', 'sources.grpc.port', 50_999],
    ['DETECTOR_MODEL_ALGORITHM', 'halfspacetrees', 'detect.models', ['halfspacetrees']],
    ['DETECTOR_THRESHOLD', '0.7', 'detect.threshold', 0.7],
    ['DETECTOR_MODEL_SEED', '7', 'models.seed', 7],
    ['DETECTOR_HST_N_TREES', '11', 'models.halfspacetrees.trees', 11],
    ['DETECTOR_HST_HEIGHT', '9', 'models.halfspacetrees.height', 9],
    ['DETECTOR_HST_WINDOW_SIZE', '99', 'models.halfspacetrees.window_events', 99],
    ['DETECTOR_LODA_PROJECTIONS', '21', 'models.loda_compat.projections', 21],
    ['DETECTOR_LODA_BINS', '65', 'models.loda_compat.bins', 65],
    ['DETECTOR_LODA_RANGE', '3.5', 'models.loda_compat.range', 3.5],
    ['DETECTOR_LODA_EMA_ALPHA', '0.02', 'models.loda_compat.ema_alpha', 0.02],
    ['DETECTOR_LODA_HIST_DECAY', '0.9', 'models.loda_compat.hist_decay', 0.9],
    ['DETECTOR_MEMSTREAM_HIDDEN_DIM', '33', 'models.memstream_compat.hidden', 33],
    ['DETECTOR_MEMSTREAM_LATENT_DIM', '9', 'models.memstream_compat.latent', 9],
    ['DETECTOR_MEMSTREAM_MEMORY_SIZE', '129', 'models.memstream_compat.memory', 129],
    ['DETECTOR_MEMSTREAM_LR', '0.002', 'models.memstream_compat.learning_rate', 0.002],
  ];

  it('takes every name that the upstream detector has', async () => {
    const env = Object.fromEntries(ALIASES.map(([name, value]) => [name, value]));
    const { stdout } = await sentinel(['preflight', '--output', 'json'], { env });
    const { settings } = JSON.parse(stdout) as { settings: unknown[] }; // asserted piece by piece
    for (const [name, , setting, value] of ALIASES) {
      expect(settings).toContainEqual({ setting, value, origin: expect.stringContaining(name) });
    }
  });

  it.each([
    ['DETECTOR_HST_N_TREES', '3', 'halfspacetrees'],
    ['DETECTOR_HST_HEIGHT', '3', 'halfspacetrees'],
    ['DETECTOR_HST_WINDOW_SIZE', '1000', 'halfspacetrees'],
    ['DETECTOR_MODEL_SEED', '43', 'halfspacetrees'],
    ['DETECTOR_LODA_PROJECTIONS', '3', 'loda-compat'],
    ['DETECTOR_LODA_BINS', '7', 'loda-compat'],
    ['DETECTOR_LODA_RANGE', '1', 'loda-compat'],
    ['DETECTOR_LODA_EMA_ALPHA', '0.5', 'loda-compat'],
    ['DETECTOR_LODA_HIST_DECAY', '0.9', 'loda-compat'],
    ['DETECTOR_MEMSTREAM_HIDDEN_DIM', '3', 'memstream-compat'],
    ['DETECTOR_MEMSTREAM_LATENT_DIM', '2', 'memstream-compat'],
    ['DETECTOR_MEMSTREAM_MEMORY_SIZE', '16', 'memstream-compat'],
    ['DETECTOR_MEMSTREAM_LR', '0.5', 'memstream-compat'],
  ])('%s=%s changes what %s says', async (name, value, model) => {
    const argv = [
      'replay',
      ATTACKS,
      '--max-events',
      '1500',
      '--threshold',
      '0',
      '--alert-during-warmup',
      '--features',
      'compat',
    ];
    const env = { DETECTOR_MODEL_ALGORITHM: model };
    const plain = await sentinel(argv, { env });
    const changed = await sentinel(argv, { env: { ...env, [name]: value } });
    expect(plain).toMatchObject({ status: 0, stdout: expect.stringContaining(`"model":"${model}"`) });
    expect(changed.status).toBe(0);
    expect(scoresOf(changed) === scoresOf(plain)).toBe(false);
  });

  it('warns of the names that upstream reads and never uses', async () => {
    const names = ['DETECTOR_HIGH_WRITE_BYTES', 'DETECTOR_SENSITIVE_PREFIXES', 'DETECTOR_ALLOWED_COMMS'];
    const env = Object.fromEntries(names.map((name) => [name, '1']));
    const { status, stderr } = await sentinel(['detect', '--source', 'stdin'], { env });
    expect(status).toBe(0);
    for (const name of names) {
      expect(stderr).toContain(name);
    }
  });

  it('listens where DETECTOR_PORT says, a flag before it', async () => {
    await using program = new Program([...SERVE], { env: { DETECTOR_PORT: '1' } });
    await program.says(LISTENING);
    expect((await program.end('SIGTERM')).status).toBe(0);
  });

  it('is 3 for a value that cannot be, with the name', async () => {
    const { status, stderr } = await sentinel(['detect'], { env: { DETECTOR_HST_HEIGHT: 'tall' } });
    expect(status).toBe(3);
    expect(stderr).toContain('DETECTOR_HST_HEIGHT');
  });
});
