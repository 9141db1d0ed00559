import { LABELS, METRICS, Metrics } from '../../../src/core/metrics.ts';

describe('Metrics', () => {
  it('gives the same series for the same labels', () => {
    const metrics = new Metrics();
    metrics.series('sentinel_events_seen_total', { type: 'file_open' }).value += 2;
    metrics.series('sentinel_events_seen_total', { type: 'file_open' }).value += 1;
    expect(metrics.snapshot()).toEqual([
      { name: 'sentinel_events_seen_total', labels: { type: 'file_open' }, value: 3 },
    ]);
  });

  it('sums by label and by condition', () => {
    const metrics = new Metrics();
    const drop = (type: 'file_open' | 'net_bind', reason: 'ring_full' | 'not_forwarded', value: number) => {
      const stage = reason === 'ring_full' ? 'kernel' : 'filter';
      metrics.series('sentinel_events_dropped_total', { type, stage, reason }).value += value;
    };
    drop('file_open', 'ring_full', 5);
    drop('net_bind', 'ring_full', 2);
    drop('file_open', 'not_forwarded', 10);
    expect(metrics.sum('sentinel_events_dropped_total')).toBe(17);
    expect(metrics.sum('sentinel_events_dropped_total', { stage: 'kernel' })).toBe(7);
    expect([...metrics.sumBy('sentinel_events_dropped_total', 'reason')]).toEqual([
      ['not_forwarded', 10],
      ['ring_full', 7],
    ]);
    expect([...metrics.sumBy('sentinel_events_dropped_total', 'type', { stage: 'kernel' })]).toEqual([
      ['file_open', 5],
      ['net_bind', 2],
    ]);
  });

  it.each([
    ['a value from data', { type: 'rm -rf' }],
    ['a missing label', {}],
    ['another label', { type: 'file_open', pid: '1' }],
  ])('refuses %s', (_, labels) => {
    const metrics = new Metrics();
    // The compiler refuses it too; what is tested is a value that got past it.
    expect(() => metrics.series('sentinel_events_seen_total', labels as { type: 'file_open' })).toThrow(
      RangeError,
    );
    expect(metrics.snapshot()).toEqual([]);
  });

  it('has a closed set for every label of every metric', () => {
    const labels = Object.values(METRICS).flatMap(({ labels }) => labels);
    expect(labels.length).toBeGreaterThan(0);
    expect(labels.filter((label) => LABELS[label].length === 0)).toEqual([]);
  });
});
