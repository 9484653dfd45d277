#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Whatever is killed, and whenever: what mlp says afterwards is true, and nothing is left.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup_file() {
	export NASTY=$BATS_FILE_TMPDIR/nasty FAULTY=$BATS_TEST_DIRNAME/../../build/fault/bin/mlp
	cc -O1 -o "$NASTY" "$BATS_TEST_DIRNAME/../soak/nasty.c"
	[ -x "$FAULTY" ] ||
		env -u MAKEFLAGS -u MAKELEVEL make -s -C "$BATS_TEST_DIRNAME/../.." CONFIG=fault \
			CFLAGS="-O1 -g -DMLP_FAULTS" build
}
setup() { cli_setup; }
teardown() {
	local pid
	for pid in $(cat "$T"/p/pids 2>/dev/null); do kill -9 "$pid" 2>/dev/null || true; done
	cli_teardown
}

# Whatever a command starts inherits a lock on the file "held".
holding() { main_is "\"exec 9>held; flock 9; touch started; $1\""; }
nobody_holds() { flock -n held true; }

# A run in the background whose command has started; its id, and that of its supervisor.
start() {
	rm -f started
	mlp run -d . "$@"
	is "$status" 0
	id=$output
	until_true test -e started
	mlp ps --json
	supervisor=$(json "[r['pid'] for r in j if r['run_id'] == '$id'][0]")
}
lose() {
	kill -9 "$supervisor"
	until_true is_dead "$supervisor"
}
# Somebody came to the fault point, as "said" has it, and is gone.
was_struck() {
	until_true test -s "$T/said"
	until_true is_dead "$(awk '{print $2; exit}' "$T/said")"
}
# "STATUS reason" of the run.
ended() {
	mlp show "$id" --json
	json 'j["status"], j["reason"]'
}
# The process in "pids" is what it wants to be.
is_bare() { [ "$(cat "/proc/$(cat pids)/comm")" = sleep ]; }
lost="supervisor lost (killed or machine restarted)"

@test "a sample of kills, power cuts and full disks: no lie, nothing left" {
	SOAK_KILLS=${SOAK_KILLS:-60} run "$BATS_TEST_DIRNAME/../soak.sh"
	echo "$output"
	is "$status" 0
	has "$output" ", 0 lies"
}

@test "fault points are in the test build alone" {
	run env MLP_FAULT=list "$FAULTY"
	is "$status" 0
	[ "${#lines[@]}" -gt 30 ]
	has "$output" launch.recorded
	libexec=$(dirname "$MLP")/../libexec
	for program in "$MLP" "$libexec"/mlp-* "$(dirname "$MLP")"/../lib/libmlp.so; do
		run grep -c 'MLP_FAULT\|launch\.recorded' "$program"
		is "$program $output" "$program 0"
	done
	MLP_FAULT=launch.recorded mlp ps
	is "$status" 0
}

@test "deaf, forked twice, in a session of its own, without an environment: stopped all the same" {
	for how in group daemon naked inside; do
		holding "$NASTY $how 60; sleep 60"
		start
		mlp stop "$id"
		mlp wait "$id"
		is "$how $status" "$how 143"
		nobody_holds
		rm -f started
		mlp run . --timeout 0.2s
		is "$how $status" "$how 124"
		nobody_holds
		start
		lose
		mlp ps --json
		is "$how $output" "$how []"
		nobody_holds
		has "$(ended)" "('FAILED', '$lost"
	done
}

@test "in the session of the command, without mark and environment: found by its company there" {
	printf '%s\n' 'exec 9>held; flock 9' \
		"bash -c 'ulimit -S -R unlimited; exec env -i sleep 61' & echo \$! >pids" \
		"sleep 60 & touch started; wait" >script
	main_is '"bash script"'
	start
	until_true is_bare
	lose
	mlp ps
	nobody_holds
	has "$(ended)" "2 of its processes were still running and were stopped"
}

@test "what has taken off its mark and its environment and left the session is not found" {
	printf '%s\n' "bash -c 'ulimit -S -R unlimited; exec env -i setsid sleep 60' & echo \$! >pids" \
		"touch started; wait" >script
	main_is '"bash script"'
	start
	until_true is_bare
	lose
	mlp ps
	is "$(ended)" "('FAILED', '$lost')"
	kill -0 "$(cat pids)" # the teardown ends it
}

@test "a number alone says nothing: others' sessions and processes are left alone" {
	holding "sleep 60"
	start
	lose
	setsid sleep 60 >/dev/null 2>&1 3>&- &
	echo $! >pids
	state=$XDG_STATE_HOME/mlp/runs/$id
	sed -i "s/\"session\":[0-9]*/\"session\":$!/; s/\"command\":[0-9]*/\"command\":$!/; s/\"pid\":[0-9]*/\"pid\":$!/" \
		"$state/card.json"
	# as where numbers have come round: it may have been given to another since
	[ "$(awk '/^processes/ {print $2}' /proc/stat)" -gt "$(cat /proc/sys/kernel/pid_max)" ] ||
		skip "the numbers of processes have not come round yet"
	mlp ps
	kill -0 "$(cat pids)"
	has "$(ended)" "$lost"
}

