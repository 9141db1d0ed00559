import fc from 'fast-check';
import { FRAME_BYTES, RECORD_LAYOUT } from '../../../src/kernel/record-layout.ts';
import { RecordView } from '../../../src/kernel/record-view.ts';
import { TextCache } from '../../../src/kernel/text-cache.ts';
import { RecordBuilder } from './record-builder.ts';

const P = RECORD_LAYOUT.path_record;

describe('RecordView', () => {
  test('moveTo() visits each record of a buffer once, in order', () => {
    const frames = ['/a', '/bb', '/ccc'].map((path) =>
      new RecordBuilder('file_open', 'path_record').text(P.path, path).frame(),
    );
    const view = new RecordView(4096);
    const bytes = Buffer.concat(frames);
    new Uint8Array(view.buffer).set(bytes);
    const paths: string[] = [];
    for (let position = 0; position < bytes.length; ) {
      position = view.moveTo(position, bytes.length);
      paths.push(view.text(P.path).text);
    }
    expect(paths).toEqual(['/a', '/bb', '/ccc']);
  });

  test('moveTo() stops at a frame that is cut or too short for a header', () => {
    const view = new RecordView(4096);
    const bytes = new RecordBuilder('file_open', 'path_record').frame();
    new Uint8Array(view.buffer).set(bytes);
    expect(view.moveTo(0, bytes.length - 8)).toBe(bytes.length - 8);
    expect(view.size).toBe(0);
    new DataView(view.buffer).setUint32(0, 8, true);
    expect(view.moveTo(0, 4096)).toBe(4096);
    expect(view.size).toBe(0);
  });

  test('text() of a reference outside the record is absent', () => {
    const view = new RecordView(65_536 * 2);
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffff), (offset, length) => {
        const frame = new RecordBuilder('file_open', 'path_record')
          .u16(P.path, offset)
          .u16(P.path + 2, length)
          .frame();
        new Uint8Array(view.buffer).set(frame);
        view.moveTo(0, frame.length);
        const isInside = offset + length <= frame.length - FRAME_BYTES;
        const { text } = view.text(P.path);
        expect(isInside && length > 0 ? text.length : 0).toBe(text.length);
        expect(view.textBytes(P.path).length).toBe(isInside ? length : 0);
      }),
    );
  });
});

describe('TextCache', () => {
  test('get() gives for any bytes what decoding gives, however often they come', () => {
    const cache = new TextCache();
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 }), (texts) => {
        for (const text of [...texts, ...texts]) {
          const bytes = Buffer.concat([Buffer.from('xx'), text]);
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
          const found = cache.get(bytes, view, 2, text.length);
          expect(found.text).toBe(Buffer.from(text).toString('utf8'));
          expect(JSON.parse(`"${found.escaped}"`)).toBe(found.text);
          const isUtf8 = Buffer.from(found.text).equals(Buffer.from(text));
          expect(found.hex).toBe(isUtf8 ? undefined : Buffer.from(text).toString('hex'));
        }
      }),
    );
  });
});
