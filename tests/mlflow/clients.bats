# SPDX-License-Identifier: MIT
# clients.bats -- the same scripts, run by real MLflow clients against MLflow's own server
# (the newest), against mlp server, and as the command of mlp run: what they are told is
# compared field by field.  Differences are in differences.txt, each with its reason.

load proof
load clients

setup_file() {
	proof_setup_file
	clients_setup
	cd "$BATS_FILE_TMPDIR"
	export HOME=$PWD/home XDG_CACHE_HOME=$PWD/cache XDG_STATE_HOME=$PWD/state
	unset MLFLOW_TRACKING_URI MLFLOW_RUN_ID MLFLOW_EXPERIMENT_ID MLFLOW_EXPERIMENT_NAME
	mkdir home project
	# away from any work tree, whose commit clients would record
	cp "$BATS_TEST_DIRNAME"/{session,record_steps,model_steps}.py project/
	# no options of the project's own: they would be parameters of the run
	printf 'entry_points:\n  main:\n    command: "%s"\n' \
		'$PYTHON session.py $OUT $PREFIX record_steps model_steps' >project/MLproject
	their_server "$PWD/theirs" "$PWD/theirs/t.db"
	our_server "$PWD/ours" "$PWD/ours/o.db"
	local version
	for version in $CLIENTS; do
		sessions "$version" >"sessions.$version.log" 2>&1 3>&- ||
			{ tail -30 "sessions.$version.log" >&2; return 1; }
	done
	python3 "$BATS_TEST_DIRNAME/rest_errors.py" errors.theirs "$THEIRS"
	python3 "$BATS_TEST_DIRNAME/rest_errors.py" errors.ours "$OURS"
}

teardown_file() {
	servers_end
}

# What one client sees in the three places.
sessions() {
	local PYTHON uri where pids=()
	PYTHON=$(client_env "$1")/bin/python
	for where in theirs ours; do
		[ "$where" = ours ] && uri=$OURS || uri=$THEIRS
		(cd project && MLFLOW_TRACKING_URI=$uri exec "$PYTHON" session.py \
			"../$1.$where" "c$1" record_steps model_steps) &
		pids+=($!)
	done
	PYTHON=$PYTHON OUT=$PWD/$1.run PREFIX=c$1 "$MLP" run project \
		--experiment-name "c$1 main" --run-name attached &
	pids+=($!)
	for where in "${pids[@]}"; do
		wait "$where" || return 1
	done
}

# compared WHERE SUFFIX: for each client, with MLflow's own
compared() {
	local version bad=0
	for version in $CLIENTS; do
		python3 "$BATS_TEST_DIRNAME/compare.py" "$BATS_TEST_DIRNAME/differences.txt" \
			"$version" "$1" "$version.theirs" "$version.$2" || bad=1
	done
	return $bad
}

setup() {
	HERE=$BATS_TEST_DIRNAME
	cd "$BATS_FILE_TMPDIR"
}

@test "clients are told by mlp server what MLflow's own tells them" {
	compared server ours
}

@test "clients are told by the endpoint of their run what MLflow's own server tells them" {
	compared run run
}

@test "what is refused, and what is taken in an odd way" {
	python3 "$HERE/compare.py" "$HERE/differences.txt" none errors errors.theirs errors.ours
}

@test "MLflow's own server, a notebook and mlp server agree on what was recorded" {
	local store python=$MLFLOW_NEW/bin/python
	cp -r project/. together
	for store in "$PWD/mlflow.db" "$PWD/ours/o.db"; do
		our_server "$PWD/ours.${store##*/}" "$store"
		"$python" "$HERE/census.py" "$OURS" >before
		[ "$(grep -c '"history"' before)" -gt 30 ]
		# from here on the file is of the newest revision
		their_server "$PWD/theirs.${store##*/}" "$store"
		"$python" "$HERE/census.py" "$THEIRS" >ui &
		"$python" "$HERE/census.py" "$OURS" >after
		wait $!
		"$python" "$HERE/census.py" "sqlite:///$store" >notebook
		diff before after
		diff after ui
		diff ui notebook
	done
}

@test "MLflow's own UI, a notebook, mlp runs and mlp show see the same runs" {
	local id python=$MLFLOW_NEW/bin/python
	their_server "$PWD/theirs.ui" "$PWD/mlflow.db"
	"$python" "$HERE/ui.py" page "$THEIRS" >page
	"$python" "$HERE/ui.py" notebook "sqlite:///$PWD/mlflow.db" >notebook
	diff page notebook
	"$MLP" runs --limit 100000 --json >runs.json
	python3 "$HERE/ui.py" mlp runs.json >runs
	[ "$(wc -l <runs)" -gt 20 ]
	diff <(grep '^run' page) runs
	mkdir shown
	for id in $(grep -o '"run_id": "[0-9a-f]*"' runs | cut -d '"' -f 4); do
		"$MLP" show "$id" --json >"shown/$id"
	done
	python3 "$HERE/ui.py" mlp shown/* | diff runs -
}
