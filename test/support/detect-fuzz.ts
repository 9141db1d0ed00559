/** Random damage to what a detector takes in (messages, lines, states), and what must hold of it all the same. */
import { makeDetector } from '../../src/app/detection/make-detector.ts';
import { makeDetectionRenderer } from '../../src/cli/render/detection.ts';
import { systemClock } from '../../src/core/clock.ts';
import { loadConfig } from '../../src/core/config/load.ts';
import { encodeDetection, type ModelDetection } from '../../src/core/detection.ts';
import { encodeEvent } from '../../src/core/envelope-json.ts';
import { SentinelError } from '../../src/core/errors.ts';
import type { Event } from '../../src/core/event.ts';
import { StateReader, StateWriter } from '../../src/core/state-codec.ts';
import { TooManyEventsError } from '../../src/core/wire/batch-scan.ts';
import { EventWriter } from '../../src/core/wire/event-writer.ts';
import type { Detector } from '../../src/pipeline/detector/detector.ts';
import { RecordedInput } from '../../src/sources/evt1.ts';
import { Answerer, zeroCounts } from '../../src/sources/grpc-streams.ts';
import { makeNumberedEvent } from './events.ts';
import { mutate, type RandomInt, SEEDS } from './evt1-fuzz.ts';
import { makeRandom, oddEvent, ordinaryEvent } from './host-traffic.ts';

/** What came of it; the sum of a kind's results is how many of it there were. */
export interface DetectFuzzCounts {
  readonly messages: { answered: number; corrupt: number };
  readonly lines: { events: number; invalid: number; corrupt: number };
  readonly states: { restored: number; others: number; corrupt: number };
  detections: number;
}

