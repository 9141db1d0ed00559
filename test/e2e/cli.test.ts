import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Need, testWith } from '../support/needs.ts';

// Built by `make build`, which `make test` does first.
const PROGRAM = resolve('build/sentinel.cjs');

const IS_ROOT = process.getuid?.() === 0;
const ROOT: Need = { name: 'root', isMet: IS_ROOT, reason: 'it changes to another user' };
const EBPF: Need = {
  name: 'ebpf',
  isMet: IS_ROOT && existsSync('/sys/kernel/btf/vmlinux'),
  reason: 'it loads kernel programs, which takes root and a kernel with BTF',
};
const NOBODY = { uid: 65534, gid: 65534 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end. */
async function sentinel(argv: readonly string[], options: SpawnOptions = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [PROGRAM, ...argv], {
    env: {},
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    texts.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    texts.stderr += chunk.toString();
  });
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]; // node's own types
  return { status, signal, ...texts };
}

interface Report {
  readonly ok: boolean;
  readonly error_code?: string;
  readonly checks: ReadonlyArray<{ id: string; status: string; detail: string; fix?: string }>;
  readonly events: ReadonlyArray<{ type: string; way?: string; ok?: boolean; reason?: string }>;
  readonly settings: ReadonlyArray<{ setting: string; value: unknown; origin: string }>;
}

async function preflight(argv: readonly string[] = [], options: SpawnOptions = {}) {
  const outcome = await sentinel(['preflight', '--output', 'json', ...argv], options);
  const report = JSON.parse(outcome.stdout) as Report; // asserted piece by piece
  const statusOf = (id: string) => report.checks.find((check) => check.id === id)?.status;
  return { ...outcome, report, statusOf };
}

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o644 });
  return path;
}

describe('sentinel, exit status', () => {
  it('is 0 for help and version, on standard output', async () => {
    const [help, version] = await Promise.all([sentinel(['--help']), sentinel(['--version'])]);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toContain('Usage: sentinel');
    expect(version).toMatchObject({ status: 0, stderr: '' });
    expect(version.stdout).toMatch(
      /^sentinel \d+\.\d+\.\d+\ncommit {3}[0-9a-f]{7,}(\+dirty)?\nruntime {2}node 26\.\S+\nlibbpf {3}\d+\.\d+\S*\n$/,
    );
  });

  it.each([
    ['no command', [], 'No command given'],
    ['an unknown command', ['frobnicate'], 'No command "frobnicate"'],
    ['an unknown option', ['probe', '--frobnicate'], "Unknown option '--frobnicate'"],
    ['a flag that is no quantity', ['probe', '--duration', 'soon'], '--duration must be a duration'],
  ])('is 2 for %s, said once on standard error', async (_, argv, message) => {
    const { status, stdout, stderr } = await sentinel(argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.split(message)).toHaveLength(2);
    expect(stderr).not.toContain('    at ');
  });

  it('is 3 for a wrong configuration, with place and caret', async () => {
    const config = written('s.yaml', 'probe:\n  ring_bites: 8MiB\n');
    const { status, stdout, stderr } = await sentinel(['probe', '--config', config]);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toBe(
      `sentinel: ${config}:2:3: probe.ring_bites is no setting\n    ring_bites: 8MiB\n    ^\nhint: did you mean probe.ring_bytes\n`,
    );
  });

  it('is 3 for a wrong environment variable, named', async () => {
    const { status, stderr } = await sentinel(['probe'], { env: { SENTINEL_LOG__LEVEL: 'loud' } });
    expect(status).toBe(3);
    expect(stderr).toContain('SENTINEL_LOG__LEVEL cannot be "loud"');
  });

  it('is 4 for a wrong rule file, with its place', async () => {
    const rules = written('r.yaml', 'rules:\n  - name: a\n    event: file_opne\n');
    const { status, stderr } = await sentinel(['probe', '--rules', rules]);
    expect(status).toBe(4);
    expect(stderr).toContain(`${rules}:3:`);
  });

  testWith(ROOT, 'is 5 without privileges, with the sentence that helps', async () => {
    const { status, stdout, stderr } = await sentinel(['probe', '--duration', '1s'], NOBODY);
    expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
    expect(stderr).toMatch(
      /^sentinel: Cannot load the kernel programs: .*\nhint: run as root \(sudo sentinel probe\)/,
    );
  });

  it('escapes what a file could put on the terminal', async () => {
    const config = written('s.yaml', 'probe:\n  "\\e[2Jx": 1 # \x1b[31m\n');
    const { stderr } = await sentinel(['probe', '--config', config]);
    expect(stderr).not.toContain('\x1b');
    expect(stderr).toContain('\\x1b[2Jx is no setting');
  });
});

