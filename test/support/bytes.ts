/** Inputs in pieces. */
import fc from 'fast-check';

/** `bytes` cut at the given places, each taken modulo the length. */
export function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
}

/** Places to cut at. */
export const anyCuts = fc.array(fc.nat(), { maxLength: 12 });

/**
 * `pieces` one after the other, all in the same memory: a reader that keeps a piece beyond its time sees it change.
 */
export async function* reusingMemory(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const all = [...pieces];
  const memory = new Uint8Array(Math.max(0, ...all.map(({ length }) => length)));
  for (const piece of all) {
    memory.fill(0xee);
    memory.set(piece);
    yield memory.subarray(0, piece.length);
  }
}
