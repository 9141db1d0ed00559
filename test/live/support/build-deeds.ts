/** Compiles the programs of test/live/deeds. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');
const SOURCES = join(ROOT, 'test/live/deeds');
const OUTPUT = join(ROOT, 'build/test');
const DEEDS = ['deeds.c', 'arguments.c', 'process_deeds.c', 'priv_deeds.c'];
const FLAGS = [
  '-D_GNU_SOURCE',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wno-unused-parameter',
  '-static',
  '-pthread',
];
const TIMEOUT_MS = 120_000;

const PROGRAMS = {
  deeds: { sources: DEEDS, flags: [] },
  deeds32: { sources: DEEDS, flags: ['-m32'] },
  storm: { sources: ['storm.c'], flags: [] },
  busy: { sources: ['busy.c'], flags: [] },
} as const;

/** A program of test/live/deeds; `deeds32` is `deeds` for the 32-bit system calls. */
export type DeedsProgram = keyof typeof PROGRAMS;

/**
 * The path of the compiled program; compiled when it is older than its sources.
 *
 * @throws {Error} With the compiler's words.
 */
export function buildDeeds(program: DeedsProgram): string {
  const target = join(OUTPUT, program);
  const newest = Math.max(...readdirSync(SOURCES).map((name) => statSync(join(SOURCES, name)).mtimeMs));
  if (existsSync(target) && statSync(target).mtimeMs > newest) {
    return target;
  }
  mkdirSync(OUTPUT, { recursive: true });
  // In a folder of its own and then moved, as test files run side by side.
  const scratch = mkdtempSync(join(OUTPUT, `${program}-`));
  try {
    const { sources, flags } = PROGRAMS[program];
    writeFileSync(join(scratch, 'syscalls.inc'), syscallTable(flags));
    const built = join(scratch, program);
    const paths = sources.map((name) => join(SOURCES, name));
    compile([...FLAGS, ...flags, `-I${scratch}`, '-o', built, ...paths]);
    renameSync(built, target);
  } finally {
    rmSync(scratch, { recursive: true });
  }
  return target;
}

/** Why 32-bit programs cannot be compiled here; undefined when they can. */
export function missing32Bit(): string | undefined {
  try {
    buildDeeds('deeds32');
    return undefined;
  } catch (error) {
    const first = String(error instanceof Error ? error.message : error).split('\n', 2)[1];
    return `gcc -m32 does not link: ${first ?? 'no reason given'}`;
  }
}

/** Every system call that the compiler's headers know, as initialisers of `struct numbered_call`. */
function syscallTable(flags: readonly string[]): string {
  const macros = compile([...flags, '-dM', '-E', '-include', 'sys/syscall.h', '-x', 'c', '/dev/null']);
  const names = [...macros.matchAll(/^#define SYS_([a-z0-9_]+) /gm)].map((match) => match[1]);
  return names.map((name) => `\t{"${name}", SYS_${name}},\n`).join('');
}

function compile(args: readonly string[]): string {
  return execFileSync('gcc', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  });
}
