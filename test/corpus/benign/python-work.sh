#!/bin/bash
# how: login
# user: bob
# weight: 3
# does: runs tests of a Python script and works with data

cd ~/work || exit 1
mkdir -p stats
cat >stats/mean.py <<'END'
def mean(numbers):
    return sum(numbers) / len(numbers)
END
cat >stats/test_mean.py <<'END'
import unittest, mean
class Mean(unittest.TestCase):
    def test_mean(self):
        self.assertEqual(mean.mean([1, 2, 3]), 2)
END
(cd stats && python3 -m unittest -q test_mean 2>/dev/null)
python3 -c 'import csv, json, random, sqlite3; d = sqlite3.connect("data.db"); d.execute("CREATE TABLE IF NOT EXISTS n (v)"); d.execute("INSERT INTO n VALUES (?)", (random.random(),)); d.commit()'
jq -n '[1,2,3] | add' >/dev/null
