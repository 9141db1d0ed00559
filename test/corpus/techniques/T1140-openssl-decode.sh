#!/bin/bash
# technique: T1140 Deobfuscate/Decode Files or Information
# tactic: defense-evasion
# user: www-data
# needs: openssl
# does: decrypts a hidden payload, makes it executable and runs it
# harmless: the payload prints the date

cd /tmp || exit 1
printf '#!/bin/sh\ndate\n' | openssl enc -aes-256-cbc -pbkdf2 -k update -out .cache.bin
openssl enc -d -aes-256-cbc -pbkdf2 -k update -in .cache.bin -out .cache.sh
chmod 755 .cache.sh
./.cache.sh >/dev/null
rm -f .cache.bin .cache.sh
