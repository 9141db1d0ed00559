#!/bin/bash
# how: cron
# user: root
# weight: 2
# does: compares installed packages with yesterday and verifies a few

packages=(coreutils bash grep sed tar gzip login passwd util-linux hostname)
# shellcheck disable=SC2016 # the dollars belong to dpkg
dpkg-query -W -f '${Package} ${Version}\n' >/var/lib/misc/packages.new
cmp -s /var/lib/misc/packages.new /var/lib/misc/packages || mv /var/lib/misc/packages.new /var/lib/misc/packages
dpkg --verify "${packages[RANDOM % 10]}" >/var/lib/misc/verify || true
