#!/bin/bash
# how: login
# user: bob
# weight: 2
# does: looks at addresses, ports and a name, as one does when something is slow

ip -br address >/dev/null
ss -ltn >/dev/null
getent ahostsv4 mirror.example >/dev/null
getent ahostsv4 news.mirror.example >/dev/null
curl -s -o /dev/null -w '%{time_total}' http://mirror.example/ >/dev/null
