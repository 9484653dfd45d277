#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a run may use, what it has used, what is kept of its output; --on-end.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() { cli_setup; }
teardown() {
	"$MLP" stop --all --grace 0 >/dev/null 2>&1 || true
	cli_teardown
}

# The sanitizers' memory is beside the point.
is_sanitized() { ldd "$MLP" | grep -q asan; }
tag() { json "j['tags'].get('$1')"; }
# Is the run's control group gone?
no_group_left() { [ -z "$(find /sys/fs/cgroup -type d -name "mlp-$1" 2>/dev/null)" ]; }

eats() { # MIB: a command that touches so much memory
	printf "python3 -c 'b = bytearray(%d << 20); print(len(b))'" "$1"
}

# --- what was used ---

@test "wall time, CPU time and peak memory are in the record, in ps and in the JSON" {
	main_is "\"python3 -c 'b = bytearray(60 << 20); sum(range(2000000))'\""
	mlp run .
	is "$status" 0
	newest
	[ "$(json "j['usage']['peak_memory_bytes']")" -gt $((60 << 20)) ]
	[ "$(json "j['usage']['peak_memory_bytes']")" -lt $((200 << 20)) ]
	[ "$(json "j['usage']['cpu_time_ms']")" -gt 20 ]
	[ "$(json "j['usage']['wall_time_ms']")" -ge "$(json "j['usage']['cpu_time_ms'] // 4")" ]
	is "$(tag mlp.cpu_time_ms)" "$(json "j['usage']['cpu_time_ms']")"
	is "$(tag mlp.wall_time_ms)" "$(json "j['usage']['wall_time_ms']")"
	is "$(tag mlp.peak_memory_bytes)" "$(json "j['usage']['peak_memory_bytes']")"
	mlp show "$(json "j['run_id']")"
	[[ $output =~ used\ +[0-9.]+\ m?s\ of\ processors,\ [0-9.]+\ MiB\ of\ memory ]]
	newest
	local cpu memory
	cpu=$(tag mlp.cpu_time_ms) memory=$(tag mlp.peak_memory_bytes)
	mlp ps -a --json
	is "$(json "j[0]['cpu_time_ms']")" "$cpu"
	is "$(json "j[0]['memory_bytes']")" "$memory"
}

@test "what a child and a process that left its parent have used is counted" {
	cat >burn.py <<'P'
import os, sys, time
if sys.argv[1] == "away":
    if os.fork():
        os._exit(0)
    os.setsid()
b = bytearray(50 << 20)
end = time.process_time() + 0.3
while time.process_time() < end:
    pass
open(sys.argv[1], "w").close()
P
	main_is '"python3 burn.py child; python3 burn.py away; while [ ! -e away ]; do sleep 0.05; done"'
	mlp run .
	is "$status" 0
	newest
	[ "$(json "j['usage']['cpu_time_ms']")" -ge 600 ]
	[ "$(json "j['usage']['peak_memory_bytes']")" -gt $((50 << 20)) ]
}

@test "a command that cannot be started has used nothing; a run opened again forgets" {
	main_is '"true"'
	status=0
	PATH=/nowhere "$MLP" run . 2>"$T/stderr" || status=$?
	is "$status" 127
	local id nothing="{'wall_time_ms': None, 'cpu_time_ms': None, 'peak_memory_bytes': None}"
	newest
	is "$(json "j['exit']['kind'], j['usage']")" "('never', $nothing)"
	mlp run .
	newest
	id=$(json "j['run_id']")
	[ "$(tag mlp.peak_memory_bytes)" -gt 0 ]
	main_is "'while [ ! -e go ]; do sleep 0.02; done'"
	"$MLP" run -q . --run-id "$id" &
	until_true sh -c "'$MLP' ps | grep -q RUNNING"
	mlp show "$id" --json
	is "$(json "j['usage']")" "$nothing"
	touch go
	wait
}

# --- limits ---

@test "out of memory is named, with the limit" {
	main_is "\"$(eats 200)\""
	mlp run . --memory 64m
	local code=$status said=$stderr
	newest
	case $(tag mlp.limits) in
	"memory 64 MiB (cgroup v"[12]")")
		is "$code" 137
		is "$(json "j['status']")" FAILED
		is "$(json "j['exit']['kind']")" oom
		is "$(json "j['reason']")" "out of memory: 64 MiB is its limit"
		[ "$(json "j['usage']['peak_memory_bytes']")" -le $((64 << 20)) ]
		;;
	"memory 64 MiB (each process by itself)") # no cgroups here
		is "$code" 1
		has "$said" "64 MiB of memory is the limit of each process"
		has "$said" MemoryError
		is "$(json "j['reason']")" "exit 1"
		;;
	*) is "$(tag mlp.limits)" "memory 64 MiB (...)" ;;
	esac
	no_group_left "$(json "j['run_id']")"
}

