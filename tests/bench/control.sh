# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# control.sh -- the figures of runs in the background.  Sourced by run.sh.

# ended_cards N: as supervisors would leave them
ended_cards() {
	python3 - "$1" >"$XDG_STATE_HOME/mlp/ended.jsonl" <<-'EOF'
		import json, sys, time
		n, now = int(sys.argv[1]), int(time.time() * 1000)
		for i in range(n):
		    at = now - 1000 * (n - i)
		    print(json.dumps({"run_id": f"{i * 2654435761:032x}", "name": f"old-{i}", "entry_point": "main",
		        "uri": "/home/ann/wine", "cwd": "/home/ann", "store_uri": "sqlite:////home/ann/mlflow.db",
		        "experiment": "Default", "log_dir": f"/home/ann/mlruns/0/{i:032x}/artifacts/mlp", "exit": "exited:0",
		        "state": "FINISHED", "recorded": True, "background": True, "pid": 1, "command": 2, "exit_code": 0,
		        "queued": -1, "started": at - 500, "ended": at, "cpu_time_ms": 10, "memory_bytes": 1000000},
		        separators=(",", ":")))
	EOF
}

control() {
	local state=$XDG_STATE_HOME
	noop control && cd control
	"$mlp" run -q .
	printf '#!/bin/sh\nexec "%s" wait -q "$("%s" run -d -q .)"\n' "$mlp" "$mlp" >apart.sh
	chmod +x apart.sh
	take 60 ./apart.sh "$mlp run -q ."
	row "run -d and wait" "$(value 1 1)" "run in the foreground" "$(value 2 1)" ms "-"
	take -p "$mlp wait --all -q" 60 "$mlp run -d -q ." "$mlp run -q ."
	row "run -d until it prints the id" "$(value 1 1)" "run in the foreground" "$(value 2 1)" ms "-"
	"$mlp" wait --all -q
	export XDG_STATE_HOME=$scratch/state.many
	mkdir -p "$XDG_STATE_HOME/mlp/runs"
	ended_cards 10000
	take 40 "$mlp ps -q" "$mlp ps -a"
	row "mlp ps, 10,000 runs that ended" "$(value 1 1)" "the limit" 50 ms "<= 1"
	row "mlp ps -a, of them the last 20" "$(value 2 1)" "the limit" 50 ms "<= 1"
	take 40 "$mlp wait -q old-17"
	row "one of them found by its name" "$(value 1 1)" "the limit" 50 ms "<= 1"
	rm -r "$XDG_STATE_HOME"
	export XDG_STATE_HOME=$state
	printf 'entry_points:\n  main:\n    command: "head -c 1000000000 /dev/zero"\n' >MLproject
	"$mlp" run -q . --run-name big >/dev/null
	take 5 "$mlp logs big" "cat $(find mlruns -name stdout.log -size +1k)"
	row "logs of 1 GB" "$(value 1 1)" "cat" "$(value 2 1)" ms "-"
	cd ..
	rm -r control
}
