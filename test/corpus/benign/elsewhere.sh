#!/bin/bash
# how: service
# user: root
# does: stands for other hosts; what it does is left out of the capture

exec /usr/bin/python3 /usr/local/lib/elsewhere.py