@test "exit 137 and a KILL from outside are not guessed to be out of memory" {
	manifest <<'M'
entry_points:
  main: {command: "exit 137"}
  killed: {command: "kill -9 $$"}
M
	mlp run . --memory 64m
	is "$status" 137
	newest
	is "$(json "j['exit']['kind']")" exited
	mlp run . -e killed --memory 64m
	is "$status" 137
	newest
	is "$(json "j['exit']['kind']")" signalled
	is "$(json "j['reason']")" "killed by SIGKILL"
}

@test "within its limits a command does not notice them" {
	main_is "\"$(eats 20)\""
	mlp run . --memory 256m --cpus 2
	is "$status" 0
	has "$output" 20971520
	newest
	has "$(tag mlp.limits)" "memory 256 MiB"
	has "$(tag mlp.limits)" "cpus 2"
	no_group_left "$(json "j['run_id']")"
}

@test "a worker that was killed, out of memory, is told although the command went on" {
	main_is "\"$(eats 200) || echo went on\""
	mlp run . --memory 64m
	is "$status" 0
	has "$output" "went on"
	newest
	case $(tag mlp.limits) in
	*cgroup*) is "$(json "j['reason']")" "1 of its processes was killed, out of memory" ;;
	esac
}

@test "where no control group may be made the limits are kept otherwise, and that is told" {
	[ "$(id -u)" = 0 ] || skip "needs root, to be somebody else"
	main_is "\"$(eats 200)\""
	chmod 755 "$T"
	chown -R 65534:65534 "$T"
	local said
	status=0
	said=$(setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$MLP" run . --memory 64m --cpus 0.5 2>&1) || status=$?
	is "$status" 1
	has "$said" "no control group can be made here: 64 MiB of memory is the limit of each process"
	has "$said" "kept to 1 processor, but not to 0.5 of what they can do"
	has "$said" MemoryError
	newest
	is "$(tag mlp.limits)" \
		"memory 64 MiB (each process by itself), cpus 0.5 (kept to 1 processor)"
	main_is '"nproc; ulimit -d"'
	said=$(setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$MLP" run . --memory 64m --cpus 1 2>&1)
	has "$said" "1
65536"
}

@test "a command that is slowed to a tenth of a processor takes longer than its CPU time" {
	main_is "\"python3 -c 'sum(range(20000000))'\""
	mlp run . --cpus 0.1
	is "$status" 0
	newest
	case $(tag mlp.limits) in
	*cgroup*) [ "$(json "j['usage']['wall_time_ms']")" -gt "$(json "3 * j['usage']['cpu_time_ms']")" ] ;;
	*) has "$(tag mlp.limits)" "kept to 1 processor" ;;
	esac
}

@test "limits in the background, and a supervisor that was killed: no group is left" {
	main_is "'echo up; sleep 300'"
	mlp run . -d --memory 64m
	is "$status" 0
	local id=$output pid
	until_true sh -c "'$MLP' ps | grep -q RUNNING"
	pid=$("$MLP" ps --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["pid"])')
	kill -9 "$pid"
	until_true is_dead "$pid"
	mlp ps
	lacks "$output" RUNNING
	no_group_left "$id"
}

