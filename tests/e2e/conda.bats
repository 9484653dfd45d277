#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Environments that conda makes.  No conda can be had where the tests run: a fake one
# records its command lines and behaves like it (lib/conda.sh).
bats_require_minimum_version 1.5.0
load ../lib/cli
load ../lib/conda
load ../lib/pair

setup() {
	cli_setup
	unset CONDA_EXE MAMBA_EXE MLFLOW_CONDA_HOME MLFLOW_CONDA_CREATE_ENV_CMD MLP_ENV_MANAGER
	OLDPATH=$PATH
}

teardown() {
	touch "$T/go" # for who is held
	cli_teardown
}

# A project whose file asks for what only conda has; NAME is that of its environment.
wine() {
	printf 'name: wine\nconda_env: my env.yaml\nentry_points:\n  main:\n    command: %s\n' \
		"${1:-thetool}" >MLproject
	printf 'name: x\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n  - numpy=1.26\n' >'my env.yaml'
	NAME=$(conda_name 'my env.yaml')
}

fake_in_path() {
	fake_conda "$@"
	PATH=$T/conda/bin:$OLDPATH
}

artifacts() { echo "$T/p/mlruns/0/$(sql 'select run_uuid from runs order by start_time desc limit 1')/artifacts"; }
tag() { sql 'select value from tags where key = ? order by rowid desc limit 1' "$1"; }

@test "fake conda: made once under MLflow's name, activated, and its packages kept" {
	wine
	fake_in_path conda
	mlp run .
	is "$status:$output" "0:tool of $NAME"
	has "$stderr" "=== Creating conda environment $NAME ==="
	is "$(conda_envs)" "$NAME"
	is "$(conda_calls "^conda env create -n $NAME --file $T/p/my.*env.yaml\$")" 1
	is "$(tag mlflow.project.env)" conda
	lock=$(cat "$(artifacts)/mlp/environment.lock")
	has "$lock" "@EXPLICIT"
	has "$lock" "#0123456789abcdef0123456789abcdef"
	has "$lock" "# pip: six==1.16.0"
	has "$(cat "$(artifacts)/mlp/environment.log")" "Collecting package metadata"
	mlp run .
	is "$status:$output" "0:tool of $NAME"
	lacks "$stderr" "Creating"
	is "$(conda_calls 'create')" 1
}

