/** Events over gRPC on loopback, the detector in another process: batches beside single events, and the codec beside protobuf.js. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import wire from '../../build/proto/messages.cjs';
import { EnvelopeEvent } from '../../src/core/envelope-event.ts';
import { type Event, toEnvelope } from '../../src/core/event.ts';
import { EventIdGenerator } from '../../src/core/event-id.ts';
import { EventWriter } from '../../src/core/wire/event-writer.ts';
import { EventReader } from '../../src/core/wire/wire-event.ts';
import { Batch } from '../../src/sinks/batch.ts';
import { Delivery } from '../../src/sinks/delivery.ts';
import { GRPC_SINK_DEFAULTS, grpcSink } from '../../src/sinks/grpc.ts';
import { Exchange } from '../../src/sinks/grpc-exchange.ts';
import { makeEvent } from '../support/events.ts';
import type { Bench, BenchRow } from './bench.ts';
import { interleave } from './support/rounds.ts';

const ROUNDS = 5;
const EVENTS = 4096;
const BATCHED = 400_000;
const SINGLE = 40_000;
const CODEC = 200_000;
const QUEUED = 16_384;

/** Events a second over gRPC, and microseconds an event for the codec alone. */
export const bench: Bench = {
  name: 'grpc',
  async run() {
    const events = makeEvents();
    return { rows: [await measureStreams(events), await measureCodec(events)] };
  },
};

/** What the detector says of itself. */
interface Seen {
  readonly events: number;
  readonly sum: number;
  readonly cpuSeconds: number;
}

/** What one run took; `seen` is the detector's part in it. */
interface Run {
  readonly eventsPerSecond: number;
  readonly cpuMicroseconds: number;
  readonly seen: Seen;
  readonly isRight: boolean;
}

async function measureStreams(events: readonly Event[]): Promise<BenchRow> {
  await using detector = await startDetector();
  const { address } = detector;
  const runs = await interleave<'batched' | 'single', Run>(ROUNDS, {
    batched: () => timeRun(detector, events, BATCHED, () => sendBatched(address, events, BATCHED)),
    single: () => timeRun(detector, events, SINGLE, () => sendSingle(address, events, SINGLE)),
  });
  const measurement = (name: string, all: readonly Run[]) => ({
    name,
    unit: 'events/s',
    samples: all.map(({ eventsPerSecond }) => eventsPerSecond),
    extra: {
      'probe us/event': meanOf(all.map(({ cpuMicroseconds }) => cpuMicroseconds)),
      'detector us/event': meanOf(all.map(({ seen }) => (seen.cpuSeconds * 1e6) / seen.events)),
    },
  });
  return {
    subject: 'gRPC on loopback, detector in another process, events of 590 bytes',
    measurements: [
      measurement('batches of 256', runs.batched),
      measurement('single events (upstream)', runs.single),
    ],
    isSameAnswer: [...runs.batched, ...runs.single].every(({ isRight }) => isRight),
  };
}

async function timeRun(
  detector: Detector,
  events: readonly Event[],
  count: number,
  send: () => Promise<void>,
): Promise<Run> {
  const before = await detector.seen();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await send();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const after = await detector.seen();
  const seen = {
    events: after.events - before.events,
    sum: after.sum - before.sum,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  };
  const isRight = seen.events === count && seen.sum === sumOf(events, count);
  return { eventsPerSecond: count / seconds, cpuMicroseconds: (user + system) / count, seen, isRight };
}

/** As `probe --sink grpc` does. */
async function sendBatched(endpoint: string, events: readonly Event[], count: number): Promise<void> {
  const sink = grpcSink.build({ ...GRPC_SINK_DEFAULTS, endpoint }, {});
  const delivery = new Delivery(sink, { batchBytes: 512 * 1024 });
  await delivery.start();
  for (let sent = 0; sent < count; sent++) {
    delivery.offer(events[sent % EVENTS] as Event); // the index is in range
    if (sent % 256 === 255) {
      while (delivery.counters().queued > QUEUED) {
        await delay(1);
      }
    }
  }
  await delivery.flush();
  await delivery.close();
}

