/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Absolute paths from dentries. A path is shown as it is below the root of its mount namespace:
 * a chroot does not hide where a file is.
 */
#ifndef PATH_BPF_H
#define PATH_BPF_H

#include "record.bpf.h"

/* A loop that is unrolled for the verifier ends here; bpf_loop goes on until the bytes are full. */
#define MAX_COMPONENTS      256
#define MAX_LOOP_COMPONENTS (WALK_BYTES / 2)
#define AT_FDCWD            (-100)

#define NSFS_MAGIC           0x6e736673 /* include/uapi/linux/magic.h */
#define NAMESPACE_KIND_BYTES 32         /* the longest is time_for_children */
#define MAX_DIGITS           10

enum walk_flag {
	WALK_TRUNCATED = 1 << 0,
	WALK_DELETED = 1 << 1,
	WALK_DETACHED = 1 << 2,
	WALK_PSEUDO = 1 << 3, /* no tree: a pipe, a socket, a memfd, a namespace file */
};

/* Where a walk is. The write offset lives in the scratch map and is read back each turn: as a local
 * variable the verifier follows every value of it and gives up (-E2BIG) at some 40 turns.
 */
struct walk {
	struct scratch *s;
	struct dentry *dentry;
	struct dentry *root;
	struct mount *mount;
	bool is_top;
};

enum walk_step {
	WALK_ON = 0,
	WALK_STOP = 1,
};

/* Goes one component, or one mount, up. */
static __always_inline long step_up(struct walk *w)
{
	struct dentry *dentry = w->dentry, *parent;
	struct mount *mount = w->mount, *above;
	struct scratch *s = w->s;
	__u32 offset, length;
	struct vfsmount *mnt;
	struct qstr name;

	if (dentry == w->root) {
		above = FIELD(struct mount, mount, mnt_parent);
		if (above == mount) {
			w->is_top = true;
			return WALK_STOP;
		}
		mnt = (void *)above + bpf_core_field_offset(struct mount, mnt);
		w->dentry = FIELD(struct mount, mount, mnt_mountpoint);
		w->mount = above;
		w->root = FIELD(struct vfsmount, mnt, mnt_root);
		return WALK_ON;
	}
	parent = FIELD(struct dentry, dentry, d_parent);
	if (parent == dentry) {
		/* A bind mount whose source directory was moved out of it. */
		s->walk_flags |= WALK_DETACHED;
		return WALK_STOP;
	}
	name.len = FIELD(struct dentry, dentry, d_name.len);
	name.name = FIELD(struct dentry, dentry, d_name.name);
	length = name.len & 255;
	offset = s->walk_start;
	if (offset < length + 1 || offset > WALK_BYTES - 1) {
		s->walk_flags |= WALK_TRUNCATED;
		return WALK_STOP;
	}
	offset -= length;
	bpf_probe_read_kernel(&s->walk[offset & (WALK_BYTES - 1)], length, name.name);
	offset -= 1;
	s->walk[offset & (WALK_BYTES - 1)] = '/';
	s->walk_start = offset;
	w->dentry = parent;
	return WALK_ON;
}

#ifdef OLDER_KERNEL
static __always_inline bool walk_up(struct walk *w)
{
	int i;

	for (i = 0; i < MAX_COMPONENTS; i++)
		if (step_up(w) == WALK_STOP)
			return true;
	return false;
}
#else
static long step_up_callback(__u32 index, struct walk *w)
{
	return step_up(w);
}

/* bpf_loop, since 5.17: the verifier checks one turn, so loading takes a tenth of the time. */
static __always_inline bool walk_up(struct walk *w)
{
	return bpf_loop(MAX_LOOP_COMPONENTS, step_up_callback, w, 0) < MAX_LOOP_COMPONENTS;
}
#endif

/* A namespace file in the kernel's way of showing it: `uts:[4026531838]`. */
static __always_inline void write_namespace(struct scratch *s, struct inode *inode)
{
	struct ns_common *ns = BPF_CORE_READ(inode, i_private);
	__u32 number = BPF_CORE_READ(ns, inum), offset = WALK_BYTES - 2, length;
	const char *name = BPF_CORE_READ(ns, ops, name);
	int i;

	s->walk[offset] = ']';
	for (i = 0; i < MAX_DIGITS; i++) {
		s->walk[--offset & (WALK_BYTES - 1)] = '0' + number % 10;
		number /= 10;
		if (!number)
			break;
	}
	s->walk[--offset & (WALK_BYTES - 1)] = '[';
	s->walk[--offset & (WALK_BYTES - 1)] = ':';
	/* Measured behind the part that is already written, then moved into place. */
	length = bpf_probe_read_kernel_str(&s->walk[WALK_BYTES], NAMESPACE_KIND_BYTES, name) - 1;
	length &= NAMESPACE_KIND_BYTES - 1;
	offset -= length;
	bpf_probe_read_kernel(&s->walk[offset & (WALK_BYTES - 1)], length, &s->walk[WALK_BYTES]);
	s->walk_start = offset;
}

