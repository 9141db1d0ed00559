#!/bin/bash
# technique: T1070.003 Indicator Removal: Clear Command History
# tactic: defense-evasion
# user: alice
# does: turns off and removes the history of the shell
# harmless: only files of the sandbox

unset HISTFILE
export HISTSIZE=0 HISTFILESIZE=0
history -c
cp ~/.bash_history /tmp/.h
rm -f ~/.bash_history
ln -sf /dev/null ~/.bash_history
rm ~/.bash_history
mv /tmp/.h ~/.bash_history
