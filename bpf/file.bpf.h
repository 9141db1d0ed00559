/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* file_* and fs_*, at the end of their system calls. */
#ifndef FILE_BPF_H
#define FILE_BPF_H

#include "syscall.bpf.h"

#define AT_REMOVEDIR  0x200
#define O_WRONLY      01
#define O_RDWR        02
#define O_CREAT       0100
#define O_TRUNC       01000
#define O_TMPFILE_BIT 020000000 /* __O_TMPFILE; O_TMPFILE is this and O_DIRECTORY */
#define FMODE_CREATED (1 << 20) /* include/linux/fs.h, since 4.19 */
#define S_IFMT        0170000
#define S_IFREG       0100000
#define S_IFSOCK      0140000

enum io_direction {
	IO_READ = 1,
	IO_WRITE = 2,
};

/* What was seen of an open file. */
struct io_seen {
	__u64 inode; /* another file may come to the same address in another way than by an open */
	__u32 directions;
	__u32 pad;
};

/* The key is the address of the struct file. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct io_seen);
} file_io SEC(".maps");

static __always_inline void fill_inode(struct path_record *r, struct inode *inode)
{
	struct super_block *sb;

	if (!inode)
		return;
	r->inode = FIELD(struct inode, inode, i_ino);
	r->file_mode = FIELD(struct inode, inode, i_mode);
	sb = FIELD(struct inode, inode, i_sb);
	r->device = FIELD(struct super_block, sb, s_dev);
	r->size = FIELD(struct inode, inode, i_size);
}

/* What any way of opening a file knows once it is open. */
static __always_inline void fill_open_file(struct scratch *s, struct path_record *r,
					   struct file *file)
{
	fill_inode(r, FIELD(struct file, file, f_inode));
	if (FIELD(struct file, file, f_mode) & FMODE_CREATED)
		r->state |= PATH_CREATED;
	append_path(s, &r->path, &file->f_path, RECORD_PATH_DELETED);
}

static __always_inline void read_open_how(struct scratch *s, struct path_record *r)
{
	__u64 how[2] = {}; /* struct open_how: flags, mode */

	if (bpf_probe_read_user(how, sizeof(how), (void *)argument(s, s->action.flags_arg)))
		r->h.flags |= RECORD_GIVEN_FAULT;
	r->flags = how[0];
	r->mode = how[1];
}

static __always_inline int handle_open(struct scratch *s)
{
	struct file *file = NULL;
	struct path_record *r;
	__u64 key;

	if (s->result >= 0)
		file = file_of(s->result);
	if (file && knobs.track_file_io) {
		key = (__u64)file;
		bpf_map_delete_elem(&file_io, &key);
	}
	if (!is_enabled(EVENT_FILE_OPEN))
		return 0;
	r = begin_syscall_record(s, struct path_record, EVENT_FILE_OPEN);
	if (s->action.flags & ACTION_CREAT) {
		r->flags = O_CREAT | O_WRONLY | O_TRUNC;
		r->mode = argument(s, s->action.mode_arg);
	} else if (s->action.flags & ACTION_OPEN_HOW) {
		read_open_how(s, r);
	} else {
		r->flags = argument(s, s->action.flags_arg);
		r->mode = argument(s, s->action.mode_arg);
	}
	if (r->flags & (O_WRONLY | O_RDWR))
		r->state |= PATH_OPENED_WRITE;
	r->fd = s->result;

	append_user_string(s, &r->given, (void *)argument(s, s->action.path_arg));
	if (file) {
		if (r->flags & O_TRUNC)
			r->state |= PATH_TRUNCATED_FILE;
		/* A file without a name is always new; the kernel does not mark it as created. */
		if (r->flags & O_TMPFILE_BIT)
			r->state |= PATH_CREATED;
		fill_open_file(s, r, file);
	} else {
		r->h.flags |= RECORD_PATH_BASE;
		append_base(s, &r->path, &r->given, directory_argument(s, s->action.dirfd_arg));
	}
	submit_record(s, EVENT_FILE_OPEN);
	return 0;
}

