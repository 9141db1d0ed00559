import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import { isCanonicalEnvelope } from '../../../src/core/canonical-envelope.ts';
import { CanonicalEvent } from '../../../src/core/canonical-event.ts';
import { EnvelopeEvent } from '../../../src/core/envelope-event.ts';
import { encodeEvent, parseEnvelope } from '../../../src/core/envelope-json.ts';
import { type Event, type EventEnvelope, toEnvelope } from '../../../src/core/event.ts';
import { EVENT_TYPES } from '../../../src/core/event-types.ts';
import { Evt1Decoder } from '../../../src/core/evt1.ts';
import { FIELD_NAMES } from '../../../src/core/fields.ts';
import { anyEnvelope, anyText } from '../../support/any-event.ts';
import { GOLDEN_ENVELOPE, GOLDEN_JSON } from '../../support/events.ts';

const RECORDS_FOR_EACH = 40;
let event = new CanonicalEvent();
let records = 0;

/** Reads `json` from the middle of other bytes, with an object that read other records before. */
function read(json: string | Buffer, pad = 0): CanonicalEvent | undefined {
  // Random names fill its table in time.
  if (++records % RECORDS_FOR_EACH === 0) {
    event = new CanonicalEvent();
  }
  const record = Buffer.from(json as string, 'latin1');
  const bytes = Buffer.concat([Buffer.alloc(pad, '"'), record, Buffer.alloc(pad, '}')]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return event.read(bytes, view, pad, pad + record.length) ? event : undefined;
}

function attributesOf(some: Event): [string, string][] {
  const attributes: [string, string][] = [];
  some.visitAttributes((name, value) => attributes.push([name, value]));
  return attributes;
}

function expectEqual(actual: Event, expected: Event, names: readonly string[] = []): void {
  for (let round = 0; round < 2; round++) {
    expect(toEnvelope(actual)).toEqual(toEnvelope(expected));
    expect(attributesOf(actual)).toEqual(attributesOf(expected));
    expect([actual.pid, actual.threadId, actual.uid]).toEqual([
      expected.pid,
      expected.threadId,
      expected.uid,
    ]);
    const asked = [...names, ...FIELD_NAMES, 'absent', '__proto__', 'constructor'];
    expect(asked.map((name) => actual.get(name))).toEqual(asked.map((name) => expected.get(name)));
  }
}

const anyId = fc.oneof(fc.nat(70_000), fc.constantFrom(0xffff_ffff, 2 ** 31));
const commonEnvelope: fc.Arbitrary<EventEnvelope> = fc
  .tuple(
    anyEnvelope,
    fc.constantFrom(...EVENT_TYPES),
    fc.tuple(anyText, anyText, anyText),
    fc.tuple(anyId, anyId, anyId),
    fc.dictionary(fc.oneof(fc.constantFrom(...FIELD_NAMES), fc.string({ maxLength: 6 })), anyText),
    fc.uuid(),
    fc.bigInt({ min: 0n, max: 9_999_999_999_999_999_999n }),
  )
  .map(([envelope, event_type, texts, ids, attributes, event_id, ts_unix_nano]) => ({
    ...envelope,
    event_id,
    ts_unix_nano,
    event_type,
    data: [...texts, ...ids.map(String)],
    attributes,
  }));

describe('CanonicalEvent', () => {
  test('takes every event as we write it, and says the same as EnvelopeEvent, whatever came before', () => {
    let taken = 0;
    let ours = 0;
    fc.assert(
      fc.property(commonEnvelope, fc.nat(5), (envelope, pad) => {
        const expected = new EnvelopeEvent(envelope);
        const json = encodeEvent(expected);
        const names = Object.keys(envelope.attributes);
        const actual = read(json, pad);
        const isOdd = names.some((name) => /^[0-9]|["\\]|[^ -~]/.test(name));
        ours += isOdd ? 0 : 1;
        expect(actual === undefined).toBe(isOdd);
        if (actual !== undefined) {
          taken++;
          expectEqual(actual, expected, names);
          expect(encodeEvent(actual)).toBe(json);
        }
      }),
      { numRuns: 600 },
    );
    expect(taken).toBe(ours);
    expect(taken).toBeGreaterThan(200);
  });

  test('says the same as EnvelopeEvent of any envelope that it takes at all', () => {
    fc.assert(
      fc.property(anyEnvelope, (envelope) => {
        const json = encodeEvent(new EnvelopeEvent(envelope));
        const actual = read(json);
        if (actual !== undefined) {
          expectEqual(actual, new EnvelopeEvent(parseEnvelope(Buffer.from(json))));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('takes only what is canonical and is never wrong, however the bytes are damaged', () => {
    const base = GOLDEN_JSON.replace(
      '"attributes":{}',
      '"attributes":{"a.b":"\\u00e9\\n","file.path":"/x","c":"","d":"1"}',
    );
    expect(read(base)).toBeDefined();
    const damage = fc.record({
      at: fc.nat(base.length - 1),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('"\\{}[],:0u'))),
      how: fc.constantFrom('set', 'cut', 'insert'),
    });
    let taken = 0;
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        let bytes = Buffer.from(base);
        for (const { at, byte, how } of damages) {
          const middle = how === 'cut' ? [] : [Buffer.from([byte])];
          bytes = Buffer.concat([
            bytes.subarray(0, at),
            ...middle,
            bytes.subarray(how === 'insert' ? at : at + 1),
          ]);
        }
        const actual = read(bytes);
        if (actual !== undefined) {
          taken++;
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
          expect(isCanonicalEnvelope(view, 0, bytes.length)).toBe(true);
          expectEqual(actual, new EnvelopeEvent(parseEnvelope(bytes)));
        }
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(50);
  });

  test('says the same of events that share the attributes of their process, damaged or not', () => {
    const kept = new CanonicalEvent();
    const member = fc.constantFrom('"file.path":"/x"', '"user.name":"first"', '"a":""');
    const process = fc.tuple(
      fc.constantFrom('1', '2'),
      fc.constantFrom('', '"process.namespace.mount":"4026531832",'),
      fc.constantFrom('entity-1', 'entity-2', 'e\\u00e9'),
      fc.constantFrom('"user.name":"root","process.name":"some command"', '"user.name":"joe"'),
    );
    const damage = fc.option(fc.tuple(fc.nat(300), fc.constantFrom(...Buffer.from('"\\}0a,'))), { freq: 4 });
    let taken = 0;
    const one = fc.tuple(fc.array(member, { maxLength: 2 }), process, damage);
    fc.assert(
      fc.property(one, ([members, [pid, namespace, entity, rest], harm]) => {
        const attributes = [...members, `${namespace}"process.entity_id":"${entity}",${rest}`].join();
        const bytes = Buffer.from(GOLDEN_JSON.replace('"1234"', `"${pid}"`).replace('{}', `{${attributes}}`));
        if (harm !== null) {
          bytes[Math.max(0, bytes.length - 1 - harm[0])] = harm[1];
        }
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        if (kept.read(bytes, view, 0, bytes.length)) {
          taken++;
          expectEqual(kept, new EnvelopeEvent(parseEnvelope(bytes)));
        } else {
          const text = bytes.toString('latin1');
          const isSpecial = /"(file.path|user.name|a)":.*"\1":/.test(text) || harm !== null;
          expect([text, isSpecial]).toEqual([text, true]);
        }
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  test.each([
    ['an unknown type', GOLDEN_JSON.replace('file_open', 'odd')],
    ['too few cells', GOLDEN_JSON.replace(',"1000"]', ']')],
    ['too many cells', GOLDEN_JSON.replace('"1000"]', '"1000","x"]')],
    ['an id with a leading zero', GOLDEN_JSON.replace('"1000"', '"01000"')],
    ['an id above 32 bits', GOLDEN_JSON.replace('"1000"', '"4294967296"')],
    ['an id that is no number', GOLDEN_JSON.replace('"1000"', '""')],
    ['a name twice', GOLDEN_JSON.replace('{}', '{"a":"1","b":"2","a":"3"}')],
    ['a name with an escape', GOLDEN_JSON.replace('{}', '{"\\u0061":"1"}')],
    ['a name that is an index', GOLDEN_JSON.replace('{}', '{"b":"1","0":"2"}')],
    ['an event id with an escape', GOLDEN_JSON.replace('test-event', 'test\\u002devent')],
    ['a long name', GOLDEN_JSON.replace('{}', `{"${'n'.repeat(129)}":"1"}`)],
    [
      'more attributes than it has room for',
      GOLDEN_JSON.replace('{}', `{${Array.from({ length: 257 }, (_, index) => `"n${index}":""`).join()}}`),
    ],
  ])('leaves %s to others', (_, json) => {
    expect(read(json)).toBeUndefined();
    expect(read(GOLDEN_JSON)).toBeDefined();
  });

  test('never reads past the end', () => {
    const json = GOLDEN_JSON.replace('{}', '{"file.path":"/x"}');
    for (let length = 0; length < json.length; length++) {
      const bytes = Buffer.from(json);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      expect(event.read(bytes, view, 0, length)).toBe(false);
      expect(read(json.slice(0, length))).toBeUndefined();
    }
  });

  test('keeps no name from a record that it did not take', () => {
    const fresh = new CanonicalEvent();
    const bytes = (json: string) => {
      const buffer = Buffer.from(json);
      return [
        buffer,
        new DataView(buffer.buffer, buffer.byteOffset, buffer.length),
        0,
        buffer.length,
      ] as const;
    };
    expect(fresh.read(...bytes(GOLDEN_JSON.replace('{}', '{"new":"\n"}')))).toBe(false);
    expect(fresh.read(...bytes(GOLDEN_JSON))).toBe(true);
    expect(fresh.get('new')).toBeUndefined();
    expect(fresh.read(...bytes(GOLDEN_JSON.replace('{}', '{"new":"x"}')))).toBe(true);
    expect(fresh.get('new')).toBe('x');
  });

  test('begins anew once it has seen too many names', () => {
    const fresh = new CanonicalEvent();
    let taken = 0;
    for (let index = 0; index < 1100; index++) {
      const buffer = Buffer.from(GOLDEN_JSON.replace('{}', `{"name${index}":"${index}"}`));
      const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
      if (fresh.read(buffer, view, 0, buffer.length)) {
        taken++;
        expect(fresh.get(`name${index}`)).toBe(String(index));
        expect(fresh.get(`name${index - 1}`)).toBeUndefined();
      }
    }
    expect(taken).toBe(1099);
  });

  test('gives the bytes as they were recorded', () => {
    const members = '"a":"\\u0041\\/","b":"\\u00E9"';
    const actual = read(GOLDEN_JSON.replace('{}', `{${members}}`));
    const out = new ByteWriter();
    actual?.writeAttributes(out);
    expect(out.bytes().toString()).toBe(members);
    expect(attributesOf(actual as Event)).toEqual([
      ['a', 'A/'],
      ['b', 'é'],
    ]);
  });

  test('forgets the process of the event before', () => {
    const actual = read(GOLDEN_JSON) as CanonicalEvent; // golden
    actual.process = {} as NonNullable<Event['process']>; // only its presence matters
    read(GOLDEN_JSON);
    expect(actual.process).toBeUndefined();
    expect(toEnvelope(actual)).toEqual(GOLDEN_ENVELOPE);
  });

  test('says the same as EnvelopeEvent of all events of a recording', () => {
    const decoder = new Evt1Decoder();
    decoder.push(readFileSync('test/fixtures/demo.evt1'));
    let events = 0;
    while (decoder.next()) {
      const { bytes, view, start, end } = decoder;
      expect(event.read(bytes, view, start, end)).toBe(true);
      expectEqual(event, new EnvelopeEvent(parseEnvelope(bytes.subarray(start, end))));
      events++;
    }
    expect(events).toBeGreaterThan(100);
  });
});
