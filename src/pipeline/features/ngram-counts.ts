/** How usual the characters of a command line are in their order. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import type { DecayClock } from './decay-clock.ts';

/** Characters of a text that are looked at. */
export const MAX_NGRAM_UNITS = 512;
const CLASSES = 40;
/** Characters over which the worst stretch is taken. */
const STRETCH = 16;
/** Additive smoothing: what every character has been seen more often than it was. */
const SMOOTHING = 0.5;

const CLASS_OF = classes();

/**
 * Trigrams over 40 classes of characters (small letters each, digits, capitals, the rest by kind):
 * `P(c|ab) = (n(abc) + s) / (n(ab) + 40 s)`, `s = 0.5`.
 */
export class NgramCounts {
  readonly #clock: DecayClock;
  readonly #trigrams = new Float32Array(CLASSES ** 3);
  readonly #bigrams = new Float32Array(CLASSES ** 2);
  /** Mean surprisal of the text read last, nats a character; 0 for fewer than three characters. */
  mean = 0;
  /** The highest mean of 16 characters in a row. */
  worst = 0;
  /** Where they begin. */
  worstStart = 0;

  constructor(clock: DecayClock) {
    this.#clock = clock;
  }

  get sizeBytes(): number {
    return this.#trigrams.byteLength + this.#bigrams.byteLength;
  }

  /** Judges a text: sets {@link mean}, {@link worst}, {@link worstStart}. */
  look(text: string): void {
    const perScale = 1 / this.#clock.scale;
    const end = Math.min(text.length, MAX_NGRAM_UNITS);
    let sum = 0;
    let counts = 1;
    let totals = 1;
    let stretch = 0;
    let first = classAt(text, 0);
    let second = classAt(text, 1);
    this.worst = 0;
    this.worstStart = 0;
    for (let index = 2; index < end; index++) {
      const third = classAt(text, index);
      const context = first * CLASSES + second;
      counts *= (this.#trigrams[context * CLASSES + third] ?? 0) * perScale + SMOOTHING;
      totals *= (this.#bigrams[context] ?? 0) * perScale + CLASSES * SMOOTHING;
      first = second;
      second = third;
      if (++stretch === STRETCH || index === end - 1) {
        const surprisal = Math.log(totals / counts);
        sum += surprisal;
        // A short end is no stretch of its own unless there is nothing else.
        if ((stretch === STRETCH || index < STRETCH + 2) && surprisal / stretch > this.worst) {
          this.worst = surprisal / stretch;
          this.worstStart = index - stretch + 1;
        }
        counts = 1;
        totals = 1;
        stretch = 0;
      }
    }
    this.mean = end > 2 ? sum / (end - 2) : 0;
  }

  learn(text: string): void {
    const { scale } = this.#clock;
    const end = Math.min(text.length, MAX_NGRAM_UNITS);
    let first = classAt(text, 0);
    let second = classAt(text, 1);
    for (let index = 2; index < end; index++) {
      const third = classAt(text, index);
      const context = first * CLASSES + second;
      const trigram = context * CLASSES + third;
      this.#trigrams[trigram] = (this.#trigrams[trigram] ?? 0) + scale;
      this.#bigrams[context] = (this.#bigrams[context] ?? 0) + scale;
      first = second;
      second = third;
    }
  }

  /** Multiplies all weights, as `DecayClock.advance` asks. */
  scale(factor: number): void {
    for (const counts of [this.#trigrams, this.#bigrams]) {
      for (let index = 0; index < counts.length; index++) {
        counts[index] = (counts[index] ?? 0) * factor;
      }
    }
  }

  save(state: StateWriter): void {
    state.array(this.#trigrams);
    state.array(this.#bigrams);
  }

  restore(state: StateReader): void {
    for (const counts of [this.#trigrams, this.#bigrams]) {
      state.fill(counts);
      for (const count of counts) {
        if (!(count >= 0 && count < Number.POSITIVE_INFINITY)) {
          state.fail('a weight that is below 0 or no number');
        }
      }
    }
  }
}

function classAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return unit < 128 ? (CLASS_OF[unit] ?? 0) : 1; // NaN, past the end, is class 1 too
}

function classes(): Uint8Array {
  const table = new Uint8Array(128);
  const kinds = [
    '0123456789',
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    ' ',
    '/',
    '-',
    '.',
    '_',
    '=+',
    ':',
    '\'"',
    '$`\\',
    '|;&<>(){}',
  ];
  for (let letter = 0; letter < 26; letter++) {
    table[97 + letter] = 2 + letter;
  }
  kinds.forEach((characters, kind) => {
    for (const character of characters) {
      table[character.charCodeAt(0)] = 28 + kind;
    }
  });
  return table;
}