describe('sentinel preflight', () => {
  testWith(
    EBPF,
    'finds that probe can do its job',
    async () => {
      const { status, stderr, report, statusOf } = await preflight();
      expect({ status, stderr, ok: report.ok }).toEqual({ status: 0, stderr: '', ok: true });
      expect(['kernel', 'addon', 'btf', 'ring_buffer', 'programs', 'attach_tp_btf'].map(statusOf)).toEqual(
        Array(6).fill('ok'),
      );
      expect(report.events.find(({ type }) => type === 'file_open')).toMatchObject({
        way: 'tracepoint',
        ok: true,
      });
      expect(report.events.find(({ type }) => type === 'net_burst')).toMatchObject({
        ok: false,
        reason: expect.any(String),
      });
    },
    30_000,
  );

  testWith(
    EBPF,
    'tries the ring buffer in the size that is configured',
    async () => {
      const { report } = await preflight(['--ring-bytes', '16MiB']);
      expect(report.checks.find(({ id }) => id === 'ring_buffer')?.detail).toBe('created and mapped, 16 MiB');
      expect(report.settings).toEqual([
        { setting: 'probe.ring_bytes', value: 16_777_216, origin: 'flag --ring-bytes' },
      ]);
    },
    30_000,
  );

  testWith(
    ROOT,
    'works without privileges: says what is missing and what could not be tried, exit 5',
    async () => {
      const { status, stderr, report, statusOf } = await preflight([], NOBODY);
      expect(status).toBe(5);
      expect(report).toMatchObject({ ok: false, error_code: 'SNT_KERNEL_UNSUPPORTED' });
      expect(['capabilities', 'ring_buffer', 'programs', 'attach_tp_btf'].map(statusOf)).toEqual([
        'fail',
        'skip',
        'skip',
        'skip',
      ]);
      expect(report.checks.find(({ id }) => id === 'capabilities')?.fix).toContain('sudo');
      expect(stderr).toMatch(/^sentinel: probe could not do its job: .*Capabilities.*\nhint: .*sudo/);
    },
    30_000,
  );

  testWith(
    EBPF,
    'is 3 for a wrong configuration and still checks the rest',
    async () => {
      const { status, report, statusOf } = await preflight([
        '--config',
        written('s.yaml', 'log:\n  level: loud\n'),
      ]);
      expect(status).toBe(3);
      expect([statusOf('config'), statusOf('rules'), statusOf('programs')]).toEqual(['fail', 'skip', 'ok']);
      expect(report.checks.find(({ id }) => id === 'config')?.detail).toContain('^');
    },
    30_000,
  );

  testWith(
    EBPF,
    'is 4 for a wrong rule file',
    async () => {
      const { status, statusOf } = await preflight(['--rules', written('r.yaml', 'rules: 3\n')]);
      expect([status, statusOf('rules')]).toEqual([4, 'fail']);
    },
    30_000,
  );

  testWith(
    EBPF,
    'warns of what an upstream file asks for in vain',
    async () => {
      const file = written(
        'probe-config.yaml',
        'logLevel: warn\nhealth:\n  port: 9101\nstream:\n  mode: stdout\n',
      );
      const { status, report } = await preflight([], { env: { PROBE_CONFIG: file } });
      expect(status).toBe(0);
      const check = report.checks.find(({ id }) => id === 'config');
      expect(check).toMatchObject({
        status: 'warn',
        detail: expect.stringContaining('health.port has no effect'),
      });
      expect(report.settings).toContainEqual({ setting: 'log.level', value: 'warn', origin: `${file}:1` });
    },
    30_000,
  );
});

describe('sentinel with a reader that went away', () => {
  it.each([['--help'], ['preflight']])(
    'ends quietly: %s',
    async (...argv) => {
      const child = spawn(process.execPath, [PROGRAM, ...argv], {
        env: {},
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child.stdout.destroy();
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]; // node's own types
      expect(signal).toBeNull();
      expect(stderr).not.toMatch(/EPIPE| {4}at |bug/);
    },
    30_000,
  );
});

describe('sentinel with a full disk', () => {
  it('says what it could not write, without a stack', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [PROGRAM, '--help'], { env: {}, stdio: ['ignore', full, 'pipe'] });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    expect(await once(child, 'close')).toEqual([70, null]);
    closeSync(full);
    expect(stderr).toBe(
      'sentinel: Cannot write to standard output: ENOSPC: no space left on device, write\n',
    );
  });
});

describe('sentinel probe and signals', () => {
  testWith(
    EBPF,
    'drains and exits 0 on SIGTERM, after its account',
    async () => {
      const child = spawn(process.execPath, [PROGRAM, 'probe', '--all'], {
        env: {},
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      // On a quiet host nothing else happens.
      const deeds = setInterval(() => spawn('/bin/true'), 100);
      await once(child.stdout, 'data');
      clearInterval(deeds);
      child.stdout.resume();
      child.kill('SIGTERM');
      expect(await once(child, 'close')).toEqual([0, null]);
      expect(stderr).toMatch(/^sentinel: \d+ seen, .*\n$/);
    },
    30_000,
  );
});