@test "fake conda: the name is MLflow's for every end of line, and without a file" {
	wine
	fake_in_path conda
	printf 'dependencies:\r\n- numpy\r\n' >'my env.yaml'
	mlp run .
	is "$status" 0
	is "$(conda_envs)" "$(conda_name 'my env.yaml')"
	rm -rf MLproject ./*.yaml "$T"/conda/envs/*
	main_is thetool
	mlp run . --env-manager conda
	is "$status:$output" "0:tool of mlflow-da39a3ee5e6b4b0d3255bfef95601890afd80709"
	is "$(conda_calls '^conda create --channel conda-forge --yes --override-channels -n .* python$')" 1
}

@test "fake conda: in the background it is made and used as in the foreground" {
	wine 'thetool; exit 3'
	fake_in_path conda
	forget() { rm -rf "$T"/conda/envs/*; }
	PAIR_FIRST=forget
	pair .
	is "$status" 3
	is "$(cat "$T/back.log")" "tool of $NAME|activating $T/conda/envs/$NAME"
	is "$(conda_calls create)" 2
	has "$(cat "$(artifacts)/mlp/environment.lock")" "@EXPLICIT"
	FAKE_FAIL=1 pair .
	is "$status" 125
	is "$(conda_envs)" ""
	PAIR_FIRST=true
	pair . --env-manager conda
	is "$status" 3
	pair . # which is there
	is "$(conda_calls create)" 5
	FAKE_DENY=1 pair .
	is "$(conda_calls create)" 5
}

@test "fake conda: an environment that MLflow made is used" {
	wine
	fake_in_path conda
	"$T/conda/bin/conda" env create -n "$NAME" --file 'my env.yaml'
	mlp run .
	is "$status:$output" "0:tool of $NAME"
	is "$(conda_calls create)" 1
}

@test "fake conda: profile.d is sourced where it is there; the hook else" {
	wine
	fake_in_path conda
	mlp run .
	is "$status" 0
	is "$(conda_calls '^conda shell.bash hook$')" 1
	fake_profile
	mlp run .
	is "$status:$output" "0:tool of $NAME"
	is "$(conda_calls '^sourced$')" 1
	is "$(conda_calls hook)" 0
}

@test "fake mamba, fake micromamba: asked in their own words" {
	wine
	for tool in mamba micromamba; do
		rm -rf "$T/conda"
		fake_in_path $tool
		mlp run .
		is "$tool:$status:$output" "$tool:0:tool of $NAME"
		is "$(grep -vc "^$tool " "$T/conda/log")" 0
		is "$(conda_calls '^m[a-z]* shell hook --shell bash$')" 1
	done
	is "$(conda_calls "^micromamba create --yes -n $NAME --file ")" 1
	is "$(conda_calls "^micromamba env export --explicit -p ")" 1
}

@test "fake conda: where it is looked for" {
	wine
	fake_conda conda mamba
	mkdir "$T/other"
	mv "$T/conda/bin/mamba" "$T/other/"
	MLFLOW_CONDA_HOME=$T/conda mlp run .
	is "$status:$output" "0:tool of $NAME"
	CONDA_EXE=$T/conda/bin/conda mlp run .
	is "$status" 0
	MAMBA_EXE=$T/other/mamba mlp run .
	is "$status" 0
	is "$(tail -n 1 "$T/conda/log" | cut -d ' ' -f 1)" mamba
	PATH=$T/other:$T/conda/bin:$OLDPATH mlp run .
	is "$status" 0
	is "$(tail -n 1 "$T/conda/log" | cut -d ' ' -f 1)" conda
	MLFLOW_CONDA_HOME=$T/none PATH=$T/conda/bin:$OLDPATH mlp run .
	is "$status" 125
	has "$stderr" "Could not find Conda executable at $T/none/bin/conda."
}

@test "fake conda: MLFLOW_CONDA_CREATE_ENV_CMD makes environments" {
	wine
	fake_conda conda mamba
	MLFLOW_CONDA_HOME=$T/conda MLFLOW_CONDA_CREATE_ENV_CMD=mamba mlp run .
	is "$status:$output" "0:tool of $NAME"
	is "$(conda_calls '^mamba env create -n ')" 1
	is "$(conda_calls '^mamba')" 1
	MLFLOW_CONDA_HOME=$T/conda MLFLOW_CONDA_CREATE_ENV_CMD=nosuch mlp run .
	is "$status" 125
	has "$stderr" "You have set the env variable MLFLOW_CONDA_CREATE_ENV_CMD, but $T/conda/bin/nosuch does not exist"
}

@test "fake conda: a failed creation leaves nothing, and the run FAILED with its words" {
	wine
	fake_in_path conda
	FAKE_FAIL=1 mlp run .
	is "$status" 125
	has "$stderr" "nosuch=9"
	is "$(conda_envs)" ""
	is "$(conda_calls "^conda remove --yes --name $NAME --all\$")" 1
	is "$(sql 'select status from runs')" FAILED
	has "$(tag mlp.reason)" "making the conda environment failed"
	is "$(tag mlflow.project.env)" conda
	mlp run .
	is "$status" 0
}

@test "fake conda: a failed activation stops the whole command" {
	wine '"false; echo ran; thetool"'
	fake_in_path conda
	mlp run .
	is "$status" 0
	FAKE_DENY=1 mlp run .
	is "$status:$output" "125:"
	has "$stderr" "EnvironmentNameNotFound"
	has "$(tag mlp.reason)" "never started: the conda environment $NAME could not be activated"
	is "$(tag mlp.exit)" never:125
	mlp run .
	is "$status" 0
}

@test "fake conda: an exit code, quotes and 125 are the command's own" {
	cat >MLproject <<-'END'
	conda_env: c.yaml
	entry_points:
	  main:
	    parameters: {x: string}
	    command: "printf '%s|' {x} \"$CONDA_PREFIX\" \"$0\" $#; exit 125"
	END
	printf 'dependencies: [numpy]\n' >c.yaml
	fake_in_path conda
	mlp run . -P x="a'b \"c\" \$d"
	is "$status" 125
	is "$output" "a'b \"c\" \$d|$T/conda/envs/$(conda_name c.yaml)|bash|0|"
	is "$(tag mlp.exit)" exited:125
}

@test "fake conda: first runs at once make it once, and say that they wait" {
	wine
	fake_in_path conda
	export FAKE_HELD=$T/go
	for i in 1 2 3 4; do
		"$MLP" run . --tracking-uri "sqlite:///$i.db" >"out$i" 2>"err$i" 3>&- &
	done
	three_wait() { [ "$(grep -l "waiting for another mlp" err? | wc -l)" = 3 ]; }
	until_true three_wait
	touch "$T/go"
	wait
	is "$(cat out?)" "$(for i in 1 2 3 4; do echo "tool of $NAME"; done)"
	is "$(conda_calls 'env create')" 1
	is "$(cat err? | grep -c "waiting for another mlp, which is making $NAME")" 3
}

@test "fake conda: stopped while it is made: KILLED, and nothing is left" {
	wine
	fake_in_path conda
	FAKE_HELD=$T/go "$MLP" run . 2>err 3>&- &
	pid=$!
	until_true grep -q 'env create' "$T/conda/log"
	until_true test -d "$T/conda/envs/$NAME"
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	is "$status" 143
	is "$(conda_envs)" ""
	is "$(sql 'select status from runs')" KILLED
}

@test "fake conda: killed while it is made: what is there does not count, and the next run makes it" {
	wine
	fake_in_path conda
	FAKE_HELD=$T/go "$MLP" run . 2>err 3>&- &
	pid=$!
	until_true test -d "$T/conda/envs/$NAME"
	kill -KILL $pid
	wait $pid || true
	[ -d "$T/conda/envs/$NAME" ]
	mlp run . --dry-run
	has "$output" "$NAME would be made"
	# what cannot be removed is not tried again and again
	FAKE_KEEP=1 mlp run .
	is "$status:$output" "125:"
	has "$stderr" "what there is of the environment $NAME could not be removed: "
	has "$stderr" "not a conda environment"
	has "$stderr" "conda env remove -n $NAME"
	is "$(conda_calls "^conda remove --yes --name $NAME --all\$")" 1
	mlp run .
	is "$status:$output" "0:tool of $NAME"
	has "$stderr" "Creating conda environment $NAME"
	is "$(conda_calls "^conda remove --yes --name $NAME --all\$")" 2
	mlp run .
	is "$status:$output" "0:tool of $NAME"
	lacks "$stderr" Creating
}

@test "fake conda: --dry-run tells what would be made, and makes nothing" {
	wine
	fake_in_path conda
	mlp run . --dry-run
	is "$status" 0
	has "$output" "environment  conda (conda_env)"
	has "$output" "$NAME would be made from my env.yaml"
	is "$(conda_envs)" ""
	[ ! -e "$XDG_CACHE_HOME" ]
	mlp run .
	mlp run . --dry-run --json
	is "$(json 'j["env_kind"], j["prepare"]["conda"]')" "('conda', '$T/conda/envs/$NAME is there')"
}

@test "fake conda: a cache that cannot be written: said with the way out" {
	wine
	fake_in_path conda
	touch "$T/file"
	XDG_CACHE_HOME=$T/file mlp run .
	is "$status" 125
	has "$stderr" "set XDG_CACHE_HOME"
	is "$(conda_envs)" ""
}

@test "fake conda: --offline is passed on" {
	wine
	fake_in_path conda
	mlp run . --offline
	is "$status" 0
	is "$(conda_calls '^offline$')" 1
}

@test "no conda: what only conda has is named, with both ways out" {
	wine
	mlp run .
	is "$status" 125
	has "$stderr" "only conda can install numpy=1.26: there is no conda, mamba or micromamba"
	has "$stderr" "install conda"
	has "$stderr" "--env-manager virtualenv"
	[ ! -e mlflow.db ]
	mlp run . --dry-run
	is "$status" 125
}

@test "no conda: a file that asks for what pip has is made by virtualenv, which is said" {
	printf 'conda_env: c.yaml\nentry_points:\n  main: {command: "python -c \\"import sys; print(sys.prefix != sys.base_prefix)\\""}\n' >MLproject
	printf 'dependencies:\n  - pip\n  - pip: []\n' >c.yaml
	mlp run . --dry-run
	is "$status" 0
	has "$output" "made by virtualenv"
	mlp run .
	is "$status:$output" "0:True"
	has "$stderr" "there is no conda here: c.yaml asks only for what pip can install"
	is "$(tag mlflow.project.env)" virtualenv
	mlp run . --env-manager conda
	is "$status" 125
	has "$stderr" "mlp: there is no conda, mamba or micromamba"
	has "$stderr" "--env-manager virtualenv"
	printf 'dependencies: [python]\n' >c.yaml
	mlp run .
	is "$status" 125
	has "$stderr" "virtualenv cannot stand in for conda (c.yaml:1:16: Invalid dependency for python"
}
