#!/bin/bash
# technique: T1574.006 Hijack Execution Flow: Dynamic Linker Hijacking
# tactic: persistence
# user: root
# needs: gcc
# does: has a library of its own loaded into every program
# harmless: the library is empty, and the setting is removed at once

echo 'int nothing;' >/tmp/.p.c
gcc -shared -o /usr/local/lib/libprocess.so /tmp/.p.c
rm /tmp/.p.c
LD_PRELOAD=/usr/local/lib/libprocess.so ls / >/dev/null
echo /usr/local/lib/libprocess.so >/etc/ld.so.preload
id >/dev/null
rm /etc/ld.so.preload
