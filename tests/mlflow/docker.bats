#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# docker.bats -- MLflow's own client in a container: the image has the C libraries, Python
# and the client's virtual environment are mounted where they are on this machine.
bats_require_minimum_version 1.5.0

load proof
load clients
load ../lib/docker

# The files that the programs and modules below these directories are linked to.
linked_to() {
	find -L "$@" -type f \( -name '*.so*' -o -perm -u+x \) -print0 2>/dev/null |
		xargs -0 ldd 2>/dev/null | grep -oE '(=> )?/[^ ]+ \(0x' | grep -oE '/[^ ]+' | sort -u
}

# python_image DIR NAME ENV...: busybox, bash, and the libraries of those environments
python_image() {
	local dir=$1 name=$2 file
	shift 2
	docker_tree "$dir" bash
	cp "$(command -v busybox)" "$dir/bin/busybox"
	for file in $(busybox --list); do
		[ -e "$dir/bin/$file" ] || ln -s busybox "$dir/bin/$file"
	done
	for file in $(linked_to "$STDLIB/lib-dynload" "$PYTHON" "${@/%//lib}"); do
		case $file in "$STDLIB"/* | */site-packages/*) continue ;; esac
		mkdir -p "$dir${file%/*}"
		cp -L "$file" "$dir$file"
	done
	mkdir -p "$dir/etc/ssl"
	docker_import "$dir" "$name" 'ENV PATH=/usr/local/bin:/usr/bin:/bin'
}

# outer_link FILE: what FILE leads to by links of its own directory
outer_link() {
	local file=$1 to
	while to=$(readlink "$file"); do
		case $to in
		/*) echo "$to" && return ;;
		*) file=${file%/*}/$to ;;
		esac
	done
	echo "$file"
}

setup_file() {
	proof_setup_file
	clients_setup
	docker_setup || return
	local version envs=()
	for version in $CLIENTS; do envs+=("$(client_env "$version")"); done
	# all of them were made with the same Python
	STDLIB=$("${envs[0]}/bin/python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
	PYTHON=$(realpath "${envs[0]}/bin/python")
	LINK=$(outer_link "${envs[0]}/bin/python")
	export STDLIB PYTHON LINK IMAGE=mlp-test-python-$$:1
	docker_make "$IMAGE" python_image "${envs[@]}"
}

teardown_file() {
	[ -z "${IMAGE-}" ] || docker rmi -f "$IMAGE" >/dev/null
}

setup() {
	proof_setup
	cp "$HERE/train.py" wine/
}

teardown() {
	cd /
	[ "$W" = "$BATS_TEST_TMPDIR" ] || rm -rf "$W"
}

# project VERSION COMMAND: with that client, in the image
project() {
	local env path volumes=
	env=$(client_env "$1")
	[ -n "$env" ]
	for path in "$env" "$STDLIB" "$PYTHON" $([ -L "$LINK" ] || echo "$LINK"); do
		case $volumes in *"\"$path:"*) ;; *) volumes="$volumes${volumes:+, }\"$path:$path:ro\"" ;; esac
	done
	[ ! -L "$LINK" ] || volumes="$volumes, \"$PYTHON:$LINK:ro\""
	cat >wine/MLproject <<-EOM
		name: wine
		docker_env:
		  image: $IMAGE
		  volumes: [$volumes]
		  environment: [[GIT_PYTHON_REFRESH, quiet], [MLFLOW_DISABLE_TELEMETRY, "true"],
		    [PYTHONDONTWRITEBYTECODE, "1"], [PYTHONWARNINGS, ignore]]
		entry_points:
		  main:
		    command: "$2"
	EOM
	ENV=$env
}

metrics() { sql "SELECT key, step, value FROM metrics WHERE key = 'loss' ORDER BY step"; }
main_run() { sql "SELECT run_uuid FROM runs ORDER BY start_time, rowid LIMIT 1"; }

# A script that knows nothing of who started it, in each version.
trains() {
	project "$1" "$(client_env "$1")/bin/python train.py 3 \$MLFLOW_RUN_ID"
	"$MLP" run wine
	[ "$(metrics)" = "$(printf 'loss 0 3.0\nloss 1 1.5\nloss 2 1.0')" ]
	[ "$(sql "SELECT value FROM params WHERE key = 'from_script'")" = "it's \"quoted\"" ]
	[ "$(cat mlruns/0/"$(main_run)"/artifacts/model/w.txt)" = weights ]
	[ "$(sql "SELECT status FROM runs")" = FINISHED ]
}

@test "a client in a container records through its run's endpoint" {
	local version
	for version in $CLIENTS; do
		trains "$version"
		rm -rf mlflow.db* mlruns
	done
}

@test "models and runs inside runs that a container makes are all there" {
	cat >wine/work.py <<-'P'
		import mlflow
		class Add(mlflow.pyfunc.PythonModel):
		    def predict(self, context, model_input, params=None):
		        return [x + 1 for x in model_input]
		with mlflow.start_run():
		    mlflow.pyfunc.log_model("model", python_model=Add(), pip_requirements=[], registered_model_name="wine")
		    with mlflow.start_run(nested=True) as child:
		        mlflow.log_text("inside", "note.txt")
		print(list(mlflow.pyfunc.load_model("models:/wine/1").predict([1])))
	P
	project newest "$MLFLOW_NEW/bin/python work.py"
	out=$("$MLP" run wine)
	[ "$(tail -n 1 <<<"$out")" = "[2]" ]
	[ "$(sql "SELECT count(*) FROM tags WHERE key = 'mlflow.parentRunId' AND value = '$(main_run)'")" = 1 ]
	[ "$(cat mlruns/0/*/artifacts/note.txt)" = inside ]
	# and are usable from this machine
	"$MLFLOW_NEW/bin/python" - "$URI" <<-'P'
		import sys, mlflow
		mlflow.set_tracking_uri(sys.argv[1])
		assert list(mlflow.pyfunc.load_model("models:/wine/1").predict([1])) == [2]
	P
}

