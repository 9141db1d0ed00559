#!/bin/bash
# technique: T1611 Escape to Host
# tactic: privilege-escalation
# user: alice
# needs: unshare
# does: becomes root of a user namespace of its own and mounts file systems there
# harmless: such a namespace gives no right outside of it

unshare -Urm sh -c 'id; mount -t tmpfs none /mnt; mount --bind /etc /mnt; cat /etc/shadow' >/dev/null 2>&1
true
