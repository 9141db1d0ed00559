/** `probe --detect` and `probe --sink grpc` on this host, as a person runs them. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../support/program.ts';

jest.setTimeout(120_000);

const LISTENING = /"address":"(127\.0\.0\.1:\d+)"/;
/** The probe sees what is done from now on. */
const WATCHING = /"msg":"watching"/;
const DEED_ROUNDS = 400;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sentinel-live-detect-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Found {
  readonly title: string;
  readonly contributions: ReadonlyArray<{ readonly text: string }>;
  readonly event: { readonly event_type: string; readonly data: readonly string[] };
}

function detectionsOf(stdout: string): Found[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Found); // each test asserts what it looks at
}

/** Deeds that a host does all day. */
function ordinaryDeeds(rounds: number): void {
  const script = `i=0; while [ $i -lt ${rounds} ]; do cat /etc/hosts /etc/passwd /etc/hostname >/dev/null; ls /usr >/dev/null; i=$((i+1)); done`;
  expect(spawnSync('/bin/sh', ['-c', script], { env: { PATH: '/usr/bin:/bin' } }).status).toBe(0);
}

/** A free port, for a detector that comes later. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  server.close();
  await once(server, 'close');
  return port;
}

describe('probe --detect', () => {
  test('reports an odd deed after ordinary ones, with its process, and nothing else on standard output', async () => {
    const argv = [
      'probe',
      '--detect',
      '--events',
      'process_exec,file_open',
      '--warmup',
      '300',
      '--log-level',
      'debug',
    ];
    const state = ['--state-dir', join(folder, 'state')];
    await using program = new Program(
      [...argv, '--alert-budget', '200000/day', ...state, '--output', 'json'],
      {
        env: { SENTINEL_STATE__SAVE_INTERVAL_MS: '1s' },
      },
    );
    await program.says(WATCHING);
    ordinaryDeeds(DEED_ROUNDS);
    const odd = join(folder, '.x');
    copyFileSync('/bin/cat', odd);
    const deed = spawnSync(odd, ['/etc/shadow'], { env: {} });
    expect(deed.status).toBe(0);
    await program.says(new RegExp(`"\\.x","${deed.pid}"`));

    const { status, signal, stdout, stderr } = await program.end('SIGTERM');

    expect({ status, signal }).toEqual({ status: 0, signal: null });
    const found = detectionsOf(stdout);
    expect(found.every(({ title }) => title.startsWith('Unusual '))).toBe(true);
    const ofDeed = found.filter(({ event }) => event.data[3] === String(deed.pid));
    expect(ofDeed.length).toBeGreaterThan(0);
    for (const { event, contributions } of ofDeed) {
      expect(event.data[2]).toBe('.x');
      expect(contributions.length).toBeGreaterThan(0);
    }
    expect(JSON.stringify(ofDeed)).toContain('.x');
    expect(stderr).toMatch(/sentinel: [\d,]+ events, [\d,]+ detections/);
    expect(existsSync(join(folder, 'state', 'detector.state'))).toBe(true);

    await using again = new Program([...argv, ...state]);
    await again.says(/state restored/);
    await again.says(WATCHING);
    expect((await again.end('SIGTERM')).status).toBe(0);
  });
});

describe('probe --sink grpc', () => {
  const PROBE = [
    'probe',
    '--all',
    '--events',
    'process_exec,file_open',
    '--sink',
    'grpc',
    '--log-level',
    'debug',
  ];
  const detect = (port: number) =>
    new Program([
      'detect',
      '--port',
      String(port),
      '--log-level',
      'info',
      '--threshold',
      '0',
      '--alert-during-warmup',
    ]);
  const taken = (stderr: string) =>
    Number(/sentinel: ([\d,]+) events, /.exec(stderr)?.[1]?.replaceAll(',', ''));

  test('starts while the detector is down, connects when it comes, again after a restart, and loses nothing', async () => {
    const port = await freePort();
    await using probe = new Program([...PROBE, '--endpoint', `127.0.0.1:${port}`]);
    await probe.says(WATCHING);
    ordinaryDeeds(20); // on a quiet host nothing else would have to be sent
    await probe.says(/cannot write to grpc, trying again/);

    await using first = detect(port);
    await first.says(LISTENING);
    await first.says(/detection_id/); // each event is one
    ordinaryDeeds(20);
    const firstEnd = await first.end('SIGTERM');
    ordinaryDeeds(20);
    await using second = detect(port);
    await second.says(LISTENING);
    await second.says(/detection_id/);
    ordinaryDeeds(20);
    const probeEnd = await probe.end('SIGTERM');
    const secondEnd = await second.end('SIGTERM');

    expect([probeEnd, firstEnd, secondEnd].map(({ status }) => status)).toEqual([0, 0, 0]);
    const account = /sentinel: \d+ seen, (\d+) forwarded, \d+ filtered, 0 lost, \d+ events/.exec(
      probeEnd.stderr,
    );
    const forwarded = Number(account?.[1]);
    expect(forwarded).toBeGreaterThan(80 * 5); // and none dropped, which the line would say
    // What was not acknowledged when the first went is sent again: the two may have some twice, never fewer.
    expect(taken(firstEnd.stderr) + taken(secondEnd.stderr)).toBeGreaterThanOrEqual(forwarded);
    expect(taken(firstEnd.stderr)).toBeGreaterThan(0);
    expect(taken(secondEnd.stderr)).toBeGreaterThan(0);
  });

  test('counts what it could not deliver', async () => {
    const port = await freePort();
    await using probe = new Program([...PROBE, '--endpoint', `127.0.0.1:${port}`]);
    await probe.says(WATCHING);
    ordinaryDeeds(20); // on a quiet host nothing else would have to be sent
    await probe.says(/cannot write to grpc, trying again/);

    const { status, stderr } = await probe.end('SIGTERM');

    expect(status).toBe(0);
    const account = /(\d+) forwarded, .* (\d+) dropped by grpc \(abandoned \d+\)/.exec(stderr);
    expect(account).not.toBeNull();
    expect(account?.[2]).toBe(account?.[1]);
  });
});
