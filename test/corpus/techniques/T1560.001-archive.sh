#!/bin/bash
# technique: T1560.001 Archive Collected Data: Archive via Utility
# tactic: collection
# user: root
# needs: tar openssl
# does: packs homes and account files, encrypted, in a hidden place
# harmless: only files of the sandbox

tar czf - /home/alice/documents /etc/passwd /etc/shadow 2>/dev/null | openssl enc -aes-256-cbc -pbkdf2 -k x -out /var/tmp/.sync.dat
rm /var/tmp/.sync.dat
