#!/bin/bash
# how: cron
# user: root
# weight: 3
# does: removes old temporary files

for _ in 1 2 3; do mktemp /tmp/session.XXXXXXXX >/dev/null; done
find /tmp /var/tmp -xdev -type f -name 'session.*' -mmin +1 -delete
find /run/lock -type f -mmin +60 -delete
