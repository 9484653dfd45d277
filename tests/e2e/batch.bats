#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mlp batch: requests in, results out, one JSON object a line.
bats_require_minimum_version 1.5.0
load ../lib/cli
load ../lib/git

setup() {
	cli_setup
	BG=
	SERVERS=()
}

teardown() {
	git_teardown
	"$MLP" stop --all --grace 0 >/dev/null 2>&1 || true
	for pid in $BG; do kill -9 "$pid" 2>/dev/null || true; done
	cli_teardown
}

project() {
	manifest <<'M'
entry_points:
  main:
    parameters: {x: {type: int, default: 1}}
    command: "echo {x}; exit $(( {x} > 7 ))"
  patient:
    parameters: {n: {type: int}}
    command: "touch up-{n}; while [ ! -e go-{n} ]; do sleep 0.02; done"
M
}
# Python over the list of results in $output, which is r, in the order of their lines.
results() {
	printf '%s' "$output" | python3 -c "
import json, sys
r = sorted((json.loads(l) for l in sys.stdin), key=lambda j: j['line'])
print(($1))"
}
until_up() { until_true test -e "up-$1"; }
counts() { sql "SELECT status, count(*) FROM runs GROUP BY 1 ORDER BY 1" | tr '\n' ' '; }

@test "a result for each line; the record agrees" {
	project
	cat >in <<'J'
{"uri": ".", "params": {"x": 3}, "tags": {"team": "red", "n": 7}, "run_name": "three", "experiment_name": "e"}
{"uri": ".", "params": {"x": "8"}}

{"uri": ".", "entry_point": "main", "version": null, "timeout": "5m", "env_manager": "local"}
J
	mlp batch -j 2 in
	is "$status" 1
	is "$(results '[j["line"] for j in r]')" "[1, 2, 4]"
	is "$(results '[(j["status"], j["exit_code"], j["params"]["x"], j["reason"]) for j in r]')" \
		"[('FINISHED', 0, '3', None), ('FAILED', 1, '8', 'exit 1'), ('FINISHED', 0, '1', None)]"
	is "$(results 'r[0]["run_name"], r[0]["experiment_name"]')" "('three', 'e')"
	is "$(results 'all(j["end_time"] >= j["start_time"] for j in r)')" True
	for id in $(results '" ".join(j["run_id"] for j in r)'); do
		[ -s "mlruns/$(sql "SELECT experiment_id FROM runs WHERE run_uuid = '$id'")/$id/artifacts/mlp/stdout.log" ]
	done
	is "$(counts)" "FAILED|1 FINISHED|2 "
	is "$(sql "SELECT value FROM tags WHERE key = 'team'")" red
	has "$stderr" "3 runs: 2 FINISHED, 1 not"
}

