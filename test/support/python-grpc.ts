/** Python with grpcio, in a folder of its own below build/, installed once. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Need } from './needs.ts';

const FOLDER = resolve('build/grpc-python');
const PYTHON = join(FOLDER, 'venv/bin/python');
const PACKAGES = ['grpcio', 'grpcio-tools', 'grpcio-reflection', 'grpcio-health-checking'];
/** Written when all is there; says what. */
const DONE = join(FOLDER, 'installed.txt');
const INSTALL_MS = 240_000;

/** The interpreter to run stock clients with; whether it is there is found out, and done, when this is called. */
export function pythonWithGrpc(): Need & { readonly python: string } {
  const reason = isInstalled() ? '' : install();
  return { name: 'python-grpc', isMet: reason === '', reason, python: PYTHON };
}

function isInstalled(): boolean {
  return existsSync(DONE) && readFileSync(DONE, 'utf8') === PACKAGES.join('\n') && canImport();
}

function canImport(): boolean {
  return spawnSync(PYTHON, ['-c', 'import grpc, grpc_tools, grpc_reflection, grpc_health']).status === 0;
}

/** Empty when all is there now, else what is missing. */
function install(): string {
  mkdirSync(FOLDER, { recursive: true });
  const steps: [string, string, string[]][] = [
    ['no Python with venv', 'python3', ['-m', 'venv', join(FOLDER, 'venv')]],
    [
      'pip cannot install grpcio',
      PYTHON,
      ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...PACKAGES],
    ],
  ];
  for (const [reason, command, args] of steps) {
    if (spawnSync(command, args, { stdio: 'ignore', timeout: INSTALL_MS }).status !== 0) {
      return reason;
    }
  }
  if (!canImport()) {
    return 'grpcio cannot be loaded';
  }
  writeFileSync(DONE, PACKAGES.join('\n'));
  return '';
}
