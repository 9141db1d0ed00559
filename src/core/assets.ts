/** The files that the program carries: inside the single executable, or in the source tree during development. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { getRawAsset, isSea } from 'node:sea';

/** True in the single executable, false when the bundle or the sources run under Node. */
export function isSingleExecutable(): boolean {
  return isSea();
}

/**
 * Reads a file that ships with the program.
 *
 * @param path Relative to the repository root, `rules/forward.yaml`; the same text is its key in the executable.
 * @returns The bytes; not to be written to.
 * @throws {Error} ENOENT when there is no such file, with what to do in the message.
 */
export function readAsset(path: string): Uint8Array {
  return isSea() ? new Uint8Array(getRawAsset(path)) : readFileSync(assetFile(path));
}

/**
 * Path of a file that ships with the program, outside the single executable.
 *
 * @throws {Error} When the program does not run from its source tree.
 */
export function assetFile(path: string): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) {
      return join(folder, path);
    }
    if (folder === dirname(folder)) {
      throw new Error(`Cannot find ${path}: ${__dirname} is not inside the source tree`);
    }
  }
}