@test "after a restart of the machine no processes are looked for" {
	holding "sleep 60"
	start
	lose
	until_true nobody_holds
	env "MLP_RUN_ID=$id" sleep 60 >/dev/null 2>&1 3>&- &
	echo $! >pids
	printf '%s' 00000000-1111-2222-3333-444444444444 >"$XDG_STATE_HOME/mlp/runs/$id/lock"
	mlp ps --json
	is "$output" "[]"
	is "$(ended)" "('FAILED', '$lost')"
	kill -0 "$(cat pids)"
}

@test "a lock that could not say when it was made: found by mark and environment" {
	holding "$NASTY naked 60; sleep 60"
	start
	lose
	: >"$XDG_STATE_HOME/mlp/runs/$id/lock"
	mlp ps --json
	is "$output" "[]"
	nobody_holds
	has "$(ended)" "('FAILED', '$lost"
}

@test "a store that is away: processes are stopped at once, the end is recorded when it is back" {
	holding "$NASTY daemon 60; sleep 60"
	start
	mlp ps --json
	mkdir away
	mv mlflow.db* away
	lose
	for command in ps "ps -a" "run -d . -e nope"; do
		# shellcheck disable=SC2086
		mlp $command
	done
	nobody_holds
	mlp ps -a --json
	is "$(json 'j[0]["state"], j[0]["reason"][:15]')" "('FAILED', 'supervisor lost')"
	before=$(json 'j[0]["end_time"]')
	rm -f mlflow.db*
	mv away/* .
	mkdir elsewhere
	(cd elsewhere && "$MLP" ps 2>"$T/stderr")
	has "$(cat "$T/stderr")" "the end of run ${id:0:8}, kept until now, is recorded: FAILED"
	mlp show "$id" --json
	is "$(json 'j["status"], j["end_time"]')" "('FAILED', $before)"
	is "$(ls -A "$XDG_STATE_HOME/mlp/runs")" ""
	mlp ps -a --json
	is "$(json "len([r for r in j if r['run_id'] == '$id'])")" 1
}

@test "what the command had recorded itself: FINISHED is not believed, KILLED is" {
	holding "sleep 60"
	for said in FINISHED KILLED; do
		start
		sql "UPDATE runs SET status = '$said', end_time = start_time WHERE run_uuid = '$id'"
		lose
		mlp ps
		if [ $said = FINISHED ]; then
			is "$(ended)" "('FAILED', '$lost; the command itself had recorded FINISHED')"
		else
			is "$(ended)" "('KILLED', '$lost')"
		fi
	done
}

@test "killed while it was being prepared: told, and no record is made up" {
	main_is '"true"'
	mlp run .
	run -137 env MLP_FAULT=launch.locked "$FAULTY" run -d .
	mlp ps --json
	is "$output" "[]"
	has "$stderr" "was left PREPARING; it is now FAILED: $lost"
	mlp ps -a --json
	is "$(json '[(r["state"], r["reason"]) for r in j]')" "[('FAILED', '$lost'), ('FINISHED', None)]"
	is "$(sql 'SELECT count(*) FROM runs')" 1
	is "$(ls -A "$XDG_STATE_HOME/mlp/runs")" ""
}

@test "who heals is killed: the next one does it, once" {
	holding "sleep 60"
	for point in heal.taken heal.stopped heal.recorded archive.written heal.archived forget.renamed; do
		start
		lose
		run -137 env MLP_FAULT=$point "$FAULTY" ps
		mlp ps --json
		is "$point $output" "$point []"
		nobody_holds
		has "$(ended)" "('FAILED', '$lost"
		is "$(ls -A "$XDG_STATE_HOME/mlp/runs")" ""
		mlp ps -a --json
		is "$point $(json "[r['state'] for r in j if r['run_id'] == '$id']")" "$point ['FAILED']"
	done
}

@test "who keeps an end, or returns a run to the queue, is killed: nothing is lost" {
	holding "sleep 60"
	start
	mkdir away
	mv mlflow.db* away
	lose
	run -137 env MLP_FAULT=heal.kept "$FAULTY" ps
	mlp ps --json
	is "$output" "[]"
	mv away/* .
	mlp ps
	has "$(ended)" "('FAILED', '$lost')"
	main_is "\"echo once >>$T/ran\""
	id=$(MLP_FAULT=queue.claimed MLP_FAULT_SAID=$T/said "$FAULTY" run -d -j 1 . 2>/dev/null)
	was_struck
	[ "$(ls -A "$XDG_STATE_HOME/mlp/queue/claimed")" ]
	rm "$T/said"
	# ps itself, or the runner that it starts: whoever is first
	MLP_FAULT=queue.returned MLP_FAULT_SAID=$T/said "$FAULTY" ps >/dev/null 2>&1 || :
	was_struck
	mlp wait "$id"
	is "$status" 0
	is "$(cat "$T/ran")" once
	is "$(ended)" "('FINISHED', None)"
}

@test "many heal at once: it is told and recorded once" {
	holding "sleep 60"
	start
	lose
	for i in 1 2 3 4 5 6; do
		"$MLP" ps >/dev/null 2>"$T/err.$i" 3>&- &
	done
	wait
	is "$(cat "$T"/err.* | grep -c "was left RUNNING")" 1
	has "$(ended)" "$lost"
	is "$(grep -c "$id" "$XDG_STATE_HOME/mlp/ended.jsonl")" 1
}
