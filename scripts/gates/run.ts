/** What a gate is, and how its tool is run. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** What a gate saw. */
export interface GateResult {
  /** How many things it looked at; a gate that looked at nothing fails. */
  readonly looked: number;
  /** What was looked at, in the plural: `files`. */
  readonly unit: string;
  /** What is wrong, for a person; empty when nothing is. */
  readonly problems: readonly string[];
  /** Said when the gate could not run here; it then counts as passed, in full view. */
  readonly absent?: string;
}

/** One check of the tree. */
export interface Gate {
  readonly name: string;
  run(): GateResult | Promise<GateResult>;
}

/** What a tool left behind. */
export interface ToolRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a tool to its end.
 *
 * @throws {Error} If it could not be started or was ended by a signal.
 */
export function runTool(command: string, args: readonly string[], cwd = process.cwd()): ToolRun {
  const { status, stdout, stderr, error, signal } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status === null) {
    throw new Error(`Cannot run ${command}: ${error?.message ?? `ended by ${signal}`}`, { cause: error });
  }
  return { status, stdout, stderr };
}

/** Runs a script of a package on this Node. The process must stand in the project's root. */
export function runScript(script: string, args: readonly string[], cwd?: string): ToolRun {
  return runTool(process.execPath, [resolve('node_modules', script), ...args], cwd);
}

/** Its lines that are not empty. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** Files that git knows or would add, so that what is built or ignored is never looked at. */
export function sourceFiles(pattern: RegExp): string[] {
  const safe = ['-c', `safe.directory=${process.cwd()}`];
  const listed = runTool('git', [
    ...safe,
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '-z',
    '--deduplicate',
  ]);
  if (listed.status !== 0) {
    throw new Error(`Cannot list the files of this checkout: ${listed.stderr.trim()}`);
  }
  return listed.stdout.split('\0').filter((path) => pattern.test(path) && existsSync(path));
}

/** True when the command is on the path. */
export function hasCommand(name: string): boolean {
  return runTool('sh', ['-c', 'command -v "$1" >/dev/null', 'sh', name]).status === 0;
}
