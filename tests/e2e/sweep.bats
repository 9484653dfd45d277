#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mlp sweep: many points of one project, stored in a parent run, gone on with later.
bats_require_minimum_version 1.5.0
load ../lib/cli
load ../lib/git

setup() {
	cli_setup
	BG=
}

teardown() {
	"$MLP" stop --all --grace 0 >/dev/null 2>&1 || true
	for pid in $BG; do kill -9 "$pid" 2>/dev/null || true; done
	tmux -L "mlp$$" kill-server 2>/dev/null || true
	cli_teardown
}

# lr and depth; depth 4 fails unless there is a file "mended".
project() {
	manifest <<'M'
entry_points:
  main:
    parameters:
      lr: {type: float, default: 0.1}
      depth: {type: int, default: 3}
    command: "echo {lr} {depth}; [ {depth} != 4 ] || [ -e mended ]"
  patient:
    parameters: {n: {type: int}}
    command: "touch up-{n}; while [ ! -e go-{n} ]; do sleep 0.02; done"
M
}
parent() { sql "SELECT run_uuid FROM tags WHERE key = 'mlp.sweep.points'"; }
status_of_parent() { sql "SELECT status FROM runs WHERE run_uuid = '$(parent)'"; }
# The runs of a point, and how often each status is there.
children() {
	sql "SELECT p.value, r.status, count(*) FROM runs r JOIN tags p ON p.run_uuid = r.run_uuid
		AND p.key = 'mlp.sweep.point' GROUP BY 1, 2 ORDER BY CAST(p.value AS INTEGER), 2" | tr '\n' ' '
}
column() { printf '%s' "$output" | awk -F, -v c="$1" 'NR > 1 {printf "%s ", $c}'; }
# No command of a point runs in this directory.
nothing_is_left() {
	local d
	for d in /proc/[0-9]*; do
		[ "$(readlink "$d/cwd")" = "$PWD" ] || continue
		none grep -qa 'touch up-' "$d/cmdline"
	done
}
until_up() { until_true test -e "up-$1"; }

@test "lists and ranges are crossed; each point is a run below the parent" {
	project
	mlp sweep . -P lr=0.1,0.01 -P 'depth=range(2,9,3)' -j 2 --csv
	is "$status" 0
	is "$(column 1)" "1 2 3 4 5 6 "
	is "$(column 5)" "0.1 0.1 0.1 0.01 0.01 0.01 "
	is "$(column 6)" "2 5 8 2 5 8 "
	is "$(column 3)" "FINISHED FINISHED FINISHED FINISHED FINISHED FINISHED "
	is "$(sql "SELECT count(*) FROM tags WHERE key = 'mlflow.parentRunId' AND value = '$(parent)'")" 6
	is "$(status_of_parent)" FINISHED
	is "$(sql "SELECT key, value FROM params WHERE run_uuid = '$(parent)' ORDER BY key")" \
		$'depth|range(2,9,3)\nlr|0.1,0.01'
	is "$(sql "SELECT count(DISTINCT r.name) FROM runs r")" 7
}

@test "one failure does not stop it; resume runs only what is missing or failed" {
	project
	mlp sweep . -P depth=2,4,6
	is "$status" 1
	is "$(children)" "1|FINISHED|1 2|FAILED|1 3|FINISHED|1 "
	is "$(status_of_parent)" FAILED
	mlp show "$(parent)" --json
	is "$(json 'j["reason"]')" "1 of 3 points not FINISHED"
	mlp wait "$(parent)"
	is "$status" 1
	touch mended
	mlp sweep resume "$(parent)"
	is "$status" 0
	has "$stderr" "3 points, 1 to run"
	is "$(children)" "1|FINISHED|1 2|FAILED|1 2|FINISHED|1 3|FINISHED|1 "
	is "$(status_of_parent)" FINISHED
	is "$(sql "SELECT count(*) FROM tags WHERE key = 'mlp.reason' AND value <> '' AND run_uuid = '$(parent)'")" 0
	mlp sweep resume "$(parent)" --json
	is "$status" 0
	is "$(json '[p["status"] for p in j["points"]]')" "['FINISHED', 'FINISHED', 'FINISHED']"
	is "$(json '[p["end_time"] >= p["start_time"] for p in j["points"]]')" "[True, True, True]"
	is "$(sql "SELECT count(*) FROM runs")" 5
}

