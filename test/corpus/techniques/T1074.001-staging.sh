#!/bin/bash
# technique: T1074.001 Data Staged: Local Data Staging
# tactic: collection
# user: alice
# needs: split
# does: gathers documents in shared memory and splits them
# harmless: only files of the sandbox

mkdir /dev/shm/.s
cp ~/documents/report-[1-3]*.txt /dev/shm/.s/
tar cf /dev/shm/.s/all.tar -C /dev/shm .s 2>/dev/null
split -b 8k /dev/shm/.s/all.tar /dev/shm/.s/part.
rm -r /dev/shm/.s
