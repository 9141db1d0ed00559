#!/bin/bash
# how: cron
# user: root
# weight: 2
# does: packs homes and the database, keeps a few, and copies one to another host

name=/var/backups/homes-$(date +%s).tar.gz
tar czf "$name" /home /var/lib/app 2>/dev/null
sha256sum "$name" >"$name.sha256"
curl -s -T "$name" http://mirror.example/backups/ >/dev/null
find /var/backups -name 'homes-*' -mmin +1 -delete
