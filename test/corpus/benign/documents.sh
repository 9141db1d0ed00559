#!/bin/bash
# how: login
# user: bob
# weight: 3
# does: edits, renames, searches and packs documents

cd ~/documents || exit 1
n=$((RANDOM % 40))
sed -i "3s/.*/changed $RANDOM/" "report-$n.txt"
cp "report-$n.txt" "copy-$n.txt"
mv "copy-$n.txt" "final-$n.txt"
grep -l changed report-*.txt >/dev/null
chmod 640 "final-$n.txt"
zip -q archive.zip report-1*.txt
unzip -tq archive.zip >/dev/null
ls -la >/dev/null
rm "final-$n.txt"
