#!/bin/bash
# technique: T1003.008 OS Credential Dumping: /etc/passwd and /etc/shadow
# tactic: credential-access
# user: www-data
# does: tries to read the password hashes and their copies
# harmless: it may not

for file in /etc/shadow /etc/shadow- /etc/gshadow /etc/sudoers /etc/security/opasswd; do
	cat "$file" >/dev/null 2>&1
done
true