@test "sizes and numbers that are none" {
	main_is '"true"'
	mlp run . --memory lots
	is "$status" 2
	has "$stderr" "--memory: 'lots' is not a size"
	mlp run . --memory 1k
	is "$status" 2
	has "$stderr" "--memory: '1k' is less than a command can have (6m is the least)"
	mlp run . --memory 1e9
	is "$status" 2
	mlp run . --memory -1
	is "$status" 2
	for bad in 0 -1 two 1e3 nan 0x2; do
		mlp run . --cpus "$bad"
		is "$status" 2
		has "$stderr" "--cpus: '$bad' is not a number of processors"
	done
	mlp run . --log-limit 0
	is "$status" 2
	has "$stderr" "--log-limit: '0' is not a size"
}

# --- what is kept of the output ---

@test "--log-limit keeps the first part, shows all, and says what is missing" {
	main_is "\"head -c 3000000 /dev/zero | tr '\\\\0' x; echo end; echo error >&2\""
	mlp run . --log-limit 1m
	is "$status" 0
	is "${#output}" 3000003
	newest
	is "$(tag mlp.log_dropped_bytes)" $((3000004 - 1048576))
	mlp logs "$(json "j['run_id']")" --stdout
	is "$(printf %s "$output" | head -c 1048576 | tr -d x)" ""
	is "$(printf '%s' "$output" | tail -c +1048577)" "
mlp: what follows is not kept (--log-limit 1 MiB)
mlp: $((3000004 - 1048576)) bytes were not kept"
	newest
	mlp logs "$(json "j['run_id']")" --stderr
	is "$output" error
}

@test "what just fits is kept whole, without a word" {
	main_is '"printf 12345678; printf 123456789 >&2"'
	mlp run . --log-limit 8
	newest
	is "$(tag mlp.log_dropped_bytes)" 1
	mlp logs "$(json "j['run_id']")" --stdout
	is "$output" 12345678
}

