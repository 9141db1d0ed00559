/** Maps: key-value access over bytes, in the kernel's own layout (host byte order). */

import type { AddonMap } from './addon.ts';
import type { BpfProgram } from './bpf-program.ts';

/** Update flags of {@link BpfMap.set}. */
export const MAP_UPDATE = { any: 0, noExist: 1, exist: 2 } as const;

/** A key and its value. */
export interface MapEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * One map. Those of an object close with it; one from `createMap` lives until {@link close}.
 *
 * A per-CPU value is the values of all possible CPUs in order, each padded to a multiple of 8 bytes: {@link valueBytes} long.
 */
export class BpfMap implements Disposable {
  readonly #map: AddonMap;

  /** @internal Maps come from an object or from `createMap`. */
  constructor(map: AddonMap) {
    this.#map = map;
  }

  /** As declared in the object; a section map is `<object>.rodata` and the like. */
  get name(): string {
    return this.#map.name;
  }

  /** As bpftool spells it: `hash`, `percpu_array`, `ringbuf`, ... */
  get type(): string {
    return this.#map.type;
  }

  /** Bytes of a key. */
  get keySize(): number {
    return this.#map.keySize;
  }

  /** Bytes of a value, for a per-CPU map of one CPU's value. */
  get valueSize(): number {
    return this.#map.valueSize;
  }

  /** Bytes of what {@link get} returns and {@link set} takes. */
  get valueBytes(): number {
    return this.#map.valueBytes;
  }

  /** Capacity in entries, in bytes for a ring buffer; can be set before load. */
  get maxEntries(): number {
    return this.#map.maxEntries;
  }

  set maxEntries(count: number) {
    this.#map.maxEntries = count;
  }

  /** The initial bytes of a section map (.rodata, .data, .bss), a copy; undefined for other maps. Set before load, same length. */
  get initialValue(): Uint8Array | undefined {
    return this.#map.initialValue;
  }

  set initialValue(value: Uint8Array) {
    this.#map.initialValue = value;
  }

  /** The file descriptor, owned by the map. */
  get fd(): number {
    return this.#map.fd;
  }

  /** The kernel's id of the map. */
  id(): number {
    return this.#map.id();
  }

  /** The value at `key`, a copy, or undefined when there is none. */
  get(key: Uint8Array): Uint8Array | undefined {
    return this.#map.get(key);
  }

  /** Writes one value. @param flags One of {@link MAP_UPDATE}. */
  set(key: Uint8Array, value: Uint8Array, flags = 0): void {
    this.#map.set(key, value, flags);
  }

  /** Removes a key; false when it was not there. Arrays cannot: EINVAL. */
  delete(key: Uint8Array): boolean {
    return this.#map.delete(key);
  }

  /** The keys as they were when iteration began, at most `maxEntries`. A map that changes meanwhile may give a key twice or miss one. */
  *keys(): Generator<Uint8Array> {
    const keySize = this.keySize;
    const keys = this.#map.keys(this.maxEntries);
    for (let at = 0; at < keys.length; at += keySize) {
      yield keys.subarray(at, at + keySize);
    }
  }

  /** Up to `max` entries, read in batches where the kernel can. Consistency as of {@link keys}. */
  entries(max: number = this.maxEntries): MapEntry[] {
    const { keys, values, count } = this.#map.entries(max);
    const { keySize, valueBytes } = this;
    return Array.from({ length: count }, (_, index) => ({
      key: keys.subarray(index * keySize, (index + 1) * keySize),
      value: values.subarray(index * valueBytes, (index + 1) * valueBytes),
    }));
  }

  /** Writes many entries, in one call where the kernel can. An error leaves the ones before it written. */
  setAll(entries: readonly MapEntry[], flags = 0): void {
    const { keySize, valueBytes } = this;
    const keys = new Uint8Array(entries.length * keySize);
    const values = new Uint8Array(entries.length * valueBytes);
    entries.forEach(({ key, value }, index) => {
      if (key.length !== keySize || value.length !== valueBytes) {
        throw new RangeError(
          `Entry ${index} of map ${this.name} needs ${keySize} key and ${valueBytes} value bytes`,
        );
      }
      keys.set(key, index * keySize);
      values.set(value, index * valueBytes);
    });
    this.#map.setBatch(keys, values, entries.length, flags);
  }

  /** Puts `inner` at `key` of a map of maps. */
  setInnerMap(key: Uint8Array, inner: BpfMap): void {
    this.#map.set(key, descriptorBytes(inner.fd), 0);
  }

  /** Puts `program` at `key` of a program array. */
  setProgram(key: Uint8Array, program: BpfProgram): void {
    this.#map.set(key, descriptorBytes(program.fd), 0);
  }

  /**
   * A view of the memory of a `BPF_F_MMAPABLE` array, with no copy: element n is at n × (valueSize rounded up to 8).
   * Closing the map or its object detaches it, which leaves it with length 0.
   *
   * @throws {BpfError} EINVAL if the map cannot be mapped; EPERM if it is frozen or read-only, as .rodata after load.
   */
  mmap(): ArrayBuffer {
    return this.#map.mmap();
  }

  /** Closes a map from `createMap`; for a map of an object only its views. May be called again. */
  close(): void {
    this.#map.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function descriptorBytes(fd: number): Uint8Array {
  return new Uint8Array(Int32Array.of(fd).buffer);
}
