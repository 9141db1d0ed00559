/** What a recording must leave as it was. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Folders that techniques write to in the sandbox. */
const FOLDERS = [
  '/etc',
  '/var/spool/cron',
  '/var/backups',
  '/var/www',
  '/usr/local/sbin',
  '/usr/local/lib',
  '/root/.ssh',
];

/** One line for each thing that is looked at; equal lines before and after mean that nothing changed. */
export function hostState(): string[] {
  return [
    ...FOLDERS.map((folder) => `${folder} changed: ${digestOf(folder)}`),
    `mounts changed: ${createHash('sha256').update(readFileSync('/proc/self/mounts')).digest('hex')}`,
    `host name changed: ${hostname()}`,
  ];
}

/** Over paths, modes, owners and contents below `folder`. */
function digestOf(folder: string): string {
  const hash = createHash('sha256');
  const visit = (path: string): void => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    hash.update(`${path} ${stat?.mode} ${stat?.uid} ${stat?.gid}\n`);
    if (stat?.isSymbolicLink()) {
      hash.update(readlinkSync(path));
    } else if (stat?.isFile()) {
      hash.update(readFileSync(path));
    } else if (stat?.isDirectory()) {
      for (const name of readdirSync(path).sort()) {
        visit(join(path, name));
      }
    }
  };
  visit(folder);
  return hash.digest('hex');
}
