#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Looking without running: --dry-run, check, info, an entry point's --help.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() {
	cli_setup
	manifest <<'M'
name: wine
entry_points:
  main:
    parameters:
      lr: {type: float, default: 0.1}
      data: {type: path, default: data.csv}
      name: string
    command: "train {lr} {data} {name}"
  test:
    command: |
      echo one
      echo two
    timeout: 90
    env: {A: b}
M
	touch data.csv
}
teardown() { cli_teardown; }

nothing_was_made() {
	[ ! -e mlflow.db ] && [ ! -e mlruns ] && [ ! -e "$XDG_STATE_HOME" ]
}

@test "--dry-run --json" {
	mlp run . --dry-run --json -P name="it's" -P x=1 --experiment-id 3
	is "$status" 0
	is "$stderr" ""
	is "$(json 'sorted(j)')" "['argv', 'command', 'cpus', 'cwd', 'entry_point', 'env', 'env_chosen_by', 'env_kind', 'gpus', 'log_limit_bytes', 'memory_bytes', 'on_end', 'params', 'prepare', 'retries', 'source', 'timeout_ms', 'tracking_uri']"
	is "$(json 'j["entry_point"], j["env_kind"], j["cwd"], j["timeout_ms"]')" "('main', 'local', '$T/p', None)"
	is "$(json 'j["command"]')" "train 0.1 $T/p/data.csv 'it'\"'\"'s' --x 1"
	is "$(json 'j["argv"] == ["bash", "-c", j["command"]]')" True
	is "$(json '[(k, v["value"], v["origin"], v["type"]) for k, v in j["params"].items()]')" \
		"[('lr', '0.1', 'default', 'float'), ('data', 'data.csv', 'default', 'path'), ('name', \"it's\", 'given', 'string'), ('x', '1', 'given', None)]"
	is "$(json 'j["env"]["MLFLOW_EXPERIMENT_ID"], j["env"]["MLFLOW_RUN_ID"], j["env"]["MLFLOW_TRACKING_URI"]')" \
		"('3', None, None)"
	is "$(json 'j["env"]["MLP_STORE_URI"]')" "sqlite:///$T/p/mlflow.db"
	is "$(json 'j["source"]')" "{'uri': '$T/p', 'repo_url': None, 'commit': None, 'version': None, 'subdir': None, 'dirty': None}"
	mlp run . -e test --dry-run --json
	is "$(json 'j["timeout_ms"], j["env"]["A"]')" "(90000, 'b')"
	nothing_was_made
}

@test "--dry-run tells the limits, how often it is tried, and what is done at the end" {
	local words=(. --dry-run -e test --memory 64m --cpus 0.5 --log-limit 1m --retries 3
		--retry-delay 2s --retry-on '75,oom' --on-end 'cat >end')
	mlp run "${words[@]}" --json
	is "$(json '[j[k] for k in ("timeout_ms", "memory_bytes", "cpus", "gpus", "log_limit_bytes", "on_end")]')" \
		"[90000, 67108864, 0.5, None, 1048576, 'cat >end']"
	is "$(json 'j["retries"]')" "{'most': 3, 'delay_ms': 2000, 'on': '75,oom'}"
	mlp run "${words[@]}"
	for line in "time limit   1 min 30 s" "memory       64 MiB" "cpus         0.5" "log limit    1 MiB" \
		"retries      3, the first after 2 s, only on 75,oom" "on end       cat >end"; do
		has "$output" "$line"
	done
	mlp run . --dry-run -P name=x --json
	is "$(json '[j[k] for k in ("memory_bytes", "cpus", "gpus", "log_limit_bytes", "retries", "on_end")]')" \
		"[None, None, None, None, None, None]"
	nothing_was_made
}

@test "--dry-run for people, and its mistakes" {
	mlp run . --dry-run -P name=x
	is "$status" 0
	has "$output" "entry point  main"
	has "$output" "lr = 0.1  (default)"
	has "$output" "name = x  (given)"
	has "$output" "command      bash -c 'train 0.1 $T/p/data.csv x'"
	mlp run . --dry-run
	is "$status" 2
	has "$stderr" "No value given for missing parameters: 'name'"
	mlp run nosuch --dry-run
	is "$status" 125
	MLFLOW_TRACKING_URI=http://x mlp run . --dry-run -P name=x
	is "$status" 125
	nothing_was_made
}

