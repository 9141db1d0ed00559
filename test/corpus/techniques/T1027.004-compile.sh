#!/bin/bash
# technique: T1027.004 Obfuscated Files or Information: Compile After Delivery
# tactic: defense-evasion
# user: www-data
# needs: gcc
# does: a web user compiles a program below /tmp and runs it
# harmless: the program prints its user id

mkdir /tmp/.build
printf '#include <stdio.h>\n#include <unistd.h>\nint main(void) { return printf("%%d\\n", getuid()) < 0; }\n' >/tmp/.build/e.c
gcc -w -o /tmp/.build/e /tmp/.build/e.c
/tmp/.build/e >/dev/null
rm -r /tmp/.build
