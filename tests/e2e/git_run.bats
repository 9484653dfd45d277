#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `mlp run` of projects in git.

load ../lib/git

setup() {
	B=$(realpath "${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}")
	MLP=$B/bin/mlp
	MLP_GIT=$B/libexec/mlp-git
	git_setup
}

teardown() {
	git_teardown
}

# shown RUN PATH...: a member of `mlp show --json` of the newest run
shown() {
	"$MLP" show "$("$MLP" runs --json --limit 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["run_id"])')" --json |
		python3 -c '
import json, sys
v = json.load(sys.stdin)
for k in sys.argv[1:]:
    v = v.get(k)
print(v)' "$@"
}

@test "a project from a URL runs, and its commit is recorded" {
	make_project
	start_http
	run "$MLP" run "$HTTP/wine.git" -v v1 -P alpha=0.25
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"alpha=0.25 at v1"* ]]
	[ "$(shown source commit)" = "$(git -C wine rev-parse 'v1^{commit}')" ]
	[ "$(shown source repo_url)" = "$HTTP/wine.git" ]
	[ "$(shown source version)" = v1 ]
	run "$MLP" run "$HTTP/wine.git#sub"
	[[ "$output" == *"in sub"* ]]
	[ "$(shown source subdir)" = sub ]
	[ "$(shown tags mlflow.source.name)" = "$HTTP/wine.git#sub" ]
}

@test "the password of a URL is recorded nowhere" {
	make_project
	start_http
	run "$MLP" run "http://ann:s3cret@${HTTP#http://}/auth/wine.git"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" != *s3cret* ]]
	# what a sweep needs for its other runs is in the cache
	run "$MLP" sweep "http://ann:s3cret@${HTTP#http://}/auth/wine.git" -P alpha=0.1,0.2 --run-name many
	[ "$status" -eq 0 ]
	run "$MLP" sweep extend many -P alpha=0.3
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -rl s3cret "$W" --exclude-dir=srv --exclude=log | wc -l)" -eq 0 ]
}

@test "called from a hook of another repository, git in a checkout means the checkout" {
	make_project
	start_http
	git init -q mine
	echo mine >mine/file
	git -C mine add file
	export GIT_DIR=$W/mine/.git GIT_INDEX_FILE=$W/mine/.git/index GIT_WORK_TREE=$W/mine
	run "$MLP" run "$HTTP/wine.git" -v v1
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"alpha=0.5 at v1"* ]]
	run "$MLP" run wine -v light
	[[ "$output" == *"alpha=0.5 at light"* ]]
	# in a directory of the user's it is the user's
	printf 'entry_points: {main: {command: "git ls-files; echo $GIT_DIR"}}\n' >mine/MLproject
	run "$MLP" run mine
	echo "$output"
	[[ "$output" == *"file"*"$GIT_DIR"* ]]
}

@test "a command that removes its own checkout leaves nothing" {
	make_project
	printf 'entry_points: {main: {command: "rm -rf \\"$PWD\\"; echo gone"}}\n' >wine/MLproject
	git -C wine commit -qam gone
	publish wine
	start_http
	run "$MLP" run "$HTTP/wine.git"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *gone* ]]
	[[ "$output" != *"checkouts/"* ]]
	[ "$(shown tags mlp.left_in)" = None ]
	run "$MLP" run "$HTTP/wine.git" -v light
	[[ "$output" == *"alpha=0.5 at light"* ]]
}

@test "what cannot be fetched: exit 125, no run" {
	make_project
	start_http
	local case
	for case in "$HTTP/wine.git#none|Could not find subdirectory none of $HTTP/wine.git" \
		"$HTTP/404/x|not a git repository" "nowhere|does not exist" \
		"wine/data|is a file" "wine#../x|not allowed in project subdirectory paths" \
		"ssh:///x|names no host"; do
		run "$MLP" run "${case%%|*}"
		echo "$output"
		[ "$status" -eq 125 ] || [ "$status" -eq 2 ]
		[[ "$output" == *"${case##*|}"* ]]
	done
	[ ! -e mlflow.db ] || [ "$("$MLP" runs --json)" = '[]' ]
	[ -z "$(ls "$XDG_CACHE_HOME/mlp/checkouts" 2>/dev/null)" ]
}

