import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Expectation } from '../../../../src/app/detection/expectation.ts';
import { withTempFolder } from '../../../support/temp-folder.ts';

const line = (id: string, score = 1) =>
  JSON.stringify({ detection_id: id, model: 'loda', title: `t ${id}`, score });

function compare(expected: string[], actual: string[]): Promise<string | undefined> {
  return withTempFolder(async (folder) => {
    const path = join(folder, 'expected.ndjson');
    writeFileSync(path, expected.map((text) => `${text}\n`).join(''));
    const expectation = await Expectation.read(path);
    for (const text of actual) {
      expectation.meet(text);
    }
    return expectation.difference()?.replace(path, 'FILE');
  });
}

describe('Expectation', () => {
  it('finds no difference in the same lines', async () => {
    expect(await compare([line('a'), line('b')], [line('a'), line('b')])).toBeUndefined();
    expect(await compare([], [])).toBeUndefined();
  });

  it('names what is missing, what is new and what changed', async () => {
    const difference = await compare([line('a'), line('b'), line('c')], [line('a', 2), line('c'), line('d')]);
    expect(difference).toBe(
      [
        'differs from FILE: 2 expected and not there (-), 2 there and not expected (+), ~ is both',
        '~ a loda: t a',
        '    score: 1 → 2',
        '- b loda: t b',
        '+ d loda: t d',
      ].join('\n'),
    );
  });

  it('notices lines that come twice or in another order', async () => {
    expect(await compare([line('a')], [line('a'), line('a')])).toContain('1 there and not expected');
    expect(await compare([line('a'), line('b')], [line('b'), line('a')])).toContain('another place');
  });

  it('a file that is not there is a usage error', async () => {
    await expect(Expectation.read('/nonexistent/x')).rejects.toMatchObject({ code: 'SNT_USAGE' });
  });
});
