#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What mlp(1) and mlproject(5) show is what happens: examples, tables, JSON, tags.

load ../lib/cli

setup() {
	cli_setup
	TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
	MAN1=$TOP/man/mlp.1
	MAN5=$TOP/man/mlproject.5
	unset SHELL
}

teardown() { cli_teardown; }

manual() { python3 "$TOP/tests/lib/manual.py" "$@"; }
# $output has the shape of the Nth block of JSON.
shape_is() { printf '%s' "$output" | manual shape "$MAN1" JSON "$1"; }

@test "the examples of mlp(1) run, one after the other" {
	mkdir hello
	manual block "$MAN1" EXAMPLES 1 >hello/MLproject
	manual examples "$MAN1" | grep -v -e 'https://' -e '^mlflow ' >script
	[ "$(wc -l <script)" -ge 12 ]
	PATH=$(dirname "$MLP"):$PATH run bash -e script
	echo "$output"
	[ "$status" -eq 0 ]
	has "$output" "MLproject: ok, 1 entry point, 0 warnings"
	has "$output" "hello world"
	has "$output" "hello moon"
	has "$output" "--day monday"
	mlp runs --json
	is "$(json '[(r["status"], r["params"]) for r in reversed(j)]')" \
		"[('FINISHED', {'times': '2', 'who': 'world'}), ('FINISHED', {'times': '2', 'who': 'moon'}), ('FINISHED', {'day': 'monday'}), ('FINISHED', {'times': '3', 'who': 'world'})]"
	mlp runs --json --tracking-uri "sqlite:///$HOME/runs.db"
	is "$(json '[(r["experiment_name"], r["tags"]["team"]) for r in j if "team" in r["tags"]]')" "[('greetings', 'a')]"
}

@test "what mlp(1) says is not in this version is refused, and nothing else is named" {
	run sed -n '/^.Sh CAVEATS/,/^.Sh SEC/p' "$MAN1"
	has "$output" "Not in this version"
	run grep -E 'docker|virtualenv|conda|local|uv' <<<"$output"
	is "$status" 1
	printf 'entry_points: {main: {parameters: {data: path}, command: "echo {data}"}}\n' >MLproject
	mlp run . -P data=s3://bucket/x
	is "$status" 2
	has "$stderr" "cannot download 's3://bucket/x'"
	mlp run . -P data=. --tracking-uri http://127.0.0.1:1
	is "$status" 125
	has "$stderr" "tracking server"
}

@test "the options in examples that need a network exist" {
	manual examples "$MAN1" | grep 'https://' | grep -oE -- ' --?[a-zA-Z-]+' >used
	[ -s used ]
	mlp run --help
	while read -r option; do has "$output" "$option"; done <used
}

@test "the example of mlproject(5) has no mistakes, and its plans are as meant" {
	manual block "$MAN5" EXAMPLES 1 >MLproject
	mlp check
	is "$status" 0
	has "$output" "2 entry points, 0 warnings"
	mlp run . -P data=. --dry-run --json
	is "$(json 'j["command"]')" "python train.py --epochs 3 --lr 0.1 $PWD"
	is "$(json 'j["timeout_ms"], j["env"]["OMP_NUM_THREADS"]')" "(7200000, '4')"
	mlp run . -e report --dry-run --json
	has "$(json 'j["command"]')" 'mkdir -p "${OUT:-out}"'
}

@test "defaults become the text that mlproject(5) says" {
	n=0
	while IFS=$'\t' read -r written text; do
		printf 'entry_points:\n  main:\n    parameters:\n      x: {default: %s}\n    command: "echo {x}"\n' \
			"$written" >MLproject
		mlp info --json
		is "$(json 'j["entry_points"][0]["parameters"][0]["default"]')" "$text"
		n=$((n + 1))
	done < <(manual table "$MAN5" Parameters 1)
	[ "$n" -ge 8 ]
}

@test "braces in a command become what mlproject(5) says" {
	n=0 mistakes=0
	while IFS=$'\t' read -r written text; do
		printf 'entry_points:\n  main:\n    parameters: {lr: {default: 0.1}, note: {default: a b}}\n    command: |-\n      %s\n' \
			"$written" >MLproject
		mlp run . --dry-run --json
		case $text in
		'a mistake'*)
			is "$status" 125
			has "$stderr" "MLproject:5:"
			has "$stderr" "error"
			mistakes=$((mistakes + 1)) ;;
		*) is "$(json 'j["command"]')" "$text" ;;
		esac
		n=$((n + 1))
	done < <(manual table "$MAN5" Commands 1)
	[ "$n" -ge 7 ]
	[ "$mistakes" -ge 2 ]
}

