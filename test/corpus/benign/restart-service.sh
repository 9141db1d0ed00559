#!/bin/bash
# how: login
# user: bob
# weight: 2
# does: restarts the worker of the web application

sudo -n /etc/init.d/web status >/dev/null
sudo -n /etc/init.d/web restart >/dev/null 2>&1
sudo -n /etc/init.d/web status >/dev/null
