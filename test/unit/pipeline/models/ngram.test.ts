import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { NgramModel, type NgramSettings } from '../../../../src/pipeline/models/ngram.ts';

const SMALL: NgramSettings = { places: 2 ** 14, sequences: 64, warmup: 100 };

/** A process that opens, reads, writes and closes, over and over; now and then it reads twice. */
function routine(model: NgramModel, rounds: number, key = 'p'): void {
  for (let round = 0; round < rounds; round++) {
    for (const symbol of ['open', 'read', ...(round % 5 === 0 ? ['read'] : []), 'write', 'close']) {
      model.learn(key, symbol);
    }
  }
}

/** Seeded symbols `s0` to `s(n-1)`. */
function symbolStream(count: number): () => string {
  let state = 12345;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return `s${(state >>> 16) % count}`;
  };
}

describe('NgramModel', () => {
  test('gives conditional probabilities that sum to at most 1, and to 1 with what was never seen', () => {
    const model = new NgramModel(SMALL);
    routine(model, 200);
    const sum = (prefix: string[]): number => {
      const key = prefix.join();
      for (const symbol of prefix) {
        model.skip(key, symbol);
      }
      return ['open', 'read', 'write', 'close', 'new']
        .map((symbol) => Math.exp(-model.surprisal(key, symbol)))
        .reduce((total, chance) => total + chance, 0);
    };
    for (const prefix of [
      [],
      ['open'],
      ['open', 'read'],
      ['read', 'read', 'write', 'close'],
      ['close', 'close'],
    ]) {
      expect(sum(prefix)).toBeGreaterThan(0.97);
      expect(sum(prefix)).toBeLessThan(1.03);
    }
  });

  test('finds a known symbol in a wrong place more surprising than in its own', () => {
    const model = new NgramModel(SMALL);
    routine(model, 500);
    model.skip('q', 'open');
    expect(model.surprisal('q', 'read')).toBeLessThan(0.1);
    expect(model.surprisal('q', 'close')).toBeGreaterThan(5);
    expect(model.surprisal('q', 'never')).toBeGreaterThan(model.surprisal('q', 'close'));
  });

  test('backs off to what it knows of a shorter context', () => {
    const model = new NgramModel(SMALL);
    routine(model, 500);
    for (const symbol of ['never', 'open']) {
      model.skip('q', symbol);
    }
    expect(model.surprisal('q', 'read')).toBeLessThan(0.2);
    expect(model.surprisal('q', 'write')).toBeGreaterThan(3);
  });

  test('tells apart what only a context of three symbols tells apart', () => {
    const next = symbolStream(2);
    const surprisals = [2, 4].map((order) => {
      const model = new NgramModel({ ...SMALL, order });
      for (let round = 0; round < 3000; round++) {
        const first = next();
        for (const symbol of [first, 'x', 'y', first === 's0' ? 'a' : 'b']) {
          model.learn('p', symbol);
        }
      }
      for (const symbol of ['s0', 'x', 'y']) {
        model.skip('q', symbol);
      }
      return model.surprisal('q', 'b');
    });
    expect(surprisals[0]).toBeLessThan(1);
    expect(surprisals[1]).toBeGreaterThan(5);
  });

  test('does not change by scoring and explaining', () => {
    const model = new NgramModel(SMALL);
    routine(model, 50);
    const before = saved(model);
    for (const key of ['p', 'unknown']) {
      model.score(key, 'write');
      model.score(key, 'unheard of');
      model.surprisal(key, 'write');
      model.explain(key, 'write');
    }
    expect(saved(model)).toEqual(before);
  });

  test('learns the same whether what it learns was scored before, or something else was', () => {
    const next = symbolStream(12);
    const models = [new NgramModel(SMALL), new NgramModel(SMALL), new NgramModel(SMALL)];
    for (let index = 0; index < 2000; index++) {
      const symbol = next();
      models[1]?.score('p', symbol);
      models[2]?.score('p', 'x');
      models[2]?.score('q', symbol);
      for (const model of models) {
        if (index % 5 === 0) {
          model.skip('p', symbol);
        } else {
          model.learn('p', symbol);
        }
      }
    }
    const [plain, scored, other] = models.map(saved);
    expect(scored).toEqual(plain);
    expect(other).toEqual(plain);
  });

  test('averages over the latest symbols of the sequence', () => {
    const model = new NgramModel({ ...SMALL, window: 4 });
    routine(model, 500);
    const ordinary = model.score('q', 'open');
    model.skip('q', 'open');
    model.skip('q', 'close');
    model.skip('q', 'close');
    const strange = model.score('q', 'close');
    expect(strange).toBeGreaterThan(ordinary + 2);
    for (let round = 0; round < 3; round++) {
      for (const symbol of ['open', 'read', 'write', 'close']) {
        model.skip('q', symbol);
      }
    }
    expect(model.score('q', 'open')).toBeLessThan(ordinary + 0.5);
  });

  test('keeps the sequences of processes apart', () => {
    const model = new NgramModel(SMALL);
    routine(model, 500);
    model.skip('a', 'open');
    model.skip('b', 'write');
    expect(model.surprisal('a', 'read')).toBeLessThan(0.1);
    expect(model.surprisal('b', 'read')).toBeGreaterThan(3);
  });

  test('does not take what was skipped for normal', () => {
    const model = new NgramModel(SMALL);
    routine(model, 200);
    const before = model.surprisal('new', 'connect');
    for (let round = 0; round < 100; round++) {
      model.skip('p', 'connect');
    }
    expect(model.surprisal('new', 'connect')).toBe(before);
    model.learn('p', 'connect');
    expect(model.surprisal('new', 'connect')).toBeLessThan(before);
  });

  test('forgets in time what it no longer sees', () => {
    const model = new NgramModel({ ...SMALL, halfLife: 2000 });
    routine(model, 100);
    model.learn('p', 'rare');
    const fresh = model.surprisal('q', 'rare');
    routine(model, 10_000);
    expect(model.surprisal('q', 'rare')).toBeGreaterThan(fresh);
    expect(model.explain('q', 'rare')).toBe('rare never seen');
  });

  test('says in words what is odd', () => {
    const model = new NgramModel(SMALL);
    routine(model, 500);
    model.learn('other', 'connect');
    for (const symbol of ['open', 'read', 'write']) {
      model.skip('q', symbol);
    }
    expect(model.explain('q', 'exec')).toBe('exec never seen');
    expect(model.explain('q', 'connect')).toMatch(/^after write: connect never seen \(in \d+\)$/);
    expect(model.explain('q', 'close')).toMatch(/^after .*write: close seen \d+ times in \d+$/);
    expect(model.explain('fresh', 'read')).toMatch(/^after its start: read never seen/);
    const sequence = new NgramModel(SMALL);
    routine(sequence, 500);
    for (const symbol of ['read', 'read', 'read']) {
      sequence.skip('q', symbol);
    }
    expect(sequence.explain('q', 'read')).toMatch(/^after read, read: read never seen/);
  });

  test('stays within its bounds of sequences, symbols and counts, whatever comes', () => {
    const model = new NgramModel({ ...SMALL, places: 1024, sequences: 16 });
    for (let index = 0; index < 20_000; index++) {
      model.learn(`process ${index} ${'k'.repeat(index % 300)}`, `symbol ${index}${'s'.repeat(index % 300)}`);
    }
    expect(model.sequences).toBe(16);
    expect(model.evictions).toBe(20_000 - 16);
    expect(saved(model).length).toBeLessThan(1_500_000);
    for (const symbol of ['', '\0', '__proto__', 'x'.repeat(100_000)]) {
      expect(Number.isFinite(model.score(symbol, symbol))).toBe(true);
      model.learn(symbol, symbol);
      expect(model.explain(symbol, symbol).length).toBeLessThan(1000);
    }
  });

  test('forgets the sequence that was quiet longest', () => {
    const model = new NgramModel({ ...SMALL, sequences: 2 });
    routine(model, 200, 'a');
    model.skip('a', 'open');
    model.skip('b', 'open');
    model.skip('a', 'read');
    model.skip('c', 'open');
    expect(model.surprisal('a', 'write')).toBeLessThan(0.5);
    const start = model.surprisal('unknown', 'read');
    expect(model.surprisal('b', 'read')).toBe(start);
  });

  test('says when it is warm', () => {
    const model = new NgramModel(SMALL);
    routine(model, 10);
    expect(model.isWarm).toBe(false);
    routine(model, 20);
    expect(model.isWarm).toBe(true);
  });

  test('goes on from a state exactly as before', () => {
    const next = symbolStream(30);
    const settings = { ...SMALL, places: 1024, sequences: 8, window: 5, halfLife: 5000 };
    const original = new NgramModel(settings);
    for (let index = 0; index < 10_000; index++) {
      original.learn(`p${index % 11}`, next());
    }
    const restored = new NgramModel(settings);
    restored.learn('left over', 'x');
    const reader = new StateReader(saved(original));
    restored.restore(reader);
    expect(reader.remaining).toBe(0);
    let isSame = true;
    for (let index = 0; index < 5000; index++) {
      const key = `p${(index * 7) % 13}`;
      const symbol = next();
      isSame &&= restored.score(key, symbol) === original.score(key, symbol);
      for (const model of [original, restored]) {
        if (index % 3 === 0) {
          model.skip(key, symbol);
        } else {
          model.learn(key, symbol);
        }
      }
    }
    expect(isSame).toBe(true);
    expect(saved(restored)).toEqual(saved(original));
  });

  test('refuses every cut state, and one of other settings', () => {
    const tiny: NgramSettings = { places: 1024, sequences: 4, window: 2, order: 3 };
    const model = new NgramModel(tiny);
    routine(model, 5);
    const bytes = saved(model);
    for (let length = 0; length < bytes.length; length += 97) {
      expect(() => new NgramModel(tiny).restore(new StateReader(bytes.subarray(0, length)))).toThrow(
        'Cannot read the state',
      );
    }
    expect(() => new NgramModel({ ...tiny, order: 4 }).restore(new StateReader(bytes))).toThrow(
      'another order',
    );
    expect(() => new NgramModel({ ...tiny, window: 3 }).restore(new StateReader(bytes))).toThrow(
      'elements where',
    );
  });

  test.each([{ order: 1 }, { places: 1000 }, { window: 0 }, { sequences: 1.5 }])('refuses %p', (settings) => {
    expect(() => new NgramModel(settings)).toThrow(RangeError);
  });
});

function saved(model: NgramModel): Uint8Array {
  const state = new StateWriter();
  model.save(state);
  return Uint8Array.from(state.bytes());
}
