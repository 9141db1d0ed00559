/** Writing whole buffers to files. */

/** Writes up to `length` bytes of `bytes` from `offset` on, and says how many it wrote. */
export type WriteSome = (
  bytes: Uint8Array,
  offset: number,
  length: number,
) => Promise<{ readonly bytesWritten: number }>;

/**
 * Writes all of `bytes`, in as many steps as it takes.
 *
 * @throws What `write` throws; part of `bytes` may have been written then.
 */
export async function writeFully(write: WriteSome, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}

/** The `code` of a system error (`ENOSPC`), undefined for any other value. */
export function systemErrorCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
