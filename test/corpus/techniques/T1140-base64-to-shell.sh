#!/bin/bash
# technique: T1140 Deobfuscate/Decode Files or Information
# tactic: defense-evasion
# user: alice
# does: decodes a script from base64 and pipes it into a shell
# harmless: the script says who and where it is

encoded=$(printf 'id\nuname -a\nwhoami\nls /root\n' | base64 -w0)
echo "$encoded" | base64 -d | sh >/dev/null 2>&1
true
