#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is recorded of a run, and how it is shown: tags, run.json, artifacts, runs, show, logs.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() { cli_setup; }
teardown() { cli_teardown; }

# The tags of the newest run, but the ones given, as sorted lines.
tags_without() {
	newest
	json "'\n'.join(f'{k}={v}' for k, v in sorted(j['tags'].items()) if k not in '$*'.split())"
}

repo() {
	git init -q -b trunk .
	git remote add origin https://ann:secret@host/team/wine.git
	printf 'mlruns\nmlflow.db*\n' >.gitignore
	git add -A && git commit -q -m one
}

@test "tags of a plain directory" {
	main_is '"echo {{x}}"'
	LOGNAME=ann mlp run . --run-name first --tag team=wine --tag 'note=a=b'
	is "$status" 0
	is "$(tags_without mlp.host mlp.cpu_time_ms mlp.peak_memory_bytes mlp.wall_time_ms)" "mlflow.project.backend=local
mlflow.project.entryPoint=main
mlflow.runName=first
mlflow.source.name=$T/p
mlflow.source.type=PROJECT
mlflow.user=ann
mlp.command=echo {x}
mlp.exit=exited:0
mlp.version=$("$MLP" version | cut -d' ' -f2)
note=a=b
team=wine"
	newest
	has "$(json 'j["tags"]["mlp.host"]')" ":$XDG_STATE_HOME/mlp"
	is "$(sql 'SELECT name, source_type, user_id, status, lifecycle_stage FROM runs')" \
		"first|UNKNOWN|ann|FINISHED|active"
}

