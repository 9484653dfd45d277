#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mlp ps: what lives on this machine, and what has ended.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() {
	cli_setup
	BG=
	S=$XDG_STATE_HOME/mlp
}

teardown() {
	"$MLP" stop --all --grace 0 >/dev/null 2>&1 || true
	for pid in $BG; do kill -9 "$pid" 2>/dev/null || true; done
	cli_teardown
}

patient() { main_is '"while [ ! -e go ]; do sleep 0.02; done"'; }
start() {
	mlp run . -d "$@"
	is "$status" 0
	id=$output
}
ps_json() { output=$("$MLP" ps --json "$@"); }
# the kernel needs a moment for what was killed, and somebody else reaps it
ended_all() { for p in $pids; do ! grep -qs '^State:[^Z]*$' "/proc/$p/status" || return 1; done; }
state_is() { ps_json -a; is "$(json "[r['state'] for r in j if r['run_id'] == '$1'][0]")" "$2"; }

# ended N: cards of N runs that ended, the last one a second ago
ended() {
	mkdir -p "$S"
	python3 - "$1" >>"$S/ended.jsonl" <<'P'
import json, sys, time
n, now = int(sys.argv[1]), int(time.time() * 1000)
for i in range(n):
    at = now - 1000 * (n - i)
    print(json.dumps({"run_id": f"{i:032x}", "name": f"old-{i}", "entry_point": "main", "uri": "/somewhere",
        "cwd": "/", "store_uri": "sqlite:////nowhere/mlflow.db", "experiment": "Default", "log_dir": "/nowhere",
        "exit": "exited:0", "state": "FINISHED", "recorded": True, "background": False, "pid": 1, "command": 2,
        "exit_code": 0, "queued": -1, "started": at - 500, "ended": at, "cpu_time_ms": 10, "memory_bytes": 1000000},
        separators=(",", ":")))
P
}

@test "nothing, and wrong words" {
	mlp ps
	is "$status|$output" "0|"
	has "$stderr" "no runs"
	mlp ps --json
	is "$(tr -d '[:space:]' <<<"$output")" "[]"
	for words in "x" "-n 0" "-n x" "-n" "--nope"; do
		# shellcheck disable=SC2086
		mlp ps $words
		is "$words $status" "$words 2"
	done
	[ ! -e "$XDG_STATE_HOME" ]
}

@test "what lives, from any directory and any store; -a: what has ended, too" {
	patient
	start --run-name one
	one=$id
	start --run-name two --tracking-uri sqlite:///other.db
	"$MLP" run . --run-name three -q &
	fore=$!
	BG="$BG $fore"
	cd /
	three() { [ "$("$MLP" ps | wc -l)" -eq 4 ]; }
	until_true three
	until_true state_is "$one" RUNNING
	mlp ps
	is "$(head -n 1 <<<"$output" | xargs)" "RUN NAME ENTRY STATE AGE TOOK CPU MEMORY WHERE"
	is "$(awk 'NR > 1 {print $1, $2, $3, $NF}' <<<"$output" | grep one)" "${one:0:8} one main $T/p"
	# the newest first
	is "$(awk 'NR == 4 {print $2}' <<<"$output")" one
	ps_json
	is "$(json 'sorted((r["run_name"], r["status"], r["entry_point"], r["source"]["uri"]) for r in j) == [
		(n, "RUNNING", "main", "'"$T/p"'") for n in ("one", "three", "two")]')" True
	is "$(json 'all(r["memory_bytes"] > 100000 and r["cpu_time_ms"] >= 0 and r["pid"] > 1 for r in j)')" True
	is "$(json 'set(r["host"] for r in j)')" "{'$(uname -n)'}"
	touch "$T/p/go"
	mlp wait --all
	wait "$fore"
	mlp ps
	is "$output" ""
	ps_json -a
	is "$(json 'sorted((r["run_name"], r["state"], r["status"], r["pid"]) for r in j)')" \
		"[('one', 'FINISHED', 'FINISHED', None), ('three', 'FINISHED', 'FINISHED', None), ('two', 'FINISHED', 'FINISHED', None)]"
	ps_json -n 1
	is "$(json 'len(j)')" 1
}

