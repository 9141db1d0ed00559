#!/bin/sh
# Fills the root ROOT of the sandbox: Debian's own settings from the host, and users, homes and services of a small
# server that does not exist.
set -eu
root=$1 here=$(cd "$(dirname "$0")" && pwd)

for name in adduser.conf alternatives bash.bashrc ca-certificates.conf debconf.conf debian_version deluser.conf dpkg \
	gai.conf host.conf inputrc issue issue.net ld.so.cache ld.so.conf ld.so.conf.d libaudit.conf locale.alias \
	localtime login.defs magic mime.types nsswitch.conf os-release pam.conf pam.d perl profile protocols python3 \
	python3.11 rpc security selinux services shells skel sudo.conf terminfo timezone wgetrc; do
	if [ -e "/etc/$name" ]; then cp -a "/etc/$name" "$root/etc/$name"; fi
done
cd "$root"
mkdir -p etc/apt etc/cron.d etc/cron.daily etc/default etc/init.d etc/profile.d etc/ssh etc/ssl etc/sudoers.d \
	etc/systemd/system etc/logrotate.d var/backups var/cache/apt/archives var/lib/apt/lists var/lib/app var/lib/dpkg/info var/lib/dpkg/updates var/lib/misc \
	var/log/app var/mail var/spool/cron/crontabs var/tmp var/www run/lock run/jobs srv/app srv/git \
	srv/releases usr/local/sbin
chmod 1777 var/tmp run/lock
chmod 1730 var/spool/cron/crontabs
cp -a /etc/ssl/openssl.cnf etc/ssl/
if [ -e /etc/ssh/ssh_config ]; then cp -a /etc/ssh/ssh_config etc/ssh/; fi
: >etc/apt/sources.list
echo corpus >etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 corpus\n198.51.100.20 mirror.example\n' >etc/hosts
printf 'nameserver 198.51.100.53\noptions timeout:1 attempts:1\n' >etc/resolv.conf
printf 'LANG=C.UTF-8\n' >etc/default/locale
: >etc/environment
: >etc/fstab
: >etc/security/opasswd
ln -sf /proc/mounts etc/mtab
ln -s /run var/run
cp -a /etc/default/useradd etc/default/

cp /usr/share/base-passwd/passwd.master etc/passwd
cp /usr/share/base-passwd/group.master etc/group
sed 's/:.*/:*:20000:0:99999:7:::/' etc/passwd >etc/shadow
id=1000
for user in alice bob deploy; do
	echo "$user:x:$id:$id:$user:/home/$user:/bin/bash" >>etc/passwd
	echo "$user:x:$id:" >>etc/group
	# shellcheck disable=SC2016 # the dollars belong to the hash
	echo "$user:"'$6$corpus$Zc9nJx0r7l1hXWqg3s3b4mV0uK9aQ2yE5tR8pL6dF1sH7jG4kN0cB3vM2xZ5qW8e:20000:0:99999:7:::' >>etc/shadow
	cp -r etc/skel "home/$user"
	mkdir -p "home/$user/.ssh" "home/$user/work" "home/$user/documents"
	printf 'cd work\nmake\ngit status\nmysql -u app -pSommer2024 orders\nexport API_TOKEN=example-token\n' >"home/$user/.bash_history"
	printf 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExample %s@corpus\n' "$user" >"home/$user/.ssh/authorized_keys"
	printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nan example, no key\n-----END OPENSSH PRIVATE KEY-----\n' >"home/$user/.ssh/id_ed25519"
	chmod 700 "home/$user/.ssh"
	chmod 600 "home/$user/.ssh/id_ed25519" "home/$user/.bash_history"
	n=0
	while [ $n -lt 40 ]; do
		seq -f "$user $n line %g" 1 60 >"home/$user/documents/report-$n.txt"
		n=$((n + 1))
	done
	chown -R "$id:$id" "home/$user"
	id=$((id + 1))
done
sed -i 's/^sudo:.*/sudo:x:27:bob/' etc/group
chmod 640 etc/shadow
chgrp 42 etc/shadow
sed 's/:.*/:!::/' etc/group >etc/gshadow
printf 'root ALL=(ALL:ALL) ALL\n%%sudo ALL=(ALL:ALL) NOPASSWD: ALL\ndeploy ALL=(root) NOPASSWD: /etc/init.d/web\n' >etc/sudoers
chmod 440 etc/sudoers
cp -r etc/skel/. root/
printf 'PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin\n17 * * * * root /usr/local/sbin/backup\n' >etc/crontab

# The database of packages: those of every Debian, and what the scripts ask about.
awk -v RS= -v ORS='\n\n' '/\nPriority: (required|important)\n/ || /^Package: (curl|gcc|git|make|openssl|perl|python3|sudo|unzip|wget|zip)\n/' \
	/var/lib/dpkg/status >var/lib/dpkg/status
sed -n 's/^Package: //p' var/lib/dpkg/status | while read -r package; do
	for file in "/var/lib/dpkg/info/$package."* "/var/lib/dpkg/info/$package:"*; do
		if [ -e "$file" ]; then cp "$file" var/lib/dpkg/info/; fi
	done
done
cp /var/lib/dpkg/info/format var/lib/dpkg/info/
printf 'amd64\n' >var/lib/dpkg/arch

install -m 0755 "$here/app.py" srv/app/app.py
install -m 0755 "$here/web" etc/init.d/web
install -m 0755 "$here/elsewhere.py" usr/local/lib/elsewhere.py
cp -r "$here/project" srv/project
seq -f '<p>page %g</p>' 1 200 >var/www/index.html
for page in about orders stock help; do seq -f "$page %g" 1 300 >"var/www/$page.html"; done
for day in 1 2 3 4; do
	seq -f "2026-01-0$day 10:00:00 GET /orders/%g 200 1043" 1 400 >"var/log/app/access.log.$day"
done
for log in auth.log syslog wtmp btmp lastlog; do : >"var/log/$log"; done
seq -f 'Jan  4 10:00:00 corpus sshd[%g]: Accepted publickey for alice from 198.51.100.20' 1 200 >var/log/auth.log
seq -f 'Jan  4 10:00:00 corpus app[%g]: request done' 1 500 >var/log/syslog
chown -R 33:33 var/www var/lib/app var/log/app
chown -R 1002:1002 srv/releases
chown -R 1000:1000 srv/project
