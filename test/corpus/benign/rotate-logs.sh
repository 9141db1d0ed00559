#!/bin/bash
# how: cron
# user: root
# weight: 3
# does: rotates and compresses the logs of the application

cd /var/log/app || exit 1
for n in 8 7 6 5 4 3 2 1; do
	if [ -e "access.log.$n" ]; then mv "access.log.$n" "access.log.$((n + 1))"; fi
done
if [ -e access.log ]; then cp -p access.log access.log.1 && : >access.log; fi
gzip -f access.log.4 2>/dev/null
rm -f access.log.9
chown www-data:www-data access.log* 2>/dev/null
chmod 640 access.log* 2>/dev/null
true
