#!/bin/bash
# how: service
# user: www-data
# does: serves pages and orders

exec /usr/bin/python3 /srv/app/app.py
