# SPDX-License-Identifier: MIT
# proof_newest.bats -- the same for the newest MLflow, which migrates what we made.  MLP is
# the program; MLFLOW_NEW is a virtual environment, made by tests/lib/mlflow-env.sh where it
# is unset.

load proof

setup_file() {
	proof_setup_file
	need_mlflow MLFLOW_NEW newest
}

setup() {
	proof_setup
}

@test "the newest MLflow migrates our file while runs are being recorded" {
	local id worker n
	"$MLP" run wine -P lr=0.25
	id=$(latest)
	while [ ! -e stop ]; do
		"$MLP" run wine || exit 1
		echo one >>recorded
	done >worker.log 2>&1 &
	worker=$!
	client "$MLFLOW_NEW" open
	touch stop
	wait "$worker" || { tail -5 worker.log >&2; return 1; }
	[ "$(sql 'SELECT version_num FROM alembic_version')" != bda7b8c39065 ]
	n=$(wc -l <recorded)
	[ "$n" -gt 1 ]
	[ "$(sql "SELECT count(*) FROM runs WHERE status = 'FINISHED'")" = $((n + 1)) ]
	[ "$("$MLP" runs --limit 100000 --json | field 'len(r)')" = $((n + 1)) ]
	[ "$(sql 'PRAGMA journal_mode')" = wal ]
	same_run "$MLFLOW_NEW" "$id"
	sound
}

@test "the newest MLflow: a file of its own, and a script inside our run" {
	local id
	client "$MLFLOW_NEW" make >theirs.json
	same_run
	[ "$(field 'r["status"], r["metrics"]["nan"], r["metrics"]["inf"]' <ours.json)" = \
		"('FAILED', 'NaN', 'Infinity')" ]
	"$MLP" run wine -e train -P python="$MLFLOW_NEW/bin/python" \
		--experiment-name 'made by mlflow'
	id=$(latest)
	same_run "$MLFLOW_NEW" "$id"
	[ "$(field 'r["metrics"]["loss"]' <theirs.json)" = 1.0 ]
	[ "$(sql 'PRAGMA journal_mode')" = delete ]
	sound
}
