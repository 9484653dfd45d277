#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Runs that wait for their turn: their order, their code, who starts them, who kills them.
bats_require_minimum_version 1.5.0
load ../lib/cli
load ../lib/git

setup() {
	cli_setup
	unset MLP_JOBS MLP_GPUS MLP_GPUS_OF CUDA_VISIBLE_DEVICES
	G=$T/go
	export MLFLOW_TRACKING_URI=sqlite:///$T/p/mlflow.db
	mkdir "$G"
	SERVERS=()
}

teardown() {
	"$MLP" queue remove --all >/dev/null 2>&1 || true
	"$MLP" stop --all --grace 0 >/dev/null 2>&1 || true
	git_teardown
	for pid in $(runners); do kill -9 "$pid" 2>/dev/null || true; done
	cli_teardown
}

# A run that says in $T/began which it is, and goes on until $G/N is there.
patient() {
	manifest <<M
entry_points:
  main:
    parameters: {n: {type: string, default: x}}
    command: "echo {n} >>$T/began; while [ ! -e $G/{n} ]; do sleep 0.02; done; echo {n} >>$T/ended"
  quick:
    parameters: {n: {type: string, default: x}}
    command: "echo {n} >>$T/began"
  fails: {command: "exit 7"}
M
}
# Queue one; its id in $id.
queue() {
	mlp run . -d "$@"
	is "$status $stderr" "0 $stderr"
	id=$output
}
began() { [ "$(tr '\n' ' ' <"$T/began" 2>/dev/null)" = "$1 " ]; }
# The same, in any order: those that begin together may do so in this one or that.
began_all() { [ "$(sort "$T/began" 2>/dev/null | tr '\n' ' ')" = "$1 " ]; }
lines() { [ "$(wc -l <"$1")" -eq "$2" ]; }
is_empty() { [ -z "$(ls -A "$1" 2>/dev/null)" ]; }
let_go() { for n; do : >"$G/$n"; done; }
state_of() { "$MLP" ps -a -n 1000 --json | python3 -c "
import json, sys
print([r['state'] for r in json.load(sys.stdin) if r['run_id'] == '$1'][0])"; }
is_state() { [ "$(state_of "$1")" = "$2" ]; }
jobs_in() { ls "$XDG_STATE_HOME/mlp/queue/$1"; }
# The runner of this test's queue: the processes of that name with our state directory.
runners() {
	local p
	for p in $(grep -lszx __queue /proc/[0-9]*/cmdline); do
		p=${p#/proc/} p=${p%/cmdline}
		grep -qszx "XDG_STATE_HOME=$T/state" "/proc/$p/environ" && echo "$p"
	done
	return 0
}
# That one which is nobody's child here.
runner() {
	local p
	for p in $(runners); do
		[ "$(cat "/proc/$p/comm" 2>/dev/null)" = mlp-queue ] && echo "$p" && return
	done
	return 1
}
no_runner() { ! runner >/dev/null; }
supervisor_of() { "$MLP" ps --json | python3 -c "
import json, sys
print([r['pid'] for r in json.load(sys.stdin) if r['run_id'] == '$1'][0])"; }
# What the record of the newest run says, but for what differs by nature.
record() {
	newest
	json "json.dumps({k: v for k, v in j.items() if k not in
		('run_id', 'start_time', 'end_time', 'artifact_uri', 'log_dir', 'usage')} | {'tags':
		{k: v for k, v in j['tags'].items() if k not in ('mlp.wall_time_ms',
			'mlp.cpu_time_ms', 'mlp.peak_memory_bytes')}}, indent=1, sort_keys=True)"
}
names() { output=$("$MLP" queue --json); json "' '.join(r['run_name'] for r in j['runs'])"; }

@test "one after the other, in the order in which they came" {
	patient
	for n in 1 2 3; do queue -j 1 -P "n=$n"; done
	until_true began 1
	is_state "$id" QUEUED
	let_go 1
	until_true began "1 2"
	let_go 2 3
	mlp wait "$id"
	is "$status" 0
	is "$(tr '\n' ' ' <"$T/ended")" "1 2 3 "
	until_true no_runner
}

@test "at most N at once, and N can be changed while they run" {
	patient
	for n in 1 2 3 4; do queue -j 2 -P "n=$n"; done
	until_true began_all "1 2"
	mlp queue -j 3
	is "$status" 0
	until_true began_all "1 2 3"
	mlp queue -j 1
	let_go 1
	until_true grep -q 1 "$T/ended"
	mlp queue --json
	is "$(json "j['slots'], len(j['runs'])")" "(1, 1)"
	began_all "1 2 3"
	let_go 2 3 4
	mlp wait "$id"
	is "$(tail -n 1 "$T/ended")" 4
}

@test "the same as in the foreground: exit code, record, output" {
	manifest <<'M'
entry_points:
  main: {parameters: {x: {type: int}}, command: "echo out {x}; echo err >&2; exit 3"}
M
	mlp run . -P x=1 --tag a=b --run-name same
	is "$status" 3
	fore=$(record)
	mlp run . -d -j 2 -P x=1 --tag a=b --run-name same
	is "$status" 0
	id=$output
	has "$stderr" "is in the queue"
	mlp wait "$id"
	is "$status" 3
	is "$(record)" "$fore"
	newest
	is "$(json "j['run_id']")" "$id"
	mlp logs "$id"
	is "$output" "out 1"
	is "$stderr" err
}

@test "what is wrong is said at once, and nothing is queued" {
	patient
	mlp run . -d -j 1 -P nope=1 -e fails2
	is "$status" 2
	mlp run nowhere -d -j 1
	is "$status" 125
	for words in "-j 0" "-j x" "-j 2000" "-j 1.5"; do
		mlp run . -d $words
		is "$status" 2
		has "$stderr" "is not a number from 1 to 1024"
	done
	mlp run . -j 2
	is "$status" 2
	has "$stderr" "--jobs goes with --detach"
	mlp run . --hold
	is "$status" 2
	has "$stderr" "--hold goes with --detach"
	MLP_JOBS=many mlp run . -d
	is "$status" 2
	has "$stderr" MLP_JOBS
	mlp queue
	is "$output" ""
	has "$stderr" "0 in the queue"
}

@test "MLP_JOBS queues what is run in the background, and nothing else" {
	patient
	export MLP_JOBS=1
	queue -P n=1
	queue -P n=2
	until_true began 1
	is_state "$id" QUEUED
	mlp run . -e quick -P n=now
	is "$status" 0
	let_go 1 2
	mlp wait "$id"
	is "$status" 0
}

@test "hold, release, remove, priority" {
	patient
	queue -j 1 -P n=0
	until_true began 0
	queue --hold --run-name held -P n=h
	queue -j 1 --run-name a -P n=a
	queue -j 1 --run-name b -P n=b
	queue -j 1 --run-name c -P n=c
	gone=$id
	is "$(names)" "held a b c"
	mlp queue priority b -p 5
	is "$status" 0
	is "$(names)" "b held a c"
	mlp queue priority a -p -3
	is "$(names)" "b held c a"
	mlp queue hold b
	mlp queue hold b
	is "$status" 0
	mlp queue
	has "$output" PRIORITY
	has "$stderr" "4 in the queue, 1 at once"
	mlp queue remove c
	is "$status" 0
	mlp wait "$gone"
	is "$status" 143
	has "$stderr" "removed from the queue"
	let_go 0 h a b
	until_true began "0 a"
	mlp queue release held
	mlp queue release "$("$MLP" queue --json | python3 -c "
import json, sys
print([r['run_id'] for r in json.load(sys.stdin)['runs'] if r['run_name'] == 'b'][0][:8])")"
	is "$status" 0
	mlp wait --all
	until_true lines "$T/ended" 4
	none grep -q c "$T/began"
}

@test "names that nobody has, words that mean nothing" {
	patient
	queue --hold --run-name one
	queue --hold --run-name twin
	queue --hold --run-name twin
	mlp queue release nobody
	is "$status" 1
	has "$stderr" "no run in the queue has the id or name 'nobody'"
	mlp queue hold twin
	is "$status" 1
	has "$stderr" "may mean several"
	mlp queue flush
	is "$status" 2
	has "$stderr" "'flush' is none of list, add, hold, release, remove, priority"
	mlp queue list x
	is "$status" 2
	has "$stderr" "the list takes no argument"
	mlp queue list --json
	is "$(json "len(j['runs'])")" 3
	mlp queue remove
	is "$status" 2
	mlp queue remove one --all
	is "$status" 2
	mlp queue priority one
	is "$status" 2
	for p in 1001 -1001 x ""; do
		mlp queue priority one -p "$p"
		is "$status" 2
		has "$stderr" "is not a number from -1000 to 1000"
	done
	mlp queue --all
	is "$status" 2
	mlp queue remove --all
	is "$status" 0
	is "$(names)" ""
}

@test "code is frozen: what is edited later does not change the run" {
	printf 'entry_points:\n  main: {command: "cat lib/data; readlink link; test -x run.sh; ./run.sh; pwd"}\n' >MLproject
	mkdir lib
	echo "then" >lib/data
	ln -s lib/data link
	printf '#!/bin/sh\necho run then\n' >run.sh
	chmod 755 run.sh
	queue --hold
	echo now >lib/data
	printf '#!/bin/sh\necho run now\n' >run.sh
	sed -i 's/cat/echo changed; cat/' MLproject
	touch new
	mlp queue release "$id"
	mlp wait "$id"
	is "$status" 0
	mlp logs "$id"
	has "$output" $'then\nlib/data\nrun then\n'"$XDG_CACHE_HOME/mlp/checkouts/p-"
	mlp show "$id" --json
	is "$(json "j['source']['uri']")" "$T/p"
	# nothing of it is left
	until_true is_empty "$XDG_STATE_HOME/mlp/queue/trees"
	until_true is_empty "$XDG_CACHE_HOME/mlp/checkouts"
}

@test "the same code is kept once, as long as somebody needs it" {
	patient
	queue --hold -P n=1
	first=$id
	queue --hold -P n=2
	is "$(ls "$XDG_STATE_HOME/mlp/queue/trees" | grep -vc runs)" 1
	echo 1 >added
	queue --hold -P n=3
	is "$(ls "$XDG_STATE_HOME/mlp/queue/trees" | grep -vc runs)" 2
	mlp queue remove "$first"
	is "$(ls "$XDG_STATE_HOME/mlp/queue/trees" | grep -vc runs)" 2
	mlp queue remove --all
	is "$(ls "$XDG_STATE_HOME/mlp/queue/trees" | wc -l)" 0
}

@test "files that a queued run leaves stay where the record says" {
	main_is '"echo made >model.bin"'
	queue -j 1
	mlp wait "$id"
	is "$status" 0
	mlp show "$id" --json
	left=$(json "j['tags']['mlp.left_in']")
	is "$(cat "$left/model.bin")" made
	none test -e model.bin
}

@test "what is big is not copied, and said" {
	main_is '"wc -c <data/big; cat small; ls -l data"'
	mkdir data
	truncate -s 150M data/big
	echo "small then" >small
	echo s >data/s
	mlp run . -d --hold
	is "$status" 0
	has "$stderr" "data/big"
	id=$output
	echo small now >small
	truncate -s 151M data/big
	mlp queue release "$id"
	mlp wait "$id"
	mlp logs "$id"
	has "$output" $((151 * 1024 * 1024))
	has "$output" "small then"
	is "$(du -sm "$XDG_STATE_HOME" | cut -f1 | awk '{print ($1 < 20)}')" 1
	printf 'docker_env: {image: any}\n' >>MLproject
	mlp run . -d --hold
	is "$status" 0
	has "$stderr" "of data/big there is no copy, the queued run gets nothing in its container"
}

@test "links that lead out of the project still do; pipes and .git stay behind" {
	main_is '"cat out; cat in; ls -A"'
	echo outside >"$T/outside"
	echo inside >inside
	ln -s ../outside out
	ln -s inside in
	mkfifo pipe
	git init -q . && git add MLproject && git commit -qm one
	queue -j 1
	mlp wait "$id"
	mlp logs "$id"
	has "$output" $'outside\ninside'
	none grep -qE '^(pipe|\.git)$' <<<"$output"
	mlp show "$id" --json
	is "$(json "j['tags']['mlflow.source.git.commit']")" "$(git rev-parse HEAD)"
	is "$(json "j['tags']['mlp.source.dirty']")" true
}

# A repository in $T/r with a file "data".
make_repository() {
	git init -q -b main "$T/r"
	printf 'entry_points:\n  main: {command: "cat data"}\n' >"$T/r/MLproject"
	echo "then" >"$T/r/data"
	git -C "$T/r" add -A
	git -C "$T/r" commit -qm first
	then=$(git -C "$T/r" rev-parse HEAD)
}
# Queue it from $1, change it, let it run: it is that of then.
frozen_commit() {
	mlp run "$1" -v main -d --hold
	is "$status" 0
	id=$output
	echo now >"$T/r/data"
	git -C "$T/r" commit -qam now
	[ $# -lt 2 ] || "${@:2}"
	mlp queue release "$id"
	mlp wait "$id"
	is "$status" 0
	mlp logs "$id"
	is "$output" "then"
	mlp show "$id" --json
	is "$(json "j['tags']['mlflow.source.git.commit'], j['tags']['mlflow.source.git.branch'], j['tags']['mlp.source.version']")" \
		"('$then', 'main', 'main')"
}

@test "of a repository of this machine the commit of then" {
	make_repository
	frozen_commit "file://$T/r"
}

@test "of a git project the commit of then, and nobody is asked for it again" {
	make_repository
	W=$T
	mkdir "$T/srv"
	git clone -q --bare "$T/r" "$T/srv/r.git"
	start_http
	# its mirror stays, however old, and the server goes
	leave_alone() {
		mlp gc --older-than 0 --json
		is "$(json "[k['reason'] for k in j['kept'] if k['kind'] == 'mirror']")" \
			"['a run that is queued needs it']"
		git_teardown
	}
	frozen_commit "$HTTP/r.git" leave_alone
	mlp gc --older-than 0 --json
	has "$(json "[k['kind'] for k in j['removed']]")" "'mirror'"
}

@test "of an archive what was in it" {
	mkdir -p "$T/a/sub"
	printf 'entry_points:\n  main: {command: "cat data"}\n' >"$T/a/sub/MLproject"
	echo "then" >"$T/a/sub/data"
	tar -C "$T/a" -cf "$T/a.tar" .
	mlp run "$T/a.tar#sub" -d --hold
	is "$status" 0
	id=$output
	sum=$(sha256sum <"$T/a.tar" | cut -d' ' -f1)
	rm "$T/a.tar"
	mlp queue release "$id"
	mlp wait "$id"
	is "$status" 0
	mlp logs "$id"
	is "$output" "then"
	mlp show "$id" --json
	is "$(json "j['tags']['mlp.source.sha256']")" "$sum"
}

@test "the variables, the directory and the umask of who queued it; nobody else reads them" {
	main_is '"echo $SECRET; umask; env | grep -c ^ONLY_NOW= || :"'
	(umask 027; SECRET=hush "$MLP" run . -d --hold >"$T/id")
	id=$(cat "$T/id")
	job=$XDG_STATE_HOME/mlp/queue/jobs/$(jobs_in jobs)
	is "$(stat -c %a "$job" "$XDG_STATE_HOME/mlp/queue" | tr '\n' ' ')" "600 700 "
	grep -q hush "$job"
	ONLY_NOW=1 SECRET=other mlp queue release "$id"
	mlp wait "$id"
	mlp logs "$id"
	is "$output" $'hush\n0027\n0'
	none grep -rq hush "$XDG_STATE_HOME"
}

@test "stop and wait on what waits" {
	patient
	queue -j 1 -P n=1
	first=$id
	queue -j 1 -P n=2
	until_true began 1
	"$MLP" wait "$id" >/dev/null 2>&1 &
	waiter=$!
	mlp stop "$id"
	is "$status" 0
	has "$stderr" KILLED
	code=0
	wait "$waiter" || code=$?
	is "$code" 143
	mlp stop "$id"
	is "$status" 0
	mlp stop "$first" # one that has begun is stopped as any other
	is "$status" 0
	is_state "$first" KILLED
	began 1
}

@test "a run that is there is run again from the queue, once at a time" {
	patient
	mlp run . -e quick -P n=1
	newest
	old=$(json "j['run_id']")
	mlp run . -d --hold --run-id "$old" -e quick -P n=1
	is "$status" 0
	is "$output" "$old"
	mlp run . -d --hold --run-id "$old" -e quick -P n=1
	is "$status" 125
	has "$stderr" "is in the queue already"
	mlp queue release "$old"
	mlp wait "$old"
	is "$status" 0
	is "$(wc -l <"$T/began")" 2
}

@test "rerun, and what is tried again, with the code of then" {
	printf 'entry_points:\n  main: {command: "cat data; exit 4"}\n' >MLproject
	echo "then" >data
	queue --hold --retries 1 --retry-delay 10ms
	echo now >data
	mlp queue release "$id"
	mlp wait "$id"
	is "$status" 4
	mlp runs --json
	is "$(json "len(j)")" 2
	for run in $(json "' '.join(r['run_id'] for r in j)"); do
		mlp logs "$run"
		is "$output" "then"
	done
	mlp rerun "$id" -d -j 1
	is "$status" 0
	mlp wait "$output"
	is "$status" 4
}

@test "KILL of the runner: what runs goes on, what waits begins, each once" {
	patient
	for n in 1 2 3 4 5 6; do queue -j 2 -P "n=$n"; done
	until_true began_all "1 2"
	kill -9 "$(runner)"
	until_true no_runner
	let_go 1
	until_true began_all "1 2 3" # without any command
	kill -9 "$(runner)"
	until_true no_runner
	mlp queue # or by one
	until_true runner
	let_go 2 3 4 5 6
	mlp wait --all
	is "$status" 0
	until_true lines "$T/ended" 6
	is "$(sort "$T/began" | uniq -d)" ""
}

@test "KILL of a supervisor: the record is true, and the next one begins" {
	patient
	queue -j 1 -P n=1
	first=$id
	queue -j 1 -P n=2
	until_true began 1
	kill -9 "$(supervisor_of "$first")"
	until_true began "1 2" # without any command
	is_state "$first" FAILED
	mlp show "$first" --json
	is "$(json "j['status']")" FAILED
	let_go 2
	mlp wait "$id"
	is "$status" 0
}

@test "KILL of both: the next command goes on" {
	patient
	queue -j 1 -P n=1
	first=$id
	queue -j 1 -P n=2
	until_true began 1
	# shellcheck disable=SC2046 # several
	kill -9 $(runners)
	until_true no_runner
	mlp ps
	is "$status" 0
	until_true began "1 2"
	is_state "$first" FAILED
	let_go 2
	mlp wait "$id"
	is "$status" 0
}

@test "killed before it was on record: it goes back once, the second time it has failed" {
	patient
	queue --hold -e quick -P n=1
	mlp queue release "$id" # the runner is there for a moment: it must not take it
	mlp wait "$id"
	queue --hold -e quick -P n=2
	q=$XDG_STATE_HOME/mlp/queue
	name=$(jobs_in jobs)
	mv "$q/jobs/$name" "$q/claimed/${name/.h-./.--.}" # as one that was claimed by the dead
	mlp queue
	mlp wait "$id"
	is "$status" 0
	is "$(tail -n 1 "$T/began")" 2
	queue --hold -e quick -P n=3
	name=$(jobs_in jobs)
	mv "$q/jobs/$name" "$q/claimed/${name/.h-./.-2.}"
	mlp queue
	until_true is_state "$id" FAILED
	mlp wait "$id"
	is "$status" 125
	has "$stderr" "lost twice"
	none grep -q 3 "$T/began"
	is_empty "$q/claimed"
}

@test "killed when it was on record: it is not begun again" {
	patient
	mlp run . -e quick -P n=1
	queue --hold -e quick -P n=2
	q=$XDG_STATE_HOME/mlp/queue
	name=$(jobs_in jobs)
	cp "$q/jobs/$name" "$T/kept"
	mlp queue release "$id"
	mlp wait "$id"
	until_true no_runner
	cp "$T/kept" "$q/claimed/${name/.h-./.--.}" # the power went before that was on disk
	mlp queue
	until_true is_empty "$q/claimed"
	until_true no_runner
	is "$(grep -c 2 "$T/began")" 1
	cp "$T/kept" "$q/jobs/${name/.h-./.--.}"
	mlp queue
	until_true is_empty "$q/jobs"
	until_true is_empty "$q/claimed"
	is "$(grep -c 2 "$T/began")" 1
	mlp runs --json
	is "$(json "[r['status'] for r in j]")" "['FINISHED', 'FINISHED']"
}

@test "many kills: every run began once, and all of them ended" {
	patient
	for n in $(seq 24); do queue -j 3 -e quick -P "n=$n" 2>/dev/null; done &
	adder=$!
	for i in $(seq 12); do
		kill -9 "$(runner)" 2>/dev/null || true
		"$MLP" queue >/dev/null 2>&1
		sleep 0.05
	done
	wait "$adder"
	"$MLP" wait --all >/dev/null 2>&1
	until_true lines "$T/began" 24
	is "$(sort "$T/began" | uniq -d)" ""
	mlp runs --json -n 100
	is "$(json "len(j), {r['status'] for r in j}")" "(24, {'FINISHED'})"
}

@test "many kills of all that there is: nothing begins twice, everything ends" {
	patient
	seq 12 | sed 's/.*/{"uri":".","entry_point":"quick","params":{"n":"&"}}/' >"$T/list"
	mlp queue add "$T/list" -j 3
	is "$status" 0
	ids=$output
	for i in 1 2 3 4 5; do
		began_some() { [ "$(cat "$T/began" 2>/dev/null | wc -l)" -gt "$i" ]; }
		until_true began_some
		# shellcheck disable=SC2046 # several
		kill -9 $(runners) 2>/dev/null || true
		"$MLP" ps >/dev/null 2>&1
	done
	# shellcheck disable=SC2086 # several
	"$MLP" wait $ids >/dev/null 2>&1 || true
	is "$(sort "$T/began" | uniq -d)" ""
	mlp ps -a --json
	is "$(json "len(j), {r['state'] for r in j} - {'FINISHED', 'FAILED'}")" "(12, set())"
	is "$(json "[r['run_id'] for r in j if r['state'] == 'FAILED' and 'lost' not in r['reason']]")" "[]"
	finished=$(json "sum(r['state'] == 'FINISHED' for r in j)")
	[ "$finished" -ge 1 ]
	[ "$(wc -l <"$T/began")" -ge "$finished" ]
	mlp runs --json -n 100
	is "$(json "len(j) == len({r['run_id'] for r in j}), 'RUNNING' in {r['status'] for r in j}")" "(True, False)"
	is "$(cat "$XDG_STATE_HOME"/mlp/queue/{jobs,claimed}/* 2>/dev/null)" ""
}

@test "a run that cannot begin has failed, with the reason" {
	mkdir "$T/gone"
	main_is '"true"'
	cp MLproject "$T/gone"
	cd "$T/gone"
	queue --hold
	cd "$T/p"
	rm -r "$T/gone"
	mlp queue release "$id"
	mlp wait "$id"
	is "$status" 125
	has "$stderr" "where the run was queued"
	is_state "$id" FAILED
	main_is '"true"'
	queue --hold
	tree=$(ls -d "$XDG_STATE_HOME"/mlp/queue/trees/* | grep -v runs)
	echo tampered >>"$tree/MLproject"
	mlp queue release "$id"
	mlp wait "$id"
	is "$status" 125
	has "$stderr" "is damaged"
}

@test "a file of the queue that is damaged stops nobody" {
	patient
	queue --hold -e quick -P n=1
	q=$XDG_STATE_HOME/mlp/queue/jobs
	for text in '' '{' '{"run_id":"../../x"}' $'{"run_id":"x"}\n{}' 'null'; do
		printf '%s' "$text" >"$q/01000.000000000000001.000.--.$(printf '%s' "$text" | md5sum | cut -d' ' -f1)"
	done
	: >"$q/nonsense"
	mkdir "$q/01000.000000000000002.000.--.$(printf x | md5sum | cut -d' ' -f1)"
	mlp ps
	is "$status" 0
	mlp queue
	is "$status" 0
	mlp queue release "$id"
	mlp wait "$id"
	is "$status" 0
	began 1
	mlp queue remove --all
	until_true no_runner
}

@test "a clock that is set back changes no order" {
	patient
	queue --hold --run-name first
	printf '%020d\n' 99999999999999 >"$XDG_STATE_HOME/mlp/queue/sequence" # of then
	queue --hold --run-name second
	queue --hold --run-name third
	is "$(names)" "first second third"
	: >"$XDG_STATE_HOME/mlp/queue/sequence"
	queue --hold --run-name fourth
	is "$status" 0
}

@test "words that are long, and words that are no text" {
	dir=$T/$'odd \377'
	mkdir "$dir"
	cd "$dir"
	manifest <<'M'
entry_points:
  main:
    parameters: {x: string}
    command: "printf %s {x} | wc -c; printf %s \"$LONG\" | wc -c; printf %s \"$ODD\" | od -An -tx1"
M
	name=$(printf 'n%.0s' {1..20000})
	long=$(printf 'é%.0s' {1..50000})
	LONG=$long ODD=$'a\200' mlp run . -d -j 1 --run-name "$name" -P "x=$(printf '\377%.0s' {1..100000})"
	is "$status" 0
	id=$output
	mlp wait "$id"
	is "$status" 0
	mlp logs "$id"
	is "$output" $'100000\n100000\n 61 80'
}

@test "10,000 queued runs" {
	patient
	queue --hold -e quick -P n=1
	python3 - "$XDG_STATE_HOME/mlp/queue/jobs" <<'P'
import os, sys, uuid
d = sys.argv[1]
name = os.listdir(d)[0]
text = open(d + "/" + name).read()
old = name.rsplit(".", 1)[1]
for i in range(9999):
    new = uuid.uuid4().hex
    with open("%s/01000.%015d.000.h-.%s" % (d, 10 + i, new), "w") as f:
        f.write(text.replace(old, new))
P
	mlp queue --json
	is "$(json "len(j['runs'])")" 10000
	mlp ps
	is "$(wc -l <<<"$output")" 10001
	queue --hold -e quick -P n=2
	mlp queue release "$id"
	mlp wait "$id"
	is "$status" 0
	mlp queue remove --all
	is "$status" 0
	mlp queue
	has "$stderr" "0 in the queue"
}

@test "what a run queues outlives it" {
	manifest <<M
entry_points:
  main: {command: "'$MLP' run . -e later -d -j 1 >$T/id"}
  later: {command: "while [ ! -e $G/1 ]; do sleep 0.02; done; echo later >>$T/ended"}
M
	for limits in "" "--memory 100m"; do
		mlp run . $limits
		is "$status" 0
		id=$(cat "$T/id")
		until_true is_state "$id" RUNNING
		let_go 1
		mlp wait "$id"
		is "$status" 0
		is "$(cat "$T/ended")" later
		until_true no_runner
		rm "$T/ended" "$G/1"
	done
}

@test "no place for a queue, or one of a newer mlp" {
	patient
	queue --hold
	echo 99 >"$XDG_STATE_HOME/mlp/format"
	mlp run . -d -j 1
	is "$status" 125
	has "$stderr" "is of a newer mlp"
	mlp queue remove --all
	is "$status" 1
	echo 1 >"$XDG_STATE_HOME/mlp/format"
	export XDG_STATE_HOME=$T/file
	: >"$T/file"
	mlp run . -d -j 1
	is "$status" 125
	has "$stderr" "XDG_STATE_HOME"
	mlp queue
	is "$status" 1
	XDG_STATE_HOME=$T/state
}

@test "many at once, as JSON: what is wrong is told by its line, the others are queued" {
	patient
	cat >"$T/list" <<L
{"uri": ".", "entry_point": "quick", "params": {"n": 1}}

{"uri": ".", "entry_point": "quick", "params": {"m": 1, "n": 2}, "oops": 1}
{"uri": ".", "entry_point": "nowhere"}
not JSON
{"uri": ".", "entry_point": "quick", "params": {"n": "three"}, "run_name": "third", "tags": {"a": "b"}}
L
	mlp queue add "$T/list" --hold -p 7 -j 2
	is "$status" 1
	has "$stderr" "line 3:"
	has "$stderr" "line 4:"
	has "$stderr" "line 5:"
	is "$(wc -l <<<"$output")" 2
	ids=$(tr '\n' ' ' <<<"$output")
	mlp queue --json
	is "$(json "' '.join(r['run_id'] for r in j['runs'])") " "$ids"
	is "$(json "j['slots'], {(r['state'], r['priority']) for r in j['runs']}")" "(2, {('held', 7)})"
	mlp queue release --all
	mlp wait $ids
	is "$status" 0
	is "$(sort "$T/began" | tr '\n' ' ')" "1 three "
	seq 1200 | sed 's/.*/{"uri":".","entry_point":"quick","params":{"n":"&"}}/' >"$T/list"
	mlp queue add - --hold <"$T/list"
	is "$stderr" ""
	is "$status" 0
	is "$(sort <<<"$output" | uniq | wc -l)" 1200
	is "$(jobs_in jobs | cut -d. -f5)" "$output"
	is "$(ls "$XDG_STATE_HOME/mlp/queue/trees" | grep -vc runs)" 1
	mlp queue remove --all
	is "$(ls -A "$XDG_STATE_HOME/mlp/queue/trees")" ""
	mlp queue add "$T/none"
	is "$status" 1
	mlp queue add
	is "$status" 2
	mlp queue --hold
	is "$status" 2
}

# ---- GPUs ----

# A manifest whose runs want $1 GPUs, and say which they have.
wants() {
	manifest <<M
entry_points:
  main:
    parameters: {n: {type: string, default: x}}
    resources: {gpus: $1}
    command: "echo {n}=\$CUDA_VISIBLE_DEVICES >>$T/began; while [ ! -e $G/{n} ]; do sleep 0.02; done"
  none:
    parameters: {n: {type: string, default: x}}
    command: "echo {n}=\${{CUDA_VISIBLE_DEVICES-unset}} >>$T/began"
M
}

@test "each run has GPUs of its own, out of those present" {
	export MLP_GPUS=0,1
	wants 1
	for n in a b c; do queue -j 4 -P "n=$n"; done
	until_true began_all "a=0 b=1"
	is_state "$id" QUEUED
	queue -j 4 -e none -P n=free # what needs none goes ahead
	until_true began_all "a=0 b=1 free=unset"
	let_go a
	until_true began_all "a=0 b=1 c=0 free=unset"
	let_go b c
	mlp wait --all
	is "$status" 0
}

@test "who waits for GPUs is not overtaken by who wants fewer" {
	export MLP_GPUS=0,1
	wants 1
	queue -j 4 -P n=a
	until_true began "a=0"
	sed -i 's/gpus: 1/gpus: 2/' MLproject
	queue -j 4 -P n=both
	sed -i 's/gpus: 2/gpus: 1/' MLproject
	queue -j 4 -P n=c
	mlp queue --json
	is "$(json "[r['gpus'] for r in j['runs']]")" "[2, 1]"
	began "a=0"
	let_go a
	until_true began "a=0 both=0,1"
	let_go both c
	mlp wait "$id"
	is "$(tail -n 1 "$T/began")" "c=0"
}

@test "in the foreground and with -d it waits, and says so; KILL gives a GPU back" {
	export MLP_GPUS=7
	wants 1
	mlp run . -d -P n=a
	first=$output
	until_true began "a=7"
	mlp run . -d -P n=b
	is "$status" 0
	second=$output
	"$MLP" run . -P n=c 2>"$T/said" &
	fore=$!
	until_true grep -q "waiting for a GPU" "$T/said"
	is_state "$second" PREPARING
	kill -9 "$(supervisor_of "$first")"
	let_go a b c
	mlp wait "$second"
	is "$status" 0
	wait "$fore"
	is "$(sort "$T/began" | tr '\n' ' ')" "a=7 b=7 c=7 "
	# one that is stopped while it waits was KILLED
	rm "$G"/*
	mlp run . -d -P n=d
	mlp run . -d -P n=e
	id=$output
	mlp stop "$id"
	is "$status" 0
	is_state "$id" KILLED
}

@test "a queued run waits for a GPU of the foreground" {
	export MLP_GPUS=0
	wants 1
	mlp run . -d -P n=a
	until_true began "a=0"
	queue -j 1 -P n=b
	is_state "$id" QUEUED
	let_go a
	until_true began "a=0 b=0" # without any command
	let_go b
	mlp wait "$id"
	is "$status" 0
}

@test "which GPUs are present: a list, a program, nvidia-smi, CUDA_VISIBLE_DEVICES" {
	wants all
	let_go x
	printf '#!/bin/sh\necho 3,5\n' >"$T/list"
	chmod 755 "$T/list"
	MLP_GPUS=$T/list mlp run .
	is "$status" 0
	MLP_GPUS=0,1,2,3 CUDA_VISIBLE_DEVICES=2,0,9,1 mlp run .
	CUDA_VISIBLE_DEVICES=GPU-abc,4 mlp run . # nothing else is known here
	began "x=3,5 x=2,0 x=GPU-abc,4"
	mkdir "$T/bin"
	printf '#!/bin/sh\necho "GPU 0: A (UUID: GPU-11)"\necho "GPU 1: B (UUID: GPU-22)"\n' >"$T/bin/nvidia-smi"
	chmod 755 "$T/bin/nvidia-smi"
	PATH=$T/bin:$PATH mlp run .
	PATH=$T/bin:$PATH CUDA_VISIBLE_DEVICES=GPU-22 mlp run .
	began "x=3,5 x=2,0 x=GPU-abc,4 x=0,1 x=1"
	MLP_GPUS= mlp run .
	is "$status" 125
	has "$stderr" "it needs all GPUs, and there are none"
	wants 3
	MLP_GPUS=0,1 mlp run . -d -j 1
	is "$status" 125
	has "$stderr" "it needs 3 GPUs; there are 2"
	mlp runs --json
	is "$(json "len(j)")" 5
}

@test "runs inside a run share its GPUs out among themselves" {
	export MLP_GPUS=0,1
	wants 2
	cat >>MLproject <<M
  outer:
    resources: {gpus: 2}
    command: "sed 's/gpus: 2/gpus: 1/' MLproject >$T/one/MLproject; cd $T/one; '$MLP' run . -P n=a & '$MLP' run . -P n=b & wait"
M
	mkdir "$T/one"
	mlp run . -d -e outer
	id=$output
	until_true lines "$T/began" 2
	let_go a b
	mlp wait "$id"
	is "$status" 0
	is "$(cut -d= -f2 "$T/began" | sort | tr '\n' ' ')" "0 1 "
}
