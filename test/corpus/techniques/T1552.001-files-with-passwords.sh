#!/bin/bash
# technique: T1552.001 Unsecured Credentials: Credentials In Files
# tactic: credential-access
# user: www-data
# does: searches configuration and application files for passwords
# harmless: only files of the sandbox

grep -rliE 'password|secret' /srv/app /etc/default /var/www >/dev/null 2>&1
for file in /home/*/.aws/credentials /home/*/.netrc /home/*/.git-credentials /root/.my.cnf /home/*/.docker/config.json; do
	cat "$file" >/dev/null 2>&1
done
true
