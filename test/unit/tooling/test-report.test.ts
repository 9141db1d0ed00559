import { closingLine, type JestReport, summarise } from '../../../scripts/test-report.ts';

function reportOf(
  ...tests: readonly (readonly [fullName: string, status: 'passed' | 'failed' | 'pending' | 'todo'])[]
): JestReport {
  const assertionResults = tests.map(([fullName, status]) => ({ fullName, status }));
  return { testResults: [{ name: 'a.test.ts', message: '', assertionResults }] };
}

describe('summarise()', () => {
  test('counts over all reports', () => {
    const summary = summarise([reportOf(['a', 'passed'], ['b', 'failed']), reportOf(['c', 'passed'])], {});
    expect(summary).toMatchObject({ passed: 2, failed: 1, skipped: 0, faults: [] });
  });

  test('takes a skip whose need has as many as expected', () => {
    const summary = summarise([reportOf(['a', 'passed'], ['b [needs kprobe: no such hook]', 'pending'])], {
      kprobe: 1,
    });
    expect(summary).toMatchObject({ passed: 1, failed: 0, skipped: 1, faults: [] });
    expect(summary.skips.get('kprobe')).toEqual({ count: 1, reasons: ['no such hook'] });
  });

  test('takes a machine on which nothing needs skipping', () => {
    expect(summarise([reportOf(['a', 'passed'])], { kprobe: 1 }).failed).toBe(0);
  });

  test.each([1, 3])('faults two skips where %d were expected', (count) => {
    const report = reportOf(['a [needs kprobe: x]', 'pending'], ['b [needs kprobe: x]', 'pending']);
    expect(summarise([report], { kprobe: count }).faults).toEqual([
      `2 tests were skipped for want of kprobe, expected ${count}`,
    ]);
  });

  test.each(['pending', 'todo'] as const)('faults a %s test that gives no reason', (status) => {
    expect(summarise([reportOf(['a', status])], {})).toMatchObject({
      failed: 1,
      faults: ['a: skipped without a reason'],
    });
  });

  test('faults a file in which no test ran', () => {
    const summary = summarise(
      [{ testResults: [{ name: 'a.test.ts', message: 'Boom\n at', assertionResults: [] }] }],
      {},
    );
    expect(summary.faults).toEqual(['a.test.ts: no test ran: Boom']);
  });
});

describe('closingLine()', () => {
  test('leaves out skips when there are none', () => {
    expect(closingLine(summarise([reportOf(['a', 'passed'])], {}))).toBe('1 passed, 0 failed');
  });

  test('tells skips', () => {
    const summary = summarise([reportOf(['a', 'passed'], ['b [needs x: y]', 'pending'])], { x: 1 });
    expect(closingLine(summary)).toBe('1 passed, 0 failed, 1 skipped');
  });

  test('calls a run of nothing failed', () => {
    expect(closingLine(summarise([], {}))).toBe('0 passed, 1 failed');
  });
});
