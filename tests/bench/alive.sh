# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# alive.sh -- the figures of many runs that live at once, and of limits.  Sourced by run.sh.

# supervisors: their numbers
supervisors() { "$mlp" ps --json | python3 -c 'import json, sys; print(*[r["pid"] for r in json.load(sys.stdin)])'; }
# ticks PID...: the time of processors that they have used, in ms
ticks() {
	local hz
	hz=$(getconf CLK_TCK)
	for pid in "$@"; do cat "/proc/$pid/stat"; done | awk -v hz="$hz" '{t += $14 + $15} END {print 1000 * t / hz}'
}
# of_status FIELD PID...: the mean, in MiB
of_status() {
	local field=$1
	shift
	for pid in "$@"; do cat "/proc/$pid/$([ "$field" = Pss ] && echo smaps_rollup || echo status)"; done |
		awk -v field="$field:" '$1 == field {kib += $2; n++} END {print kib / n / 1024}'
}

alive() {
	mkdir -p alive && cd alive
	printf 'entry_points:\n  main:\n    command: "sleep 600"\n' >MLproject
	local i pids before
	for i in $(seq 200); do "$mlp" run -d -q . >/dev/null; done
	read -ra pids <<<"$(supervisors)"
	sleep 2
	before=$(ticks "${pids[@]}")
	sleep 10
	row "${#pids[@]} runs alive: resident memory of each" "$(of_status VmRSS "${pids[@]}")" "the limit" 4 MiB "<= 1"
	row "of it their own (Pss)" "$(of_status Pss "${pids[@]}")" "the limit" 4 MiB "<= 1"
	row "processor time of all together in 10 s" "$(awk -v a="$before" -v b="$(ticks "${pids[@]}")" 'BEGIN {print b - a}')" \
		"1 % of one" 100 ms "<= 1"
	"$mlp" stop --all --grace 0 -q
	noop noop && cd noop
	"$mlp" run -q .
	take 60 "$mlp run -q . --memory 1g --cpus 2" "$mlp run -q ."
	row "with limits of memory and processors" "$(value 1 1)" "without" "$(value 2 1)" ms "-"
	take 60 "$mlp run -q . --on-end :" "$mlp run -q ."
	row "with --on-end :" "$(value 1 1)" "without" "$(value 2 1)" ms "-"
	cd ../..
}
