#!/bin/bash
# technique: T1531 Account Access Removal
# tactic: impact
# user: root
# needs: passwd usermod
# does: locks a user out and changes a shell
# harmless: only accounts of the sandbox, and it is undone

passwd -l bob >/dev/null
usermod -s /usr/sbin/nologin bob
usermod -s /bin/bash bob
passwd -u bob >/dev/null