@test "its JSON has what 'mlp runs --json' has, and its own members" {
	patient
	start
	mlp runs --json
	json 'json.dumps(j[0], sort_keys=True)' >"$T/runs"
	ps_json
	is "$(json 'sorted(set(j[0]) - set('"$(cat "$T/runs" | sed 's/null/None/g; s/true/True/g; s/false/False/g')"'))')" \
		"['cpu_time_ms', 'host', 'memory_bytes', 'pid', 'state']"
	is "$(json 'json.dumps({k: v for k, v in j[0].items() if k not in ("cpu_time_ms", "host", "memory_bytes", "pid", "state")}, sort_keys=True)')" "$(cat "$T/runs")"
	touch go
	mlp wait "$id"
	# also where the record cannot be read any more
	rm -f mlflow.db*
	ps_json -a
	is "$(json 'j[0]["run_id"], j[0]["status"], j[0]["entry_point"], j[0]["source"]["uri"]')" \
		"('$id', 'FINISHED', 'main', '$T/p')"
}

@test "CPU and memory are of the whole tree of processes" {
	main_is '"python3 -c \"x = bytearray(80000000); print(len(x), flush=True); [i * i for i in range(3000000)]; import time; time.sleep(60)\""'
	start
	grown() { ps_json && [ "$(json 'j[0]["memory_bytes"] > 80000000 and j[0]["cpu_time_ms"] > 100')" = True ]; }
	until_true grown
	mlp ps
	has "$output" " MB "
}

@test "a supervisor that was killed: the next ps tells the truth, in every store" {
	patient
	start --run-name one
	one=$id
	start --run-name two --tracking-uri sqlite:///other.db
	ps_json
	pids=$(json '" ".join(str(r["pid"]) for r in j)')
	# shellcheck disable=SC2086
	kill -9 $pids
	until_true ended_all
	cd /
	mlp ps
	is "$output" ""
	mlp ps -a
	is "$(grep -c FAILED <<<"$output")" 2
	ps_json -a
	is "$(json 'sorted((r["run_name"], r["state"], r["status"], r["reason"]) for r in j)')" \
		"[('one', 'FAILED', 'FAILED', 'supervisor lost (killed or machine restarted)'), ('two', 'FAILED', 'FAILED', 'supervisor lost (killed or machine restarted)')]"
	mlp wait "$one"
	is "$status" 125
	is "$(ls "$S/runs")" ""
}

@test "a locked database does not keep ps waiting: it tells what it knows, and what is to come" {
	patient
	start
	one=$id
	start
	ps_json
	pids=$(json '" ".join(str(r["pid"]) for r in j)')
	python3 - <<'P' &
import os, sqlite3, time
db = sqlite3.connect("mlflow.db", isolation_level=None, timeout=20)
db.execute("BEGIN IMMEDIATE")
open("locked", "w").close()
while not os.path.exists("unlock"):
    time.sleep(0.02)
P
	BG=$!
	until_true test -e locked
	# shellcheck disable=SC2086
	kill -9 $pids
	until_true ended_all
	mlp ps -a
	is "$status" 0
	is "$(grep -c FAILED <<<"$output")" 2
	is "$(grep -c 'it is now FAILED: supervisor lost' <<<"$stderr")" 2
	# the second one does not wait so long again
	has "$stderr" "a later mlp command records that: database '$T/p/mlflow.db' is locked by another process (waited 1 s)"
	has "$stderr" "(waited 0.02 s)"
	# all of it, while the record still says RUNNING
	ps_json -a
	is "$(json 'set((r["state"], r["status"], r["reason"], r["end_time"] is not None) for r in j)')" \
		"{('FAILED', 'FAILED', 'supervisor lost (killed or machine restarted)', True)}"
	is "$(json 'set(t["mlp.host"] != "" for t in (r["tags"] for r in j))')" "{True}"
	mlp wait "$one"
	is "$status" 125
	touch unlock
	wait "$BG"
	mlp ps
	is "$(grep -c 'kept until now, is recorded: FAILED' <<<"$stderr")" 2
	mlp show "$one" --json
	is "$(json 'j["status"]')" FAILED
	is "$(ls "$S/runs")" ""
}

@test "the newest of several attempts stands for them" {
	main_is '"exit 1"'
	mlp run .
	newest
	id=$(json 'j["run_id"]')
	main_is '"exit 0"'
	mlp run . --run-id "$id"
	ps_json -a
	is "$(json '[(r["run_id"], r["state"]) for r in j]')" "[('$id', 'FINISHED')]"
	is "$(wc -l <"$S/ended.jsonl")" 2
}

