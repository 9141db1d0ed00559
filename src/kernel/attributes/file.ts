/** file_* and fs_*. */
import { deviceText, fileTypeOf, modeText } from '../../core/linux/files.ts';
import {
  atFlagNames,
  mountFlagNames,
  moveMountFlagNames,
  renameFlagNames,
  umountFlagNames,
} from '../../core/linux/flags.ts';
import { openFlagNames } from '../../core/linux/open-flags.ts';
import { NO_ID, PATH_STATE, RECORD_FLAG, RECORD_LAYOUT } from '../record-layout.ts';
import type { Described, DescribedPath, EventDescription } from './description.ts';
import { syscallNameOf } from './priv.ts';
import type { AttributeWriter } from './writer.ts';

const H = RECORD_LAYOUT.record_header;
const P = RECORD_LAYOUT.path_record;
const O_CREAT = 0o100;
const O_TMPFILE = 0o20000000;
const S_IFMT = 0o170000;
const MODE_BITS = 0o7777;

function writePath(
  out: AttributeWriter,
  name: 'file.path' | 'file.target_path',
  { path, resolution, hex }: DescribedPath,
): void {
  out.quoted(name, path);
  if (hex !== undefined) {
    out.text(name, { text: '', escaped: '', hex });
  }
  out.plain(`${name}.resolution`, path === '' ? undefined : resolution);
}

function isCompat(record: Described): boolean {
  return (record.view.u16(H.flags) & RECORD_FLAG.compat32) !== 0;
}

/** What every file event says. */
function writeCommon(record: Described, out: AttributeWriter): void {
  const { view } = record;
  const flags = view.u16(H.flags);
  writePath(out, 'file.path', record.path(1));
  out.text('file.path.given', view.text(P.given));
  if (flags & RECORD_FLAG.pathTruncated) {
    out.plain('file.path.truncated', 'true');
  }
  if (flags & RECORD_FLAG.pathDeleted) {
    out.plain('file.path.deleted', 'true');
  }
  const fileMode = view.u32(P.file_mode);
  if (fileMode !== 0) {
    out.plain('file.inode', view.u64(P.inode));
    out.plain('file.device', deviceText(view.u32(P.device)));
    out.plain('file.type', fileTypeOf(fileMode));
    out.plain('file.mode', modeText(fileMode));
  }
}

function writeTarget(record: Described, out: AttributeWriter): void {
  writePath(out, 'file.target_path', record.path(2));
  out.text('file.target_path.given', record.view.text(P.given2));
}

/** Flags by name; left out when the caller gave none. */
function writeFlags(
  { view }: Described,
  out: AttributeWriter,
  name: 'file.flags' | 'fs.flags',
  namesOf: (flags: number) => string,
): void {
  const flags = view.u32(P.flags);
  out.plain(name, flags === 0 ? undefined : namesOf(flags));
}

const pathOf = (record: Described): string => record.path(1).path;
const targetOf = (record: Described): string => record.path(2).path;
const nothing = (): string => '';
const askedMode = ({ view }: Described): string => modeText(view.u32(P.mode) & MODE_BITS);

const fileOpen: EventDescription = {
  object: pathOf,
  detail: ({ view }) => String(view.u32(P.flags)),
  attributes(record, out) {
    const { view } = record;
    const flags = view.u32(P.flags);
    const state = view.u32(P.state);
    const names = openFlagNames(flags, isCompat(record) ? 'ia32' : process.arch);
    const isSuccess = view.s64(H.result) >= 0;
    writeCommon(record, out);
    if (flags & (O_CREAT | O_TMPFILE)) {
      out.plain('file.changes.mode', askedMode(record));
    }
    out.plain('file.flags', names);
    out.plain('file.created', isSuccess ? String((state & PATH_STATE.created) !== 0) : undefined);
    out.plain('file.truncated', state & PATH_STATE.truncated ? 'true' : undefined);
    out.plain('file.written', state & PATH_STATE.openedForWriting ? 'true' : undefined);
    out.plain('file.fd', isSuccess ? view.s32(P.fd) : undefined);
    out.plain('open_flags', names);
  },
};

const plainPath: EventDescription = { object: pathOf, detail: nothing, attributes: writeCommon };

const fileRename: EventDescription = {
  object: pathOf,
  detail: targetOf,
  attributes(record, out) {
    writeCommon(record, out);
    writeTarget(record, out);
    writeFlags(record, out, 'file.flags', renameFlagNames);
  },
};

