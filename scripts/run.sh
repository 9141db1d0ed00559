#!/bin/sh
# Sets up, builds, and watches this host; where eBPF cannot run, says why and
# shows a recorded capture instead. Arguments go to `sentinel probe`.
set -eu

cd "$(dirname "$0")/.."

sentinel='node_modules/.bin/node build/sentinel.cjs'

make --no-print-directory build
# The executable, if it is as new as what was just built.
if [ -x dist/sentinel ] && [ -z "$(find build/sentinel.cjs build/bpf build/Release/bpf_native.node rules -newer dist/sentinel -type f)" ]; then
	sentinel=dist/sentinel
fi

as_root=''
if [ "$(id -u)" != 0 ]; then
	if command -v sudo >/dev/null 2>&1 && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
		as_root=sudo
		echo 'run: watching the kernel needs root: using sudo' >&2
	else
		echo 'run: not root, and no sudo without a terminal; trying as this user' >&2
	fi
fi

# Word splitting is meant: a command and its arguments.
status=0
# shellcheck disable=SC2086
$as_root $sentinel preflight >build/preflight.log 2>&1 || status=$?
if [ "$status" = 0 ]; then
	echo 'run: watching this host; Ctrl-C ends it' >&2
	# shellcheck disable=SC2086
	exec $as_root $sentinel probe "$@"
fi

cat build/preflight.log >&2
# Anything but "this kernel, or these privileges, will not do" is a fault to mend.
[ "$status" = 5 ] || exit "$status"

capture=test/fixtures/demo.evt1
[ -f "$capture" ] || {
	echo "run: and there is no $capture to show instead" >&2
	exit 5
}
echo "run: eBPF cannot run here, for the reasons above; showing a recorded capture, $capture" >&2
# shellcheck disable=SC2086
exec $sentinel decode "$capture"
