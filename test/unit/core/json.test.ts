import fc from 'fast-check';
import { isRawNumber, parseExactJson, quoteJson } from '../../../src/core/json.ts';
import { anyText } from '../../support/any-event.ts';

describe('quoteJson()', () => {
  test.each([
    ['plain', '"plain"'],
    ['', '""'],
    ['a"b\\c/d', '"a\\"b\\\\c/d"'],
    ['\b\f\n\r\t', '"\\b\\f\\n\\r\\t"'],
    ['\0\u001f\u007f', '"\\u0000\\u001f\\u007f"'],
    ['café', '"caf\\u00e9"'],
    ['😀', '"\\ud83d\\ude00"'],
    ['\ud800x', '"\\ud800x"'],
    ['a\u2028b~', '"a\\u2028b~"'],
  ])('writes %j as json.dumps does', (text, quoted) => {
    expect(quoteJson(text)).toBe(quoted);
  });

  test('gives ASCII that parses to the same text, whatever the text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const quoted = quoteJson(text);
        expect(quoted).toMatch(/^[ -~]*$/);
        expect(JSON.parse(quoted)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('parseExactJson()', () => {
  test('keeps the digits that a number would lose', () => {
    const value = parseExactJson('{"a":1234567890123456789,"b":[1.50,1e400,-0],"c":7}');
    expect(JSON.stringify(value)).toBe('{"a":1234567890123456789,"b":[1.50,1e400,-0],"c":7}');
  });

  test('marks such a number, and leaves the others as they are', () => {
    const [big, small] = parseExactJson('[9007199254740993,7]') as unknown[];
    expect(isRawNumber(big)).toBe(true);
    expect(small).toBe(7);
  });

  test('throws SyntaxError on what is not JSON', () => {
    expect(() => parseExactJson('{"a":}')).toThrow(SyntaxError);
  });
});
