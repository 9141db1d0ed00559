#!/bin/bash
# technique: T1486 Data Encrypted for Impact
# tactic: impact
# user: alice
# needs: openssl
# does: encrypts one document after another, renames them and leaves a note
# harmless: the files are made up; it works on a copy

cp -r ~/documents /tmp/documents
cd /tmp/documents || exit 1
for file in report-[0-7].txt; do
	openssl enc -aes-256-cbc -pbkdf2 -iter 1 -k x -in "$file" -out "$file.tmp"
	mv "$file.tmp" "$file.locked"
	rm -f "$file"
done
echo 'Your files are encrypted' >README_DECRYPT.txt
cd /
rm -rf /tmp/documents
