#!/bin/bash
# how: login
# user: alice
# weight: 3
# does: asks which package something belongs to and what it is

names=(bash tar curl git make gcc python3 perl openssl sudo)
programs=(ls grep sed awk tar find xargs sort make git)
name=${names[RANDOM % 10]}
apt-cache policy "$name" >/dev/null 2>&1
apt-cache show "$name" >/dev/null 2>&1
dpkg -S "$(readlink -f "/usr/bin/${programs[RANDOM % 10]}")" >/dev/null 2>&1
dpkg -L "$name" | head -n 20 >/dev/null
dpkg -s "$name" >/dev/null
