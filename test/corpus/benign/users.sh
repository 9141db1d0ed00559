#!/bin/bash
# how: login
# user: root
# weight: 1
# does: looks after accounts: lists them, sets an expiry, adds and removes one

getent passwd alice >/dev/null
chage -l bob >/dev/null
passwd -S alice >/dev/null
name=guest$((RANDOM % 90 + 10))
useradd -m "$name" 2>/dev/null
usermod -c 'Guest' "$name"
userdel -r "$name" 2>/dev/null
