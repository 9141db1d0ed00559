import fc from 'fast-check';
import { SentinelError } from '../../../src/core/errors.ts';
import { StateReader, StateWriter } from '../../../src/core/state-codec.ts';

describe('StateReader', () => {
  it('gives back what was written, NaN and infinities too', () => {
    const writer = new StateWriter();
    const numbers = Float64Array.of(1.5, Number.NaN, Number.NEGATIVE_INFINITY, -0);
    writer.u32(0xffff_ffff);
    writer.text('a\0é€');
    writer.array(numbers);
    writer.array(new Uint16Array(5000).fill(7)); // past the first allocation
    writer.f64(0.1);

    const reader = new StateReader(writer.bytes());
    const doubles = new Float64Array(4);
    const shorts = new Uint16Array(5000);
    expect(reader.u32()).toBe(0xffff_ffff);
    expect(reader.text()).toBe('a\0é€');
    reader.fill(doubles);
    reader.fill(shorts);
    expect(doubles).toEqual(numbers);
    expect(shorts.every((value) => value === 7)).toBe(true);
    expect(reader.f64()).toBe(0.1);
    expect(reader.remaining).toBe(0);
  });

  it('refuses an array of another length before it reads it', () => {
    const writer = new StateWriter();
    writer.array(new Float64Array(3));
    expect(() => new StateReader(writer.bytes()).fill(new Float64Array(4))).toThrow(
      /at byte 0: 3 elements where 4 belong/,
    );
  });

  it('says where a cut state ends', () => {
    const writer = new StateWriter();
    writer.text('abcdef');
    expect(() => new StateReader(writer.bytes().subarray(0, 8)).text()).toThrow(
      /at byte 4: the state ends within a text/,
    );
  });

  it('answers random bytes with values or SNT_INPUT_CORRUPT, nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const reader = new StateReader(bytes);
        try {
          reader.u32(100);
          reader.text(20);
          reader.fill(new Int32Array(2));
        } catch (error) {
          expect(error).toBeInstanceOf(SentinelError);
          expect((error as SentinelError).code).toBe('SNT_INPUT_CORRUPT'); // seen to be one above
        }
      }),
    );
  });
});

describe('StateWriter', () => {
  it.each([-1, 1.5, 2 ** 32, Number.NaN])('u32() refuses %p', (value) => {
    expect(() => new StateWriter().u32(value)).toThrow(TypeError);
  });
});
