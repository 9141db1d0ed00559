#!/bin/bash
# technique: T1110.001 Brute Force: Password Guessing
# tactic: credential-access
# user: alice
# needs: su
# does: tries passwords of another user
# harmless: none of them can be right

for word in 123456 password; do
	echo "$word" | timeout 1 su bob -c id >/dev/null 2>&1
	echo "$word" | timeout 1 sudo -S -k id >/dev/null 2>&1
done
true