@test "a line that is wrong is said with its number; the others go on" {
	project
	python3 - >in <<'P'
print('{"uri": ".", "parms": {}}')
print('nonsense')
print('[1]')
print('{"params": {}}')
print('{"uri": 3}')
print('{"uri": ".", "uri": "."}')
print('{"uri": ".", "params": [1]}')
print('{"uri": ".", "params": {"x": {}}}')
print('{"uri": ".", "params": {"x": 1e300}}')
print('{"uri": ".", "timeout": "soon"}')
print('{"uri": ".", "tags": {"mlp.host": "x"}}')
print('{"uri": ".", "run_name": "a\\u0000b"}')
print('{"uri": ".", "params": {"x": "' + "y" * (1 << 20) + '"}}')
print('{"uri": "nowhere"}')
print('{"uri": ".", "entry_point": "nothing"}')
print('{"uri": ".", "params": {"x": "many"}}')
print('{"uri": "."}', end='')
P
	mlp batch -j 2 in
	is "$status" 1
	is "$(results 'len(r), [j["line"] for j in r if j["status"]]')" "(17, [17])"
	is "$(results '[j["run_id"] for j in r[:16]]')" "$(python3 -c 'print([None] * 16)')"
	is "$(results 'r[0]["error"], r[0]["hint"]')" "(\"line 1: unknown member 'parms'\", \"did you mean 'params'?\")"
	is "$(results 'r[1]["error"]')" "line 2: the line is not valid JSON (at byte 0)"
	is "$(results 'r[2]["error"]')" "line 3: not a JSON object"
	is "$(results 'r[3]["error"]')" "line 4: 'uri' is missing"
	is "$(results 'r[4]["error"]')" "line 5: 'uri' is not a text"
	is "$(results 'r[5]["error"]')" "line 6: 'uri' is there twice"
	is "$(results 'r[6]["error"]')" "line 7: 'params' is not an object of names and values"
	is "$(results 'r[7]["error"]')" "line 8: parameter 'x' is neither a text nor a number, true or false"
	has "$(results 'r[8]["error"]')" "JSON may not keep exactly"
	has "$(results 'r[9]["error"]')" "line 10: 'timeout'"
	has "$(results 'r[10]["error"]')" "tag mlp.host: mlp writes it itself"
	is "$(results 'r[11]["error"]')" "line 12: a NUL byte in it"
	is "$(results 'r[12]["error"]')" "line 13: longer than 1048576 bytes"
	is "$(results 'r[13]["error"], r[13]["exit_code"]')" "(\"'nowhere' does not exist\", 125)"
	is "$(results 'r[14]["exit_code"]')" 2
	is "$(results 'r[15]["exit_code"]')" 2
	is "$(counts)" "FINISHED|1 "
}

@test "mistakes in a manifest are told with their places" {
	printf 'entry_points:\n  main:\n    command: [1]\n' >MLproject
	output=$(echo '{"uri": "."}' | "$MLP" batch - 2>/dev/null) || true
	has "$(results 'r[0]["mistakes"][0]')" "MLproject:3:"
}

@test "values are as Python's str() gives them" {
	main_is '"echo"'
	output=$(echo '{"uri": ".", "params": {"a": true, "b": 0.5, "c": 1e-7, "d": 123456789012, "e": -0.0}}' |
		"$MLP" batch - 2>/dev/null)
	is "$(results '[r[0]["params"][k] for k in "abcd"]')" "['True', '0.5', '1e-07', '123456789012']"
}

@test "results come as runs end, requests are read as there is room" {
	project
	mkfifo to from
	"$MLP" batch -j 2 - <to >from 2>err &
	BG=$!
	exec 7>to 8<from
	echo '{"uri": ".", "entry_point": "patient", "params": {"n": 1}}' >&7
	until_up 1
	echo '{"uri": ".", "params": {"x": 2}}' >&7
	read -r -u 8 line
	has "$line" '"line":2'
	touch go-1
	read -r -u 8 line
	has "$line" '"line":1'
	exec 7>&-
	wait $BG
	exec 8<&-
}

@test "no more than -j at once; MLP_JOBS says it, too" {
	manifest <<'M'
entry_points:
  main: {command: "echo up >>count; sleep 0.05; wc -l <count >>most; sed -i 1d count"}
M
	for i in $(seq 8); do echo '{"uri": "."}'; done >in
	mlp batch in
	is "$status" 0
	is "$(sort -u most)" 1
	MLP_JOBS=3 mlp batch in
	is "$status" 0
	is "$(counts)" "FINISHED|16 "
	mlp batch -j none in
	is "$status" 2
	MLP_JOBS=0 mlp batch in
	is "$status" 2
	has "$stderr" "MLP_JOBS: '0' is not a number from 1 to 1000"
}

@test "one at a time: a single worker, which begins when the one before is on record" {
	manifest <<'M'
entry_points:
  main: {command: "echo $PPID >>seen"}
M
	for i in $(seq 8); do echo '{"uri": "."}'; done >in
	mlp batch in
	is "$status" 0
	is "$(wc -l <seen)" 8
	is "$(sort -u seen | wc -l)" 1
}

