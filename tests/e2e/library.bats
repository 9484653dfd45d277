#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# libmlp, as a program of somebody else's uses it: installed, found by pkg-config, linked
# both ways.  tests/lib/host.c is that program, tests/lib/drive.c one with many runs at once.
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
	build_with "$TOP/tests/lib/drive.c" "$U/bin/drive"
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

# A test that fails leaves nothing, not even what is detached.
teardown() {
	[ ! -d "$XDG_STATE_HOME/mlp/runs" ] || "$MLP" stop --all --grace 0 -q >/dev/null 2>&1 || :
	cli_teardown
}

# host ARGUMENTS...: $status, $output (stdout), $stderr
host() {
	status=0
	output=$("${HOST:-$U/bin/host}" "$@" 2>"$T/stderr") || status=$?
	stderr=$(cat "$T/stderr")
}

# drive STEP...: $status, $output
drive() {
	status=0
	output=$("$U/bin/drive" "$@" 2>&1) || status=$?
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
	host -i pid run .
	is "$status" 0
	has "$(outcome)" "KILLED exit=2/0/15 reason=stopped by SIGTERM"
	gone "$(cat pid)"
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
	env --default-signal=HUP "$U/bin/host" run . >"$T/out" & # nohup of the tests themselves
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
	printf '#!/bin/sh\nexit 42\n' >le/mlp-supervise
	MLP_LIBEXEC=$PWD/le host run .
	has "$output" "error 1: mlp-supervise ended without an answer: exit 42"
	MLP_LIBEXEC=$PWD/le drive "set detach 1" "start ." files
	has "$output" "start error 1: mlp-supervise ended without an answer: exit 42"
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
	run --separate-stderr "$U/libexec/mlp/mlp-supervise" --detach
	is "$status" 2
	has "$stderr" "started by libmlp"
	run --separate-stderr "$U/libexec/mlp/mlp-supervise"
	is "$status" 2
	has "$stderr" "started by libmlp"
}

# ---- handles ----

waiting() { main_is '"echo $PPID >ppid; echo $$ >pid; until [ -e go ]; do sleep 0.05; done"'; }
gone() { none_of kill -0 "$1" && none_of kill -0 "-$1"; }
none_of() { if "$@" 2>/dev/null; then return 1; fi; }

@test "mlp_run_start returns while the run lives; wait, poll and again" {
	waiting
	drive "start ." "until pid" "poll 0" "wait 0 20" "poll 0" "stop 0 -1" "wait 0 -1" "poll 0" "wait 0 0"
	is "$(sed "s/[0-9a-f]\{32\}/ID/" <<<"$output")" "0 ID
0 lives
0 lives
0 lives
$(for i in 1 2 3; do echo "0 ended ID KILLED exit=2/0/15 reason=stopped by SIGTERM"; done)"
	is "$(runs)" "KILLED stopped by SIGTERM"
	gone "$(cat pid)"
}

@test "the id is that of the record, and the run is on record when start returns" {
	waiting
	"$U/bin/drive" "start ." "wait 0 -1" >"$T/out" 3>&- &
	until_true test -s "$T/out"
	read -r _ id <"$T/out"
	newest
	is "$(json 'j["run_id"], j["status"]')" "('$id', 'RUNNING')"
	mlp ps --json
	is "$(json '[r["run_id"] for r in j]')" "['$id']"
	touch go
	wait $!
	has "$(tail -n 1 "$T/out")" "0 ended $id FINISHED"
}

@test "fifty at once in one context, waited for by their descriptors; nothing is left open" {
	greeting
	steps=()
	for i in $(seq 50); do steps+=("start . who=w$i times=$i"); done
	drive files "${steps[@]}" all "files"
	is "$(grep -c ' FINISHED ' <<<"$output")" 50
	is "$(grep -o 'who=w[0-9]*' <<<"$output" | sort -u | wc -l)" 50
	lacks "$output" "nothing happens"
	is "$(sql "SELECT status, count(*) FROM runs GROUP BY 1")" "FINISHED|50"
	for i in $(seq 0 49); do steps+=("release $i"); done
	drive "${steps[@]:0:50}" "all" "sleep 10" "${steps[@]:50}" files close files
	is "$(tail -n 2 <<<"$output")" "$(drive files close files; echo "$output")"
}

