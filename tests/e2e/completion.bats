#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Completion: what `mlp __complete` answers, and what the line becomes in real shells.

load ../lib/cli

setup() {
	cli_setup
	TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
	PATH=$(dirname "$MLP"):$PATH
	cat >MLproject <<-'END'
		entry_points:
		  main:
		    parameters:
		      epochs: {type: int, default: 3}
		      verbose: {type: bool, default: false}
		      data: {type: path, description: "what to learn from"}
		    command: "echo {epochs} {verbose} {data}"
		  evaluate:
		    parameters: {model: string}
		    command: "echo {model}"
	END
	mkdir tables
	echo 1 >tables/one.csv
}

teardown() {
	[ -z "${SERVER:-}" ] || kill "$SERVER" 2>/dev/null || :
	cli_teardown
}

# The candidates for the last word, without what they mean.
candidates() { "$MLP" __complete fish "$@" | tail -n +2 | cut -f 1; }
answer() { "$MLP" __complete fish "$@"; }

# The project becomes a repository with two branches and two tags.
repository() {
	git init -q -b trunk .
	git add . && git commit -q -m one
	git branch topic/oak && git tag v1.0 && git tag -a -m two v2.0
}

# tab SHELL LINE EXPECTED: Tab in a real shell makes EXPECTED of LINE (| is the cursor)
tab() {
	command -v "$1" >/dev/null || skip "$1 is missing"
	is "$(python3 "$TOP/tests/lib/tab.py" "$1" "$2")" "$3"
}
everywhere() { tab bash "$1" "$2" && tab zsh "$1" "$2"; }
fish_says() { fish --no-config -c 'mlp completion fish | source; complete -C $argv[1]' "$1"; }

@test "commands, with what they do" {
	answer ru | grep -qxF $'run\tRun a project and record the run'
	is "$(candidates "")" "$("$MLP" help | sed -n 's/^  \([a-z]*\)  *[A-Z].*/\1/p')"
	is "$(candidates --v)" --version
	is "$(candidates nonsense "")" ""
}

@test "the options of each command are those of its --help" {
	for command in $(candidates ""); do
		is "$(candidates "$command" -- | sort)" \
			"$("$MLP" "$command" --help | grep -oE '^ +(-[A-Za-z], )?--[a-z-]+' |
				grep -oE -- '--[a-z-]+' | sort)"
	done
	is "$(candidates run --param- | sort)" $'--param-list'
	is "$(candidates run --para | sort)" $'--param\n--param-list\n--params'
}

@test "an option that takes a value has candidates, or is known to be free text" {
	free='^(jobs|metric|random|seed|priority|docker-args|run-name|tag|timeout|limit|lines|grace|older-than|memory|cpus|log-limit|retries|retry-delay|retry-on|on-end|host|port|static-prefix|allowed-hosts|workers)$'
	echo data >file
	repository
	"$MLP" run . -P data=file --run-name once --experiment-name first >/dev/null
	for command in $(candidates ""); do
		"$MLP" "$command" --help |
			sed -nE 's/^ +(-[A-Za-z], )?--([a-z-]+)(, --[a-z-]+)? [A-Z].*/\2/p' |
			grep -vE "$free" >"$T/valued" || continue
		while read -r option; do
			run=()
			[ "$command" != rerun ] || run=(once)
			[[ $command != run && $command != sweep ]] || run=(.)
			echo "$command --$option"
			saw=$(answer "$command" "${run[@]}" "--$option" "")
			[[ $saw == *$'\n'* || $saw == [fd]* ]]
		done <"$T/valued"
	done
}

@test "entry points and parameters of the project, of another directory too" {
	is "$(candidates run . -e "")" $'main\nevaluate'
	is "$(candidates run -e ev)" evaluate
	is "$(candidates run . -P "")" $'epochs=\nverbose=\ndata='
	is "$(answer run . -P "")" "words nospace
epochs=	int = 3
verbose=	bool = False
data=	path, required  what to learn from"
	is "$(candidates run . -e evaluate -P "")" model=
	is "$(candidates run . -P epochs=1 -Pdata=x --param-list "")" verbose=
	cd "$T"
	is "$(candidates run p -Pe)" -Pepochs=
	is "$(candidates run p -q -qPe)" -qPepochs=
	is "$(candidates run "file://$T/none.git" -e "")" ""
}

