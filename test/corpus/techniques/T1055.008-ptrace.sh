#!/bin/bash
# technique: T1055.008 Process Injection: Ptrace System Calls
# tactic: defense-evasion
# user: alice
# needs: python3
# does: attaches to another process, reads its registers and writes into its stack
# harmless: the process is a sleep that the script started

sleep 5 &
victim=$!
python3 - $victim <<'END'
import ctypes, os, sys
libc = ctypes.CDLL(None)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
pid = int(sys.argv[1])
libc.ptrace(16, pid, None, None)
os.waitpid(pid, 0x40000000)
registers = (ctypes.c_ulonglong * 27)()
libc.ptrace(12, pid, None, ctypes.addressof(registers))
libc.ptrace(5, pid, registers[19] - 4096, 0x9090909090909090)
libc.ptrace(17, pid, None, None)
END
kill $victim
