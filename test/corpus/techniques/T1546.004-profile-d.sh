#!/bin/bash
# technique: T1546.004 Event Triggered Execution: Unix Shell Configuration Modification
# tactic: persistence
# user: root
# does: has every login shell run a line from /etc/profile.d
# harmless: the line only sets a variable

echo 'export UPDATE_CHECK=1' >/etc/profile.d/zz-update.sh
chmod 755 /etc/profile.d/zz-update.sh
