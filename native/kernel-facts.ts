/** What can be known of the kernel without loading anything. */

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const BTF_MAGIC = 0xeb9f;

/** Whether the kernel publishes its BTF, by the magic number at the start of the file. */
export function hasBtf(path = '/sys/kernel/btf/vmlinux'): boolean {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    const magic = new Uint16Array(1);
    return readSync(fd, magic) === 2 && magic[0] === BTF_MAGIC;
  } finally {
    closeSync(fd);
  }
}

/** The lockdown line, such as `none [integrity] confidentiality`; undefined where the kernel shows none or securityfs is not mounted. */
export function lockdown(path = '/sys/kernel/security/lockdown'): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return undefined;
  }
}
