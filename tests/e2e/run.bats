#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mlp run: parameters, the command, its environment, its end.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() { cli_setup; }
teardown() { cli_teardown; }

@test "a project runs in its directory and its output passes through" {
	main_is '"pwd; echo out; echo err >&2"'
	mlp run .
	is "$status" 0
	is "$output" "$T/p"$'\n'out
	has "$stderr" err
	has "$stderr" "FINISHED"
	has "$stderr" "artifacts: $T/p/mlruns/0/"
}

@test "the command is told its run as mlflow tells it" {
	main_is '"env"'
	MLFLOW_EXPERIMENT_NAME=wine mlp run .
	env=$output
	newest
	has "$env" "MLFLOW_RUN_ID=$(json 'j["run_id"]')"
	has "$env" "MLFLOW_EXPERIMENT_ID=1"
	has "$env" "MLFLOW_TRACKING_URI=http://127.0.0.1:"
	has "$env" "MLP_STORE_URI=sqlite:///$T/p/mlflow.db"
	has "$env" "PYTHONUNBUFFERED=1"
	lacks "$env" "MLFLOW_EXPERIMENT_NAME"
}

@test "parameters: quoted, extras appended, values as given in the record" {
	manifest <<'M'
entry_points:
  main:
    parameters:
      a: {type: string, default: "it's"}
      lr: {type: float, default: 1e-1}
      flag: {type: bool, default: yes}
    command: "printf '<%s>' {a} {lr} {flag}"
M
	mlp run . -P 'a=$(id) "x" ; é' -P 'extra 1=new
line' --param-list=z= -Pw=a=b
	is "$status" 0
	is "$output" '<$(id) "x" ; é><1e-1><True><--extra 1><new'$'\n''line><--z><><--w><a=b>'
	newest
	is "$(json 'j["params"]["a"]')" '$(id) "x" ; é'
	is "$(json 'j["params"]["extra 1"]')" $'new\nline'
	is "$(json 'repr(j["params"]["z"])')" "''"
	is "$(json 'j["params"]["w"]')" 'a=b'
	is "$(json 'j["params"]["flag"]')" True
}

@test "parameters from a file: YAML or JSON, -P wins" {
	manifest <<'M'
entry_points:
  main:
    parameters: {a: int, b: string, c: float}
    command: "echo {a} {b} {c}"
M
	printf 'a: 1\nb: on\nc: 1.0e-5\n' >p.yaml
	printf '{"a": 7, "b": "x y", "c": 0.5}' >p.json
	mlp run . --params p.yaml -P a=2
	is "$output" "2 True 1e-05"
	mlp run . --params p.json
	is "$output" "7 x y 0.5"
	mlp run . --params p.json -P a=1 -P c=x
	is "$status" 2
	has "$stderr" "parameter 'c' takes a number (type float), but got 'x'"
	printf 'a: 1\nb:\n' >p.yaml
	mlp run . --params p.yaml
	is "$status" 2
	has "$stderr" "p.yaml:2:1: parameter 'b' has no value"
	printf -- '- a\n' >p.yaml
	mlp run . --params p.yaml
	is "$status" 2
	has "$stderr" "expected a map of parameters"
	printf 'a: [1\n' >p.yaml
	mlp run . --params p.yaml
	is "$status" 2
	has "$stderr" "p.yaml:"
}

@test "150 parameters and a value longer than the record holds" {
	main_is '"true"'
	args=(); for i in $(seq 150); do args+=(-P "k$i=$i"); done
	long=$(printf 'é%.0s' $(seq 7000))
	mlp run . "${args[@]}" -P "long=$long"
	is "$status" 0
	has "$stderr" "the value of parameter 'long' has 7000 characters"
	newest
	is "$(json 'len(j["params"])')" 151
	is "$(json 'len(j["params"]["long"])')" 6000
	dir=$(json 'j["artifact_uri"]')
	output=$(cat "$dir/mlp/run.json")
	is "$(json '[len(p["value"]) for p in j["params"] if p["name"] == "long"]')" "[7000]"
}

@test "path parameters are the caller's, defaults the project's where only it has them" {
	mkdir sub && touch sub/data.csv here.csv
	cat >sub/MLproject <<'M'
entry_points:
  main:
    parameters: {data: {type: path, default: data.csv}}
    command: "echo {data}"
M
	mlp run sub
	is "$output" "$T/p/sub/data.csv"
	mlp run sub -P data=here.csv
	is "$output" "$T/p/here.csv"
	mlp run sub -P data=file://$T/p/here.csv
	is "$output" "$T/p/here.csv"
	newest
	is "$(json 'j["params"]["data"]')" "file://$T/p/here.csv"
	mlp run sub -P data=s3://bucket/x
	is "$status" 2
	has "$stderr" "cannot download 's3://bucket/x'"
}