@test "a host that does not answer is given up, by name" {
	python3 -c '
import socket, sys, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(5)
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(s.getsockname()[1]))
import os
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)' "$W/port" 3>&- &
	SERVERS+=($!)
	wait_for test -s port
	MLP_STALL_TIMEOUT=1 run "$MLP" run "http://127.0.0.1:$(cat port)/x.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"127.0.0.1:$(cat port)"*"no sign of life for 1"* ]]
}

@test "Ctrl-C during a fetch leaves a mirror that works" {
	make_project
	start_http
	# a job of its own process group, as on a terminal
	set -m
	env --default-signal "$MLP" run "$HTTP/hang/wine.git" >ev 2>&1 3>&- &
	local pid=$!
	set +m
	wait_for grep -q hang log
	kill -INT -- "-$pid"
	local rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 130 ]
	[ -z "$(pgrep -g "$pid")" ]
	run "$MLP" run "$HTTP/wine.git"
	[ "$status" -eq 0 ]
}

@test "a version of a work tree runs elsewhere; the tree itself as it is" {
	make_project
	echo dirty >wine/data
	run "$MLP" run wine -v light
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"at light"* ]]
	[ "$(shown source commit)" = "$(git -C wine rev-parse light)" ]
	[ "$(shown source dirty)" = False ]
	[ "$(cat wine/data)" = dirty ]
	run "$MLP" run wine/sub
	[ "$status" -eq 0 ]
	[ "$(shown source commit)" = "$(git -C wine rev-parse HEAD)" ]
	[ "$(shown source dirty)" = True ]
	[ "$(shown tags mlflow.source.name)" = "file://$W/wine#sub" ]
	git -C wine checkout -q data
	cd wine
	run "$MLP" run .
	[ "$status" -eq 0 ]
	run "$MLP" run .
	[ "$status" -eq 0 ]
	[ "$(shown source dirty)" = False ]
	[ "$(shown tags mlflow.source.name)" = "file://$W/wine" ]
	[ "$(shown source branch)" = None ] || [ "$(shown source branch)" = main ]
}

@test "a plain directory with -v says why not" {
	mkdir plain
	run "$MLP" run plain -v main
	[ "$status" -ne 0 ]
	[[ "$output" == *"Setting a version is only supported for Git project URIs"* ]]
}

@test "--dry-run makes no checkout" {
	make_project
	start_http
	run "$MLP" run "$HTTP/wine.git#sub" -v feat/x --dry-run --json
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"$(git -C wine rev-parse feat/x)"* ]]
	[ ! -e "$XDG_CACHE_HOME/mlp/checkouts" ]
	[ -z "$(ls "$TMPDIR")" ]
}

@test "a cache that cannot be written" {
	make_project
	start_http
	if [ "$(id -u)" -ne 0 ]; then
		mkdir -m 500 ro
		XDG_CACHE_HOME=$W/ro run "$MLP" run "$HTTP/wine.git"
		[ "$status" -eq 125 ]
		[[ "$output" == *"$W/ro"* ]]
	fi
	touch notdir
	XDG_CACHE_HOME=$W/notdir run "$MLP" run "$HTTP/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"$W/notdir"* ]]
}

@test "a log gets one line for a fetch" {
	make_project
	seq 2000 >wine/long # with what comes next: a delta
	git -C wine add long && git -C wine commit -qm long
	sed -i 1000d wine/long && git -C wine commit -qam shorter
	git -C wine push -q "$W/srv/wine.git" HEAD:main
	git -C srv/wine.git repack -adq
	start_http
	"$MLP" run "$HTTP/wine.git" 2>log
	[ "$(grep -cE 'objects|files|deltas' log)" -eq 1 ]
	grep -qE '^mlp: received [1-9][0-9]* objects, [0-9.]+ kB, checked out [1-9][0-9]* files$' log
	head -n 1 log | grep -q received # before the run
	"$MLP" run "$HTTP/wine.git" -v light 2>log # the second time, nothing is received
	grep -qE '^mlp: checked out [1-9][0-9]* files$' log
	"$MLP" run "$HTTP/wine.git" -v light 2>log # a checkout that is given on: nothing to say
	[ "$(grep -cE 'objects|files|deltas' log)" -eq 0 ]
}
