#!/bin/bash
# how: cron
# user: root
# weight: 1
# does: makes a certificate if there is none and says when it ends

cd /etc/ssl || exit 1
if [ ! -e corpus.pem ]; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=corpus -keyout corpus.key -out corpus.pem 2>/dev/null
	chmod 600 corpus.key
fi
openssl x509 -in corpus.pem -noout -enddate >/dev/null
