import fc from 'fast-check';
import { EnvelopeEvent } from '../../../../src/core/envelope-event.ts';
import { parseEnvelope } from '../../../../src/core/envelope-json.ts';
import { type Event, type EventEnvelope, toEnvelope } from '../../../../src/core/event.ts';
import { EVENT_TYPES } from '../../../../src/core/event-types.ts';
import { EventWriter } from '../../../../src/core/wire/event-writer.ts';
import { decodeEnvelope } from '../../../../src/core/wire/wire-envelope.ts';
import { EventReader } from '../../../../src/core/wire/wire-event.ts';
import { anyEnvelope, anyText } from '../../../support/any-event.ts';
import { GOLDEN_ENVELOPE } from '../../../support/events.ts';

/** A text field: its number, its text. */
const field = (number: number, text: string): Buffer => {
  const content = Buffer.from(text);
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
};
const number = (fieldNumber: number, value: bigint): Buffer =>
  Buffer.concat([varint(fieldNumber << 3), varint(value)]);
const attribute = (name: string, value: string) =>
  field(20, Buffer.concat([field(1, name), field(2, value)]).toString());

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 0x7fn; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
  return Buffer.from([...bytes, Number(rest)]);
}

/** An envelope field by field, so that also what our own writer never writes can be had. */
function encode(envelope: EventEnvelope): Buffer {
  return Buffer.concat([
    field(1, envelope.event_id),
    field(2, envelope.hostname),
    field(3, envelope.pod),
    field(4, envelope.namespace),
    field(5, envelope.container_id),
    field(9, envelope.event_type),
    ...envelope.data.map((cell) => field(10, cell)),
    ...Object.entries(envelope.attributes).map(([name, value]) => attribute(name, value)),
    number(30, envelope.ts_unix_nano),
  ]);
}

function read(bytes: Buffer): Event | undefined {
  return new EventReader().read(bytes, 0, bytes.length);
}

/** Everything that can be asked of an event, for comparison. */
function everythingOf(event: Event) {
  const envelope = toEnvelope(event);
  const names = [...Object.keys(envelope.attributes), 'process.pid', 'event.action', 'user.id', 'no.such'];
  return {
    envelope: { ...envelope, attributes: Object.entries(envelope.attributes) },
    type: event.type,
    numbers: [event.pid, event.threadId, event.uid],
    got: names.map((name) => [name, event.get(name)]),
  };
}

const plainEnvelope: fc.Arbitrary<EventEnvelope> = fc
  .record({
    envelope: anyEnvelope,
    event_type: fc.constantFrom(...EVENT_TYPES),
    cells: fc.tuple(anyText, anyText, anyText),
    ids: fc.array(fc.oneof(fc.nat(), fc.nat(99_999), fc.constantFrom(0, 4_294_967_295, 4_294_967_296)), {
      minLength: 3,
      maxLength: 3,
    }),
  })
  .map(({ envelope, event_type, cells, ids }) => ({
    ...envelope,
    event_type,
    data: [...cells, ...ids.map(String)],
  }));

describe('EventReader', () => {
  test('gives the event of an envelope put together by hand', () => {
    const event = read(encode(GOLDEN_ENVELOPE));
    expect(event && toEnvelope(event)).toEqual(GOLDEN_ENVELOPE);
  });

  test('gives for any envelope what the decoded envelope gives', () => {
    fc.assert(
      fc.property(fc.oneof(anyEnvelope, plainEnvelope), (envelope) => {
        fc.pre(envelope.event_type.toWellFormed() !== '' && envelope.data.length < 9);
        const bytes = encode(envelope);
        const event = read(bytes);
        const expected = new EnvelopeEvent(decodeEnvelope(bytes));
        expect(event && everythingOf(event)).toEqual(everythingOf(expected));
      }),
    );
  });

  test('reads back what the writer wrote', () => {
    const writer = new EventWriter();
    const reader = new EventReader();
    fc.assert(
      fc.property(plainEnvelope, (envelope) => {
        const event = new EnvelopeEvent(wellFormed(envelope));
        writer.writeEnvelope(event);
        const again = reader.read(writer.bytes, 0, writer.bytes.length);
        expect(again && toEnvelope(again)).toEqual(toEnvelope(event));
      }),
    );
  });

  test.each([
    ['a leading zero', '007'],
    ['a sign', '-1'],
    ['letters', 'pid'],
    ['nothing', ''],
    ['more than 32 bits', '4294967296'],
  ])('keeps a pid with %s as the cell that it is', (_, cell) => {
    const envelope = { ...GOLDEN_ENVELOPE, data: ['/x', '0', 'bash', cell, '1', '2'] };
    const event = read(encode(envelope));
    expect(event?.get('data.3')).toBe(cell);
  });

  test('of a field or an attribute that comes twice the last counts', () => {
    const bytes = Buffer.concat([
      encode(GOLDEN_ENVELOPE),
      field(2, 'other-host'),
      attribute('user.name', 'first'),
      attribute('user.name', 'second'),
    ]);
    const event = read(bytes);
    expect(event?.hostname).toBe('other-host');
    expect(event?.get('user.name')).toBe('second');
    expect(event && toEnvelope(event).attributes).toEqual({ 'user.name': 'second' });
  });

  test('passes over fields that it does not know, of every wire type', () => {
    const unknown = Buffer.concat([
      field(7, 'text'),
      number(6, 5n),
      field(500_000, 'far'),
      varint((40 << 3) | 1),
      Buffer.alloc(8),
      varint((41 << 3) | 5),
      Buffer.alloc(4),
      number(1, 7n), // event_id, but not a text
    ]);
    const event = read(Buffer.concat([unknown, encode(GOLDEN_ENVELOPE), unknown]));
    expect(event && toEnvelope(event)).toEqual(GOLDEN_ENVELOPE);
  });

  test('gives undefined for an envelope that names no event, and its id', () => {
    const reader = new EventReader();
    const bytes = Buffer.concat([field(1, 'the-id'), field(10, 'a cell')]);
    expect(reader.read(bytes, 0, bytes.length)).toBeUndefined();
    expect(reader.lastEventId).toBe('the-id');
  });
});