@test "a clock that goes backwards makes no negative durations" {
	patient
	start
	future=$(($(date +%s%3N) + 7200000))
	sed -i -E "s/\"started\":[0-9]+/\"started\":$future/" "$S/runs/$id/card.json"
	mlp ps
	is "$(awk 'NR == 2 {print $5, $6, $7, $8}' <<<"$output")" "0 ms 0 ms"
	ended 1
	sed -i -E "s/\"started\":[0-9]+/\"started\":$future/" "$S/ended.jsonl"
	mlp ps -a
	lacks "$output" " -"
	is "$(awk '/old-0/ {print $5, $6, $7, $8}' <<<"$output")" "0 ms 0 ms"
}

@test "lines that are torn or strange are left out; a new one begins behind them" {
	ended 3
	printf '{"run_id":"ffff' >>"$S/ended.jsonl"
	main_is '"true"'
	mlp run . --run-name fresh
	ps_json -a
	is "$(json '[r["run_name"] for r in j]')" "['fresh', 'old-2', 'old-1', 'old-0']"
	printf '\n\n[]\n{}\nnull\n"x"\n{"run_id":5}\n\0\0\n' >>"$S/ended.jsonl"
	head -c 2000000 /dev/zero | tr '\0' 'x' >>"$S/ended.jsonl"
	ps_json -a
	is "$(json 'len(j)')" 4
	# a card that is damaged is as good as none
	mkdir -p "$S/runs/aaaa" "$S/runs/bbbb" "$S/runs/cccc/card.json"
	echo '{' >"$S/runs/aaaa/card.json"
	: >"$S/runs/bbbb/card.json"
	mlp ps
	is "$status|$output" "0|"
}

@test "10,000 that have ended" {
	ended 10000
	mlp ps
	is "$output" ""
	ps_json -a
	is "$(json 'len(j), j[0]["run_name"], j[-1]["run_name"]')" "(20, 'old-9999', 'old-9980')"
	ps_json -n 100000
	is "$(json 'len(j)')" 10000
	mlp wait old-17
	is "$status" 0
	mlp stop 000000000000000000000000000000ff
	is "$status" 0
	has "$stderr" "old-255 "
	mlp wait old-no
	is "$status" 125
}

@test "gc forgets what ended long ago; a run that ends meanwhile is kept" {
	ended 100
	main_is '"true"'
	mlp run . --run-name fresh
	sed -i -E '1,60s/"ended":[0-9]+/"ended":1000/' "$S/ended.jsonl"
	mlp gc --dry-run
	has "$output" "would remove history $S/ended.jsonl"
	is "$(wc -l <"$S/ended.jsonl")" 101
	mlp gc
	has "$output" "removed history $S/ended.jsonl"
	is "$(wc -l <"$S/ended.jsonl")" 41
	mlp gc
	lacks "$output" history
	for i in 1 2 3 4 5 6; do
		"$MLP" run . -q --run-name "new$i" &
		"$MLP" gc --older-than 1h >/dev/null &
	done
	wait
	is "$(grep -c '"name":"new[1-6]"' "$S/ended.jsonl")" 6
	mlp gc --older-than 0
	mlp ps -a
	is "$output" ""
	mlp runs
	has "$output" fresh
}

@test "completion offers what lives" {
	patient
	start --run-name one
	start --run-name two
	(cd "$T" && mkdir q && cd q)
	cd "$T/q"
	for command in stop wait attach; do
		is "$("$MLP" __complete fish $command '' | tail -n +2 | cut -f 1 | sort | xargs)" "one two"
	done
	is "$("$MLP" __complete fish stop one '' | tail -n +2 | cut -f 1 | sort | xargs)" "one two"
	is "$("$MLP" __complete fish stop "${id:0:6}" | tail -n +2 | cut -f 1)" "$id"
	has "$("$MLP" __complete fish logs '')" "two"
	touch "$T/p/go"
	mlp wait --all
	is "$("$MLP" __complete fish stop '' | tail -n +2)" ""
}

@test "a reader that goes away" {
	ended 5000
	"$MLP" ps -n 5000 --json | head -n 1 >"$T/first"
	is "$(cat "$T/first")" "[{"
	code=0
	"$MLP" ps -a >/dev/full 2>"$T/err" || code=$?
	is "$code" 1
	has "$(cat "$T/err")" "cannot write to standard output"
}