/* Calls that name one or two paths; the kernel's own look-up of them is over by now. */
static __always_inline int handle_path(struct scratch *s)
{
	__u32 type = s->action.type;
	struct path_record *r;

	if ((s->action.flags & ACTION_REMOVEDIR) &&
	    (argument(s, s->action.flags_arg) & AT_REMOVEDIR))
		type = EVENT_FILE_RMDIR;
	if (!is_enabled(type))
		return 0;
	r = begin_syscall_record(s, struct path_record, type);
	r->flags = argument(s, s->action.flags_arg);
	r->mode = argument(s, s->action.mode_arg);
	r->owner_uid = s->action.uid_arg < 0 ? NO_ID : argument(s, s->action.uid_arg);
	r->owner_gid = s->action.gid_arg < 0 ? NO_ID : argument(s, s->action.gid_arg);
	r->fd = -1;
	if (s->action.flags & ACTION_DEVICE)
		r->device = argument(s, s->action.size_arg);
	else
		r->size = argument(s, s->action.size_arg);

	r->h.flags |= RECORD_PATH_BASE;
	append_user_string(s, &r->given, (void *)argument(s, s->action.path_arg));
	append_base(s, &r->path, &r->given, directory_argument(s, s->action.dirfd_arg));
	if (s->action.path2_arg >= 0) {
		append_user_string(s, &r->given2, (void *)argument(s, s->action.path2_arg));
		if (!(s->action.flags & ACTION_RAW_TEXT)) {
			r->h.flags |= RECORD_PATH2_BASE;
			append_base(s, &r->path2, &r->given2,
				    directory_argument(s, s->action.dirfd2_arg));
		}
	}
	submit_record(s, type);
	return 0;
}

/* Calls on a descriptor: fchmod, fchown, ftruncate. */
static __always_inline int handle_fd(struct scratch *s)
{
	__u32 type = s->action.type;
	struct path_record *r = begin_syscall_record(s, struct path_record, type);
	struct file *file;

	r->mode = argument(s, s->action.mode_arg);
	r->owner_uid = s->action.uid_arg < 0 ? NO_ID : argument(s, s->action.uid_arg);
	r->owner_gid = s->action.gid_arg < 0 ? NO_ID : argument(s, s->action.gid_arg);
	r->fd = argument(s, s->action.fd_arg);
	r->state = PATH_IS_FD;
	file = file_of(r->fd);
	if (file) {
		fill_inode(r, FIELD(struct file, file, f_inode));
		append_path(s, &r->path, &file->f_path, RECORD_PATH_DELETED);
	}
	if (s->action.size_arg >= 0)
		r->size = argument(s, s->action.size_arg);
	submit_record(s, type);
	return 0;
}

/* mount(source, target, type, flags, data), umount2(target, flags), move_mount. */
static __always_inline int handle_mount(struct scratch *s)
{
	__u32 type = s->action.type;
	struct path_record *r = begin_syscall_record(s, struct path_record, type);

	r->value = argument(s, s->action.flags_arg);
	r->flags = r->value;
	r->owner_uid = NO_ID;
	r->owner_gid = NO_ID;
	r->fd = -1;
	r->h.flags |= RECORD_PATH_BASE;
	append_user_string(s, &r->given, (void *)argument(s, s->action.path_arg));
	append_base(s, &r->path, &r->given, directory_argument(s, s->action.dirfd_arg));
	append_user_string(s, &r->given2, (void *)argument(s, s->action.path2_arg));
	if (s->action.mode_arg >= 0)
		append_user_string(s, &r->extra, (void *)argument(s, s->action.mode_arg));
	submit_record(s, type);
	return 0;
}

/* The first read and the first write of each open regular file. */
static __always_inline int handle_io(struct scratch *s)
{
	__u8 direction = s->action.type == EVENT_FILE_WRITE ? IO_WRITE : IO_READ;
	__u32 type = s->action.type;
	struct path_record *r;
	struct inode *inode;
	struct file *file;
	struct io_seen now = {}, *seen;
	__u64 key;

	if (s->result <= 0)
		return 0;
	file = file_of(argument(s, s->action.fd_arg));
	if (!file)
		return 0;
	inode = FIELD(struct file, file, f_inode);
	if ((FIELD(struct inode, inode, i_mode) & S_IFMT) != S_IFREG)
		return 0;
	key = (__u64)file;
	seen = bpf_map_lookup_elem(&file_io, &key);
	now.inode = FIELD(struct inode, inode, i_ino);
	if (seen && seen->inode == now.inode)
		now.directions = seen->directions;
	if (now.directions & direction)
		return 0;
	now.directions |= direction;
	if (bpf_map_update_elem(&file_io, &key, &now, BPF_ANY)) {
		count_seen(type);
		count_lost(type, LOST_STATE_FULL);
		return 0;
	}
	r = begin_syscall_record(s, struct path_record, type);
	r->owner_uid = NO_ID;
	r->owner_gid = NO_ID;
	r->fd = argument(s, s->action.fd_arg);
	r->state = PATH_IS_FD;
	fill_inode(r, inode);
	append_path(s, &r->path, &file->f_path, RECORD_PATH_DELETED);
	submit_record(s, type);
	return 0;
}

#endif
