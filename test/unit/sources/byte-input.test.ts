import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileInput } from '../../../src/sources/byte-input.ts';
import { withTempFolder } from '../../support/temp-folder.ts';

describe('FileInput', () => {
  test.each([0, 1, 524_288, 2_000_001])('gives a file of %d bytes from start to end', (size) =>
    withTempFolder(async (folder) => {
      const path = join(folder, 'file');
      const contents = Buffer.from(Array.from({ length: size }, (_, index) => (index * 7) % 251));
      writeFileSync(path, contents);
      await using input = await FileInput.open(path);
      const pieces: Buffer[] = [];
      for await (const piece of input) {
        pieces.push(Buffer.from(piece));
      }
      expect(Buffer.concat(pieces).equals(contents)).toBe(true);
      expect(input.readBytes).toBe(size);
    }),
  );

  test.each([
    ['/nonexistent/file', 'no such file'],
    ['/', 'it is a directory'],
  ])('says why it cannot read %s', async (path, fault) => {
    await expect(FileInput.open(path)).rejects.toMatchObject({
      code: 'SNT_USAGE',
      message: `Cannot read ${path}: ${fault}`,
    });
  });
});
