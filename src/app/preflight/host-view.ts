/** The host as the checks read it. */
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readlinkSync,
  readSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { release } from 'node:os';

/** Read-only questions to the host. Nothing throws: what cannot be known is undefined or false. */
export interface HostView {
  readonly kernelRelease: string;
  readonly architecture: string;
  readonly uid: number;
  /** At most 64 KiB of a small text file, such as those of /proc and /sys; trimmed. */
  read(path: string): string | undefined;
  exists(path: string): boolean;
  isSocket(path: string): boolean;
  isDirectory(path: string): boolean;
  mayWrite(path: string): boolean;
  /** Target of a symbolic link. */
  link(path: string): string | undefined;
  /** Bytes that are free to us on the file system of `path`. */
  freeBytes(path: string): number | undefined;
  /** Median nanoseconds that reading the clock takes here. */
  clockReadNs(): number;
}

const MAX_READ_BYTES = 64 * 1024;
const CLOCK_ROUNDS = 7;
const CLOCK_READS = 5000;

/** The host that this process runs on. */
export function liveHost(): HostView {
  return {
    kernelRelease: release(),
    architecture: process.arch,
    uid: process.geteuid?.() ?? 0,
    read: readSmallFile,
    exists: (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
    isSocket: (path) => quietly(() => statSync(path).isSocket()) ?? false,
    isDirectory: (path) => quietly(() => statSync(path).isDirectory()) ?? false,
    mayWrite: (path) => quietly(() => accessSync(path, constants.W_OK) === undefined) ?? false,
    link: (path) => quietly(() => readlinkSync(path)),
    freeBytes: (path) =>
      quietly(() => {
        const { bavail, bsize } = statfsSync(path);
        return bavail * bsize;
      }),
    clockReadNs: measureClock,
  };
}

function readSmallFile(path: string): string | undefined {
  return quietly(() => {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(MAX_READ_BYTES);
      let length = 0;
      for (let got = -1; got !== 0 && length < buffer.length; length += got) {
        got = readSync(fd, buffer, length, buffer.length - length, null);
      }
      return buffer.toString('utf8', 0, length).trim();
    } finally {
      closeSync(fd);
    }
  });
}

function measureClock(): number {
  const costs = Array.from({ length: CLOCK_ROUNDS }, () => {
    const start = process.hrtime.bigint();
    for (let read = 1; read < CLOCK_READS; read += 1) {
      process.hrtime.bigint();
    }
    return Number(process.hrtime.bigint() - start) / CLOCK_READS;
  }).sort((a, b) => a - b);
  return Math.round(costs[CLOCK_ROUNDS >> 1] ?? 0);
}

/** What a question answers, undefined when the system refuses it. */
function quietly<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
