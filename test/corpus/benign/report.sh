#!/bin/bash
# how: cron
# user: www-data
# weight: 3
# does: counts the pages of the access log

python3 - <<'END'
import collections, glob, json, os, tempfile
count = collections.Counter()
for name in sorted(glob.glob("/var/log/app/access.log*")):
    if not name.endswith(".gz"):
        with open(name) as log:
            count.update(line.split(" ")[1] for line in log if " " in line)
with tempfile.NamedTemporaryFile("w", dir="/var/lib/app", delete=False) as new:
    json.dump(count.most_common(10), new)
os.replace(new.name, "/var/lib/app/report.json")
END
