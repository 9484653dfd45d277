#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Commands that failed are started again: --retries, and `retries` of an entry point.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() {
	cli_setup
	# the N-th attempt ends as the N-th word says; attempts are counted in `tries`
	cat >step.sh <<'S'
echo try >>tries
word=$(echo "$@" | cut -d' ' -f"$(wc -l <tries)")
case $word in
signal) kill -SEGV $$ ;;
sleep) exec sleep 300 ;;
*) exit "$word" ;;
esac
S
	manifest <<'M'
entry_points:
  main:
    parameters: {ends: {type: string, default: "1 1 1 1 1 1"}}
    command: "bash step.sh {ends}"
  thrice:
    command: "bash step.sh 1 1 1 1 1"
    retries: 3
  picky:
    command: "bash step.sh 3 75 1 1"
    retries: {most: 5, delay: 20ms, after: [3, 75]}
M
}
teardown() {
	"$MLP" stop --all --grace 0 >/dev/null 2>&1 || true
	cli_teardown
}

tries() { wc -l <tries; }
# One line a run, the oldest first.
runs() {
	mlp runs --limit 50 --json
	json "'\n'.join('%s %s' % (r['status'], $1) for r in reversed(j))"
}

@test "it is tried again until it works; the exit code is the last one's" {
	mlp run . -P "ends=3 3 0" --retries 5 --retry-delay 10ms
	is "$status" 0
	is "$(tries)" 3
	has "$stderr" "FAILED: exit 3; attempt 2 of 6 in 10 ms"
	has "$stderr" "FAILED: exit 3; attempt 3 of 6 in 20 ms"
	is "$(runs "r['tags']['mlp.attempt']")" "FAILED 1
FAILED 2
FINISHED 3"
}

@test "at most so often; the last failure's exit code and words" {
	mlp run . -P "ends=3 4 5 6" --retries 2 --retry-delay 10ms
	is "$status" 5
	is "$(tries)" 3
	has "$stderr" "exit 5"
	mlp run . -P "ends=3 4 5 6 7" --retries 0
	is "$status" 6
	is "$(tries)" 4
}

@test "every attempt is a run of its own, linked, in the same experiment, with the same parameters" {
	mlp run . -P "ends=3 3 0" --run-name best --experiment-name deep --tag a=b --retries 2 --retry-delay 10ms
	is "$status" 0
	mlp runs --experiment deep --json
	is "$(json "[r['run_name'] for r in j]")" "['best-attempt3', 'best-attempt2', 'best']"
	is "$(json "len({r['run_id'] for r in j})")" 3
	is "$(json "{r['tags'].get('mlp.retryOf') for r in j[:2]} == {j[2]['run_id']}")" True
	is "$(json "j[2]['tags'].get('mlp.retryOf')")" None
	is "$(json "{(r['tags']['a'], r['params']['ends']) for r in j}")" "{('b', '3 3 0')}"
	is "$(json "'mlp.attempt' in j[0]['tags']")" True
}

@test "attempts of a nested run have the same parent" {
	manifest <<'M'
entry_points:
  main: {command: "$MLP run -q . -e inner --retries 1 --retry-delay 10ms"}
  inner: {command: "bash step.sh 3 0"}
M
	export MLP
	mlp run .
	is "$status" 0
	mlp runs --json --limit 3
	is "$(json "[r['entry_point'] for r in j]")" "['inner', 'inner', 'main']"
	is "$(json "{r['tags'].get('mlflow.parentRunId') for r in j[:2]} == {j[2]['run_id']}")" True
}

@test "a run without retries has no attempts, and one that works is not repeated" {
	mlp run . -P ends=0
	newest
	is "$(json "'mlp.attempt' in j['tags']")" False
	mlp run . -P "ends=0 0" --retries 3
	is "$(tries)" 2
}