@test "extend adds points, keeps their numbers, and runs what is missing" {
	project
	mlp sweep . -P lr=0.1 -P depth=2,4
	is "$status" 1
	mlp sweep extend "$(parent)" -P depth=4,6,8 --csv
	is "$status" 1
	is "$(column 6)" "2 4 6 8 "
	is "$(children)" "1|FINISHED|1 2|FAILED|2 3|FINISHED|1 4|FINISHED|1 "
	is "$(sql "SELECT value FROM tags WHERE key = 'mlp.sweep.points'")" 4
	touch mended
	mlp sweep extend "$(parent)" -P lr=0.5 --csv
	is "$status" 0
	is "$(column 5)" "0.1 0.1 0.1 0.1 0.5 0.5 "
	is "$(status_of_parent)" FINISHED
	mlp sweep extend "$(parent)" -P width=1,2
	is "$status" 2
	has "$stderr" "no parameter 'width'"
	is "$(status_of_parent)" FINISHED
}

@test "--fail-fast ends at the first failure" {
	project
	mlp sweep . -P depth=2,4,6,8 --fail-fast
	is "$status" 1
	is "$(children)" "1|FINISHED|1 2|FAILED|1 "
	mlp show "$(parent)" --json
	is "$(json 'j["reason"]')" "ended at the first failure: point 2"
	is "$(json 'j["status"]')" FAILED
	touch mended
	mlp sweep resume "$(parent)"
	is "$status" 0
	is "$(children)" "1|FINISHED|1 2|FAILED|1 2|FINISHED|1 3|FINISHED|1 4|FINISHED|1 "
}

@test "random points: the same seed, the same points, all different" {
	project
	mlp sweep . -P 'lr=loguniform(1e-5,1)' -P depth=2,3,5 --random 6 --seed 7 --csv
	is "$status" 0
	first=$(column 5)
	is "$(printf '%s\n' $first | sort -u | wc -l)" 6
	mlp sweep . -P 'lr=loguniform(1e-5,1)' -P depth=2,3,5 --random 6 --seed 7 --csv
	is "$(column 5)" "$first"
	mlp sweep . -P 'lr=loguniform(1e-5,1)' -P depth=2,3,5 --random 6 --seed 8 --csv
	[ "$(column 5)" != "$first" ]
	mlp sweep . -P depth=2,3,5 --random 50 --csv
	is "$(column 5 | tr ' ' '\n' | sort | tr '\n' ' ')" "2 3 5 "
	has "$stderr" "--seed "
	has "$stderr" "only 3 different points can be found, not 50"
}

@test "more random points are others" {
	project
	mlp sweep . -P 'lr=uniform(0,1)' --random 3 --seed 1
	is "$status" 0
	mlp sweep extend "$(parent)" --random 4 --csv
	is "$status" 0
	is "$(column 5 | tr ' ' '\n' | grep . | sort -u | wc -l)" 7
}

@test "columns of a CSV file go together" {
	project
	printf 'lr,depth,note\n0.5,2,"a, b"\n0.25,3,"say ""x"""\n' >points.csv
	mlp sweep . -P lr=@points.csv -P depth=@points.csv -P 'tag=@points.csv:note' --json
	is "$status" 0
	is "$(json '[list(p["params"].values()) for p in j["points"]]')" \
		"[['0.5', '2', 'a, b'], ['0.25', '3', 'say \"x\"']]"
	mlp sweep . -P @points.csv -P lr2=1,2 --csv
	is "$status" 0
	is "$(column 1)" "1 2 3 4 "
}

