# SPDX-License-Identifier: MIT
# search.bats -- MLflow's filters, orders and pages: generated searches, asked of MLflow and
# of mlp server on the same file.  MLP is the program; MLFLOW_NEW is a virtual environment,
# made by tests/lib/mlflow-env.sh where it is unset.

load proof

setup_file() {
	proof_setup_file
	need_mlflow MLFLOW_NEW newest
}

setup() {
	proof_setup
	SERVER=
}

teardown() {
	[ -z "$SERVER" ] || kill "$SERVER"
}

# serve FILE: URL is where the server answers
serve() {
	local i
	: >server.log # it may be read before the server has opened it
	"$MLP" server --backend-store-uri "sqlite:///$1" --port 0 >server.log 2>&1 3>&- &
	SERVER=$!
	for i in $(seq 200); do
		URL=$(sed -n 's/.*listening on \(http:[^ ,]*\).*/\1/p' server.log)
		[ -z "$URL" ] || return 0
		sleep 0.1
	done
	cat server.log >&2
	return 1
}

compare() {
	"$MLFLOW_NEW/bin/python" "$HERE/search_compare.py" "$W/odd.db" "$URL" "$1" \
		2>compare.log || { tail -5 compare.log >&2; return 1; }
}

@test "the same runs, experiments and models in the same order as MLflow" {
	"$MLFLOW_NEW/bin/python" "$HERE/search_store.py" "$W/odd.db" 2>make.log
	serve "$W/odd.db"
	compare 2000
}

@test "the newest MLflow keeps our index when it migrates, and searches with it" {
	local index="SELECT count(*) FROM sqlite_master WHERE type = 'index' AND
		name = 'index_runs_experiment_id_lifecycle_stage_start_time'"
	"$MLP" run wine
	[ "$(sql "$index")" = 1 ]
	client "$MLFLOW_NEW" open
	[ "$(sql 'SELECT version_num FROM alembic_version')" != bda7b8c39065 ]
	[ "$(sql "$index")" = 1 ]
	same_run "$MLFLOW_NEW" "$(latest)"
	sound
}
