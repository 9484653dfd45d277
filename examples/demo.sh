#!/bin/bash
# SPDX-License-Identifier: MIT
# demo.sh MLP -- a project made from examples/wine, served as a git repository by HTTP on
# loopback, run from its URL and looked at.  Everything is in a directory that is removed.
set -euo pipefail
mlp=$(readlink -f "${1:?usage: demo.sh MLP}")
top=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/mlp-demo.XXXXXX")
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$scratch"' EXIT
export HOME=$scratch/home XDG_CACHE_HOME=$scratch/cache XDG_STATE_HOME=$scratch/state
export GIT_CONFIG_GLOBAL=/dev/null
unset MLFLOW_TRACKING_URI MLFLOW_RUN_ID MLFLOW_EXPERIMENT_ID MLFLOW_EXPERIMENT_NAME MLP_RUN_ID
mkdir -p "$HOME" "$scratch/srv" "$scratch/work"

cp -r "$top/examples/wine" "$scratch/wine"
cd "$scratch/wine"
git init -q -b main
git add -A
git -c user.name=demo -c user.email=demo@example.org commit -qm "Predict the quality of wine"
git clone -q --bare . "$scratch/srv/wine.git"
python3 "$top/tests/lib/gitserver.py" "$scratch/srv" "$scratch/port" "$scratch/log" &
server=$!
for _ in $(seq 100); do
	[ -s "$scratch/port" ] && break
	sleep 0.1
done
url=http://127.0.0.1:$(cat "$scratch/port")/wine.git

show() {
	printf '\n$ mlp %s\n' "$*"
	"$mlp" "$@"
}
cd "$scratch/work"
show run "$url" -P epochs=5
show runs
show show "$("$mlp" runs --json --limit 1 | sed -n 's/.*"run_id":[^"]*"\(.*\)".*/\1/p' | head -1)"

printf '\nA real project is run the same way:\n'
printf '  %s run https://github.com/mlflow/mlflow-example.git --env-manager local -P alpha=0.5\n' "$mlp"
printf '(its MLproject names a conda environment; --env-manager local takes the Python that is there)\n'
