/** 32-bit hashes of texts and pairs for count tables. */

const FNV_PRIME = 0x01000193;
const FNV_BASIS = 0x811c9dc5;

/** Where the hash of a text begins; `seed` keeps outsiders from preparing texts with equal hashes. */
export function hashStart(seed: number): number {
  return Math.imul(FNV_BASIS ^ seed, 0x9e3779b1) | 0;
}

/** One more UTF-16 unit (FNV-1a over units). */
export function hashUnit(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, FNV_PRIME);
}

/** The hash of the units from `start` up to `end`. */
export function hashText(hash: number, text: string, start = 0, end = text.length): number {
  let result = hash;
  for (let index = start; index < end; index++) {
    result = Math.imul(result ^ text.charCodeAt(index), FNV_PRIME);
  }
  return result;
}

/** A hash of two, in this order; all bits of both count (finalizer of MurmurHash3). */
export function hashPair(first: number, second: number): number {
  let hash = Math.imul(first, 0x85ebca6b) ^ ((second << 16) | (second >>> 16));
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
