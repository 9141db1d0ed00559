#!/bin/sh
# Makes the sandbox and becomes its process 1. Runs in fresh mount, pid, network, host name, IPC and cgroup namespaces:
#   unshare --mount --pid --net --uts --ipc --cgroup --fork sh sandbox.sh FOLDER INIT
# FOLDER is an empty folder; INIT is the compiled init.c. Nothing is written outside the mounts made here: /usr is the
# host's below an overlay in memory, all else is made anew. What would reach past the namespaces (mounting, modules,
# devices, sysctls) is taken away before the first program runs.
set -eu
folder=$1 init=$2 here=$(cd "$(dirname "$0")" && pwd)
umask 022

mount --make-rprivate /
mount -t tmpfs -o size=4g,mode=755 sandbox "$folder"
root=$folder/root
mkdir -p "$root" "$folder/usr-upper" "$folder/usr-work"
mount -t tmpfs -o size=2g,mode=755 root "$root"
cd "$root"
mkdir -p usr etc proc sys dev run tmp root home srv opt mnt media boot old
chmod 1777 tmp
chmod 700 root
ln -s usr/bin bin
ln -s usr/sbin sbin
ln -s usr/lib lib
ln -s usr/lib64 lib64
mount -t overlay -o "lowerdir=/usr,upperdir=$folder/usr-upper,workdir=$folder/usr-work" usr usr
for hidden in usr/local usr/src usr/lib/node_modules usr/lib/google-cloud-sdk; do
	if [ -d "$hidden" ]; then mount -t tmpfs -o size=64m,mode=755 tmpfs "$hidden"; fi
done
mkdir -p usr/local/bin usr/local/sbin usr/local/lib
# What an image or pip added to every start of Python.
rm -f usr/lib/python3/dist-packages/*.pth

mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
for fixed in proc/sys proc/irq proc/bus; do
	mount --bind "$fixed" "$fixed"
	mount -o remount,ro,bind "$fixed"
done
if [ -e proc/sysrq-trigger ]; then mount --bind /dev/null proc/sysrq-trigger; fi
mount -t tmpfs -o size=1m,mode=755 dev dev
for node in null zero full random urandom tty; do
	: >"dev/$node"
	mount --bind "/dev/$node" "dev/$node"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o size=256m,mode=1777 shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

sh "$here/root/fill.sh" "$root"
install -m 0755 "$init" usr/sbin/init
install -m 0755 "$init" usr/sbin/cron

hostname corpus
ip link set lo up
# Addresses for documentation (RFC 5737) that stand for other hosts; they never leave the loopback device.
for address in 198.51.100.20 198.51.100.53 203.0.113.66; do
	ip address add "$address/32" dev lo
done

pivot_root . old
umount -l old
rmdir old
# What is left is what container runtimes leave, and ptrace and the network, which end at the namespaces.
exec /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
	/usr/bin/setpriv --bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+net_admin,+sys_chroot,+sys_ptrace,+audit_write,+setfcap,+linux_immutable \
	/usr/sbin/init