@test "tags of a work tree, a dirty one, a subdirectory" {
	mkdir -p sub/deep
	main_is '"true"'
	cp MLproject sub/deep/
	repo
	commit=$(git rev-parse HEAD)
	mlp run .
	newest
	is "$(json 'j["source"]')" "{'uri': 'file://$T/p', 'repo_url': 'https://host/team/wine.git', 'commit': '$commit', 'version': None, 'subdir': None, 'dirty': False}"
	run ! grep -r secret mlruns mlflow.db
	echo '#' >>MLproject
	mlp run '.#sub/deep'
	newest
	is "$(json 'j["source"]["uri"], j["source"]["subdir"], j["source"]["dirty"]')" \
		"('file://$T/p#sub/deep', 'sub/deep', True)"
	(cd sub && "$MLP" run deep --tracking-uri sqlite:///../mlflow.db)
	newest
	is "$(json 'j["source"]["uri"], j["source"]["commit"]')" \
		"('file://$T/p#sub/deep', '$commit')"
}

@test "a git URL: commit, version, branch; the checkout is a work tree" {
	mkdir src && cd src
	main_is '"git rev-parse HEAD; git describe --tags"'
	git init -q -b trunk . && git add -A && git commit -q -m one && git tag v1
	commit=$(git rev-parse HEAD)
	cd .. && git clone -q --bare src wine.git
	mlp run "file://$T/p/wine.git" -v v1
	is "$status" 0
	is "$output" "$commit"$'\n'v1
	newest
	is "$(json 'j["source"]["commit"], j["source"]["version"], j["tags"]["mlp.source.version"]')" \
		"('$commit', 'v1', 'v1')"
	is "$(json 'j["source"]["uri"]')" "file://$T/p/wine.git"
	mlp run "file://$T/p/wine.git" -v trunk
	newest
	is "$(json 'j["tags"]["mlflow.source.git.branch"]')" trunk
	# what never became a run leaves no checkout behind
	before=$(ls "$XDG_CACHE_HOME/mlp/checkouts" | wc -l)
	mlp run "file://$T/p/wine.git" -e nope
	is "$status" 2
	is "$(ls "$XDG_CACHE_HOME/mlp/checkouts" | wc -l)" "$before"
}

@test "tags that mlp writes cannot be given, nor the same one twice" {
	main_is '"true"'
	for tag in mlp.exit=x mlflow.source.name=x mlflow.project.env=x mlflow.user=x \
		mlflow.runName=x =x 'a;b=1' plain ../x=1; do
		mlp run . --tag "$tag"
		is "$tag $status" "$tag 2"
	done
	mlp run . --tag a=1 --tag a=2
	is "$status" 2
	has "$stderr" "Repeated tag: 'a'"
	[ ! -e mlflow.db ]
	mlp run . --tag mlflow.note.content=hello --tag mlflow.parentRunId=abc
	is "$status" 0
	newest
	is "$(json 'j["tags"]["mlflow.parentRunId"]')" abc
}

@test "run.json and the logs" {
	printf 'entry_points:\n  main:\n    parameters: {a: {type: int, default: 1}}\n    command: "printf err >&2; echo out {a}"\n    env: {SECRET: s3cr3t}\n' >MLproject
	mlp run . -P a=2 -P b=3
	newest
	dir=$(json 'j["artifact_uri"]')
	id=$(json 'j["run_id"]')
	is "$(cd "$dir" && find . -type f | sort | xargs)" "./mlp/log-order.txt ./mlp/run.json ./mlp/stderr.log ./mlp/stdout.log"
	is "$(cat "$dir/mlp/stdout.log")" "out 2 --b 3"
	output=$(cat "$dir/mlp/run.json")
	is "$(json 'j["run_id"], j["entry_point"], j["cwd"], j["caller_cwd"], j["env_kind"], j["env_names"]')" \
		"('$id', 'main', '$T/p', '$T/p', 'local', ['SECRET'])"
	is "$(json '[(p["name"], p["value"], p["origin"], p["type"]) for p in j["params"]]')" \
		"[('a', '2', 'given', 'int'), ('b', '3', 'given', None)]"
	lacks "$output" s3cr3t
	mlp logs "$id"
	is "$output/$stderr" "out 2 --b 3/err"
	mlp logs --stderr "${id:0:6}"
	is "$output" err
	mlp logs --stdout "$id"
	is "$output/$stderr" "out 2 --b 3/"
}

@test "artifacts elsewhere: a warning, the logs stay in the state directory" {
	main_is '"echo kept; exit 3"'
	mlp run .
	sql "INSERT INTO experiments (name, artifact_location, lifecycle_stage) VALUES ('far', 'mlflow-artifacts:/7', 'active')"
	mlp run . --experiment-name far
	is "$status" 3
	has "$stderr" "warning: the artifacts of experiment 'far' are kept at mlflow-artifacts:/7/"
	newest
	id=$(json 'j["run_id"]')
	is "$(json 'j["artifact_uri"]')" "mlflow-artifacts:/7/$id/artifacts"
	[ -e "$XDG_STATE_HOME/mlp/runs/$id/stdout.log" ]
	[ ! -e "mlflow-artifacts:" ]
	mlp logs "$id"
	is "$status $output" "0 kept"
	# nor does healing throw them away
	sql "UPDATE runs SET status = 'RUNNING' WHERE run_uuid = ?" "$id"
	sql "DELETE FROM tags WHERE key = 'mlp.exit' AND run_uuid = ?" "$id"
	mlp runs
	has "$stderr" "it is now FAILED"
	mlp logs "$id"
	is "$output" kept
}

@test "artifacts where an experiment says, as MLflow's clients read it" {
	main_is '"echo kept"'
	mlp run .
	while read -r name location dir; do
		sql "INSERT INTO experiments (name, artifact_location, lifecycle_stage) VALUES (?, ?, 'active')" \
			"$name" "$location"
		mlp run . --experiment-name "$name"
		is "$name $status" "$name 0"
		lacks "$stderr" warning
		newest
		id=$(json 'j["run_id"]')
		is "$name $(cat "$dir/$id/artifacts/mlp/stdout.log")" "$name kept"
		mlp logs "$id"
		is "$output" kept
		# a relative one would be another for a command that runs elsewhere
		newest
		is "$(json 'j["artifact_uri"][0] == "/" or j["artifact_uri"][:5] == "file:"')" True
	done <<-E
		one file:$T/one $T/one
		two file://localhost/$T/two%C3%A9 $T/twoé
		three file://$T/a%2520b%41 $T/a%20bA
		four $T/c%64 $T/cd
		five $T/100%/%zz $T/100%/%zz
		six ../rela%41 $T/relaA
	E
	sql "INSERT INTO experiments (name, artifact_location, lifecycle_stage) VALUES ('host', 'file://local/$T/x', 'active')"
	mlp run . --experiment-name host
	has "$stderr" "not on this machine"
	[ ! -e "$T/x" ]
}

@test "a directory whose name looks encoded is meant as it is" {
	mkdir 'a%20b' && cd 'a%20b'
	main_is '"echo kept"'
	mlp run .
	newest
	is "$(json 'j["artifact_uri"]')" "$T/p/a%2520b/mlruns/0/$(json 'j["run_id"]')/artifacts"
	is "$(ls)" "MLproject
mlflow.db
mlruns"
	mlp logs "$(json 'j["run_id"]')"
	is "$output" kept
}

@test "a run that leaves nothing behind in the state directory" {
	main_is '"true"'
	mlp run .
	is "$(ls -A "$XDG_STATE_HOME/mlp/runs")" ""
	mlp run . --experiment-id 99
	is "$status" 125
	is "$(ls -A "$XDG_STATE_HOME/mlp/runs")" ""
}

@test "the warning about a file store that hides the runs" {
	main_is '"true"'
	mkdir -p mlruns/0 && touch mlruns/0/meta.yaml
	mlp run .
	has "$stderr" "mlflow ui --backend-store-uri sqlite:///mlflow.db"
}

@test "a run starts when the database has let it in" {
	main_is '"true"'
	mlp run .
	python3 - <<-'P' &
		import sqlite3, time
		db = sqlite3.connect("mlflow.db", isolation_level=None)
		db.execute("BEGIN IMMEDIATE")
		open("held", "w").close()
		time.sleep(1)
		open("until", "w").write(str(int(time.time() * 1000)))
		db.execute("COMMIT")
	P
	until_true test -e held
	mlp run .
	is "$status" 0
	newest
	is "$(json 'j["start_time"]')" "$(json "max(j['start_time'], $(cat until))")"
}

@test "a run whose start is not known" {
	main_is '"true"'
	mlp run . --run-name early
	sql "UPDATE runs SET start_time = NULL"
	mlp runs
	is "$(printf '%s\n' "$output" | sed 's/^[0-9a-f]* *//' | xargs)" \
		"RUN NAME STATUS EXPERIMENT STARTED TOOK early FINISHED Default"
	mlp show early
	lacks "$output" started
	has "$output" ended
	mlp show early --json
	is "$(json 'j["start_time"]')" None
}

@test "bytes that are not UTF-8 are told where the record cannot hold them" {
	main_is '"true"'
	bad=$(printf 'a\377b')
	mlp run . -P "p=$bad" --tag "t=$bad" --run-name "n$bad" -P ok=é
	is "$status" 0
	has "$stderr" "warning: the value of parameter 'p' is not all UTF-8: the record holds U+FFFD for what is not"
	has "$stderr" "warning: the value of tag 't' is not all UTF-8"
	has "$stderr" "warning: the name of the run is not all UTF-8"
	lacks "$stderr" "'ok'"
	newest
	is "$(json 'j["params"]["p"], j["tags"]["t"], j["run_name"]')" "('a�b', 'a�b', 'na�b')"
}

@test "runs: newest first, limit, status, columns" {
	printf 'entry_points:\n  main: {parameters: {code: int}, command: "bash -c \\"exit {code}\\""}\n' >MLproject
	mlp run . -P code=0 --run-name a
	mlp run . -P code=1 --run-name b || true
	mlp run . -P code=0 --run-name c -P 'x=a
b'
	sql "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid)
		SELECT 'acc', 0.25, 1, 0, 0, run_uuid FROM runs WHERE name = 'a'"
	mlp runs --json
	is "$(json '[r["run_name"] for r in j]')" "['c', 'b', 'a']"
	mlp runs --json --limit 1
	is "$(json 'len(j)')" 1
	mlp runs --json --status failed
	is "$(json '[r["run_name"] for r in j]')" "['b']"
	mlp runs
	has "${lines[0]-$output}" "RUN"
	has "$output" "code"
	has "$output" "acc"
	has "$output" "0.25"
	has "$output" 'a\nb'
	is "$(printf '%s\n' "$output" | wc -l)" 4
	mlp runs --limit 0
	is "$status" 2
	mlp runs --status LOST
	is "$status" 2
}

@test "show: by id, beginning of it, name; several, none" {
	main_is '"true"'
	mlp run . --run-name same
	mlp run . --run-name same
	mlp run . --run-name 'näme "x"'
	newest
	id=$(json 'j["run_id"]')
	for text in "$id" "${id:0:8}" 'näme "x"'; do
		mlp show "$text" --json
		is "$(json 'j["run_id"]')" "$id"
	done
	mlp show same
	is "$status" 1
	has "$stderr" "'same' may mean several runs"
	mlp show nothing
	is "$status" 1
	has "$stderr" "no run has the id or name 'nothing'"
	mlp show "$id"
	has "$output" "status       FINISHED"
}

@test "JSON shapes: runs, show" {
	printf 'entry_points:\n  main: {parameters: {a: int}, command: "exit 2"}\n' >MLproject
	mlp run . -P a=1
	newest
	shape='sorted(j), sorted(j["exit"]), sorted(j["source"]), sorted(j["env"])'
	want="(['artifact_uri', 'command', 'end_time', 'entry_point', 'env', 'exit', 'experiment_id', 'experiment_name', 'metrics', 'params', 'reason', 'run_id', 'run_name', 'source', 'start_time', 'status', 'tags', 'usage'], ['code', 'kind', 'signal'], ['commit', 'dirty', 'repo_url', 'subdir', 'uri', 'version'], ['kind'])"
	is "$(json "$shape")" "$want"
	mlp show "$(json 'j["run_id"]')" --json
	is "$(json "$shape")" "$want"
	is "$(json 'j["status"], j["reason"], j["exit"], j["params"], j["metrics"], j["env"]')" \
		"('FAILED', 'exit 2', {'kind': 'exited', 'code': 2, 'signal': None}, {'a': '1'}, {}, {'kind': 'local'})"
	is "$(json 'isinstance(j["start_time"], int) and j["end_time"] >= j["start_time"] > 1.6e12')" True
}

@test "metrics: NaN and infinities are strings in JSON, numbers exact" {
	main_is '"true"'
	mlp run .
	newest
	id=$(json 'j["run_id"]')
	for row in "'nan', 0, 1" "'inf', 1.7976931348623157e308, 0" "'ninf', -1.7976931348623157e308, 0" \
		"'pi', 3.141592653589793, 0" "'big', 1e300, 0"; do
		IFS=, read -r key value nan <<<"$row"
		sql "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES ($key, $value, 1, 0, $nan, '$id')"
	done
	mlp show "$id" --json
	is "$(json 'j["metrics"]')" "{'big': 1e+300, 'inf': 'Infinity', 'nan': 'NaN', 'ninf': '-Infinity', 'pi': 3.141592653589793}"
}
