#!/bin/bash
# technique: T1083 File and Directory Discovery
# tactic: discovery
# user: www-data
# does: searches for programs that give their user more rights, and for places to write to
# harmless: queries

find /usr/bin /usr/sbin -perm -4000 -type f >/dev/null 2>&1
getcap -r /usr/bin >/dev/null 2>&1
find / -xdev -writable -type d >/dev/null 2>&1
find /etc -readable -name '*.conf' >/dev/null 2>&1
true