const MAX_BATCH_EVENTS = 64;
const LINES_AT_ONCE = 32;
const RANDOM_SHARE = 10;
/** Numbers that break what trusts them, as 32 and 64 bits. */
const WILD_U32 = [0, 1, 33, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
const WILD_F64 = [0, -0, -1, Number.NaN, Infinity, -Infinity, 5e-324, 1e308, -1e308, 2 ** 53, 0.5];
const ODD_CONTROLS = ['\x1b', '\n\n', '\u202e', '\u0085'];

/** A detector that warms up at once and speaks often. */
export function makeTalkativeDetector(model: string, features: 'host' | 'compat'): Detector {
  const { config } = loadConfig({
    defaultFile: '/nonexistent',
    env: {
      SENTINEL_DETECT__MODELS: model,
      SENTINEL_DETECT__FEATURES: features,
      SENTINEL_DETECT__WARMUP_EVENTS: '100',
      SENTINEL_DETECT__ALERT_BUDGET_PER_DAY: '1000000/day',
      SENTINEL_MODELS__HALFSPACETREES__HEIGHT: '6',
      SENTINEL_MODELS__HALFSPACETREES__WINDOW_EVENTS: '50',
      SENTINEL_MODELS__MEMSTREAM__MEMORY: '16',
    },
  });
  return makeDetector(config);
}

/** All of it, on detectors that live as long as the fuzzing: what one input leaves behind meets the next. */
export class DetectFuzz {
  readonly counts: DetectFuzzCounts = {
    messages: { answered: 0, corrupt: 0 },
    lines: { events: 0, invalid: 0, corrupt: 0 },
    states: { restored: 0, others: 0, corrupt: 0 },
    detections: 0,
  };
  readonly #random: RandomInt;
  readonly #detector = makeTalkativeDetector('loda', 'host');
  readonly #answerer: Answerer;
  readonly #messages: readonly Buffer[];
  readonly #batch: Buffer;
  readonly #states: ReadonlyArray<{ readonly make: () => Detector; readonly bytes: Buffer }>;
  readonly #render = makeDetectionRenderer({ isColoured: false, columns: () => 100 });

  constructor(random: RandomInt) {
    this.#random = random;
    const counts = zeroCounts();
    this.#answerer = new Answerer({
      judge: {
        judge: (event) => {
          const found = this.#process(this.#detector, event);
          return { anomaly: found, reason: found ? 'odd' : '', score: 1 - this.#detector.lastPvalue };
        },
        onBatch() {},
      },
      counts,
      clock: systemClock,
      maxBatchEvents: MAX_BATCH_EVENTS,
      onJudgeError: (error) => {
        throw error;
      },
    });
    const writer = new EventWriter();
    const next = makeRandom(3);
    const events = [...Array(40).keys()].flatMap((index) => [
      ordinaryEvent(index, next),
      oddEvent(index),
      makeNumberedEvent(index),
    ]);
    this.#messages = events.map((event) => {
      writer.writeEnvelope(event);
      return Buffer.from(writer.bytes);
    });
    this.#batch = Buffer.concat(
      events.slice(0, MAX_BATCH_EVENTS - 8).map((event) => {
        writer.writeRecord(event);
        return Buffer.from(writer.bytes);
      }),
    );
    this.#states = [
      'loda',
      'halfspacetrees',
      'memstream',
      'ngram',
      'loda-compat',
      'memstream-compat',
    ].flatMap((model) =>
      [60, 3000].map((trained) => {
        const make = () => makeTalkativeDetector(model, 'compat');
        const detector = make();
        const ordinary = makeRandom(5);
        for (let index = 0; index < trained; index++) {
          detector.process(index % 50 === 49 ? oddEvent(index) : ordinaryEvent(index, ordinary));
        }
        return { make, bytes: savedState(detector) };
      }),
    );
  }

  /** A message of a stream of events or of batches, as a server answers it. */
  message(): void {
    const { messages } = this.counts;
    const isBatch = this.#random(200) === 0;
    const bytes = this.damagedMessage(isBatch);
    try {
      const answer = isBatch ? this.#answerer.answerBatch(bytes) : this.#answerer.answerEvent(bytes);
      if (!Buffer.isBuffer(answer)) {
        throw new TypeError('no answer');
      }
      messages.answered++;
    } catch (error) {
      if (!(error instanceof TooManyEventsError)) {
        expectCorrupt(error);
      }
      messages.corrupt++;
    }
  }

  /** The bytes of one message: a good one with damage, or noise. */
  damagedMessage(isBatch: boolean): Buffer {
    const random = this.#random;
    if (random(RANDOM_SHARE) === 0) {
      return Buffer.from(Array.from({ length: random(200) }, () => random(256)));
    }
    const seed = isBatch ? this.#batch : this.#messages[random(this.#messages.length)];
    if (random(2) === 0) {
      return mutate(seed ?? this.#batch, random);
    }
    const bytes = Buffer.from(seed ?? this.#batch); // most of it are texts, which stay whole and say something else
    for (let left = 1 + random(3); left > 0; left--) {
      bytes[random(bytes.length)] = random(256);
    }
    return bytes;
  }

  /**
   * Damaged lines of NDJSON on one input.
   *
   * @returns How many lines there were.
   */
  async lines(): Promise<number> {
    const { lines } = this.counts;
    const random = this.#random;
    const next = makeRandom(random(1 << 30));
    const seeds = [SEEDS.lines, Buffer.from(encodeEvent(oddEvent(1)))];
    const parts = Array.from({ length: LINES_AT_ONCE }, () => {
      const seed =
        random(3) === 0
          ? seeds[random(seeds.length)]
          : Buffer.from(encodeEvent(ordinaryEvent(random(1000), next)));
      return mutate(seed ?? SEEDS.lines, random);
    });
    const bytes = Buffer.concat([
      Buffer.from('{"event_type":"file_open"}\n'),
      ...parts.flatMap((part) => [part, NEWLINE]),
    ]);
    let newlines = 0;
    for (const byte of bytes) {
      newlines += byte === NEWLINE[0] ? 1 : 0;
    }
    const cut = 1 + random(bytes.length - 1);
    const input = new RecordedInput(pieces(bytes.subarray(0, cut), bytes.subarray(cut)));
    try {
      for await (const event of input.events(() => lines.invalid++)) {
        this.#process(this.#detector, event);
        lines.events++;
      }
      input.end();
    } catch (error) {
      expectCorrupt(error);
      lines.corrupt++;
    }
    return newlines;
  }

  /** A damaged state: refused, or of use. */
  state(): void {
    const { states } = this.counts;
    const random = this.#random;
    const seed = this.#states[random(this.#states.length)];
    if (seed === undefined) {
      throw new RangeError('no states');
    }
    const detector = seed.make();
    try {
      if (!detector.restore(new StateReader(this.#damagedState(seed.bytes)))) {
        states.others++;
        return;
      }
    } catch (error) {
      expectCorrupt(error);
      states.corrupt++;
      return;
    }
    states.restored++;
    const ordinary = makeRandom(7);
    for (let index = 0; index < 20; index++) {
      this.#process(detector, index === 19 ? oddEvent(4000) : ordinaryEvent(4000 + index, ordinary));
    }
    savedState(detector);
  }

  #damagedState(bytes: Buffer): Buffer {
    const random = this.#random;
    if (random(4) === 0) {
      return mutate(bytes, random);
    }
    const damaged = Buffer.from(bytes);
    for (let left = 1 + random(4); left > 0; left--) {
      if (random(2) === 0) {
        damaged.writeUInt32LE(WILD_U32[random(WILD_U32.length)] ?? 0, random(damaged.length - 4));
      } else {
        damaged.writeDoubleLE(WILD_F64[random(WILD_F64.length)] ?? 0, random(damaged.length - 8));
      }
    }
    return damaged;
  }

  /** Whether the event made a detection, which must be sound and safe to print. */
  #process(detector: Detector, event: Event): boolean {
    const found = detector.process(event);
    const { lastPvalue } = detector;
    if (!(lastPvalue >= 0 && lastPvalue <= 1)) {
      throw new Error(`p-value ${lastPvalue}`);
    }
    if (found === undefined) {
      return false;
    }
    this.counts.detections++;
    if (this.counts.detections % 16 === 0) {
      this.#check(found);
    }
    return true;
  }

  #check(found: ModelDetection): void {
    const line = encodeDetection(found);
    if (line.includes('\n') || typeof JSON.parse(line) !== 'object') {
      throw new Error(`not one line of JSON: ${line}`);
    }
    const shown = this.#render(found);
    if (ODD_CONTROLS.some((odd) => shown.includes(odd))) {
      throw new Error(`not safe to print: ${JSON.stringify(shown)}`);
    }
  }
}

const NEWLINE = Buffer.from('\n');

async function* pieces(...parts: Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
}

function savedState(detector: Detector): Buffer {
  const state = new StateWriter();
  detector.save(state);
  return Buffer.from(state.bytes());
}

function expectCorrupt(error: unknown): void {
  if (!(error instanceof SentinelError) || error.code !== 'SNT_INPUT_CORRUPT') {
    throw error;
  }
}
