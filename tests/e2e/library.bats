#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# libmlp, as a program of somebody else's uses it: installed, found by pkg-config, linked
# both ways.  tests/lib/host.c is that program.
bats_require_minimum_version 1.5.0
load ../lib/cli
load ../lib/docker

# Once for all tests: installed, and the host linked with the shared library and the static one.
setup_file() {
	TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
	U=$BATS_FILE_TMPDIR/usr
	config=$(basename "${MLP_BUILD:-$TOP/build/release}")
	san=
	case $config in *san) san=address,undefined ;; esac
	export TOP U CC="cc -Wall -Wextra -Werror${san:+ -fsanitize=$san}"
	export PKG_CONFIG_PATH=$U/lib/pkgconfig
	unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MLP_LIBEXEC PREFIX DESTDIR
	umask 022
	make -s -C "$TOP" CONFIG="$config" ${san:+SAN=$san} install PREFIX="$U" >&2
	build_with "$TOP/tests/lib/host.c" "$U/bin/host"
	build_with -s "$TOP/tests/lib/host.c" "$U/bin/host-static"
}

# [-s] FILE.c PROGRAM: with what pkg-config says; -s: the static library.
build_with() {
	if [ "$1" = -s ]; then
		# shellcheck disable=SC2046
		$CC -o "$3" "$2" $(pkg-config --cflags --libs --static mlp | sed 's/-lmlp/-l:libmlp.a/') -lpthread
	else
		# shellcheck disable=SC2046
		$CC -o "$2" "$1" $(pkg-config --cflags --libs mlp) -lpthread "-Wl,-rpath,$U/lib"
	fi
}

setup() { cli_setup; }

teardown() { cli_teardown; }

# host ARGUMENTS...: $status, $output (stdout), $stderr
host() {
	status=0
	output=$("${HOST:-$U/bin/host}" "$@" 2>"$T/stderr") || status=$?
	stderr=$(cat "$T/stderr")
}

greeting() {
	manifest <<'END'
entry_points:
  main:
    parameters: {who: string, times: {type: int, default: 1}}
    command: "echo hello {who}; echo oops >&2"
END
}

