#!/bin/bash
# technique: T1070.004 Indicator Removal: File Deletion
# tactic: defense-evasion
# user: www-data
# needs: shred
# does: runs a script that overwrites and removes itself
# harmless: only files of the sandbox

# shellcheck disable=SC2016 # the script's own name
printf '#!/bin/sh\nid >/dev/null\nshred -u "$0"\n' >/tmp/.run.sh
chmod +x /tmp/.run.sh
/tmp/.run.sh
