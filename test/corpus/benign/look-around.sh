#!/bin/bash
# how: login
# user: alice
# weight: 4
# does: logs in and looks at what is there

who >/dev/null
uptime >/dev/null
id >/dev/null
ls -la ~ ~/work >/dev/null
df -h ~ >/dev/null 2>&1
ps -u alice >/dev/null
du -sh ~/documents >/dev/null
case $((RANDOM % 3)) in
0) git --version >/dev/null ;;
1) man -w ls >/dev/null 2>&1 ;;
2) env | sort >/dev/null ;;
esac
true
