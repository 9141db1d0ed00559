#!/bin/bash
# technique: T1070.006 Indicator Removal: Timestomp
# tactic: defense-evasion
# user: root
# does: gives a new program the time of an old one
# harmless: only files of the sandbox

cp /usr/bin/true /usr/local/bin/dbus-cleanup
touch -r /usr/bin/ls /usr/local/bin/dbus-cleanup
touch -d '2023-01-01 12:00:00' /usr/local/bin
stat /usr/local/bin/dbus-cleanup >/dev/null
