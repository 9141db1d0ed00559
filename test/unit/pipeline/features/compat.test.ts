import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { EVENT_TYPES } from '../../../../src/core/event-types.ts';
import { StateWriter } from '../../../../src/core/state-codec.ts';
import { CompatFeatures } from '../../../../src/pipeline/features/compat.ts';
import type { FeatureSet } from '../../../../src/pipeline/features/feature-set.ts';
import { anyText } from '../../../support/any-event.ts';
import { type EventSample, sampleEvent } from '../sample-event.ts';

function vectorOf(sample: EventSample, set = new CompatFeatures()): number[] {
  const out = new Float64Array(10);
  set.extract(sampleEvent(sample), out);
  return [...out];
}

describe('CompatFeatures', () => {
  test('gives the vector that upstream gives for a plain open', () => {
    const vector = vectorOf({
      object: '/tmp/test',
      detail: '2',
      comm: 'bash',
      pid: 1,
      threadId: 2,
      uid: 1000,
      timeUnixNs: 1_234_567_890_000_000_000n,
    });
    expect(vector).toEqual([
      0.05493061617016792, 0.3488999903202057, 0.364300012588501, 2.384185791015625e-7, 4.76837158203125e-7,
      2.3283064365386963e-7, 0, 0.10000000149011612, 0.9583333134651184, 0.5166666507720947,
    ]);
  });

  test('gives the vector that upstream gives for a write to a sensitive file at midnight', () => {
    const vector = vectorOf({
      object: '/etc/passwd',
      detail: '577',
      comm: 'cat',
      pid: 9999,
      threadId: 9999,
      uid: 0,
      timeUnixNs: 1_767_225_600_000_000_000n,
    });
    expect(vector).toEqual([
      0.3179786801338196, 0.047600001096725464, 0.17319999635219574, 0.0023839473724365234,
      0.0023839473724365234, 0, 1, 0.10000000149011612, 0, 0,
    ]);
  });

  test('takes the second before an hour for the hour before', () => {
    const [, , , , , , , , hour, minute] = vectorOf({ timeUnixNs: 1_767_225_599_999_999_999n });
    expect(hour).toBe(Math.fround(23 / 24));
    expect(minute).toBe(Math.fround(59 / 60));
  });

  test.each([
    ['-1', 0],
    ['-9223372036854775808', 0],
    ['', 0],
    ['O_RDONLY', 0],
    ['0x10', 0],
    [' 1_000 ', Math.fround(Math.log1p(1000) / 20)],
  ])('reads the flags %j', (detail, expected) => {
    expect(vectorOf({ detail })[0]).toBe(expected);
  });

  test('limits flags of any length to 1', () => {
    expect(vectorOf({ detail: '9'.repeat(400) })[0]).toBe(1);
  });

  test('gives a uid to file_open only, as upstream', () => {
    expect(vectorOf({ type: 'file_open', uid: 0xffff_ffff })[5]).toBe(1);
    expect(vectorOf({ type: 'file_unlink', uid: 0xffff_ffff })[5]).toBe(0);
  });

  test('limits pid, thread id and depth to 1', () => {
    const vector = vectorOf({ pid: 0xffff_ffff, threadId: 4_194_305, object: '/'.repeat(21) });
    expect([vector[3], vector[4], vector[7]]).toEqual([1, 1, 1]);
  });

  test('looks at every type but the agent’s own', () => {
    const set = new CompatFeatures();
    const left = EVENT_TYPES.filter((type) => set.groupOf(type) < 0);
    expect(left).toEqual(['agent_heartbeat', 'agent_loss', 'agent_tamper']);
  });

  test('gives the same hash again after its memo was flooded', () => {
    const set = new CompatFeatures();
    const before = vectorOf({ object: '/etc/hosts' }, set);
    for (let index = 0; index < 20_000; index++) {
      vectorOf({ object: `/tmp/${index}` }, set);
    }
    expect(vectorOf({ object: '/etc/hosts' }, set)).toEqual(before);
  });

  test('gives ten float32 in 0..1 and short explanations for any event', () => {
    const set = new CompatFeatures();
    fc.assert(
      fc.property(
        fc.record({ object: anyText, detail: anyText, comm: anyText, pid: fc.nat(0xffff_ffff) }),
        fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
        (texts, timeUnixNs) => {
          const vector = vectorOf({ ...texts, timeUnixNs }, set);
          for (const value of vector) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
            expect(Math.fround(value)).toBe(value);
          }
          const digest = createHash('md5').update(texts.object, 'utf8').digest('hex').slice(0, 8);
          expect(vector[1]).toBe(Math.fround((Number.parseInt(digest, 16) % 10_000) / 10_000));
          for (let feature = 0; feature < 10; feature++) {
            expect(set.explain(sampleEvent({ ...texts, timeUnixNs }), feature).length).toBeLessThanOrEqual(
              120,
            );
          }
        },
      ),
    );
  });

  test('says in words what a feature is', () => {
    const set = new CompatFeatures();
    const event = sampleEvent({ object: '/etc/shadow', comm: 'cat', timeUnixNs: 1_234_567_890_000_000_000n });
    expect(set.explain(event, 2)).toBe('command name cat');
    expect(set.explain(event, 6)).toBe('/etc/shadow is in a system directory');
    expect(set.explain(event, 8)).toBe('at 23:31 UTC');
  });

  test('has no state', () => {
    const state = new StateWriter();
    const set: FeatureSet = new CompatFeatures();
    set.save(state);
    expect(state.bytes()).toHaveLength(0);
  });
});
