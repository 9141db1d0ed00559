/** What a command may touch of its process. Commands take this instead of `process`, so that a test can be the process. */
import type { Environment } from '../core/config/env-layer.ts';

/** The standard streams, environment and stop request of one run. */
export interface CliIo {
  readonly stdin: NodeJS.ReadStream | NodeJS.ReadableStream;
  /** Data. */
  readonly stdout: OutputStream;
  /** People and logs. */
  readonly stderr: OutputStream;
  readonly env: Environment;
  /** Aborted when the run should drain and end. */
  readonly signal: AbortSignal;
}

/** An output that may be a terminal. */
export type OutputStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly fd?: number;
};

/** True when colour may be written to `stream`: it is a terminal, not `dumb`, and NO_COLOR is unset or empty. */
export function mayColor(stream: OutputStream, env: Environment): boolean {
  return stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
