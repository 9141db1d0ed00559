import { CodeMemory } from '../../../../src/pipeline/models/code-memory.ts';
import { drawLayer } from '../../../../src/pipeline/models/dense-layer.ts';
import { MersenneTwister } from '../../../../src/pipeline/models/mersenne-twister.ts';

const CAPACITY = 37;

/** A memory of codes of drawn vectors, and the codes as worked out one value after another. */
function filled(inputs: number): { memory: CodeMemory; codes: number[][] } {
  const random = MersenneTwister.fromWord(inputs);
  const layer = drawLayer(inputs, 2 * inputs, random);
  const memory = new CodeMemory(inputs, CAPACITY, CAPACITY);
  memory.useEncoder(layer);
  const codes: number[][] = [];
  for (let slot = 0; slot < CAPACITY; slot++) {
    const x = Array.from({ length: inputs }, () => random.random() * 6 - 3);
    memory.input.set(x);
    memory.encode();
    memory.store(slot);
    codes.push(
      Array.from(layer.bias, (bias, row) =>
        Math.tanh(x.reduce((sum, value, at) => sum + value * (layer.weights[row * inputs + at] ?? 0), bias)),
      ),
    );
  }
  return { memory, codes };
}

test.each([1, 2, 3, 7, 10, 41])(
  'CodeMemory finds the nearest codes of %d inputs that a plain loop finds',
  (inputs) => {
    const { memory, codes } = filled(inputs);
    for (let slot = 0; slot < CAPACITY; slot++) {
      for (const count of [1, 5, CAPACITY]) {
        const expected = codes
          .map((code) => code.reduce((sum, value, at) => sum + Math.abs(value - (codes[slot]?.[at] ?? 0)), 0))
          .filter((_, other) => other !== slot)
          .sort((a, b) => a - b)
          .slice(0, count);
        memory.load(slot);
        const found = memory.findNearest(CAPACITY, count, slot);
        expect(found).toBe(expected.length);
        expected.forEach((distance, at) => {
          expect(memory.distances[at]).toBeCloseTo(distance, 4);
        });
      }
    }
  },
);

test('CodeMemory finds a stored code again, in its slot and at no distance', () => {
  const { memory } = filled(6);
  memory.load(17);
  expect(memory.findNearest(CAPACITY, 3, -1)).toBe(3);
  expect(memory.nearest).toBe(17);
  expect(memory.distances[0]).toBe(0);
});

test('CodeMemory looks no further than the slots that are in use', () => {
  const { memory } = filled(6);
  memory.load(17);
  expect(memory.findNearest(5, 8, -1)).toBe(5);
  expect(memory.nearest).toBeLessThan(5);
  expect(memory.findNearest(0, 8, -1)).toBe(0);
  expect(memory.nearest).toBe(-1);
});