@test "scripts: .py, .sh with SHELL, a name that needs quotes, extras" {
	printf 'import sys; print(sys.argv[1:])' >"it's.py"
	printf 'echo sh "$@"' >go.sh
	mlp run . -e "it's.py" -P a=1 -P 'b=x y'
	is "$output" "['--a', '1', '--b', 'x y']"
	SHELL=/bin/sh mlp run . -e go.sh -P a=1
	is "$output" "sh --a 1"
	newest
	is "$(json 'j["command"]')" "/bin/sh go.sh --a 1"
}

@test "scripts: .R, whatever its name" {
	mkdir bin
	printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >bin/Rscript
	chmod +x bin/Rscript
	touch train.R "it's.R" 'a\b.R' '$(touch pwned).R' '"; touch pwned; ".R' 'a b.R'
	PATH=$PWD/bin:$PATH
	mlp run . -e train.R -P a=1
	is "$output" "-e
mlflow::mlflow_source('train.R')
--args
--a
1"
	newest
	is "$(json 'j["command"]')" "Rscript -e \"mlflow::mlflow_source('train.R')\" --args --a 1"
	while IFS= read -r name && IFS= read -r text; do
		mlp run . -e "$name"
		is "$status" 0
		is "$output" "-e
mlflow::mlflow_source('$text')
--args"
	done <<-'E'
		it's.R
		it\'s.R
		a\b.R
		a\\b.R
		a b.R
		a b.R
		$(touch pwned).R
		$(touch pwned).R
		"; touch pwned; ".R
		"; touch pwned; ".R
	E
	[ ! -e pwned ]
}

@test "exit codes and reasons" {
	manifest <<'M'
entry_points:
  e3: {command: "exit 3"}
  segv: {command: "kill -SEGV $$"}
  c137: {command: "exit 137"}
  none: {command: "no-such-command-at-all"}
  noexec: {command: "./MLproject"}
  slow: {command: "sleep 60", timeout: 300ms}
  ok: {command: "true"}
M
	while read -r name code status_word exit reason; do
		mlp run . -e "$name"
		is "$name $status" "$name $code"
		newest
		is "$name $(json 'j["status"]')" "$name $status_word"
		is "$name $(json 'j["tags"]["mlp.exit"]')" "$name $exit"
		is "$(json 'j["reason"]')" "$reason"
	done <<'T'
e3 3 FAILED exited:3 exit 3
segv 139 FAILED signalled:11 killed by SIGSEGV
c137 137 FAILED exited:137 exit 137 (usually: killed by SIGKILL)
none 127 FAILED exited:127 exit 127 (usually: a command was not found)
noexec 126 FAILED exited:126 exit 126 (usually: a command was found but is not executable)
slow 124 FAILED timeout:1 timed out after 300 ms
ok 0 FINISHED exited:0 None
T
	is "$(json '"mlp.reason" in j["tags"]')" False
}

@test "--timeout beats the manifest's" {
	printf 'entry_points:\n  main: {command: "sleep 60", timeout: 1h}\n' >MLproject
	mlp run . --timeout 0.2
	is "$status" 124
	newest
	is "$(json 'j["reason"]')" "timed out after 200 ms"
	is "$(json 'j["exit"]')" "{'kind': 'timeout', 'code': None, 'signal': None}"
}

@test "the last lines of stderr are shown with a failure" {
	main_is '"for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i >&2; done; exit 4"'
	mlp run . -q
	is "$status" 4
	has "$stderr" "mlp: its last lines on stderr:
  | line 3
"
	has "$stderr" "  | line 10
mlp: run "
}

@test "what the command wrote of its own run is overruled, and said" {
	manifest <<'M'
entry_points:
  lies: {command: "python3 end.py FINISHED; exit 1"}
  sulks: {command: "python3 end.py FAILED"}
M
	cat >end.py <<'P'
import os, sqlite3, sys
db = sqlite3.connect(os.environ["MLFLOW_TRACKING_URI"][len("sqlite:///"):], timeout=20)
db.execute("UPDATE runs SET status = ?, end_time = 5 WHERE run_uuid = ?",
           (sys.argv[1], os.environ["MLFLOW_RUN_ID"]))
db.commit()
P
	mlp run . -e lies --tracking direct
	is "$status" 1
	newest
	is "$(json 'j["status"], j["reason"], j["end_time"] > 5')" \
		"('FAILED', 'exit 1; the command itself had recorded FINISHED', True)"
	mlp run . -e sulks --tracking direct
	is "$status" 0
	newest
	is "$(json 'j["status"], j["reason"]')" \
		"('FINISHED', 'the command itself had recorded FAILED')"
}

