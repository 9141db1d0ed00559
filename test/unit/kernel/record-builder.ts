/** Builds kernel records byte by byte, as bpf/sentinel.h lays them out. */
import { EVENT_TYPE_IDS, type EventType } from '../../../src/core/event-types.ts';
import { FRAME_BYTES, RECORD_LAYOUT } from '../../../src/kernel/record-layout.ts';

const H = RECORD_LAYOUT.record_header;

/** One record under construction. Offsets are those of RECORD_LAYOUT. */
export class RecordBuilder {
  readonly #fixed: Buffer;
  readonly #texts: Buffer[] = [];
  #length: number;

  constructor(type: EventType, struct: Exclude<keyof typeof RECORD_LAYOUT, 'record_header'>) {
    this.#length = RECORD_LAYOUT[struct].$size;
    this.#fixed = Buffer.alloc(this.#length);
    this.#fixed.writeUInt16LE(EVENT_TYPE_IDS[type], H.type);
    this.u64(H.time_ns, 5_000_000_000n).u64(H.start_time_ns, 1_000_000_000n);
    this.u32(H.tgid, 100).u32(H.tid, 101).u32(H.ppid, 1).u32(H.uid, 1000).u32(H.gid, 1001).u32(H.euid, 1000);
    this.u32(H.loginuid, 0xffffffff).u32(H.sessionid, 0xffffffff).u32(H.syscall, 257);
    this.#fixed.write('worker', H.comm);
  }

  u16(offset: number, value: number): this {
    this.#fixed.writeUInt16LE(value, offset);
    return this;
  }

  u32(offset: number, value: number): this {
    this.#fixed.writeUInt32LE(value >>> 0, offset);
    return this;
  }

  u64(offset: number, value: bigint): this {
    this.#fixed.writeBigUInt64LE(BigInt.asUintN(64, value), offset);
    return this;
  }

  bytes(offset: number, value: Uint8Array): this {
    this.#fixed.set(value, offset);
    return this;
  }

  text(offset: number, value: string | Uint8Array): this {
    const bytes = Buffer.from(value);
    this.#fixed.writeUInt16LE(this.#length, offset);
    this.#fixed.writeUInt16LE(bytes.length, offset + 2);
    this.#texts.push(bytes);
    this.#length += bytes.length;
    return this;
  }

  /** The record in its frame, as a drain writes it. */
  frame(): Buffer {
    const size = (this.#length + 7) & ~7;
    this.#fixed.writeUInt32LE(size, H.size);
    const head = Buffer.alloc(FRAME_BYTES);
    head.writeUInt32LE(size);
    return Buffer.concat([head, this.#fixed, ...this.#texts, Buffer.alloc(size - this.#length)]);
  }
}
