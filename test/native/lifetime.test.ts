import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { addonPath, bpfObject, bpfTest, here, until } from './fixture.ts';

const objectFile = join(process.cwd(), 'build/test/life.bpf.o');
let lives = 0;

interface Loaded {
  readonly id: number;
  readonly name?: string;
}

function loaded(what: 'prog' | 'link'): Loaded[] {
  return JSON.parse(execFileSync('bpftool', [what, '-j'], { encoding: 'utf8', maxBuffer: 1 << 26 }));
}

/** A child on its way, with a program name that nobody else on the machine has. */
class Life {
  readonly name = `life_${((process.pid * 64 + lives++) % 36 ** 5).toString(36).padStart(5, '0')}`;
  readonly child: ChildProcess;
  /** Program and link id of each environment that attached. */
  readonly ready: { programId: number; linkId: number }[] = [];
  stderr = '';
  hasWorkerEnded = false;

  constructor(path: string) {
    const flags = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--expose-gc'];
    const file = join(here, 'lifetime-child.ts');
    this.child = spawn(process.execPath, [...flags, file, path, addonPath, objectFile, this.name], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stderr?.on('data', (text: Buffer) => {
      this.stderr += text.toString();
    });
    if (this.child.stdout) {
      createInterface(this.child.stdout).on('line', (line) => {
        if (line === 'ended') {
          this.hasWorkerEnded = true;
          return;
        }
        const [, programId, linkId] = line.split(' ').map(Number);
        this.ready.push({ programId: programId ?? 0, linkId: linkId ?? 0 });
      });
    }
  }

  async ended(): Promise<{ code: number | null; signal: string | null }> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    const [code, signal] = await once(this.child, 'close');
    clearTimeout(timer);
    return { code, signal };
  }

  isLoaded(): boolean {
    return loaded('prog').some(({ name }) => name === this.name);
  }

  async leavesNothing(): Promise<void> {
    await expect(until(() => !this.isLoaded())).resolves.toBe(true);
    const links = loaded('link').map(({ id }) => id);
    for (const { linkId } of this.ready) {
      expect(links).not.toContain(linkId);
    }
  }
}

beforeAll(() => {
  bpfObject('life');
});

/** Life path, exit status, environments that attach, what stderr says. */
const cases: [string, number, number, RegExp][] = [
  ['created', 0, 0, /^$/],
  ['loaded', 0, 0, /^$/],
  ['attached', 0, 1, /^$/],
  ['drained', 0, 1, /^$/],
  ['exits between drains', 0, 1, /^$/],
  ['readable, unreferenced', 0, 1, /^$/],
  ['readable, then closed', 0, 1, /^$/],
  ['exits inside readable', 0, 1, /^$/],
  ['throws inside readable', 1, 1, /thrown on purpose/],
  ['throws', 1, 1, /thrown on purpose/],
  ['throws with readable', 1, 1, /thrown on purpose/],
  ['exits with 3', 3, 1, /^$/],
  ['closed twice', 0, 1, /^$/],
  ['closed in the wrong order', 0, 1, /^$/],
  ['mapped', 0, 1, /^$/],
  ['collected', 0, 1, /^$/],
  ['loaded twice, also by descriptor', 0, 1, /^$/],
  ['worker', 0, 1, /^$/],
  ['worker, readable', 0, 2, /^$/],
  ['worker that throws', 0, 1, /^$/],
  ['worker that throws inside readable', 0, 1, /^$/],
  ['worker that exits', 0, 1, /^$/],
  ['worker terminated in a drain', 0, 1, /^$/],
  ['worker terminated while readable', 0, 1, /^$/],
  ['process exits under a worker', 0, 1, /^$/],
];

bpfTest.each(cases)(
  'a process that is "%s" ends with %i, no signal, and leaves nothing loaded',
  async (path, code, attached, stderr) => {
    const life = new Life(path);
    const end = await life.ended();
    expect({ ...end, stderr: life.stderr }).toEqual({
      code,
      signal: null,
      stderr: expect.stringMatching(stderr),
    });
    expect(life.ready).toHaveLength(attached);
    for (const { programId, linkId } of life.ready) {
      expect(programId).toBeGreaterThan(0);
      expect(linkId).toBeGreaterThan(0);
    }
    await life.leavesNothing();
  },
  30_000,
);

bpfTest.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  '%s takes the program away with the process',
  async (signal) => {
    const life = new Life('attached, then kept alive');
    await expect(until(() => life.ready.length === 1)).resolves.toBe(true);
    expect(life.isLoaded()).toBe(true);
    expect(loaded('link').map(({ id }) => id)).toContain(life.ready[0]?.linkId);
    life.child.kill(signal);
    await expect(life.ended()).resolves.toEqual({ code: null, signal });
    await life.leavesNothing();
  },
  30_000,
);

bpfTest.each([
  'outlives a worker',
  'outlives a worker that throws',
  'outlives a worker that exits',
  'outlives a worker terminated in a drain',
  'outlives a worker terminated while readable',
])(
  'a process that "%s" has nothing of it loaded any more',
  async (path) => {
    const life = new Life(path);
    await expect(until(() => life.hasWorkerEnded)).resolves.toBe(true);
    expect(life.ready).toHaveLength(1);
    await life.leavesNothing();
    expect(life.child.exitCode).toBeNull();
    life.child.kill('SIGKILL');
    await expect(life.ended()).resolves.toEqual({ code: null, signal: 'SIGKILL' });
    expect(life.stderr).toBe('');
  },
  30_000,
);
