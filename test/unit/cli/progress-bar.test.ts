import { PassThrough } from 'node:stream';
import { ProgressBar } from '../../../src/cli/progress-bar.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp() {
  const stream = new PassThrough();
  const clock = new ManualClock();
  return {
    clock,
    bar: new ProgressBar(stream, 'reading', 200e6, clock),
    text: () => String(stream.read() ?? ''),
  };
}

describe('ProgressBar', () => {
  test('update() draws share and rate', () => {
    const { clock, bar, text } = setUp();
    clock.advance(1000);
    bar.update(50e6);
    expect(text()).toBe(`\r\x1b[Kreading [${'#'.repeat(7)}${'.'.repeat(23)}] 25 % of 200 MB, 50 MB/s`);
  });

  test('update() draws at most ten times a second, and never more than 100 %', () => {
    const { clock, bar, text } = setUp();
    bar.update(1);
    text();
    clock.advance(99);
    bar.update(2);
    expect(text()).toBe('');
    clock.advance(1);
    bar.update(400e6);
    expect(text()).toContain('100 %');
  });

  test('clear() removes what was drawn, and nothing else', () => {
    const { bar, text } = setUp();
    bar.clear();
    expect(text()).toBe('');
    bar.update(1);
    text();
    bar.clear();
    expect(text()).toBe('\r\x1b[K');
  });
});
