#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Virtual environments of Python, made with uv and with venv and pip.

bats_require_minimum_version 1.5.0

load ../lib/cli
load ../lib/pair
load ../lib/python

setup() {
	cli_setup
	python_setup
	wheel alpha 1.0
	wheel alpha 2.0
	wheel beta 1.0 'alpha>=1'
}

teardown() {
	touch "$T/go" # for who is held
	[ -z "${index:-}" ] || kill "$index" 2>/dev/null || true
	cli_teardown
}

# The same project in every test of this kind.
project() {
	main_is '"python -c \"import alpha; print(alpha.VERSION)\"; hello-beta; pip --version"'
	printf 'beta\nalpha==1.0  # not the newest\n' >requirements.txt
	python_env '-r requirements.txt'
}

check_project() {
	is "$status" 0
	has "$output" "1.0
hello from beta 1.0
pip "
	has "$output" "$XDG_CACHE_HOME/mlp/envs/"
	is "$(envs)" 1
	has "$(locked)" "alpha==1.0 "
	has "$(locked)" "--hash=sha256:$(wheel_hash alpha 1.0)"
	has "$(locked)" "beta==1.0 "
	has "$(cat "$(artifacts)/mlp/environment.lock")" "# python: cpython 3."
}

@test "uv makes the environment: packages, their programs and pip are in it, and the run keeps the list" {
	project
	mlp run .
	check_project
	has "$stderr" "making the virtual environment with uv: Python 3."
	has "$(cat "$(artifacts)/mlp/environment.lock")" "uv "
	is "$(sql "SELECT value FROM tags WHERE key = 'mlflow.project.env'")" virtualenv
}

@test "in the background it is made and used as in the foreground" {
	project
	pair .
	is "$status" 0
	rm -r "$XDG_CACHE_HOME/mlp"
	id=$("$MLP" run -q -d .)
	mlp wait "$id"
	is "$status" 0
	is "$(envs)" 1
	# each makes its own; what the two kept of it is the same
	forget() {
		[ ! -e mlflow.db ] || cp "$(artifacts)/mlp/environment.lock" "$T/lock.$((++n))"
		rm -rf "$XDG_CACHE_HOME/mlp"
	}
	PAIR_FIRST=forget n=0
	for manager in uv virtualenv; do
		pair . --env-manager "$manager"
		is "$status" 0
		is "$(envs)" 1
		has "$(cat "$T/back.log")" "hello from beta 1.0"
		diff "$T/lock.$n" "$(artifacts)/mlp/environment.lock"
	done
	is "$n" 4
	# one that cannot be made
	PAIR_FIRST=true
	printf 'no-such-package\n' >requirements.txt
	pair .
	is "$status" 125
	pair . --env-manager uv
	is "$status" 125
}