/* The name of a file that is in no tree. The kernel has names without meaning for some. */
static __always_inline void write_pseudo(struct scratch *s, struct dentry *dentry)
{
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);
	struct qstr name;
	__u32 offset, length;

	s->walk_flags = WALK_PSEUDO;
	if (BPF_CORE_READ(inode, i_sb, s_magic) == NSFS_MAGIC) {
		write_namespace(s, inode);
		return;
	}
	BPF_CORE_READ_INTO(&name, dentry, d_name);
	length = name.len & 255;
	offset = WALK_BYTES - 1 - length;
	bpf_probe_read_kernel(&s->walk[offset & (WALK_BYTES - 1)], length, name.name);
	if (length > 1 || s->walk[offset & (WALK_BYTES - 1)] != '/')
		s->walk_start = offset;
}

/*
 * Writes the path of (dentry, mnt) right-aligned into scratch->walk. Global, so that the verifier
 * checks it once and not per caller.
 */
__noinline int walk_path(__u64 dentry_address, __u64 mnt_address)
{
	struct vfsmount *mnt = (void *)mnt_address;
	struct dentry *dentry = (void *)dentry_address;
	struct scratch *s = this_scratch();
	struct walk w = {};
	struct mount *top;

	if (!s)
		return 0;
	s->walk_start = WALK_BYTES - 1;
	s->walk_flags = 0;
	if (!dentry || !mnt) {
		s->walk_flags = WALK_DETACHED;
		return 0;
	}
	w.s = s;
	w.dentry = dentry;
	w.mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
	w.root = FIELD(struct vfsmount, mnt, mnt_root);

	if (dentry != w.root) {
		if (FIELD(struct dentry, dentry, d_parent) == dentry) {
			write_pseudo(s, dentry);
			return 0;
		}
		if (!FIELD(struct dentry, dentry, d_hash.pprev))
			s->walk_flags |= WALK_DELETED;
	}
	if (!walk_up(&w))
		s->walk_flags |= WALK_TRUNCATED;
	top = w.mount;
	if (w.is_top && !FIELD(struct mount, top, mnt_ns))
		s->walk_flags |= WALK_DETACHED;
	if (s->walk_start == WALK_BYTES - 1 && !(s->walk_flags & WALK_TRUNCATED)) {
		s->walk[WALK_BYTES - 2] = '/';
		s->walk_start = WALK_BYTES - 2;
	}
	return 0;
}

/* Appends what walk_path left; `deleted` is the flag to raise when it was unlinked. */
static __always_inline void append_walked(struct scratch *s, struct text_ref *ref, __u16 deleted)
{
	struct record_header *h = (void *)s->data;
	__u32 start = s->walk_start, offset = s->length, length;

	if (s->walk_flags & WALK_TRUNCATED)
		h->flags |= RECORD_PATH_TRUNCATED;
	if (s->walk_flags & WALK_DELETED)
		h->flags |= deleted;
	if (s->walk_flags & WALK_DETACHED)
		h->flags |= RECORD_PATH_DETACHED;
	if (start >= WALK_BYTES - 1 || !TEXT_ROOM(s, WALK_BYTES))
		return;
	length = (WALK_BYTES - 1 - start) & (WALK_BYTES - 1);
	bpf_probe_read_kernel(&s->data[offset & (RECORD_BYTES - 1)], length,
			      &s->walk[start & (WALK_BYTES - 1)]);
	ref->offset = offset;
	ref->length = length;
	s->length = offset + length;
}

static __always_inline void append_path(struct scratch *s, struct text_ref *ref,
					const struct path *path, __u16 deleted)
{
	walk_path((__u64)BPF_CORE_READ(path, dentry), (__u64)BPF_CORE_READ(path, mnt));
	append_walked(s, ref, deleted);
}

/* The open file behind a descriptor of the current task, or NULL. */
static __always_inline struct file *file_of(int fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct files_struct *open = FIELD(struct task_struct, task, files);
	struct fdtable *table = FIELD(struct files_struct, open, fdt);
	struct file **files;
	struct file *file = NULL;

	if (!table || fd < 0 || (__u32)fd >= FIELD(struct fdtable, table, max_fds))
		return NULL;
	files = FIELD(struct fdtable, table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	return file;
}

/*
 * Appends the directory that a path given by the caller starts from: the root for an absolute
 * one, else that of `dirfd`. The caller's text is read before, at `given`.
 */
static __always_inline void append_base(struct scratch *s, struct text_ref *ref,
					const struct text_ref *given, int dirfd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fs_struct *fs = FIELD(struct task_struct, task, fs);
	struct file *file;
	bool is_absolute;

	is_absolute = given->length && s->data[given->offset] == '/';
	if (is_absolute) {
		append_path(s, ref, &fs->root, 0);
	} else if (dirfd == AT_FDCWD) {
		append_path(s, ref, &fs->pwd, RECORD_CWD_DELETED);
	} else {
		file = file_of(dirfd);
		if (file)
			append_path(s, ref, &file->f_path, RECORD_CWD_DELETED);
	}
}

#endif
