#!/bin/bash
# how: login
# user: root
# weight: 3
# does: logs in as another user with a login shell

users=(alice bob deploy)
su -l "${users[RANDOM % 3]}" -c 'pwd; umask; ls; test -f ~/.profile' >/dev/null
