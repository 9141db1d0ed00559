// Stands in for what of libelf.a and libbpf.a cannot be linked into a shared object (see
// prepare-archives.sh).
#include <libelf.h>
#include <stdio.h>

static __thread int last_error __attribute__((tls_model("global-dynamic")));

// libelf's own name for it.
void __libelf_seterrno(int value);  // NOLINT(bugprone-reserved-identifier)
void __libelf_seterrno(int value) { last_error = value; }

int elf_errno(void) {
  int value = last_error;
  last_error = 0;
  return value;
}

// libbpf only prints it: the texts of libelf are left out with the object file that holds them.
const char *elf_errmsg(int error) {
  (void)error;
  return "libelf error";
}

__attribute__((visibility("hidden"))) FILE *bpf_native_stderr;

__attribute__((constructor)) static void set_stderr(void) { bpf_native_stderr = stderr; }
