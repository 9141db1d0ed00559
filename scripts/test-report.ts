/** What a test run came to: counts, and what is wrong with it beside failed tests. */

/** One test, as jest's JSON report has it. */
interface JestAssertion {
  readonly fullName: string;
  readonly status: 'passed' | 'failed' | 'pending' | 'skipped' | 'todo' | 'disabled' | 'focused';
}

/** The part of jest's JSON report that is used. */
export interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly JestAssertion[];
  }[];
}

/** For each need, how many tests are skipped on a machine without it. */
export type ExpectedSkips = Readonly<Record<string, number>>;

/** The outcome of a run. */
export interface TestSummary {
  readonly passed: number;
  /** Tests that failed, and faults. */
  readonly failed: number;
  readonly skipped: number;
  /** What is wrong beside failed tests, one line each. */
  readonly faults: readonly string[];
  /** Need, with the reasons given and how many tests were skipped for it. */
  readonly skips: ReadonlyMap<string, { readonly count: number; readonly reasons: readonly string[] }>;
}

const SKIP_MARK = / \[needs ([a-z0-9_-]+): (.+)\]$/;

/**
 * Sums up reports of jest.
 *
 * A skip without a need and a reason is a fault, and so is a need that made other than none or all of its expected tests
 * skip. A file in which no test ran is one too.
 */
export function summarise(reports: readonly JestReport[], expected: ExpectedSkips): TestSummary {
  const files = reports.flatMap(({ testResults }) => testResults);
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const isSkipped = ({ status }: JestAssertion) => status !== 'passed' && status !== 'failed';
  const skipped = tests.filter(isSkipped);
  const skips = new Map<string, { count: number; reasons: string[] }>();
  const faults = files
    .filter(({ assertionResults }) => assertionResults.length === 0)
    .map(({ name, message }) => `${name}: no test ran: ${message.split('\n', 1)[0] || 'it has none'}`);

  for (const { fullName } of skipped) {
    const [, need, reason] = SKIP_MARK.exec(fullName) ?? [];
    if (need === undefined || reason === undefined) {
      faults.push(`${fullName}: skipped without a reason`);
      continue;
    }
    const known = skips.get(need) ?? { count: 0, reasons: [] };
    skips.set(need, { count: known.count + 1, reasons: [...new Set([...known.reasons, reason])] });
  }
  for (const [need, { count }] of skips) {
    if (expected[need] !== count) {
      faults.push(`${count} tests were skipped for want of ${need}, expected ${expected[need] ?? 'none'}`);
    }
  }
  const failedTests = tests.filter(({ status }) => status === 'failed').length;
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: failedTests + faults.length,
    skipped: skipped.length,
    faults,
    skips,
  };
}

/** The closing line, `12 passed, 0 failed`, with the skips when there are any. A run of nothing has failed. */
export function closingLine({ passed, failed, skipped }: TestSummary): string {
  const failures = passed + failed === 0 ? 1 : failed;
  return `${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
