#!/bin/bash
# technique: T1547.006 Boot or Logon Autostart Execution: Kernel Modules and Extensions
# tactic: persistence
# user: root
# needs: python3
# does: tries to load a kernel module from /tmp
# harmless: the file is no module, and the right to load one was taken away

head -c 4096 /dev/zero >/tmp/diamorphine.ko
python3 - <<'END'
import ctypes, os
libc = ctypes.CDLL(None)
fd = os.open("/tmp/diamorphine.ko", os.O_RDONLY)
libc.syscall(313, fd, b"", 0)
libc.syscall(175, b"\0" * 64, 64, b"")
END
mkdir -p /etc/modules-load.d
echo diamorphine >/etc/modules-load.d/net.conf
rm /tmp/diamorphine.ko