@test "every type of mlproject(5) is one, and no others are" {
	types=$(sed -n 's/^\.It Ic \(.*\) Ta .*/\1/p' "$MAN5" | tr -d ',' | tr -s ' ' '\n' | sort)
	is "$types" "$(grep -ohE '\{"[a-z]+", PARAM_' "$TOP/src/manifest/param.c" | tr -cd 'a-z\n' | sort)"
}

@test "the keys of mlproject(5) are known, and those it reserves are reserved" {
	cat >MLproject <<-'EOF'
	name: all
	python_env: python_env.yaml
	databricks_spark_job: {}
	entry_points:
	  main:
	    command: "true"
	    parameters: {a: {type: int, default: 1, description: one, help: one}}
	    timeout: 2d
	    env: {HOME: , MODE: 0755}
	    steps: 1
	    needs: 1
	    inputs: 1
	    outputs: 1
	    retries: {most: 1, delay: 1, after: 1}
	    resources: {cpus: 1, memory: 1g, gpus: 1}
	EOF
	echo '{}' >python_env.yaml
	mlp check --json
	is "$status" 0
	is "$(json 'sorted(w["message"].split("\x27")[1] for w in j["warnings"])')" \
		"['databricks_spark_job', 'inputs', 'needs', 'outputs', 'steps']"
	for key in python_env databricks_spark_job command parameters timeout env description steps \
		needs inputs outputs retries most delay after resources; do
		grep -qE "^\.(It )?Ic (.* )?$key\b" "$MAN5" || { echo "not in the manual: $key"; return 1; }
	done
}

@test "JSON has the members that mlp(1) says, and no others" {
	cat >MLproject <<-'EOF'
	nmae: x
	entry_points:
	  main:
	    parameters: {a: {default: 1}}
	    command: "exit {a}"
	EOF
	mlp run .
	is "$status" 1
	newest
	shape_is 1
	mlp info --json
	shape_is 3
	mlp run . --dry-run --json --retries 1
	shape_is 8
	is "$(json '" ".join(j["params"]["a"])')" "$(grep -oE '\{value [a-z ]*\}' "$MAN1" | tr -d '{}')"
	output=$(echo '{"uri": "."}' | "$MLP" batch - 2>/dev/null) || true
	shape_is 4
	mlp sweep . -P a=0,1 --json
	shape_is 5
	mlp queue add - --hold <<<'{"uri": "."}'
	mlp queue --json
	shape_is 6
	mlp queue remove --all
	echo "  other: text" >>MLproject
	mlp check --json
	is "$status" 1
	shape_is 2
	mkdir -p "$XDG_CACHE_HOME/mlp/checkouts/new" "$XDG_CACHE_HOME/mlp/checkouts/left.mlp-tmp"
	mlp gc --json
	shape_is 7
	mkdir -p "$XDG_CACHE_HOME/mlp/envs/00"
	echo '{"project": "wine", "python": "3.11.2"}' >"$XDG_CACHE_HOME/mlp/envs/00/environment.json"
	mlp env list --json
	output=$(json 'json.dumps(j[0])')
	shape_is 9
	mlp env rm 00 --json
	is "$(json 'sorted(j)')" "['bytes', 'dry_run', 'kept', 'removed']"
}

@test "the tags in mlp(1) are those that mlp writes" {
	manual=$(grep -oE '^\.It Sy (mlp|mlflow)\.[A-Za-z0-9._]+' "$MAN1" | sed 's/^.It Sy //' | sort)
	[ "$(echo "$manual" | wc -l)" -ge 19 ]
	written=$(grep -rhoE '"(mlp|mlflow)\.[A-Za-z0-9._]+"' "$TOP/src" --include='*.c' | tr -d '"' | sort -u)
	# read, for runs of others; of models
	is "$manual" "$(echo "$written" | grep -vx -e mlflow.modelVersions -e mlflow.db -e mlp.internal -e "mlflow\..*\." -e "mlp\..*\.")"
}

@test "the tags of a real run are among them" {
	main_is '"true"'
	mlp run . --tag team=a
	newest
	[ "$(json 'len(j["tags"])')" -ge 10 ]
	for tag in $(json '" ".join(k for k in j["tags"] if k != "team")'); do
		grep -qx "\.It Sy $tag" "$MAN1" || { echo "not in the manual: $tag"; return 1; }
	done
}
