/** The end of an EVT1 file that somebody else, or a crash, left behind. */
import type { FileHandle } from 'node:fs/promises';
import { EVT1_HEAD_BYTES, isEvt1Head, MAX_PAYLOAD_BYTES } from '../core/evt1.ts';
import { gzipMember, isGzip, memberBytesAt, readMember, readTornMember } from '../core/gzip-member.ts';
import { type WriteSome, writeFully } from './file-writes.ts';
import { saveTorn } from './rotation.ts';

/** The most that the contents of one gzip member of ours can be; a batch is far smaller. */
export const MAX_MEMBER_CONTENTS = 64 * 1024 * 1024;
const TAIL_WINDOW = MAX_PAYLOAD_BYTES + EVT1_HEAD_BYTES;
const WALK_CHUNK = 1024 * 1024;
/** Torn members longer than this are not ours: a batch is written as one member. */
const MAX_TORN_MEMBER = MAX_MEMBER_CONTENTS;

/** What a file holds. For the two that we append to, `wholeBytes` is where the last whole record or member ends. */
export type FileContents =
  | { readonly kind: 'empty' }
  | { readonly kind: 'records'; readonly wholeBytes: number }
  | { readonly kind: 'members'; readonly wholeBytes: number }
  /** gzip that others wrote, or that is damaged before its end. */
  | { readonly kind: 'foreign_gzip' }
  | { readonly kind: 'other' };

/** What became of a torn tail. */
export interface TailReport {
  readonly path: string;
  /** Bytes of the file that stayed as they were. */
  readonly keptBytes: number;
  /** Bytes after them, all of the torn record or member. */
  readonly tornBytes: number;
  /** Bytes of whole records that were found in a torn gzip member and written again. */
  readonly salvagedBytes: number;
  /** Where the bytes that make no whole record are now; undefined if there were none, or too many such files. */
  readonly savedAs: string | undefined;
}

/** Finds out what a file holds, reading its first bytes and, of records, no more than its last 16 MiB. */
export async function inspectFile(handle: FileHandle, sizeBytes: number): Promise<FileContents> {
  if (sizeBytes === 0) {
    return { kind: 'empty' };
  }
  const start = await readAt(handle, 0, Math.min(sizeBytes, EVT1_HEAD_BYTES));
  if (isGzip(start)) {
    return inspectMembers(handle, sizeBytes);
  }
  const expected = Buffer.from('EVT1').subarray(0, start.length);
  if (!start.subarray(0, expected.length).equals(expected)) {
    return { kind: 'other' };
  }
  const from = Math.max(0, sizeBytes - TAIL_WINDOW);
  const window = await readAt(handle, from, sizeBytes - from);
  const end = endOfLastRecord(window);
  // Only a file smaller than the window can be one that never held a whole record.
  return end === 0 && from > 0 ? { kind: 'other' } : { kind: 'records', wholeBytes: from + end };
}

/**
 * Cuts a file back to its last whole record or gzip member. What is cut is saved beside it; whole records inside a torn
 * member are written back as a member of their own.
 *
 * @returns What was done, undefined when the file had no torn tail.
 */
export async function repairTail(
  path: string,
  handle: FileHandle,
  sizeBytes: number,
  contents: FileContents,
  level: number,
): Promise<TailReport | undefined> {
  if ((contents.kind !== 'records' && contents.kind !== 'members') || contents.wholeBytes === sizeBytes) {
    return undefined;
  }
  const keptBytes = contents.wholeBytes;
  const tornBytes = sizeBytes - keptBytes;
  const torn = await readAt(handle, keptBytes, tornBytes);
  const found = contents.kind === 'members' ? readTornMember(torn, MAX_MEMBER_CONTENTS) : Buffer.alloc(0);
  const salvagedBytes = endOfLastRecord(found);
  const rest = found.length > 0 ? found.subarray(salvagedBytes) : torn;
  const savedAs = rest.length > 0 ? await saveTorn(path, rest) : undefined;
  await handle.truncate(keptBytes);
  if (salvagedBytes > 0) {
    await writeFully(writerAt(handle, keptBytes), await gzipMember(found.subarray(0, salvagedBytes), level));
  }
  await handle.sync();
  return { path, keptBytes, tornBytes, salvagedBytes, savedAs };
}

async function inspectMembers(handle: FileHandle, sizeBytes: number): Promise<FileContents> {
  let at = 0;
  let lastAt = 0;
  let chunkAt = 0;
  let chunk: Buffer = Buffer.alloc(0);
  while (at < sizeBytes) {
    let claimed = at < chunkAt + chunk.length ? memberBytesAt(chunk, at - chunkAt) : 'short';
    if (claimed === 'short') {
      chunkAt = at;
      chunk = await readAt(handle, at, Math.min(WALK_CHUNK, sizeBytes - at));
      claimed = memberBytesAt(chunk, 0);
    }
    if (claimed === 'foreign') {
      return { kind: 'foreign_gzip' };
    }
    if (claimed === 'short' || at + claimed > sizeBytes) {
      return sizeBytes - at > MAX_TORN_MEMBER
        ? { kind: 'foreign_gzip' }
        : { kind: 'members', wholeBytes: at };
    }
    lastAt = at;
    at += claimed;
  }
  const isLastSane =
    at - lastAt <= MAX_TORN_MEMBER &&
    readMember(await readAt(handle, lastAt, at - lastAt), MAX_MEMBER_CONTENTS) !== undefined;
  return { kind: 'members', wholeBytes: isLastSane ? at : lastAt };
}

/**
 * Where the last whole record in `bytes` ends; 0 if there is none. `bytes` may begin in the middle of a record, and
 * hold damage: what follows it still counts.
 */
function endOfLastRecord(bytes: Buffer): number {
  let end = 0;
  let at = 0;
  while (at + EVT1_HEAD_BYTES <= bytes.length) {
    if (!isEvt1Head(bytes, at)) {
      at = bytes.indexOf('EVT1', at + 1, 'latin1');
      if (at === -1) {
        break;
      }
      continue;
    }
    const next = at + EVT1_HEAD_BYTES + bytes.readUInt32LE(at + 4);
    if (next <= bytes.length) {
      end = next;
      at = next;
    } else {
      at++; // torn, unless a whole record follows: then its head was damaged
    }
  }
  return end;
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) {
      break; // somebody truncated it meanwhile
    }
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

function writerAt(handle: FileHandle, from: number): WriteSome {
  let position = from;
  return async (bytes, offset, length) => {
    const result = await handle.write(bytes, offset, length, position);
    position += result.bytesWritten;
    return result;
  };
}
