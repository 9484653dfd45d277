# SPDX-License-Identifier: MIT
# models.bats -- datasets, logged models and the model registry: clients old and new put
# them through `mlp server`, and MLflow reads from the same file what the server answers.
# MLP is the program; MLFLOW_2_8, MLFLOW_3_0 and MLFLOW_NEW are virtual environments,
# made by tests/lib/mlflow-env.sh where they are unset.

load proof

setup_file() {
	proof_setup_file
	need_mlflow MLFLOW_2_8 2.8.1
	need_mlflow MLFLOW_3_0 3.0.1
	need_mlflow MLFLOW_NEW newest
	export MLFLOW_HTTP_REQUEST_MAX_RETRIES=1 NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
}

setup() {
	proof_setup
}

teardown() {
	[ -z "${SERVER-}" ] || { kill "$SERVER" && wait "$SERVER" || :; }
}

# serve OPTIONS...: sets SERVER and HTTP
serve() {
	: >server.log # it may be read before the server has opened it
	"$MLP" server --backend-store-uri "$URI" -p 0 "$@" >server.log 2>&1 3>&- &
	SERVER=$!
	for _ in $(seq 100); do
		HTTP=$(sed -n 's/.*listening on \(http:[^,]*\).*/\1/p' server.log)
		[ -z "$HTTP" ] || return 0
		sleep 0.1
	done
	cat server.log >&2
	return 1
}

# models ENV VERB URI NAME
models() {
	"$1/bin/python" "$HERE/models.py" "${@:2}" 2>"$W/models.log" || {
		cat "$W/models.log" "$W/server.log" >&2
		return 1
	}
}

# agree ENV NAME URI: the server answers what this MLflow reads from the file
agree() {
	models "$1" show "$HTTP" "$2" >ours.json
	models "$1" show "$3" "$2" >theirs.json
	diff ours.json theirs.json
	[ "$(field 'len(r["versions"]) >= 2' <ours.json)" = True ]
}

copy() {
	python3 -c 'import sqlite3, sys
sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))' mlflow.db "$1"
}

three_clients() {
	models "$MLFLOW_NEW" work "$HTTP" newest
	models "$MLFLOW_3_0" work "$HTTP" three
	models "$MLFLOW_2_8" work "$HTTP" "two eight"
	copy migrated.db
	for name in newest three 'two eight'; do
		agree "$MLFLOW_3_0" "$name" "$URI"
		agree "$MLFLOW_NEW" "$name" "sqlite:///$W/migrated.db"
	done
	[ "$(sql 'PRAGMA foreign_key_check; ')" = "" ]
}

@test "models through the server, artifacts too" {
	serve
	three_clients
	[ "$(sql "SELECT count(*) FROM logged_models
		WHERE artifact_location NOT LIKE 'mlflow-artifacts:/%'")" = 0 ]
}

@test "models through the server, artifacts in a directory" {
	serve --no-serve-artifacts
	three_clients
	[ "$(sql "SELECT count(*) FROM logged_models
		WHERE artifact_location NOT LIKE '$W/mlruns/%'")" = 0 ]
}

@test "models in a file that MLflow has migrated, served by us" {
	"$MLP" run wine
	URI=sqlite:///$W/mlflow.db client "$MLFLOW_NEW" open
	serve
	models "$MLFLOW_NEW" work "$HTTP" newest
	agree "$MLFLOW_NEW" newest "$URI"
	models "$MLFLOW_2_8" work "$HTTP" 'two eight'
	agree "$MLFLOW_NEW" 'two eight' "$URI"
}

@test "models in a file that MLflow 2.8 made, served by us" {
	client "$MLFLOW_2_8" make >made.json
	serve
	models "$MLFLOW_2_8" work "$HTTP" 'two eight'
	[ "$(sql "SELECT count(*) FROM model_versions WHERE name = 'two eight'")" = 3 ]
	[ "$(sql 'SELECT version_num FROM alembic_version')" = acf3f17fdcc7 ]
}
