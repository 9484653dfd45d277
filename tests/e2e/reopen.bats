#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Runs that are gone on with (--run-id), that a killed mlp left (healing), that are run again.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() { cli_setup; }
teardown() { cli_teardown; }

id_of_newest() { newest && json 'j["run_id"]'; }
repo() { git init -q -b trunk . && git add -A && git commit -q -m "${1-one}"; }

@test "--run-id: parameters are added, logs appended, the earlier end does not lie" {
	printf 'entry_points:\n  main: {parameters: {code: int}, command: "echo $MLFLOW_RUN_ID; $MLP show $MLFLOW_RUN_ID --json >seen; bash -c \\"exit {code}\\""}\n' >MLproject
	export MLP
	mlp run . -P code=3 --experiment-name e --run-name first
	id=$output
	mlp run . -P code=3 --run-id "$id" -P more=1
	is "$status" 3
	newest
	is "$(json 'j["status"], j["reason"], j["params"]')" "('FAILED', 'exit 3', {'code': '3', 'more': '1'})"
	output=$(cat seen)
	is "$(json 'j["status"], j["reason"], j["exit"], j["end_time"]')" "('RUNNING', None, None, None)"
	mlp logs "$id"
	is "$output" "$id"$'\n'"$id"
	mlp runs --json
	is "$(json 'len(j), j[0]["run_name"], j[0]["experiment_name"]')" "(1, 'first', 'e')"
}

@test "--run-id: a good end after a bad one leaves no reason; tags of the client stay" {
	printf 'entry_points:\n  main: {command: "exit $CODE"}\n' >MLproject
	CODE=3 mlp run .
	id=$(id_of_newest)
	# as if a client had begun it
	sql "UPDATE tags SET value = 'client' WHERE key = 'mlflow.source.name'"
	sql "UPDATE tags SET value = 'theirs' WHERE key = 'mlflow.project.entryPoint'"
	sql "DELETE FROM tags WHERE key LIKE 'mlp.%'"
	CODE=1 mlp run . --run-id "$id"
	CODE=0 mlp run . --run-id "$id" --run-name second --tag a=b
	is "$status" 0
	newest
	is "$(json 'j["run_id"] == sys.argv[0] or j["status"], j["reason"], j["exit"]["code"]')" "('FINISHED', None, 0)"
	is "$(json 'j["source"]["uri"], j["run_name"], j["tags"]["a"]')" "('client', 'second', 'b')"
	is "$(json 'j["entry_point"], j["tags"]["mlp.adopted"]')" "('theirs', 'true')"
}

@test "--run-id: where it came from and its entry point are those of the last attempt" {
	mkdir plain tree
	printf 'entry_points:\n  main: {command: "echo"}\n  other: {command: "echo other"}\n' | tee plain/MLproject >tree/MLproject
	(cd tree && repo)
	mlp run "file://$T/p/tree" -v trunk -P a=1
	newest
	id=$(json 'j["run_id"]')
	is "$(json 'j["source"]["version"], j["source"]["dirty"]')" "('trunk', False)"
	mlp run plain -e other -P b=2 --run-id "$id"
	mlp show "$id" --json
	is "$(json 'j["source"]')" \
		"{'uri': '$T/p/plain', 'repo_url': None, 'commit': None, 'version': None, 'subdir': None, 'dirty': None}"
	is "$(json 'j["entry_point"], j["command"], j["params"]')" "('other', 'echo other --b 2', {'a': '1', 'b': '2'})"
	mlp rerun "$id" # what was given to the other project is not for this one
	is "$output" "other --b 2"
	has "$stderr" "is in no git repository"
}

@test "--run-id: rerun gives what any attempt was given, not what the command logged" {
	main_is echo
	mlp run . -P a=1
	id=$(id_of_newest)
	sql "INSERT INTO params (key, value, run_uuid) VALUES ('logged', 'x', ?)" "$id"
	mlp run . -P b=2 --run-id "$id"
	mlp run . -P c=3 --run-id "$id"
	mlp rerun "$id"
	is "$(tr -s ' ' '\n' <<<"$output" | sort -n | xargs)" "--a --b --c 1 2 3"
	# of a run whose first attempts left no run.json nothing proves who recorded it
	rm -r mlruns
	mlp run . -P c=3 --run-id "$id"
	mlp rerun "$id"
	has "$output" "--logged x"
	has "$output" "--a 1"
}

