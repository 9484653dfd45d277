#!/bin/sh
# make-repo.sh DIR FILES COMMITS: a git repository with that many files, whose history
# changes a few of them at a time.  The same arguments give the same objects.
set -eu
dir=$1 files=$2 commits=$3
export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=bench@example.org
export GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=bench@example.org
export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
mkdir -p "$dir"
git -C "$dir" init -q -b main
awk -v files="$files" -v commits="$commits" '
function put(path, text) {
	printf "M 644 inline %s\ndata %d\n%s\n", path, length(text), text
}
function body(i, c,    s, k) {
	s = ""
	for (k = 0; k < 20 + i % 40; k++)
		s = s "line " k " of file " i " value " ((i * 7919 + k * 104729 + c * (k % 5 == 0)) % 999983) "\n"
	return s
}
BEGIN {
	for (c = 0; c < commits; c++) {
		printf "commit refs/heads/main\ncommitter bench <bench@example.org> %d +0000\ndata 7\nchange\n\n", 1700000000 + c
		if (c == 0) {
			put("MLproject", "name: bench\nentry_points:\n  main:\n    command: \":\"\n")
			for (i = 0; i < files - 1; i++)
				put("dir" int(i / 50) "/file" i ".txt", body(i, 0))
		} else
			for (k = 0; k < 5; k++) {
				i = (c * 37 + k * 911) % (files - 1)
				put("dir" int(i / 50) "/file" i ".txt", body(i, c))
			}
	}
}' | git -C "$dir" fast-import --quiet
git -C "$dir" reset -q --hard
