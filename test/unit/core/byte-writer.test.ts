import fc from 'fast-check';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import { escapeJson } from '../../../src/core/json.ts';
import { anyText } from '../../support/any-event.ts';

const latin1 = fc.string({ unit: fc.nat(0xff).map((unit) => String.fromCharCode(unit)), maxLength: 40 });

/** One thing to write, and the bytes that it has to become. */
const anyPiece = fc.oneof(
  latin1.map((text) => ({
    write: (out: ByteWriter) => out.latin1(text),
    wanted: Buffer.from(text, 'latin1'),
  })),
  latin1.map((text) => ({
    write: (out: ByteWriter) => out.repeated(text),
    wanted: Buffer.from(text, 'latin1'),
  })),
  anyText.map((text) => ({
    write: (out: ByteWriter) => out.escaped(text),
    wanted: Buffer.from(escapeJson(text)),
  })),
  anyText.map((text) => ({ write: (out: ByteWriter) => out.utf8(text), wanted: Buffer.from(text) })),
  fc
    .oneof(fc.nat(), fc.maxSafeNat(), fc.integer(), fc.double(), fc.constant(-0))
    .map((value) => ({ write: (out: ByteWriter) => out.number(value), wanted: Buffer.from(String(value)) })),
  fc.nat(999_999_999).map((value) => ({
    write: (out: ByteWriter) => out.digits(value, 9),
    wanted: Buffer.from(String(value).padStart(9, '0')),
  })),
  fc.uint8Array().chain((bytes) =>
    fc.nat(bytes.length).map((start) => ({
      write: (out: ByteWriter) => out.rawFrom(Buffer.from(bytes), start),
      wanted: Buffer.from(bytes.subarray(start)),
    })),
  ),
);

describe('ByteWriter', () => {
  it('holds what was written, in order, whatever the mix and size', () => {
    fc.assert(
      fc.property(fc.array(anyPiece, { maxLength: 30 }), fc.nat(64), (pieces, firstBytes) => {
        const out = new ByteWriter(firstBytes);
        for (const { write } of pieces) {
          write(out);
        }
        const wanted = Buffer.concat(pieces.map((piece) => piece.wanted));
        expect(out.bytes().equals(wanted)).toBe(true);
        expect(out.length).toBe(wanted.length);
      }),
    );
  });

  it('repeated() and escaped() still tell texts apart once more have come than are kept', () => {
    const out = new ByteWriter();
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 9000; index++) {
        out.clear();
        out.repeated(`p${index}`);
        out.escaped(`"${index}`);
        if (out.bytes().toString() !== `p${index}\\"${index}`) {
          throw new Error(`${out.bytes()} for ${index}`);
        }
      }
    }
  });

  it('setU32() fills in what was left open, and refuses a place that was not written', () => {
    const out = new ByteWriter();
    out.u32(1);
    out.latin1('abc');
    out.setU32(0, 0xdeadbeef);
    expect(out.bytes().toString('hex')).toBe('efbeadde616263');
    expect(() => out.setU32(4, 0)).toThrow(RangeError);
  });

  it('truncate() takes back the last writes, never more than there are', () => {
    const out = new ByteWriter();
    out.latin1('abcdef');
    out.truncate(3);
    out.truncate(10);
    expect(out.bytes().toString()).toBe('abc');
  });
});
