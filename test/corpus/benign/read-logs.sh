#!/bin/bash
# how: login
# user: bob
# weight: 3
# does: looks into logs as an administrator

sudo -n tail -n 50 /var/log/syslog >/dev/null
sudo -n grep -c Accepted /var/log/auth.log >/dev/null
case $((RANDOM % 3)) in
0) sudo -n less /var/log/app/access.log.1 </dev/null >/dev/null 2>&1 ;;
1) awk '{ n[$3]++ } END { for (p in n) print n[p], p }' /var/log/app/access.log.2 2>/dev/null | sort -rn | head -n 5 >/dev/null ;;
2) sudo -n zcat -f /var/log/app/access.log.4.gz 2>/dev/null | wc -l >/dev/null ;;
esac
true