@test "a gigabyte without a newline: bounded memory, the log cut" {
	main_is '"head -c 1000000000 /dev/zero"'
	local most=20
	! is_sanitized || most=100
	python3 - "$MLP" "$most" <<'P'
import os, resource, subprocess, sys
p = subprocess.Popen([sys.argv[1], "run", ".", "--log-limit", "10m"],
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(p.pid, 0)
assert status == 0, status
assert usage.ru_maxrss < int(sys.argv[2]) * 1024, usage.ru_maxrss
P
	newest
	is "$(tag mlp.log_dropped_bytes)" $((1000000000 - (10 << 20)))
	[ "$(stat -c %s mlruns/0/*/artifacts/mlp/stdout.log)" -lt $((11 << 20)) ]
}

# --- --on-end ---

@test "--on-end gets the run as mlp show --json has it, for every way of ending" {
	manifest <<'M'
entry_points:
  main: {command: "true"}
  fails: {command: "exit 3"}
  slow: {command: "echo up; sleep 300"}
  absent: {command: "true", env: {A: b}}
M
	mlp run . --on-end 'cat >end.json'
	is "$status" 0
	newest
	mlp show "$(json "j['run_id']")" --json
	is "$(json 'json.dumps(j)')" "$(python3 -c 'import json; print(json.dumps(json.load(open("end.json"))))')"
	mlp run . -e fails --on-end 'cat >end.json'
	is "$status" 3
	output=$(cat end.json)
	is "$(json "j['status'], j['exit']['code']")" "('FAILED', 3)"
	mlp run . -e slow --timeout 200ms --on-end 'cat >end.json'
	is "$status" 124
	output=$(cat end.json)
	is "$(json "j['exit']['kind']")" timeout
	"$MLP" run -q . -e slow --on-end 'cat >end.json' >out &
	until_true grep up out
	kill -TERM $!
	wait $! || true
	output=$(cat end.json)
	is "$(json "j['status']")" KILLED
	mlp run -q . -d -e slow --on-end 'cat >end2.json'
	local id=$output
	mlp stop "$id"
	until_true test -s end2.json
	until_true sh -c "! '$MLP' ps | grep -q $id"
	output=$(cat end2.json)
	is "$(json "j['run_id'], j['status']")" "('$id', 'KILLED')"
}

@test "what --on-end does changes nothing of the run" {
	main_is '"true"'
	mlp run . --on-end 'echo from the end; exit 9'
	is "$status" 0
	has "$stderr" "from the end"
	has "$stderr" "--on-end: exit 9"
	newest
	is "$(json "j['status']")" FINISHED
	is "$(cat mlruns/0/*/artifacts/mlp/on-end.log)" "from the end
mlp: --on-end: exit 9"
	mlp run . --on-end 'kill -9 $$'
	is "$status" 0
	has "$stderr" "--on-end: killed by SIGKILL"
}

@test "--on-end that does not read, or does not end" {
	main_is '"true"'
	mlp run . -P "x=$(head -c 100000 /dev/zero | tr '\0' x)" --on-end true
	is "$status" 0
	lacks "$stderr" on-end
	MLP_ON_END_LIMIT=200 mlp run . --on-end "sleep 300.$$" # no other test's
	is "$status" 0
	has "$stderr" "--on-end: timed out"
	lacks "$(ps ax -o args)" "sleep 300.$$"
}

@test "--on-end in the background; it is in the caller's directory and finds the store" {
	main_is '"echo said"'
	mkdir sub
	cd sub
	mlp run .. -d --tracking-uri "sqlite:///$T/p/other.db" \
		--on-end "id=\$(python3 -c 'import json, sys; print(json.load(sys.stdin)[\"run_id\"])'); '$MLP' logs \$id >here"
	is "$status" 0
	until_true grep said here
}

@test "a queued run has all of it, too" {
	# its code is a copy, for each attempt a fresh one
	main_is '"echo try >>$HOME/tries; [ -e $HOME/go ] || (touch $HOME/go; exit 3) && head -c 3000 /dev/zero"'
	mlp run . -d -j 1 -q --memory 64m --cpus 2 --log-limit 1k --retries 2 --retry-delay 10ms \
		--retry-on 3 --on-end 'cat >end.json; touch ended'
	is "$status" 0
	local id=$output
	mlp wait "$id"
	is "$status" 0
	until_true test -e ended
	is "$(wc -l <"$HOME/tries")" 2
	output=$(cat end.json)
	is "$(json "j['status'], j['tags']['mlp.attempt'], j['tags']['mlp.retryOf']")" "('FINISHED', '2', '$id')"
	has "$(tag mlp.limits)" "memory 64 MiB"
	has "$(tag mlp.limits)" "cpus 2"
	is "$(tag mlp.log_dropped_bytes)" 1976
}

# --- nobody is woken for nothing ---

# It is in poll or ppoll without a time-out.  2: the kernel does not say.
waits_for_ever() {
	python3 - "$1" <<'P'
import platform, sys
calls = {"x86_64": {7: (2, 0xffffffff), 271: (2, 0)}, "aarch64": {73: (2, 0)}}.get(platform.machine())
try:
    words = open(f"/proc/{sys.argv[1]}/syscall").read().split()
except OSError:
    sys.exit(2)
if not calls:
    sys.exit(2)
if not words[0].isdigit() or int(words[0]) not in calls:
    sys.exit(1)
n, never = calls[int(words[0])]
sys.exit(int(words[1 + n], 16) & 0xffffffff != never)
P
}

@test "a supervisor whose command sleeps is woken by nothing, and is small" {
	main_is "'sleep 300'"
	mlp run . -d
	local id=$output pid before
	pid=$("$MLP" ps --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["pid"])')
	until_true sh -c "'$MLP' ps | grep -q RUNNING"
	local said=0 seconds=1
	waits_for_ever "$pid" || said=$?
	if [ "$said" = 2 ]; then
		sleep 1
		seconds=5
	else
		until_true waits_for_ever "$pid"
	fi
	before=$(grep ctxt "/proc/$pid/status")
	sleep "$seconds"
	[ "$said" = 2 ] || waits_for_ever "$pid"
	is "$(grep ctxt "/proc/$pid/status")" "$before"
	is_sanitized || [ "$(awk '/VmRSS/ {print $2}' "/proc/$pid/status")" -lt 4096 ]
	mlp stop "$id"
}