@test "without uv venv and pip make the same" {
	project
	mlp run .
	locked >"$T/by-uv"
	rm -r "$XDG_CACHE_HOME/mlp"
	without_uv
	mlp run .
	check_project
	has "$stderr" "making the virtual environment with venv and pip: Python 3."
	diff "$T/by-uv" <(locked)
	pip=$(echo "$XDG_CACHE_HOME"/mlp/envs/*/venv/bin/pip)
	"$pip" install --dry-run --ignore-installed \
		-r "$(artifacts)/mlp/environment.lock" >"$T/again"
	has "$(cat "$T/again")" "Would install alpha-1.0 beta-1.0"
}

@test "--env-manager uv makes the same, and needs a uv" {
	project
	mlp run --env-manager uv .
	check_project
	without_uv
	mlp run --env-manager uv .
	is "$status" 125
	has "$stderr" "--env-manager uv: there is no uv in PATH"
	has "$stderr" "--env-manager virtualenv"
	mlp runs --json
	is "$(json 'len(j)')" 1
}

@test "a uv that does not work is none, unless it is asked for" {
	mkdir "$T/shim"
	printf '#!/bin/sh\necho "uv: command not found" >&2; exit 127\n' >"$T/shim/uv"
	chmod +x "$T/shim/uv"
	export PATH=$T/shim:$PATH
	project
	mlp run .
	check_project
	has "$stderr" "making the virtual environment with venv and pip"
	rm -r "$XDG_CACHE_HOME/mlp"
	mlp run --env-manager uv .
	is "$status" 125
	has "$stderr" "making the virtual environment failed: uv: exit 127"
	has "$stderr" "uv: command not found"
}

@test "a second run makes nothing, and keeps the same list" {
	project
	mlp run .
	locked >"$T/first"
	without_uv # nothing is asked of it
	mlp run .
	check_project
	lacks "$stderr" "making"
	diff "$T/first" <(locked)
}

@test "what goes in is the name: another package is another environment, a comment is not" {
	project
	mlp run .
	printf '# words\n\nbeta\r\n  alpha==1.0\n' >requirements.txt
	mlp run .
	is "$(envs)" 1
	lacks "$stderr" "making"
	printf 'beta\nalpha==2.0\n' >requirements.txt
	mlp run .
	has "$output" "2.0"
	is "$(envs)" 2
}

@test "the command is guarded to its end, and runs with nothing of the caller's environment" {
	python3 -m venv --without-pip "$T/mine"
	printf '#!/bin/sh\necho mine\n' >"$T/mine/bin/only-mine"
	chmod +x "$T/mine/bin/only-mine"
	main_is '"false; command -v python; printenv PYTHONHOME || echo no home; echo $VIRTUAL_ENV; only-mine || echo not there"'
	python_env alpha
	PATH=$T/mine/bin:$PATH VIRTUAL_ENV=$T/mine PYTHONHOME=/usr mlp run .
	is "$status" 0
	has "$output" "$XDG_CACHE_HOME/mlp/envs/"
	lacks "$output" "$T/mine"
	has "$output" "no home"
	has "$output" "not there"
	# made with the Python behind the caller's environment, so it is the same for both
	mlp run .
	is "$(envs)" 1
}

@test "without a file --env-manager virtualenv has Python and pip alone" {
	main_is '"python -c \"import sys; print(sys.prefix)\"; pip list --format freeze"'
	mlp run --env-manager virtualenv .
	is "$status" 0
	has "$output" "$XDG_CACHE_HOME/mlp/envs/"
	has "$output" "pip=="
	lacks "$output" "alpha"
}

@test "the wanted version: a prefix, or exact" {
	local have
	have=$(python3 -c 'import platform; print(platform.python_version())')
	main_is '"python -c \"import platform; print(platform.python_version())\""'
	for wanted in "$have" "${have%.*}" 3; do
		printf 'python: "%s"\n' "$wanted" >python_env.yaml
		mlp run .
		is "$output" "$have"
	done
	is "$(envs)" 1
	without_uv
	printf 'python: "%s9"\n' "$have" >python_env.yaml
	mlp run .
	is "$status" 125
}

@test "a Python that is not here: named, with those that are, before anything is recorded" {
	without_uv
	main_is '"true"'
	printf 'python: "3.99"\n' >python_env.yaml
	mlp run .
	is "$status" 125
	has "$stderr" "python_env.yaml:1:9: Python 3.99 is not here; found: 3."
	has "$stderr" "($(readlink -f /usr/bin/python3))"
	has "$stderr" "install uv"
	[ ! -e mlflow.db ]
}

@test "a Python that is not here and that uv cannot get either" {
	main_is '"true"'
	printf 'python: "3.99"\n' >python_env.yaml
	mlp run .
	is "$status" 125
	has "$stderr" "getting Python 3.99 failed: uv: exit"
	has "$stderr" "found here: 3."
	newest
	is "$(json 'j["status"]')" FAILED
	mlp run --offline .
	is "$status" 125
	has "$stderr" "Python 3.99 is not here"
	has "$stderr" "without --offline uv can get it"
}

@test "what pyenv has installed is found, and what its shims mean" {
	local real minor
	real=$(readlink -f /usr/bin/python3)
	minor=${real##*python}
	mkdir -p "$T/pyenv/shims" "$T/pyenv/versions/$minor.50/bin" "$T/pyenv/versions/3.98.1/bin"
	printf '#!/bin/sh\necho shim >&2; exit 127\n' >"$T/pyenv/shims/python3"
	# it says that it is 3.98.1, as far as it is asked
	cat >"$T/pyenv/versions/3.98.1/bin/python" <<-END
		#!/bin/sh
		echo '{"version": "3.98.1", "name": "cpython", "path": "$T/pyenv/versions/3.98.1/bin/python",
			"abi": "linux cp398", "wheels": "", "self": "0:0"}'
	END
	ln -s "$real" "$T/pyenv/versions/$minor.50/bin/python"
	chmod +x "$T/pyenv/shims/python3" "$T/pyenv/versions/3.98.1/bin/python"
	export PYENV_ROOT=$T/pyenv
	dry() { output=$(PATH=$T/pyenv/shims:$T/uv "$MLP" run --dry-run .); }
	main_is '"true"'
	printf 'python: "3.98"\n' >python_env.yaml
	dry
	has "$output" "3.98.1 ($T/pyenv/versions/3.98.1/bin/python)"
	printf 'python: "3"\n' >python_env.yaml
	printf '%s.50\n' "$minor" >"$T/pyenv/version"
	dry
	has "$output" "($real)"
	echo 3.98.1 >.python-version
	dry
	has "$output" "3.98.1 ("
	PYENV_VERSION=$minor.50 dry
	has "$output" "($real)"
}

@test "a dependency that does not exist: the tool's last lines, exit 125, nothing left" {
	main_is '"true"'
	python_env alpha 'nowhere==1.0'
	mlp run .
	is "$status" 125
	has "$stderr" "installing the packages failed: uv: exit 1"
	has "$stderr" "  | "
	has "$stderr" "nowhere"
	is "$(unfinished)" ""
	newest
	is "$(json 'j["status"]')" FAILED
	has "$(cat "$(artifacts)/mlp/environment.log")" "nowhere"
	# what it says last is not always why
	mkdir "$T/says"
	cat >"$T/says/uv" <<-'END'
		#!/bin/sh
		case $1 in --version) echo uv 1; exit ;; esac
		printf 'note: this\nerror: Git operation failed\n  cause: no such repository\n\n  Please make sure\n   and it exists.\n\n' >&2
		exit 1
	END
	chmod +x "$T/says/uv"
	PATH=$T/says:$PATH mlp run .
	has "$stderr" "failed: uv: exit 1: error: Git operation failed: no such repository; artifacts"
	without_uv
	mlp run .
	is "$status" 125
	has "$stderr" "installing the packages failed: python: exit 1: ERROR: No matching distribution found for nowhere==1.0"
	has "$stderr" "No matching distribution found for nowhere==1.0"
	is "$(envs)$(unfinished)" 0
}

@test "what a tool says of the list of packages names the file that the user wrote, and its line" {
	main_is '"true"'
	printf '# words\n\nalpha\nalpha beta\n' >requirements.txt
	python_env '-r requirements.txt'
	mlp run .
	is "$status" 125
	has "$stderr" 'in `requirements.txt` (line 4)'
	lacks "$stderr" install.txt
	without_uv
	mlp run .
	is "$status" 125
	has "$stderr" "(from line 4 of requirements.txt)"
	lacks "$stderr" install.txt
	printf 'dependencies:\n- alpha\n- alpha beta\n' >python_env.yaml
	mlp run .
	has "$stderr" "(from line 3 of python_env.yaml)"
	printf 'dependencies:\n- alpha\n- -c pins.txt\n' >python_env.yaml
	printf '\nalpha beta\n' >pins.txt
	mlp run .
	has "$stderr" "(from line 2 of pins.txt)"
}

@test "python: 3.8 without quotes, and other mistakes of the file, with their place" {
	main_is '"true"'
	while IFS='|' read -r text message; do
		printf -- "$text" >python_env.yaml
		mlp run .
		is "$status" 125
		has "$stderr" "python_env.yaml:$message"
	done <<-'END'
		python: 3.8\n|1:9: `python` must be a string but got <class 'float'>
		python: 3.10\n|1:9: `python` must be a string but got <class 'float'>
		python: 3\n|1:9: `python` must be a string but got <class 'int'>
		python: [3]\n|1:9: `python` must be a string but got <class 'list'>
		python: "three"\n|1:9: 'three' is not a version of Python
		python: ">=3.8"\n|1:9: '>=3.8' is not a version of Python
		dependencies: alpha\n|1:15: `dependencies` must be a list but got <class 'str'>
		build_dependencies: {pip: 1}\n|1:21: `build_dependencies` must be a list but got <class 'dict'>
		dependencies:\n- alpha\n- beta: 1.2\n|3:3: `dependencies` must be a list of strings
		dependancies: []\n|1:1: unknown key 'dependancies'
		# nothing\n| a python_env file must be a mapping, not empty
		- alpha\n|1:1: a python_env file must be a mapping, not a list
		python: "3\n|
	END
	[ ! -e mlflow.db ]
	printf 'python: 3.10\n' >python_env.yaml
	mlp run .
	has "$stderr" 'write it in quotes: python: "3.10"'
	mlp check
	is "$status" 1
	has "$stderr" "python_env.yaml:1:9: error: "
	has "$stderr" "    python: 3.10
            ^"
}

@test "-r and -c: in each other, relative to themselves, and what is wrong with them" {
	main_is '"hello-beta; hello-alpha"'
	mkdir sub
	printf -- '--requirement=sub/more.txt\n' >requirements.txt
	printf 'beta \\\n  >= 1.0\n-c "limits.txt"\n' >sub/more.txt
	printf 'alpha<2 # no more\n' >sub/limits.txt
	python_env '-r requirements.txt'
	mlp run .
	is "$status" 0
	has "$output" "hello from alpha 1.0"
	printf 'alpha<3\n' >sub/limits.txt
	mlp run .
	has "$output" "hello from alpha 2.0"
	rm sub/limits.txt
	mlp run .
	is "$status" 125
	has "$stderr" "python_env.yaml:2: requirements.txt:1: sub/more.txt:3: cannot read '$PWD/sub/limits.txt'"
	printf -- '-r ../requirements.txt\n' >sub/more.txt
	mlp run .
	is "$status" 125
	has "$stderr" "includes itself"
	mlp runs --json
	is "$(json 'len(j)')" 2
}

@test "-f: a directory of packages in the project, or beside the file that names it" {
	main_is '"hello-alpha"'
	unset UV_DEFAULT_INDEX PIP_INDEX_URL
	mkdir -p "wheel house" sub/more
	cp "$T"/index/alpha/alpha-1.0-*.whl "wheel house"
	cp "$T"/index/alpha/alpha-2.0-*.whl sub/more
	printf -- '-f more\n' >sub/list.txt
	for tool in uv pip; do
		python_env --no-index "--find-links=wheel house" alpha
		mlp run .
		is "$status:$output" "0:hello from alpha 1.0"
		python_env --no-index '-r sub/list.txt' alpha
		mlp run .
		is "$status:$output" "0:hello from alpha 2.0"
		# another project's directory of that name has other packages
		mkdir -p ../other
		cp -r MLproject python_env.yaml sub ../other
		rm ../other/sub/more/*
		cp "$T"/index/alpha/alpha-1.0-*.whl ../other/sub/more
		mlp run ../other
		is "$status:$output" "0:hello from alpha 1.0"
		is "$(envs)" 3
		mlp run .
		is "$status:$output" "0:hello from alpha 2.0"
		is "$(envs)" 3
		rm -r "$XDG_CACHE_HOME/mlp"
		without_uv
	done
	git init -q .
	python_env --no-index '-f ../../index/alpha' alpha
	git add . && git commit -qm one
	mlp run -v HEAD .
	is "$status" 125
	has "$stderr" "'../../index/alpha' leads out of the project"
}

@test "a project that was fetched reads nothing outside itself" {
	mkdir "$T/bad"
	cd "$T/bad"
	git init -q .
	main_is '"true"'
	echo alpha >"$T/outside.txt"
	python_env '-r ../outside.txt'
	git add . && git commit -qm one
	python_env '-r inside.txt'
	ln -s "$T/outside.txt" inside.txt
	git add . && git commit -qm two
	python_env './..'
	git add . && git commit -qm three
	cd "$T/p"
	for version in HEAD~2 HEAD~1 HEAD; do
		mlp run -v "$version" "$T/bad"
		is "$status" 125
		has "$stderr" "leads out of the project"
	done
	cp "$T/bad/MLproject" "$T/plain"
	echo 'dependencies: [a-word]' >"$T/outside.yaml"
	for file in "$T/outside.yaml" out/outside.yaml; do
		{ cat "$T/plain" && echo "python_env: $file"; } >"$T/bad/MLproject"
		ln -sfn "$T" "$T/bad/out"
		git -C "$T/bad" add . && git -C "$T/bad" commit -qm more
		mlp run -v HEAD "$T/bad"
		is "$status" 125
		has "$stderr" "leads out of the project"
		lacks "$stderr" a-word
		mlp check -v HEAD "$T/bad"
		is "$status" 1
		has "$stderr$output" outside.yaml
		lacks "$stderr$output" a-word
	done
	cp "$T/plain" "$T/bad/MLproject"
	cd "$T/bad" # the user's own may do that
	python_env '-r ../outside.txt'
	mlp run .
	is "$status" 0
}

@test "a package in the project: its content is in the name; -e . follows the files" {
	main_is '"python -c \"import here; print(here.VERSION)\""'
	source_package pkg here 1.0
	python_env ./pkg
	mlp run .
	is "$output" 1.0
	mkdir -p pkg/__pycache__ pkg/here.egg-info
	touch pkg/__pycache__/x.pyc pkg/here.egg-info/PKG-INFO
	mlp run .
	lacks "$stderr" "making"
	printf 'VERSION = "changed"\n' >pkg/here.py
	mlp run .
	is "$output" changed
	is "$(envs)" 2
	source_package . here 2.0
	python_env '-e .'
	mlp run .
	is "$output" 2.0
	has "$(locked)" "-e file://$PWD  # here==2.0"
	printf 'VERSION = "edited"\n' >here.py
	mlp run .
	is "$output" edited
	lacks "$stderr" "making"
	is "$(envs)" 3
}

@test "-e . in a project that was fetched is made once for all checkouts" {
	mkdir "$T/repo"
	cd "$T/repo"
	git init -q .
	printf 'entry_points:\n  main:\n    command: "cd /; python -c \\"import here; print(here.VERSION)\\""\n' >MLproject
	source_package . here 1.0
	python_env '-e .'
	git add . && git commit -qm one
	cd "$T/p"
	mlp run -v HEAD "$T/repo"
	is "$output" 1.0
	mlp run -v HEAD "$T/repo"
	is "$output" 1.0
	is "$(envs)" 1
}

@test "ten first runs at once make it once; the others wait and say so" {
	held_uv
	project
	local i pids=()
	for i in 0 1 2 3 4 5 6 7 8 9; do
		"$MLP" run . >"$T/out.$i" 2>"$T/err.$i" &
		pids+=($!)
	done
	nine_wait() { [ "$(grep -l 'waiting for another mlp' "$T"/err.* | wc -l)" = 9 ]; }
	until_true nine_wait
	touch "$T/go"
	for i in "${pids[@]}"; do wait "$i"; done
	is "$(cat "$T"/err.* | grep -c 'making the virtual')" 1
	is "$(cat "$T"/out.* | grep -c 'hello from beta 1.0')" 10
	is "$(envs)$(unfinished)" 1
}

@test "who waits can be stopped, and the one that makes it goes on" {
	held_uv
	project
	"$MLP" run . >"$T/out" 2>"$T/err" &
	local maker=$!
	until_true test -e "$T/held"
	env --default-signal "$MLP" run . >"$T/out2" 2>"$T/err2" &
	local waiter=$!
	until_true grep 'waiting for another mlp' "$T/err2"
	kill -INT "$waiter"
	status=0
	wait "$waiter" || status=$?
	is "$status" 130
	has "$(cat "$T/err2")" KILLED
	touch "$T/go"
	wait "$maker"
	has "$(cat "$T/out")" "hello from beta 1.0"
}

@test "stopped while it is made: KILLED, nothing is left, and the next run makes it" {
	held_uv
	project
	env --default-signal "$MLP" run . >"$T/out" 2>"$T/err" &
	local maker=$!
	until_true test -e "$T/held"
	kill -TERM "$maker"
	status=0
	wait "$maker" || status=$?
	is "$status" 143
	has "$(cat "$T/err")" KILLED
	is "$(envs)$(unfinished)" 0
	newest
	is "$(json 'j["status"]')" KILLED
	touch "$T/go"
	mlp run .
	check_project
}

@test "killed while it is made: what is there does not count, and the next run makes it" {
	held_uv
	project
	"$MLP" run . >"$T/out" 2>"$T/err" &
	local maker=$!
	until_true test -e "$T/held"
	kill -KILL "$maker"
	wait "$maker" || true
	[ -n "$(unfinished)" ]
	mkdir -p "$(unfinished)/venv/bin"
	touch "$(unfinished)/venv/bin/python"
	touch "$T/go"
	mlp run .
	check_project
	is "$(unfinished)" ""
	mlp runs --json
	is "$(json 'sorted(r["status"] for r in j)')" "['FAILED', 'FINISHED']"
}

@test "an environment in use is held, and its last use is known" {
	main_is '"touch started; until [ -e go ]; do sleep 0.05; done"'
	python_env alpha
	touch go
	mlp run .
	rm go started
	local lock
	lock=$(ls "$XDG_CACHE_HOME"/mlp/envs/*.lock)
	touch -d '2 days ago' "$lock"
	"$MLP" run . 2>/dev/null &
	until_true test -e started
	run ! flock -n -x "$lock" true
	[ -n "$(find "$lock" -mmin -60)" ]
	touch go
	wait $!
	flock -n -x "$lock" true
}

@test "an environment whose Python is gone is made again" {
	project
	mlp run .
	ln -sfn /nowhere/python3 "$(echo "$XDG_CACHE_HOME"/mlp/envs/*/venv/bin/python)"
	mlp run .
	check_project
	has "$stderr" "making"
}