const fileLink: EventDescription = {
  object: pathOf,
  detail: targetOf,
  attributes(record, out) {
    writeCommon(record, out);
    writeTarget(record, out);
    writeFlags(record, out, 'file.flags', atFlagNames);
  },
};

const fileSymlink: EventDescription = {
  object: pathOf,
  detail: ({ view }) => view.text(P.given2).text,
  attributes(record, out) {
    writeCommon(record, out);
    out.text('file.target_path', record.view.text(P.given2));
  },
};

const fileMode: EventDescription = {
  object: pathOf,
  detail: askedMode,
  attributes(record, out) {
    writeCommon(record, out);
    out.plain('file.changes.mode', askedMode(record));
    writeFlags(record, out, 'file.flags', atFlagNames);
  },
};

const fileMkdir: EventDescription = {
  object: pathOf,
  detail: askedMode,
  attributes(record, out) {
    writeCommon(record, out);
    out.plain('file.changes.mode', askedMode(record));
  },
};

const fileMknod: EventDescription = {
  object: pathOf,
  detail: askedMode,
  attributes(record, out) {
    const { view } = record;
    const mode = view.u32(P.mode);
    writeCommon(record, out);
    out.plain('file.changes.mode', askedMode(record));
    // mknod with no type bits makes a regular file.
    out.plain('file.type', mode & S_IFMT ? fileTypeOf(mode) : 'file');
    // The call has the device in the C library's layout of dev_t: 8 low minor bits, 12 major, the rest of the minor.
    const device = view.u32(P.device);
    const isDevice = (mode & S_IFMT) === 0o020000 || (mode & S_IFMT) === 0o060000;
    const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
    out.plain('file.device', isDevice ? `${(device >>> 8) & 0xfff}:${minor}` : undefined);
  },
};

function ownerText(id: number): string {
  return id === NO_ID ? '' : String(id);
}

const fileChown: EventDescription = {
  object: pathOf,
  detail: ({ view }) => `${ownerText(view.u32(P.owner_uid))}:${ownerText(view.u32(P.owner_gid))}`,
  attributes(record, out) {
    const { view, host } = record;
    const uid = view.u32(P.owner_uid);
    const gid = view.u32(P.owner_gid);
    writeCommon(record, out);
    writeFlags(record, out, 'file.flags', atFlagNames);
    if (uid !== NO_ID) {
      out.plain('file.changes.uid', uid);
      out.quoted('file.changes.owner', host.userName(uid));
    }
    if (gid !== NO_ID) {
      out.plain('file.changes.gid', gid);
      out.quoted('file.changes.group', host.groupName(gid));
    }
  },
};

const fileTruncate: EventDescription = {
  object: pathOf,
  detail: ({ view }) => String(view.u64(P.size)),
  attributes(record, out) {
    writeCommon(record, out);
    out.plain('file.size', record.view.u64(P.size));
  },
};

const fileIo: EventDescription = {
  object: pathOf,
  detail: ({ view }) => String(view.s64(H.result)),
  attributes(record, out) {
    writeCommon(record, out);
    out.plain('file.fd', record.view.s32(P.fd));
  },
};

const fsMount: EventDescription = {
  object: pathOf,
  detail: ({ view }) => view.text(P.given2).text,
  attributes(record, out) {
    const { view } = record;
    writeCommon(record, out);
    out.text('fs.source', view.text(P.given2));
    out.text('fs.type', view.text(P.extra));
    const isMove = syscallNameOf(view) === 'move_mount';
    writeFlags(record, out, 'fs.flags', isMove ? moveMountFlagNames : mountFlagNames);
  },
};

const fsUmount: EventDescription = {
  object: pathOf,
  detail: ({ view }) => (view.u32(P.flags) === 0 ? '' : umountFlagNames(view.u32(P.flags))),
  attributes(record, out) {
    writeCommon(record, out);
    writeFlags(record, out, 'fs.flags', umountFlagNames);
  },
};

/** The file and fs families. */
export const FILE_DESCRIPTIONS = {
  file_open: fileOpen,
  file_unlink: plainPath,
  file_rename: fileRename,
  file_link: fileLink,
  file_symlink: fileSymlink,
  file_mkdir: fileMkdir,
  file_rmdir: plainPath,
  file_mknod: fileMknod,
  file_chmod: fileMode,
  file_chown: fileChown,
  file_truncate: fileTruncate,
  file_read: fileIo,
  file_write: fileIo,
  fs_mount: fsMount,
  fs_umount: fsUmount,
} as const;