@test "best by a metric; one that no run has is said" {
	manifest <<'M'
entry_points:
  main:
    parameters: {x: {type: float}}
    command: "python3 log.py {x}"
M
	cat >log.py <<'PY'
import json, os, sys, urllib.request
x = float(sys.argv[1])
u = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
d = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "loss", "value": (x - 2) ** 2, "timestamp": 1, "step": 0}
urllib.request.urlopen(urllib.request.Request(u, json.dumps(d).encode(), {"Content-Type": "application/json"})).read()
PY
	mlp sweep . -P 'x=range(0,5,1)' --metric loss -j 2
	is "$status" 0
	has "$stderr" "best: point 3  loss=0 (x=2)"
	has "$output" "3 *"
	mlp sweep resume "$(parent)" --metric loss --goal max --json
	is "$status" 0
	is "$(json 'j["best"], j["points"][0]["metrics"]["loss"]')" "(1, 4)"
	mlp sweep resume "$(parent)" --metric los
	is "$status" 0
	has "$stderr" "no run has logged the metric 'los'; there are: loss"
	is "$(sql "SELECT r.value FROM tags b JOIN params r ON r.run_uuid = b.value WHERE b.key = 'mlp.sweep.best'")" 2
}

@test "an MLproject that changes while the sweep runs ends it" {
	project
	"$MLP" sweep . -e patient -P n=1,2,3 >out 2>err &
	BG=$!
	until_up 1
	sed -i 's/touch up/echo; touch up/' MLproject
	touch go-1 go-2 go-3
	code=0
	wait $BG || code=$?
	is "$code" 1
	is "$(children)" "1|FINISHED|1 "
	mlp show "$(parent)" --json
	is "$(json 'j["status"], j["reason"]')" "('FAILED', 'the MLproject was changed while the sweep ran')"
	mlp sweep resume "$(parent)" --force
	is "$status" 0
	is "$(children)" "1|FINISHED|1 2|FINISHED|1 3|FINISHED|1 "
}

@test "a sweep of another machine that runs is left alone" {
	project
	mlp sweep . -P depth=2,4
	sql "UPDATE tags SET value = 'other:/home/x' WHERE key = 'mlp.host' AND run_uuid = '$(parent)'"
	sql "DELETE FROM tags WHERE key = 'mlp.exit' AND run_uuid = '$(parent)'"
	sql "UPDATE runs SET status = 'RUNNING' WHERE run_uuid = '$(parent)'"
	mlp sweep resume "$(parent)"
	is "$status" 1
	has "$stderr" "is running on other"
}

@test "what is done at a run's end does not get among the results" {
	project
	mlp sweep . -P depth=2,3 --on-end 'echo noise; echo >>told' --json
	is "$status" 0
	is "$(json 'len(j["points"])')" 2
	is "$(wc -l <told)" 2
}

@test "a sweep is nothing to run again, and has no output" {
	project
	mlp sweep . -P depth=2,3
	mlp rerun "$(parent)"
	is "$status" 125
	has "$stderr" "is a sweep"
	has "$stderr" "mlp sweep resume"
	mlp logs "$(parent)"
	is "$output" ""
}

@test "a project that has changed is refused, and what changed is said" {
	project
	mlp sweep . -P depth=2,4
	sed -i 's/echo {lr}/echo now {lr}/' MLproject
	touch mended
	mlp sweep resume "$(parent)"
	is "$status" 1
	has "$stderr" "the project has changed since the sweep began: the MLproject is another; its command 'echo {lr}"
	has "$stderr" "--force"
	is "$(children)" "1|FINISHED|1 2|FAILED|1 "
	is "$(status_of_parent)" FAILED
	mlp sweep resume "$(parent)" --force
	is "$status" 0
	is "$(status_of_parent)" FINISHED
	is "$(sql "SELECT value FROM tags WHERE key = 'mlp.sweep.forced'")" true
}

@test "of a work tree the commit counts, and whether it is clean" {
	project
	printf 'mlflow.db*\nmlruns\nmended\n' >.gitignore
	git init -q . && git add . && git commit -qm one
	mlp sweep . -P depth=2,4
	is "$status" 1
	echo more >other.py
	git add .
	mlp sweep resume "$(parent)"
	is "$status" 1
	has "$stderr" "the work tree has changes that are not committed"
	git commit -qm two
	mlp sweep resume "$(parent)"
	is "$status" 1
	has "$stderr" "commit $(git rev-parse HEAD^ | cut -c1-10) is now $(git rev-parse HEAD | cut -c1-10)"
	git checkout -q HEAD^
	touch mended
	mlp sweep resume "$(parent)"
	is "$status" 0
}

