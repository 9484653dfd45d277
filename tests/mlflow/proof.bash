# SPDX-License-Identifier: MIT
# proof.bash -- what the proofs share: a project, its store, and the questions to both sides.

# need_mlflow VARIABLE VERSION: set it to a virtual environment with that version
need_mlflow() {
	[ -z "${!1-}" ] || return 0
	export "$1"
	printf -v "$1" %s "$("$BATS_TEST_DIRNAME/../lib/mlflow-env.sh" "$2")" && [ "${!1}" ] && return
	[ -z "${CI-}" ] || return 1
	skip "MLflow $2 cannot be installed here"
}

proof_setup_file() {
	export MLP=${MLP:-$BATS_TEST_DIRNAME/../../build/release/bin/mlp}
	MLP=$(realpath "$MLP")
	export PYTHONDONTWRITEBYTECODE=1 MLFLOW_DISABLE_TELEMETRY=true GIT_PYTHON_REFRESH=quiet
	export PYTHONWARNINGS=ignore
}

proof_setup() {
	W=$BATS_TEST_TMPDIR
	HERE=$BATS_TEST_DIRNAME
	export HOME=$W/home XDG_CACHE_HOME=$W/cache XDG_STATE_HOME=$W/state
	unset MLFLOW_TRACKING_URI MLFLOW_RUN_ID MLFLOW_EXPERIMENT_ID MLFLOW_EXPERIMENT_NAME
	mkdir -p "$HOME" "$W/wine"
	cd "$W"
	cp "$HERE/train.py" wine/
	cat >wine/MLproject <<-'EOF'
		name: wine
		entry_points:
		  main:
		    parameters:
		      lr: {type: float, default: 0.1}
		    command: "echo {lr}"
		  train:
		    parameters:
		      lr: {type: float, default: 3}
		      python: string
		    command: "{python} train.py {lr} $MLFLOW_RUN_ID"
	EOF
	URI=sqlite:///$W/mlflow.db
}

# client ENV VERB ARGS...
client() {
	"$1/bin/python" "$HERE/client.py" "$2" "$URI" "${@:3}" 2>"$W/client.log" || {
		cat "$W/client.log" >&2
		return 1
	}
}

# sql QUERY: what the database says, asked with Python's SQLite
sql() {
	python3 -c 'import sqlite3, sys
for row in sqlite3.connect(sys.argv[1], timeout=20).execute(sys.argv[2]):
    print(*row)' "$W/mlflow.db" "$1"
}

# field EXPRESSION: of the JSON on standard input, as r
field() {
	python3 -c 'import json, sys; r = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
}

latest() {
	"$MLP" runs --limit 1 --json | field 'r[0]["run_id"]'
}

# same_run [ENV RUN]: both say the same of a run (of theirs.json when none is named)
same_run() {
	local env=${1-} id=${2-}
	[ -z "$id" ] || client "$env" show "$id" >theirs.json
	"$MLP" show "$(field 'r["run_id"]' <theirs.json)" --json >ours.json
	python3 - <<-'EOF'
		import json
		a, b = json.load(open("theirs.json")), json.load(open("ours.json"))
		for k in ("run_id", "run_name", "status", "params", "tags", "artifact_uri"):
		    assert a[k] == b[k], (k, a[k], b[k])
		assert a["experiment"] == b["experiment_name"]
		def number(v):  # MLflow does not turn the largest double back into infinity
		    v = float(v)
		    return "nan" if v != v else max(min(v, 1.7976931348623157e308), -1.7976931348623157e308)
		assert {k: number(v) for k, v in a["metrics"].items()} == {
		    k: number(v) for k, v in b["metrics"].items()}
	EOF
}

sound() {
	[ "$(sql 'PRAGMA integrity_check')" = ok ]
	[ -z "$(sql 'PRAGMA foreign_key_check')" ]
}