@test "a project that changes is read again" {
	printf 'entry_points:\n  main: {command: "echo one"}\n' >MLproject
	sleep 0.2
	mkfifo to from
	"$MLP" batch - <to >from 2>err &
	BG=$!
	exec 7>to 8<from
	for i in 1 2; do
		echo '{"uri": "."}' >&7
		read -r -u 8 line
	done
	printf 'entry_points:\n  main: {command: "echo two"}\n' >MLproject
	echo '{"uri": "."}' >&7
	read -r -u 8 line
	rm MLproject
	echo '{"uri": "."}' >&7
	read -r -u 8 line
	has "$line" '"error":'
	printf 'entry_points:\n  main: {command: "echo three"}\n' >mlproject
	echo '{"uri": "."}' >&7
	read -r -u 8 line
	exec 7>&-
	code=0
	wait $BG || code=$?
	exec 8<&-
	is "$code" 1
	is "$(sql "SELECT value FROM tags WHERE key = 'mlp.command' ORDER BY rowid")" \
		$'echo one\necho one\necho two\necho three'
}

@test "the database that is removed meanwhile is made again" {
	project
	mkfifo to from
	"$MLP" batch - <to >from 2>err &
	BG=$!
	exec 7>to 8<from
	echo '{"uri": "."}' >&7
	read -r -u 8 line
	rm -f mlflow.db*
	echo '{"uri": "."}' >&7
	read -r -u 8 line
	has "$line" FINISHED
	exec 7>&-
	wait $BG
	exec 8<&-
	is "$(counts)" "FINISHED|1 "
}

@test "a git project: one commit for all, and one fetch" {
	mkdir src && cd src
	project
	git init -q -b main . && git add . && git commit -qm one
	cd ..
	W=$T
	mkdir "$W/srv"
	git clone -q --bare src "$W/srv/src.git"
	start_http
	for i in $(seq 12); do echo "{\"uri\": \"$HTTP/src.git\", \"version\": \"main\"}"; done >in
	mlp batch -j 2 in
	is "$status" 0
	is "$(grep -c ^POST "$W/log")" 1
	[ "$(grep -c ^GET "$W/log")" -le 2 ] # each worker asks what main is, at most
	is "$(sql "SELECT DISTINCT value FROM tags WHERE key = 'mlflow.source.git.commit'")" "$(git -C src rev-parse HEAD)"
	is "$(sql "SELECT DISTINCT value FROM tags WHERE key = 'mlp.source.version'")" main
	is "$(sql "SELECT DISTINCT value FROM tags WHERE key = 'mlflow.source.git.branch'")" main
}

@test "TERM stops all runs and ends it" {
	project
	for i in 1 2 3; do echo "{\"uri\": \".\", \"entry_point\": \"patient\", \"params\": {\"n\": $i}}"; done >in
	"$MLP" batch -j 2 in >out 2>err &
	BG=$!
	until_up 1 && until_up 2
	kill $BG
	code=0
	wait $BG || code=$?
	is "$code" 143
	is "$(counts)" "KILLED|2 "
	is "$(grep -c '"status":"KILLED","exit_code":143' out)" 2
	[ ! -e up-3 ]
}

@test "a worker that is killed loses its run alone; it is healed and told" {
	project
	{
		for i in 1 2; do echo "{\"uri\": \".\", \"entry_point\": \"patient\", \"params\": {\"n\": $i}}"; done
		echo '{"uri": "."}'
	} >in
	"$MLP" batch -j 2 in >out 2>err &
	BG=$!
	until_up 1 && until_up 2
	kill -9 "$(pgrep -P $BG | head -1)"
	until_true grep -q '"line":3' out
	touch go-1 go-2
	code=0
	wait $BG || code=$?
	is "$code" 1
	is "$(counts)" "FAILED|1 FINISHED|2 "
	is "$(grep -c 'supervisor lost' out)" 1
	is "$(wc -l <out)" 3
	is "$(sort -u err | grep -c 'left RUNNING')" 1
}

