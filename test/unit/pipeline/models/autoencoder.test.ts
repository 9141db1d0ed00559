import { AutoencoderTraining, drawAutoencoder } from '../../../../src/pipeline/models/autoencoder.ts';
import type { DenseLayer } from '../../../../src/pipeline/models/dense-layer.ts';
import { drawLayer } from '../../../../src/pipeline/models/dense-layer.ts';
import { MersenneTwister } from '../../../../src/pipeline/models/mersenne-twister.ts';

const INPUTS = 3;
const RATE = 0.01;

function rows(count: number): Float64Array {
  const random = new MersenneTwister(5);
  return Float64Array.from({ length: count * INPUTS }, () => random.random() * 4 - 2);
}

function apply(layer: DenseLayer, x: readonly number[]): number[] {
  return Array.from(layer.bias, (bias, row) =>
    x.reduce((sum, value, at) => sum + value * (layer.weights[row * layer.inputs + at] ?? 0), bias),
  );
}

/** Mean squared error over all rows and values. */
function loss(encoder: DenseLayer, decoder: DenseLayer, data: Float64Array): number {
  let sum = 0;
  for (let from = 0; from < data.length; from += INPUTS) {
    const x = [...data.subarray(from, from + INPUTS)];
    const y = apply(decoder, apply(encoder, x).map(Math.tanh));
    sum += x.reduce((squares, value, at) => squares + (value - (y[at] ?? 0)) ** 2, 0);
  }
  return sum / data.length;
}

test('drawLayer() draws what torch.nn.Linear(2, 1) has after torch.manual_seed(42)', () => {
  const layer = drawLayer(2, 1, MersenneTwister.fromWord(42));
  // 0.8823, 0.9150, 0.3829 are torch.rand(3) of that seed
  expect([...layer.weights].map((value) => value.toFixed(4))).toEqual(['0.5406', '0.5869']);
  expect(layer.bias[0]).toBeCloseTo(-0.1657, 4);
});

test('drawAutoencoder() gives the encoder two orthonormal bases, scaled alike', () => {
  const { encoder } = drawAutoencoder(INPUTS, MersenneTwister.fromWord(1));
  for (const base of [0, INPUTS]) {
    for (let row = 0; row < INPUTS; row++) {
      for (let other = 0; other < INPUTS; other++) {
        let dot = 0;
        for (let at = 0; at < INPUTS; at++) {
          dot +=
            (encoder.weights[(base + row) * INPUTS + at] ?? 0) *
            (encoder.weights[(base + other) * INPUTS + at] ?? 0);
        }
        expect(dot).toBeCloseTo(row === other ? 1 / 3 : 0, 12);
      }
    }
  }
});

test('AutoencoderTraining moves every weight by the rate against its gradient in the first step', () => {
  const autoencoder = drawAutoencoder(INPUTS, MersenneTwister.fromWord(1));
  const data = rows(50);
  const before = structuredClone(autoencoder);
  const training = new AutoencoderTraining(autoencoder, data, 1, RATE);
  expect([training.runSlice(), training.runSlice()]).toEqual([false, true]);
  for (const part of ['encoder', 'decoder'] as const) {
    for (const kind of ['weights', 'bias'] as const) {
      for (let at = 0; at < before[part][kind].length; at++) {
        const probe = structuredClone(before);
        const nudge = (by: number) => {
          probe[part][kind][at] = (before[part][kind][at] ?? 0) + by;
          return loss(probe.encoder, probe.decoder, data);
        };
        const gradient = (nudge(1e-5) - nudge(-1e-5)) / 2e-5;
        const step = (autoencoder[part][kind][at] ?? 0) - (before[part][kind][at] ?? 0);
        // algorithm 1 of Adam at t = 1: rate * g / (|g| + epsilon)
        expect(step).toBeCloseTo((-RATE * gradient) / (Math.abs(gradient) + 1e-8), 5);
      }
    }
  }
});

test('AutoencoderTraining lowers the error, and leaves the autoencoder alone until it is over', () => {
  const autoencoder = drawAutoencoder(INPUTS, MersenneTwister.fromWord(1));
  const data = rows(64);
  const first = loss(autoencoder.encoder, autoencoder.decoder, data);
  const training = new AutoencoderTraining(autoencoder, data, 200, RATE);
  for (let slice = 1; slice < training.slices; slice++) {
    training.runSlice();
  }
  expect(loss(autoencoder.encoder, autoencoder.decoder, data)).toBe(first);
  expect(training.runSlice()).toBe(true);
  expect(loss(autoencoder.encoder, autoencoder.decoder, data)).toBeLessThan(first / 4);
});