@test "--run-id: what another program recorded is given again as it was meant" {
	main_is echo
	mlp run . -P a=1
	id=$(id_of_newest)
	rm -r mlruns
	sql "DELETE FROM tags WHERE key LIKE 'mlp.%'"
	sql "UPDATE params SET value = ?" "'it is'"
	mlp run . -P b="'x y'" --run-id "$id"
	mlp rerun "$id"
	has "$output" "--a it is"
	has "$output" "--b 'x y'"
}

@test "--run-id: a run that is running on another machine is refused" {
	main_is '"touch started"'
	mlp run .
	id=$(id_of_newest)
	rm started
	sql "UPDATE runs SET status = 'RUNNING', end_time = NULL"
	sql "UPDATE tags SET value = '' WHERE key = 'mlp.exit'"
	sql "UPDATE tags SET value = 'elsewhere:/home/bob/.local/state/mlp' WHERE key = 'mlp.host'"
	mlp run . --run-id "$id"
	is "$status" 125
	has "$stderr" "run ${id:0:8} is running on elsewhere"
	has "$stderr" "set_terminated(\"$id\", \"KILLED\")"
	[ ! -e started ]
	is "$(sql "SELECT status FROM runs")" RUNNING
	is "$(sql "SELECT value FROM tags WHERE key = 'mlp.host'")" elsewhere:/home/bob/.local/state/mlp
	sql "UPDATE runs SET status = 'KILLED'"
	mlp run . --run-id "$id"
	is "$status" 0
	[ -e started ]
}

@test "rerun: the environment manager that was chosen" {
	printf 'python_env: python_env.yaml\nentry_points:\n  main: {command: "echo ran"}\n' >MLproject
	echo 'python: "3.1"' >python_env.yaml # there is none
	mlp run . --offline
	is "$status" 125
	mlp run . --env-manager local
	is "$output" ran
	mlp rerun "$(id_of_newest)"
	is "$output" ran
	mlp rerun "$(id_of_newest)"
	is "$output" ran
}

@test "--run-id: conflict, unknown, deleted, running; nothing starts" {
	printf 'entry_points:\n  main: {parameters: {a: int}, command: "touch started; sleep 60"}\n' >MLproject
	mlp run . -P a=1 --timeout 100ms || true
	id=$(id_of_newest)
	rm started
	mlp run . -P a=2 --run-id "$id"
	is "$status" 125
	has "$stderr" "a"
	newest
	is "$(json 'j["status"], j["params"]')" "('FAILED', {'a': '1'})"
	mlp run . -P a=1 --run-id "${id:0:8}"
	is "$status" 125
	has "$stderr" "Run with id=${id:0:8} not found"
	sql "UPDATE runs SET lifecycle_stage = 'deleted'"
	mlp run . -P a=1 --run-id "$id"
	is "$status" 125
	has "$stderr" "deleted"
	sql "UPDATE runs SET lifecycle_stage = 'active'"
	[ ! -e started ]
	"$MLP" run . -P a=1 --run-id "$id" 2>/dev/null &
	until_true test -e started
	mlp run . -P a=1 --run-id "$id"
	is "$status" 125
	has "$stderr" "is running"
	kill $!
	wait $! || true
	newest
	is "$(json 'j["status"]')" KILLED
	is "$(ls -A "$XDG_STATE_HOME/mlp/runs")" ""
}

@test "mlp is killed: the next mlp writes the truth down" {
	main_is '"touch started; sleep 300"'
	"$MLP" run . 2>/dev/null &
	until_true test -e started
	mlp runs --json
	is "$(json 'j[0]["status"]')" RUNNING
	id=$(json 'j[0]["run_id"]')
	kill -9 $!
	wait $! || true
	mlp show "$id" --json
	is "$(json 'j["status"], j["reason"], j["exit"]')" \
		"('FAILED', 'supervisor lost (killed or machine restarted)', {'kind': 'unknown', 'code': None, 'signal': None})"
	has "$stderr" "run ${id:0:8} was left RUNNING; it is now FAILED"
	is "$(json 'j["end_time"] >= j["start_time"]')" True
	mlp runs
	is "$stderr" ""
	is "$(ls -A "$XDG_STATE_HOME/mlp/runs")" ""
}

# Is no process there that has this in its environment?
nobody_has() { ! grep -lzxF "$1" /proc/[0-9]*/environ 2>/dev/null | grep -q .; }

