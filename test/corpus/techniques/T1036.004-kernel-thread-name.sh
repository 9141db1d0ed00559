#!/bin/bash
# technique: T1036.004 Masquerading: Masquerade Task or Service
# tactic: defense-evasion
# user: alice
# does: runs a program of its own under the name of a kernel thread
# harmless: the program sleeps for a second

mkdir -p /tmp/.X11
cp /usr/bin/sleep '/tmp/.X11/[kworker]'
(exec -a '[kworker/u4:1]' '/tmp/.X11/[kworker]' 1)
rm -r /tmp/.X11
