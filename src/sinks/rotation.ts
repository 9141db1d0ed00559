/** Numbered old versions of a file. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from './file-writes.ts';

const MAX_TORN_FILES = 16;

/**
 * Moves a file and its old versions one number up: `path` becomes `path.1`, `path.1` becomes `path.2`, and so on; the
 * one that would be number `maxFiles` is replaced by the one before it. The suffix follows the full name.
 *
 * @param maxFiles Files to keep, the current one included, at least 2.
 */
export async function rotateFiles(path: string, maxFiles: number): Promise<void> {
  for (let number = maxFiles - 2; number >= 1; number--) {
    await renameIfThere(`${path}.${number}`, `${path}.${number + 1}`);
  }
  await renameIfThere(path, `${path}.1`);
  await syncFolder(dirname(path));
}

/**
 * Saves bytes that have no place in `path` any more as `path.torn-<n>`, with the first `n` from 1 that is free.
 *
 * @returns The name of the new file; undefined when 16 such files are there, and the bytes were not saved.
 */
export async function saveTorn(path: string, bytes: Uint8Array): Promise<string | undefined> {
  for (let number = 1; number <= MAX_TORN_FILES; number++) {
    const name = `${path}.torn-${number}`;
    try {
      await using file = await open(name, 'wx', 0o640);
      await file.writeFile(bytes);
      await file.sync();
      return name;
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') {
        throw error;
      }
    }
  }
  return undefined;
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') {
      throw error;
    }
  }
}

/** Makes renames inside a folder last beyond a power cut. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}
