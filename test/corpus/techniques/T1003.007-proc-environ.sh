#!/bin/bash
# technique: T1003.007 OS Credential Dumping: Proc Filesystem
# tactic: credential-access
# user: root
# does: reads the environment of every process and the memory of one
# harmless: only processes of the sandbox

for process in /proc/[0-9]*; do
	tr '\0' '\n' <"$process/environ" 2>/dev/null | grep -iE 'pass|token|secret' >/dev/null
done
grep -m1 heap "/proc/$$/maps" >/dev/null
dd if="/proc/$$/mem" of=/dev/null bs=1 count=1 2>/dev/null
true
