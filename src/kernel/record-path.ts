/** The path that a file record is about, as far as kernel and host together can tell it. */
import type { EventType } from '../core/event-types.ts';
import type { HostContext } from '../core/host-context.ts';
import { escapeJson } from '../core/json.ts';
import type { DescribedPath } from './attributes/description.ts';
import { syscallNameOf } from './attributes/header.ts';
import { hexOfJoined } from './joined-path.ts';
import { RECORD_FLAG, RECORD_LAYOUT } from './record-layout.ts';
import type { RecordView } from './record-view.ts';
import { NO_TEXT, type Text } from './text-cache.ts';

const H = RECORD_LAYOUT.record_header;
const P = RECORD_LAYOUT.path_record;

// uapi/linux/fcntl.h, asm-generic/fcntl.h, linux/fs.h, linux/mount.h
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_SYMLINK_FOLLOW = 0x400;
const AT_EMPTY_PATH = 0x1000;
const O_NOFOLLOW = 0o400000;
const UMOUNT_NOFOLLOW = 8;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;

const NO_PATH: DescribedPath = { ...NO_TEXT, resolution: 'kernel' };
const PAIRS = {
  1: { base: P.path, given: P.given, baseFlag: RECORD_FLAG.pathBase },
  2: { base: P.path2, given: P.given2, baseFlag: RECORD_FLAG.path2Base },
} as const;

/**
 * The first or second path of the path record that `view` is at: what the kernel resolved, else what the caller gave,
 * joined to the directory that it started from and looked up.
 *
 * @param ownMountNs Inode number of the agent's mount namespace, 0 when unknown.
 */
export function recordPath(
  view: RecordView,
  host: HostContext,
  type: EventType,
  ownMountNs: number,
  which: 1 | 2,
): DescribedPath {
  const { base, given, baseFlag } = PAIRS[which];
  const start = view.text(base);
  if ((view.u16(H.flags) & baseFlag) === 0) {
    return fromKernel(start);
  }
  const end = view.text(given);
  if (end.text === '') {
    return meansDescriptor(view, type, which) ? fromKernel(start) : NO_PATH;
  }
  // In our own mount namespace the path means the same to us, also when the process has ended by now.
  const viewer = view.u32(H.mnt_ns) === ownMountNs ? 0 : view.u32(H.tgid);
  const isFollowed = which === 1 && followsLink(view, type);
  const { path, resolution } = host.paths.resolve(viewer, start.text, end.text, isFollowed);
  if ((start.hex === undefined && end.hex === undefined) || !path.includes('\ufffd')) {
    return { text: path, escaped: escapedBytes(path), hex: undefined, resolution };
  }
  const directory = resolution === 'lookup' ? path.slice(0, path.lastIndexOf('/')) : undefined;
  const hex = hexOfJoined(directory, view.textBytes(base), view.textBytes(given));
  return { text: path, escaped: escapedBytes(path), hex, resolution };
}

function escapedBytes(path: string): Uint8Array {
  return Buffer.from(escapeJson(path), 'latin1');
}

function fromKernel({ text, escaped, hex }: Text): DescribedPath {
  return { text, escaped, hex, resolution: 'kernel' };
}

/** True when the call took an empty path for the descriptor beside it; false when it had no path that could be read. */
function meansDescriptor(view: RecordView, type: EventType, which: 1 | 2): boolean {
  if ((view.u16(H.flags) & RECORD_FLAG.givenFault) !== 0) {
    return false;
  }
  if (view.s64(H.result) >= 0) {
    return true;
  }
  const flags = which === 1 ? view.u32(P.flags) : 0;
  switch (type) {
    case 'file_chmod':
    case 'file_chown':
    case 'file_link':
      return (flags & AT_EMPTY_PATH) !== 0;
    case 'fs_mount':
      return (flags & MOVE_MOUNT_T_EMPTY_PATH) !== 0;
    default:
      return false;
  }
}

/** True when the call acts on what a link points at: the kernel followed the last component too. */
function followsLink(view: RecordView, type: EventType): boolean {
  const flags = view.u32(P.flags);
  switch (type) {
    case 'file_chmod':
      return (flags & AT_SYMLINK_NOFOLLOW) === 0;
    case 'file_chown':
      return (flags & AT_SYMLINK_NOFOLLOW) === 0 && syscallNameOf(view)?.startsWith('l') !== true;
    case 'file_link':
      return (flags & AT_SYMLINK_FOLLOW) !== 0;
    case 'file_open':
      return (flags & O_NOFOLLOW) === 0;
    case 'file_truncate':
    case 'fs_mount':
      return true;
    case 'fs_umount':
      return (flags & UMOUNT_NOFOLLOW) === 0;
    default:
      return false;
  }
}
