#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mlp logs: both streams in the order in which they came.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() {
	cli_setup
	# A pipe does not tell which of two was written first: before the other stream is
	# written what was said is waited for in the log.
	cat >say.sh <<'S'
logs=$MLP_TEST_RUNS/$MLFLOW_RUN_ID/artifacts/mlp
until_in() { until grep -q -- "$2" "$logs/$1"; do sleep 0.01; done; }
out() { printf "$1" && until_in stdout.log "$2"; }
err() { printf "$1" >&2 && until_in stderr.log "$2"; }
until_told() { until grep '^[oe]' "$logs/log-order.txt" 2>/dev/null | sed -n "$1p" | grep -q .; do sleep 0.01; done; }
until_go() { while [ ! -e go ]; do sleep 0.02; done; }
S
	export MLP_TEST_RUNS=$PWD/mlruns/0
}

teardown() {
	"$MLP" stop --all --grace 0 >/dev/null 2>&1 || true
	cli_teardown
}

# script LINES...: what the run's command does
script() {
	{ echo '. ./say.sh'; printf '%s\n' "$@"; } >main.sh
	main_is '"bash main.sh"'
}
start() {
	mlp run . -d "$@"
	is "$status" 0
	id=$output
}
logs_of() { echo "mlruns/0/$1/artifacts/mlp"; }
# all WORDS...: what a terminal shows of mlp logs
all() { "$MLP" logs "$@" 2>&1; }
only_run() { basename mlruns/0/*; }

alternate='for i in 1 2 3; do out "o$i\n" "^o$i"; err "e$i\n" "^e$i"; done; out "end\n" end'
merged=$(printf '%s\n' o1 e1 o2 e2 o3 e3 end)

@test "merged as it was shown, each piece to its own descriptor" {
	script "$alternate"
	for how in "" "-d" "-d -j 1" "-q"; do
		# its own: who ran the one before may still be on his way out
		mkdir "$T/of$how"
		cp say.sh main.sh MLproject "$T/of$how"
		cd "$T/of$how"
		export XDG_STATE_HOME=$PWD/state MLP_TEST_RUNS=$PWD/mlruns/0
		# shellcheck disable=SC2086
		mlp run . $how --run-name it
		is "$status" 0
		mlp wait it
		is "$(all it)" "$merged"
		is "$(all -f it)" "$merged"
		mlp logs it
		is "$output|$stderr" "$(printf 'o1\no2\no3\nend')|$(printf 'e1\ne2\ne3')"
		is "$("$MLP" logs --stdout it 2>&1)" "$(printf 'o1\no2\no3\nend')"
		is "$("$MLP" logs --stderr it 2>&1)" "$(printf 'e1\ne2\ne3')"
		is "$("$MLP" attach it 2>&1 | head -n 7)" "$merged"
	done
	head -n 1 "$(logs_of "$(only_run)")/log-order.txt" | grep -q '^# the order in which stdout.log'
	is "$(tail -n +2 "$(logs_of "$(only_run)")/log-order.txt" | xargs)" "o 3 e 3 o 3 e 3 o 3 e 3"
}

@test "a run that writes to one stream has no record of an order" {
	script 'out "a\n" a; out "b\n" b'
	mlp run .
	is "$(cd "$(logs_of "$(only_run)")" && echo *)" "run.json stderr.log stdout.log"
	is "$(all "$(only_run)")" "$(printf 'a\nb')"
}

@test "-n: the last lines of what was shown" {
	script 'out "1\n2\n" 2; err "3\n4" 4; out "+4\n5" 5'
	mlp run . --run-name it
	is "$(all -n 0 it)" ""
	is "$(all -n 1 it)" 5
	is "$(all -n 2 it)" "$(printf '4+4\n5')"
	is "$(all -n 3 it)" "$(printf '3\n4+4\n5')"
	is "$(all -n 4 it)" "$(printf '2\n3\n4+4\n5')"
	is "$(all -n 5 it)" "$(printf '1\n2\n3\n4+4\n5')"
	is "$(all -n 6 it)" "$(printf '1\n2\n3\n4+4\n5')"
	mlp logs -n 2 it
	is "$output|$stderr" "$(printf '+4\n5')|4"
	is "$(all -n 1 --stderr it)" 4
	is "$(all -n 2 --stdout it)" "$(printf '+4\n5')"
	is "$(all -n 2 -f it)" "$(printf '4+4\n5')"
}

@test "bytes without a newline, more than a block" {
	# the last byte: not one that is kept back because the endpoint's key begins with it
	script 'rnd() { head -c $1 /dev/urandom; printf "\\1"; }; rnd 200000 >a; head -c 3 /dev/zero >b; rnd 150001 >c' \
		'put() { cat $1; until [ "$(cat "$logs/$2" | tail -c $(stat -c %s $1) | cksum)" = "$(cksum <$1)" ]; do sleep 0.01; done; }' \
		'put a stdout.log; put b stderr.log >&2; put c stdout.log; put b stderr.log >&2; put a stderr.log >&2'
	mlp run . -q
	all "$(only_run)" >saw
	cat a b c b a | cmp - saw
	all -n 1000000 "$(only_run)" | cmp - saw
}

@test "of a run that lives; followed to its end" {
	script 'out "o1\n" o1; err "e1\n" e1; out "o2\n" o2; until_told 2; touch up; until_go' \
		'err "e2\n" e2; out "o3\n" o3'
	start
	until_true test -e up
	is "$(all "$id")" "$(printf 'o1\ne1\no2')"
	is "$(all -n 2 "$id")" "$(printf 'e1\no2')"
	"$MLP" logs -f "$id" >followed 2>&1 &
	until_true grep -q o2 followed
	touch go
	wait $!
	is "$(head -n 3 followed)" "$(printf 'o1\ne1\no2')"
	is "$(sort followed | xargs)" "e1 e2 o1 o2 o3"
	is "$(all "$id")" "$(printf 'o1\ne1\no2\ne2\no3')"
}

@test "the supervisor killed: what is told in order, the rest after it" {
	script 'out "o1\n" o1; err "e1\n" e1; out "o2\n" o2; until_told 2; touch up' \
		'trap "" PIPE; sleep 60'
	start
	until_true test -e up
	kill -9 "$(output=$("$MLP" ps --json); json 'j[0]["pid"]')"
	mlp wait "$id"
	is "$status" 125
	is "$(all "$id")" "$(printf 'o1\ne1\no2')"
	printf 'e ' >>"$(logs_of "$id")/log-order.txt" # half a line
	printf 'e2\n' >>"$(logs_of "$id")/stderr.log"
	printf 'o3\n' >>"$(logs_of "$id")/stdout.log"
	is "$(all "$id")" "$(printf 'o1\ne1\no2\no3\ne2')"
	is "$(all -n 2 "$id")" "$(printf 'o3\ne2')"
	# another attempt in the same run
	script 'err "e3\n" e3; out "o4\n" o4; err "e4\n" e4'
	mlp run . -q --run-id "$id"
	is "$(all "$id")" "$(printf 'o1\ne1\no2\no3\ne2\ne3\no4\ne4')"
}

@test "--log-limit: each up to where it is cut, and what is said of it" {
	script 'out "12345\n" 5; err "a\n" a; out "6789\n" not.kept; err "b\n" b; err "cdefgh\n" not.kept'
	mlp run . -q --log-limit 8
	is "$(all "$(only_run)")" "12345
a
67
mlp: what follows is not kept (--log-limit 8 bytes)
b
cdef
mlp: what follows is not kept (--log-limit 8 bytes)
mlp: 3 bytes were not kept
mlp: 3 bytes were not kept"
}

@test "whatever stands in the record, each byte is shown once" {
	script "$alternate"
	mlp run . -q
	id=$(only_run)
	record=$(logs_of "$id")/log-order.txt
	head=$(head -n 1 "$record")
	sorted=$(sort <<<"$merged")
	try() { # TEXT: as the record
		printf '%b' "$1" >"$record"
		is "$(all "$id" | sort)" "$sorted"
		is "$(all -n 7 "$id" | sort)" "$sorted"
		is "$(all -n 1 "$id" | wc -l)" 1
	}
	try ""
	try "strange\no 3\n"
	try "$head"
	try "$head\n"
	try "$head\no 99999999\ne 3\n"
	try "$head\ne 9223372036854775807\ne 9223372036854775807\n"
	try "$head\no 1\no -1\n"
	try "$head\ne 1"
	try "$head\n\0\0\0"
	{ echo "$head"; yes 'o 1' | head -c 3000000; } >"$record"
	is "$(all "$id" | sort)" "$sorted"
	rm "$record"
	mkfifo "$record"
	is "$(all "$id")" "$(printf 'o1\no2\no3\nend\ne1\ne2\ne3')"
	rm "$record"
	ln -s /dev/zero "$record"
	is "$(all "$id" | sort)" "$sorted"
	rm "$record"
	is "$(all "$id")" "$(printf 'o1\no2\no3\nend\ne1\ne2\ne3')"
}

@test "the runs of a sweep, of a batch, and each of several attempts" {
	script 'out "o1\n" o1; err "e1\n" e1; out "o2\n" o2; [ -z "$1" ] || exit 1'
	mlp sweep . -P x=1,2 -j 2
	for id in $(sql "SELECT run_uuid FROM tags WHERE key = 'mlflow.parentRunId'"); do
		is "$(all "$id")" "$(printf 'o1\ne1\no2')"
	done
	is "$(sql "SELECT count(*) FROM tags WHERE key = 'mlflow.parentRunId'")" 2
	rm -r mlruns mlflow.db
	printf '{"uri": "."}\n{"uri": "."}\n' | "$MLP" batch -j 2 - >results
	is "$(wc -l <results)" 2
	for id in mlruns/0/*; do
		is "$(all "$(basename "$id")")" "$(printf 'o1\ne1\no2')"
	done
	rm -r mlruns mlflow.db
	main_is '"bash main.sh fails"'
	mlp run . -q --retries 1 --retry-delay 10ms
	is "$status" 1
	is "$(ls mlruns/0 | wc -l)" 2
	for id in mlruns/0/*; do
		is "$(all "$(basename "$id")")" "$(printf 'o1\ne1\no2')"
	done
}
