#!/bin/bash
# technique: T1057 Process Discovery
# tactic: discovery
# user: www-data
# needs: ps
# does: lists all processes and looks for those worth attacking
# harmless: queries

ps auxww >/dev/null
# shellcheck disable=SC2009 # that is how it is done
ps -eo pid,user,args | grep -E 'mysql|ssh|backup' >/dev/null
for process in /proc/[0-9]*; do cat "$process/cmdline" "$process/status" >/dev/null 2>&1; done
true