@test "a git project is fetched once, and its commit stays that of the sweep" {
	mkdir src && cd src
	project
	git init -q -b main . && git add . && git commit -qm one
	cd ..
	git clone -q --bare src src.git
	mlp sweep "file://$PWD/src.git" -P depth=2,4,6 -j 2
	is "$status" 1
	first=$(git -C src rev-parse HEAD)
	(cd src && sed -i 's/ || \[ -e mended \]/ || true/' MLproject && git commit -qam two && git push -q ../src.git main)
	mlp sweep resume "$(parent)"
	is "$status" 1
	is "$(sql "SELECT DISTINCT value FROM tags WHERE key = 'mlflow.source.git.commit'")" "$first"
	mlp sweep resume "$(parent)" --force
	is "$status" 0
}

@test "Ctrl-C: what runs is KILLED and the parent, too; it can be gone on with" {
	project
	python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' \
		"$MLP" sweep . -e patient -P n=1,2,3 -j 2 >out 2>err & # a shell has it ignored there
	BG=$!
	until_up 1 && until_up 2
	kill -INT $BG
	code=0
	wait $BG || code=$?
	is "$code" 130
	is "$(children)" "1|KILLED|1 2|KILLED|1 "
	is "$(status_of_parent)" KILLED
	nothing_is_left
	touch go-1 go-2 go-3
	mlp sweep resume "$(parent)" -j 3
	is "$status" 0
	is "$(children)" "1|FINISHED|1 1|KILLED|1 2|FINISHED|1 2|KILLED|1 3|FINISHED|1 "
}

@test "mlp stop of the parent stops all of it" {
	project
	"$MLP" sweep . -e patient -P n=1,2 -j 2 >out 2>err &
	BG=$!
	until_up 1 && until_up 2
	mlp stop "$(parent)"
	is "$status" 0
	code=0
	wait $BG || code=$?
	is "$code" 143
	is "$(children)" "1|KILLED|1 2|KILLED|1 "
}

@test "mlp stop of one point's run stops that alone" {
	project
	"$MLP" sweep . -e patient -P n=1,2,3 >out 2>err &
	BG=$!
	until_up 1
	mlp stop "$(sql "SELECT run_uuid FROM tags WHERE key = 'mlp.sweep.point'")"
	is "$status" 0
	until_up 2
	touch go-2 go-3
	code=0
	wait $BG || code=$?
	is "$code" 1
	is "$(children)" "1|KILLED|1 2|FINISHED|1 3|FINISHED|1 "
}

@test "killed with KILL: the record becomes true, nothing is left, resume works" {
	project
	"$MLP" sweep . -e patient -P n=1,2,3 -j 2 >out 2>err &
	BG=$!
	until_up 1 && until_up 2
	kill -9 $BG
	wait $BG || true
	all_ended() { "$MLP" ps >/dev/null; [ -z "$(sql "SELECT 1 FROM runs WHERE status = 'RUNNING'")" ]; }
	until_true all_ended
	is "$(children)" "1|KILLED|1 2|KILLED|1 "
	is "$(status_of_parent)" FAILED
	nothing_is_left
	touch go-1 go-2 go-3
	mlp sweep resume "$(parent)" -j 2
	is "$status" 0
	is "$(status_of_parent)" FINISHED
	is "$(children)" "1|FINISHED|1 1|KILLED|1 2|FINISHED|1 2|KILLED|1 3|FINISHED|1 "
}