@test "asked to stop: KILLED, the whole group is gone, 128+n" {
	main_is '"sleep 300 & echo $! >pid; sleep 301"'
	for sig in TERM HUP INT; do
		rm -f pid
		# a background job of a script ignores INT, so not with &
		python3 - "$MLP" "$sig" >out <<'P'
import os, signal, subprocess, sys, time
p = subprocess.Popen([sys.argv[1], "run", "."])
while not (os.path.exists("pid") and open("pid").read().strip()):
    time.sleep(0.02)
p.send_signal(getattr(signal, "SIG" + sys.argv[2]))
print(p.wait())
P
		case $sig in TERM) n=15 ;; HUP) n=1 ;; INT) n=2 ;; esac
		is "$(cat out)" "$((128 + n))"
		newest
		is "$(json 'j["status"]')" KILLED
		has "$(json 'j["reason"]')" "stopped by SIG$sig"
		run ! kill -0 "$(cat pid)"
	done
}

@test "nested: the inner run is recorded in the same store with its parent" {
	manifest <<'M'
entry_points:
  main: {command: "cd / && $MLP run \"$P\" -e inner --run-name inner"}
  inner: {command: "true"}
M
	MLP=$MLP P=$PWD mlp run . --run-name outer --experiment-name e
	is "$status" 0
	mlp runs --json
	is "$(json '[r["run_name"] for r in j]')" "['inner', 'outer']"
	is "$(json 'j[0]["tags"]["mlflow.parentRunId"] == j[1]["run_id"]')" True
	is "$(json 'j[0]["experiment_name"]')" e
	is "$(json '"mlflow.parentRunId" in j[1]["tags"]')" False
}

@test "50 first runs at once are all recorded" {
	main_is '"true"'
	for i in $(seq 50); do "$MLP" run . -P i="$i" >"$T/out.$i" 2>&1 & done
	wait
	mlp runs --json --limit 100
	is "$(json 'len(j), {r["status"] for r in j}')" "(50, {'FINISHED'})"
	is "$(json 'len({r["params"]["i"] for r in j})')" 50
	run ! grep -h locked "$T"/out.*
}

@test "experiments: by name, id, variables; contradictions" {
	main_is '"true"'
	mlp run . --experiment-name wine
	mlp run . --experiment-id 1
	MLFLOW_EXPERIMENT_NAME=wine mlp run .
	MLFLOW_EXPERIMENT_ID=1 mlp run .
	MLFLOW_EXPERIMENT_ID= mlp run . --experiment-name wine
	mlp runs --json --experiment wine
	is "$(json 'len(j)')" 5
	MLFLOW_EXPERIMENT_ID=1 mlp run . --experiment-name wine
	is "$status" 2
	has "$stderr" "Specify only one of 'experiment-name' or 'experiment-id' options."
	mlp run . --experiment-id 99
	is "$status" 125
	has "$stderr" "No Experiment with id=99 exists"
	mlp run . --experiment-id abc
	is "$status" 2
	has "$stderr" "Experiment ID must be a valid integer"
	mlp runs --experiment nope
	is "$status" 1
}

@test "the store: --tracking-uri beats the variable; what is no database is refused" {
	main_is '"true"'
	MLFLOW_TRACKING_URI=sqlite:///other.db mlp run . --tracking-uri sqlite:///mine.db
	is "$status" 0
	[ -e mine.db ] && [ ! -e other.db ] && [ ! -e mlflow.db ]
	for uri in http://h:5000 https://h file:///x ./mlruns postgresql://u:secret@h/d databricks; do
		MLFLOW_TRACKING_URI=$uri mlp run .
		is "$uri $status" "$uri 125"
		has "$stderr" MLFLOW_TRACKING_URI
		lacks "$stderr" secret
		mlp run . --tracking-uri "$uri"
		is "$status" 125
		has "$stderr" "--tracking-uri"
	done
	[ ! -e mlflow.db ] && [ ! -e mlruns/0/meta.yaml ]
}

