#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mlp gc: what goes, what stays, and what it says.
bats_require_minimum_version 1.5.0
load ../lib/git
load ../lib/cli
load ../lib/archive

setup() {
	B=$(realpath "${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}")
	MLP=$B/bin/mlp
	MLP_GIT=$B/libexec/mlp-git
	T=$BATS_TEST_TMPDIR
	git_setup
	unset MLP_RUN_ID MLFLOW_RUN_ID MLFLOW_EXPERIMENT_NAME MLFLOW_EXPERIMENT_ID
	C=$XDG_CACHE_HOME/mlp/checkouts
	M=$XDG_CACHE_HOME/mlp/git
	R=$XDG_STATE_HOME/mlp/runs
}

teardown() {
	stop_serving
	git_teardown
}

# A project with a mirror, whose command leaves a file.
messy() {
	make_project
	echo 'head -c 200000 /dev/zero >result' >wine/train.sh
	git -C wine commit -qam messy
	publish wine
	start_http
}

# age DAYS FILE...: last used so long ago
age() {
	local days=$1
	shift
	touch -h -d "$days days ago" "$@"
}

# A member of each element, one a line: list removed kind.  (The history: ps.bats.)
list() { json "'\n'.join(str(x['$2']) for x in j['$1'] if x['kind'] != 'history')"; }

@test "an empty cache, and none at all" {
	mlp gc
	is "$status" 0
	is "$output" "nothing to remove"
	mlp gc --json
	is "$(json 'j == dict(dry_run=False, removed=[], kept=[], bytes=0)')" True
	[ ! -e "$XDG_CACHE_HOME" ]
	run env -u HOME -u XDG_CACHE_HOME -u XDG_STATE_HOME "$MLP" gc
	[ "$status" -eq 0 ]
}

@test "wrong command lines" {
	local words
	for words in "--older-than" "--older-than soon" "--older-than -1" "--older-than=" "this" "--all"; do
		# shellcheck disable=SC2086
		mlp gc $words
		is "$status" 2
		is "$output" ""
	done
	mlp gc --older-than soon
	has "$stderr" "--older-than: "
	mlp gc --older-than 0d
	is "$status" 2
	has "$stderr" "0 alone: everything"
}

