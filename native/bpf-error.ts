/** The one error that kernel and libbpf failures become. */

/** A failed system call or libbpf call. Wrong arguments are `TypeError` or `RangeError` instead. */
export class BpfError extends Error {
  /** The errno name, such as `EPERM`, or libbpf's own, such as `LIBBPF_FORMAT`; `EBADF` also for a handle that was closed. */
  readonly code: string;
  /** The positive errno; libbpf's own start at 4000. */
  readonly errno: number;
  /** What libbpf said during the call, one line an element; of a verifier log the last 20 lines. */
  readonly log: readonly string[];

  constructor(message: string, code: string, errno: number, log: readonly string[] = []) {
    super(message);
    this.name = 'BpfError';
    this.code = code;
    this.errno = errno;
    this.log = log;
  }
}
