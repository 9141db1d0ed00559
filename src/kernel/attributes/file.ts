/** file_* and fs_*. */
import type { FieldName } from '../../core/fields.ts';
import { deviceText, fileTypeOf, modeText } from '../../core/linux/files.ts';
import {
  atFlagNames,
  mountFlagNames,
  moveMountFlagNames,
  renameFlagNames,
  umountFlagNames,
} from '../../core/linux/flags.ts';
import { openFlagNames } from '../../core/linux/open-flags.ts';
import { keepTexts } from '../../core/number-texts.ts';
import { NO_ID, PATH_STATE, RECORD_FLAG, RECORD_LAYOUT } from '../record-layout.ts';
import {
  type AttributeDefinition,
  type Described,
  type EventDescription,
  group,
  plain,
  quoted,
  text,
} from './description.ts';
import { syscallNameOf } from './header.ts';

const H = RECORD_LAYOUT.record_header;
const P = RECORD_LAYOUT.path_record;
const O_CREAT = 0o100;
const O_TMPFILE = 0o20000000;
const S_IFMT = 0o170000;
const MODE_BITS = 0o7777;
/** Files whose inode, device, type and mode are kept as JSON. */
const KEPT_FILES = 4096;

const pathOf = (record: Described): string => record.path(1).text;
const targetOf = (record: Described): string => record.path(2).text;
const nothing = (): string => '';
const askedMode = ({ view }: Described): string => modeText(view.u32(P.mode) & MODE_BITS);
const isSuccess = ({ view }: Described): boolean => view.s64(H.result) >= 0;

function pathAttributes(name: 'file.path' | 'file.target_path', which: 1 | 2): AttributeDefinition[] {
  return [
    text(name, (record) => record.path(which)),
    plain(`${name}.resolution`, (record) => {
      const path = record.path(which);
      return path.text === '' ? undefined : path.resolution;
    }),
  ];
}

/** `true` when the header has `flag`. */
function headerFlag(name: FieldName, flag: number): AttributeDefinition {
  return plain(name, ({ view }) => (view.u16(H.flags) & flag ? 'true' : undefined));
}

/** `true` when the path record's state has `flag`. */
function stateFlag(name: FieldName, flag: number): AttributeDefinition {
  return plain(name, ({ view }) => (view.u32(P.state) & flag ? 'true' : undefined));
}

/** `read` where the kernel found a file. */
const ofFile =
  <T>(read: (record: Described) => T) =>
  (record: Described): T | undefined =>
    record.view.u32(P.file_mode) === 0 ? undefined : read(record);

const FILE_PATH: readonly AttributeDefinition[] = [
  ...pathAttributes('file.path', 1),
  text('file.path.given', ({ view }) => view.text(P.given)),
  headerFlag('file.path.truncated', RECORD_FLAG.pathTruncated),
  headerFlag('file.path.deleted', RECORD_FLAG.pathDeleted),
];

const FILE_INODE: AttributeDefinition = plain(
  'file.inode',
  ofFile(({ view }) => view.u64(P.inode)),
);
const FILE_MODE: AttributeDefinition = plain(
  'file.mode',
  ofFile(({ view }) => modeText(view.u32(P.file_mode))),
);

/** What every file event says. */
const COMMON: readonly AttributeDefinition[] = [
  ...FILE_PATH,
  group(
    [
      FILE_INODE,
      plain(
        'file.device',
        ofFile(({ view }) => deviceText(view.u32(P.device))),
      ),
      plain(
        'file.type',
        ofFile(({ view }) => fileTypeOf(view.u32(P.file_mode))),
      ),
      FILE_MODE,
    ],
    (members, record, out) => {
      const { view } = record;
      out.group(
        members,
        record,
        view.u32(P.inode),
        view.u32(P.inode + 4),
        view.u32(P.device),
        view.u32(P.file_mode),
      );
    },
    KEPT_FILES,
  ),
];

const TARGET: readonly AttributeDefinition[] = [
  ...pathAttributes('file.target_path', 2),
  text('file.target_path.given', ({ view }) => view.text(P.given2)),
];

/** Flags by name; left out when the caller gave none. */
function flags(name: 'file.flags' | 'fs.flags', namesOf: (flags: number) => string): AttributeDefinition {
  const namesOfKnown = keepTexts(namesOf);
  return plain(name, ({ view }) => {
    const value = view.u32(P.flags);
    return value === 0 ? undefined : namesOfKnown(value);
  });
}

const openFlags = keepTexts((value) => openFlagNames(value, process.arch));
const openFlags32 = keepTexts((value) => openFlagNames(value, 'ia32'));
const isCompat = ({ view }: Described): boolean => (view.u16(H.flags) & RECORD_FLAG.compat32) !== 0;
const openFlagsOf = (record: Described): string =>
  (isCompat(record) ? openFlags32 : openFlags)(record.view.u32(P.flags));