/** As a probe does whose detector knows no batches. */
async function sendSingle(endpoint: string, events: readonly Event[], count: number): Promise<void> {
  const client = new Client(endpoint, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
  const handling = { onDetections: () => {}, onRejected: () => {}, timeoutMs: 30_000 };
  const exchange = new Exchange(client, 'events', handling);
  const { format } = grpcSink.build(GRPC_SINK_DEFAULTS, {});
  for (let sent = 0; sent < count; ) {
    const batch = new Batch();
    for (let index = 0; index < 1000 && sent < count; index++, sent++) {
      format(events[sent % EVENTS] as Event, batch); // the index is in range
    }
    await exchange.write(batch.out.bytes(), { acknowledged: 0 }, { events: 1, bytes: 1 << 20 });
  }
  exchange.cancel();
  client.close();
}

async function measureCodec(events: readonly Event[]): Promise<BenchRow> {
  const { EventEnvelope } = wire.sentinel.v1;
  const messages = events.map((event) => {
    const { pod, ts_unix_nano, event_id, container_id, event_type, ...rest } = toEnvelope(event);
    return EventEnvelope.create({
      ...rest,
      data: [...rest.data],
      eventId: event_id,
      podName: pod,
      containerId: container_id,
      eventType: event_type,
      // Exact for this bench's times, which are whole microseconds below 2^53 of them.
      tsUnixNano: Number(ts_unix_nano),
    });
  });
  const writer = new EventWriter();
  const reader = new EventReader();
  const encoded = events.map((event) => {
    writer.writeEnvelope(event);
    return Buffer.from(writer.bytes);
  });
  const perEvent = (work: (index: number) => void) => () => {
    const start = performance.now();
    for (let done = 0; done < CODEC; done++) {
      work(done % EVENTS);
    }
    return ((performance.now() - start) * 1000) / CODEC;
  };
  let characters = 0;
  const times = await interleave(ROUNDS, {
    'encode: event-writer': perEvent((index) => writer.writeEnvelope(events[index] as Event)), // in range, all four
    'encode: protobuf.js': perEvent((index) => {
      EventEnvelope.encode(messages[index] as (typeof messages)[number]).finish();
    }),
    'decode: wire-event': perEvent((index) => {
      const bytes = encoded[index] as Buffer;
      const event = reader.read(bytes, 0, bytes.length);
      characters += (event?.object.length ?? 0) + (event?.comm.length ?? 0);
    }),
    'decode, all attributes: wire-event': perEvent((index) => {
      const bytes = encoded[index] as Buffer;
      reader.read(bytes, 0, bytes.length)?.visitAttributes((_name, value) => {
        characters += value.length;
      });
    }),
    'decode: protobuf.js': perEvent((index) => {
      characters += EventEnvelope.decode(encoded[index] as Buffer).data.length;
    }),
  });
  const isSameAnswer = encoded.every((bytes, index) => {
    const decoded = reader.read(bytes, 0, bytes.length);
    const theirs = EventEnvelope.encode(messages[index] as (typeof messages)[number]).finish();
    return decoded !== undefined && bytes.length === theirs.length && characters > 0;
  });
  const measurements = Object.entries(times).map(([name, samples]) => ({ name, unit: 'us/event', samples }));
  return { subject: 'codec', measurements, isSameAnswer };
}

/** The detector in its own process. */
interface Detector extends AsyncDisposable {
  readonly address: string;
  seen(): Promise<Seen>;
}

async function startDetector(): Promise<Detector> {
  const child = spawn(process.execPath, ['--no-warnings', 'test/bench/support/grpc-server-child.ts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) {
      throw new Error('the detector ended');
    }
    return value;
  };
  return {
    address: await nextLine(),
    async seen() {
      child.stdin.write('\n');
      return JSON.parse(await nextLine()) as Seen; // the child's own format
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
    },
  };
}

function sumOf(events: readonly Event[], count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const { pid, object, comm } = events[index % EVENTS] as Event; // the index is in range
    sum += pid + object.length + comm.length;
  }
  return sum;
}

function meanOf(values: readonly number[]): string {
  return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2);
}

function makeEvents(): Event[] {
  const ids = new EventIdGenerator(() => new Uint8Array(6));
  return Array.from({ length: EVENTS }, (_, number) => {
    const timeUnixNs = 1_795_229_900_442_000_000n + BigInt(number) * 104_000n;
    const path = `/usr/share/doc/package-${number % 977}/file ${number}.txt`;
    const attributes = {
      'event.outcome': number % 9 === 0 ? 'failure' : 'success',
      'syscall.name': 'openat',
      'file.path.given': `file ${number}.txt`,
      'process.executable': ['/usr/bin/bash', '/usr/lib/gcc/x86_64-linux-gnu/12/cc1', '/usr/sbin/nginx'][
        number % 3
      ] as string, // one of three
      'process.args': '["bash","-c","ls -l \\"a b\\""]',
      'process.parent.pid': String(number % 500),
      'process.entity_id': `5d41402abc4b2a76b9719d911017${String(number % 500).padStart(4, '0')}`,
      'user.name': number % 50 === 0 ? 'jörg' : 'root',
      'user.effective.id': '0',
      'group.id': '0',
      'cgroup.id': '4242',
      'process.namespace.mount': '4026531840',
      'process.namespace.pid': '4026531836',
      'process.working_directory': '/root',
    };
    const fields = {
      eventId: ids.next(timeUnixNs),
      timeUnixNs,
      hostname: 'node-17',
      podName: '',
      namespace: '',
    };
    const event = makeEvent(
      { ...fields, containerId: '', object: path, detail: '32768', pid: 2 + number, threadId: 2 + number },
      attributes,
    );
    return new EnvelopeEvent(toEnvelope(event));
  });
}