@test "mlp is killed: what is left of its run is stopped, and counted" {
	main_is '"bash script; true"'
	# one that hears TERM, one that does not
	printf '%s\n' "sleep 300 &" "(trap '' TERM; touch started; while :; do sleep 0.1; done) &" \
		wait >script
	"$MLP" run . 2>/dev/null &
	until_true test -e started
	newest
	id=$(json 'j["run_id"]')
	kill -9 $!
	wait $! || true
	mlp show "$id" --json
	is "$(json 'j["status"]')" FAILED
	has "$(json 'j["reason"]')" \
		"supervisor lost (killed or machine restarted); "
	has "$(json 'j["reason"]')" " of its processes were still running and were stopped"
	nobody_has "MLP_RUN_ID=$id"
}

@test "mlp is killed inside a run: neither that run nor who heals is stopped" {
	cat >outer <<'S'
"$MLP" run inner 2>/dev/null &
until [ -e inner/started ]; do sleep 0.05; done
kill -9 $!
wait $!
MLP_RUN_ID=$(grep -zo "MLP_RUN_ID=.*" /proc/$(cat inner/started)/environ | tr -d '\0' | cut -d= -f2) \
	"$MLP" runs >/dev/null
echo survived
S
	mkdir inner
	printf 'entry_points: {main: {command: "sleep 300 & echo $! >started.new; mv started.new started; wait"}}\n' >inner/MLproject
	main_is '"bash outer"'
	export MLP
	mlp run .
	is "$status" 0
	is "$output" survived
	mlp runs --json
	is "$(json '[(r["status"], r["reason"]) for r in j]')" \
		"[('FAILED', 'supervisor lost (killed or machine restarted); 1 of its processes was still running and was stopped'), ('FINISHED', None)]"
}

@test "the state directory is removed: what is shown is true all the same" {
	main_is '"touch started; until [ -e stop ]; do sleep 0.05; done"'
	"$MLP" run . 2>/dev/null &
	until_true test -e started
	newest
	id=$(json 'j["run_id"]')
	rm -r "$XDG_STATE_HOME/mlp"
	# its supervisor lives
	mlp show "$id" --json
	is "$(json 'j["status"]')" RUNNING
	touch stop
	wait $!
	rm stop started
	"$MLP" run . 2>/dev/null &
	until_true test -e started
	newest
	id=$(json 'j["run_id"]')
	kill -9 $!
	wait $! || true
	touch stop
	until_true nobody_has "MLP_RUN_ID=$id"
	rm -r "$XDG_STATE_HOME/mlp"
	mlp runs --json --status RUNNING
	is "$output" "[]"
	has "$stderr" "run ${id:0:8} was left RUNNING; it is now FAILED"
	newest
	is "$(json 'j["run_id"], j["status"]')" "('$id', 'FAILED')"
	is "$(ls -A "$XDG_STATE_HOME/mlp/runs")" ""
	sql "UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE run_uuid = '$id'"
	sql "UPDATE tags SET value = '' WHERE key = 'mlp.exit'"
	mlp show "$id" --json
	is "$(json 'j["status"]')" FAILED
}

@test "a run that mlp has ended and a client goes on with stays RUNNING" {
	main_is '"true"'
	mlp run .
	sql "UPDATE runs SET status = 'RUNNING', end_time = NULL"
	newest
	is "$(json 'j["status"]')" RUNNING
	is "$stderr" ""
}

@test "a state directory of a run that never was goes" {
	main_is '"true"'
	mlp run .
	runs=$XDG_STATE_HOME/mlp/runs
	mkdir -p "$runs"/{empty,locked,begun,dead,alive,logs,gone.gone.123}
	touch "$runs/locked/lock" "$runs/begun/lock" "$runs"/{dead,alive}/lock.123 "$runs/logs/stdout.log"
	ln -s "sqlite:///$T/p/mlflow.db" "$runs/begun/store"
	exec 5>"$runs/alive/lock.123"
	flock 5
	mlp runs
	is "$status" 0
	is "$stderr" ""
	is "$(ls -m "$runs")" "alive, logs"
	exec 5>&-
	mlp runs
	is "$(ls -m "$runs")" "logs"
	mlp ps -a --json
	is "$(json 'len(j)')" 1
}

@test "runs that are not ours to judge stay RUNNING" {
	main_is '"true"'
	mlp run . --run-name colleague
	mlp run . --run-name client
	sql "UPDATE runs SET status = 'RUNNING', end_time = NULL"
	sql "UPDATE tags SET value = 'elsewhere:/home/bob/.local/state/mlp' WHERE key = 'mlp.host' AND run_uuid = (SELECT run_uuid FROM runs WHERE name = 'colleague')"
	sql "DELETE FROM tags WHERE key LIKE 'mlp.%' AND run_uuid = (SELECT run_uuid FROM runs WHERE name = 'client')"
	# even where a directory of that name lies in our state
	for id in $(sql "SELECT run_uuid FROM runs"); do mkdir -p "$XDG_STATE_HOME/mlp/runs/$id"; done
	mlp runs --json
	is "$(json '[r["status"] for r in j]')" "['RUNNING', 'RUNNING']"
	is "$stderr" ""
}