@test "a worker that is killed loses its point alone" {
	project
	"$MLP" sweep . -e patient -P n=1,2,3 -j 2 >out 2>err &
	BG=$!
	until_up 1 && until_up 2
	kill -9 "$(pgrep -P $BG | head -1)"
	until_up 3
	touch go-1 go-2 go-3
	code=0
	wait $BG || code=$?
	is "$code" 1
	is "$(sql "SELECT r.status, count(*) FROM runs r JOIN tags p ON p.run_uuid = r.run_uuid
		AND p.key = 'mlp.sweep.point' GROUP BY 1 ORDER BY 1")" $'FAILED|1\nFINISHED|2'
	has "$(sql "SELECT value FROM tags WHERE key = 'mlp.reason'")" "supervisor lost"
}

@test "a sweep that runs cannot be resumed beside" {
	project
	"$MLP" sweep . -e patient -P n=1,2 >out 2>err &
	BG=$!
	until_up 1
	mlp sweep resume "$(parent)"
	is "$status" 1
	has "$stderr" "is running"
	touch go-1 go-2
	code=0
	wait $BG || code=$?
	is "$code" 0
}

@test "what is wrong is said before anything is recorded" {
	project
	mlp sweep .
	is "$status" 2
	has "$stderr" "a sweep needs values"
	mlp sweep . -P 'lr=range(1,5,0)'
	is "$status" 2
	has "$stderr" "parameter 'lr': range(1,5,0): the step is 0 (at character "
	mlp sweep . -P 'lr=range(1,5'
	is "$status" 2
	has "$stderr" "')' is missing (at character 10)"
	mlp sweep . -P lr=1,2 -P lr=3
	is "$status" 2
	has "$stderr" "Repeated parameter: 'lr'"
	mlp sweep . -P lr=1,two
	is "$status" 2
	has "$stderr" "point 2 (lr=two)"
	mlp sweep . -P 'lr=uniform(0,1)'
	is "$status" 2
	has "$stderr" "--random N"
	mlp sweep . -P 'lr=range(0,1000,1)' -P 'depth=range(0,1000,1)'
	is "$status" 2
	has "$stderr" "more than 100000 points"
	mlp sweep . -P lr=@no.csv
	is "$status" 1
	has "$stderr" "no.csv"
	printf 'a,b\n1,2\n3\n' >bad.csv
	mlp sweep . -P lr=@bad.csv
	is "$status" 2
	has "$stderr" "bad.csv:3: 1 field, but the header names 2"
	printf 'a,b\n1,2\n' >good.csv
	mlp sweep . -P lr=@good.csv
	is "$status" 2
	has "$stderr" "good.csv has no column 'lr'"
	has "$stderr" "it has: a, b"
	mlp sweep . -P lr=1 -j 0
	is "$status" 2
	mlp sweep . -P lr=1 --goal up
	is "$status" 2
	mlp sweep . -P lr=1 --seed 3
	is "$status" 2
	mlp sweep . -P lr=1 --json --csv
	is "$status" 2
	mlp sweep nowhere -P lr=1
	is "$status" 1
	has "$stderr" "'nowhere' does not exist"
	[ ! -e mlflow.db ]
}

@test "what is no sweep cannot be resumed" {
	project
	mlp run . -P depth=2
	mlp sweep resume "$(sql "SELECT run_uuid FROM runs")"
	is "$status" 1
	has "$stderr" "is not a sweep"
	mlp sweep resume ffff
	is "$status" 1
	mlp sweep resume ffff -P lr=1
	is "$status" 2
	has "$stderr" "extend"
	mlp sweep extend ffff
	is "$status" 2
	mlp sweep resume ffff -e other
	is "$status" 2
	has "$stderr" "goes on as it began"
}

@test "a table that is damaged is said" {
	project
	mlp sweep . -P depth=2,4
	file=$(echo mlruns/0/"$(parent)"/artifacts/mlp/sweep.json)
	echo '{"format": 1, "request": {"uri": "."}, "names": ["a"], "points": [[1]]}' >"$file"
	mlp sweep resume "$(parent)"
	is "$status" 1
	has "$stderr" "is damaged"
	echo '{' >"$file"
	mlp sweep resume "$(parent)"
	is "$status" 1
	has "$stderr" "not valid JSON"
	echo '{"format": 99}' >"$file"
	mlp sweep resume "$(parent)"
	is "$status" 1
	has "$stderr" "of a newer mlp"
	is "$(status_of_parent)" FAILED
}

