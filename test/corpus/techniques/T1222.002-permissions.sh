#!/bin/bash
# technique: T1222.002 File and Directory Permissions Modification: Linux and Mac
# tactic: defense-evasion
# user: root
# does: opens shadow and the folder of cron to everybody
# harmless: only files of the sandbox, and they are closed again

chmod 777 /etc/cron.d
chmod 666 /etc/shadow
chown www-data /etc/cron.d
su www-data -s /bin/sh -c 'cat /etc/shadow' >/dev/null
chown root /etc/cron.d
chmod 755 /etc/cron.d
chmod 640 /etc/shadow
