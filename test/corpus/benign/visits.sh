#!/bin/bash
# how: service
# user: bob
# weight: 8
# does: visitors of the web application

pages=(index.html about.html orders.html stock.html help.html missing.html)
items=(screws nails bolts nuts washers)
for _ in 1 2 3; do
	curl -s "http://127.0.0.1:8080/${pages[RANDOM % 6]}" >/dev/null
	curl -s "http://127.0.0.1:8080/orders?item=${items[RANDOM % 5]}" >/dev/null
	if [ $((RANDOM % 4)) = 0 ]; then curl -s 'http://127.0.0.1:8080/diagnosis?host=localhost' >/dev/null; fi
done