@test "only after the ends that are named" {
	mlp run . -P "ends=3 4 0" --retries 5 --retry-delay 10ms --retry-on 3,75
	is "$status" 4
	is "$(tries)" 2
	rm tries
	mlp run . -P "ends=signal 0" --retries 5 --retry-delay 10ms --retry-on 3
	is "$status" 139
	is "$(tries)" 1
	rm tries
	mlp run . -P "ends=signal 0" --retries 5 --retry-delay 10ms --retry-on signal
	is "$status" 0
	rm tries
	mlp run . -P "ends=sleep 0" --timeout 200ms --retries 1 --retry-delay 10ms --retry-on "3, timeout"
	is "$status" 0
	rm tries
	mlp run . -P "ends=sleep 0" --timeout 200ms --retries 1 --retry-delay 10ms --retry-on 3
	is "$status" 124
}

@test "out of memory is an end to try again after" {
	main_is "\"echo try >>tries; python3 -c 'b = bytearray(200 << 20)'\""
	mlp run . --memory 64m --retries 1 --retry-delay 10ms --retry-on oom
	newest
	case $(json "j['tags']['mlp.limits']") in
	*cgroup*) is "$(tries)" 2 ;;
	*) is "$(tries)" 1 ;; # a MemoryError is an exit code like others
	esac
}

@test "what could not be started is tried again only where that is asked for" {
	main_is '"true"'
	status=0
	PATH=/nowhere "$MLP" run . --retries 2 --retry-delay 10ms 2>"$T/stderr" || status=$?
	is "$status" 127
	is "$(runs "r['tags']['mlp.attempt']")" "FAILED 1"
	PATH=/nowhere "$MLP" run . --retries 1 --retry-delay 10ms --retry-on never 2>"$T/stderr" || true
	is "$(runs "r['tags']['mlp.attempt']")" "FAILED 1
FAILED 1
FAILED 2"
}

@test "the manifest's word, and the option's over it" {
	mlp run . -e picky
	is "$status" 1
	is "$(tries)" 3
	rm tries
	mlp run . -e thrice --retry-delay 10ms
	is "$(tries)" 4
	rm tries
	mlp run . -e thrice --retries 0
	is "$status" 1
	is "$(tries)" 1
	rm tries
	mlp run . -e picky --retries 1
	is "$status" 75
	is "$(tries)" 2
}

@test "what is stopped is not tried again, neither while it runs nor in between" {
	"$MLP" run -q . -P ends=sleep --retries 3 --retry-delay 10ms &
	until_true test -e tries
	until_true sh -c "'$MLP' ps | grep -q RUNNING"
	mlp stop --all
	status=0
	wait $! || status=$?
	is "$status" 143
	is "$(tries)" 1
	rm tries
	"$MLP" run . -P ends=3 --retries 3 --retry-delay 60s 2>err &
	until_true grep "attempt 2" err
	kill -TERM $!
	status=0
	wait $! || status=$?
	is "$status" 143
	is "$(tries)" 1
	is "$(runs "r['reason']")" "KILLED stopped by SIGTERM
FAILED exit 3"
	mlp ps
	lacks "$output" PREPARING
}

@test "in the background: wait waits for the last attempt and has its exit code" {
	mlp run . -d -P "ends=3 4 0" --retries 5 --retry-delay 100ms
	is "$status" 0
	local id=$output
	mlp wait "$id"
	is "$status" 0
	has "$stderr" "FAILED"
	has "$stderr" "attempt3"
	is "$(tries)" 3
	rm tries
	mlp run . -d -P "ends=3 4 5" --retries 1 --retry-delay 100ms
	mlp wait "$output"
	is "$status" 4
}

@test "in the background: ps shows the attempt that is due, stop by the first one's id ends it" {
	mlp run . -d -P "ends=3 4 0" --retries 5 --retry-delay 60s
	local id=$output
	until_true sh -c "'$MLP' ps | grep -q PREPARING"
	mlp ps -a
	has "$output" FAILED
	mlp stop "$id"
	is "$status" 0
	mlp ps
	lacks "$output" PREPARING
	is "$(tries)" 1
	mlp wait "$id"
	is "$status" 3
	is "$(ls "$XDG_STATE_HOME/mlp/runs")" ""
}

