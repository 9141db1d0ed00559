#!/bin/bash
# technique: T1049 System Network Connections Discovery
# tactic: discovery
# user: www-data
# needs: ss
# does: lists connections, addresses, routes and neighbours
# harmless: queries

{ ss -antup; ip address; ip route; ip neigh; netstat -an; cat /proc/net/tcp /proc/net/arp /etc/hosts /etc/resolv.conf; } >/dev/null 2>&1
true
