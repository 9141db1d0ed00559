/** Gates over everything that is not TypeScript alone: C and C++, shell, the length of files, the README. */
import { readFileSync } from 'node:fs';
import { optionTables, withOptionTables } from '../readme-options.ts';
import { type Gate, hasCommand, linesOf, runTool, sourceFiles } from './run.ts';

/** The most lines that a source file has. */
export const MAX_LINES = 400;

/** Tables that a program wrote, which nobody reads from top to bottom. */
const GENERATED: readonly string[] = ['bpf/vmlinux.h', 'src/core/linux/syscalls.ts'];

/** Format of C and C++: kernel programs and the C of tests in the kernel's style, the rest in ours. */
export const clangFormatGate: Gate = {
  name: 'clang-format',
  run() {
    const files = sourceFiles(/^(native|bpf|test)\/.*\.(c|cc|h)$/).filter((path) => path !== 'bpf/vmlinux.h');
    const isKernelSide = (path: string) => /(^|\/)bpf\/|^test\/.*\.[ch]$/.test(path);
    const problems = [
      ...formatProblems('file:bpf/.clang-format', files.filter(isKernelSide)),
      ...formatProblems(
        'file:.clang-format',
        files.filter((path) => !isKernelSide(path)),
      ),
    ];
    return { looked: files.length, unit: 'files', problems };
  },
};

function formatProblems(style: string, files: readonly string[]): string[] {
  if (files.length === 0) {
    return [];
  }
  const { status, stderr } = runTool('clang-format', ['--dry-run', '--Werror', `--style=${style}`, ...files]);
  return status === 0 ? [] : linesOf(stderr).filter((line) => line.includes(': error: '));
}

/** Shell scripts. */
export const shellGate: Gate = {
  name: 'shellcheck',
  run() {
    const files = sourceFiles(/\.sh$|^\.ci\/run$/);
    if (!hasCommand('shellcheck')) {
      return { looked: files.length, unit: 'files', problems: [], absent: 'shellcheck is not installed' };
    }
    const { status, stdout } = runTool('shellcheck', ['--format=gcc', ...files]);
    return { looked: files.length, unit: 'files', problems: status === 0 ? [] : linesOf(stdout) };
  },
};

/** Lines of a text; a last line without its newline counts too. */
export function countLines(text: string): number {
  return text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** No file grows past what a person reads in one go. */
export const lengthGate: Gate = {
  name: 'length',
  run() {
    const files = sourceFiles(/^(src|native|bpf|scripts|test)\/.*\.(ts|mjs|cjs|c|cc|h|sh)$|^Makefile$/);
    const problems = files
      .filter((path) => !GENERATED.includes(path))
      .map((path) => ({ path, lines: countLines(readFileSync(path, 'utf8')) }))
      .filter(({ lines }) => lines > MAX_LINES)
      .map(
        ({ path, lines }) => `${path}: ${lines} lines, at most ${MAX_LINES}; split it by reason to change`,
      );
    const stale = GENERATED.filter((path) => !files.includes(path)).map(
      (path) => `${path}: excepted but not there`,
    );
    return { looked: files.length, unit: 'files', problems: [...problems, ...stale] };
  },
};

/** The README's tables say what the program takes. */
export const readmeGate: Gate = {
  name: 'readme',
  run() {
    const readme = readFileSync('README.md', 'utf8');
    const isCurrent = withOptionTables(readme) === readme;
    const problem = 'README.md: its tables of options differ from the program; run: make readme';
    return { looked: optionTables().rows, unit: 'options', problems: isCurrent ? [] : [problem] };
  },
};