@test "a supervisor that is killed between two attempts leaves nothing behind" {
	mlp run . -d -P ends=3 --retries 5 --retry-delay 60s
	until_true sh -c "'$MLP' ps | grep -q PREPARING"
	local pid
	pid=$("$MLP" ps --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["pid"])')
	kill -9 "$pid"
	until_true is_dead "$pid"
	mlp ps
	lacks "$output" PREPARING
	is "$(runs "r['reason']")" "FAILED exit 3"
}

@test "--on-end is given the last attempt alone" {
	mlp run . -P "ends=3 0" --retries 2 --retry-delay 10ms --on-end 'cat >>end.json'
	is "$status" 0
	output=$(cat end.json)
	is "$(json "j['status'], j['tags']['mlp.attempt']")" "('FINISHED', '2')"
	rm tries end.json
	"$MLP" run . -P ends=3 --retries 3 --retry-delay 60s --on-end 'cat >end.json' 2>err &
	until_true grep "attempt 2" err
	kill -INT $! || true
	kill -TERM $! || true
	wait $! || true
	output=$(cat end.json)
	is "$(json "j['status'], j['tags']['mlp.attempt']")" "('FAILED', '1')"
}

@test "of a git project every attempt runs the same commit" {
	local one
	git init -q ../repo
	cp MLproject ../repo
	printf 'cd %s/repo && git commit -q --allow-empty -m more && git push -q ../repo.git HEAD\nexit 3\n' \
		"$T" >../repo/step.sh
	git -C ../repo add .
	git -C ../repo commit -qm one
	one=$(git -C ../repo rev-parse HEAD)
	git clone -q --bare ../repo ../repo.git
	mlp run "file://$T/repo.git" --retries 2 --retry-delay 10ms
	is "$status" 3
	is "$(runs "r['source']['commit']")" "FAILED $one
FAILED $one
FAILED $one"
	[ "$(git -C ../repo.git rev-parse HEAD)" != "$one" ]
}

@test "into an existing run there is one attempt only" {
	mlp run . -P ends=0
	newest
	mlp run . -P ends=0 --run-id "$(json "j['run_id']")" -e thrice
	mlp runs --json
	is "$(json "[r['status'] for r in j]")" "['FAILED']"
	mlp run . --run-id "$(json "j[0]['run_id']")" --retries 2
	is "$status" 2
	has "$stderr" "--retries does not go with --run-id"
}

@test "an attempt that cannot be made: the last one's end is what is left" {
	manifest <<'M'
entry_points:
  main: {command: "rm MLproject; exit 3"}
M
	mlp run . --retries 3 --retry-delay 10ms --on-end 'touch ended'
	is "$status" 3
	has "$stderr" "attempt 2 could not be made: Could not find main among entry points"
	test -e ended
	is "$(ls "$XDG_STATE_HOME/mlp/runs")" ""
	mlp runs --json
	is "$(json 'len(j)')" 1
}

@test "words that say nothing" {
	mlp run . --retries many
	is "$status" 2
	has "$stderr" "--retries: 'many' is not a number from 0 to 1000"
	mlp run . --retries -1
	is "$status" 2
	mlp run . --retries 1001
	is "$status" 2
	for bad in 0 256 nothing "1,,2" "" "1 2"; do
		mlp run . --retries 1 --retry-on "$bad"
		is "$status" 2
		has "$stderr" "is not an end to try again after"
	done
	mlp run . --retry-delay soon
	is "$status" 2
	has "$stderr" "--retry-delay: 'soon' is not a duration"
}

@test "mistakes in the manifest's retries" {
	manifest <<'M'
entry_points:
  main:
    command: "true"
    retries: {max: 3, delay: soon, after: [0]}
  list:
    command: "true"
    retries: [1]
  many:
    command: "true"
    retries: many
M
	mlp check .
	is "$status" 1
	has "$output$stderr" "unknown key 'max' is ignored"
	has "$output$stderr" "did you mean 'most'?"
	has "$output$stderr" "delay: 'soon' is not a duration"
	has "$output$stderr" "after: '0' is not an end to try again after"
	has "$output$stderr" "'retries' is a list, not a number"
	has "$output$stderr" "retries: 'many' is not a number from 0 to 1000"
}
