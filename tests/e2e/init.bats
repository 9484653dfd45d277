#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mlp init: projects that run at once, and manifests from a script's --help.

load ../lib/cli
load ../lib/docker

setup() {
	cli_setup
	TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
	PATH=$(dirname "$MLP"):$PATH
}

teardown() { cli_teardown; }

# made NAME [KIND]: a project of that template in ./new, with nothing to complain of
made() {
	mlp init --template "$1" new
	is "$status" 0
	is "$(sort <<<"$output")" "$(find new -type f | sort)"
	has "$stderr" "run it with: mlp run new"
	is "$(cd new && find . -type f | sort)" "$(cd "$TOP/templates/$1" && find . -type f | sort)"
	if grep -r PROJECT_NAME new; then false; fi
	mlp check new
	is "$status:$stderr" "0:"
	has "$output" "0 warnings"
	mlp info new --json
	is "$(json 'j["name"], j["env"]["kind"]')" "('new', '${2:-local}')"
}

# An image with this machine's Python in it.
python_image() {
	local dir=$1 python file
	python=$(/usr/bin/python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
	docker_tree "$dir" "$python" sh
	mkdir -p "$dir/usr/lib"
	cp -a "$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" "$dir/usr/lib/"
	for file in "$dir"/usr/lib/python3*/lib-dynload/*.so; do
		ldd "$file" 2>/dev/null | grep -o '/[^ ]*' || :
	done | sort -u | while read -r file; do
		mkdir -p "$dir${file%/*}"
		[ -e "$dir$file" ] || cp -L "$file" "$dir$file"
	done
	mkdir -p "$dir/usr/bin"
	[ "$python" = /usr/bin/python3 ] || ln -sf "$(basename "$python")" "$dir/usr/bin/python3"
	docker_import "$dir" "$2"
}

script() { cat >"${1:-train.py}"; }
# The values of the script's own Namespace in what a run has printed.
namespace() { grep -o 'Namespace(.*)' <<<"$output"; }

@test "the templates are listed with what they are" {
	mlp init --list
	is "$status" 0
	is "$(cut -d ' ' -f 1 <<<"$output")" "$(ls "$TOP/templates")"
	has "$output" "minimal    A shell script"
	if grep -vE '^[a-z]+ +[A-Z].{10,}' <<<"$output"; then false; fi
}

@test "minimal is what you get, and it runs" {
	made minimal
	mlp run new -P times=1 -P "who=you & me"
	is "$status:$output" "0:hello, you & me"
	mlp init other
	is "$(cat other/hello.sh)" "$(cat new/hello.sh)"
}

@test "python trains and predicts" {
	made python
	mlp run new -P epochs=60
	is "$status" 0
	has "$output" "epoch 60 loss 0.0"
	cd new
	mlp run . -e predict -P x=-1
	is "$status" 0
	has "$output" "-1.0"
}

@test "steps runs its steps as runs inside a run" {
	made steps
	mlp run new -P rows=50
	is "$status" 0
	has "$output" "50 rows in work/points.csv"
	grep -qE "^slope (2.9|3.0)" <<<"$output"
	mlp runs --json
	is "$(json 'sorted(r["entry_point"] for r in j)')" "['fit', 'main', 'make', 'report']"
	is "$(json 'sum("mlflow.parentRunId" in r["tags"] for r in j)')" 3
}

@test "docker runs in the image that it names, and here as well" {
	unset DOCKER_HOST DOCKER_CONTEXT MLP_DOCKER
	docker_setup
	made docker docker
	is "$(sed -n 's/^  image: //p' new/MLproject)" python:3.11-slim
	has "$(cat new/README.md)" python:3.11-slim
	mlp run new --dry-run
	is "$status" 0
	has "$output" "image        python:3.11-slim ("
	mlp run new --env-manager local -P samples=1000
	is "$status" 0
	has "$output" "pi is about 3."
	rm new/pi.json
	# that image is in no registry here: one with this machine's Python instead
	docker_make mlp-test-template:1 python_image
	sed -i 's/image: .*/image: mlp-test-template:1/' new/MLproject
	mlp run new -P samples=1000
	is "$status" 0
	has "$output" "pi is about 3."
	is "$(stat -c %u new/pi.json)" "$(id -u)"
	newest
	is "$(json 'j["tags"]["mlflow.docker.image.uri"]')" mlp-test-template:1
}

@test "virtualenv runs with the packages that it names" {
	"$TOP/tests/lib/mlflow-env.sh" newest >/dev/null || skip "no package index"
	made virtualenv python
	mlp run new -P epochs=3
	is "$status" 0
	has "$output" "  epoch    loss    slope    offset"
	is "$(grep -c '^  *[123] ' <<<"$output")" 3
	newest
	is "$(json 'j["env"]["kind"]')" virtualenv
	grep -q tabulate mlruns/0/*/artifacts/mlp/environment.lock
}

@test "sklearn says what it needs where scikit-learn is missing" {
	if python3 -c 'import sklearn' 2>/dev/null; then skip "scikit-learn is installed here"; fi
	made sklearn
	mlp run new
	is "$status" 1
	has "$stderr" "this project needs scikit-learn"
	has "$stderr" "pip install -r requirements.txt"
}

@test "sklearn trains and evaluates where scikit-learn is" {
	env=$("$TOP/tests/lib/mlflow-env.sh" newest) || skip "no package index"
	PATH=$env/bin:$PATH
	export MLFLOW_DISABLE_TELEMETRY=true
	made sklearn
	mlp run new -e evaluate
	is "$status" 1
	has "$stderr" "train one first"
	mlp run new -P trees=10
	is "$status" 0
	has "$output" "test_accuracy 0.8"
	newest
	is "$(json 'sorted(j["metrics"]), j["params"]["trees"]')" "(['test_accuracy', 'train_accuracy'], '10')"
	is "$(ls new/output)" $'metrics.json\nmodel.joblib'
	mlp run new -e evaluate
	is "$status" 0
	has "$output" "precision"
	is "$(python3 -c 'import json; print(json.load(open("new/notebooks/explore.ipynb"))["nbformat"])')" 4
	git -C new init -q
	git -C new add -A
	is "$(git -C new status --short output)" "A  output/.gitkeep"
}

@test "nothing is overwritten: what is in the way is named" {
	mkdir new
	echo mine >new/hello.sh
	mlp init new
	is "$status" 1
	has "$stderr" "new/hello.sh' is in the way"
	is "$(ls -A new; cat new/hello.sh)" $'hello.sh\nmine'
	mlp init new/hello.sh
	is "$status" 1
	has "$stderr" "is not a directory"
	ln -s nowhere dangling
	mlp init dangling
	is "$status" 1
	mkdir empty
	mlp init empty
	is "$status" 0
	# a new repository is empty as well, and stays what it is
	git init -q repository
	find repository/.git -type f | sort | xargs sha256sum >before
	mlp init repository
	is "$status" 0
	find repository/.git -type f | sort | xargs sha256sum | cmp before
	echo mine >repository/own
	rm repository/MLproject repository/.gitignore repository/hello.sh
	mlp init repository
	is "$status" 1
	has "$stderr" "repository/own' is in the way"
	(cd "$T" && mkdir here && cd here && "$MLP" init . && "$MLP" run . -q)
	mlp init deep/er/new
	is "$status" 0
}

@test "the project's name is that of the directory, whatever it is" {
	for name in 'on' '1e5' 'my "own" project' 'a: b # c' '{x}' 'ünïcode'; do
		mlp init "$name"
		is "$status" 0
		mlp check "$name"
		is "$status:$stderr" "0:"
		mlp info "$name" --json
		is "$(json 'j["name"]')" "$name"
		mlp run "$name"
		is "$status" 0
	done
}

@test "a directory that looks like an option" {
	local next
	mlp init -- -d
	is "$status" 0
	next=$(sed -n 's/^mlp: run it with: mlp //p' <<<"$stderr")
	eval "mlp $next"
	is "$status" 0
	has "$output" "hello"
}

@test "command lines of init that are wrong" {
	mlp init
	is "$status" 2
	has "$stderr" "missing argument DIR"
	mlp init --template stpes new
	is "$status" 2
	has "$stderr" "did you mean --template steps?"
	mlp init --template ../minimal new
	is "$status" 2
	mlp init --from x.py --template minimal
	is "$status" 2
	mlp init a b
	is "$status" 2
	[ ! -e new ]
	chmod 555 .
	if [ "$(id -u)" != 0 ]; then
		mlp init new
		is "$status" 1
	fi
}

@test "--from: parameters with types and defaults, and a command that runs" {
	script <<-'END'
		import argparse
		p = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
		p.add_argument("data", help="where to read")
		p.add_argument("-l", "--learning-rate", type=float, default=0.1, help="step")
		p.add_argument("-n", type=int, required=True, help="how many")
		p.add_argument("--name", default="it's {a} \"b\" $HOME", help="title")
		p.add_argument("--kind", choices=["a", "b c"], default="a", help="which")
		p.add_argument("--verbose", action="store_true")
		p.add_argument("--no-log", dest="log", action="store_false", help="be still")
		p.add_argument("--cache", action=argparse.BooleanOptionalAction, default=True, help="keep")
		p.add_argument("--momentum", type=float)
		print(p.parse_args())
	END
	mlp init --from train.py
	is "$status" 0
	is "$output" "$(cat MLproject)"
	has "$stderr" "written to ./MLproject"
	mlp check .
	is "$status:$stderr" "0:"
	has "$output" "0 warnings"
	mlp info . --json
	is "$(json '[(p["name"], p["type"], p["default"]) for p in j["entry_points"][0]["parameters"]]')" \
		"[('data', 'string', None), ('learning-rate', 'float', '0.1'), ('n', 'string', None), ('name', 'string', 'it\\'s {a} \"b\" \$HOME'), ('kind', 'string', 'a'), ('verbose', 'bool', 'False'), ('no-log', 'bool', 'False'), ('cache', 'bool', 'True')]"
	has "$(cat MLproject)" "--momentum MOMENTUM   (-P momentum=VALUE passes it on)"
	mlp run . -P data=x -P n=3
	is "$status" 0
	is "$(namespace)" "Namespace(data='x', learning_rate=0.1, n=3, name='it\\'s {a} \"b\" \$HOME', kind='a', verbose=False, log=True, cache=True, momentum=None)"
	mlp run . -P 'data=a b' -P n=3 -P verbose=yes -P no-log=on -P cache=off -P momentum=0.5 -P 'kind=b c'
	is "$(namespace)" "Namespace(data='a b', learning_rate=0.1, n=3, name='it\\'s {a} \"b\" \$HOME', kind='b c', verbose=True, log=False, cache=False, momentum=0.5)"
}

@test "--from: values that begin with a dash are no options" {
	script <<-'END'
		import argparse
		p = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
		p.add_argument("--decay", type=float, default=-1e-5, help="step")
		p.add_argument("--mark", default="-", help="title")
		p.add_argument("--none", default="", help="nothing")
		p.add_argument("-w", type=float, default=-3, help="short")
		print(p.parse_args())
	END
	mlp init --from train.py
	is "$status" 0
	mlp run .
	is "$(namespace)" "Namespace(decay=-1e-05, mark='-', none='', w=-3.0)"
	mlp run . -P mark=--none -P decay=-2e-7
	is "$(namespace)" "Namespace(decay=-2e-07, mark='--none', none='', w=-3.0)"
}

@test "--from: a script without parameters; in a directory of its own; with a strange name" {
	mkdir -p 'a {b}/src'
	script 'a {b}/src/do it.py' <<-'END'
		import argparse
		print(argparse.ArgumentParser().parse_args())
	END
	mlp init --from 'a {b}/src/do it.py' 'a {b}'
	is "$status" 0
	mlp run 'a {b}'
	is "$status:$output" "0:Namespace()"
}

@test "--from: what cannot be written by itself is told in comments" {
	script <<-'END'
		import argparse
		p = argparse.ArgumentParser()
		p.add_argument("--layers", nargs="+", type=int, required=True)
		p.add_argument("--lr", type=float, default=0.1, help="step")
		p.add_argument("out", nargs="?")
		p.parse_args()
	END
	mlp init --from train.py
	is "$status" 0
	has "$output" "#   --layers LAYERS ...   (required: write it into the command)"
	has "$output" "#   --lr LR   (-P lr=VALUE passes it on)"
	has "$output" "#   out"
	lacks "$output" "parameters:"
}

@test "--from refuses: subcommands, other help, failing scripts, places and files in the way" {
	script sub.py <<-'END'
		import argparse
		p = argparse.ArgumentParser()
		s = p.add_subparsers()
		s.add_parser("fit"), s.add_parser("test")
		p.parse_args()
	END
	mlp init --from sub.py
	is "$status" 2
	has "$stderr" "'sub.py' has subcommands (fit,test)"
	echo 'print("hello")' >plain.py
	mlp init --from plain.py
	is "$status" 1
	has "$stderr" "is not argparse's help"
	echo 'import nothing_of_this_name' >broken.py
	mlp init --from broken.py
	is "$status" 1
	has "$stderr" "'python3 broken.py --help' failed: exit 1"
	has "$stderr" "No module named 'nothing_of_this_name'"
	echo 'while True: print("x" * 1000)' >endless.py
	mlp init --from endless.py
	is "$status" 1
	has "$stderr" "prints more than"
	mlp init --from missing.py
	is "$status" 1
	has "$stderr" "there is no script"
	mkdir elsewhere
	mlp init --from plain.py elsewhere
	is "$status" 1
	has "$stderr" "is not in the directory"
	[ ! -e MLproject ]
	echo 'name: mine' >mlproject
	mlp init --from plain.py
	is "$status" 1
	has "$stderr" "mlproject' exists already"
	is "$(cat mlproject)" "name: mine"
}

@test "--from: Ctrl-C while the script hangs" {
	echo 'import time; time.sleep(600)' >"slow$$.py"
	env --default-signal "$MLP" init --from "slow$$.py" 2>"$T/said" &
	pid=$!
	until_true pgrep -P "$pid" python3
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	is "$status" 1
	has "$(cat "$T/said")" "interrupted"
	if pgrep -f "slow$$.py --hel[p]"; then false; fi
	[ ! -e MLproject ]
}
