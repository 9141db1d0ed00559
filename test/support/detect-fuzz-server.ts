/** Damaged messages and noise over the wire, to a real server, which must answer a good peer all the same. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { Client, credentials, status } from '@grpc/grpc-js';
import { EventWriter } from '../../src/core/wire/event-writer.ts';
import { GrpcSource } from '../../src/sources/grpc.ts';
import { type DetectFuzz, makeTalkativeDetector } from './detect-fuzz.ts';
import { makeNumberedEvent } from './events.ts';

const METHODS = ['StreamEvents', 'StreamBatches', 'ReportAnomaly'];
const NOISY_CONNECTIONS = 20;
const ALLOWED: readonly number[] = [status.OK, status.INVALID_ARGUMENT, status.RESOURCE_EXHAUSTED];
const DEADLINE_MS = 10_000;

/** What a server was sent. */
export interface ServedCounts {
  messages: number;
  /** Streams that ended with an error that says what was wrong. */
  refused: number;
  /** Connections that spoke no HTTP/2. */
  connections: number;
}

/** @throws {Error} If a stream ends in an odd way, or a good message gets no answer at the end. */
export async function fuzzServer(fuzz: DetectFuzz, messages: number): Promise<ServedCounts> {
  const detector = makeTalkativeDetector('loda', 'host');
  const source = await GrpcSource.listen({ address: '127.0.0.1:0' });
  source.start({
    judge: (event) => {
      const found = detector.process(event);
      return { anomaly: found !== undefined, reason: found?.title ?? '', score: 1 - detector.lastPvalue };
    },
    onBatch() {},
  });
  const client = new Client(source.address, credentials.createInsecure());
  const counts: ServedCounts = { messages: 0, refused: 0, connections: 0 };
  try {
    while (counts.messages < messages) {
      const method = METHODS[counts.messages % METHODS.length] ?? '';
      const isBatch = method === 'StreamBatches';
      const sent = method === 'ReportAnomaly' ? 1 : 8;
      const requests = Array.from({ length: sent }, () => fuzz.damagedMessage(isBatch));
      const code = await call(client, method, requests);
      if (!ALLOWED.includes(code)) {
        throw new Error(`${method} ended with ${code}`);
      }
      counts.messages += sent;
      counts.refused += code === status.OK ? 0 : 1;
    }
    for (; counts.connections < NOISY_CONNECTIONS; counts.connections++) {
      await makeNoise(source.address, Buffer.concat([HTTP2_PREFACE, fuzz.damagedMessage(true)]));
    }
    const writer = new EventWriter();
    writer.writeEnvelope(makeNumberedEvent(1));
    const end = await call(client, 'StreamEvents', [Buffer.from(writer.bytes)]);
    const { judgeErrors } = source.counts();
    if (end !== status.OK || judgeErrors > 0) {
      throw new Error(`a good event ended with ${end}, and ${judgeErrors} could not be scored`);
    }
    return counts;
  } finally {
    client.close();
    await source.drain(1000);
  }
}

const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

function call(client: Client, method: string, requests: readonly Buffer[]): Promise<status> {
  const path = `/sentinel.v1.DetectorService/${method}`;
  const deadline = Date.now() + DEADLINE_MS;
  return new Promise((resolve) => {
    if (method === 'ReportAnomaly') {
      const [request = Buffer.alloc(0)] = requests;
      client.makeUnaryRequest(path, asIs, asIs, request, { deadline }, (error) =>
        resolve(error?.code ?? status.OK),
      );
      return;
    }
    const stream = client.makeBidiStreamRequest(path, asIs, asIs, { deadline });
    stream.on('data', () => {});
    stream.on('error', () => {}); // the status has it too
    stream.on('status', ({ code }: { code: status }) => resolve(code));
    for (const request of requests) {
      stream.write(request);
    }
    stream.end();
  });
}

async function makeNoise(address: string, bytes: Buffer): Promise<void> {
  const [host = '', port = ''] = address.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => {}); // the server may well slam the door
  socket.resume();
  socket.end(bytes);
  await once(socket, 'close');
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
