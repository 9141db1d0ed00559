#!/bin/bash
# technique: T1036.005 Masquerading: Match Legitimate Name or Location
# tactic: defense-evasion
# user: www-data
# does: runs a program called sshd from a writable folder
# harmless: the program is /usr/bin/true

cp /usr/bin/true /var/tmp/sshd
/var/tmp/sshd -D
rm /var/tmp/sshd
