#!/bin/bash
# how: login
# user: alice
# weight: 2
# does: fetches lists from a mirror, unpacks and compares them

cd ~/work || exit 1
curl -s -o packages.txt "http://mirror.example/dists/stable/Packages.$((RANDOM % 20))"
wget -q -O again.txt http://mirror.example/dists/stable/Release
cmp -s packages.txt again.txt
gzip -kf packages.txt
sha256sum packages.txt.gz >sums
sha256sum -c --quiet sums
