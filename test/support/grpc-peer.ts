/** A gRPC client that knows only what a proto file says, and a detector to talk to. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, credentials, type ServiceError, type status } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import type { Event, EventEnvelope } from '../../src/core/event.ts';
import { toEnvelope } from '../../src/core/event.ts';
import { GrpcSource, type GrpcSourceOptions } from '../../src/sources/grpc.ts';
import type { Verdict } from '../../src/sources/source.ts';

/** The proto file with upstream's field numbers. */
export const UPSTREAM_PROTO = join(__dirname, '../fixtures/upstream-detector.proto');

/** How a call ended: a gRPC status code, 0 for OK, and its message. */
export interface CallEnd {
  readonly code: status;
  readonly details: string;
}

/** A detector that notes what it was asked about. */
export interface NotingDetector extends AsyncDisposable {
  readonly source: GrpcSource;
  readonly seen: EventEnvelope[];
}

/** Starts a detector on a free port; flags what `isOdd` says. */
export async function startDetector(
  isOdd: (event: Event) => boolean = () => false,
  options: Partial<GrpcSourceOptions> = {},
): Promise<NotingDetector> {
  const source = await GrpcSource.listen({ address: '127.0.0.1:0', ...options });
  const seen: EventEnvelope[] = [];
  source.start({
    judge(event): Verdict {
      seen.push(toEnvelope(event));
      return isOdd(event)
        ? { anomaly: true, reason: 'odd', score: 1.5, rawScore: 7 }
        : { anomaly: false, reason: '', score: 0.25 };
    },
    onBatch() {},
  });
  return { source, seen, [Symbol.asyncDispose]: () => source.drain(0) };
}

/** A client whose messages are built at run time from the text of a proto file. */
export class DynamicClient implements Disposable {
  readonly root: protobuf.Root;
  readonly client: Client;

  constructor(address: string, protoFile: string, channel = credentials.createInsecure()) {
    this.root = protobuf.parse(readFileSync(protoFile, 'utf8'), { keepCase: true }).root;
    this.root.addJSON(protobuf.common.get('google/protobuf/timestamp.proto')?.nested ?? {});
    this.root.addJSON(protobuf.common.get('google/protobuf/empty.proto')?.nested ?? {});
    // A connection of its own, as a client in another process has.
    this.client = new Client(address, channel, { 'grpc.use_local_subchannel_pool': 1 });
  }

  /** An encoded message of a type. */
  encode(type: string, message: object): Buffer {
    const known = this.root.lookupType(type);
    return Buffer.from(known.encode(known.fromObject(message)).finish());
  }

  /** A message of a type, decoded; numbers of 64 bits as text. */
  decode(type: string, bytes: Buffer): Record<string, unknown> {
    const known = this.root.lookupType(type);
    return known.toObject(known.decode(bytes), { longs: String, defaults: true });
  }

  /** Sends bytes as one request, for one answer. */
  unary(path: string, request: Buffer): Promise<{ answer: Buffer | undefined; end: CallEnd }> {
    return new Promise((resolve) => {
      this.client.makeUnaryRequest(path, asIs, asIs, request, (error: ServiceError | null, answer?: Buffer) =>
        resolve({ answer, end: error ?? { code: 0, details: '' } }),
      );
    });
  }

  /** Sends messages on one stream, ends it, and gives all answers and how it ended. */
  stream(path: string, requests: Iterable<Buffer>): Promise<{ answers: Buffer[]; end: CallEnd }> {
    const call = this.client.makeBidiStreamRequest<Buffer, Buffer>(path, asIs, asIs);
    const answers: Buffer[] = [];
    return new Promise((resolve) => {
      call.on('data', (answer: Buffer) => answers.push(answer));
      call.on('error', () => {}); // the status has it too
      call.on('status', ({ code, details }) => resolve({ answers, end: { code, details } }));
      for (const request of requests) {
        call.write(request);
      }
      call.end();
    });
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
