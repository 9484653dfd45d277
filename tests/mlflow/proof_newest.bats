# SPDX-License-Identifier: MIT
# proof_newest.bats -- the same for MLflows that migrate what we made: the newest, in the
# full check those before it, too; and for those that cannot read it.  MLP is the program.

bats_require_minimum_version 1.5.0
load proof
load clients

setup_file() {
	proof_setup_file
	clients_setup
}

setup() {
	proof_setup
}

# fresh VERSION: a directory of its own; its client in $CLIENT
fresh() {
	W=$BATS_TEST_TMPDIR/$1
	URI=sqlite:///$W/mlflow.db
	CLIENT=$(client_env "$1")
	mkdir "$W"
	cp -r "$BATS_TEST_TMPDIR/wine" "$W"
	cd "$W"
}

migrated_while_recording() {
	local id worker n
	"$MLP" run wine -P lr=0.25
	id=$(latest)
	while [ ! -e stop ]; do
		"$MLP" run wine || exit 1
		echo one >>recorded
	done >worker.log 2>&1 &
	worker=$!
	client "$CLIENT" open
	touch stop
	wait "$worker" || { tail -5 worker.log >&2; return 1; }
	[ "$(sql 'SELECT version_num FROM alembic_version')" != bda7b8c39065 ]
	n=$(wc -l <recorded)
	[ "$n" -gt 1 ]
	[ "$(sql "SELECT count(*) FROM runs WHERE status = 'FINISHED'")" = $((n + 1)) ]
	[ "$("$MLP" runs --limit 100000 --json | field 'len(r)')" = $((n + 1)) ]
	[ "$(sql 'PRAGMA journal_mode')" = wal ]
	same_run "$CLIENT" "$id"
	sound
}

@test "MLflow migrates our file while runs are being recorded" {
	local version
	for version in $CLIENTS; do
		case $version in 2.* | 3.0.*) continue ;; esac
		fresh "$version"
		migrated_while_recording
	done
}

# A client that cannot read our file leaves it as it is, and records all the same.
recorded_by_a_stranger() {
	local id
	"$MLP" run wine -e train -P python="$CLIENT/bin/python"
	id=$(latest)
	run ! client "$CLIENT" open
	[ "$(sql 'SELECT version_num FROM alembic_version')" = bda7b8c39065 ]
	[ "$("$MLP" show "$id" --json | field 'r["metrics"]["loss"], r["tags"]["script"]')" = \
		"(1, 'ja ✓')" ]
	sound
}

@test "MLflow 2 cannot open our file, and records in it from inside our run" {
	local version
	for version in $CLIENTS; do
		case $version in 3.* | newest) continue ;; esac
		fresh "$version"
		recorded_by_a_stranger
	done
}

file_of_its_own() {
	local id
	client "$CLIENT" make >theirs.json
	same_run
	[ "$(field 'r["status"], r["metrics"]["nan"], r["metrics"]["inf"]' <ours.json)" = \
		"('FAILED', 'NaN', 'Infinity')" ]
	"$MLP" run wine -e train -P python="$CLIENT/bin/python" \
		--experiment-name 'made by mlflow'
	id=$(latest)
	same_run "$CLIENT" "$id"
	[ "$(field 'r["metrics"]["loss"]' <theirs.json)" = 1.0 ]
	[ "$(sql 'PRAGMA journal_mode')" = delete ]
	sound
}

@test "a file that MLflow made, and a script inside our run" {
	local version
	for version in $CLIENTS; do
		fresh "$version"
		file_of_its_own
	done
}
