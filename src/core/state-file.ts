/** Saved state on disk: versioned, checksummed, replaced in one step. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SentinelError } from './errors.ts';

/*
 * file    = magic version length sha256 payload
 * magic   = "SNTSTATE"
 * version = u32                 ; of this frame
 * length  = u64                 ; of the payload in bytes
 * sha256  = 32OCTET             ; of the payload
 *
 * All little-endian.
 */
const MAGIC = Buffer.from('SNTSTATE', 'latin1');
const VERSION = 1;
const HEAD_BYTES = 8 + 4 + 8 + 32;
/** More is no state of ours. */
const MAX_PAYLOAD_BYTES = 1 << 30;
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/**
 * Writes `payload` to `path`. Whatever happens, there is the old file or the new one, whole.
 *
 * @throws What the file system says.
 */
export async function writeStateFile(path: string, payload: Uint8Array): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32LE(VERSION, 8);
  head.writeBigUInt64LE(BigInt(payload.length), 12);
  createHash('sha256').update(payload).digest().copy(head, 20);
  const temporary = join(folder, `.${process.pid}.state.tmp`);
  try {
    await using file = await open(temporary, 'w', PRIVATE_FILE);
    await file.writev([head, payload]);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await rename(temporary, path);
  await using handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  await handle.sync();
}

/**
 * The payload of a state file, undefined when there is none.
 *
 * @throws {SentinelError} `SNT_INPUT_CORRUPT` if it is not whole and unchanged; otherwise what the file system says.
 */
export async function readStateFile(path: string): Promise<Buffer | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
  await using handle = file;
  const { size } = await handle.stat();
  const head = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
  if (bytesRead < HEAD_BYTES || !head.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw corrupt(path, 'it is no state file');
  }
  const version = head.readUInt32LE(8);
  if (version !== VERSION) {
    throw corrupt(path, `its version is ${version}, this program reads ${VERSION}`);
  }
  const length = head.readBigUInt64LE(12);
  if (length > MAX_PAYLOAD_BYTES || Number(length) !== size - HEAD_BYTES) {
    throw corrupt(path, `it has ${size - HEAD_BYTES} bytes of state where ${length} belong`);
  }
  const payload = Buffer.alloc(Number(length));
  const { bytesRead: payloadRead } = await handle.read(payload, 0, payload.length, HEAD_BYTES);
  if (
    payloadRead !== payload.length ||
    !createHash('sha256').update(payload).digest().equals(head.subarray(20))
  ) {
    throw corrupt(path, 'its checksum does not match');
  }
  return payload;
}

function corrupt(path: string, reason: string): SentinelError {
  return new SentinelError('SNT_INPUT_CORRUPT', `Cannot read the state in ${path}: ${reason}`);
}