@test "what was used lately stays; the rest goes, with its size" {
	messy
	mlp run "$HTTP/wine.git"
	has "$stderr" "files left in $C/wine-"
	mlp gc
	is "$status" 0
	has "$output" "nothing to remove; 2 things in use or used lately"
	mlp gc --json
	is "$(list kept kind | sort)" checkout$'\n'mirror
	is "$(list kept reason | sort -u)" "used lately"
	age 6 "$C"/*.lock "$M"/*.lock
	mlp gc
	has "$output" "nothing to remove"
	age 8 "$C"/*.lock
	mlp gc --dry-run --json
	is "$(list removed kind)" checkout
	is "$(list kept kind)" mirror
	is "$(list removed path)" "$(echo "$C"/wine-????????????????)"
	is "$(json 'j["dry_run"] and 200000 < j["bytes"] < 400000 and j["bytes"] == j["removed"][0]["bytes"]')" True
	is "$(json '8*86400000 <= j["removed"][0]["age_ms"] < 8*86400000 + 600000')" True
	[ -d "$(echo "$C"/wine-????????????????)" ]
	mlp gc
	is "$status" 0
	has "$output" "removed checkout $C/wine-"
	has "$output" "not used for 8 d)"
	is "$(find "$C" -mindepth 1)" ""
	is "$(find "$XDG_CACHE_HOME/mlp/clean" -mindepth 1)" ""
	mlp gc --older-than 5d
	has "$output" "removed mirror $M/"
	is "$(find "$M" -mindepth 1)" ""
	mlp run "$HTTP/wine.git"
	is "$status" 0
}

@test "use counts: a run makes its mirror and checkout young again" {
	make_project
	start_http
	mlp run "$HTTP/wine.git" -v "$(git -C wine rev-parse main)"
	age 9 "$C"/*.lock "$M"/*.lock
	mlp run "$HTTP/wine.git" -v "$(git -C wine rev-parse main)"
	is "$status" 0
	mlp gc
	has "$output" "nothing to remove; 2 things"
}

@test "a file with several names counts once, when the last goes" {
	make_project
	head -c 3000000 /dev/urandom >wine/big
	git -C wine add big
	git -C wine commit -qm big
	publish wine
	start_http
	mlp run "$HTTP/wine.git"
	mlp run "$HTTP/wine.git" -v HEAD~1
	mlp gc --older-than 0 --dry-run --json
	is "$(list removed kind | sort | uniq -c | tr -s ' ' | xargs)" "2 checkout 1 mirror"
	# the pack of 3 MB is in all three, the file in one
	is "$(json '6000000 < j["bytes"] < 6500000')" True
	local all
	all=$(json 'j["bytes"]')
	mlp gc --older-than 0 --json
	is "$(json 'j["bytes"]')" "$all"
}

@test "a living run keeps its checkout, state and downloads" {
	make_project
	echo 'touch ../../../up; while [ ! -e ../../../go ]; do sleep 0.02; done; cat data; ls -d .git' >wine/train.sh
	git -C wine commit -qam wait
	publish wine
	start_http
	"$MLP" run "$HTTP/wine.git" >out 2>&1 3>&- &
	local pid=$!
	wait_for test -e "$XDG_CACHE_HOME/up"
	age 30 "$C"/*.lock "$C"/wine-???????????????? "$M"/*.lock "$R"/*
	mlp gc --older-than 0 --json
	is "$status" 0
	is "$(list removed kind)" mirror
	is "$(list kept kind | sort)" checkout$'\n'state
	is "$(list kept reason | sort -u)" "in use"
	touch "$XDG_CACHE_HOME/go"
	wait "$pid"
	has "$(cat out)" $'three\n.git'
	mlp gc --older-than 0 --json
	is "$(list removed kind)" checkout
}

@test "a downloaded file is kept while a run uses it" {
	mkdir p
	seq 1 100000 >srv/data.csv
	serve
	printf 'entry_points:\n  main:\n    parameters: {data: path}\n    command: "touch up; while [ ! -e go ]; do sleep 0.02; done; wc -l <{data}"\n' >p/MLproject
	"$MLP" run p -P "data=$HTTP/data.csv" >out 2>&1 3>&- &
	local pid=$!
	wait_for test -e p/up
	mlp gc --older-than 0 --json
	is "$(list kept kind | sort)" download$'\n'state
	touch p/go
	wait "$pid"
	has "$(cat out)" $'\n100000\n'
	age 8 "$XDG_CACHE_HOME"/mlp/downloads/?* "$XDG_CACHE_HOME"/mlp/downloads/.index/*
	mlp run p -P "data=$HTTP/data.csv"
	is "$(sed "s/ *$//" log)" $'GET /data.csv 200\nGET /data.csv 304'
	mlp gc
	has "$output" "nothing to remove; 1 thing "
	age 8 "$XDG_CACHE_HOME"/mlp/downloads/?*
	mlp gc
	has "$output" "removed download $XDG_CACHE_HOME/mlp/downloads/"
	is "$(find "$XDG_CACHE_HOME/mlp/downloads" -type f)" ""
	mlp run p -P "data=$HTTP/data.csv"
	is "$output" 100000
}

@test "a download that stopped half-way is kept for a while, then goes" {
	mkdir p
	head -c 300000 /dev/urandom >srv/data
	serve
	printf 'entry_points:\n  main:\n    parameters: {data: path}\n    command: ":"\n' >p/MLproject
	mlp run p -P "data=$HTTP/drop/100000/data"
	is "$status" 125
	mlp gc --json
	is "$(list kept kind)" download
	age 8 "$XDG_CACHE_HOME"/mlp/downloads/.index/*
	mlp gc --json
	is "$(list removed path | grep -c '/.index/[0-9a-f]*.part$')" 1
	is "$(find "$XDG_CACHE_HOME/mlp/downloads" -type f)" ""
}

@test "what killed programs left behind goes, however young" {
	make_project
	mlp run wine -v main
	mkdir -p "$C/half-1.mlp-tmp/x" "$C/half-2.mlp-tmp"
	: >"$C/gone-1.lock"
	mkdir -p "$XDG_CACHE_HOME/mlp/clean/0123"
	: >"$XDG_CACHE_HOME/mlp/clean/0123/gone-1"
	mkdir -p "$R/0123.gone.7"
	exec 8<"$C/half-2.mlp-tmp"
	flock 8
	mlp gc --json 3>&-
	is "$(list removed kind)" temporary
	is "$(list removed path)" "$C/half-1.mlp-tmp"
	[ ! -e "$R/0123.gone.7" ] # any command does that
	is "$(list kept kind | sort)" checkout$'\n'temporary
	exec 8<&-
	[ ! -e "$C/gone-1.lock" ]
	[ ! -e "$XDG_CACHE_HOME/mlp/clean/0123" ]
	[ "$(find "$XDG_CACHE_HOME/mlp/clean" -type f | wc -l)" -eq 2 ]
	mlp run wine -v main
	has "$stderr" FINISHED
	lacks "$stderr" "checking out"
}

@test "what is known of Pythons and images goes when it was not used, locks of killed builds at once" {
	local cache=$XDG_CACHE_HOME/mlp
	mkdir -p "$cache/pythons" "$cache/docker/shells" "$cache/images"
	: >"$cache/pythons/0123"
	: >"$cache/pythons/4567"
	: >"$cache/docker/shells/89ab"
	: >"$cache/images/built.lock"
	: >"$cache/images/held.lock"
	age 8 "$cache/pythons/0123" "$cache/docker/shells/89ab"
	exec 8<"$cache/images/held.lock"
	flock 8
	mlp gc --dry-run --json 3>&-
	is "$(list removed path | sort)" "$(printf '%s\n' "$cache/docker/shells/89ab" "$cache/images/built.lock" "$cache/pythons/0123")"
	is "$(list removed kind | sort | xargs)" "note note temporary"
	is "$(list kept path | sort)" "$(printf '%s\n' "$cache/images/held.lock" "$cache/pythons/4567")"
	is "$(list kept reason | sort)" $'in use\nused lately'
	is "$(find "$cache" -type f | wc -l)" 5
	mlp gc 3>&-
	has "$output" "removed note $cache/pythons/0123 ("
	has "$output" "removed temporary $cache/images/built.lock ("
	has "$output" "; 2 things in use or used lately"
	is "$(find "$cache" -type f | sort)" "$(printf '%s\n' "$cache/images/held.lock" "$cache/pythons/4567")"
	exec 8<&-
	mlp gc --older-than 0
	is "$(find "$cache" -type f)" ""
}

@test "use counts: a run makes what is known of its Python young again" {
	mkdir p
	printf 'entry_points:\n  main:\n    command: ":"\n' >p/MLproject
	mlp run p --env-manager virtualenv --dry-run
	mlp run p --env-manager virtualenv
	is "$status" 0
	age 9 "$XDG_CACHE_HOME"/mlp/pythons/*
	mlp run p --env-manager virtualenv --dry-run
	mlp gc --dry-run --json
	is "$(list removed kind | sort -u)" note
	mlp run p --env-manager virtualenv
	mlp gc --dry-run --json
	is "$(json '[x["path"] for x in j["kept"] if x["kind"] == "note"] != []')" True
}

@test "the state of a killed run goes only when its end is recorded" {
	mkdir p
	printf 'entry_points:\n  main:\n    command: "echo here >here; exec sleep 60"\n' >p/MLproject
	"$MLP" run p >out 2>&1 3>&- &
	local pid=$! id
	wait_for test -s p/here # what is forked and not yet executed has the lock, too
	kill -KILL "$pid"
	wait "$pid" || :
	id=$(ls "$R")
	mlp gc --older-than 0 --dry-run --json
	is "$(list kept reason)" "its end is not recorded"
	[ -d "$R/$id" ]
	mlp gc --dry-run --json
	is "$(list kept reason)" "used lately"
	# elsewhere, where another database is the default
	mkdir other
	cd other
	mlp gc --older-than 0
	is "$status" 0
	has "$stderr" "was left RUNNING; it is now FAILED"
	[ ! -e "$R/$id" ]
	cd ..
	mlp show "$id" --json
	is "$(json 'j["status"]')" FAILED
}

@test "a state without a record goes, one that holds logs or belongs to nobody known stays" {
	mkdir -p "$R/aaaa" "$R/bbbb" "$R/cccc"
	ln -s "sqlite:///$W/none.db" "$R/aaaa/store"
	ln -s "sqlite:///$W/none.db" "$R/bbbb/store"
	echo text >"$R/bbbb/stdout.log"
	echo text >"$R/cccc/note"
	mlp gc --older-than 0 --json
	is "$(list removed path)" "$R/aaaa"
	is "$(list kept path | sort)" "$R/bbbb"$'\n'"$R/cccc"
	is "$(list kept reason | sort)" "it holds the run's logs"$'\n'"where it is recorded is not known"
}

@test "two collectors, and runs beside them: nothing is lost, nothing removed twice" {
	make_project
	start_http
	local i pids=()
	for i in 1 2 3; do
		"$MLP" run -q "$HTTP/wine.git" -v "HEAD~$((i - 1))" --tracking-uri "sqlite:///$W/db0" >/dev/null
	done
	for i in 1 2 3 4; do
		(
			for _ in 1 2 3 4 5 6; do
				"$MLP" run -q "$HTTP/wine.git" --tracking-uri "sqlite:///$W/db$i" || echo "run failed"
			done
		) >"out$i" 2>&1 3>&- &
		pids+=($!)
	done
	for i in 5 6; do
		(
			for _ in $(seq 30); do
				"$MLP" gc --older-than 0 --json || echo '"failed"'
			done
		) >"out$i" 2>"err$i" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	cat out1 out2 out3 out4 err5 err6
	[ "$(cat out1 out2 out3 out4 | grep -c '^alpha=0.5 at v1-1-')" -eq 24 ]
	[ "$(cat out1 out2 out3 out4 | wc -l)" -eq 24 ]
	[ ! -s err5 ]
	[ ! -s err6 ]
	[ "$(cat out5 out6 | grep -c failed)" -eq 0 ]
	# no checkout was told twice
	[ -z "$(cat out5 out6 | python3 -c '
import json, re, sys
text = sys.stdin.read()
d = json.JSONDecoder()
seen, at = [], 0
while text[at:].strip():
    at += len(text[at:]) - len(text[at:].lstrip())
    j, at = d.raw_decode(text, at)
    seen += [r["path"] for r in j["removed"] if r["kind"] == "checkout"]
for p in set(p for p in seen if seen.count(p) > 1):
    print(p)')" ]
	mlp gc --older-than 0
	is "$(find "$XDG_CACHE_HOME/mlp" -type f | grep -v '/\.index/')" ""
}

@test "a fetch keeps its mirror, and what it makes" {
	make_project
	start_http
	"$MLP" run "$HTTP/hang/wine.git" >out 2>&1 3>&- &
	local pid=$!
	wait_for grep -q hang log
	age 30 "$M"/*.lock "$M"/*.git
	mlp gc --older-than 0 --json
	is "$status" 0
	is "$(list kept kind)" mirror
	is "$(list kept reason)" "in use"
	is "$(list removed kind)" ""
	[ -e "$(echo "$M"/*.git)/HEAD" ]
	kill -TERM "$pid"
	wait "$pid" || :
	mlp gc --older-than 0 --json
	is "$(list removed kind)" mirror
	is "$(find "$M" -mindepth 1)" ""
}

@test "things whose lock is gone age all the same" {
	messy
	mlp run "$HTTP/wine.git"
	rm "$C"/*.lock "$M"/*.lock
	age 6 "$C"/wine-* "$M"/*.git
	mlp gc
	has "$output" "nothing to remove; 2 things"
	is "$(find "$C" "$M" -name '*.lock')" ""
	mkdir "$(echo "$M"/*.git).damaged"
	mlp gc --older-than 5d --json
	is "$(list removed kind | sort)" $'checkout\nmirror\ntemporary'
	is "$(find "$C" "$M" -mindepth 1)" ""
}

@test "a cache that is a symbolic link" {
	messy
	mkdir elsewhere
	ln -s "$W/elsewhere" "$XDG_CACHE_HOME"
	mlp run "$HTTP/wine.git"
	mlp gc --older-than 0 --json
	is "$(list removed kind | sort)" $'checkout\nmirror'
	[ -L "$XDG_CACHE_HOME" ]
	is "$(find elsewhere -type f)" ""
	# a link in it is removed itself
	mkdir precious
	: >precious/file
	ln -s "$W/precious" "$C/link"
	mlp gc --older-than 0
	is "$status" 0
	[ ! -L "$C/link" ]
	[ -e precious/file ]
}

@test "what cannot be removed is told, and the rest goes" {
	if ! unshare -rm true 2>/dev/null; then skip "no mount namespaces here"; fi
	make_project
	mlp run wine -v main
	mlp run wine -v light
	local one
	one=$(find "$C" -mindepth 1 -maxdepth 1 -type d | head -n 1)
	mkdir "$one/busy"
	run --separate-stderr unshare -rm bash -c 'mount -t tmpfs none "$1/busy" && "$2" gc --older-than 0' - "$one" "$MLP"
	echo "$output" "$stderr"
	[ "$status" -eq 1 ]
	has "$stderr" "warning: cannot remove '$one'"
	has "$output" "removed checkout $C/"
	lacks "$output" "$one"
	mlp gc --older-than 0
	has "$output" "removed checkout $one"
}