# Its last line is the outcome.
outcome() { tail -n 1 <<<"$output"; }
runs() { "$MLP" runs --json | python3 -c 'import json,sys
for r in json.load(sys.stdin): print(r["status"], r["reason"])'; }

@test "what is exported is mlp_* and nothing else, in both libraries" {
	declared=$(grep -oE '\bmlp_[a-z_]+\(' "$U/include/mlp.h" | tr -d '(' | sort -u)
	shared=$(nm -D --defined-only "$U/lib/libmlp.so" | awk '$2 != "A" {print $3}' | sed 's/@@MLP_0$//' | sort)
	static=$(nm -g --defined-only "$U/lib/libmlp.a" | awk 'NF == 3 {print $3}' | sort)
	[ "$(wc -l <<<"$static")" -ge 15 ]
	is "$(grep -v '^mlp_' <<<"$static")" ""
	is "$(grep -v '^mlp_' <<<"$shared")" ""
	is "$(tr '\n' ' ' <<<"$shared")" "$(tr '\n' ' ' <<<"$static")"
	is "$(grep -vxF "$declared" <<<"$shared")" ""
	is "$(ar t "$U/lib/libmlp.a")" libmlp.o
	has "$(readelf -d "$U/lib/libmlp.so")" "soname: [libmlp.so.0]"
}

@test "the header is C99 and C++ without a warning" {
	echo '#include <mlp.h>
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp_options o = MLP_OPTIONS_INIT;
	struct mlp_query q = MLP_QUERY_INIT;
	struct mlp_run_options r = MLP_RUN_OPTIONS_INIT;
	int main(void) { return mlp_version() == 0 || mlp_open(&o, 0, &e); }' >a.c
	cc -std=c99 -pedantic -Wall -Wextra -Werror -I"$U/include" -fsyntax-only a.c
	cc -std=c11 -pedantic -Wall -Wextra -Werror -I"$U/include" -fsyntax-only a.c
	if command -v g++ >/dev/null; then
		g++ -std=c++20 -pedantic -Wall -Wextra -Wno-missing-field-initializers -Werror \
			-I"$U/include" -fsyntax-only -x c++ a.c
	fi
}

@test "a run: shared, and static beside a host's own names; nothing is printed" {
	greeting
	for HOST in "$U/bin/host" "$U/bin/host-static"; do
		host run . who=ann
		is "$status" 0
		is "$stderr" ""
		[[ $output =~ ^started\ [0-9a-f]{32}\ RUNNING\ 2$'\n' ]]
		lacks "$output" "hello"
		has "$(outcome)" "stderr: oops"
		has "$output" "FINISHED exit=1/0/0 reason=- times=1 who=ann"
	done
	lacks "$(readelf -d "$U/bin/host-static")" libmlp
	has "$(readelf -d "$U/bin/host")" libmlp.so.0
	is "$(runs)" "FINISHED None
FINISHED None"
	newest
	is "$("$MLP" logs "$(json 'j["run_id"]')" 2>&1)" "hello ann
oops"
}

@test "with MLP_OUTPUT_PASS the output goes to the host's own" {
	greeting
	host -p run . who=ann
	has "$output" "hello ann"
	is "$stderr" oops
}

@test "how the command records: an endpoint, or directly" {
	echo 'echo "at ${MLFLOW_TRACKING_URI%%:*}"' >where.sh
	main_is '"sh where.sh"'
	host -p run .
	has "$output" "at http"
	host -d -p run .
	has "$output" "at sqlite"
}

@test "the command's standard input is empty" {
	main_is cat
	echo secret | "$U/bin/host" -p run . >"$T/out"
	has "$(cat "$T/out")" FINISHED
	lacks "$(cat "$T/out")" secret
}

@test "a host without standard streams" {
	greeting
	"$U/bin/host" -p run . who=ann <&- >&- 2>&-
	is "$(runs)" "FINISHED None"
	newest
	is "$("$MLP" logs "$(json 'j["run_id"]')" 2>&1)" "hello ann
oops"
}

@test "a host that reaps every child in another thread, and handles SIGCHLD" {
	greeting
	host -w run . who=ann
	is "$status" 0
	has "$output" FINISHED
	lacks "$output" "saw nothing"
}

@test "a host that ignores SIGCHLD" {
	main_is '"sh -c \"exit 3\""'
	host -s run .
	is "$status" 0
	has "$(outcome)" "FAILED exit=1/3/0 reason=exit 3"
}

@test "eight threads, a context each" {
	greeting
	host -t 8 -w run . who=ann
	is "$status" 0
	is "$(grep -c ' FINISHED ' <<<"$output")" 8
	is "$(runs | sort | uniq -c | awk '{print $1, $2}')" "8 FINISHED"
}

@test "mlp_interrupt stops the command; the run is KILLED" {
	main_is '"echo $$ >pid; exec sleep 60"'
	host -i 500 run .
	is "$status" 0
	has "$(outcome)" "KILLED exit=2/0/15 reason=stopped by SIGTERM"
	! kill -0 "$(cat pid)"
}

@test "a host that is killed takes the command along; the run is KILLED" {
	main_is '"echo $$ >pid; exec sleep 60"'
	"$U/bin/host" run . >"$T/out" &
	until_true test -s pid
	kill -KILL $!
	wait $! || true
	until_true eval '! kill -0 "$(cat pid)" 2>/dev/null'
	until_true eval '[ "$(runs)" = "KILLED stopped by SIGTERM" ]'
}

@test "what nohup ignores is ignored; without it HUP stops the run" {
	main_is '"echo $PPID >ppid; until [ -e go ]; do sleep 0.05; done"'
	(trap "" HUP; exec "$U/bin/host" run .) >"$T/out" &
	until_true test -s ppid
	kill -HUP "$(cat ppid)"
	sleep 0.3
	touch go
	wait $!
	has "$(tail -n 1 "$T/out")" "FINISHED exit=1/0/0"
	rm go ppid
	"$U/bin/host" run . >"$T/out" &
	until_true test -s ppid
	kill -HUP "$(cat ppid)"
	wait $!
	has "$(tail -n 1 "$T/out")" "KILLED exit=2/0/15 reason=stopped by SIGHUP"
}

@test "mlp-supervise is killed: the run is FAILED, and the host is told so" {
	main_is '"echo $PPID >ppid; exec sleep 60"'
	"$U/bin/host" run . >"$T/out" &
	until_true test -s ppid
	is "$(cat "/proc/$(cat ppid)/comm")" mlp-supervise
	kill -KILL "$(cat ppid)"
	wait $!
	output=$(cat "$T/out")
	has "$output" "FAILED exit=6/0/0 reason=supervisor lost"
	# its command dies with it, or is found and stopped: both happen
	has "$(runs)" "FAILED supervisor lost (killed or machine restarted)"
}

@test "what is wrong before there is a run" {
	host run ./nowhere
	is "$status" 1
	has "$output" "error 3: "
	has "$output" nowhere
	greeting
	host run .
	has "$output" "error 2: "
	has "$output" who
	sed -i 's/command:/comand:/' MLproject
	host run . who=ann
	has "$output" "mistake: MLproject:2:3: the entry point 'main' has no command"
	has "$output" "warning: MLproject:4:5: unknown key 'comand' is ignored (did you mean 'command'?)"
	has "$output" "error 1: MLproject has 1 mistake"
	[ ! -e mlflow.db ]
	MLFLOW_TRACKING_URI=postgresql://h/d host runs
	has "$output" "error 2: "
	host runs
	has "$output" "error 3: "
}

@test "warnings come as messages" {
	greeting
	echo 'color: red' >>MLproject
	host run . who=ann
	has "$output" "warning: MLproject:5:1: "
	has "$output" FINISHED
}

@test "without mlp-supervise, or with one of another version, nothing is run" {
	main_is '"touch ran"'
	mkdir le
	MLP_LIBEXEC=$PWD/le host run .
	has "$output" "error 3: cannot run '$PWD/le/mlp-supervise'"
	has "$output" "hint: is the installation whole?"
	printf '#!/bin/sh\nexec sleep 60\n' >le/mlp-supervise
	chmod +x le/mlp-supervise
	MLP_LIBEXEC=$PWD/le host -i 200 run .
	has "$output" "error 7: interrupted"
	printf '#!/bin/bash\necho %s >&3; read -r line <&3; echo "$line" >asked\n' \
		"'{\"event\":\"hello\",\"protocol\":1,\"version\":\"0.0.0\"}'" >le/mlp-supervise
	MLP_LIBEXEC=$PWD/le host run .
	has "$output" "error 1: mlp-supervise is of version 0.0.0"
	[ ! -e ran ] && [ ! -e asked ] && [ ! -e mlflow.db ]
}

@test "runs and single ones" {
	greeting
	host run . who=ann
	host run . who=bob
	host runs
	is "$(grep -c FINISHED <<<"$output")" 2
	has "$(head -n 1 <<<"$output")" who=bob
	name=$(head -n 1 <<<"$output" | cut -d' ' -f1)
	host get "$name"
	has "$output" "$name FINISHED"
	host get nobody
	is "$status" 1
	has "$output" "error 3: no run has the id or name 'nobody'"
}

@test "a run again: the recorded commit and parameters, others where they are given" {
	repo=$T/repo
	git init -q -b trunk "$repo"
	cat >"$repo/MLproject" <<-'END'
		entry_points:
		  main: {command: "echo main"}
		  say:
		    parameters: {who: string, times: {type: int, default: 1}}
		    command: "echo old {who} {times}"
	END
	git -C "$repo" add . && git -C "$repo" commit -q -m one
	"$MLP" run "file://$repo" -e say -P who=ann --experiment-name red
	newest
	id=$(json 'j["run_id"]')
	sed -i 's/old/new/' "$repo/MLproject"
	git -C "$repo" commit -q -a -m two
	host -p rerun "${id:0:8}" times=4
	is "$status" 0
	has "$output" "old ann 4"
	has "$(outcome)" "FINISHED exit=1/0/0 reason=- times=4 who=ann"
	newest
	is "$(json 'j["tags"]["mlp.rerunOf"], j["experiment_name"], j["entry_point"]')" "('$id', 'red', 'say')"
	host rerun nobody
	is "$status" 1
	has "$output" "error 3: no run has the id or name 'nobody'"
	newest
	is "$(json 'j["tags"]["mlp.rerunOf"]')" "$id"
}

@test "in docker, with its arguments" {
	unset DOCKER_HOST DOCKER_CONTEXT MLP_DOCKER
	docker_setup
	printf 'docker_env: {image: %s}\nentry_points:\n  main: {command: "hostname; cat /proc/1/comm"}\n' "$BUSYBOX" >MLproject
	host -p -A inside run .
	is "$status" 0
	has "$output" $'inside\n'
	has "$output" "init"
	has "$output" "FINISHED"
	is "$(sql "select value from tags where key = 'mlflow.project.env'")" docker
}

@test "more than a pipe holds goes to mlp-supervise, and quotes and newlines arrive" {
	manifest <<'END'
entry_points:
  main:
    parameters: {text: string}
    command: "printf %s {text} | cksum"
END
	text=$(head -c 100000 /dev/zero | tr '\0' x)$'\n''"$(x)"\'
	host -p run . text="$text"
	has "$output" "$(printf %s "$text" | cksum)"
	host run . text=$'\xff'
	has "$output" "error 2: params, number 0: value is not valid UTF-8"
}

@test "mlp-supervise is nothing to start by hand" {
	run --separate-stderr "$U/libexec/mlp/mlp-supervise"
	is "$status" 2
	has "$stderr" "started by libmlp"
}

@test "the example of libmlp(3)" {
	mandoc -T utf8 "$U/share/man/man3/libmlp.3" | col -b >/dev/null
	sed -n '/^#include <mlp.h>/,/^\.Ed/p' "$U/share/man/man3/libmlp.3" | sed 's/\\e/\\/g; /^\.Ed/d' >example.c
	build_with example.c example
	manifest <<'END'
entry_points:
  main:
    parameters: {epochs: int}
    command: "echo {epochs} >epochs"
END
	run --separate-stderr ./example
	is "$status" 0
	has "$output" FINISHED
	is "$(cat epochs)" 5
	run --separate-stderr ./example nowhere
	is "$status" 1
	has "$stderr" nowhere
}
