import fc from 'fast-check';
import { EnvelopeEvent } from '../../../src/core/envelope-event.ts';
import { encodeEvent } from '../../../src/core/envelope-json.ts';
import { anyEnvelope } from '../../support/any-event.ts';
import { GOLDEN_ENVELOPE, GOLDEN_JSON } from '../../support/events.ts';

describe('EnvelopeEvent', () => {
  test('is encoded as what it came from', () => {
    expect(encodeEvent(new EnvelopeEvent(GOLDEN_ENVELOPE))).toBe(GOLDEN_JSON);
  });

  test('has the fields of the envelope', () => {
    const event = new EnvelopeEvent({ ...GOLDEN_ENVELOPE, attributes: { 'file.path': '/x' } });
    expect(event).toMatchObject({
      pid: 1234,
      threadId: 5678,
      uid: 1000,
      comm: 'bash',
      object: '/tmp/test.txt',
    });
    expect(event.get('file.path')).toBe('/x');
    expect(event.get('toString')).toBeUndefined();
    expect(event.get('event.action')).toBe('file_open');
    expect(event.get('process.pid')).toBe('1234');
    expect(event.get('container.id')).toBe('container-123');
  });

  test('keeps an unknown type as event.action', () => {
    const event = new EnvelopeEvent({ ...GOLDEN_ENVELOPE, event_type: 'odd' });
    expect(event.type).toBe('sys_call');
    expect(event.get('event.action')).toBe('odd');
  });

  test.each(['-1', '4294967296', '1e3', '0x10', '007', ''])(
    'keeps the pid cell %p that is no plain number',
    (pid) => {
      const event = new EnvelopeEvent({ ...GOLDEN_ENVELOPE, data: ['o', 'd', 'c', pid, '1', '1', 'more'] });
      expect(event.get('data.3')).toBe(pid);
      expect(event.get('data.6')).toBe('more');
      expect(event.get('data.4')).toBeUndefined();
    },
  );

  test('loses no cell and no attribute, whatever the envelope', () => {
    fc.assert(
      fc.property(anyEnvelope, (envelope) => {
        const encoded = JSON.parse(encodeEvent(new EnvelopeEvent(envelope)));
        expect(encoded.attributes).toMatchObject(envelope.attributes);
        envelope.data.forEach((cell, index) => {
          expect([encoded.data[index], encoded.attributes[`data.${index}`]]).toContain(cell);
        });
      }),
    );
  });
});
