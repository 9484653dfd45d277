#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What users, files and machines get wrong: a clear message, the right exit code, no run.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() { cli_setup; }
teardown() { cli_teardown; }

# refused CODE TEXT ARG...: mlp ARG... exits so, says so, and records nothing.
refused() {
	local code=$1 text=$2
	shift 2
	mlp "$@"
	is "$* => $status" "$* => $code"
	has "$stderr" "$text"
	is "$output" ""
	[ ! -e mlflow.db ] && [ ! -e mlruns ]
}
# As an ordinary user, whom permissions stop.
as_user() {
	[ "$(id -u)" = 0 ] || { "$@"; return; }
	chmod -R a+rwX "$T"
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

@test "a URI that does not exist, is a file, is no project" {
	touch file
	refused 125 "'nosuch' does not exist" run nosuch
	refused 125 "'file' is a file" run file
	refused 125 "." run '.#../x'
	refused 125 "absolute" run '.#/etc'
	refused 125 "Could not find subdirectory sub" run '.#sub'
	refused 125 "empty" run ''
	refused 125 "git" run . -v main
	refused 2 "Could not find main among entry points []" run .
	has "$stderr" "no MLproject file"
}

@test "words of the command line" {
	main_is '"true"'
	refused 2 "Missing argument 'URI'." run
	refused 2 "unexpected argument 'b'" run a b
	refused 2 "did you mean --entry-point?" run . --entry x
	refused 2 "did you mean --param-list?" run . --param-lst a=1
	refused 2 "no such option: -x" run . -x
	refused 2 "option -P needs a value" run . -P
	refused 2 "takes no value" run . --dry-run=yes
	refused 2 "did you mean 'mlp runs'?" rnus
	refused 2 "no such option before the command: --quiet" --quiet run .
	refused 2 "needs a value" --env-file
	refused 2 "no such command: x" help x
	refused 2 "is not a duration" run . --timeout soon
	refused 2 "is not a duration" run . --timeout 0
	refused 2 "--json goes with --dry-run" run . --json
	mlp
	is "$status" 2
	mlp run --help
	is "$status/$stderr" "0/"
	has "$output" "usage: mlp run [OPTIONS] URI"
}

@test "entry points and parameters" {
	manifest <<'M'
entry_points:
  main: {parameters: {a: int, b: string, c: {type: uri, default: "x:y"}}, command: "echo {a} {b} {c}"}
  train: {command: "true"}
M
	refused 2 "Could not find tarin among entry points ['main', 'train']" run . -e tarin
	has "$stderr" "did you mean -e train?"
	refused 2 "the project has no such file" run . -e train.py
	refused 2 "No value given for missing parameters: 'a', 'b'" run .
	refused 2 "missing parameters: 'b'" run . -P a=1
	refused 2 "Repeated parameter: 'a'" run . -P a=1 -P a=2
	refused 2 "Invalid format for -P parameter: 'a'. Use -P name=value." run . -P a
	refused 2 "parameter 'a' takes an integer (type int), but got '1.5'" run . -P a=1.5 -P b=
	refused 2 "Expected URI for parameter c but got z" run . -P a=1 -P b= -P c=z
	refused 2 "a parameter has no name" run . -P a=1 -P b= -P =3
	for name in 'x;y' '$(id)' $'new\nline' '../x' 'a//b' $'bad\xff'; do
		refused 2 "parameter name" run . -P a=1 -P b= -P "$name=1"
	done
	lacks "$stderr" $'\xff'
}

@test "mistakes in the manifest: all at once, with their lines, and no run" {
	manifest <<'M'
entry_points:
  main:
    command: 5
  other: {command: "x", defulat: 1}
  third: just text
M
	refused 125 "MLproject:" run .
	mlp check .
	is "$status" 1
	has "$stderr" ":3:"
	has "$stderr" ":5:"
	main_is $'|\n      echo one\n      awk \'{print $1}\' ${HOME}'
	refused 125 "MLproject:5:12: error:" run .
	has "$stderr" "{{print \$1}}"
	has "$stderr" "^"
	printf '\xff\xfe' >MLproject
	refused 125 "MLproject" run .
	printf 'a: b: c\n' >MLproject
	refused 125 "MLproject:1:" run .
	rm MLproject && mkdir MLproject
	refused 125 "MLproject" run .
}

@test "the manifest cannot be read" {
	main_is '"true"'
	chmod 0 MLproject
	run as_user true
	chmod 0 MLproject
	run --separate-stderr setpriv_or_self "$MLP" run .
	is "$status" 125
	has "$stderr" "Permission denied"
}
setpriv_or_self() {
	[ "$(id -u)" = 0 ] || { "$@"; return; }
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

@test "the database: foreign, damaged, a directory, of a newer shape" {
	main_is '"true"'
	python3 -c 'import sqlite3; sqlite3.connect("foreign.db").execute("CREATE TABLE t (a)")'
	mlp run . --tracking-uri sqlite:///foreign.db
	is "$status" 125
	has "$stderr" "not an MLflow database"
	printf 'this is no database, though it is long enough to be looked at%0500d' 0 >text.db
	mlp run . --tracking-uri sqlite:///text.db
	is "$status" 125
	has "$stderr" "text.db"
	mkdir dir.db
	mlp run . --tracking-uri sqlite:///dir.db
	is "$status" 125
	has "$stderr" "dir.db"
	mlp run .
	sql "ALTER TABLE runs ADD COLUMN soul VARCHAR(9) NOT NULL DEFAULT ''"
	mlp run .
	is "$status" 0
	sql "CREATE TABLE params2 AS SELECT * FROM params"
	sql "DROP TABLE params"
	sql "CREATE TABLE params (key VARCHAR(250) NOT NULL, value VARCHAR(8000) NOT NULL, run_uuid VARCHAR(32) NOT NULL, flavour TEXT NOT NULL)"
	mlp run . -P a=1
	is "$status" 125
	has "$stderr" "flavour"
	mlp runs --tracking-uri sqlite:///nothing.db
	is "$status" 1
	[ ! -e nothing.db ]
}

@test "the database: read-only, locked, in a directory that is not ours" {
	main_is '"true"'
	mlp run .
	chmod -R a+rwX "$T"
	chmod a-w . mlflow.db
	run --separate-stderr setpriv_or_self "$MLP" runs --json
	is "$status" 0
	is "$(json 'len(j)')" 1
	run --separate-stderr setpriv_or_self "$MLP" run .
	is "$status" 125
	has "$stderr" "mlflow.db"
	chmod u+w . mlflow.db
	python3 -c '
import sqlite3, sys, time
db = sqlite3.connect("mlflow.db", isolation_level=None)
db.execute("BEGIN IMMEDIATE"); print("locked", flush=True); sys.stdin.read()' <"$(mkfifo f; echo f)" >locked &
	exec 9>f
	until_true grep -q locked locked
	mlp runs
	is "$status" 0
	exec 9>&-
	wait
	mlp run .
	is "$status" 0
}

@test "Ctrl-C while the database is locked by somebody" {
	main_is '"true"'
	mlp run .
	python3 - "$MLP" >out <<'P'
import signal, sqlite3, subprocess, sys, time
db = sqlite3.connect("mlflow.db", isolation_level=None)
db.execute("BEGIN IMMEDIATE")
p = subprocess.Popen([sys.argv[1], "run", "."], stderr=subprocess.PIPE, text=True)
try:
    p.wait(1)
except subprocess.TimeoutExpired:
    p.send_signal(signal.SIGINT)
said = p.stderr.read()
print(p.wait(), "interrupted while waiting for database" in said)
P
	is "$(cat out)" "130 True"
	is "$(sql 'SELECT count(*) FROM runs')" 1
	is "$(ls -A "$XDG_STATE_HOME/mlp/runs")" ""
}

@test "a full disk: no run, or a run whose end is told" {
	[ "$(id -u)" = 0 ] || skip "needs root to mount a small file system"
	main_is "head -c 3000000 /dev/zero | tr '\\0' x"
	mkdir small
	mount -t tmpfs -o size=2m none small 2>/dev/null || skip "cannot mount a tmpfs here"
	mlp run . --tracking-uri sqlite:///small/mlflow.db
	code=$status said=$stderr bytes=${#output}
	rm small/mlruns/0/*/artifacts/mlp/stdout.log # room again: the end is written
	mlp runs --json --tracking-uri sqlite:///small/mlflow.db
	umount small
	is "$code $bytes" "0 3000000"
	has "$said" "could not be kept"
	is "$(json 'j[0]["status"]')" FINISHED
	has "$(json 'j[0]["reason"]')" "part of its output could not be kept"
}

@test "output: binary, without newline, endless" {
	printf '\x00\xff\x1b[31m\r\n\x80' >bin
	manifest <<'M'
entry_points:
  bin: {command: "cat bin; cat bin >&2; exit 1"}
  none: {command: "printf x; printf y >&2"}
  endless: {command: "yes"}
M
	"$MLP" run . -e bin >out 2>err || true
	cmp bin out
	newest
	dir=$(json 'j["artifact_uri"]')
	cmp bin "$dir/mlp/stdout.log"
	cmp bin "$dir/mlp/stderr.log"
	tail -n 3 err | grep -q '  | '
	run ! grep -P '\| .*\x1b' err
	mlp run . -e none
	is "$output" x
	# endless output whose reader goes away: the run goes on until it is stopped
	run bash -c '"$0" run . -e endless --timeout 300ms 2>/dev/null | head -n 2; echo ${PIPESTATUS[0]}' "$MLP"
	is "$output" $'y\ny\n124'
}

@test "a closed or full standard output" {
	main_is '"echo one; echo two"'
	for i in 1 2 3; do mlp run .; done
	for words in "runs" "runs --json" "show --json $("$MLP" runs --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["run_id"])')" "help" "info" "run --help" "version"; do
		run bash -c '"$0" '"$words"' | true; echo ${PIPESTATUS[0]}' "$MLP"
		is "$words $output" "$words 0"
		run --separate-stderr bash -c '"$0" '"$words"' >/dev/full' "$MLP"
		is "$words $status" "$words 1"
		has "$stderr" "cannot write to standard output: No space left on device"
	done
	run bash -c '"$0" run . 2>/dev/null | head -n 1; echo ${PIPESTATUS[0]}' "$MLP"
	is "$output" $'one\n0'
	run bash -c '"$0" run . >/dev/full 2>/dev/null' "$MLP"
	is "$status" 0
	for n in 0 1 2; do
		run bash -c '"$0" run . '"$n"'<&- 2>/dev/null' "$MLP"
		is "$n $status" "$n 0"
	done
}

@test "no home at all, a home and a state directory that cannot be written" {
	main_is '"true"'
	unset HOME XDG_STATE_HOME XDG_CACHE_HOME
	run --separate-stderr setpriv_or_self env -i PATH="$PATH" "$MLP" version
	is "$status" 0
	# somebody who has no password entry; an ordinary user cannot become one
	if [ "$(id -u)" = 0 ]; then
		chmod -R a+rwX "$T"
		run --separate-stderr setpriv --reuid=4242 --regid=4242 --clear-groups \
			env -i PATH="$PATH" "$MLP" run .
		is "$status" 125
		has "$stderr" "set HOME or XDG_STATE_HOME"
		[ ! -s mlflow.db ] || is "$(sql 'SELECT count(*) FROM runs')" 0
	fi
	XDG_STATE_HOME=/proc/no mlp run .
	is "$status" 125
	has "$stderr" "set XDG_STATE_HOME"
	XDG_STATE_HOME=$T/ok XDG_CACHE_HOME=/proc/no mlp run .
	is "$status" 0
}

@test "no run is left when the state directory cannot be written" {
	main_is '"true"'
	XDG_STATE_HOME=/proc/no mlp run .
	is "$status" 125
	[ ! -s mlflow.db ] || is "$(sql 'SELECT count(*) FROM runs')" 0
}

@test "the current directory was removed" {
	mkdir gone && cd gone && rmdir ../gone
	mlp run "$T/p"
	is "$status" 125
	has "$stderr" "current directory"
	mlp runs
	is "$status" 1
	mlp version
	is "$status" 0
	[ ! -e /mlflow.db ]
	cd ..
}

@test "no bash, no directory for the artifacts: FAILED, with the reason" {
	main_is '"true"'
	mkdir bin && ln -s "$(command -v env)" bin/env
	run -127 --separate-stderr env PATH="$T/p/bin" "$MLP" run .
	is "$status" 127
	newest
	is "$(json 'j["status"], j["exit"]["kind"], j["exit"]["code"]')" "('FAILED', 'never', 127)"
	has "$(json 'j["reason"]')" "never started: cannot run 'bash'"
	rm -rf mlruns && touch mlruns
	mlp run .
	is "$status" 125
	newest
	is "$(json 'j["status"]')" FAILED
	has "$(json 'j["reason"]')" "never started: cannot make directory"
}

@test "names and values with quotes, newlines, dollars, UTF-8" {
	main_is '"true"'
	evil=$'it\'s "x" $(touch pwned) `id` \\ ;\n\té\xe4\xb8\xad'
	mlp run . --run-name "$evil" --experiment-name "$evil" --tag "t=$evil" -P "p=$evil" -P "bad=$(printf '\xff')"
	is "$status" 0
	[ ! -e pwned ]
	newest
	is "$(json 'j["run_name"]')" "$evil"
	is "$(json 'j["experiment_name"]')" "$evil"
	is "$(json 'j["tags"]["t"]')" "$evil"
	is "$(json 'j["params"]["p"]')" "$evil"
	is "$(json 'j["params"]["bad"]')" "�"
	mlp runs
	lacks "$output" $'\t'
	mlp show "$evil"
	is "$status" 0
	mlp runs --experiment "$evil" --json
	is "$(json 'len(j)')" 1
	mkdir "$evil" && cp MLproject "$evil"
	(cd "$evil" && "$MLP" run . && "$MLP" runs --json >../runs.json)
	output=$(cat runs.json)
	is "$(json 'j[0]["source"]["uri"]')" "$T/p/$evil"
}
