#!/bin/bash
# technique: T1489 Service Stop
# tactic: impact
# user: root
# needs: start-stop-daemon
# does: stops a service before its data are touched
# harmless: the service is the worker of the sandbox, and is started again

/etc/init.d/web stop >/dev/null 2>&1
cp /var/lib/app/orders.db /tmp/.o 2>/dev/null
rm -f /tmp/.o
/etc/init.d/web start >/dev/null 2>&1
