import fc from 'fast-check';
import { LineDecoder } from '../../../src/core/line-decoder.ts';
import { anyCuts, cutAt } from '../../support/bytes.ts';

function linesOf(
  pieces: Iterable<Uint8Array>,
  decoder = new LineDecoder(),
): { text: string; offset: number }[] {
  const lines: { text: string; offset: number }[] = [];
  const takeAll = () => {
    while (decoder.next()) {
      lines.push({
        text: decoder.bytes.toString('utf8', decoder.start, decoder.end),
        offset: decoder.recordOffset,
      });
    }
  };
  for (const piece of pieces) {
    decoder.push(piece);
    takeAll();
  }
  decoder.endInput();
  takeAll();
  return lines;
}

describe('LineDecoder', () => {
  test('finds the same lines wherever the input is cut, with their offsets', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll('\n', ''));
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), anyCuts, (texts, isEnded, cuts) => {
        const bytes = Buffer.from(texts.join('\n') + (isEnded ? '\n' : ''));
        const lines = linesOf(cutAt(bytes, cuts));
        expect(lines.map(({ text }) => text)).toEqual(texts.filter((text) => /[^ \t\r]/.test(text)));
        for (const { text, offset } of lines) {
          expect(bytes.toString('utf8', offset, offset + Buffer.byteLength(text))).toBe(text);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('refuses a line over the limit before it has all of it', () => {
    const decoder = new LineDecoder(10);
    decoder.push(Buffer.from('ok\n12345'));
    expect(decoder.next()).toBe(true);
    expect(decoder.next()).toBe(false);
    decoder.push(Buffer.from('678901'));
    expect(() => decoder.next()).toThrow(
      expect.objectContaining({ code: 'SNT_INPUT_CORRUPT', message: expect.stringContaining('offset 3') }),
    );
  });
});