@test "an end that the database would not take is written later" {
	main_is '"python3 refuse.py; exit 3"'
	cat >refuse.py <<'P'
import sqlite3
db = sqlite3.connect("mlflow.db", timeout=20)
# the command's own word for the run, and then nobody may change it
db.execute("UPDATE runs SET status = 'FINISHED'")
db.execute("CREATE TRIGGER no BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'not today'); END")
db.commit()
P
	mlp run .
	is "$status" 3
	has "$stderr" "could not be recorded"
	mlp runs --json
	is "$(json 'j[0]["status"]')" FINISHED
	sql "DROP TRIGGER no"
	newest
	is "$(json 'j["status"], j["reason"]')" \
		"('FAILED', 'exit 3; the command itself had recorded FINISHED')"
	is "$(ls -A "$XDG_STATE_HOME/mlp/runs")" ""
}

@test "an end whose database was moved away meanwhile is written when it is back" {
	mkdir away
	main_is '"mv mlflow.db* away"'
	mlp run .
	is "$status" 0
	has "$stderr" "'$T/p/mlflow.db' was moved, removed or replaced while it was in use"
	mlp ps -a --json
	is "$(json '[r["state"] for r in j]')" "['FINISHED']"
	mv away/* .
	newest
	is "$(json 'j["status"], j["reason"]')" "('FINISHED', None)"
	is "$(ls -A "$XDG_STATE_HOME/mlp/runs")" ""
}

@test "rerun: a git URL, the recorded commit, parameters; overrides win" {
	mkdir src && cd src
	printf 'entry_points:\n  train:\n    parameters: {a: int, b: {type: string, default: x}}\n    command: "echo old {a} {b}"\n' >MLproject
	repo
	cd .. && git clone -q --bare src wine.git
	mlp run "file://$T/p/wine.git" -e train -P a=1 -P 'c=it'"'"'s' --experiment-name e
	id=$(id_of_newest)
	sed -i s/old/new/ src/MLproject && git -C src commit -qam two && git -C src push -q ../wine.git trunk
	mlp rerun "$id"
	is "$output" "old 1 x --c it's"
	newest
	is "$(json 'j["tags"]["mlp.rerunOf"], j["experiment_name"], j["entry_point"]')" "('$id', 'e', 'train')"
	mlp rerun "${id:0:9}" -P a=2 -P b=y --run-name again --experiment-name other
	is "$output" "old 2 y --c it's"
	newest
	is "$(json 'j["run_name"], j["experiment_name"], j["params"]["a"]')" "('again', 'other', '2')"
	mlp rerun "$id" -v trunk
	is "$status" 2
	mlp rerun "$id" --dry-run --json
	is "$(json 'j["params"]["a"]["origin"]')" record
	is "$(json 'j["command"]')" "echo old 1 x --c 'it'\"'\"'s'"
	mlp rerun nothing
	is "$status" 125
}

@test "rerun: a local work tree, its commit elsewhere; dirty and plain are told" {
	mkdir -p tree/sub && cd tree
	printf '.gitignore\nmlruns\nmlflow.db*\n' >.gitignore
	printf 'entry_points:\n  main: {command: "cat word; pwd"}\n' >sub/MLproject
	echo one >sub/word
	repo
	mlp run sub
	id=$(id_of_newest)
	echo two >sub/word
	git commit -qam two
	mlp rerun "$id"
	is "$status" 0
	is "${output%%$'\n'*}" one
	lacks "$output" "$T/p/tree"
	is "$(cat sub/word)" two
	is "$(git status --porcelain)" ""
	echo three >sub/word
	mlp run sub
	dirty=$(id_of_newest)
	mlp rerun "$dirty"
	is "${output%%$'\n'*}" two
	has "$stderr" "not committed"
	cd .. && mkdir plain && cp tree/sub/* plain && cd plain
	mlp run .
	mlp rerun "$(id_of_newest)"
	is "$status" 0
	is "${output%%$'\n'*}" three
	has "$stderr" "is in no git repository"
}

@test "rerun: paths relative to another directory, long values, what the command logged itself" {
	manifest <<'M'
entry_points:
  main:
    parameters: {data: path, n: {type: int, default: many}}
    command: "echo {data} {n}"
  bare: {command: "echo"}
M
	touch here.csv
	long=$(printf 'x%.0s' $(seq 7000))
	mlp run . -P data=here.csv
	id=$(id_of_newest)
	sql "INSERT INTO params (key, value, run_uuid) VALUES ('logged', 'by the client', ?)" "$id"
	mkdir other && cd other
	mlp rerun "$id" --tracking-uri sqlite:///../mlflow.db
	is "$status" 0
	is "$output" "$T/p/here.csv many"
	has "$stderr" "the default of parameter 'n' is 'many', not an integer"
	cd ..
	mlp run . -e bare -P "k=$long"
	id=$(id_of_newest)
	mlp rerun "$id"
	is "$output" "--k $long"
	rm mlruns/0/"$id"/artifacts/mlp/run.json
	mlp rerun "$id"
	is "${#output}" $((6000 + 4))
	has "$stderr" "run.json is gone"
}

@test "rerun: paths in the project are those of the commit, others where they were" {
	mkdir -p tree/sub/data && cd tree
	printf 'mlruns\nmlflow.db*\nlocal.txt\n' >.gitignore
	printf 'entry_points:\n  main: {parameters: {d: {type: path, default: data/in.txt}, up: {type: path, default: "../top.txt"}, x: {type: path, default: sub}}, command: "cat {d} {up}; ls -d {x}"}\n' >sub/MLproject
	echo one >sub/data/in.txt && echo one >top.txt && echo mine >local.txt
	repo
	mlp run sub
	has "$output" "$T/p/tree/sub"
	id=$(id_of_newest)
	mlp run sub -P d="$PWD/sub/data/in.txt" -P up=local.txt
	given=$(id_of_newest)
	echo two | tee sub/data/in.txt >top.txt && git commit -qam two
	mlp rerun "$id"
	is "${output%/mlp/*}" $'one\none\n'"$XDG_CACHE_HOME"
	newest
	is "$(json 'j["params"]')" "{'d': 'data/in.txt', 'up': '../top.txt', 'x': 'sub'}"
	again=$(json 'j["run_id"]')
	mlp rerun "$given" # what is in no commit is taken where it was
	is "${output%/mlp/*}" $'one\nmine\n'"$XDG_CACHE_HOME"
	rm -rf "$XDG_CACHE_HOME"
	mlp rerun "$again"
	is "${output%/mlp/*}" $'one\none\n'"$XDG_CACHE_HOME"
	mlp rerun "$again" -P d=top.txt
	is "${output%/mlp/*}" $'two\none\n'"$XDG_CACHE_HOME"
}

@test "rerun: a work tree whose path looks like a URI's end or escapes" {
	local name='50%25 of#it%'
	mkdir -p "$name/sub#1" '50% of#it%' && cd "$name"
	printf 'mlruns\nmlflow.db*\n' >.gitignore
	printf 'entry_points:\n  main: {command: "cat word"}\n' >"sub#1/MLproject"
	echo one >"sub#1/word"
	repo
	mlp run "sub#1"
	newest
	is "$(json 'j["source"]["uri"]')" "file://$T/p/50%2525 of%23it%25#sub#1"
	echo two >"sub#1/word" && git commit -qam two
	mlp rerun "$(id_of_newest)"
	is "$output" one
	newest
	is "$(json 'j["source"]["uri"]')" "file://$T/p/50%2525 of%23it%25#sub#1"
	mlp rerun "$(id_of_newest)"
	is "$output" one
}

@test "rerun of a run that mlflow made: its values are recorded shell-quoted" {
	printf 'entry_points:\n  main: {parameters: {a: string}, command: "printf %%s {a}"}\n' >MLproject
	mlp run . -P a=x
	id=$(id_of_newest)
	rm -r mlruns
	sql "DELETE FROM tags WHERE key LIKE 'mlp.%'"
	for pair in "'it'\"'\"'s a b'|it's a b" "''|" "plain|plain" "'a|'a" "'a'b'|'a'b'" "'plain'|'plain'"; do
		sql "UPDATE params SET value = ? WHERE run_uuid = '$id'" "${pair%%|*}"
		mlp rerun "$id"
		is "$output" "${pair#*|}"
	done
}

@test "rerun of a run that is no project's" {
	main_is '"true"'
	mlp run .
	sql "DELETE FROM tags WHERE key LIKE 'mlflow.source%'"
	mlp rerun "$(id_of_newest)"
	is "$status" 125
	has "$stderr" "was not started from a project"
}
