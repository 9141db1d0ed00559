#!/bin/bash
# how: login
# user: deploy
# weight: 2
# does: installs a release, switches to it, restarts the worker and removes old ones

release=/srv/releases/$(date +%s%N)
mkdir "$release"
cp -r /srv/app/. /srv/project/*.c "$release/"
find "$release" -type f -exec chmod 644 {} +
chmod 755 "$release/app.py"
python3 -m py_compile "$release/app.py"
ln -sfn "$release" /srv/releases/current
sudo -n /etc/init.d/web restart >/dev/null 2>&1
find /srv/releases -mindepth 1 -maxdepth 1 -type d | sort | head -n -3 | xargs -r rm -r
