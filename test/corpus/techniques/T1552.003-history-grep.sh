#!/bin/bash
# technique: T1552.003 Unsecured Credentials: Bash History
# tactic: credential-access
# user: root
# does: searches the histories of all users for passwords
# harmless: the passwords are made up

cat /root/.bash_history /home/*/.bash_history 2>/dev/null | grep -iE 'pass|token| -p' >/dev/null
grep -hE 'mysql|curl -u|sshpass' /home/*/.bash_history >/dev/null
true
