/** gzip members that say how long they are, so that a file of many can be walked without inflating it. */
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, inflateRawSync } from 'node:zlib';

/*
 * A member as RFC 1952 has it, with one extra field; any gzip reader reads it.
 *
 *   0   1f 8b 08 04            magic, deflate, FEXTRA
 *   4   00 00 00 00 00 ff      no time, no flags, unknown system
 *   10  08 00                  length of the extra field
 *   12  53 4e 04 00            subfield "SN", 4 bytes
 *   16  length of the whole member in bytes, unsigned, little-endian
 *   20  deflate data
 *   -8  CRC-32 of the contents, then their length modulo 2^32
 */
const HEAD = Buffer.from('1f8b080400000000 00ff0800534e0400'.replaceAll(' ', ''), 'hex');
const HEAD_BYTES = 20;
const TAIL_BYTES = 8;
const deflate = promisify(deflateRaw);

/** True when `bytes` begin as a gzip file does; a file name never decides that. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Compresses `contents` into one member, off the main thread. */
export async function gzipMember(contents: Uint8Array, level: number): Promise<Buffer> {
  const data = await deflate(contents, { level });
  const member = Buffer.allocUnsafe(HEAD_BYTES + data.length + TAIL_BYTES);
  HEAD.copy(member);
  member.writeUInt32LE(member.length, 16);
  data.copy(member, HEAD_BYTES);
  member.writeUInt32LE(crc32(contents), HEAD_BYTES + data.length);
  member.writeUInt32LE(contents.length, HEAD_BYTES + data.length + 4);
  return member;
}

/**
 * What stands at `offset` of `bytes`.
 *
 * @returns The length that the member there claims (it may end beyond `bytes`); `'short'` if there are too few bytes to
 *   tell; `'foreign'` if it is no member of ours.
 */
export function memberBytesAt(bytes: Buffer, offset: number): number | 'short' | 'foreign' {
  const head = bytes.subarray(offset, offset + HEAD.length);
  if (!head.equals(HEAD.subarray(0, head.length))) {
    return 'foreign';
  }
  if (bytes.length - offset < HEAD_BYTES) {
    return 'short';
  }
  const claimed = bytes.readUInt32LE(offset + 16);
  return claimed < HEAD_BYTES + TAIL_BYTES ? 'foreign' : claimed;
}

/**
 * The contents of a whole member, undefined if it is damaged.
 *
 * @param maxBytes Contents beyond it count as damage.
 */
export function readMember(member: Buffer, maxBytes: number): Buffer | undefined {
  try {
    const contents = inflateRawSync(member.subarray(HEAD_BYTES, -TAIL_BYTES), { maxOutputLength: maxBytes });
    const isIntact =
      crc32(contents) === member.readUInt32LE(member.length - TAIL_BYTES) &&
      contents.length === member.readUInt32LE(member.length - 4);
    return isIntact ? contents : undefined;
  } catch {
    return undefined; // not deflate data, or too much of it: damage, whatever zlib calls it
  }
}

/** As much of the contents as the beginning of a member gives; empty if it gives nothing. */
export function readTornMember(start: Buffer, maxBytes: number): Buffer {
  try {
    return inflateRawSync(start.subarray(HEAD_BYTES), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: maxBytes,
    });
  } catch {
    return Buffer.alloc(0); // damage before the end
  }
}
