import fc from 'fast-check';
import { makeCompactRenderer } from '../../../../src/cli/render/compact.ts';
import { bytesText, durationText } from '../../../../src/cli/render/describe-event.ts';
import { cutEnd, cutMiddle, padTo, textWidth } from '../../../../src/cli/render/text-width.ts';
import { EVENT_TYPES } from '../../../../src/core/event-types.ts';
import { sampleEvent } from '../../pipeline/sample-event.ts';
import { sampleEvents } from './samples.ts';

const plain = (columns: number) =>
  makeCompactRenderer({ isColoured: false, columns: () => columns, zoneMinutes: () => 0 });
const coloured = makeCompactRenderer({ isColoured: true, columns: () => 140, zoneMinutes: () => 60 });
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences that we write
const SGR = /\u001b\[[0-9;]*m/g;

test('lines on a wide terminal', () => {
  expect(sampleEvents().map(plain(140))).toMatchSnapshot();
});

test('lines on a narrow terminal', () => {
  expect(sampleEvents().map(plain(80))).toMatchSnapshot();
});

test('no line is wider than its terminal, which has 64 columns at least', () => {
  for (const columns of [40, 60, 80, 100, 120, 200]) {
    for (const event of sampleEvents()) {
      const line = plain(columns)(event);
      expect([line, textWidth(line) <= Math.max(columns, 64)]).toEqual([line, true]);
    }
  }
});

test('colour adds sequences and no text', () => {
  for (const event of sampleEvents()) {
    const line = coloured(event);
    expect(line).toMatch(SGR);
    expect(line.replace(SGR, '').slice(12)).toBe(plain(140)(event).slice(12));
  }
});

test('a failure is red and named', () => {
  const line = coloured(
    sampleEvent({
      attributes: { 'event.outcome': 'failure', 'error.code': 'EACCES', 'file.flags': 'O_RDONLY' },
    }),
  );
  expect(line).toContain('\u001b[1;31m✗ EACCES Permission denied');
});

test('time is local time', () => {
  expect(coloured(sampleEvent()).replace(SGR, '')).toMatch(/^23:13:20\.123 /);
});

test('nothing from an event reaches the terminal unescaped', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
  const unsafe = /[\0-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
  fc.assert(
    fc.property(
      fc.constantFrom(...EVENT_TYPES),
      fc.record({ object: text, detail: text, comm: text, containerId: text }),
      fc.record({
        'process.parent.name': text,
        'process.args': fc.oneof(
          text,
          fc.array(text).map((list) => JSON.stringify(list)),
        ),
        'user.name': text,
        'error.code': text,
        'event.outcome': fc.constantFrom('failure', 'success'),
        'network.transport': text,
        'destination.domain': text,
        'fs.type': text,
        'file.changes.owner': text,
        'target.process.name': text,
        'process.thread.capabilities.effective': fc.array(text).map((list) => JSON.stringify(list)),
        'memory.size': text,
        'event.duration': text,
        'agent.sequence': text,
      }),
      fc.integer({ min: 1, max: 300 }),
      (type, strings, attributes, columns) => {
        expect(plain(columns)(sampleEvent({ type, ...strings, attributes }))).not.toMatch(unsafe);
      },
    ),
    { numRuns: 2000 },
  );
});

test('a megabyte in an event costs no more than a line', () => {
  const big = 'x'.repeat(1024 * 1024);
  const attributes = { 'process.args': JSON.stringify(['a', big]), 'user.name': big };
  expect(
    textWidth(plain(120)(sampleEvent({ type: 'process_exec', object: big, comm: big, attributes }))),
  ).toBeLessThanOrEqual(120);
});

test('widths of narrow, wide and combining characters', () => {
  expect([
    textWidth('abc'),
    textWidth('日本'),
    textWidth('e\u0301'),
    textWidth('é'),
    textWidth('😀'),
  ]).toEqual([3, 4, 1, 1, 2]);
});

test('cutting keeps within the columns and keeps the end of a path', () => {
  expect(cutEnd('abcdef', 4)).toBe('abc…');
  expect(cutMiddle('/usr/lib/x86_64-linux-gnu/libc.so.6', 16)).toBe('/usr/…/libc.so.6');
  expect(cutMiddle('日本語日本語', 6)).toBe('…本語');
  expect(padTo('日', 4)).toBe('日  ');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 20 }), (text, columns) => {
      expect(textWidth(cutMiddle(text, columns))).toBeLessThanOrEqual(columns);
      expect(textWidth(cutEnd(text, columns))).toBeLessThanOrEqual(columns);
    }),
  );
});

test('bytesText() and durationText() round for people', () => {
  expect(['0', '1023', '1536', '1572864', '-1', 'x', ''].map(bytesText)).toEqual([
    '0 B',
    '1023 B',
    '1.5 KiB',
    '1.5 MiB',
    '-1',
    'x',
    '',
  ]);
  expect([12_000, 3_400_000, 5.6e9, 123e9, 14_700e9, 543_600e9].map(durationText)).toEqual([
    '12 µs',
    '3.4 ms',
    '5.6 s',
    '2 m 3 s',
    '4 h 5 m',
    '6 d 7 h',
  ]);
});
