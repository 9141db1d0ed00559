/** Capabilities (linux/capability.h). */

const NAMES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
] as const;

/**
 * Names of the capabilities in a mask, by number; one that has no name yet is `CAP_` and its number.
 *
 * @param mask 64 bits, bit n is capability n.
 */
export function capabilityNames(mask: bigint): string[] {
  const names: string[] = [];
  let rest = BigInt.asUintN(64, mask);
  for (let number = 0; rest !== 0n; number++, rest >>= 1n) {
    if ((rest & 1n) === 1n) {
      names.push(NAMES[number] ?? `CAP_${number}`);
    }
  }
  return names;
}

/** The number of the capability with this name; undefined for an unknown one. */
export function capabilityNumber(name: string): number | undefined {
  const number = (NAMES as readonly string[]).indexOf(name);
  return number < 0 ? undefined : number;
}
