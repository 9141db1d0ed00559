#!/bin/bash
# technique: T1046 Network Service Discovery
# tactic: discovery
# user: www-data
# does: tries many ports of a neighbour and of itself
# harmless: the addresses are on the loopback device

for host in 127.0.0.1 198.51.100.20; do
	for port in 21 22 23 25 53 80 110 143 443 445 1433 2375 3306 5432 6379 8080 9200 11211 27017; do
		(exec 3<>"/dev/tcp/$host/$port") 2>/dev/null
	done
done
true