@test "a project that a container runs by mlflow is the child of its run" {
	mkdir wine/inner
	printf 'name: inner\nentry_points:\n  main:\n    command: "echo inner $MLFLOW_RUN_ID"\n' >wine/inner/MLproject
	cat >wine/work.py <<-'P'
		import mlflow
		with mlflow.start_run():
		    mlflow.run("inner", env_manager="local")
	P
	project newest "$MLFLOW_NEW/bin/python work.py"
	"$MLP" run wine
	[ "$(sql "SELECT count(*) FROM runs WHERE status = 'FINISHED'")" = 2 ]
	[ "$(sql "SELECT count(*) FROM tags WHERE key = 'mlflow.parentRunId' AND value = '$(main_run)'")" = 1 ]
}

@test "clients of an ordinary user, whom the image does not know, record and make runs as him" {
	[ "$(id -u)" = 0 ] || skip "only root can be somebody else"
	cat >wine/work.py <<-'P'
		import mlflow
		with mlflow.start_run():
		    mlflow.log_metric("loss", 1)
		    with mlflow.start_run(nested=True):
		        mlflow.log_text("inside", "note.txt")
	P
	local version
	W=$(mktemp -d) # that of bats is root's alone
	chmod 755 "$W"
	export HOME=$W/home XDG_CACHE_HOME=$W/cache XDG_STATE_HOME=$W/state
	mkdir "$HOME"
	mv wine "$W"
	cd "$W"
	for version in $CLIENTS; do
		project "$version" "$(client_env "$version")/bin/python work.py"
		chown -R 4321:4321 "$W"
		LOGNAME=ann setpriv --reuid 4321 --regid 4321 --groups "$(stat -c %g /var/run/docker.sock)" "$MLP" run wine
		[ "$(cat mlruns/0/*/artifacts/note.txt)" = inside ]
		[ "$(sql "SELECT count(*) FROM tags WHERE key = 'mlflow.user' AND value = 'ann'")" = 2 ]
		rm -rf mlflow.db* mlruns
	done
}

@test "--tracking direct: a client without a network writes into the store itself" {
	project newest "$MLFLOW_NEW/bin/python train.py 3 \$MLFLOW_RUN_ID"
	"$MLP" run wine --tracking direct -A network=none
	[ "$(metrics)" = "$(printf 'loss 0 3.0\nloss 1 1.5\nloss 2 1.0')" ]
	[ "$(cat mlruns/0/"$(main_run)"/artifacts/model/w.txt)" = weights ]
	[ "$(sql "SELECT status FROM runs")" = FINISHED ]
}
