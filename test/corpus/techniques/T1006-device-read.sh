#!/bin/bash
# technique: T1006 Direct Volume Access
# tactic: defense-evasion
# user: root
# does: looks for disks and tries to make and read a device node of one
# harmless: making nodes was taken away, and the sandbox has no disks

cat /proc/partitions >/dev/null
mknod /tmp/.d b 254 0 2>/dev/null
dd if=/tmp/.d of=/dev/null bs=512 count=1 2>/dev/null
rm -f /tmp/.d