describe('decodeEnvelope()', () => {
  const SECOND = {
    event_id: 'e2',
    ts_unix_nano: 1795229900442000001n,
    hostname: 'h',
    syscall_name: 'openat',
    event_group: 'file',
    syscall_nr: 257,
    comm: 'cat',
    pid: '7',
    tid: '8',
    uid: '9',
    arg0: '1',
    arg1: '2',
    attributes: { fd_path: '/etc/passwd', flags: 'O_RDONLY' },
  };
  const secondGeneration = (without: readonly number[] = []) =>
    Buffer.concat(
      [
        [1, field(1, SECOND.event_id)] as const,
        [2, field(2, SECOND.hostname)] as const,
        [8, field(8, SECOND.syscall_name)] as const,
        [9, field(9, SECOND.event_group)] as const,
        [11, number(11, BigInt(SECOND.syscall_nr))] as const,
        [12, field(12, SECOND.comm)] as const,
        [13, field(13, SECOND.pid)] as const,
        [14, field(14, SECOND.tid)] as const,
        [15, field(15, SECOND.uid)] as const,
        [16, field(16, SECOND.arg0)] as const,
        [17, field(17, SECOND.arg1)] as const,
        [
          20,
          Buffer.concat(Object.entries(SECOND.attributes).map(([name, value]) => attribute(name, value))),
        ] as const,
        [30, number(30, SECOND.ts_unix_nano)] as const,
      ]
        .filter(([fieldNumber]) => !without.includes(fieldNumber))
        .map(([, bytes]) => bytes),
    );
  const json = ({ ts_unix_nano, ...rest }: Partial<typeof SECOND>) =>
    Buffer.from(JSON.stringify(rest).replace('{', `{"ts_unix_nano":${ts_unix_nano},`));

  test('makes of the second generation what its JSON form becomes', () => {
    expect(decodeEnvelope(secondGeneration())).toEqual(parseEnvelope(json(SECOND)));
  });

  test('takes field 9 as event_group also when only the number of the call is there', () => {
    const decoded = decodeEnvelope(secondGeneration([8]));
    expect(decoded).toMatchObject({
      event_type: 'file_open',
      attributes: { syscall_name: 'openat', event_group: 'file' },
    });
  });

  test('takes field 9 as event_type when there is data, and keeps the other fields as attributes', () => {
    const decoded = decodeEnvelope(Buffer.concat([secondGeneration(), field(10, '/x')]));
    expect(decoded).toMatchObject({ event_type: 'file', data: ['/x'] });
    expect(decoded.attributes).toMatchObject({
      syscall_name: 'openat',
      comm: 'cat',
      arg1: '2',
      flags: 'O_RDONLY',
    });
  });

  test('takes field 9 as event_type when it stands alone', () => {
    expect(decodeEnvelope(field(9, 'file_open'))).toMatchObject({ event_type: 'file_open', data: [] });
  });

  test.each([
    ['a text longer than the message', Buffer.from('0a05616263', 'hex')],
    ['a length of 64 bits', Buffer.from('0affffffffffffffff7f', 'hex')],
    ['a tag that is cut short', Buffer.from('80', 'hex')],
    ['a number of eleven bytes', Buffer.from('f001ffffffffffffffffffff01', 'hex')],
    ['a number that is cut short', Buffer.from('f001ff', 'hex')],
    ['a fixed number that is cut short', Buffer.from('c10200', 'hex')],
    ['a group', Buffer.from('330a', 'hex')],
    ['field number 0', Buffer.from('0200', 'hex')],
    ['an attribute longer than its entry', Buffer.from('a201030a0561', 'hex')],
    ['too many cells', Buffer.concat(new Array(1025).fill(field(10, '')))],
    ['too many attributes', Buffer.concat(new Array(1025).fill(field(20, '')))],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeEnvelope(bytes)).toThrow(expect.objectContaining({ code: 'SNT_INPUT_CORRUPT' }));
  });

  test('reads or refuses any bytes, and whatever becomes of a whole event when bytes change', () => {
    const whole = Buffer.concat([encode(GOLDEN_ENVELOPE), attribute('user.name', 'root')]);
    const mutated = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
      .map((changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) {
          bytes[at] = value;
        }
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }).map(Buffer.from), mutated), (bytes) => {
        try {
          const event = read(bytes);
          expect(event === undefined || typeof toEnvelope(event).event_id === 'string').toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'SNT_INPUT_CORRUPT' });
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** The envelope as UTF-8 can have it. */
function wellFormed(envelope: EventEnvelope): EventEnvelope {
  const { ts_unix_nano, data, attributes, ...texts } = envelope;
  const entries = Object.entries(attributes).map(([name, value]) => [
    name.toWellFormed(),
    value.toWellFormed(),
  ]);
  return {
    ...(Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, text.toWellFormed()]),
    ) as typeof texts), // the same keys
    ts_unix_nano,
    data: data.map((cell) => cell.toWellFormed()),
    attributes: Object.fromEntries(entries),
  };
}
