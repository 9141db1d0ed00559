/** What a sink is: it takes batches of events to a peer, one after the other. */
import type { ZodType } from 'zod';
import type { RecordFormat } from './record-format.ts';

/** What a failed write or connect means for the batch. */
export type SinkFailure =
  /** It may work later: connect and try again. */
  | 'retry'
  /** This batch will never be taken, the next one may. */
  | 'reject'
  /** The peer has gone for good, in order: there is nobody left to write to. */
  | 'end';

/** Encoded events; the bytes belong to the sink until `write` settles. */
export interface SinkBatch {
  readonly bytes: Buffer;
  readonly events: number;
}

/**
 * One way out. Calls never overlap; retry, batching and counting are `delivery.ts`.
 */
export interface Sink extends AsyncDisposable {
  readonly kind: string;
  readonly format: RecordFormat;
  /** Makes ready to write; called again after a failure, when it must give up what is left of the last connection. */
  connect(signal: AbortSignal): Promise<void>;
  /**
   * Resolves when the peer has the whole batch. After a failure the same batch object comes again, and no event of it
   * that the peer has already is written twice where the peer lets us know.
   */
  write(batch: SinkBatch, signal: AbortSignal): Promise<void>;
  /** What a value thrown by `connect` or `write` means. */
  failureOf(error: unknown): SinkFailure;
  /** Gives up the peer, after the last write; may be called in any state and more than once. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** One kind of sink, for the registry. `Parts` is what it needs beside its configuration. */
export interface SinkDefinition<Config, Parts> {
  readonly kind: string;
  readonly schema: ZodType<Config>;
  /** Makes the sink; no I/O. */
  build(config: Config, parts: Parts): Sink;
}

/** Defines a kind of sink; gives back its argument, typed. */
export function defineSink<Config, Parts>(
  definition: SinkDefinition<Config, Parts>,
): SinkDefinition<Config, Parts> {
  return definition;
}