@test "versions of a repository on this machine: its branches and tags" {
	repository
	versions=$'trunk\tbranch\ntopic/oak\tbranch\nv1.0\ttag\nv2.0\ttag'
	sorted=$(sort <<<"$versions")
	answers() { answer run "$@" "" | tail -n +2 | sort; }
	is "$(answers . -v)" "$sorted"
	is "$(candidates run . -vv1)" -vv1.0
	is "$(candidates run . --version=to)" --version=topic/oak
	git pack-refs --all
	git rev-parse v1.0 >.git/refs/heads/trunk # packed and loose
	is "$(answers . -v)" "$sorted"
	touch .git/refs/heads/trunk.lock
	mkdir sub && is "$(answers sub -v)" "$sorted"
	git worktree add -q "$T/other" trunk~0
	is "$(answers "$T/other" -v)" "$sorted"
	git clone -q --bare . "$T/bare.git"
	is "$(answers "file://$T/bare.git" -v)" "$sorted"
	is "$(cd "$T" && candidates run -v "")" ""
	everywhere 'mlp run . -v to' 'mlp run . -v topic/oak |'
	printf '%s refs/heads/%s\n' "$(git rev-parse HEAD)" $'x\x1b[31m' \
		"$(git rev-parse HEAD)" 'a;touch owned' >>.git/packed-refs
	is "$(candidates run . -v a)" 'a;touch owned'
	lacks "$(answer run . -v "")" $'\x1b'
	mkfifo "$T/pipe" && mv "$T/pipe" .git/packed-refs # nobody waits for it
	is "$(candidates run . -v "")" trunk
}

@test "versions, entry points and parameters of a URL that was run: from the cache" {
	repository
	git clone -q --bare . "$T/srv/wine.git"
	cd "$T"
	python3 "$TOP/tests/lib/gitserver.py" "$T/srv" "$T/port" "$T/log" 3>&- >/dev/null 2>&1 &
	SERVER=$!
	until_true test -s "$T/port"
	GIT_URL=http://127.0.0.1:$(cat "$T/port")/wine.git
	is "$(candidates run "$GIT_URL" -v "")" ""
	is "$(candidates run "$GIT_URL" -e "")" ""
	"$MLP" run "$GIT_URL" -e evaluate -P model=x >/dev/null
	kill $SERVER
	wait $SERVER || :
	export MLP_TRACE=$T/trace
	is "$(candidates run "$GIT_URL" -v "")" $'topic/oak\ntrunk\nv1.0\nv2.0'
	is "$(candidates run "$GIT_URL" -e "")" $'main\nevaluate'
	is "$(candidates run "$GIT_URL" -e evaluate -P "")" model=
	is "$(candidates run "$GIT_URL#tables" -e "")" ""
	is "$(candidates run "${GIT_URL%.git}" -v "")" ""
	tab bash "mlp run $GIT_URL -v v1" "mlp run $GIT_URL -v v1.0 |"
	[ ! -s "$T/trace" ]
	rm -r "$XDG_CACHE_HOME/mlp/checkouts"
	is "$(candidates run "$GIT_URL" -e "")" ""
}

@test "values of parameters: the default, true and false, files" {
	is "$(candidates run . -P epochs=)" epochs=3
	is "$(candidates run . --param=epochs=)" --param=epochs=3
	is "$(answer run . -P verbose=)" $'words\nverbose=true\t\nverbose=false\tdefault'
	is "$(answer run . -P data=)" "files 5"
	is "$(answer run . -Pdata=ta)" "files 7"
	is "$(answer run . --params=)" "files 9"
	is "$(answer run . --storage-dir "")" "dirs 0"
	is "$(answer run ./ -- --)" "words"
}

