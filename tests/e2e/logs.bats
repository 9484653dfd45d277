#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mlp logs: of runs that live and that have ended, from anywhere, followed to the last byte.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() {
	cli_setup
	BG=
}

teardown() {
	"$MLP" stop --all --grace 0 >/dev/null 2>&1 || true
	for pid in $BG; do kill -9 "$pid" 2>/dev/null || true; done
	cli_teardown
}

start() {
	mlp run . -d "$@"
	is "$status" 0
	id=$output
}
# follow NAME WORDS...: mlp logs -f in the background, into files; $pid
follow() {
	local name=$1
	shift
	{ "$MLP" logs -f "$@" >"$T/$name.out" 2>"$T/$name.err"; echo $? >"$T/$name.code"; } &
	BG="$BG $!"
	pid=$!
}

@test "-f shows what is written as it is written, and ends with the run" {
	main_is '"echo one; echo err >&2; while [ ! -e go ]; do sleep 0.02; done; printf two; printf last >&2"'
	start --run-name it
	cd /
	follow f it
	until_true grep -q one "$T/f.out"
	until_true grep -q err "$T/f.err"
	[ ! -e "$T/f.code" ]
	touch "$T/p/go"
	wait "$pid"
	is "$(cat "$T/f.out" "$T/f.err")" "one"$'\n'"twoerr"$'\n'"last"
	is "$(cat "$T/f.code")" 0
	# one that has ended ends at once
	mlp logs -f it
	is "$status $output $stderr" "0 one"$'\n'"two err"$'\n'"last"
	mlp wait it
	is "$status" 0
}

@test "-f: not a byte less, whenever the run ends" {
	manifest <<'M'
entry_points:
  main: {command: "head -c {n} /dev/zero | tr '\\0' x; printf END", parameters: {n: int}}
M
	for n in 0 1 65535 65536 65537 5000000; do
		start -P n=$n
		mlp logs -f "$id"
		is "$n $status ${#output}" "$n 0 $((n + 3))"
		is "${output: -3}" END
	done
	# started with the run, many times
	for i in $(seq 20); do
		start -P n=10 -q
		is "$("$MLP" logs -f "$id" 2>/dev/null)" xxxxxxxxxxEND
	done
}

@test "-f: binary output, no newline, one stream of two" {
	manifest <<'M'
entry_points:
  main: {command: "head -c 200000 /dev/urandom | tee kept; echo err >&2; while [ ! -e go ]; do sleep 0.02; done"}
M
	start
	follow f "$id"
	follow o --stdout "$id"
	follow e --stderr "$id"
	until_true grep -q err "$T/e.out"
	touch go
	wait
	cmp kept "$T/f.out"
	cmp kept "$T/o.out"
	is "$(cat "$T/f.err" "$T/e.out")" "err"$'\n'"err"
	is "$(cat "$T/o.err" "$T/e.err")" ""
}

@test "-n: the last lines" {
	# of both streams: logorder.bats
	main_is '"seq 30000; printf tail; seq 5 >&2; while [ ! -e go ]; do sleep 0.02; done; printf ing"'
	start --run-name it
	full() { [ "$("$MLP" logs --stdout it | tail -c 4; "$MLP" logs --stderr it | tail -n 1)" = tail5 ]; }
	until_true full
	mlp logs -n 2 --stdout it
	is "$output|$stderr" "30000"$'\n'"tail|"
	mlp logs -n 2 --stderr it
	is "$output|$stderr" "4"$'\n'"5|"
	mlp logs -n 0 it
	is "$output|$stderr" "|"
	mlp logs -n 1 --stderr it
	is "$output" 5
	mlp logs --lines 20002 --stdout it
	is "$(head -n 1 <<<"$output")" 10000
	mlp logs -n 99999999 --stdout it
	is "$(head -n 1 <<<"$output")" 1
	follow f -n 1 --stdout it
	until_true grep -q tail "$T/f.out"
	touch go
	wait
	is "$(cat "$T/f.out")" "tailing"
	mlp logs -n 1 --stdout it
	is "$output" "tailing"
	for bad in -1 x '' 1x 99999999999; do
		mlp logs -n "$bad" it
		is "$status" 2
		has "$stderr" "is not a number from 0 to"
	done
}