@test "the descriptor is readable when something happened, and after the end" {
	waiting
	drive "start ." "until pid" "poll 0" "fd 0 100" "stop 0 -1" "fd 0 50000" "wait 0 -1" "fd 0 0" "poll 0" "fd 0 0"
	is "$(grep -v ended <<<"$output" | tail -n +2)" "0 lives
0 silent
0 readable
0 readable
0 readable"
}

@test "handles outlive their context" {
	greeting
	drive "set told 1" "start . who=ann" close "wait 0 -1" "release 0"
	has "$output" "told started "
	has "$output" "0 ended"
	has "$output" "who=ann"
}

@test "with at_once it is not waited for, and what is wrong is told later" {
	greeting
	drive "set at_once 1" "set told 1" "start . who=ann" "id 0" "start ./nowhere" "start ." "wait 1 -1" \
		"wait 2 -1" "poll 2" "wait 0 -1"
	id=$(head -n 1 <<<"$output" | cut -d' ' -f2)
	has "$output" "0 $id
1 "
	has "$output" "1 error 3: "
	has "$output" "2 error 2: "
	has "$output" "told started $id RUNNING"
	has "$output" "0 ended $id FINISHED"
	is "$(runs)" "FINISHED None"
	drive "start ./nowhere" "start ."
	lacks "$output" "1 "
	has "$output" "start error 3: "
	has "$output" "start error 2: "
}

@test "a run that is stopped before it is recorded never is" {
	waiting
	mkdir le
	printf '#!/bin/bash\necho %s >&3; read -r line <&3; exec sleep 60\n' \
		"'{\"event\":\"hello\",\"protocol\":1,\"version\":\"$("$MLP" version | awk '{print $2; exit}')\"}'" \
		>le/mlp-supervise
	chmod +x le/mlp-supervise
	MLP_LIBEXEC=$PWD/le drive "set at_once 1" "start ." "wait 0 50" "stop 0 100" "wait 0 -1" "stop 0 100"
	is "$(tail -n +2 <<<"$output")" "0 lives
0 error 7: interrupted"
	MLP_LIBEXEC=$PWD/le drive "interrupt 100" "start ."
	is "$output" "start error 7: interrupted"
	[ ! -e mlflow.db ]
}

@test "the thread that started a run ends, the run does not" {
	waiting
	drive "thread start ." "wait 0 300" "thread stop 0 -1" "thread wait 0 -1"
	has "$output" "0 lives"
	has "$output" "0 ended"
	has "$output" "KILLED exit=2/0/15 reason=stopped by SIGTERM"
}

@test "waits in several threads, and a stop meanwhile" {
	waiting
	drive "start ." "start ." "beside wait 0 -1" "beside wait 1 -1" "sleep 1000" "wait 0 10" \
		"stop 0 -1" "thread stop 1 -1" join
	has "$output" "0 error 5: another call waits for this run"
	is "$(grep -c ' KILLED ' <<<"$output")" 2
}

@test "stopping: a grace, a shorter one, and what has ended" {
	main_is '"trap : TERM; echo $$ >pid; while :; do sleep 0.05; done"'
	unset MLP_STOP_GRACE
	drive "start ." "until pid" "stop 0 86400001" "stop 0 50000" "wait 0 300" "stop 0 100" "wait 0 -1" "stop 0 5"
	has "$output" "stop error 2: grace_ms is 86400001; the longest is 86400000"
	has "$output" "0 lives"
	has "$(tail -n 1 <<<"$output")" "KILLED exit=2/0/9 reason=stopped by SIGTERM"
	gone "$(cat pid)"
}

@test "mlp stop, and a supervisor that is suspended when it is to stop" {
	waiting
	"$U/bin/drive" "start ." "wait 0 -1" >"$T/out" 3>&- &
	until_true test -s pid
	mlp stop -q "$(sed 's/0 //;q' "$T/out")"
	is "$status" 0
	wait $!
	has "$(tail -n 1 "$T/out")" "KILLED exit=2/0/15 reason=stopped by SIGTERM"
	rm pid
	"$U/bin/drive" "start ." "until stopped" "stop 0 -1" "wait 0 -1" >"$T/out" 3>&- &
	until_true test -s pid
	kill -STOP "$(cat ppid)"
	echo yes >stopped
	wait $!
	has "$(tail -n 1 "$T/out")" "KILLED exit=2/0/15 reason=stopped by SIGTERM"
}