@test "it can be resumed from another directory" {
	project
	mkdir sub && echo 1 >sub/data
	mlp sweep . -P depth=2,4
	uri=sqlite:///$PWD/mlflow.db
	touch mended
	id=$(parent)
	cd "$T"
	mlp sweep resume "$id" --tracking-uri "$uri"
	is "$status" 0
	cd p
	is "$(children)" "1|FINISHED|1 2|FAILED|1 2|FINISHED|1 "
}

@test "the experiment of the parent is that of its runs" {
	project
	mlp sweep . -P depth=2,4 --experiment-name trees --tag team=red
	is "$(sql "SELECT DISTINCT e.name, count(*) FROM runs r JOIN experiments e USING (experiment_id)")" "trees|3"
	is "$(sql "SELECT count(*) FROM tags WHERE key = 'team' AND value = 'red'")" 3
	touch mended
	MLFLOW_EXPERIMENT_NAME=other mlp sweep resume "$(parent)"
	is "$status" 0
	is "$(sql "SELECT count(*) FROM runs r JOIN experiments e USING (experiment_id) WHERE e.name = 'trees'")" 4
}

# One with a metric, which ends when it may.
logging() {
	manifest <<'M'
entry_points:
  main:
    parameters: {n: {type: int}}
    command: "python3 log.py {n}; touch up-{n}; while [ ! -e go-{n} ]; do sleep 0.02; done"
M
	cat >log.py <<'PY'
import json, os, sys, urllib.request
u = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
d = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "loss", "value": 3 / int(sys.argv[1]), "timestamp": 1, "step": 0}
urllib.request.urlopen(urllib.request.Request(u, json.dumps(d).encode(), {"Content-Type": "application/json"})).read()
PY
}
terminal() { tmux -L "mlp$$" new-session -d -x "$1" -y "$2" -s s "$3; sleep 100"; }
screen() { tmux -L "mlp$$" capture-pane -p -t s; }
sees() { screen | grep -q "$1"; }

@test "on a terminal the table of what runs is live, with the best and the time to go" {
	logging
	terminal 120 30 "$MLP sweep . -P n=1,2,3,4 -j 2 --metric loss"
	until_up 1 && until_up 2
	until_true sees "^0/4 done, 2 running$"
	sees "^POINT  RUN  *STATUS   TIME  *n$"
	until_true sees "^1      [0-9a-f]\{8\}  RUNNING  .* 1$"
	until_true sees "^2      [0-9a-f]\{8\}  RUNNING  .* 2$"
	none sees "best:"
	touch go-1
	until_up 3
	until_true sees "^1/4 done, 2 running; about .* to go$"
	until_true sees "^3      [0-9a-f]\{8\}  RUNNING  .* 3$"
	none sees "^1      [0-9a-f]\{8\}  RUNNING"
	until_true sees "^best: point 1  loss=3 (n=1)$"
	touch go-3
	until_up 4
	until_true sees "^best: point 3  loss=1 (n=3)$"
	is "$(screen | grep -c "^POINT")" 1 # drawn over, not again
	touch go-2 go-4
	until_true sees "4 of 4 points FINISHED"
	none sees "running"
	is "$(screen | grep -c "^mlp: point [1-4]/4 n=[1-4] FINISHED in .*  loss=")" 4
	is "$(screen | grep -c "FINISHED  .*  [1-4]  ")" 4 # the table at the end
}

@test "on a small terminal the table is cut, on a tiny one there is a line" {
	project
	terminal 30 8 "$MLP sweep . -e patient -P n=1,2,3,4,5 -j 5"
	for n in 1 2 3 4 5; do until_up "$n"; done
	until_true sees "^and 2 more$"
	until_true sees "^0/5 done, 5 running$"
	tmux -L "mlp$$" resize-window -t s -x 18 -y 4
	until_true sees "^0/5 done, 5 runni$"
	none sees "^POINT"
	tmux -L "mlp$$" resize-window -t s -x 80 -y 24
	until_true sees "^POINT"
	touch go-1 go-2 go-3 go-4 go-5
	until_true sees "5 of 5 points"
}

