# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# venv.sh -- the figures of runs in virtual environments.  Sourced by run.sh.

# A project whose environment holds nothing but Python and pip: no index is asked.
venv_project() {
	noop "$1"
	printf 'python: "3"\n' >"$1/python_env.yaml"
}

# What a warm run adds to the shell that activates the same environment by hand.
virtualenv() {
	venv_project warm && cd warm
	"$mlp" run -q .
	local venv
	venv=$(echo "$XDG_CACHE_HOME"/mlp/envs/*/venv)
	printf '#!/bin/bash\n. "%s/bin/activate" && :\n' "$venv" >by-hand.sh
	chmod +x by-hand.sh
	take 100 "$mlp run -q ." "./by-hand.sh" "$mlp run -q --env-manager local ."
	row "no-op in a virtual environment, made before" "$(value 1 1)" ". venv/bin/activate && :" "$(value 2 1)" ms "<= + 10 ms"
	row "the same" "$(value 1 1)" "with --env-manager local" "$(value 3 1)" ms "~ 1"
	cd ..
	virtualenv_first
}

# Ten first runs of one environment at the same time: who says that it makes it?
virtualenv_first() {
	local i pids=()
	venv_project first && cd first
	rm -rf "$XDG_CACHE_HOME/mlp/envs"
	for i in 0 1 2 3 4 5 6 7 8 9; do
		"$mlp" run . 2>"err.$i" &
		pids+=($!)
	done
	wait "${pids[@]}"
	row "environments made by 10 first runs at once" "$(cat err.* | grep -c 'making the virtual environment')" "the limit" 1 "" "<= 1"
	cd ..
}