@test "a cache that cannot be written: said with the way out" {
	project
	touch "$T/file"
	XDG_CACHE_HOME=$T/file mlp run .
	is "$status" 125
	has "$stderr" "$T/file"
	has "$stderr" "set XDG_CACHE_HOME"
	newest
	is "$(json 'j["status"]')" FAILED
}

@test "a cache whose path PATH cannot hold: said before anything is made, and nothing runs outside" {
	project
	XDG_CACHE_HOME=$T/a:b mlp run .
	is "$status:$output" "125:"
	has "$stderr" "a virtual environment cannot be below '$T/a:b/mlp'"
	has "$stderr" "set XDG_CACHE_HOME"
	[ ! -e "$T/a:b" ] && [ ! -e mlflow.db ]
}

@test "a Python that brings several pips: the newest is taken" {
	local real wheels newest
	real=$(readlink -f /usr/bin/python3)
	wheels=$("$real" -c 'import sysconfig, os, ensurepip
print(sysconfig.get_config_var("WHEEL_PKG_DIR") or os.path.dirname(ensurepip.__file__) + "/_bundled")')
	mkdir "$T/wheels" "$T/shim"
	cp "$wheels"/pip-*.whl "$wheels"/setuptools-*.whl "$T/wheels"
	cp "$wheels"/pip-*.whl "$T/wheels/pip-9.0.1-py3-none-any.whl"
	# 23.0 is older than 23.0.1, whatever Pythons they are for
	newest=$(cd "$wheels" && printf '%s\n' pip-*.whl | cut -d - -f 2 | sort -V | tail -n 1)
	echo none >"$T/wheels/pip-${newest%.*}-py9.py9-none-any.whl"
	cat >"$T/shim/python3" <<-END
		#!/bin/sh
		for code; do :; done
		exec $real -I -S -c "import sysconfig
		sysconfig.get_config_vars()['WHEEL_PKG_DIR'] = '$T/wheels'
		\$code"
	END
	chmod +x "$T/shim/python3"
	main_is '"pip --version"'
	echo '{}' >python_env.yaml
	PATH=$T/shim:$PATH mlp run .
	is "$status" 0
	lacks "$output" "pip 9.0.1"
	is "$(envs)" 1
}

@test "a full disk while it is made: told, and nothing is left" {
	mkdir "$T/small"
	mount -t tmpfs -o size=3m none "$T/small" 2>/dev/null || skip "no right to mount"
	project
	XDG_CACHE_HOME=$T/small mlp run .
	local code=$status left
	left=$(find "$T/small/mlp" -name environment.json; ls "$T/small/mlp/envs" | grep -v '[.]lock$' || true)
	umount "$T/small"
	is "$code" 125
	has "$stderr" "No space left on device"
	is "$left" ""
	newest
	is "$(json 'j["status"]')" FAILED
}

@test "offline: what is there is used, and nothing is asked for" {
	project
	mlp run .
	mlp run --offline .
	check_project
	unset UV_DEFAULT_INDEX PIP_INDEX_URL
	python_env 'gamma==1.0'
	mlp run --offline .
	is "$status" 125
	has "$stderr" "gamma"
	without_uv
	mlp run --offline .
	is "$status" 125
	has "$stderr" "No matching distribution found for gamma==1.0"
}

@test "a conda.yaml without conda: what pip can install, and a warning for the rest" {
	main_is '"hello-alpha"'
	cat >conda.yaml <<-'END'
		name: env
		channels: [conda-forge]
		dependencies:
		- python=3
		- numpy=1.2
		- cudatoolkit
		- pip:
		  - alpha==1.0
	END
	mlp run --env-manager virtualenv .
	is "$status" 0
	is "$output" "hello from alpha 1.0"
	has "$stderr" "conda.yaml:4:1: The following conda dependencies will not be installed in the resulting environment: ['numpy=1.2', 'cudatoolkit']"
	printf 'dependencies: [python]\n' >conda.yaml
	mlp run --env-manager uv .
	is "$status" 125
	has "$stderr" "conda.yaml:1:16: Invalid dependency for python: python. It must be pinned (e.g. python=3.8.13)."
	printf 'dependencies: [python<3.9]\n' >conda.yaml
	mlp run --env-manager uv .
	has "$stderr" "Invalid version comparator for python: '<'. Must be one of ['<=', '>=', '=', '==']."
}

# An index by HTTP, which wants a name and a password, on $INDEX.
start_index() {
	python3 "$BATS_TEST_DIRNAME/../lib/index.py" "$T/index" "$T/port" ann:s3cret 3>&- &
	index=$!
	until_true test -s "$T/port"
	INDEX=127.0.0.1:$(cat "$T/port")
	unset UV_DEFAULT_INDEX PIP_INDEX_URL
}

@test "an index with a password: used, and the password is nowhere" {
	start_index
	main_is hello-alpha
	python_env "--index-url http://ann:s3cret@$INDEX" alpha==1.0
	mlp run .
	is "$status" 0
	is "$output" "hello from alpha 1.0"
	has "$(locked)" "--hash=sha256:$(wheel_hash alpha 1.0)"
	without_uv
	rm -r "$XDG_CACHE_HOME/mlp"
	mlp run .
	is "$output" "hello from alpha 1.0"
	python_env "--index-url http://ann:s3cret@$INDEX" alpha==3.0
	mlp run .
	is "$status" 125
	lacks "$stderr" s3cret
	export PATH=$T/uv:$PATH
	mlp run .
	lacks "$stderr" s3cret
	kill "$index"
	run ! grep -r s3cret mlruns mlflow.db "$XDG_STATE_HOME" "$XDG_CACHE_HOME/mlp"
}

@test "a package by a URL with a token: used, and the token is nowhere" {
	start_index
	main_is hello-alpha
	local url="http://$INDEX/alpha/alpha-1.0-py3-none-any.whl?token=s3cret"
	for tool in uv pip; do
		python_env "alpha @ $url"
		mlp run . --verbose
		is "$status" 0
		is "$output" "hello from alpha 1.0"
		lacks "$stderr" s3cret
		has "$(locked)" "alpha @ http://$INDEX/alpha/alpha-1.0-py3-none-any.whl?token=***"
		python_env "alpha @ ${url/1.0/3.0}"
		mlp run .
		is "$status" 125
		lacks "$stderr" s3cret
		is "$(grep -rl s3cret mlruns mlflow.db "$XDG_STATE_HOME" "$XDG_CACHE_HOME/mlp")" ""
		[ "$tool" = pip ] || rm -r "$XDG_CACHE_HOME/mlp"
		without_uv
	done
	kill "$index"
}

@test "killed while a tool says a password: it is in no log" {
	mkdir "$T/says"
	cat >"$T/says/uv" <<-END
		#!/bin/sh
		case \$1 in --version) echo uv 1; exit ;; esac
		printf 'Looking in http://ann:s3cret@127.0.0.1:1/x?n=1&token=s3cret\nthen http://ann:s3cr'
		touch "$T/held"
		until [ -e "$T/go" ]; do sleep 0.05; done
	END
	chmod +x "$T/says/uv"
	export PATH=$T/says:$PATH
	main_is '"true"'
	python_env alpha
	"$MLP" run . 2>"$T/err" 3>&- &
	local maker=$!
	until_true test -e "$T/held"
	until_true grep -qs 'then http://' mlruns/0/*/artifacts/mlp/environment.log
	kill -KILL "$maker"
	wait "$maker" || true
	has "$(cat mlruns/0/*/artifacts/mlp/environment.log)" "Looking in http://***@127.0.0.1:1/x?n=1&token=***"
	run ! grep -r s3cr mlruns mlflow.db "$XDG_STATE_HOME" "$XDG_CACHE_HOME/mlp"
}

