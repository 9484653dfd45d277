# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# heal.sh -- what looking for lost runs costs.  Sourced by run.sh.

heal() {
	local state=$XDG_STATE_HOME i left
	noop heal && cd heal
	"$mlp" run -q .
	export XDG_STATE_HOME=$scratch/state.left
	for i in $(seq 1000); do
		left=$XDG_STATE_HOME/mlp/runs/$(printf '%032x' "$i")
		mkdir -p "$left"
		: >"$left/stdout.log"
		ln -s sqlite:////home/ann/mlflow.db "$left/store"
	done
	printf '#!/bin/sh\nXDG_STATE_HOME=%s exec "%s" run -q .\n' "$state" "$mlp" >few.sh
	chmod +x few.sh
	take 40 "$mlp run -q ." ./few.sh
	row "a run beside 1,000 that left logs" "$(value 1 1)" "beside none" "$(value 2 1)" ms "-"
	rm -r "$XDG_STATE_HOME"
	export XDG_STATE_HOME=$state
	printf 'entry_points: {main: {command: "true"}, long: {command: "sleep 60"}}\n' >MLproject
	# the supervisor is killed; its command dies with it
	cat >lose.sh <<-EOF
		id=\$("$mlp" run -d -q . -e long) && sleep 0.05
		kill -9 "\$("$mlp" ps --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["pid"])')"
		sleep 0.05
	EOF
	take -p "sh lose.sh" 10 "$mlp ps"
	i=$(value 1 1)
	take 10 "$mlp ps" "$mlp run -q ."
	row "mlp ps that heals a run" "$i" "a run" "$(value 2 1)" ms "-"
	cd ..
	rm -r heal
}
