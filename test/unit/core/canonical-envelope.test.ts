import fc from 'fast-check';
import { isCanonicalEnvelope } from '../../../src/core/canonical-envelope.ts';
import { encodeEnvelope } from '../../../src/core/envelope-json.ts';
import { anyEnvelope } from '../../support/any-event.ts';
import { GOLDEN_JSON } from '../../support/events.ts';

function check(text: string | Buffer, pad = 0): boolean {
  const bytes = Buffer.concat([Buffer.alloc(pad, '"'), Buffer.from(text as string), Buffer.alloc(pad, '}')]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return isCanonicalEnvelope(view, pad, bytes.length - pad);
}

describe('isCanonicalEnvelope()', () => {
  test('accepts what we write, at any alignment', () => {
    fc.assert(
      fc.property(anyEnvelope, fc.nat(5), (envelope, pad) => {
        const fitsDigits = envelope.ts_unix_nano < 10n ** 19n;
        expect(check(encodeEnvelope(envelope), pad)).toBe(fitsDigits);
      }),
      { numRuns: 1000 },
    );
  });

  test('accepts only JSON, however the text is damaged', () => {
    const base = GOLDEN_JSON.replace('"attributes":{}', '"attributes":{"a.b":"\\u00e9\\n","c":""}');
    expect(check(base)).toBe(true);
    const damage = fc.tuple(fc.nat(base.length - 1), fc.nat(255), fc.constantFrom('set', 'cut', 'insert'));
    fc.assert(
      fc.property(damage, ([at, byte, kind]) => {
        const bytes = Buffer.from(base);
        const middle = kind === 'cut' ? [] : [Buffer.from([byte])];
        const damaged = Buffer.concat([
          bytes.subarray(0, at),
          ...middle,
          bytes.subarray(kind === 'insert' ? at : at + 1),
        ]);
        if (check(damaged)) {
          expect(() => JSON.parse(damaged.toString('latin1'))).not.toThrow();
        }
      }),
      { numRuns: 20_000 },
    );
  });

  test.each([
    ['a space', GOLDEN_JSON.replace(',"pod"', ', "pod"')],
    [
      'another order',
      GOLDEN_JSON.replace('"pod":"test-pod","namespace":"default"', '"namespace":"default","pod":"test-pod"'),
    ],
    ['a further key', GOLDEN_JSON.replace('"attributes":{}', '"attributes":{},"x":1')],
    ['a raw control character', GOLDEN_JSON.replace('bash', 'ba\nsh')],
    ['non-ASCII', GOLDEN_JSON.replace('bash', 'bäsh')],
    ['a bad escape', GOLDEN_JSON.replace('bash', 'b\\x41')],
    ['a short unicode escape', GOLDEN_JSON.replace('bash"', '\\u12g4"')],
    ['an escape at the end', '{"event_id":"\\'],
    ['a number in data', GOLDEN_JSON.replace('"1234"', '1234')],
    ['a trailing comma in data', GOLDEN_JSON.replace('"1000"]', '"1000",]')],
    ['a trailing comma in attributes', GOLDEN_JSON.replace('{}', '{"a":"b",}')],
    ['a nested attribute', GOLDEN_JSON.replace('{}', '{"a":{}}')],
    ['a leading zero', GOLDEN_JSON.replace(':1234567890000000000', ':01')],
    ['twenty digits', GOLDEN_JSON.replace(':1234567890000000000', ':18446744073709551615')],
    ['no digits', GOLDEN_JSON.replace(':1234567890000000000', ':')],
    ['something after it', `${GOLDEN_JSON} `],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(check(text)).toBe(false);
  });

  test('leaves delete to be escaped, wherever in a word it stands', () => {
    for (let pad = 0; pad < 4; pad++) {
      for (const id of ['\x7f', 'a\x7f', 'ab\x7f', 'abc\x7f', 'abcd\x7fef']) {
        expect(check(GOLDEN_JSON.replace('test-event-123', id), pad)).toBe(false);
      }
    }
  });

  test('never reads past the end', () => {
    for (let length = 0; length < GOLDEN_JSON.length; length++) {
      const bytes = Buffer.from(GOLDEN_JSON);
      expect(isCanonicalEnvelope(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, length)).toBe(
        false,
      );
    }
  });
});
