import fc from 'fast-check';
import { Batch } from '../../../src/sinks/batch.ts';
import { anyText } from '../../support/any-event.ts';

describe('Batch', () => {
  test('holds what was appended, in order, whatever the mix and size', () => {
    const latin1 = fc
      .tuple(fc.string({ unit: fc.nat(0xff).map((unit) => String.fromCharCode(unit)) }), fc.nat(300))
      .map(([text, times]) => ({ kind: 'latin1' as const, text: text.repeat(times) }));
    const utf8 = anyText.map((text) => ({ kind: 'utf8' as const, text }));
    fc.assert(
      fc.property(fc.array(fc.oneof(latin1, utf8)), (parts) => {
        const batch = new Batch();
        for (const { kind, text } of parts) {
          kind === 'utf8' ? batch.out.utf8(text) : batch.out.latin1(text);
        }
        const expected = Buffer.concat(parts.map(({ kind, text }) => Buffer.from(text, kind)));
        expect(batch.sizeBytes).toBe(expected.length);
        expect(batch.bytes().equals(expected)).toBe(true);
      }),
    );
  });

  test('clear() empties it', () => {
    const batch = new Batch();
    batch.out.latin1('abc');
    batch.count('file_open');
    batch.clear();
    expect(batch.sizeBytes).toBe(0);
    expect(batch.events).toBe(0);
    batch.visitTypes(() => {
      throw new Error('no type is left');
    });
  });

  test('visitTypes() gives the counts by type', () => {
    const batch = new Batch();
    for (const type of ['file_open', 'process_exec', 'file_open'] as const) {
      batch.count(type);
    }
    const seen: unknown[] = [];
    batch.visitTypes((type, events) => seen.push([type, events]));
    expect(seen).toEqual([
      ['process_exec', 1],
      ['file_open', 2],
    ]);
    expect(batch.events).toBe(3);
  });
});