@test "a host without descriptors left is told so; its other runs go on" {
	greeting
	steps=()
	for i in $(seq 30); do steps+=("start . who=w$i"); done
	(ulimit -n 50; exec "$U/bin/drive" "${steps[@]}" "wait 0 -1" "wait 1 -1" "release 0" "release 1" "release 2" \
		"start . who=last" "wait 3 -1") >"$T/out" 3>&- 4>&-
	has "$(cat "$T/out")" "start error 1: cannot make a socket for mlp-supervise: Too many open files"
	has "$(cat "$T/out")" "warning: the run cannot be read back: "
	is "$(grep -c "^[01] ended [0-9a-f]* FINISHED exit=1/0/0 reason=-$" "$T/out")" 2
	has "$(tail -n 1 "$T/out")" "who=w4"
	is "$(sql "SELECT count(*) FROM params WHERE value = 'last'")" 1
}

@test "a host with threads that fork, one that reaps all, and one with SIGCHLD ignored" {
	greeting
	drive reaper "forks 3" "start . who=a" "start . who=b" "start . who=c" all
	is "$(grep -c ' FINISHED ' <<<"$output")" 3
	drive sigign "start . who=a" "start . who=b" all
	is "$(grep -c ' FINISHED ' <<<"$output")" 2
}

@test "a child that keeps the host's descriptors hides no end" {
	greeting
	drive "start . who=a" "child 60000" "wait 0 50000" "fd 0 0"
	has "$output" " FINISHED "
	has "$output" "0 readable"
}

@test "a host that closes every descriptor is told so; its run goes on" {
	waiting
	"$U/bin/drive" "start ." closefds "wait 0 -1" "poll 0" "release 0" "sleep 60000" >"$T/out" 3>&- &
	until_true grep -q hint "$T/out"
	has "$(cat "$T/out")" "0 error 1: the host has closed the descriptors of mlp-supervise"
	newest
	is "$(json 'j["status"]')" RUNNING
	kill $!
	until_true eval '[ "$(runs)" = "KILLED stopped by SIGTERM" ]'
}

@test "what a host opens after that is its own" {
	waiting
	drive "start ." "fd 0 0" closefds "others 9" "files" "release 0" "files"
	is "$(grep files <<<"$output")" "12 files
12 files"
}

@test "a host that ends: its runs are KILLED, released or not; a detached one lives" {
	waiting
	"$U/bin/drive" "start ." "start ." "release 1" "set detach 1" "start ." "start ." "release 3" "sleep 60000" \
		>"$T/out" 3>&- &
	host=$!
	until_true grep -q "^3 " "$T/out"
	is "$(pgrep -P $host | wc -l)" 2
	kill -KILL $host
	until_true eval '[ "$(runs | sort | uniq -c | tr -s " ")" = " 2 KILLED stopped by SIGTERM
 2 RUNNING None" ]'
	touch go
	for i in 2 3; do
		id=$(sed -n "s/^$i //p" "$T/out")
		"$MLP" wait -q "$id"
		drive "get $id"
		has "$output" "$id FINISHED"
	done
}

@test "a detached run is waited for, stopped, and lost, as any other" {
	waiting
	drive "set pass 1" "set detach 1" "start ." "set pass 0" "start ." "until pid" "poll 0" "fd 0 50" "stop 0 -1" "wait 0 -1"
	has "$output" "start error 2: detach goes with MLP_OUTPUT_KEEP"
	has "$output" "0 silent"
	has "$(tail -n 1 <<<"$output")" "KILLED exit=2/0/15 reason=stopped by SIGTERM"
	rm pid
	"$U/bin/drive" "set detach 1" "start ." "wait 0 -1" >"$T/out" 3>&- &
	until_true test -s pid
	is "$(cat "/proc/$(cat ppid)/comm")" mlp-supervise
	kill -KILL "$(cat ppid)"
	wait $!
	has "$(tail -n 1 "$T/out")" "FAILED exit=6/0/0 reason=supervisor lost"
	until_true gone "$(cat pid)"
}

@test "mlp-supervise of a handle is killed: FAILED, and told so by the descriptor" {
	waiting
	"$U/bin/drive" "start ." "start ." all >"$T/out" 3>&- &
	until_true grep -q "^1 " "$T/out"
	pkill -KILL -P $! mlp-supervise
	wait $!
	is "$(grep -c "FAILED exit=6/0/0 reason=supervisor lost" "$T/out")" 2
	has "$(runs)" "FAILED supervisor lost (killed or machine restarted)"
}

