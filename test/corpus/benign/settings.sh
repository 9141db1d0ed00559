#!/bin/bash
# how: login
# user: root
# weight: 2
# does: changes a setting of a service after keeping a copy

file=/etc/default/web
touch "$file"
cp -p "$file" "$file.bak"
printf 'WORKERS=%d\n' $((RANDOM % 8 + 1)) >"$file"
diff "$file.bak" "$file" >/dev/null
chmod 644 "$file"
sed -i 's/^#.*//' /etc/inputrc