@test "runs by name, by id where the name is not enough, with their status" {
	"$MLP" run . -e evaluate -P model=x --run-name once
	"$MLP" run . -e evaluate -P model=x --run-name twice
	"$MLP" run . -e evaluate -P model=x --run-name twice
	ids=$("$MLP" runs --json | python3 -c 'import json, sys
for r in json.load(sys.stdin): print(r["run_id"])')
	for command in show logs rerun; do
		is "$(candidates $command "" | sort)" "$(printf '%s\n' "$ids" | head -2 | cat - <(echo once) | sort)"
	done
	one=$(printf '%s\n' "$ids" | tail -1)
	is "$(candidates show "${one:0:6}")" "$one"
	is "$(answer show onc)" $'words\nonce\t'"${one:0:8} FINISHED"
	is "$(candidates run . --run-id "" | sort)" "$(printf '%s\n' "$ids" | sort)"
	is "$(candidates rerun once -e "")" $'main\nevaluate'
	is "$(candidates rerun once -P "")" model=
	is "$(candidates rerun once -P model=)" model=x
	is "$(candidates show once "")" ""
	is "$(cd "$T" && candidates show --tracking-uri "sqlite:///$T/p/mlflow.db" on)" once
}

@test "experiments by name and by id" {
	"$MLP" run . -e evaluate -P model=x --experiment-name 'red wine'
	is "$(answer runs --experiment red)" $'words\nred wine\texperiment 1'
	is "$(candidates run . --experiment-name "")" $'red wine\nDefault'
	is "$(candidates run . --experiment-id "")" $'1\n0'
}

@test "no answer where there is none: nothing said, made or started" {
	cd "$T" && mkdir empty && cd empty
	export MLP_TRACE=$T/trace MLFLOW_TRACKING_URI=http://127.0.0.1:1
	for words in 'show ' 'runs --experiment ' 'run https://127.0.0.1:1/x.git -e ' 'run -e ' \
		'run . -P ' 'run --run-id ' 'rerun x -P ' 'run /nowhere -P a='; do
		mapfile -t argv < <(tr ' ' '\n' <<<"$words")
		mlp __complete zsh "${argv[@]}"
		is "$status:$stderr" "0:"
		is "$output" "words${output#words}"
		is "$(wc -l <<<"$output")" 1
	done
	unset MLFLOW_TRACKING_URI
	is "$(candidates show "")" ""
	is "$(ls -A)" ""
	[ ! -s "$T/trace" ]
	mkdir "$T/gone" && cd "$T/gone" && rmdir "$T/gone"
	is "$(candidates run -e "")" ""
	mlp __complete
	is "$status:$output" "2:"
	mlp __complete tcsh run
	is "$status:$output" "2:"
}

@test "a manifest with mistakes, a database that is none: no answer, no noise" {
	echo 'entry_points: [' >MLproject
	echo nonsense >mlflow.db
	for word in -e -P --experiment-name --run-id; do
		mlp __complete fish run . $word ""
		is "$output" "${output%%$'\n'*}"
		is "$status:$stderr" "0:"
	done
}

@test "names from outside cannot leave their line or their word" {
	python3 - <<-'END'
		import json
		names = ["\x9bA", "a\tb", "c\nd", "e\x1b[31m", "f g", "$(touch owned)", "`touch owned`", "q'\"q", "x;touch owned", "!!"]
		entries = {n: {"command": "echo \x7f\x1b]0;title\x07"} for n in names}
		json.dump({"entry_points": entries}, open("MLproject", "w"))
	END
	answer run . -e "" >"$T/answer"
	is "$(wc -l <"$T/answer")" 7
	if grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$T/answer"; then false; fi
	is "$(printf '%s\n' "$(candidates run . -e "")")" 'f g
$(touch owned)
`touch owned`
q'\''"q
x;touch owned
!!'
	tab bash 'mlp run . -e "\$' 'mlp run . -e "\$(touch owned)" |'
	tab bash 'mlp run . -e x' 'mlp run . -e x\;touch\ owned |'
	tab bash "mlp run . -e 'x" "mlp run . -e 'x;touch owned' |"
	tab bash "mlp run . -e q" "mlp run . -e q\\'\\\"q |"
	tab zsh 'mlp run . -e x' 'mlp run . -e x\;touch\ owned |'
	tab zsh "mlp run . -e q" "mlp run . -e q\\'\\\"q |"
	[ ! -e owned ]
}

@test "bash and zsh: commands, options, entry points, parameters, files" {
	everywhere 'mlp che' 'mlp check |'
	everywhere 'mlp run --dry' 'mlp run --dry-run |'
	everywhere 'mlp run . -e ev' 'mlp run . -e evaluate |'
	everywhere 'mlp run . -P ep' 'mlp run . -P epochs=|'
	everywhere 'mlp run . -Pep' 'mlp run . -Pepochs=|'
	everywhere 'mlp run . --param-list=ep' 'mlp run . --param-list=epochs=|'
	everywhere 'mlp run . -P epochs=' 'mlp run . -P epochs=3 |'
	everywhere 'mlp run . -P data=tables/o' 'mlp run . -P data=tables/one.csv |'
	everywhere 'mlp run --params=tables/o' 'mlp run --params=tables/one.csv |'
	everywhere 'mlp run ta' 'mlp run tables/|'
	everywhere 'mlp run . --tracking-uri sq' 'mlp run . --tracking-uri sqlite:///mlflow.db |'
}

@test "bash and zsh: names with spaces, in quotes and without" {
	"$MLP" run . -e evaluate -P model=x --run-name 'first taste' --experiment-name 'red wine'
	everywhere 'mlp show fi' 'mlp show first\ taste |'
	everywhere 'mlp show "fi' 'mlp show "first taste" |'
	tab bash "mlp runs --experiment='re" "mlp runs --experiment='red wine' |"
	tab zsh "mlp runs --experiment='re" "mlp runs --experiment=red\\ wine |"
	everywhere 'mlp runs --experiment=re' 'mlp runs --experiment=red\ wine |'
	everywhere 'mlp show first\ t' 'mlp show first\ taste |'
}

@test "programs and projects that are named by their paths" {
	ln -s "$MLP" "$T/p/mlp"
	tab bash './mlp run . -e ev' './mlp run . -e evaluate |'
	tab bash 'mlp run . -e main --run-name a:b -P ep' 'mlp run . -e main --run-name a:b -P epochs=|'
	mkdir "$HOME/my proj"
	cp MLproject "$HOME/my proj/"
	everywhere 'mlp run ~/my\ proj -e ev' 'mlp run ~/my\ proj -e evaluate |'
	tab bash "mlp run '$HOME/my proj' -e ev" "mlp run '$HOME/my proj' -e evaluate |"
	tab bash 'X=1 mlp run . -e  ev' 'X=1 mlp run . -e  evaluate |'
	tab bash 'true && mlp run . -e ev' 'true && mlp run . -e evaluate |'
}

@test "fish: commands, options, parameters with what they mean, files, names with spaces" {
	command -v fish >/dev/null || skip "fish is missing"
	"$MLP" run . -e evaluate -P model=x --run-name 'first taste'
	is "$(fish_says 'mlp che')" $'check\t'"$("$MLP" help | sed -n 's/^  check *//p')"
	is "$(fish_says 'mlp run . -P ep')" $'epochs=\tint = 3'
	is "$(fish_says 'mlp run . --param-list=ep')" $'--param-list=epochs=\tint = 3'
	is "$(fish_says 'mlp run . -P epochs=')" $'epochs=3\tdefault'
	is "$(fish_says 'mlp run . -P data=tables/o')" 'data=tables/one.csv'
	is "$(fish_says 'mlp run --params=tables/o')" '--params=tables/one.csv'
	is "$(fish_says 'mlp run ta')" 'tables/'
	has "$(fish_says 'mlp show fi')" 'first taste'
	has "$(fish_says 'mlp show "fi')" 'first taste'
}

@test "the scripts are clean, and completion of another shell is refused" {
	"$MLP" completion bash | shellcheck -s bash -
	"$MLP" completion bash | bash -n
	if command -v zsh >/dev/null; then "$MLP" completion zsh | zsh -n; fi
	if command -v fish >/dev/null; then "$MLP" completion fish | fish -n; fi
	mlp completion tcsh
	is "$status" 2
	has "$stderr" "bash, zsh or fish"
	mlp completion
	is "$status" 2
}

@test "kinds of environments, and the names of those that were made" {
	is "$(candidates run . --env-manager '')" $'local\ndocker\nvirtualenv\nuv\nconda'
	is "$(candidates env '')" $'list\nrm\nprune'
	is "$(candidates env list '')" ""
	is "$(candidates env rm '')" ""
	mkdir -p "$XDG_CACHE_HOME/mlp/envs/0123abcd" "$XDG_CACHE_HOME/mlp/envs/half"
	echo '{"project": "wine"}' >"$XDG_CACHE_HOME/mlp/envs/0123abcd/environment.json"
	is "$(answer env rm 0)" $'words\n0123abcd\tvirtualenv wine'
	is "$(candidates env rm x)" ""
}

@test "the queue: what can be done, and the runs that wait" {
	printf 'entry_points:\n  main: {command: "true"}\n' >MLproject
	"$MLP" run . -d --hold --run-name waits >/dev/null
	is "$(candidates queue "")" $'add\nhold\nrelease\nremove\npriority'
	is "$(candidates queue release w)" waits
	is "$(candidates wait w)" waits
	has "$(answer queue add "")" files
	"$MLP" queue remove --all
	is "$(candidates queue release "")" ""
}
