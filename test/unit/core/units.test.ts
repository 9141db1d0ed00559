import { formatBytes, parseQuantity } from '../../../src/core/units.ts';

describe('parseQuantity()', () => {
  it.each([
    ['10s', 10_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1.5h', 5_400_000],
    [' 1 d ', 86_400_000],
  ])('reads the duration %p as %p ms', (text, expected) => {
    expect(parseQuantity(text, 'duration_ms')).toBe(expected);
  });

  it.each(['10', 's', '-1s', '1e3s', '10 sec', '1.s', '', '9007199254740993ms', '1.0005s'])(
    'refuses the duration %p',
    (text) => {
      expect(parseQuantity(text, 'duration_ms')).toBeUndefined();
    },
  );

  it.each([
    ['65536', 65_536],
    ['64k', 65_536],
    ['64KiB', 65_536],
    ['64kB', 64_000],
    ['8MiB', 8_388_608],
    ['1g', 1_073_741_824],
    ['12 b', 12],
  ])('reads the size %p as %p bytes', (text, expected) => {
    expect(parseQuantity(text, 'bytes')).toBe(expected);
  });

  it.each(['8MMB', '0x10', '1.5', '8 i', '99999999999999g'])('refuses the size %p', (text) => {
    expect(parseQuantity(text, 'bytes')).toBeUndefined();
  });

  it('reads counts in thousands and millions, not in powers of two', () => {
    expect([parseQuantity('50k', 'count'), parseQuantity('2M', 'count')]).toEqual([50_000, 2_000_000]);
  });

  it('answers at once for a text of a million digits', () => {
    expect(parseQuantity('9'.repeat(1_000_000), 'count')).toBeUndefined();
  });
});

describe('formatBytes()', () => {
  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [8_388_608, '8 MiB'],
    [1_610_612_736, '1.5 GiB'],
  ])('writes %p as %p', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });
});
