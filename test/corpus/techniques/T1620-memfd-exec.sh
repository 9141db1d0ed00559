#!/bin/bash
# technique: T1620 Reflective Code Loading
# tactic: defense-evasion
# user: alice
# needs: python3
# does: runs a program that exists only in memory
# harmless: the program is /usr/bin/id

python3 - <<'END'
import os
fd = os.memfd_create("update", 0)
with open("/usr/bin/id", "rb") as program:
    os.write(fd, program.read())
if os.fork() == 0:
    os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
    os.execve("/proc/self/fd/%d" % fd, ["[kworker/0:2]"], {})
os.wait()
END
