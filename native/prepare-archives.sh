#!/bin/bash
# Makes one archive of the system's static libbpf, libelf and zlib that can go into a shared object.
#
#   prepare-archives.sh --list      the archives it reads, one a line (the build depends on them)
#   prepare-archives.sh OUTPUT.a    makes the archive
#
# Distribution archives are built for executables. Two things in them cannot be linked into a shared object:
# direct references to `stderr`, renamed to a symbol of src/libelf_shim.c, and libelf's thread-local error
# number, whose object file is left out and replaced by the same shim.
set -euo pipefail
cc=${CC:-gcc}

archive_of() { # library name, package that has it
  local path
  path=$($cc -print-file-name="lib$1.a")
  if [[ $path != /* ]]; then
    echo "lib$1.a is missing: install $2" >&2
    exit 1
  fi
  realpath "$path"
}

libbpf=$(archive_of bpf libbpf-dev)
libelf=$(archive_of elf libelf-dev)
zlib=$(archive_of z zlib1g-dev)
archives=("$libbpf" "$libelf" "$zlib")
# Newer libelf also reads zstd-compressed sections.
if nm "$libelf" 2>/dev/null | grep ' U ZSTD_' >/dev/null; then
  zstd=$(archive_of zstd libzstd-dev)
  archives+=("$zstd")
fi

if [[ ${1:?} == --list ]]; then
  printf '%s\n' "${archives[@]}"
  exit
fi

if ! nm "$libbpf" 2>/dev/null | grep ' T libbpf_bpf_prog_type_str$' >/dev/null; then
  echo "$libbpf is older than libbpf 1.0: install a newer libbpf-dev" >&2
  exit 1
fi

output=$(realpath -m "$1")
work=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$work"' EXIT
script="create merged.a"$'\n'
for archive in "${archives[@]}"; do
  copy=$(basename "$archive")
  objcopy --redefine-sym stderr=bpf_native_stderr "$archive" "$work/$copy"
  script+="addlib $copy"$'\n'
done
ar d "$work/$(basename "$libelf")" elf_error.o
cd "$work"
ar -M <<<"${script}save"$'\n'"end"
ranlib merged.a
mv merged.a "$output"
