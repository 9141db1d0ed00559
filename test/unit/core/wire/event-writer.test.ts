import fc from 'fast-check';
import wire from '../../../../build/proto/messages.cjs';
import { EnvelopeEvent } from '../../../../src/core/envelope-event.ts';
import { toEnvelope } from '../../../../src/core/event.ts';
import { EventWriter } from '../../../../src/core/wire/event-writer.ts';
import { anyEnvelope } from '../../../support/any-event.ts';
import { GOLDEN_ENVELOPE, makeEvent } from '../../../support/events.ts';

const { EventBatch, EventEnvelope } = wire.sentinel.v1;

/** Fields as upstream's first generation numbers them, put together by hand: tag, length, text. */
const GOLDEN_BYTES = Buffer.concat([
  Buffer.from(
    '\x0a\x0etest-event-123\x12\x09test-host\x1a\x08test-pod\x22\x07default\x2a\x0dcontainer-123',
    'latin1',
  ),
  Buffer.from(
    '\x4a\x09file_open\x52\x0d/tmp/test.txt\x52\x012\x52\x04bash\x52\x041234\x52\x045678\x52\x041000',
    'latin1',
  ),
  Buffer.from('f00180e8b6b4c79e849111', 'hex'),
]);

function write(event: Parameters<EventWriter['writeEnvelope']>[0]): Buffer {
  const writer = new EventWriter();
  writer.writeEnvelope(event);
  return writer.bytes;
}

describe('EventWriter', () => {
  test('writes the fields of the first generation under their numbers', () => {
    expect(write(new EnvelopeEvent(GOLDEN_ENVELOPE)).toString('latin1')).toBe(
      GOLDEN_BYTES.toString('latin1'),
    );
  });

  test('writes attributes as entries of field 20', () => {
    const bytes = write(makeEvent({ timeUnixNs: 0n }, { open_flags: 'O_WRONLY' }));
    const entry = '\xa2\x01\x16\x0a\x0aopen_flags\x12\x08O_WRONLY';
    expect(bytes.toString('latin1').endsWith(entry)).toBe(true);
  });

  test('leaves out empty texts and the time 0, but no cell of data', () => {
    const none = { eventId: '', hostname: '', podName: '', namespace: '', containerId: '', timeUnixNs: 0n };
    const bytes = write(makeEvent({ ...none, object: '', detail: '', comm: '' }));
    expect(bytes.toString('latin1')).toBe(
      '\x4a\x09file_open\x52\x00\x52\x00\x52\x00\x52\x041234\x52\x045678\x52\x041000',
    );
  });

  test.each([0n, 1n, 127n, 128n, 0xffff_ffffn, 0x1_0000_0000n, 2n ** 53n + 1n, 0xffff_ffff_ffff_ffffn])(
    'writes the time %p without loss',
    (timeUnixNs) => {
      const decoded = EventEnvelope.decode(write(makeEvent({ timeUnixNs })));
      expect(BigInt(String(decoded.tsUnixNano))).toBe(timeUnixNs);
    },
  );

  test.each([47, 48, 49, 100, 126, 127, 128, 200, 16_383, 16_384, 70_000])(
    'writes texts and attributes of %p characters, ASCII or not',
    (length) => {
      for (const letter of ['a', 'é', '€']) {
        const text = letter.repeat(length);
        const decoded = EventEnvelope.decode(
          write(makeEvent({ object: text }, { name: text, [text]: 'value' })),
        );
        expect(decoded.data[0]).toBe(text);
        expect(decoded.attributes).toEqual({ name: text, [text]: 'value' });
      }
    },
  );

  test('writes what another implementation reads, for any event', () => {
    fc.assert(
      fc.property(anyEnvelope, (envelope) => {
        const event = new EnvelopeEvent(envelope);
        const decoded = EventEnvelope.decode(write(event));
        const { attributes, data, ...rest } = toEnvelope(event);
        const wellFormed = (text: string) => text.toWellFormed();
        expect(decoded.eventId).toBe(wellFormed(rest.event_id));
        expect(decoded.podName).toBe(wellFormed(rest.pod));
        expect(decoded.eventType).toBe(rest.event_type);
        expect(decoded.data).toEqual(data.map(wellFormed));
        const expected = Object.entries(attributes).map(([name, value]) => [
          wellFormed(name),
          wellFormed(value),
        ]);
        expect(Object.entries(decoded.attributes).sort()).toEqual(
          Object.entries(Object.fromEntries(expected)).sort(),
        );
        expect(BigInt(String(decoded.tsUnixNano))).toBe(rest.ts_unix_nano);
      }),
    );
  });

  test('writes records that in a row are a batch', () => {
    const writer = new EventWriter();
    const records = ['', 'x'.repeat(100), 'y'.repeat(100_000)].map((object) => {
      writer.writeRecord(makeEvent({ object }));
      return Buffer.from(writer.bytes);
    });
    const { events } = EventBatch.decode(Buffer.concat(records));
    expect(events.map(({ data }) => data?.[0]?.length)).toEqual([0, 100, 100_000]);
  });
});
