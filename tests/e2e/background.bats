#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Runs in the background: they go on; wait, stop, attach.  (pair.bats: the same as in the
# foreground.)
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() {
	cli_setup
	BG=
}

teardown() {
	"$MLP" stop --all --grace 0 >/dev/null 2>&1 || true
	for pid in $BG; do kill -9 "$pid" 2>/dev/null || true; done
	tmux -L "mlp$$" kill-server 2>/dev/null || true
	[ -z "${MOUNTED:-}" ] || umount -l "$MOUNTED"
	cli_teardown
}

# The exit code of $pid, a job of ours.
ends_with() {
	local code=0
	wait "$pid" || code=$?
	is "$code" "$1"
}
# A run that goes on until it is told to end: touch go.
patient() {
	manifest <<'M'
entry_points:
  main: {command: "echo up; while [ ! -e go ]; do sleep 0.02; done; echo done"}
  deaf: {command: "trap '' TERM INT; echo up; while [ ! -e go ]; do sleep 0.02; done"}
  polite: {command: "trap 'echo got INT; exit 9' INT; echo up; while [ ! -e go ]; do sleep 0.02; done"}
  fails: {command: "exit 7"}
M
}
# Start in the background; its id in $id.
start() {
	mlp run . -d "$@"
	is "$status" 0
	id=$output
}
state_of() { "$MLP" ps -a --json | python3 -c "
import json, sys
print([r['state'] for r in json.load(sys.stdin) if r['run_id'] == '$1'][0])"; }
is_state() { [ "$(state_of "$1")" = "$2" ]; }
# Does mlp with these arguments wait for a run?  It has a process that does nothing else.
waits() {
	local pid
	pid=$(pgrep -o -f "^$MLP $1") && pgrep -P "$pid"
}
# Is it told by the kernel of what changes in the queue?
watches() { readlink "/proc/$1"/fd/* | grep -q inotify; }
says() { [[ $("$MLP" logs "$id" 2>&1) == *"$1"* ]]; }

@test "what goes wrong before a run is said as in the foreground" {
	local fore words
	main_is '"echo {x}"'
	mkdir -p empty broken
	echo 'entry_points: [' >broken/MLproject
	for words in "." ". -e nope" "empty" "broken" "gone" ". -P x" ". --timeout soon" \
		". -P x=1 --tracking-uri http://h" ". -P x=1 --experiment-id 77" \
		". -P x=1 --run-id 0123456789abcdef0123456789abcdef" \
		". -P x=1 --tracking-uri sqlite:///no/dir/m.db" "--no-such" ""; do
		# shellcheck disable=SC2086
		mlp run $words
		fore="$status|$output|$stderr"
		# shellcheck disable=SC2086
		mlp run -d $words
		is "$words: $status|$output|$stderr" "$words: $fore"
		[ "$status" -ne 0 ]
	done
	mlp ps -a
	is "$output" ""
	[ -z "$(ls "$XDG_STATE_HOME/mlp/runs" 2>/dev/null)" ]
}

@test "rerun -d" {
	manifest <<'M'
entry_points:
  main: {command: "echo again {x}; exit 4", parameters: {x: int}}
M
	mlp run . -P x=1 --run-name first
	mlp rerun -d first
	is "$status" 0
	id=$output
	mlp wait "$id"
	is "$status" 4
	mlp logs "$id"
	is "$output" "again 1"
	newest
	is "$(json 'j["run_id"] == "'"$id"'", "mlp.rerunOf" in j["tags"]')" "(True, True)"
}

@test "-d returns at once, holds nothing of the caller's, and the run goes on" {
	patient
	# the pipes end although the run goes on, also one that the caller has open besides
	out=$("$MLP" run . -d 3>&1 2>&1)
	has "$out" "mlp: run "
	id=$(tail -n 1 <<<"$out")
	until_true is_state "$id" RUNNING
	is "$("$MLP" ps --json | python3 -c 'import json, sys; j = json.load(sys.stdin); print(len(j), j[0]["status"])')" "1 RUNNING"
	touch go
	mlp wait "$id"
	is "$status" 0
	has "$stderr" "FINISHED in "
}

@test "the run survives the end of its session and of its terminal" {
	patient
	export -p >"$T/env"
	# a session whose leader ends: HUP for all that is in it
	setsid --wait python3 - "$MLP" <<'P'
import os, pty, subprocess, sys
main, side = pty.openpty()
if os.fork() == 0:
    os.setsid()
    os.ttyname(side)
    import fcntl, termios
    fcntl.ioctl(side, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(side, fd)
    subprocess.run([sys.argv[1], "run", ".", "-d"])
    os._exit(0)  # the terminal is hung up
os.wait()
P
	output=$("$MLP" ps --json)
	id=$(json 'j[0]["run_id"]')
	pid=$(json 'j[0]["pid"]')
	until_true says up
	# nothing of a terminal is left to it
	is "$(readlink /proc/"$pid"/fd/0 /proc/"$pid"/fd/1 /proc/"$pid"/fd/2 | sort -u)" /dev/null
	is "$(ps -o tty= -p "$pid" | tr -d ' ')" "?"
	kill -HUP "$pid"
	touch go
	mlp wait "$id"
	is "$status" 0
	mlp logs "$id"
	is "$output" "up"$'\n'"done"
}

@test "a closed window of tmux does not end it" {
	patient
	tmux -L "mlp$$" -f /dev/null new-session -d -x 80 -y 24 \
		"env HOME=$HOME XDG_STATE_HOME=$XDG_STATE_HOME bash --norc"
	tmux -L "mlp$$" send-keys "cd $T/p && nohup $MLP run . -d >id" Enter
	until_true test -s id
	tmux -L "mlp$$" kill-server
	id=$(tail -n 1 id) # nohup has put both streams there
	until_true says up
	is "$(state_of "$id")" RUNNING
	touch go
	mlp wait "$id"
	is "$status" 0
}

@test "wait: several, all, none" {
	patient
	mlp wait
	is "$status" 2
	has "$stderr" "missing argument RUN (or --all)"
	mlp wait --all
	is "$status|$output" "0|"
	has "$stderr" "nothing to wait for"
	mlp wait --all x
	is "$status" 2
	mlp wait nobody
	is "$status" 125
	has "$stderr" "no run has the id or name 'nobody'"
	start --run-name one
	one=$id
	start -e fails --run-name two
	start --run-name three
	(until_true waits "wait one"; touch go) &
	mlp wait one two "${id:0:7}" "$one"
	is "$status" 7
	is "$(grep -c 'FINISHED in\|FAILED after' <<<"$stderr")" 3
	mlp wait one
	is "$status" 0
	rm go
	start
	(until_true waits "wait --all"; touch go) &
	mlp wait --all
	is "$status" 0
	is "$(state_of "$id")" FINISHED
}

@test "wait for oneself is refused; --all leaves it out" {
	main_is "'$MLP wait \$MLP_RUN_ID; echo code \$?; $MLP wait --all; echo all \$?'"
	mlp run .
	has "$output" "code 125"
	has "$output" "all 0"
	has "$stderr" "which would wait for itself"
}

@test "wait ends by a signal; the run goes on" {
	patient
	start
	"$MLP" wait "$id" 2>/dev/null &
	pid=$!
	BG="$BG $pid"
	until_true pgrep -P "$pid"
	kill -TERM "$pid"
	code=0
	wait "$pid" || code=$?
	is "$code" 143
	is "$(state_of "$id")" RUNNING
	run ! pgrep -P "$pid"
}

@test "wait does nothing while nothing happens" {
	patient
	start
	"$MLP" wait "$id" 2>/dev/null &
	pid=$!
	BG="$BG $pid"
	until_true pgrep -P "$pid"
	sleep 0.1
	switches() { cat /proc/"$pid"/status /proc/"$(pgrep -P "$pid")"/status | awk '/^voluntary/ {n += $2} END {print n}'; }
	before=$(switches)
	sleep 0.5
	is "$(switches)" "$before"
	touch go
	wait "$pid"
}

@test "stop: TERM, the record, its exit code; what has ended" {
	patient
	start --run-name it
	until_true says up
	mlp stop it
	is "$status" 0
	has "$stderr" "KILLED after"
	newest
	is "$(json 'j["status"], j["reason"]')" "('KILLED', 'stopped by SIGTERM')"
	mlp wait it
	is "$status" 143
	mlp stop it
	is "$status" 0
	has "$stderr" "has ended already: KILLED"
	mlp stop nobody
	is "$status" 1
	mlp stop
	is "$status" 2
	mlp stop --all
	is "$status" 0
	has "$stderr" "nothing to stop"
	mlp stop --grace soon it
	is "$status" 2
	has "$stderr" "--grace: 'soon' is not a duration"
}

@test "a stop that is interrupted has been asked for all the same" {
	patient
	unset MLP_STOP_GRACE
	start -e deaf
	until_true says up
	env --default-signal "$MLP" stop --grace 1h "$id" 2>/dev/null &
	pid=$!
	BG="$BG $pid"
	until_true is_state "$id" STOPPING
	until_true pgrep -P "$pid"
	kill -INT "$pid"
	ends_with 130
	is "$(state_of "$id")" STOPPING
	mlp stop --grace 0 "$id"
	mlp wait "$id"
	is "$status" 143
}

@test "a run that is still being prepared is seen, and stopped before it is recorded" {
	python3 - <<'P' &
import os, socket, time
s = socket.create_server(("127.0.0.1", 0))
with open("port.new", "w") as f:
    f.write(str(s.getsockname()[1]))
os.rename("port.new", "port")
held = [s.accept() for i in range(9)]
P
	BG="$BG $!"
	until_true test -s port
	"$MLP" run -d "http://127.0.0.1:$(cat port)/silent.git" --run-name quiet >"$T/out" 2>"$T/err" &
	pid=$!
	prepared() { "$MLP" ps | grep -q 'PREPARING.*silent.git'; }
	until_true prepared
	mlp logs quiet
	is "$status|$output" "0|"
	has "$stderr" "it is PREPARING"
	"$MLP" wait quiet 2>"$T/waited" &
	waiting=$!
	until_true pgrep -P "$waiting"
	mlp stop quiet
	is "$status" 0
	ends_with 143
	is "$(cat "$T/out")" ""
	has "$(cat "$T/err")" "interrupted"
	pid=$waiting
	ends_with 125
	has "$(cat "$T/waited")" "ended before it was recorded"
	mlp ps
	is "$output" ""
}

@test "a run that is queued: shown, waited for, followed, attached to, stopped" {
	patient
	touch go
	start --hold --run-name later
	mlp ps
	is "$(awk 'NR == 2 {print $1, $2, $4}' <<<"$output")" "${id:0:8} later QUEUED"
	output=$("$MLP" ps --json)
	is "$(json 'j[0]["status"], j[0]["state"], j[0]["pid"], j[0]["start_time"]')" "('SCHEDULED', 'QUEUED', None, None)"
	mlp logs later
	is "$status|$output" "0|"
	has "$stderr" "it is QUEUED"
	"$MLP" wait later 2>/dev/null &
	waiting=$!
	"$MLP" logs -f later >"$T/followed" 2>/dev/null &
	following=$!
	env --default-signal "$MLP" attach later >"$T/attached" 2>/dev/null &
	attaching=$!
	BG="$BG $waiting $following $attaching"
	for pid in $BG; do until_true watches "$pid"; done
	mlp queue release later
	for pid in $BG; do ends_with 0; done
	is "$(cat "$T/followed")" "up"$'\n'"done"
	is "$(cat "$T/attached")" "up"$'\n'"done"
	# one that is taken out of the queue
	start --hold --run-name never
	"$MLP" wait never 2>/dev/null &
	pid=$!
	"$MLP" logs -f never >"$T/followed" 2>/dev/null &
	following=$!
	env --default-signal "$MLP" attach never >/dev/null 2>"$T/attached" &
	attaching=$!
	BG="$pid $following $attaching"
	until_true watches "$attaching"
	kill -INT "$attaching"
	waiting=$pid
	pid=$attaching
	ends_with 130
	has "$(cat "$T/attached")" "is QUEUED; 'mlp stop"
	mlp stop never
	is "$status" 0
	pid=$waiting
	ends_with 143
	wait "$following" || true
	is "$(cat "$T/followed")" ""
	is "$(state_of "$id")" KILLED
}

@test "a card that cannot be written is told, and the run goes on" {
	patient
	mlp run . -e fails
	newest
	id=$(json 'j["run_id"]')
	mkdir -p "$XDG_STATE_HOME/mlp/runs/$id/card.tmp"
	mlp run . -e fails --run-id "$id"
	is "$status" 7
	has "$stderr" "warning: 'mlp ps' knows of this run only what its record says: cannot write"
	is "$(grep -c 'knows of this run only' <<<"$stderr")" 1
}

@test "a run without a card is listed as it is recorded, found, followed and stopped" {
	local dir
	patient
	start -e deaf
	until_true says up
	mlp ps --json
	before=$output
	is "$(json 'len(j)')" 1
	pid=$(json 'j[0]["pid"]')
	dir=$XDG_STATE_HOME/mlp/runs/$id
	rm "$dir/card.json"
	mkdir "$dir/card.tmp" # nor will there be one
	mlp ps
	has "$output" "${id:0:8}"
	mlp ps --json
	same() { python3 -c "
import json, sys
one, two = (json.loads(text)[0] for text in sys.argv[1:])
print([k for k in one if one[k] != two[k] and k not in ('cpu_time_ms', 'memory_bytes')])" "$@"; }
	is "$(same "$before" "$output")" "[]"
	# nothing is said of one that is recorded nobody knows where
	mv "$dir/store" "$T/store"
	mlp ps
	is "$status|$output" "0|"
	mv "$T/store" "$dir/store"
	mlp stop --grace 0 "${id:0:6}"
	is "$status" 0
	mlp wait "$id"
	is "$status" 143
	mlp ps -a --json
	is "$(json 'j[0]["run_id"] == "'"$id"'", j[0]["state"]')" "(True, 'KILLED')"
	is "$(ls -A "$XDG_STATE_HOME/mlp/runs")" ""
}

@test "stop --grace: until KILL; 0 is at once; the shorter one of two holds" {
	patient
	unset MLP_STOP_GRACE
	start -e deaf
	until_true says up
	mlp stop --grace 0.1 "$id"
	is "$status" 0
	newest
	is "$(json 'j["status"], j["exit"]["signal"]')" "('KILLED', 9)"
	start -e deaf
	until_true says up
	"$MLP" stop --grace 1h "$id" &
	until_true is_state "$id" STOPPING
	mlp stop --grace 0 "$id"
	is "$status" 0
	wait
	is "$(state_of "$id")" KILLED
}

@test "two stops at once" {
	patient
	start -e deaf
	until_true says up
	for i in 1 2 3; do
		{ "$MLP" stop "$id" 2>"$T/stop$i"; echo "$?" >"$T/code$i"; } &
	done
	wait
	is "$(cat "$T"/code? | tr '\n' ' ')" "0 0 0 "
	is "$(sql 'SELECT count(*) FROM runs WHERE status = "KILLED"')" 1
}

@test "stop --all, also runs in the foreground; a suspended supervisor" {
	patient
	start
	pid=$(output=$("$MLP" ps --json); json 'j[0]["pid"]')
	kill -STOP "$pid"
	"$MLP" run . >/dev/null 2>&1 &
	BG="$BG $!"
	fore=$!
	three() { [ "$("$MLP" ps --json | grep -c '"run_id"')" -eq 2 ]; }
	until_true three
	until_true is_state "$id" RUNNING
	mlp stop --all
	is "$status" 0
	code=0
	wait "$fore" || code=$?
	is "$code" 143
	mlp ps
	is "$output" ""
	is "$(sql 'SELECT count(*) FROM runs WHERE status = "KILLED"')" 2
}

@test "stop never signals a process that does not hold the lock" {
	patient
	start
	until_true says up
	dir=$XDG_STATE_HOME/mlp/runs/$id
	sleep 60 &
	innocent=$!
	BG="$BG $innocent"
	pid=$(output=$("$MLP" ps --json); json 'j[0]["pid"]')
	sed -i "s/\"pid\":$pid/\"pid\":$innocent/" "$dir/card.json"
	mlp stop "$id"
	is "$status" 1
	has "$stderr" "its supervisor cannot be found"
	kill -0 "$innocent"
	sed -i "s/\"pid\":$innocent/\"pid\":$pid/" "$dir/card.json"
	mlp stop "$id"
	is "$status" 0
}

@test "ambiguous and mistyped runs: the candidates are listed" {
	patient
	start --run-name same
	a=$id
	start --run-name same
	until_true is_state "$a" RUNNING
	until_true is_state "$id" RUNNING
	for command in wait stop attach logs; do
		mlp $command same
		[ "$status" -ne 0 ]
		has "$stderr" "'same' may mean several runs"
		has "$stderr" "$a (same, RUNNING)"
		has "$stderr" "$id (same, RUNNING)"
		mlp $command "${id:0:3}"
		[ "$status" -ne 0 ]
		has "$stderr" "no run has the id or name"
		mlp $command ''
		[ "$status" -ne 0 ]
		has "$stderr" "no run is named"
	done
	# one that lives is meant before those that have ended
	mlp stop "$a"
	mlp stop same
	is "$status" 0
	is "$(state_of "$id")" KILLED
}

@test "a run of another machine, or of nobody, is neither stopped nor waited for" {
	patient
	mlp run . -e fails
	sql 'UPDATE runs SET status = "RUNNING", end_time = NULL'
	sql 'UPDATE tags SET value = "other:/state" WHERE key = "mlp.host"'
	rm "$XDG_STATE_HOME/mlp/ended.jsonl"
	name=$(sql 'SELECT name FROM runs')
	mlp stop "$name"
	is "$status" 1
	has "$stderr" "nobody on this machine runs it"
	mlp wait "$name"
	is "$status" 125
	has "$stderr" "nobody on this machine runs it"
}

@test "attach: output, exit code; one that has ended" {
	patient
	start
	(until_true waits "attach $id"; touch go) &
	mlp attach "$id"
	is "$status" 0
	is "$output" "up"$'\n'"done"
	start -e fails
	mlp attach "$id"
	is "$status" 7
	mlp attach "$id"
	is "$status" 7
	mlp attach nobody
	is "$status" 125
}

# attached SIGNAL [ENTRY]: the signal to an attach that shows output; $code.
attached() {
	start -e "${2:-main}"
	until_true says up
	# a shell lets its background jobs ignore INT
	env --default-signal "$MLP" attach "$id" >"$T/out" 2>"$T/err" &
	pid=$!
	BG="$BG $pid"
	until_true grep -q up "$T/out"
	until_true pgrep -P "$pid"
	kill -"$1" "$pid"
}

@test "attach: Ctrl-C stops the run, a second one kills it" {
	patient
	unset MLP_STOP_GRACE
	attached INT polite
	ends_with 130
	has "$(cat "$T/out")" "got INT"
	is "$(state_of "$id")" KILLED
	attached INT deaf
	until_true is_state "$id" STOPPING
	kill -INT "$pid"
	ends_with 130
	newest
	is "$(json 'j["status"], j["exit"]["signal"]')" "('KILLED', 9)"
}

@test "attach: Ctrl-\\, TERM and HUP leave the run alone" {
	patient
	attached QUIT
	ends_with 131
	is "$(state_of "$id")" RUNNING
	has "$(cat "$T/err")" "goes on; 'mlp attach"
	attached TERM
	ends_with 143
	is "$(state_of "$id")" RUNNING
	attached HUP
	ends_with 129
	is "$(state_of "$id")" RUNNING
	# nobody reads it any more
	"$MLP" attach "$id" 2>/dev/null | head -n 1 >/dev/null
	is "$(state_of "$id")" RUNNING
}

@test "attach reaches a run that was started where INT is ignored" {
	patient
	id=$(sh -c "\"$MLP\" run . -e polite -d -q & wait")
	until_true says up
	"$MLP" attach "$id" >"$T/out" 2>/dev/null &
	pid=$!
	BG="$BG $pid"
	# ... as this job of a script does, too: so by another run's attach
	env --default-signal "$MLP" attach "$id" >"$T/out2" 2>/dev/null &
	second=$!
	BG="$BG $second"
	until_true grep -q up "$T/out2"
	kill -INT "$second"
	ends_with 130
	has "$(cat "$T/out")" "got INT"
	is "$(state_of "$id")" KILLED
}

@test "attach in a terminal: Ctrl-Z suspends it alone, Ctrl-C stops the run" {
	patient
	start -e polite
	until_true says up
	tmux -L "mlp$$" -f /dev/null new-session -d -x 100 -y 24 \
		"env HOME=$HOME XDG_STATE_HOME=$XDG_STATE_HOME bash --norc"
	screen() { tmux -L "mlp$$" capture-pane -p | tr '\n' ' '; }
	shows() { [[ $(screen) == *"$1"* ]]; }
	tmux -L "mlp$$" send-keys "cd $T/p; $MLP attach $id" Enter
	until_true shows "Ctrl-C stops it"
	tmux -L "mlp$$" send-keys C-z
	until_true shows "Stopped"
	is "$(state_of "$id")" RUNNING
	local pid
	pid=$(pgrep -o -f "^$MLP attach $id")
	grep -q '^State:.*T' "/proc/$pid/status"
	tmux -L "mlp$$" send-keys "fg" Enter
	until_true grep -q '^State:.*[^T] (' "/proc/$pid/status"
	tmux -L "mlp$$" send-keys C-c
	until_true is_state "$id" KILLED
	until_true shows "got INT"
	tmux -L "mlp$$" send-keys 'echo code=$?' Enter
	until_true shows "code=130"
}

@test "a full state directory: runs go on and are recorded, nothing is queued, and it is told" {
	[ "$(id -u)" = 0 ] || skip "needs root to mount a small file system"
	patient
	mkdir -p "$XDG_STATE_HOME"
	mount -t tmpfs -o size=16k none "$XDG_STATE_HOME" 2>/dev/null || skip "cannot mount a tmpfs here"
	MOUNTED=$XDG_STATE_HOME
	mkdir "$XDG_STATE_HOME/mlp"
	cat /dev/zero >"$XDG_STATE_HOME/fill" 2>/dev/null || true
	mlp run . -e fails
	is "$status" 7
	has "$stderr" "'mlp ps' knows of this run only what its record says: cannot write"
	start
	mlp ps
	is "$status" 0
	has "$output" "${id:0:8}"
	for more in "-j 1" --hold; do
		# shellcheck disable=SC2086
		mlp run . -d $more
		is "$status|$output" "125|"
		has "$stderr" "No space left on device"
	done
	touch go
	mlp wait "$id"
	is "$status" 0
	rm "$XDG_STATE_HOME/fill"
	mlp ps -a --json
	is "$(json 'sorted(r["state"] for r in j)')" "['FAILED', 'FINISHED']"
	is "$(sql 'SELECT group_concat(status) FROM (SELECT status FROM runs ORDER BY status)')" "FAILED,FINISHED"
	is "$(ls -A "$XDG_STATE_HOME/mlp/runs" "$XDG_STATE_HOME/mlp/queue/trees" | grep -v :)" ""
}

@test "what waits: TSTP suspends it, CONT lets it go on, HUP ends it, and the run lives" {
	local words pid
	patient
	unset MLP_STOP_GRACE
	is_in() { [ "$(ps -o stat= -p "$pid" | cut -c1)" = "$1" ]; }
	for words in "wait" "logs -f" "attach" "stop --grace 1h"; do
		start -e deaf
		until_true says up
		set -m # a group whose parent is in its session: of one that has none nobody stops
		# shellcheck disable=SC2086
		env --default-signal "$MLP" $words "$id" >"$T/out" 2>"$T/err" &
		pid=$!
		set +m
		BG="$BG $pid"
		until_true pgrep -P "$pid"
		kill -TSTP "$pid"
		until_true is_in T
		kill -CONT "$pid"
		until_true is_in S
		kill -HUP "$pid"
		ends_with 129
		[[ $(state_of "$id") == [RS][UT]* ]] # RUNNING or STOPPING
		mlp stop --grace 0 "$id"
		is "$status" 0
	done
}

@test "a supervisor: HUP, PIPE, TSTP and CONT are nothing to it, the run goes on" {
	patient
	start
	until_true says up
	output=$("$MLP" ps --json)
	pid=$(json 'j[0]["pid"]')
	kill -HUP "$pid"
	kill -PIPE "$pid"
	kill -TSTP "$pid" # nobody could continue it: the kernel does not stop it
	kill -CONT "$pid"
	is "$(state_of "$id")" RUNNING
	touch go
	mlp wait "$id"
	is "$status" 0
}

@test "a state directory that cannot be written, or is of a newer mlp" {
	patient
	export XDG_STATE_HOME=$T/ro
	mkdir -p "$T/ro"
	: >"$T/ro/mlp"
	for way in "" -d; do
		# shellcheck disable=SC2086
		mlp run . $way -e fails
		is "$way $status" "$way 125"
		has "$stderr" "set XDG_STATE_HOME to a directory you can write"
	done
	mlp ps
	is "$status" 1
	has "$stderr" "$T/ro/mlp/runs"
	[ ! -s mlflow.db ] # nothing is recorded
	export XDG_STATE_HOME=$T/new
	mkdir -p "$T/new/mlp"
	echo 2 >"$T/new/mlp/format"
	for words in "run . -e fails" "run -d . -e fails" "ps" "stop x" "wait x" "logs x" "attach x"; do
		# shellcheck disable=SC2086
		mlp $words
		[ "$status" -ne 0 ]
		has "$stderr" "'$T/new/mlp' is of a newer mlp (format 2; this one knows 1)"
	done
	mlp gc --older-than 0
	has "$stderr" "is of a newer mlp"
	is "$(cat "$T/new/mlp/format")" 2
}
