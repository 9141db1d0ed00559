#!/bin/bash
# how: login
# user: deploy
# weight: 1
# does: makes a key for a deployment, looks at it, and removes it

ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/deploy_"$$" -C deploy
ssh-keygen -lf ~/.ssh/deploy_"$$".pub >/dev/null
ls -l ~/.ssh >/dev/null
rm ~/.ssh/deploy_"$$" ~/.ssh/deploy_"$$".pub
