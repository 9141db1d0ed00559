import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { encodeEnvelope, encodeEvent, parseEnvelope } from '../../../src/core/envelope-json.ts';
import { toEnvelope } from '../../../src/core/event.ts';
import { anyEnvelope, anyText } from '../../support/any-event.ts';
import { GOLDEN_ENVELOPE, GOLDEN_JSON, makeEvent } from '../../support/events.ts';

const parse = (text: string) => parseEnvelope(Buffer.from(text));
const corrupt = expect.objectContaining({ code: 'SNT_INPUT_CORRUPT' });

describe('encodeEvent()', () => {
  test('writes the golden payload', () => {
    expect(encodeEvent(makeEvent())).toBe(GOLDEN_JSON);
  });

  test('writes what encodeEnvelope() writes of the same event', () => {
    const event = fc
      .record({
        eventId: anyText,
        hostname: anyText,
        podName: anyText,
        namespace: anyText,
        containerId: anyText,
      })
      .chain((host) =>
        fc.record({ object: anyText, detail: anyText, comm: anyText }).map((what) => ({ ...host, ...what })),
      );
    fc.assert(
      fc.property(event, fc.dictionary(anyText, anyText), (fields, attributes) => {
        const made = makeEvent(fields, attributes);
        expect(encodeEvent(made)).toBe(encodeEnvelope(toEnvelope(made)));
      }),
    );
  });

  test('takes ready-made attributes when the event has them', () => {
    const event = makeEvent({ writeAttributes: (out) => out.latin1('"a":"b"') }, { ignored: 'x' });
    expect(encodeEvent(event)).toBe(GOLDEN_JSON.replace('{}', '{"a":"b"}'));
  });

  test('does not mix up the hosts of two events', () => {
    encodeEvent(makeEvent({ containerId: 'other' }));
    expect(encodeEvent(makeEvent())).toBe(GOLDEN_JSON);
  });
});

describe('encodeEnvelope() and parseEnvelope()', () => {
  test('are each the inverse of the other', () => {
    fc.assert(
      fc.property(anyEnvelope, (envelope) => {
        const text = encodeEnvelope(envelope);
        expect(text).toMatch(/^[ -~]*$/);
        const parsed = parse(text);
        expect(parsed).toEqual(envelope);
        expect(encodeEnvelope(parsed)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test("encodeEnvelope() writes the bytes of Python's json.dumps", () => {
    const envelopes = fc.sample(anyEnvelope, { numRuns: 200, seed: 7 });
    const lines = envelopes.map(encodeEnvelope);
    const script =
      'import json,sys\n' +
      'for line in sys.stdin.buffer:\n' +
      '  print(json.dumps(json.loads(line), separators=(",", ":")))';
    const fromPython = execFileSync('python3', ['-c', script], { input: lines.join('\n') }).toString(
      'latin1',
    );
    expect(fromPython.trimEnd().split('\n')).toEqual(lines);
  });
});

describe('parseEnvelope()', () => {
  test('keeps a time beyond 2^53 to the last digit', () => {
    expect(parse(GOLDEN_JSON.replace('1234567890000000000', '18446744073709551615')).ts_unix_nano).toBe(
      2n ** 64n - 1n,
    );
    expect(parse('{"event_type":"x","ts_unix_nano":1234567890123456789}').ts_unix_nano).toBe(
      1234567890123456789n,
    );
  });

  test('takes the last of two times, as JSON does', () => {
    const twice = `${GOLDEN_JSON.slice(0, -1)},"ts_unix_nano":1700000000000000001}`;
    expect(parse(twice).ts_unix_nano).toBe(1700000000000000001n);
  });

  test('reads other spacing and order', () => {
    const spaced = JSON.stringify(JSON.parse(GOLDEN_JSON.replace(/:(\d{19})/, ':"$1"')), null, 2);
    expect(parse(spaced)).toEqual(GOLDEN_ENVELOPE);
  });

  test.each([
    ['no JSON', '{"event_type":'],
    ['a list', '[]'],
    ['a number', '12345678901234567890'],
    ['null', 'null'],
    ['no event', '{"hostname":"h"}'],
    ['a negative time', '{"event_type":"x","ts_unix_nano":-1}'],
    ['a time of 65 bits', '{"event_type":"x","ts_unix_nano":18446744073709551616}'],
    ['a time of 65 bits in place', GOLDEN_JSON.replace('1234567890000000000', '18446744073709551616')],
    ['a broken time', '{"event_type":"x","ts_unix_nano":1.5}'],
    ['deep nesting', `{"event_type":"x","a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
  ])('refuses %s', (_, text) => {
    expect(() => parse(text)).toThrow(corrupt);
  });

  test('refuses bytes that are not UTF-8', () => {
    expect(() => parseEnvelope(Buffer.from(GOLDEN_JSON.replace('bash', 'b\xffsh'), 'latin1'))).toThrow(
      corrupt,
    );
  });
});
