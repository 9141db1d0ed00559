#!/bin/bash
# technique: T1059.006 Command and Scripting Interpreter: Python
# tactic: execution
# user: www-data
# needs: python3
# does: a web user makes a terminal for a shell, as after a break-in
# harmless: the shell runs two queries and ends

python3 -c 'import pty; pty.spawn(["/bin/sh", "-c", "id; tty"])' >/dev/null </dev/null
