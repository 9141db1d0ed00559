#!/bin/bash
# how: cron
# user: root
# weight: 8
# does: looks whether everything runs, every few minutes

{
	date
	cat /proc/loadavg
	df -P / /tmp
	free -m
	curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:8080/
	pgrep -f app.py
} >>/var/log/app/health.log 2>&1
tail -n 200 /var/log/app/health.log >/var/log/app/health.new
mv /var/log/app/health.new /var/log/app/health.log
