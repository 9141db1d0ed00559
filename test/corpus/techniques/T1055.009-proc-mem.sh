#!/bin/bash
# technique: T1055.009 Process Injection: Proc Memory
# tactic: defense-evasion
# user: alice
# needs: python3
# does: writes into another process through /proc/PID/mem
# harmless: the process is a sleep that the script started

sleep 5 &
victim=$!
sleep 0.2
python3 - $victim <<'END'
import sys
pid = sys.argv[1]
with open(f"/proc/{pid}/maps") as maps:
    stack = next(line for line in maps if "[stack]" in line).split("-")[0]
with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
    memory.seek(int(stack, 16))
    memory.write(b"\0" * 8)
END
kill $victim
