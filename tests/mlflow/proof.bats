# SPDX-License-Identifier: MIT
# proof.bats -- that the record is MLflow's own: real MLflows read it and add to it, and mlp
# reads and goes on writing.  MLP is the program; MLFLOW_2_8 and MLFLOW_3_0 are virtual
# environments, made by tests/lib/mlflow-env.sh where they are unset.

load proof

setup_file() {
	proof_setup_file
	need_mlflow MLFLOW_3_0 3.0.1
	need_mlflow MLFLOW_2_8 2.8.1
}

setup() {
	proof_setup
}

@test "our tables are those of MLflow 3.0" {
	"$MLP" run wine
	URI=sqlite:///$W/theirs.db client "$MLFLOW_3_0" open
	python3 "$HERE/shape.py" mlflow.db theirs.db
	[ "$(sql "SELECT name, artifact_location, lifecycle_stage FROM experiments")" = \
		"Default $W/mlruns/0 active" ]
}

@test "MLflow 3.0 reads what we recorded, and adds to it" {
	local id
	"$MLP" run wine -P lr=0.5 --experiment-name 'reds & whites' --run-name "it's"
	id=$(latest)
	same_run "$MLFLOW_3_0" "$id"
	[ "$(field 'r["params"]["lr"], r["experiment"], r["run_name"], r["status"]' <theirs.json)" = \
		"('0.5', 'reds & whites', \"it's\", 'FINISHED')" ]
	client "$MLFLOW_3_0" log "$id"
	[ "$("$MLP" show "$id" --json | field 'r["metrics"]["late"], r["tags"]["late"]')" = \
		"(2, 'yes')" ]
	[ "$(sql 'SELECT version_num FROM alembic_version')" = bda7b8c39065 ]
	[ "$(sql 'PRAGMA journal_mode')" = wal ]
	"$MLP" run wine --run-id "$id" -P lr=0.5
	sound
}

@test "a script that MLflow 3.0 logs from, inside our run" {
	local id
	"$MLP" run wine -e train -P python="$MLFLOW_3_0/bin/python"
	id=$(latest)
	same_run "$MLFLOW_3_0" "$id"
	[ "$(field 'r["history"]["loss"], r["metrics"]["odd"]' <theirs.json)" = \
		"([[0, 3.0], [1, 1.5], [2, 1.0]], 'nan')" ]
	[ "$(field 'r["tags"]["script"], r["params"]["from_script"]' <theirs.json)" = \
		"('ja ✓', 'it\\'s \"quoted\"')" ]
	[ "$(cat "mlruns/0/$id/artifacts/model/w.txt")" = weights ]
	[ "$(sql 'SELECT count(*) FROM runs')" = 1 ]
}

@test "a file that MLflow 2.8 made" {
	local id
	client "$MLFLOW_2_8" make >theirs.json
	same_run
	"$MLP" run wine -P lr=7 --experiment-name 'made by mlflow'
	id=$(latest)
	"$MLP" run wine --experiment-name 'new here'
	same_run "$MLFLOW_2_8" "$id"
	client "$MLFLOW_2_8" log "$id"
	[ "$("$MLP" show "$id" --json | field 'r["params"]["late"], r["params"]["lr"]')" = "('1', '7')" ]
	[ "$(sql 'SELECT version_num FROM alembic_version')" = acf3f17fdcc7 ]
	[ "$(sql 'PRAGMA journal_mode')" = delete ]
	sound
}

@test "many first runs at once in an empty directory" {
	local i pids=()
	for i in $(seq 50); do
		"$MLP" run wine -P lr="$i" >/dev/null 2>"log.$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	[ -z "$(grep -l locked log.*)" ]
	[ "$(sql "SELECT count(*) FROM runs WHERE status = 'FINISHED'")" = 50 ]
	[ "$(sql "SELECT count(DISTINCT value) FROM params WHERE key = 'lr'")" = 50 ]
	sound
}
