// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The host probe for kernels before 5.17: without bpf_loop, bpf_find_vma and the io_uring count. */
#define OLDER_KERNEL
#include "sentinel.bpf.c"