@test "in the background: the id at once, wait, logs, show" {
	project
	mlp sweep . -d -e patient -P n=1,2,3 -j 2
	is "$status" 0
	id=$output
	is "$id" "$(parent)"
	has "$stderr" "3 points, 3 to run"
	until_up 1 && until_up 2
	mlp sweep show "$id" --csv
	is "$status" 0
	is "$(column 3)" "RUNNING RUNNING  "
	has "$stderr" "RUNNING: 0 of 3 points FINISHED"
	lacks "$stderr" "resume"
	mlp sweep resume "$id" -d
	is "$status" 1
	has "$stderr" "is running"
	touch go-1 go-2 go-3
	mlp wait "$id"
	is "$status" 0
	mlp sweep show "$id" --json
	is "$(json 'j["status"], j["reason"], [p["status"] for p in j["points"]]')" \
		"('FINISHED', None, ['FINISHED', 'FINISHED', 'FINISHED'])"
	mlp logs -f "$id"
	is "$(awk '{print $1, $3}' <<<"$output" | tr '\n' ' ')" "POINT STATUS 1 FINISHED 2 FINISHED 3 FINISHED "
	is "$(grep -c "^mlp: point [123]/3 n=[123] FINISHED" <<<"$stderr")" 3
	nothing_is_left
}

@test "in the background: what is wrong is said at once; failures, resume, stop" {
	project
	mlp sweep . -d -P depth=2,x
	is "$status" 2
	has "$stderr" "point 2 (depth=x)"
	is "$output" ""
	[ ! -e mlflow.db ]
	mlp sweep . -d -P depth=2,4
	is "$status" 0
	id=$output
	mlp wait "$id"
	is "$status" 1
	mlp sweep show "$id"
	is "$status" 0
	has "$stderr" "FAILED: 1 of 2 points FINISHED"
	has "$stderr" "mlp sweep resume ${id:0:8}"
	touch mended
	mlp sweep resume "$id" -d
	is "$status" 0
	is "$output" "$id"
	mlp wait "$id"
	is "$status" 0
	mlp sweep resume "$id" -d # there is nothing to do
	is "$status" 0
	has "$stderr" "0 to run"
	is "$(children)" "1|FINISHED|1 2|FAILED|1 2|FINISHED|1 "
	mlp sweep . -d -e patient -P n=1,2 -j 2
	id=$output
	until_up 1 && until_up 2
	mlp stop "$id"
	is "$status" 0
	mlp wait "$id"
	is "$status" 143
	nothing_is_left
}

@test "show runs nothing, and changes nothing" {
	project
	mlp sweep . -P depth=2,4 --metric loss
	for words in "-j 2" -d --fail-fast --force "-P depth=3" "--random 2" "-e other"; do
		mlp sweep show "$(parent)" $words
		is "$status" 2
	done
	mlp sweep show ffff
	is "$status" 1
	mlp sweep show "$(sql "SELECT run_uuid FROM tags WHERE key = 'mlp.sweep.point' AND value = '1'")"
	is "$status" 1
	has "$stderr" "is not a sweep"
	before=$(sql "SELECT count(*) FROM runs"; status_of_parent)
	rm MLproject # nor is the project needed
	mlp sweep show "$(parent)"
	is "$status" 0
	has "$output" FAILED
	has "$stderr" "no run has logged the metric 'loss', nor any other"
	is "$(sql "SELECT count(*) FROM runs"; status_of_parent)" "$before"
}

@test "ps shows the parent and its runs" {
	project
	"$MLP" sweep . -e patient -P n=1,2 -j 2 >out 2>err &
	BG=$!
	until_up 1 && until_up 2
	mlp ps --json
	is "$(json 'sorted(r["state"] for r in j)')" "['RUNNING', 'RUNNING', 'RUNNING']"
	touch go-1 go-2
	wait $BG
	mlp ps --json
	is "$(json 'j')" "[]"
}
