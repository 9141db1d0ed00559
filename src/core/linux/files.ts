/** Modes, kinds and device numbers of files. */
import { keepTexts } from '../number-texts.ts';

/** Permission bits as four octal digits, without the file's type: `0644`, `4755`. */
export const modeText: (mode: number) => string = keepTexts((mode) =>
  (mode & 0o7777).toString(8).padStart(4, '0'),
);

const TYPES: Readonly<Record<number, string>> = {
  1: 'fifo',
  2: 'char',
  4: 'dir',
  6: 'block',
  8: 'file',
  10: 'symlink',
  12: 'socket',
};

/** ECS's word for the kind of file in a mode's type bits; undefined when there are none. */
export function fileTypeOf(mode: number): string | undefined {
  return TYPES[(mode >>> 12) & 0xf];
}

/** `major:minor` of a device number as the kernel holds it (major << 20 | minor). */
export const deviceText: (device: number) => string = keepTexts(
  (device) => `${device >>> 20}:${device & 0xfffff}`,
);
