import type { Event } from '../../../src/core/event.ts';
import { Pipeline } from '../../../src/pipeline/pipeline.ts';
import { compileForwardingRules, FORWARD_ALL } from '../../../src/pipeline/rules/forwarding.ts';
import { sampleEvent } from './sample-event.ts';

const onlyUnlink = compileForwardingRules([{ file: 'r', text: 'rules: [{name: r, event: file_unlink}]' }]);

function makeSink() {
  const taken: string[] = [];
  return { taken, offer: (event: Event) => taken.push(event.object) };
}

test('Pipeline offers what the rules forward to every sink, and counts by type', () => {
  const sinks = [makeSink(), makeSink()];
  const pipeline = new Pipeline({ rules: onlyUnlink, sinks });
  expect(pipeline.process(sampleEvent({ type: 'file_unlink', object: '/a' }))).toBe(true);
  expect(pipeline.process(sampleEvent({ type: 'file_open', object: '/b' }))).toBe(false);
  expect(pipeline.process(sampleEvent({ type: 'file_unlink', object: '/c' }))).toBe(true);
  expect(sinks.map(({ taken }) => taken)).toEqual([
    ['/a', '/c'],
    ['/a', '/c'],
  ]);
  expect(pipeline.counts()).toEqual([
    { type: 'file_open', seen: 1, forwarded: 0, filtered: 1 },
    { type: 'file_unlink', seen: 2, forwarded: 2, filtered: 0 },
  ]);
});

test('Pipeline enriches before the rules look', () => {
  const rules = compileForwardingRules([
    { file: 'r', text: 'rules: [{name: r, event: file_open, match: {containers: [true]}}]' },
  ]);
  const pipeline = new Pipeline({
    rules,
    sinks: [],
    enrich: (event) => Object.assign(event, { containerId: 'c' }),
  });
  expect(pipeline.process(sampleEvent())).toBe(true);
});

test('replaceRules() counts from the next event on', () => {
  const pipeline = new Pipeline({ rules: onlyUnlink, sinks: [] });
  expect(pipeline.process(sampleEvent())).toBe(false);
  pipeline.replaceRules(FORWARD_ALL);
  expect(pipeline.process(sampleEvent())).toBe(true);
});
