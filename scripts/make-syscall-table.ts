/** Writes src/core/linux/syscalls.ts from the kernel's user-space headers (Debian: linux-libc-dev). */
import { readFileSync, writeFileSync } from 'node:fs';

const TARGET = 'src/core/linux/syscalls.ts';
const SOURCES = [
  { constant: 'X86_64', header: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h' },
  { constant: 'I386', header: '/usr/include/x86_64-linux-gnu/asm/unistd_32.h' },
  { constant: 'ARM64', header: '/usr/include/asm-generic/unistd.h' },
] as const;

// asm-generic/unistd.h has a few numbers through __SC_*; the 64-bit spellings are these.
const GENERIC_64 = /^#define __NR3264_(\w+) (\d+)/;
const DIRECT = /^#define __NR_(\w+)\s+(\d+)\s*$/;
const NOT_A_CALL = new Set(['arch_specific_syscall', 'syscalls']);
// 64-bit name of each __NR3264_ number whose word differs from it (end of asm-generic/unistd.h).
const NAME_64: Readonly<Record<string, string>> = { fstatat: 'newfstatat' };

// Calls that Debian 12's headers do not have yet; since 424 a call has the same number everywhere.
const NEWER: ReadonlyArray<readonly [number: number, name: string]> = (
  'cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount ' +
  'lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat ' +
  'removexattrat open_tree_attr file_getattr file_setattr'
)
  .split(' ')
  .map((name, index) => [451 + index, name]);

function namesIn(header: string): string[] {
  const names: string[] = [];
  for (const line of readFileSync(header, 'utf8').split('\n')) {
    const match = DIRECT.exec(line) ?? GENERIC_64.exec(line);
    const name = match?.[1];
    if (name === undefined || NOT_A_CALL.has(name)) {
      continue;
    }
    const number = Number(match?.[2]);
    names[number] ??= NAME_64[name] ?? name;
  }
  for (const [number, name] of NEWER) {
    names[number] ??= name;
  }
  return names;
}

function literal(names: readonly string[]): string {
  const words = Array.from(names, (name) => name ?? '-');
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > 100) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return `\`\n${lines.join('\n')}\``;
}

const tables = SOURCES.map(({ constant, header }) => {
  const names = namesIn(header);
  if (names.filter(Boolean).length < 250) {
    throw new Error(`${header} has only ${names.filter(Boolean).length} system calls: its form has changed`);
  }
  return `const ${constant} = ${literal(names)};\n`;
});

writeFileSync(
  TARGET,
  `/** System call names by number. Written by scripts/make-syscall-table.ts from linux-libc-dev; do not edit. */

// Names in the order of their numbers; \`-\` is a number without a call.
${tables.join('\n')}
/** Whose numbers: of the machine, or of 32-bit x86 programs on it. */
export type SyscallTable = 'x64' | 'ia32' | 'arm64';

const TEXTS: Readonly<Record<SyscallTable, string>> = { x64: X86_64, ia32: I386, arm64: ARM64 };
const split = new Map<SyscallTable, readonly string[]>();

function namesOf(table: SyscallTable): readonly string[] {
  let names = split.get(table);
  if (names === undefined) {
    names = TEXTS[table].trim().split(/\\s+/);
    split.set(table, names);
  }
  return names;
}

/** Name of a system call, \`syscall_\` and the number for one that the table does not have. */
export function syscallName(number: number, table: SyscallTable): string {
  const name = namesOf(table)[number];
  return name === undefined || name === '-' ? \`syscall_\${number}\` : name;
}

/** Number of the system call with this name; undefined when \`table\` has none. */
export function syscallNumber(name: string, table: SyscallTable): number | undefined {
  const number = name === '-' ? -1 : namesOf(table).indexOf(name);
  return number < 0 ? undefined : number;
}
`,
);
console.log(`${TARGET}: ${SOURCES.length} tables`);
