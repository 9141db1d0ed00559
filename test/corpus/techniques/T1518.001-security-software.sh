#!/bin/bash
# technique: T1518.001 Software Discovery: Security Software Discovery
# tactic: discovery
# user: root
# does: looks for what might be watching
# harmless: queries

{
	# shellcheck disable=SC2009 # that is how it is done
	ps -ef | grep -iE 'falco|auditd|osquery|wazuh|crowdstrike|sentinel'
	ls /etc/falco /etc/audit /opt/CrowdStrike /var/ossec /sys/fs/bpf
	cat /proc/sys/kernel/yama/ptrace_scope /sys/kernel/security/lsm; dpkg -l auditd falco; head -n 1 /proc/kallsyms
} >/dev/null 2>&1
true
