#!/bin/bash
# technique: T1485 Data Destruction
# tactic: impact
# user: root
# needs: shred
# does: overwrites and removes data and backups
# harmless: a copy of made-up files

mkdir -p /var/backups/old
cp /home/bob/documents/report-1*.txt /var/backups/old/
shred -n 1 -u /var/backups/old/report-1*.txt
rm -rf /var/backups/old
