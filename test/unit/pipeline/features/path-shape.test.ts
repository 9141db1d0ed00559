import fc from 'fast-check';
import { PathShape, PathShapes } from '../../../../src/pipeline/features/path-shape.ts';
import { entropyOf } from '../../../../src/pipeline/features/text-entropy.ts';
import { hashStart } from '../../../../src/pipeline/features/text-hash.ts';
import { anyText } from '../../../support/any-event.ts';

const START = hashStart(0);

function shapeOf(path: string): PathShape {
  const shape = new PathShape(START);
  shape.read(path);
  return shape;
}

const prefixesOf = (path: string): number[] => {
  const { prefixes, steps } = shapeOf(path);
  return [...prefixes.subarray(0, steps)];
};

describe('PathShape', () => {
  test('has a prefix for each directory and the whole path last', () => {
    expect(prefixesOf('/etc/cron.d/x')).toEqual([
      ...prefixesOf('/etc'),
      prefixesOf('/etc/cron.d')[1],
      prefixesOf('/etc/cron.d/x')[2],
    ]);
    expect(new Set(prefixesOf('/etc/cron.d/x')).size).toBe(3);
  });

  test('tells deep paths apart by their last step', () => {
    const deep = '/1a/2a/3a/4a/5a/6a/7a/8a/9a/10a';
    expect(prefixesOf(deep)).toHaveLength(8);
    expect(prefixesOf(deep).slice(0, 7)).toEqual(prefixesOf(`${deep}/x`).slice(0, 7));
    expect(prefixesOf(deep)[7]).not.toBe(prefixesOf(`${deep}/x`)[7]);
  });

  test('takes one number in a path for another', () => {
    expect(prefixesOf('/proc/17/maps')).toEqual(prefixesOf('/proc/4242/maps'));
    expect(prefixesOf('/proc/17')).toEqual(prefixesOf('/proc/4242'));
    expect(prefixesOf('/proc/17a/maps')).not.toEqual(prefixesOf('/proc/18a/maps'));
  });

  test.each([
    ['/home/u/.ssh/id', true],
    ['/home/u/.bashrc', true],
    ['/a/../b', false],
    ['/a/./b', false],
    ['.', false],
    ['/etc/x.d', false],
  ])('says whether %s is hidden', (path, isHidden) => {
    expect(shapeOf(path).isHidden).toBe(isHidden);
  });

  test.each([
    ['/tmp/x', true],
    ['/dev/shm/x', true],
    ['/var/tmp/x', true],
    ['/home/u/x', true],
    ['/run/user/1/x', true],
    ['/memfd:x (deleted)', true],
    ['memfd:x', true],
    ['/tmpx', false],
    ['/usr/bin/sh', false],
    ['', false],
  ])('says whether users may write where %s is', (path, isWritable) => {
    expect(shapeOf(path).isWritable).toBe(isWritable);
  });

  test('knows an extension from a dot elsewhere', () => {
    const none = shapeOf('/a/b').extension;
    expect(shapeOf('/a.so/b').extension).toBe(none);
    expect(shapeOf('/a/b.').extension).toBe(none);
    expect(shapeOf('/a/.bashrc').extension).toBe(none);
    expect(shapeOf('/a/b.toolongextension').extension).toBe(none);
    expect(shapeOf('/a/b.so').extension).toBe(shapeOf('/x.y/c.so').extension);
    expect(shapeOf('/a/b.so').extension).not.toBe(shapeOf('/a/b.py').extension);
  });

  test('measures the last component', () => {
    expect(shapeOf('/usr/lib/ab12')).toMatchObject({
      depth: 3,
      nameLength: 4,
      digitShare: 0.5,
      nameEntropy: 2,
    });
  });

  test('is bounded and finite for any text', () => {
    const shape = new PathShape(START);
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: fc.constantFrom('/', '.', 'a', '1') })), (text) => {
        shape.read(text);
        expect(shape.steps).toBeGreaterThanOrEqual(1);
        expect(shape.steps).toBeLessThanOrEqual(8);
        expect(shape.digitShare).toBeLessThanOrEqual(1);
        expect(shape.nameEntropy).toBeLessThanOrEqual(7);
      }),
    );
    shape.read('/'.repeat(1_000_000));
    expect(shape.depth).toBe(1024);
  });
});

describe('PathShapes', () => {
  test('gives what reading gives, also after its memo was flooded', () => {
    const shapes = new PathShapes(START);
    for (let index = 0; index < 10_000; index++) {
      const path = `/srv/${index % 3}/file-${index}.txt`;
      expect(shapes.of(path)).toEqual(shapeOf(path));
    }
    const long = `/${'x'.repeat(500)}`;
    expect(shapes.of(long).prefixes).toEqual(shapeOf(long).prefixes);
    expect(shapes.of('/srv/0/file-0.txt')).toEqual(shapeOf('/srv/0/file-0.txt'));
  });
});

describe('entropyOf()', () => {
  test('is 0 for one character and the logarithm for different ones', () => {
    expect(entropyOf('aaaa')).toBe(0);
    expect(entropyOf('abcdefgh')).toBe(3);
    expect(entropyOf('x')).toBe(0);
    expect(entropyOf('aab', 0, 2)).toBe(0);
  });

  test('agrees with the definition', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 2, maxLength: 300, unit: 'grapheme-ascii' }), (text) => {
        let expected = 0;
        for (const character of new Set(text)) {
          const share = [...text].filter((each) => each === character).length / text.length;
          expected -= share * Math.log2(share);
        }
        expect(entropyOf(text)).toBeCloseTo(expected, 9);
      }),
    );
  });
});
