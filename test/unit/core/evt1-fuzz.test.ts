import {
  checkInput,
  checkRecords,
  type FuzzCounts,
  mutate,
  SEEDS,
  seededRandom,
} from '../../support/evt1-fuzz.ts';

const noCounts = (): FuzzCounts => ({ events: 0, invalid: 0, corrupt: 0 });

describe('damaged EVT1', () => {
  test('50,000 mutations are read as events, skipped or refused, and nothing else', () => {
    const random = seededRandom(1);
    const counts = noCounts();
    for (let round = 0; round < 50_000; round++) {
      const bytes = mutate(SEEDS.evt1, random);
      checkRecords(bytes, random(bytes.length + 1), counts);
    }
    // Each way out was taken often: the mutations are neither too gentle nor too rough.
    expect(Math.min(counts.events, counts.invalid, counts.corrupt)).toBeGreaterThan(5_000);
  }, 60_000);

  test.each(['evt1', 'gzip', 'lines'] as const)(
    '1,000 mutations of %s input end, one way or the other',
    async (form) => {
      const random = seededRandom(2);
      const counts = noCounts();
      for (let round = 0; round < 1_000; round++) {
        const bytes = mutate(SEEDS[form], random);
        await checkInput(bytes, 1 + random(bytes.length + 1), counts);
      }
      expect(counts.events).toBeGreaterThan(100);
    },
    60_000,
  );
});
