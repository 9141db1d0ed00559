/** Reads the types of a compiled BPF object: the section .BTF, as Documentation/bpf/btf.rst of the kernel has it. */

/** A struct or union: bytes from its start to each member, and its size in bytes. */
export interface BtfStruct {
  readonly members: Readonly<Record<string, number>>;
  readonly size: number;
}

/** The named types of an object. */
export interface Btf {
  readonly structs: ReadonlyMap<string, BtfStruct>;
  readonly enums: ReadonlyMap<string, Readonly<Record<string, number>>>;
  /** Names of functions, programs among them. */
  readonly functions: ReadonlySet<string>;
}

const BTF_MAGIC = 0xeb9f;
const TYPE_BYTES = 12;
const KIND_STRUCT = 4;
const KIND_UNION = 5;
const KIND_ENUM = 6;
const KIND_FUNC = 12;

/** Bytes after the common part of a type, by kind; with the number of entries for those that have a list. */
const EXTRA_BYTES: readonly ((entries: number) => number)[] = [
  ...[() => 0, () => 4, () => 0, () => 12], // void, int, pointer, array
  ...[(n: number) => 12 * n, (n: number) => 12 * n, (n: number) => 8 * n], // struct, union, enum
  ...[() => 0, () => 0, () => 0, () => 0, () => 0, () => 0], // forward, typedef, volatile, const, restrict, function
  ...[(n: number) => 8 * n, () => 4, (n: number) => 12 * n], // prototype, variable, data section
  ...[() => 0, () => 4, () => 0, (n: number) => 12 * n], // float, declaration tag, type tag, enum64
];

/** @throws {Error} If `object` is no ELF file with BTF. */
export function readBtf(object: Buffer): Btf {
  const section = sectionOf(object, '.BTF');
  if (section.readUInt16LE(0) !== BTF_MAGIC) {
    throw new Error('no BTF');
  }
  const header = section.readUInt32LE(4);
  const types = section.subarray(header + section.readUInt32LE(8)).subarray(0, section.readUInt32LE(12));
  const strings = section.subarray(header + section.readUInt32LE(16)).subarray(0, section.readUInt32LE(20));
  const structs = new Map<string, BtfStruct>();
  const enums = new Map<string, Record<string, number>>();
  const functions = new Set<string>();

  for (let at = 0; at < types.length; ) {
    const name = stringAt(strings, types.readUInt32LE(at));
    const info = types.readUInt32LE(at + 4);
    const kind = (info >>> 24) & 0x1f;
    const entries = info & 0xffff;
    const extra = EXTRA_BYTES[kind];
    if (extra === undefined) {
      throw new Error(`unknown kind of type ${kind}`);
    }
    const list = types.subarray(at + TYPE_BYTES, at + TYPE_BYTES + extra(entries));
    if (kind === KIND_STRUCT || kind === KIND_UNION) {
      structs.set(name, {
        members: membersOf(list, strings, info >>> 31 === 1),
        size: types.readUInt32LE(at + 8),
      });
    } else if (kind === KIND_ENUM) {
      enums.set(name, valuesOf(list, strings));
    } else if (kind === KIND_FUNC) {
      functions.add(name);
    }
    at += TYPE_BYTES + list.length;
  }
  return { structs, enums, functions };
}

function membersOf(list: Buffer, strings: Buffer, hasBitFields: boolean): Record<string, number> {
  const members: Record<string, number> = {};
  for (let at = 0; at < list.length; at += 12) {
    const bits = list.readUInt32LE(at + 8);
    members[stringAt(strings, list.readUInt32LE(at))] = (hasBitFields ? bits & 0xffffff : bits) / 8;
  }
  return members;
}

function valuesOf(list: Buffer, strings: Buffer): Record<string, number> {
  const values: Record<string, number> = {};
  for (let at = 0; at < list.length; at += 8) {
    values[stringAt(strings, list.readUInt32LE(at))] = list.readInt32LE(at + 4);
  }
  return values;
}

function stringAt(strings: Buffer, offset: number): string {
  return strings.toString('utf8', offset, strings.indexOf(0, offset));
}

/** The bytes of a section of a 64-bit little-endian ELF file. */
function sectionOf(object: Buffer, name: string): Buffer {
  const table = Number(object.readBigUInt64LE(0x28));
  const entryBytes = object.readUInt16LE(0x3a);
  const entry = (index: number) => object.subarray(table + index * entryBytes);
  const content = (header: Buffer): Buffer => {
    const offset = Number(header.readBigUInt64LE(0x18));
    return object.subarray(offset, offset + Number(header.readBigUInt64LE(0x20)));
  };
  const names = content(entry(object.readUInt16LE(0x3e)));
  for (let index = 0; index < object.readUInt16LE(0x3c); index++) {
    if (stringAt(names, entry(index).readUInt32LE(0)) === name) {
      return content(entry(index));
    }
  }
  throw new Error(`no section ${name}`);
}
