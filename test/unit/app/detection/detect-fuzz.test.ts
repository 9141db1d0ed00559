import { DetectFuzz } from '../../../support/detect-fuzz.ts';
import { fuzzServer } from '../../../support/detect-fuzz-server.ts';
import { seededRandom } from '../../../support/evt1-fuzz.ts';

jest.setTimeout(120_000);

// `npm run fuzz:detect` does millions.
describe('a detector that is given damaged input', () => {
  const fuzz = new DetectFuzz(seededRandom(20_261_121));

  it('answers or refuses 4,000 gRPC messages', () => {
    for (let left = 4000; left > 0; left--) {
      fuzz.message();
    }
    const { answered, corrupt } = fuzz.counts.messages;
    expect(answered + corrupt).toBe(4000);
    expect(Math.min(answered, corrupt)).toBeGreaterThan(400);
  });

  it('reads or passes over 1,500 lines', async () => {
    for (let lines = 0; lines < 1500; ) {
      lines += await fuzz.lines();
    }
    const { events, invalid } = fuzz.counts.lines;
    expect(Math.min(events, invalid)).toBeGreaterThan(100);
  });

  it('takes or refuses 40 states', () => {
    for (let left = 40; left > 0; left--) {
      fuzz.state();
    }
    const { restored, others, corrupt } = fuzz.counts.states;
    expect(restored + others + corrupt).toBe(40);
    expect(Math.min(restored, corrupt)).toBeGreaterThan(0);
  });

  it('still serves a good peer after 100 such messages and 20 such connections', async () => {
    expect(await fuzzServer(fuzz, 100)).toMatchObject({ connections: 20, refused: expect.any(Number) });
  });
});
