/** Golden vectors and data sets that lie beside the project, `../shared`, and not on every machine. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Need } from './needs.ts';

/** One gzip file of `../shared`. */
export interface SharedFile {
  readonly need: Need;
  /** Its text, unpacked. */
  read(): string;
}

/**
 * @param name A key of test/expected-skips.json.
 * @param path Below `../shared`: `golden/hst_golden.json.gz`.
 */
export function sharedFile(name: string, path: string): SharedFile {
  const file = resolve('../shared', path);
  return {
    need: { name, isMet: existsSync(file), reason: `reads ../shared/${path}` },
    read: () => gunzipSync(readFileSync(file)).toString(),
  };
}
