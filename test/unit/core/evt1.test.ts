import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { encodeEvent } from '../../../src/core/envelope-json.ts';
import { Evt1Decoder, encodeEvt1Record, isEvt1Head, MAX_PAYLOAD_BYTES } from '../../../src/core/evt1.ts';
import { GOLDEN_SHA256, makeEvent } from '../../support/events.ts';

function decodeAll(pieces: Iterable<Uint8Array>, decoder = new Evt1Decoder()): string[] {
  const payloads: string[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    while (decoder.next()) {
      payloads.push(decoder.bytes.toString('latin1', decoder.start, decoder.end));
    }
  }
  return payloads;
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const payload = fc.string({ unit: 'binary-ascii', maxLength: 300 });

describe('encodeEvt1Record()', () => {
  test("gives upstream's golden record", () => {
    const record = encodeEvt1Record(encodeEvent(makeEvent()));
    expect(record.length).toBe(263);
    expect(record.subarray(0, 16).toString('hex')).toBe('45565431ff0000007b226576656e745f');
    expect(createHash('sha256').update(record).digest('hex')).toBe(GOLDEN_SHA256);
  });
});

describe('Evt1Decoder', () => {
  test('finds the same records wherever the input is cut', () => {
    fc.assert(
      fc.property(fc.array(payload), fc.array(fc.nat(), { maxLength: 20 }), (payloads, cuts) => {
        const bytes = Buffer.concat(payloads.map(encodeEvt1Record));
        const decoder = new Evt1Decoder();
        expect(decodeAll(cutAt(bytes, cuts), decoder)).toEqual(payloads);
        expect(decoder.tornTail()).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test('finds them byte by byte', () => {
    const bytes = Buffer.concat(['', 'a', 'x'.repeat(5000)].map(encodeEvt1Record));
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(decodeAll(pieces)).toEqual(['', 'a', 'x'.repeat(5000)]);
  });

  test('recordOffset is where the record found last begins', () => {
    const decoder = new Evt1Decoder();
    decoder.push(Buffer.concat([encodeEvt1Record('abc'), encodeEvt1Record('de')]));
    decoder.next();
    expect(decoder.recordOffset).toBe(0);
    decoder.next();
    expect(decoder.recordOffset).toBe(11);
  });

  test.each([
    [1, 'magic'],
    [3, 'magic'],
    [4, 'length'],
    [7, 'length'],
    [8, 'payload'],
    [12, 'payload'],
  ])('tornTail() after %d bytes of a record is its %s', (length, kind) => {
    const whole = encodeEvt1Record('first');
    const decoder = new Evt1Decoder();
    const torn = encodeEvt1Record('second').subarray(0, length);
    expect(decodeAll([Buffer.concat([whole, torn])], decoder)).toEqual(['first']);
    expect(decoder.tornTail()).toEqual({ offset: whole.length, kind });
  });

  test('next() says where the magic is bad, after the records before it', () => {
    const decoder = new Evt1Decoder();
    decoder.push(Buffer.concat([encodeEvt1Record('abc'), Buffer.from('INVALID!')]));
    expect(decoder.next()).toBe(true);
    expect(() => decoder.next()).toThrow(
      expect.objectContaining({ code: 'SNT_INPUT_CORRUPT', message: 'bad magic at offset 11' }),
    );
  });

  test('next() takes three foreign bytes at the end for corruption, not for a torn record', () => {
    const decoder = new Evt1Decoder();
    decoder.push(Buffer.from('EVx'));
    expect(() => decoder.next()).toThrow('bad magic at offset 0');
  });

  test('next() refuses a length over the limit without waiting for it', () => {
    const decoder = new Evt1Decoder();
    decoder.push(Buffer.from('EVT1\xff\xff\xff\xff', 'latin1'));
    expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'SNT_INPUT_CORRUPT' }));
    const small = new Evt1Decoder(4);
    small.push(encodeEvt1Record('12345'));
    expect(() => small.next()).toThrow('its length 5 is over the limit of 4');
  });

  test('memory follows the bytes that came, not the length that was claimed', () => {
    const head = Buffer.from('EVT1\xff\xff\xff\x00', 'latin1');
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 200 }, () => {
      const decoder = new Evt1Decoder();
      decoder.push(head);
      decoder.next();
      return decoder;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MAX_PAYLOAD_BYTES);
    expect(decoders[0]?.tornTail()).toEqual({ offset: 0, kind: 'payload' });
  });

  test('push() refuses a piece while the one before is not used up', () => {
    const decoder = new Evt1Decoder();
    decoder.push(encodeEvt1Record('a'));
    expect(() => decoder.push(encodeEvt1Record('b'))).toThrow(TypeError);
  });
});

describe('isEvt1Head()', () => {
  test('never takes a place inside a JSON payload for the head of a record', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant('EVT1'), payload)), (parts) => {
        const json = Buffer.from(JSON.stringify(parts.join('')));
        for (let offset = 0; offset + 8 <= json.length; offset++) {
          expect(isEvt1Head(json, offset)).toBe(false);
        }
      }),
    );
    expect(isEvt1Head(encodeEvt1Record('x'), 0)).toBe(true);
  });
});
