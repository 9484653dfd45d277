#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A run in the background ends, and is recorded, as one in the foreground: each way of
# ending, each option, each kind of project.
bats_require_minimum_version 1.5.0
load ../lib/cli
load ../lib/pair

setup() {
	cli_setup
	exec </dev/null
}
teardown() {
	"$MLP" stop --all --grace 0 >/dev/null 2>&1 || true
	cli_teardown
}

@test "each way of ending" {
	manifest <<'M'
entry_points:
  ok: {command: "echo out {a}; echo err >&2", parameters: {a: {default: 1}}}
  three: {command: "exit 3"}
  killed: {command: "kill -SEGV $$"}
  by_child: {command: "sh -c 'kill -9 $$'"}
  nothing: {command: "/no/such/command"}
  slow: {command: "echo begun; sleep 10"}
  outlived: {command: "(sleep 10 &) ; echo main"}
  stdin: {command: "cat; echo end"}
  noisy: {command: "head -c 300000 /dev/zero | tr '\\0' x"}
M
	pair . -e ok -P a=x -P extra=2 --tag t=1 --experiment-name other
	pair . -e three
	pair . -e killed
	pair . -e by_child
	is "$status" 137
	pair . -e nothing
	is "$status" 127
	pair . -e slow --timeout 0.3
	is "$status" 124
	pair . -e outlived
	pair . -e stdin
	pair . -e noisy
}

@test "each option" {
	local options=() option how id
	manifest <<'M'
entry_points:
  main: {command: "echo {a} $WORD $MLFLOW_EXPERIMENT_ID; echo $MLFLOW_TRACKING_URI | cut -c 1-6; yes | head -n 600"}
  fails: {command: "echo again; exit 75"}
  data: {command: "cat {f}", parameters: {f: path}}
M
	sed -i 's/main: {/&parameters: {a: {default: 1}}, /' MLproject
	echo a: 5 >params.yaml
	echo WORD=hello >words.env
	echo content >data.txt
	optioned() { options+=("$@") && pair "$@"; }
	optioned . --param-list a=2 --param b=3
	optioned . --params params.yaml
	optioned . --experiment-name other
	optioned . --experiment-id 0
	optioned . --backend local --backend-config '{}'
	optioned . --env-manager local
	optioned . --entry-point data -P f=data.txt --storage-dir "$T/data"
	optioned . --run-name named
	is "$(newest; json 'j["run_name"]')" named
	optioned . --tag t=1
	PAIR_STORE=(--tracking-uri sqlite:///other.db)
	optioned . "${PAIR_STORE[@]}"
	PAIR_STORE=()
	optioned . --tracking direct
	optioned . --watch
	optioned . --timeout 1h
	optioned . --env-file words.env
	optioned . --offline
	optioned . --memory 256m --cpus 1
	optioned . --log-limit 1k
	optioned . --on-end "cat >>$T/ended"
	both_told() { [ "$(grep -o '"run_id"' "$T/ended" | wc -l)" -eq 2 ]; }
	until_true both_told
	optioned . --quiet
	optioned . --verbose
	optioned . -e fails --retries 1 --retry-delay 10ms --retry-on 75
	is "$status" 75
	is "$(sql 'select count(*) from runs where status = "FAILED"')" 4
	# into a run that there is: another one each time, as its logs go on
	for how in fore back; do
		mlp run .
		newest
		id=$(json 'j["run_id"]')
		options+=(--run-id)
		if [ $how = fore ]; then mlp run . --run-id "$id"; else mlp run -d . --run-id "$id"; fi
		mlp wait "$id"
		is "$status" 0
		pair_look $how
	done
	diff "$T/fore.json" "$T/back.json"
	diff "$T/fore.log" "$T/back.log"
	# of git projects, and in containers: elsewhere; the others are about the background itself
	for option in $("$MLP" run --help | grep -oE '^ .*--[a-z-]+( [A-Z]|  |$)' | grep -oE -- '--[a-z-]+'); do
		case $option in
		--version | --docker-args | --build-image) continue ;;
		--detach | --jobs | --hold | --dry-run | --json | --help) continue ;;
		esac
		printf '%s\n' "${options[@]}" | grep -qxe "$option" || { echo "no pair has $option" >&2; return 1; }
	done
}

@test "each kind of project" {
	local uri
	mkdir -p repo/sub
	printf 'entry_points: {main: {command: "ls; cat word"}}\n' | tee repo/MLproject >repo/sub/MLproject
	echo first >repo/word
	echo below >repo/sub/word
	printf 'echo a script of $(basename "$PWD")\n' >repo/say.sh
	git -C repo init -q -b main
	git -C repo add .
	git -C repo commit -q -m first
	git -C repo tag one
	echo second >repo/word
	git -C repo commit -q -a -m second
	git -C repo archive -o ../zipped.zip HEAD
	uri=file://$PWD/repo
	pair repo
	pair repo#sub
	pair repo --version one
	echo changed >repo/word
	pair repo
	pair repo -e say.sh
	pair "$uri"
	pair "$uri#sub"
	pair "$uri" --version one
	mlp logs "$(newest; json 'j["run_id"]')"
	has "$output" first
	pair "$uri" -e say.sh
	pair zipped.zip
}