@test "a worker that is killed while the store is locked: its run has FAILED all the same" {
	project
	echo '{"uri": ".", "entry_point": "patient", "params": {"n": 1}}' >in
	"$MLP" batch in >out 2>err &
	BG=$!
	until_up 1
	python3 - <<'P' &
import os, sqlite3, time
db = sqlite3.connect("mlflow.db", isolation_level=None)
db.execute("BEGIN IMMEDIATE")
open("locked", "w").close()
while not os.path.exists("unlock"):
    time.sleep(0.05)
P
	locker=$!
	until_true test -e locked
	kill -9 "$(pgrep -P $BG)"
	code=0
	wait $BG || code=$?
	touch unlock
	is "$code" 1
	is "$(grep -c '"status":"FAILED".*"reason":"supervisor lost' out)" 1
	wait "$locker"
	"$MLP" ps
	is "$(counts)" "FAILED|1 "
}

@test "killed itself, its runs end and are recorded" {
	project
	echo '{"uri": ".", "entry_point": "patient", "params": {"n": 1}}' >in
	"$MLP" batch in >out 2>err &
	BG=$!
	until_up 1
	kill -9 $BG
	wait $BG || true
	ended() { is "$(counts)" "KILLED|1 "; }
	until_true ended
}

@test "suspended, its runs are, too, and go on with it" {
	project
	echo '{"uri": ".", "entry_point": "patient", "params": {"n": 1}}' >in
	set -m # a group whose parent is in its session: of one that has none nobody stops
	"$MLP" batch in >out 2>err </dev/null &
	BG=$!
	set +m
	until_up 1
	stopped() { [ "$(ps -o stat= -p "$1" | cut -c1)" = T ]; }
	going() { [ "$(ps -o stat= -p "$1" | cut -c1)" != T ]; }
	worker=$(pgrep -P $BG)
	command=$(pgrep -P "$worker")
	kill -TSTP $BG
	until_true stopped $BG
	until_true stopped "$command"
	kill -CONT $BG
	until_true going "$command"
	until_true going "$worker"
	touch go-1
	wait $BG
	is "$(counts)" "FINISHED|1 "
}

@test "nobody who reads the results: no more are started, what runs ends" {
	project
	for i in $(seq 200); do echo '{"uri": "."}'; done >in
	code=0
	"$MLP" batch in 2>err | head -n 1 >out || code=$?
	has "$(cat err)" "no more runs are started"
	[ "$(sql "SELECT count(*) FROM runs")" -lt 200 ]
	is "$(sql "SELECT DISTINCT status FROM runs")" FINISHED
}

@test "a file that is not there, one that is a directory, none" {
	mlp batch none
	is "$status" 1
	has "$stderr" "cannot read 'none'"
	mlp batch .
	is "$status" 1
	has "$stderr" "cannot read '.'"
	mlp batch
	is "$status" 2
	mlp batch a b
	is "$status" 2
	mlp batch - </dev/null
	is "$status" 0
	has "$stderr" "0 runs: 0 FINISHED"
}

@test "an idle batch waits and uses no time" {
	project
	mkfifo to
	"$MLP" batch - <to >out 2>err &
	BG=$!
	exec 7>to
	echo '{"uri": "."}' >&7
	until_true grep -q FINISHED out
	ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
	worker=$(pgrep -P $BG)
	switches() { awk '/ctxt_switches/ {n += $2} END {print n}' "/proc/$1/status"; }
	sleep 0.3
	before="$(switches $BG) $(switches "$worker")"
	sleep 0.5
	is "$(switches $BG) $(switches "$worker")" "$before"
	exec 7>&-
	wait $BG
}
