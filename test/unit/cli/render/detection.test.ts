import fc from 'fast-check';
import { makeDetectionRenderer } from '../../../../src/cli/render/detection.ts';
import { textWidth } from '../../../../src/cli/render/text-width.ts';
import type { Contribution, ModelDetection } from '../../../../src/core/detection.ts';
import { encodeEvent } from '../../../../src/core/envelope-json.ts';
import { anyText } from '../../../support/any-event.ts';
import { makeEvent } from '../../../support/events.ts';

const plain = (columns: number) =>
  makeDetectionRenderer({ isColoured: false, columns: () => columns, zoneMinutes: () => 0 });

function reason(text: string): Contribution {
  return { feature: 'f', value: 1, weight: 1, text };
}

function detection(fields: Partial<ModelDetection> = {}): ModelDetection {
  return {
    detectionId: 'id',
    timeUnixNs: 1n,
    hostname: 'h',
    title: 'Unusual file: the words of a sequence',
    model: 'loda',
    score: 5.2134,
    pvalue: 0.0066,
    threshold: 4.9101,
    models: [],
    contributions: [reason('first event of bash'), reason('first event of bash'), reason('it is hidden')],
    entities: [],
    eventJson: encodeEvent(makeEvent()),
    ...fields,
  };
}

describe('makeDetectionRenderer()', () => {
  it('shows the event, each reason once, and how unusual it is', () => {
    expect(plain(100)(detection()).split('\n')).toEqual([
      expect.stringMatching(/^UNUSUAL 23:31:30 +file_open .*bash\[1234\].*\/tmp\/test\.txt/),
      '        · first event of bash',
      '        · it is hidden',
      '        p=0.0066, loda 5.21 ≥ 4.91',
    ]);
  });

  it('shows the word of each of several models, the surest first', () => {
    const models = [
      { model: 'loda', score: 1, pvalue: 0.5 },
      { model: 'ngram', score: 9, pvalue: 0.001 },
    ];
    expect(plain(100)(detection({ model: 'ensemble', models }))).toMatch(
      /\n {8}p=0\.0066, ngram p=0\.001, loda p=0\.5$/,
    );
  });

  it('takes the words of the title where no feature explains', () => {
    expect(plain(100)(detection({ contributions: [] })).split('\n')[1]).toBe(
      '        · the words of a sequence',
    );
  });

  it('never is wider than the terminal, nor holds a control of another', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.integer({ min: 20, max: 200 }), (object, text, columns) => {
        const event = makeEvent({ object, comm: text }, { 'file.path': object });
        const shown = plain(columns)(
          detection({ eventJson: encodeEvent(event), contributions: [reason(text)] }),
        );
        const lines = shown.split('\n');
        expect(lines).toHaveLength(3);
        for (const line of lines) {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what must not be there
          expect(line).not.toMatch(/[\0-\x1f\x7f-\x9f\u2028-\u202e]/);
          expect(textWidth(line)).toBeLessThanOrEqual(Math.max(columns, 72));
        }
      }),
    );
  });

  it('colours nothing but its own words', () => {
    const coloured = makeDetectionRenderer({ isColoured: true, columns: () => 100, zoneMinutes: () => 0 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences that we write
    expect(coloured(detection()).replace(/\u001b\[[0-9;]*m/g, '')).toBe(plain(100)(detection()));
  });
});
