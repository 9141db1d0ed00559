/** Random damage to EVT1 bytes, and what must hold of reading them all the same. */
import { gzipSync } from 'node:zlib';
import { isCanonicalEnvelope } from '../../src/core/canonical-envelope.ts';
import { EnvelopeEvent } from '../../src/core/envelope-event.ts';
import { encodeEnvelope, encodeEvent, parseEnvelope } from '../../src/core/envelope-json.ts';
import { SentinelError } from '../../src/core/errors.ts';
import { Evt1Decoder, encodeEvt1Record } from '../../src/core/evt1.ts';
import { RecordedInput } from '../../src/sources/evt1.ts';
import { GOLDEN_JSON, makeNumberedEvent } from './events.ts';

/** Whole numbers from 0 up to, not including, `below`. */
export type RandomInt = (below: number) => number;

/** A small generator (mulberry32): the same numbers for the same seed. */
export function seededRandom(seed: number): RandomInt {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const SECOND_GENERATION =
  '{"event_id":"e","ts_unix_nano":1700000000000000001,"hostname":"h","pod_name":"p","namespace":"n","container_id":"",' +
  '"syscall_name":"openat","event_group":"","syscall_nr":257,"comm":"cat","pid":"1","tid":"2","uid":"0",' +
  '"arg0":"-100","arg1":"0","attributes":{"fd_path":"/etc/passwd","return_value":"-2"}}';
const LEGACY =
  '{"event_id":"e","data":["openat",257,"cat","1","2","0","a","b","/p",1e400,{"x":[null,true]}]}';
const OLDEST =
  '{"event_type":"file_write","data":{"filename":"/f","bytes":1.5,"comm":"c","pid":1,"tid":2,"z":12345678901234567890}}';
const PAYLOADS = [GOLDEN_JSON, encodeEvent(makeNumberedEvent(7)), SECOND_GENERATION, LEGACY, OLDEST, ''];

/** Whole inputs of each form to start from. */
export const SEEDS: Readonly<Record<'evt1' | 'gzip' | 'lines', Buffer>> = {
  evt1: Buffer.concat(PAYLOADS.map(encodeEvt1Record)),
  gzip: Buffer.concat([
    gzipSync(encodeEvt1Record(GOLDEN_JSON)),
    gzipSync(Buffer.concat(PAYLOADS.map(encodeEvt1Record))),
  ]),
  lines: Buffer.from(PAYLOADS.join('\n')),
};

const TOKENS = [
  'EVT1',
  '"',
  '\\',
  '\\u',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\0',
  '\xff',
  '1e999',
  '-',
  '__proto__',
  'null',
];

/** `bytes` with one to eight random changes. */
export function mutate(bytes: Buffer, random: RandomInt): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let left = 1 + random(8); left > 0 && changed.length > 0; left--) {
    changed = mutateOnce(changed, random);
  }
  return changed;
}

function mutateOnce(bytes: Buffer, random: RandomInt): Buffer {
  const at = random(bytes.length);
  const end = Math.min(bytes.length, at + 1 + random(40));
  switch (random(8)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      return bytes;
    case 1:
      bytes[at] = random(256);
      return bytes;
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    case 5: {
      const token = Buffer.from(TOKENS[random(TOKENS.length)] ?? '', 'latin1');
      return Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at)]);
    }
    case 6: {
      const head = bytes.indexOf('EVT1', at);
      if (head !== -1 && head + 8 <= bytes.length) {
        bytes.writeUInt32LE(random(2) === 0 ? random(2 ** 32) : random(1000), head + 4);
      }
      return bytes;
    }
    default: {
      const from = random(bytes.length);
      bytes.copyWithin(at, from, from + end - at);
      return bytes;
    }
  }
}

/** What came of reading damaged bytes. */
export interface FuzzCounts {
  events: number;
  invalid: number;
  corrupt: number;
}

/**
 * Reads EVT1 bytes, in two pieces, with all that `decode` does to a record.
 *
 * @throws {Error} If anything is not as it must be: another error than corrupt input, a canonical record that is no
 *   JSON or not the event that a real parser reads, output that is not ASCII JSON of an envelope.
 */
export function checkRecords(bytes: Buffer, cut: number, counts: FuzzCounts): void {
  const decoder = new Evt1Decoder();
  try {
    for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      decoder.push(piece);
      while (decoder.next()) {
        checkRecord(decoder, counts);
      }
    }
    decoder.tornTail();
  } catch (error) {
    expectCorrupt(error);
    counts.corrupt++;
  }
}

function checkRecord({ bytes, view, start, end }: Evt1Decoder, counts: FuzzCounts): void {
  const payload = bytes.subarray(start, end);
  const isCanonical = isCanonicalEnvelope(view, start, end);
  let line: string;
  try {
    const envelope = parseEnvelope(payload);
    line = encodeEnvelope(envelope);
    checkLine(encodeEvent(new EnvelopeEvent(envelope)));
    counts.events++;
  } catch (error) {
    expectCorrupt(error);
    if (isCanonical) {
      throw new Error(`taken for canonical: ${payload.toString('latin1')}`, { cause: error });
    }
    counts.invalid++;
    return;
  }
  checkLine(line);
  if (isCanonical && encodeEnvelope(parseEnvelope(Buffer.from(line))) !== line) {
    throw new Error(`not stable: ${line}`);
  }
}

const KEYS = 'event_id,ts_unix_nano,hostname,pod,namespace,container_id,event_type,data,attributes';

function checkLine(line: string): void {
  if (!/^[ -~]*$/.test(line) || Object.keys(JSON.parse(line)).join() !== KEYS) {
    throw new Error(`not an envelope: ${line}`);
  }
}

/** Reads any bytes as `RecordedInput` does, gzip and lines too, in pieces of `pieceBytes`. */
export async function checkInput(bytes: Buffer, pieceBytes: number, counts: FuzzCounts): Promise<void> {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      yield bytes.subarray(at, at + pieceBytes);
    }
  }
  const input = new RecordedInput(pieces());
  try {
    for await (const event of input.events(() => counts.invalid++)) {
      checkLine(encodeEvent(event));
      counts.events++;
    }
    input.end();
  } catch (error) {
    expectCorrupt(error);
    counts.corrupt++;
  }
}

function expectCorrupt(error: unknown): void {
  if (!(error instanceof SentinelError) || error.code !== 'SNT_INPUT_CORRUPT') {
    throw error;
  }
}