/** How a file was opened; by flags, mode, state, and success with the caller's word size. */
const OPENING = group(
  [
    plain('file.changes.mode', (record) =>
      record.view.u32(P.flags) & (O_CREAT | O_TMPFILE) ? askedMode(record) : undefined,
    ),
    plain('file.flags', openFlagsOf),
    plain('file.created', (record) =>
      isSuccess(record) ? String((record.view.u32(P.state) & PATH_STATE.created) !== 0) : undefined,
    ),
    stateFlag('file.truncated', PATH_STATE.truncated),
    stateFlag('file.written', PATH_STATE.openedForWriting),
    plain('open_flags', openFlagsOf),
  ],
  (members, record, out) => {
    const { view } = record;
    const kind = (isSuccess(record) ? 1 : 0) | (isCompat(record) ? 2 : 0);
    out.group(members, record, view.u32(P.flags), view.u32(P.mode), view.u32(P.state), kind);
  },
);

const fileOpen: EventDescription = {
  object: pathOf,
  detail: ({ view }) => String(view.u32(P.flags)),
  attributes: [
    ...COMMON,
    OPENING,
    plain('file.fd', (record) => (isSuccess(record) ? record.view.s32(P.fd) : undefined)),
  ],
};

const plainPath: EventDescription = { object: pathOf, detail: nothing, attributes: COMMON };

const fileRename: EventDescription = {
  object: pathOf,
  detail: targetOf,
  attributes: [...COMMON, ...TARGET, flags('file.flags', renameFlagNames)],
};

const fileLink: EventDescription = {
  object: pathOf,
  detail: targetOf,
  attributes: [...COMMON, ...TARGET, flags('file.flags', atFlagNames)],
};

const fileSymlink: EventDescription = {
  object: pathOf,
  detail: ({ view }) => view.text(P.given2).text,
  attributes: [...COMMON, text('file.target_path', ({ view }) => view.text(P.given2))],
};

const fileMode: EventDescription = {
  object: pathOf,
  detail: askedMode,
  attributes: [...COMMON, plain('file.changes.mode', askedMode), flags('file.flags', atFlagNames)],
};

const fileMkdir: EventDescription = {
  object: pathOf,
  detail: askedMode,
  attributes: [...COMMON, plain('file.changes.mode', askedMode)],
};

const fileMknod: EventDescription = {
  object: pathOf,
  detail: askedMode,
  attributes: [
    ...FILE_PATH,
    FILE_INODE,
    FILE_MODE,
    plain('file.changes.mode', askedMode),
    plain('file.type', ({ view }) => {
      const mode = view.u32(P.mode);
      // mknod with no type bits makes a regular file.
      return mode & S_IFMT ? fileTypeOf(mode) : 'file';
    }),
    plain('file.device', ({ view }) => {
      const kind = view.u32(P.mode) & S_IFMT;
      // The call has the device in the C library's layout of dev_t: 8 low minor bits, 12 major, the rest of the minor.
      const device = view.u32(P.device);
      const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
      return kind === 0o020000 || kind === 0o060000 ? `${(device >>> 8) & 0xfff}:${minor}` : undefined;
    }),
  ],
};

function ownerText(id: number): string {
  return id === NO_ID ? '' : String(id);
}

function owner(name: FieldName, offset: number): AttributeDefinition {
  return plain(name, ({ view }) => (view.u32(offset) === NO_ID ? undefined : view.u32(offset)));
}

const fileChown: EventDescription = {
  object: pathOf,
  detail: ({ view }) => `${ownerText(view.u32(P.owner_uid))}:${ownerText(view.u32(P.owner_gid))}`,
  attributes: [
    ...COMMON,
    flags('file.flags', atFlagNames),
    owner('file.changes.uid', P.owner_uid),
    quoted('file.changes.owner', ({ view, host }) => {
      const uid = view.u32(P.owner_uid);
      return uid === NO_ID ? undefined : host.userName(uid);
    }),
    owner('file.changes.gid', P.owner_gid),
    quoted('file.changes.group', ({ view, host }) => {
      const gid = view.u32(P.owner_gid);
      return gid === NO_ID ? undefined : host.groupName(gid);
    }),
  ],
};

const fileTruncate: EventDescription = {
  object: pathOf,
  detail: ({ view }) => String(view.u64(P.size)),
  attributes: [...COMMON, plain('file.size', ({ view }) => view.u64(P.size))],
};

const fileIo: EventDescription = {
  object: pathOf,
  detail: ({ view }) => String(view.s64(H.result)),
  attributes: [...COMMON, plain('file.fd', ({ view }) => view.s32(P.fd))],
};

const mountFlags = keepTexts(mountFlagNames);
const moveMountFlags = keepTexts(moveMountFlagNames);

const fsMount: EventDescription = {
  object: pathOf,
  detail: ({ view }) => view.text(P.given2).text,
  attributes: [
    ...COMMON,
    text('fs.source', ({ view }) => view.text(P.given2)),
    text('fs.type', ({ view }) => view.text(P.extra)),
    plain('fs.flags', ({ view }) => {
      const value = view.u32(P.flags);
      if (value === 0) {
        return undefined;
      }
      return syscallNameOf(view) === 'move_mount' ? moveMountFlags(value) : mountFlags(value);
    }),
  ],
};

const fsUmount: EventDescription = {
  object: pathOf,
  detail: ({ view }) => (view.u32(P.flags) === 0 ? '' : umountFlagNames(view.u32(P.flags))),
  attributes: [...COMMON, flags('fs.flags', umountFlagNames)],
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
