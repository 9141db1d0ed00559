#!/bin/bash
# technique: T1564.001 Hide Artifacts: Hidden Files and Directories
# tactic: defense-evasion
# user: www-data
# does: unpacks a program into a hidden folder in shared memory and runs it
# harmless: the program is /usr/bin/uname

mkdir /dev/shm/.ICE-unix
cp /usr/bin/uname /dev/shm/.ICE-unix/.x
chmod 755 /dev/shm/.ICE-unix/.x
/dev/shm/.ICE-unix/.x -a >/dev/null
rm -r /dev/shm/.ICE-unix
