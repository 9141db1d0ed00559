#!/bin/bash
# technique: T1087.001 Account Discovery: Local Account
# tactic: discovery
# user: alice
# does: lists users, groups, who is there and who may use sudo
# harmless: queries

{ cat /etc/passwd /etc/group; getent passwd; who; w; last; lastlog; groups; id bob; sudo -n -l; grep bash /etc/passwd; } >/dev/null 2>&1
true
