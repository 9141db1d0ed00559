#!/bin/bash
# how: login
# user: alice
# weight: 3
# does: works on a branch of a repository, merges and pushes it

export GIT_AUTHOR_NAME=alice GIT_AUTHOR_EMAIL=alice@corpus GIT_COMMITTER_NAME=alice GIT_COMMITTER_EMAIL=alice@corpus
cd ~/work || exit 1
if [ ! -d shop ]; then
	git init -q --bare shop.git
	git clone -q shop.git shop 2>/dev/null
	cp -r /srv/project/*.c /srv/project/*.h shop/
	git -C shop add . && git -C shop commit -q -m 'start'
fi
cd shop || exit 1
branch=change-$RANDOM
git checkout -q -b "$branch"
echo "/* $branch */" >>text.c
git commit -q -a -m "$branch"
git log --oneline | head -n 3 >/dev/null
git diff HEAD~1 --stat >/dev/null
git checkout -q -
git merge -q "$branch" >/dev/null
git push -q origin HEAD 2>/dev/null
git branch -q -d "$branch"