@test "--dry-run of a git project: the commit, no checkout; scripts and paths are believed" {
	touch train.py
	git init -q -b trunk . && git add -A && git commit -q -m one
	commit=$(git rev-parse HEAD)
	git clone -q --bare . "$T/wine.git"
	cd "$T"
	mlp run "file://$T/wine.git" --dry-run --json -P name=x
	is "$status" 0
	is "$(json 'j["source"]["commit"], j["cwd"], j["params"]["data"]["used"]')" "('$commit', None, 'data.csv')"
	mlp run "file://$T/wine.git" -e train.py --dry-run --json
	is "$status" 0
	is "$(json 'j["command"]')" "python train.py"
	is "$(ls -A "$XDG_CACHE_HOME/mlp/checkouts" 2>/dev/null)" ""
	[ ! -e mlflow.db ]
}

@test "info and its JSON" {
	mlp info --json
	is "$(json 'j["name"], j["env"], [e["name"] for e in j["entry_points"]]')" \
		"('wine', {'kind': 'local', 'file': None, 'image': None}, ['main', 'test'])"
	is "$(json '[(p["name"], p["type"], p["default"]) for p in j["entry_points"][0]["parameters"]]')" \
		"[('lr', 'float', '0.1'), ('data', 'path', 'data.csv'), ('name', 'string', None)]"
	is "$(json 'j["entry_points"][1]["command"]')" "echo one
echo two"
	mlp info .
	has "$output" "name         wine"
	has "$output" "-P name  string, required"
	has "$output" 'echo one\necho two'
	mlp info nosuch
	is "$status" 1
	cd "$(mktemp -d -p "$T")"
	mlp info
	is "$status" 0
	has "$output" "no entry points"
	nothing_was_made
}

@test "check and its JSON" {
	mlp check
	is "$status" 0
	has "$output" "MLproject: ok, 2 entry points, 0 warnings"
	mlp check --json
	is "$(json 'j')" "{'ok': True, 'errors': [], 'warnings': []}"
	printf 'nmae: x\nentry_points:\n  main: {parameters: {a: {typ: int}}}\n' >MLproject
	mlp check --json
	is "$status" 1
	is "$(json 'sorted(j), j["ok"], sorted(j["errors"][0]), len(j["warnings"]) > 0')" \
		"(['errors', 'ok', 'warnings'], False, ['column', 'file', 'hint', 'line', 'message'], True)"
	is "$(json 'j["errors"][0]["line"]')" 3
	mlp check nosuch --json
	is "$status" 1
	is "$(json 'j["ok"], len(j["errors"]), j["errors"][0]["line"]')" "(False, 1, None)"
	has "$(json 'j["errors"][0]["message"]')" "does not exist"
	nothing_was_made
}

@test "run URI --help shows what an entry point takes" {
	mlp run . --help
	is "$status" 0
	has "$output" "-P name  string, required"
	lacks "$output" "echo two"
	mlp run . -e test --help
	has "$output" "echo one"
	mlp run . -e tset --help
	is "$status" 2
	has "$stderr" "no entry point 'tset'"
	sed -i 's/^  main:/  train:/' MLproject
	mlp run . --help
	is "$status" 0
	has "$output" "-P name  string, required"
	has "$output" "echo two"
	nothing_was_made
}

@test "str.format: thousands of templates as Python expands them" {
	units=$(dirname "$MLP")/../tests
	[ -x "$units/test_template" ] || skip "test_template is not built (make units)"
	python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || skip "needs Python 3.10"
	python3 "$BATS_TEST_DIRNAME/template_cases.py" >cases
	run "$units/test_template" cases
	is "$status" 0
	has "$output" "20000 cases"
}

@test "check looks at the braces of every command" {
	manifest <<-'END'
	entry_points:
	  main:
	    command: "echo fine"
	  other:
	    parameters: {x: int}
	    command: "echo {x} ${HOME}"
	END
	mlp check .
	is "$status" 1
	has "$stderr" "MLproject:6:25: error: command of entry point 'other': no parameter is called 'HOME'"
	has "$stderr" 'write ${{HOME}} for a shell variable'
	mlp check . --json
	is "$(json 'j["ok"], j["errors"][0]["line"]')" "(False, 6)"
	mlp run .
	is "$status" 0
}

@test "nothing that a manifest or a record holds reaches the terminal as a command to it" {
	has_no_control() {
		! printf '%s' "$1$2" | LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]'
	}
	x='\e]0;x\a\e[31m'
	mkdir "$T/$(printf "$x")" && cd "$T/$(printf "$x")"
	cat >MLproject <<M