@test "mlflow's options under their names" {
	main_is '"true"'
	mlp run --backend local --backend-config '{}' --env-manager local --storage-dir /tmp \
		--run-name n --entry-point main --experiment-name e .
	is "$status" 0
	mlp run . -b local -c null
	is "$status" 0
	for args in "-b databricks" "-A --memory=1g" "--env-manager docker" \
		"--env-manager zzz" "-c {"; do
		mlp run . $args
		is "$args $status" "$args 2"
		has "$stderr" "mlp: "
	done
}

@test "projects that ask for an environment run without it, where that is asked for" {
	for key in 'docker_env: {image: x}' 'python_env: e.yaml' 'conda_env: e.yaml'; do
		touch e.yaml
		printf '%s\nentry_points:\n  main: {command: "echo ran"}\n' "$key" >MLproject
		mlp run . --env-manager local
		is "$status" 0
		is "$output" ran
		rm -rf mlflow.db* mlruns
	done
}

@test "--env-file: before and after the command, as dotenv, without overriding" {
	main_is '"env"'
	cat >.env <<'E'
# comment
export A=1
A=2
B="two words # no comment"  # comment
C='${A} $(x)'
D=${A}/${NOPE:-d}
MLFLOW_EXPERIMENT_NAME=dotted
HOME=/nowhere
E
	mlp --env-file .env run .
	is "$status" 0
	has "$output" $'\nA=2\n'
	has "$output" $'\nB=two words # no comment\n'
	has "$output" $'\nC=2 $(x)\n'
	has "$output" $'\nD=2/d\n'
	lacks "$output" /nowhere
	newest
	is "$(json 'j["experiment_name"]')" dotted
	A=outer mlp run . --env-file .env
	has "$output" $'\nA=outer\n'
	mlp --env-file nope run .
	is "$status" 2
	has "$stderr" "Environment file 'nope' does not exist."
	printf 'A=1\nB="x\n' >bad
	mlp run . --env-file bad
	is "$status" 2
	has "$stderr" "bad:2: a quote is never closed"
	printf 'A=1\nB=x\0y\n' >bad
	mlp run . --env-file bad
	is "$status" 2
	has "$stderr" "bad:2: a NUL byte"
}

@test "the entry point's own variables; one from the host that is not set" {
	manifest <<'M'
entry_points:
  main: {command: "echo $GREETING $FROM", env: {GREETING: hello, FROM: null}}
M
	FROM=host mlp run .
	is "$output" "hello host"
	mlp run .
	is "$status" 125
	has "$stderr" "FROM"
	has "$stderr" "is not set"
}

@test "MLP_TRACE: every launch, pasteable, without passwords or values" {
	manifest <<'M'
entry_points:
  main:
    command: |
      echo "it's https://ann:hunter2@host/x?sig=hunter2&n=1"
      echo two
      echo "$WORD"
    env: {TOKEN: s3cr3t, my_api_key: s3cr3t, WORD: "it's"}
M
	MLP_TRACE=$T/trace mlp run .
	is "$(wc -l <"$T/trace")" 1
	run grep -c 'hunter2\|s3cr3t' "$T/trace"
	is "$output" 0
	newest
	has "$(cat "$T/trace")" " MLFLOW_RUN_ID=$(json 'j["run_id"]') "
	has "$(cat "$T/trace")" "TOKEN='***' my_api_key='***'"
	lacks "$(cat "$T/trace")" " HOME="
	run bash "$T/trace"
	is "$output" $'it\'s https://***@host/x?sig=***&n=1\ntwo\nit\'s'
	git init -q . && git add MLproject && git commit -q -m one
	MLP_TRACE=$T/trace mlp run .
	has "$(grep mlp-git "$T/trace")" "mlp-git # helper, request on stdin"
}

@test "--quiet, --verbose, NO_COLOR, no colour in a pipe" {
	main_is '"echo out; echo err >&2"'
	mlp run . --quiet
	is "$output" out
	is "$stderr" err
	mlp run . --verbose
	has "$stderr" "recording in sqlite:///$T/p/mlflow.db"
	has "$stderr" "running: echo out"
	mlp run nosuch
	lacks "$stderr" $'\033'
}

@test "colour on a terminal, unless NO_COLOR or TERM=dumb" {
	command -v script >/dev/null || skip "script(1) is missing"
	export TERM=xterm
	has "$(script -qec "'$MLP' run nosuch" /dev/null || true)" $'\033[31mmlp:'
	lacks "$(NO_COLOR=1 script -qec "'$MLP' run nosuch" /dev/null || true)" $'\033'
	lacks "$(TERM=dumb script -qec "'$MLP' run nosuch" /dev/null || true)" $'\033'
}
