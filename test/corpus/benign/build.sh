#!/bin/bash
# how: login
# user: alice
# weight: 3
# does: changes a file of a C project, builds and tests it

cd /srv/project || exit 1
files=(main.c table.c text.c)
case $((RANDOM % 3)) in
0) make -s clean ;;
*) touch "${files[RANDOM % 3]}" ;;
esac
make -s >/dev/null
make -s check
./tally </dev/null