name: "n$x"
entry_points:
  "e$x":
    parameters:
      "p$x": {type: "t$x", default: "d$x", description: "s$x"}
      q: {type: "u$x"}
    env: {V: "v$x"}
    command: "echo c$x"
M
	for words in "info" "info ." "check" "run . --help" "run . -e e --help"; do
		mlp $words
		has_no_control "$output" "$stderr"
	done
	mlp info
	has "$output" 'name         n\x1b]0;x\x07'
	for field in 'e' '-P p' 't' 'd' '(s' 'c'; do has "$output" "$field\\x1b]0;x\\x07"; done
	printf 'name: n\ndocker_env: {image: "i%s"}\n' "$x" >MLproject
	mlp info
	has "$output" 'i\x1b]0;x\x07'
	has_no_control "$output" "$stderr"
	printf 'python_env: "f%s.yaml"\n' "$x" >MLproject
	touch "$(printf "f$x.yaml")"
	mlp info
	has_no_control "$output" "$stderr"
	cat >MLproject <<M
entry_points:
  "e$x":
    parameters: {q: {type: string, default: "d$x"}}
    env: {V: "v$x"}
    command: "true '$x'"
M
	e=$(printf "e$x")
	git init -q -b trunk . && git add -A && git commit -q -m one
	mlp run . -e "$e" --dry-run
	is "$status" 0
	has "$output" 'entry point  e\x1b]0;x\x07'
	has "$output" 'V=v\x1b]0;x\x07'
	has "$output" "command      bash -c \$'true \\'\\033]0;x\\007"
	has_no_control "$output" "$stderr"
	mlp run . -e "$e" --run-name "r$e" --experiment-name "$e" --tag "t=$e"
	is "$status" 0
	has_no_control "$output" "$stderr"
	sql "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) SELECT ?, 1, 1, 0, 0, run_uuid FROM runs" "m$e"
	sql "UPDATE runs SET artifact_uri = ?" "s3://$e"
	mlp runs
	has "$output" 'me\x1b'
	has_no_control "$output" "$stderr"
	mlp show "r$e"
	has "$output" 'me\x1b]0;x\x07'
	has_no_control "$output" "$stderr"
	mlp ps -a
	has "$output" 're\x1b'
	has_no_control "$output" "$stderr"
	mlp logs "r$e" --tracking-uri sqlite:///mlflow.db
	is "$status" 1
	has_no_control "$output" "$stderr"
	mlp show nosuch"$e"
	has_no_control "$output" "$stderr"
}

@test "check fails where its word cannot be written" {
	run -1 sh -c '"$0" check >/dev/full 2>/dev/null' "$MLP"
	run -1 sh -c '"$0" check --json >/dev/full 2>/dev/null' "$MLP"
}

@test "check: the file of the environment, too" {
	printf 'python_env: e.yaml\nentry_points: {main: {command: "true"}}\n' >MLproject
	printf 'python: 3.8\ndependencies: x\n' >e.yaml
	mlp check
	is "$status" 1
	has "$stderr" "e.yaml:1:9: error: \`python\` must be a string but got <class 'float'>"
	has "$stderr" "e.yaml:2:15: error: \`dependencies\` must be a list"
	mlp check --json
	is "$(json '[(e["file"], e["line"]) for e in j["errors"]]')" "[('e.yaml', 1), ('e.yaml', 2)]"
	printf 'dependencies: [pip]\n' >e.yaml
	mlp check
	is "$status:$output:$stderr" "0:MLproject: ok, 1 entry point, 0 warnings:"
	printf 'conda_env: e.yaml\nentry_points: {main: {command: "true"}}\n' >MLproject
	printf 'dependencies: [python, numpy]\n' >e.yaml
	mlp check
	is "$status:$stderr" "0:"
	printf 'dependencies: [python\n' >e.yaml
	mlp check
	is "$status" 1
	has "$stderr" "e.yaml:"
	printf 'text\n' >e.yaml
	mlp check
	is "$status" 1
	has "$stderr" "e.yaml: error: the file is not a mapping of keys"
	printf 'docker_env: {image: Bad}\nentry_points: {main: {command: "true"}}\n' >MLproject
	mlp check
	is "$status" 1
	has "$stderr" "'Bad' is not the name of an image"
}