@test "of any directory and any store, by id, its beginning, or name" {
	mkdir -p "$T/a" "$T/b"
	main_is '"echo of $(basename $PWD)"'
	cp MLproject "$T/a"
	cp MLproject "$T/b"
	(cd "$T/a" && "$MLP" run -q . --run-name a)
	(cd "$T/b" && "$MLP" run -q . --run-name b --tracking-uri sqlite:///other.db)
	cd /
	mlp logs a
	is "$output" "of a"
	mlp logs b
	is "$output" "of b"
	id=$(output=$("$MLP" ps -a --json); json 'j[0]["run_id"]')
	mlp logs "${id:0:4}"
	is "$output" "of b"
	mlp logs "$id" --tracking-uri "sqlite:///$T/b/other.db"
	is "$output" "of b"
	mlp logs "$id" --tracking-uri "sqlite:///$T/a/mlflow.db"
	is "$status" 1
	# of runs of the same name the one that is recorded here is meant
	(cd "$T/a" && "$MLP" run -q . --run-name same)
	(cd "$T/b" && "$MLP" run -q . --run-name same)
	mlp logs same
	is "$status" 1
	has "$stderr" "'same' may mean several runs"
	cd "$T/a"
	mlp logs same
	is "$output" "of a"
	# recorded, but not known to this machine's state
	rm "$XDG_STATE_HOME/mlp/ended.jsonl"
	mlp logs same
	is "$output" "of a"
	cd /
	mlp logs same
	is "$status" 1
	has "$stderr" "no run has the id or name 'same'"
	has "$stderr" "'mlp ps -a' lists"
}

@test "a run without output, and one that never started" {
	manifest <<'M'
entry_points:
  silent: {command: "true"}
  quiet: {command: "while [ ! -e go ]; do sleep 0.02; done"}
M
	start -e silent
	mlp wait "$id" # before that it may still be PREPARING, which is told
	for more in "" -f "-n 5" "-f -n 0"; do
		# shellcheck disable=SC2086
		mlp logs $more "$id"
		is "$status|$output|$stderr" "0||"
	done
	start -e quiet
	mlp logs "$id"
	is "$status|$output" "0|"
	follow f "$id"
	until_true pgrep -P "$pid"
	touch go
	wait "$pid"
	is "$(cat "$T/f.code")$(cat "$T/f.out" "$T/f.err")" 0
	newest
	rm -r "$(json 'j["artifact_uri"]')/mlp"
	mlp logs "$id"
	is "$status" 1
	has "$stderr" "has no logs here"
}

@test "-f waits for a run that is being prepared, and for one that never comes" {
	main_is '"echo begun"'
	state=$XDG_STATE_HOME/mlp/runs
	fake=00112233445566778899aabbccddeeff
	# as a supervisor that still fetches has it: its lock, and a card without a place
	mkdir -p "$state/$fake"
	printf '{"run_id":"%s","state":"PREPARING","pid":1}\n' $fake >"$state/$fake/card.json"
	python3 - "$state/$fake/lock" <<'P' &
import fcntl, os, struct, sys, time
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(fd, fcntl.LOCK_EX)
fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
open("locked", "w").close()
while not os.path.exists("go"):
    time.sleep(0.02)
P
	BG="$BG $!"
	until_true test -e locked
	mlp logs $fake
	is "$status|$output" "0|"
	has "$stderr" "it is PREPARING"
	follow f $fake
	until_true pgrep -P "$pid"
	# where its output will be, and what it writes
	mkdir out
	printf '{"run_id":"%s","state":"RUNNING","pid":1,"log_dir":"%s"}\n' $fake "$PWD/out" >"$state/$fake/card.new"
	mv "$state/$fake/card.new" "$state/$fake/card.json"
	echo later >out/stdout.log
	until_true grep -q later "$T/f.out"
	echo more >>out/stdout.log
	until_true grep -q more "$T/f.out"
	rm "$state/$fake/card.json"
	touch go
	wait "$pid"
	is "$(cat "$T/f.code")" 0
}

@test "logs in the state directory; several attempts in one run" {
	manifest <<'M'
entry_points:
  main:
    parameters: {n: int}
    command: "echo attempt {n}; while [ ! -e go ]; do sleep 0.02; done; echo end {n}"
M
	touch go
	mlp run . -P n=0 --run-name zero
	sql "INSERT INTO experiments (name, artifact_location, lifecycle_stage) VALUES ('far', 'mlflow-artifacts:/7', 'active')"
	rm go
	start -P n=1 --experiment-name far
	follow f "$id"
	until_true grep -q 'attempt 1' "$T/f.out"
	touch go
	wait "$pid"
	is "$(cat "$T/f.out")" "attempt 1"$'\n'"end 1"
	is "$("$MLP" ps --json | tr -d '[:space:]')" "[]"
	mlp ps -a
	has "$output" "FINISHED"
	lacks "$output" "RUNNING"
	mlp logs "$id"
	is "$output" "attempt 1"$'\n'"end 1"
	rm go
	mlp run . -d -P m=2 -P n=1 --run-id "$id"
	is "$status|$output" "0|$id"
	follow g "$id"
	until_true grep -q 'end 1' "$T/g.out"
	[ ! -e "$T/g.code" ]
	touch go
	wait "$pid"
	is "$(cat "$T/g.out")" "attempt 1"$'\n'"end 1"$'\n'"attempt 1"$'\n'"end 1 --m 2"
	is "$("$MLP" ps -a --json | grep -c '"run_id"')" 2
}

@test "-f of a run whose supervisor is killed ends, and the record is true" {
	main_is '"echo up; sleep 60"'
	start
	until_true grep -q up mlruns/0/"$id"/artifacts/mlp/stdout.log
	follow f "$id"
	until_true grep -q up "$T/f.out"
	kill -9 "$(output=$("$MLP" ps --json); json 'j[0]["pid"]')"
	wait "$pid"
	is "$(cat "$T/f.code")" 0
	mlp wait "$id"
	is "$status" 125
	newest
	is "$(json 'j["status"]')" FAILED
	has "$(json 'j["reason"]')" "supervisor lost"
}

@test "-f ends when nobody reads it, also while nothing is written" {
	main_is '"echo up; while [ ! -e go ]; do sleep 0.02; done"'
	start
	# head has its line and goes; the run goes on
	"$MLP" logs -f "$id" 2>/dev/null | head -n 1 >"$T/first"
	is "$(cat "$T/first")" up
	is "$("$MLP" ps --json | grep -c RUNNING)" 2
	touch go
}

@test "-f: signals end it, and not the run; a stopped one misses nothing" {
	main_is '"echo up; while [ ! -e go ]; do sleep 0.02; done; seq 1000"'
	start
	for sig in INT:130 TERM:143 HUP:129 QUIT:131; do
		env --default-signal "$MLP" logs -f "$id" >"$T/out" 2>/dev/null &
		pid=$!
		BG="$BG $pid"
		until_true grep -q up "$T/out"
		until_true pgrep -P "$pid"
		kill -"${sig%:*}" "$pid"
		code=0
		wait "$pid" || code=$?
		is "$sig $code" "$sig ${sig#*:}"
	done
	"$MLP" logs -f "$id" >"$T/out" 2>/dev/null &
	pid=$!
	BG="$BG $pid"
	until_true grep -q up "$T/out"
	kill -STOP "$pid"
	touch go
	mlp wait "$id"
	is "$status" 0
	kill -CONT "$pid"
	wait "$pid"
	is "$(tail -n 1 "$T/out")" 1000
}

@test "a full disk behind it is an error" {
	main_is '"echo up"'
	mlp run .
	newest
	code=0
	"$MLP" logs "$(json 'j["run_id"]')" >/dev/full 2>"$T/err" || code=$?
	is "$code" 1
	has "$(cat "$T/err")" "cannot write to standard output: No space left"
}

@test "wrong words" {
	mlp logs
	is "$status" 2
	mlp logs a b
	is "$status" 2
	mlp logs nobody
	is "$status" 1
	has "$stderr" "no run has the id or name 'nobody'"
}