@test "a host that never asks does not hold its run up; the end is not left out" {
	main_is "'true'"
	for i in $(seq 3000); do echo "unknown_$i: 1"; done >>MLproject
	"$U/bin/drive" "set at_once 1" "start ." "set detach 1" "start ." "until asked" all >"$T/out" 3>&- &
	until_true eval '[ "$(runs 2>/dev/null)" = "FINISHED None
FINISHED None" ]'
	lacks "$(cat "$T/out")" ended
	echo now >asked
	wait $!
	is "$(grep -c " ended .* FINISHED " "$T/out")" 2
	has "$(cat "$T/out")" "warning: MLproject:4:1: unknown key 'unknown_1' is ignored"
	lacks "$(cat "$T/out")" "'unknown_3000'"
}

@test "attempts: each is told, the last one counts, and a supervisor that is lost in it" {
	main_is '"echo x >>tries; exit $(wc -l <tries)"'
	drive "set told 1" "set retries 2" "start ." "wait 0 -1" "id 0" "set retries -1" "start ." "wait 1 -1"
	is "$(grep -c "^told started" <<<"$output")" 4
	first=$(sed -n "s/^0 \([0-9a-f]*\)$/\1/p" <<<"$output" | sort -u)
	is "$(wc -w <<<"$first")" 1
	third=$(grep "^told" <<<"$output" | sed -n "3s/told started \([0-9a-f]*\) .*/\1/p")
	has "$output" "0 ended $third FAILED exit=1/3/0 reason=exit 3"
	echo 'until [ -e first ]; do sleep 0.05; done; [ $MLFLOW_RUN_ID != $(cat first) ] || exit 1
		echo $PPID >ppid; exec sleep 60' >second.sh
	main_is '"exec sh second.sh"'
	"$U/bin/drive" "set at_once 1" "set retries 1" "start ." "wait 0 -1" >"$T/out" 3>&- &
	until_true test -s "$T/out"
	sed 's/0 //;q' "$T/out" >said
	mv said first
	until_true test -s ppid
	kill -KILL "$(cat ppid)"
	wait $!
	id=$(sed -n "s/0 ended \([0-9a-f]*\) .*/\1/p" "$T/out")
	[ -n "$id" ] && [ "$id" != "$(cat first)" ]
	has "$(cat "$T/out")" "0 ended $id FAILED exit=6/0/0 reason=supervisor lost"
}

@test "a supervisor is small" {
	waiting
	case $MLP in */build/*san/*) ;; *)
		"$U/bin/drive" "start ." "set detach 1" "start ." all >"$T/out" 3>&- &
		until_true grep -q "^1 " "$T/out"
		until_true test -s pid
		mlp ps --json
		for process in $(json '" ".join(str(r["pid"]) for r in j)'); do
			awk '/^VmRSS:/ {print $2}' "/proc/$process/status" >>sizes
		done
		touch go
		wait $!
		is "$(awk '{print ($1 <= 4096)}' sizes)" "1
1"
	esac
}

@test "handles that are none" {
	printf '#include <mlp.h>\n#include <stdio.h>\nint main(void)\n{
	struct mlp_error e = MLP_ERROR_INIT;
	printf("%%d", mlp_run_wait(0, 0, 0, &e));
	printf(" %%d %%d %%d %%d", e.code, mlp_run_poll(0, 0, 0), mlp_run_fd(0, 0), mlp_run_stop(0, 0, 0));
	mlp_run_release(0);
	return mlp_run_id(0) != 0;
}\n' >none.c
	build_with none.c none
	run ./none
	is "$status" 0
	is "$output" "-1 2 -1 -1 -1"
}

# In another world, which has no pidfd, too.
@test "valgrind: nothing leaks, and no descriptor is left open" {
	case ${MLP_BUILD:-} in *san) return ;; esac # they look themselves, and do not mix
	greeting
	run valgrind --error-exitcode=99 --leak-check=full --show-leak-kinds=all --track-fds=yes -q \
		--log-file="$T/vg.%p" "$U/bin/drive" "start . who=a" "start . who=b" "set at_once 1" "start . who=c" \
		"set detach 1" "start . who=d" "wait 3 -1" all "stop 1 100" "release 0" "release 1" close "release 2" \
		"release 3"
	is "$status" 0
	lacks "$(cat "$T"/vg.*)" "blocks are"
	has "$(cat "$T"/vg.*)" "FILE DESCRIPTORS"
	is "$(grep -h -A 1 "Open file descriptor" "$T"/vg.* | grep -c "^==[0-9]*==    at ")" 0
	is "$(grep -c ' FINISHED ' <<<"$output")" 5
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