@test "--dry-run says what would be made, and makes nothing" {
	project
	mlp run --dry-run .
	is "$status" 0
	has "$output" "environment  virtualenv (python_env.yaml)"
	has "$output" "($(readlink -f /usr/bin/python3))"
	has "$output" "(to be made with uv)"
	[ ! -e "$XDG_CACHE_HOME/mlp/envs" ]
	[ ! -e "$XDG_CACHE_HOME/mlp/pythons" ]
	mlp run .
	mlp run --dry-run --json .
	has "$(json 'j["prepare"]["virtualenv"]')" "(is there)"
	python_env '-r requirements.txt' '-r none.txt'
	mlp run --dry-run .
	is "$status" 125
	has "$stderr" "none.txt"
}

@test "a git project is looked at without its requirements files" {
	project
	git init -q "$T/repo"
	cp MLproject python_env.yaml requirements.txt "$T/repo"
	git -C "$T/repo" add .
	git -C "$T/repo" commit -qm one
	mlp run --dry-run -v HEAD "$T/repo"
	is "$status" 0
	has "$output" "(its files are read when it runs"
	mlp run -v HEAD "$T/repo"
	check_project
}

@test "a real package from the real index, with uv and with pip" {
	real_index
	main_is '"python -c \"import six; print(six.__version__)\""'
	python_env six==1.16.0
	mlp run .
	is "$output" 1.16.0
	has "$(locked)" "--hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"
	rm -r "$XDG_CACHE_HOME/mlp"
	without_uv
	mlp run .
	is "$output" 1.16.0
	has "$(locked)" "--hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"
}
