/** Arbitrary texts and envelopes for property tests. */
import fc from 'fast-check';
import type { EventEnvelope } from '../../src/core/event.ts';

/** Any text: ASCII, controls, the whole of Unicode, lone surrogates. */
export const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
);

/** Any envelope; attribute names include hostile ones. */
export const anyEnvelope: fc.Arbitrary<EventEnvelope> = fc.record({
  event_id: anyText,
  ts_unix_nano: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
  hostname: anyText,
  pod: anyText,
  namespace: anyText,
  container_id: anyText,
  event_type: anyText,
  data: fc.array(anyText, { maxLength: 8 }),
  attributes: fc
    .array(fc.tuple(fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', 'toString', '1')), anyText))
    .map((entries) => Object.fromEntries(entries)),
});
