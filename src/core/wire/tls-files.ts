/** Certificates and keys in files. */
import { readFile } from 'node:fs/promises';
import { messageOf, SentinelError } from '../errors.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  /** Our certificate, with those between it and the authority. */
  readonly cert?: string | undefined;
  /** Our private key; goes with `cert`. */
  readonly key?: string | undefined;
  /** The authorities whose certificates we take from the peer. */
  readonly ca?: string | undefined;
}

/** What was in them. */
export interface TlsMaterial {
  readonly pair: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly ca: Buffer | undefined;
}

/**
 * Reads the files.
 *
 * @throws {SentinelError} `SNT_CONFIG_INVALID` if one cannot be read, or only one of certificate and key is given.
 */
export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
  const { cert, key, ca } = files;
  if ((cert === undefined) !== (key === undefined)) {
    throw new SentinelError('SNT_CONFIG_INVALID', 'Cannot use TLS: a certificate and its key go together');
  }
  const pair =
    cert === undefined || key === undefined
      ? undefined
      : { cert: await readPem(cert, 'certificate'), key: await readPem(key, 'private key') };
  return { pair, ca: ca === undefined ? undefined : await readPem(ca, 'certificate authority') };
}

async function readPem(path: string, what: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new SentinelError('SNT_CONFIG_INVALID', `Cannot read the ${what} ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (!bytes.includes('-----BEGIN ')) {
    throw new SentinelError('SNT_CONFIG_INVALID', `Cannot use the ${what} ${path}: it is not a PEM file`);
  }
  return bytes;
}
