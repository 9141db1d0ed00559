import { readFileSync, writeFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { SentinelError } from '../../../src/core/errors.ts';
import { readStateFile, writeStateFile } from '../../../src/core/state-file.ts';
import { withTempFolder } from '../../support/temp-folder.ts';

describe('readStateFile()', () => {
  it('gives back what was written last, for nobody else to read', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'deep', 'a.state');
      await writeStateFile(path, Buffer.from('first, and longer'));
      await writeStateFile(path, Buffer.from('second'));
      expect(String(await readStateFile(path))).toBe('second');
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(await readdir(join(folder, 'deep'))).toEqual(['a.state']);
    });
  });

  it('gives nothing where there is no file', async () => {
    await withTempFolder(async (folder) => {
      expect(await readStateFile(join(folder, 'none'))).toBeUndefined();
    });
  });

  it('refuses whatever was changed or cut', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'a.state');
      await writeStateFile(path, Buffer.from('what was learnt'));
      const whole = readFileSync(path);
      await fc.assert(
        fc.asyncProperty(
          fc.nat(whole.length - 1),
          fc.integer({ min: 1, max: 255 }),
          fc.boolean(),
          async (at, bits, isCut) => {
            const changed = Buffer.from(whole);
            changed[at] = (changed[at] ?? 0) ^ bits;
            writeFileSync(path, isCut ? whole.subarray(0, at) : changed);
            await expect(readStateFile(path)).rejects.toMatchObject({ code: 'SNT_INPUT_CORRUPT' });
          },
        ),
        { numRuns: 60 },
      );
    });
  });

  it('says what is wrong', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'a.state');
      writeFileSync(path, 'x'.repeat(100));
      await expect(readStateFile(path)).rejects.toThrow(SentinelError);
      await expect(readStateFile(path)).rejects.toThrow(/it is no state file/);
    });
  });
});
