import fc from 'fast-check';
import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { DecayClock } from '../../../../src/pipeline/features/decay-clock.ts';
import { PathShape } from '../../../../src/pipeline/features/path-shape.ts';
import { PrefixCounts, PrefixQuery, UserQuery } from '../../../../src/pipeline/features/prefix-counts.ts';
import { hashStart, hashText } from '../../../../src/pipeline/features/text-hash.ts';

const START = hashStart(0);

class Bench {
  readonly counts: PrefixCounts;
  readonly query = new PrefixQuery();
  readonly user = new UserQuery();
  readonly #shape = new PathShape(START);

  constructor(nodes = 4096) {
    this.counts = new PrefixCounts(new DecayClock(86_400_000), nodes, nodes);
  }

  look(program: string, path: string): PrefixQuery {
    const root = hashText(START, program);
    this.#shape.read(path);
    this.counts.look(this.query, root, this.#shape.prefixes, this.#shape.steps);
    this.counts.lookUser(this.user, this.query, root);
    return this.query;
  }

  learn(program: string, path: string, times = 1): void {
    for (let time = 0; time < times; time++) {
      this.look(program, path);
      this.counts.learn(this.query);
    }
  }

  /** Learns the path for everyone, and who used it. */
  learnUse(user: string, path: string, times = 1): void {
    for (let time = 0; time < times; time++) {
      this.lookUse(user, path);
      this.counts.learn(this.query);
      this.counts.learnUser(this.user, this.query);
    }
  }

  lookUse(user: string, path: string): UserQuery {
    this.look('', path);
    this.counts.lookUser(this.user, this.query, hashText(START, user));
    return this.user;
  }
}

describe('PrefixCounts', () => {
  test('finds a path the less surprising the more often it came', () => {
    const bench = new Bench();
    bench.learn('cron', '/etc/crontab', 100);
    let last = Number.POSITIVE_INFINITY;
    for (let time = 0; time < 10; time++) {
      bench.learn('cron', '/etc/cron.d/backup');
      if (bench.look('cron', '/etc/cron.d/backup').isNew) {
        continue; // the tree grows by a step an event
      }
      expect(bench.query.surprisal).toBeLessThan(last);
      last = bench.query.surprisal;
    }
    expect(last).toBeLessThan(3);
  });

  test('falls back from a new file to the directory that it knows', () => {
    const bench = new Bench();
    for (let file = 0; file < 200; file++) {
      bench.learn('sort', `/tmp/sort${file}x`);
      bench.learn('sort', '/etc/locale/lang');
    }
    const temporary = bench.look('sort', '/tmp/sortnew').surprisal;
    const system = bench.look('sort', '/etc/locale/other').surprisal;
    expect(temporary).toBeLessThan(1.5);
    expect(system).toBeGreaterThan(temporary + 2);
    expect(bench.look('sort', '/tmp/sortnew').stepSurprisal).toBeLessThan(0.3);
  });

  test('says up to where a path is known', () => {
    const bench = new Bench();
    bench.learn('cat', '/etc/cron.d/a', 4);
    expect(bench.look('cat', '/etc/cron.d/b')).toMatchObject({ known: 2, steps: 3, isNew: true, count: 0 });
    expect(bench.look('cat', '/etc/x/y/z')).toMatchObject({ known: 1, steps: 4, isNew: true });
    expect(bench.look('cat', '/etc/cron.d/a')).toMatchObject({ known: 3, isNew: false, count: 2, total: 4 });
    expect(bench.look('less', '/etc/cron.d/a')).toMatchObject({ known: 0, isNew: true, total: 0 });
  });

  test('grows by one directory an event', () => {
    const bench = new Bench();
    bench.learn('find', '/a/b/c/d');
    expect(bench.look('find', '/a/b/c/d').known).toBe(1);
    bench.learn('find', '/a/b/c/d');
    expect(bench.look('find', '/a/b/c/d').known).toBe(2);
  });

  test('keeps what is established through a flood of new names', () => {
    const bench = new Bench(1024);
    for (let file = 0; file < 40; file++) {
      bench.learn('nginx', `/srv/www/${file}a`, 6);
    }
    for (let flood = 0; flood < 30_000; flood++) {
      bench.learn(`program-${flood % 13}`, `/tmp/${flood}x/y`);
      bench.learn(`new-${flood}`, '/x');
    }
    let kept = 0;
    for (let file = 0; file < 40; file++) {
      kept += bench.look('nginx', `/srv/www/${file}a`).isNew ? 0 : 1;
    }
    expect(kept).toBe(40);
  });

  test('is surprised by who has never used a file that others use', () => {
    const bench = new Bench();
    bench.learnUse('sshd', '/etc/shadow', 200);
    bench.learnUse('su', '/etc/shadow', 50);
    bench.learnUse('cat', '/srv/x', 50);
    expect(bench.lookUse('sshd', '/etc/shadow').surprisal).toBeLessThan(0.3);
    expect(bench.lookUse('cat', '/etc/shadow').surprisal).toBeGreaterThan(3);
    expect(bench.user).toMatchObject({ level: 0, isNew: true });
    expect(bench.user.total).toBeGreaterThan(200);
  });

  test('asks the directory for a file that it does not know', () => {
    const bench = new Bench();
    bench.learnUse('dpkg', '/etc/cron.d/a', 50);
    expect(bench.lookUse('dpkg', '/etc/cron.d/new')).toMatchObject({ level: 1, isNew: false });
    expect(bench.lookUse('bash', '/etc/cron.d/new')).toMatchObject({ level: 1, isNew: true });
    expect(bench.user.surprisal).toBeGreaterThan(2);
  });

  test('answers after a restore exactly as before', () => {
    const path = fc.array(fc.constantFrom('a', 'b', 'c', '1'), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(fc.array(path, { maxLength: 120 }), fc.array(path, { maxLength: 20 }), (learnt, asked) => {
        const bench = new Bench(64);
        for (const parts of learnt) {
          bench.learnUse(parts[0] ?? '', `/${parts.join('/')}`);
        }
        const state = new StateWriter();
        bench.counts.save(state);
        const restored = new Bench(64);
        const reader = new StateReader(state.bytes());
        restored.counts.restore(reader);
        expect(reader.remaining).toBe(0);
        for (const parts of asked) {
          const text = `/${parts.join('/')}`;
          const { probability } = bench.lookUse('a', text);
          expect(probability).toBeGreaterThan(0);
          expect(probability).toBeLessThanOrEqual(1);
          expect(bench.query.probability).toBeGreaterThan(0);
          expect(bench.query.probability).toBeLessThanOrEqual(1);
          expect(restored.lookUse('a', text).probability).toBe(probability);
          expect(restored.query.probability).toBe(bench.query.probability);
          bench.learnUse('a', text);
          restored.learnUse('a', text);
        }
      }),
      { numRuns: 40 },
    );
  });
});
