#!/bin/bash
# technique: T1082 System Information Discovery
# tactic: discovery
# user: www-data
# does: asks one thing after another about the host
# harmless: queries

{
	id; whoami; uname -a; hostname; cat /etc/os-release /etc/issue /proc/version /proc/cpuinfo; lscpu; df -h; mount; env
	cat /sys/class/dmi/id/product_name /proc/1/cgroup; ls -la /.dockerenv /home /root; dpkg -l sudo
} >/dev/null 2>&1
true
