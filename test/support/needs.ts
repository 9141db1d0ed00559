/** Tests that need what not every machine has. */

/** Something that a test needs, and whether this machine has it. */
export interface Need {
  /** A key of test/expected-skips.json. */
  readonly name: string;
  readonly isMet: boolean;
  /** What is missing, in one clause; shown where the test was skipped. */
  readonly reason: string;
}

/**
 * A test that runs where `need` is met. Elsewhere it is skipped in full view: the runner reads need and reason from the
 * name, and compares the number of skips with test/expected-skips.json.
 *
 * @param timeoutMs As jest's own; 5,000 unless given.
 */
export function testWith(need: Need, name: string, body: jest.ProvidesCallback, timeoutMs?: number): void {
  if (need.isMet) {
    test(name, body, timeoutMs);
  } else {
    test.skip(`${name} [needs ${need.name}: ${need.reason}]`, body, timeoutMs);
  }
}
