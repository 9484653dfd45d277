#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Which environment a run gets, in every kind the same result, what is kept secret, what is
# recorded for the next time, and mlp env.
bats_require_minimum_version 1.5.0
load ../lib/cli
load ../lib/docker
load ../lib/python
load ../lib/conda

setup() {
	cli_setup
	unset DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG MLP_DOCKER CONTAINER_HOST MLP_ENV_MANAGER
	unset CONDA_EXE MAMBA_EXE MLFLOW_CONDA_HOME MLFLOW_CONDA_CREATE_ENV_CMD
	PID=
}

teardown() {
	[ -z "$PID" ] || kill "$PID" 2>/dev/null || :
	if [ -e "$T/images" ]; then xargs docker rmi -f <"$T/images" >/dev/null 2>&1 || :; fi
	cli_teardown
}

none() { if "$@"; then return 1; fi; }
tag() { sql 'select value from tags where key = ? order by rowid desc limit 1' "$1"; }
# kind OF-THIS-PROJECT [OPTION...]: what --dry-run tells, "kind (what chose it)"
kind() {
	mlp run . --dry-run "$@"
	[ "$status" = 0 ] || { echo "$stderr"; return; }
	sed -n 's/^environment  //p' <<<"$output"
}
# A project with nothing to install; a name that no other has, for its image.
plain() {
	NAME=t$BATS_TEST_NUMBER-$$
	printf 'name: %s\n%s\nentry_points:\n  main:\n    command: %s\n' "$NAME" "$2" "$1" >MLproject
}

@test "the choice: the flag, the outer run, the manifest's key, a file that lies there, local" {
	plain '"true"' ''
	is "$(kind)" "local (no environment is asked for)"
	echo 'dependencies: [pip]' >conda.yaml
	is "$(kind --env-manager local)" "local (--env-manager)"
	is "$(kind --env-manager virtualenv)" "virtualenv (--env-manager)"
	echo '{}' >python_env.yaml
	is "$(kind)" "virtualenv (python_env.yaml)"
	cp python_env.yaml other.yaml
	plain '"true"' 'python_env: other.yaml'
	is "$(kind)" "virtualenv (python_env)"
	is "$(MLP_ENV_MANAGER=local kind)" "local (MLP_ENV_MANAGER)"
	is "$(MLP_ENV_MANAGER=local kind --env-manager virtualenv)" "virtualenv (--env-manager)"
	is "$(MLP_ENV_MANAGER='' kind)" "virtualenv (python_env)"
}

@test "a kind that is asked for takes the file of its own that lies there" {
	plain '"true"' 'docker_env: {image: nosuch}'
	fake_conda conda
	export MLFLOW_CONDA_HOME=$T/conda
	for manager in virtualenv conda; do
		mlp run . --env-manager $manager
		is "$manager:$status" "$manager:2"
		has "$stderr" "--env-manager $manager: the project has n"
	done
	printf 'dependencies: [pip]\n' >conda.yaml
	is "$(kind --env-manager virtualenv)" "virtualenv (--env-manager)"
	is "$(kind --env-manager conda)" "conda (--env-manager)"
	is "$(kind --env-manager local)" "local (--env-manager)"
	plain '"true"' 'python_env: p.yaml'
	echo '{}' >p.yaml
	is "$(kind --env-manager conda)" "conda (--env-manager)"
	[ ! -e mlflow.db ]
}

@test "what a project cannot have is an error that names the way out" {
	echo '{}' >p.yaml
	plain '"true"' 'python_env: p.yaml'
	mlp run . --env-manager conda
	is "$status" 2
	has "$stderr" "python_env project cannot be executed using conda. Set \`--env-manager\` to 'virtualenv' or 'local' to execute this project"
	mlp run . --env-manager docker
	is "$status" 2
	has "$stderr" "--env-manager docker: the project names no docker image"
	has "$stderr" "docker_env: {image: NAME}"
	mlp run . --env-manager podman
	is "$status" 2
	has "$stderr" "'podman' is not one of local, virtualenv, uv, conda, docker"
	MLP_ENV_MANAGER=podman mlp run .
	is "$status" 2
	has "$stderr" "MLP_ENV_MANAGER: 'podman' is not one of"
	plain '"true"' $'docker_env: {image: x}\nconda_env: c.yaml'
	touch c.yaml
	mlp run . --env-manager local
	is "$status" 125
	has "$stderr" "Project cannot contain multiple environment fields: {'docker_env', 'conda_env'}"
	[ ! -e mlflow.db ]
}

@test "--docker-args and --build-image elsewhere than in docker are told to be of no use" {
	plain '"echo ran"' ''
	mlp run . -A gpus=all --build-image
	is "$status:$output" 0:ran
	has "$stderr" "--docker-args: not used, as the run is in local"
	has "$stderr" "--build-image: nothing is built, as the run is in local"
	for word in --gpus=all =x 'a b' '' 'a/b'; do
		mlp run . -A "$word"
		is "$word:$status" "$word:2"
		has "$stderr" "is not the name of an option of docker run"
	done
	has "$stderr" "-A gpus=all"
}

@test "a nested mlp chooses as the outer one; what it cannot have it leaves, and says so" {
	python_setup
	mkdir inner bare
	printf 'entry_points: {main: {command: "echo inner ${{VIRTUAL_ENV:+in}} $MLP_ENV_MANAGER"}}\n' | tee inner/MLproject >bare/MLproject
	echo '{}' | tee python_env.yaml >inner/python_env.yaml
	plain '"echo ${{VIRTUAL_ENV:+in}}; $MLP run inner; $MLP run bare"' ''
	export MLP
	mlp run . --env-manager local
	is "$status:$output" $'0:\ninner local\ninner local'
	mlp run . --env-manager virtualenv
	is "$status:$output" $'0:in\ninner in virtualenv\ninner in virtualenv'
	is "$(grep -c "the outer run is in virtualenv, but this project has nothing for it: it runs in local" <<<"$stderr")" 1
	mlp run .
	is "$status:$output" $'0:in\ninner in\ninner in'
	is "$(grep -c "the outer run" <<<"$stderr")" 0
}

@test "one project has the same result in local, virtualenv, uv and docker" {
	python_setup
	docker_setup
	echo '{}' >python_env.yaml
	seq 1 20 >data
	cat >sum.sh <<-'END'
		total=0
		while read -r n; do total=$((total + n * $1)); done <data
		echo "$2: total $total" | tee "out-$MLP_RUN_ID"
		echo "to stderr" >&2
		test "$total" -eq 630
	END
	cat >MLproject <<-END
		docker_env: {image: $BUSYBOX}
		entry_points:
		  main:
		    parameters: {by: int, who: string}
		    command: "sh sum.sh {by} {who} | sed s/total/sum/ && cat out-*"
	END
	for manager in local virtualenv uv docker; do
		rm -f out-*
		mlp run . --env-manager $manager -P by=3 -P who="it's \$HOME \"x\""
		is "$manager:$status" $manager:0
		is "$manager:$output" "$manager:it's \$HOME \"x\": sum 630
it's \$HOME \"x\": total 630"
		newest
		is "$(json '[j["status"], j["params"], j["env"]["kind"]]')" "['FINISHED', {'by': '3', 'who': 'it\\'s \$HOME \"x\"'}, '$manager']"
		mlp logs --stderr "$(json 'j["run_id"]')"
		is "$output" "to stderr"
		is "$(stat -c '%u:%g' out-*)" "$(id -u):$(id -g)"
	done
}

@test "secrets that are copied by name are nowhere: not in the record, logs, argv, trace" {
	docker_setup
	export API_TOKEN=s3cr3t-of-ann DB_PASSWORD=p4ssw0rd-of-ann SHORT_KEY=abc
	cat >MLproject <<-END
		docker_env:
		  image: $BUSYBOX
		  environment: [API_TOKEN, SHORT_KEY, [SHOWN, plain]]
		entry_points:
		  main:
		    command: "echo token \$API_TOKEN \$SHORT_KEY; echo password \$DB_PASSWORD >&2; touch started; while [ ! -e go ]; do sleep 0.1; done"
	END
	MLP_TRACE=$T/trace "$MLP" run . -A env=DB_PASSWORD >"$T/out" 2>"$T/err" 3>&- &
	PID=$!
	until_true test -e started
	# ps: every command line of this machine
	cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' >"$T/ps"
	id=$(sql 'select run_uuid from runs')
	docker inspect --format '{{json .Config.Cmd}} {{json .Args}} {{json .Config.Labels}} {{json .Config.Entrypoint}}' \
		"$(docker_of "$id")" >"$T/inspect"
	touch go
	wait $PID
	PID=
	# whoever asked for it sees it; what is kept does not have it
	has "$(cat "$T/out")" "token s3cr3t-of-ann abc"
	has "$(cat "$T/err")" "password p4ssw0rd-of-ann"
	dir=mlruns/0/$id/artifacts/mlp
	is "$(cat "$dir/stdout.log")" "token ************* abc"
	has "$(cat "$dir/stderr.log")" "password ***************"
	grep -q run "$T/trace"
	grep -q sh "$T/inspect"
	none grep -rlE 's3cr3t|p4ssw0rd' mlflow.db* mlruns MLproject "$XDG_STATE_HOME" "$XDG_CACHE_HOME" \
		"$T/trace" "$T/ps" "$T/inspect"
}

@test "secrets in every other kind, too; what is told is not masked, nor what is short" {
	python_setup
	export MY_SECRET=tell-nobody MY_KEY=short MY_PLAIN=plain-text
	cat >MLproject <<-'END'
		entry_points:
		  main:
		    env: {MY_SECRET: , MY_KEY: , MY_PLAIN: }
		    command: "printf tell-no; sleep 0.1; echo body; echo $MY_KEY $MY_PLAIN"
	END
	echo '{}' >python_env.yaml
	for manager in local virtualenv; do
		mlp run . --env-manager $manager
		is "$manager:$status:$output" "$manager:0:tell-nobody
short plain-text"
		newest
		mlp logs "$(json 'j["run_id"]')"
		is "$output" $'***********\nshort plain-text'
	done
	none grep -rl tell-nobody mlflow.db* mlruns
}

@test "rerun: the same kind and docker's arguments, secrets by name" {
	docker_setup
	plain "'echo \$A \$API_TOKEN; hostname'" "docker_env: {image: $BUSYBOX}"
	export API_TOKEN=first-token
	mlp run . -A env=A=b -A env=API_TOKEN=given-token -A hostname=inside
	is "$status:$output" $'0:b given-token\ninside'
	mlp rerun "$(sql 'select run_uuid from runs')"
	is "$status:$output" $'0:b first-token\ninside'
	none grep -rl given-token mlflow.db* mlruns
	newest
	first=$(json 'j["tags"]["mlp.rerunOf"]')
	mlp rerun "$first" -A hostname=other
	is "$status:$output" $'0:\nother'
	mlp rerun "$first" --env-manager local
	is "$status" 0
	newest
	is "$(json 'j["env"]["kind"]')" local
}

@test "rerun: the image of then, though its name has moved; when it is gone that is said" {
	docker_setup
	make() {
		printf 'FROM %s\nRUN echo %s >/which\n' "$BUSYBOX" "$1" >"$T/Dockerfile"
		docker build -q -t "$NAME" - <"$T/Dockerfile" | tee -a "$T/images"
	}
	plain "'cat /which'" ''
	first=$(make one)
	plain "'cat /which'" "docker_env: {image: $NAME}"
	mlp run .
	is "$status:$output" 0:one
	id=$(sql 'select run_uuid from runs')
	docker tag "$NAME" "$NAME-kept"
	make two
	mlp run .
	is "$output" two
	mlp rerun "$id" --dry-run
	has "$output" "${first:0:19}, of the recorded run"
	mlp rerun "$id"
	is "$status:$output" 0:one
	is "$(tag mlflow.docker.image.id)" "$first"
	is "$(tag mlflow.docker.image.uri)" "$NAME"
	docker rmi -f "$first" "$NAME-kept" >/dev/null
	mlp rerun "$id"
	is "$status:$output" 0:two
	has "$stderr" "the image of the recorded run, $NAME (${first:0:19}), is not here any more"
}

@test "rerun: a kind that was asked for by name is had again, one that was not is the project's" {
	python_setup
	echo '{}' >python_env.yaml
	plain "'echo \${{VIRTUAL_ENV:+in}}'" ''
	mlp run . --env-manager local
	is "$output" ""
	mlp rerun "$(sql 'select run_uuid from runs')"
	is "$status:$output" "0:"
	mlp rerun "$(sql 'select run_uuid from runs limit 1')" --env-manager virtualenv
	is "$status:$output" "0:in"
}

@test "mlp env: nothing yet, and wrong command lines" {
	mlp env list
	is "$status:$output" "0:"
	has "$stderr" "there are no environments"
	mlp env list --json
	is "$status:$output" "0:[]"
	mlp env prune
	is "$status:$output" "0:nothing to remove"
	[ ! -e "$XDG_CACHE_HOME" ]
	for words in "" "show" "list x" "rm" "prune x" "list --dry-run" "rm --older-than 1d x" "prune --older-than soon"; do
		# shellcheck disable=SC2086
		mlp env $words
		is "$words:$status" "$words:2"
	done
	mlp env rm nothing
	is "$status" 1
	has "$stderr" "there is no environment 'nothing'"
	has "$stderr" "mlp env list"
}

@test "mlp env: virtual and conda environments are listed and removed by the start of a name" {
	python_setup
	fake_conda conda
	export MLFLOW_CONDA_HOME=$T/conda
	echo '{}' >python_env.yaml
	printf 'dependencies: [numpy]\n' >conda.yaml
	plain '"true"' ''
	mlp run .
	is "$status" 0
	mlp run . --env-manager conda
	is "$status" 0
	mlp env list --json
	is "$(json '[(e["kind"], e["project"], e["in_use"], e["bytes"] > 1000, e["made"] <= e["used"]) for e in j]')" \
		"[('virtualenv', '$NAME', False, True, True), ('conda', '$NAME', False, True, True)]"
	venv=$(json 'j[0]["name"]')
	dir=$(json 'j[0]["path"]')
	mlp env list
	is "$(head -n 1 <<<"$output" | tr -s ' ')" "KIND NAME PROJECT SIZE AGE LAST USE"
	has "$output" "virtualenv  ${venv:0:19}  $NAME"
	mlp env rm "${venv:0:3}"
	is "$status" 1
	mlp env rm "${venv:0:8}" --dry-run
	is "$status" 0
	has "$output" "would remove virtualenv $dir"
	[ -d "$dir" ]
	mlp env rm "${venv:0:8}"
	is "$status" 0
	has "$output" "removed virtualenv $dir"
	[ ! -e "$dir" ] && [ ! -e "$dir.lock" ]
	name=$(conda_name conda.yaml)
	mlp env rm "${name:7:6}" --json
	is "$(json '[(x["kind"], x["path"]) for x in j["removed"]]')" "[('conda', '$T/conda/envs/$name')]"
	is "$(conda_calls "^conda remove --yes --name $name --all\$")" 1
	mlp env list --json
	is "$output" "[]"
	mlp run . --env-manager conda
	is "$status" 0
	is "$(conda_envs)" "$name"
}

@test "mlp env: a conda environment that others made is not ours" {
	fake_conda conda
	export MLFLOW_CONDA_HOME=$T/conda
	printf 'dependencies: [numpy]\n' >conda.yaml
	plain '"true"' ''
	"$T/conda/bin/conda" env create -n "$(conda_name conda.yaml)" --file conda.yaml
	mlp run .
	is "$status" 0
	mlp env list --json
	is "$output" "[]"
	mlp gc --older-than 0
	is "$(conda_envs)" "$(conda_name conda.yaml)"
}

@test "mlp env, mlp gc: what a living run uses stays; what is old goes" {
	python_setup
	fake_conda conda
	export MLFLOW_CONDA_HOME=$T/conda
	echo '{}' >python_env.yaml
	printf 'dependencies: [numpy]\n' >conda.yaml
	for manager in virtualenv conda; do
		rm -f started go
		plain '"touch started; while [ ! -e go ]; do sleep 0.1; done"' ''
		"$MLP" run . --env-manager $manager 2>"$T/err" 3>&- &
		PID=$!
		until_true test -e started
		mlp env list --json
		is "$(json '[e["in_use"] for e in j]')" "[True]"
		name=$(json 'j[0]["name"]')
		mlp env rm "$name"
		is "$status" 1
		has "$stderr" "$name is in use"
		mlp env prune --older-than 0
		is "$output" "nothing to remove; 1 thing in use or used lately"
		mlp gc --older-than 0 --json
		is "$(json '[x["reason"] for x in j["kept"] if x["kind"] == "'$manager'"]')" "['in use']"
		touch go
		wait $PID
		PID=
		mlp env prune
		has "$output" "nothing to remove; 1 thing"
		touch -d '8 days ago' "$XDG_CACHE_HOME"/mlp/*/*.lock
		find "$XDG_CACHE_HOME/mlp" -name '*.json' -exec sed -i 's/"made_at":.*[0-9]/"made_at": 0/' {} +
		mlp env prune --dry-run
		has "$output" "would remove $manager"
		mlp gc
		is "$status" 0
		has "$output" "removed $manager "
		mlp env list --json
		is "$output" "[]"
	done
	is "$(find "$XDG_CACHE_HOME/mlp/envs" "$XDG_CACHE_HOME/mlp/conda" -mindepth 1)" ""
}

@test "mlp gc: half of a virtual environment, whose maker was killed" {
	half=$XDG_CACHE_HOME/mlp/envs/0123456789abcdef
	mkdir -p "$half/venv"
	mlp env list --json
	is "$output" "[]"
	mlp env prune --dry-run
	has "$output" "would remove temporary $half"
	exec 7>"$half.making"
	flock 7
	mlp gc --older-than 0
	has "$output" "nothing to remove; 1 thing in use"
	exec 7>&-
	mlp gc
	has "$output" "removed temporary $half"
	is "$(ls "$XDG_CACHE_HOME/mlp/envs")" ""
}

@test "mlp env: images that were built, and no others" {
	docker_setup
	echo hello >word
	plain '"cat word; while [ -e wait ]; do sleep 0.1; done"' "docker_env: {image: $BUSYBOX}"
	mlp run . --build-image
	is "$status:$output" 0:hello
	mlp env list --json
	is "$(json '[(e["kind"], e["name"].split(":")[0], e["project"], e["in_use"], e["bytes"] > 1000) for e in j]')" \
		"[('image', '$NAME', '$NAME', False, True)]"
	id=$(json 'j[0]["path"]')
	name=$(json 'j[0]["name"]')
	echo "$id" >>"$T/images"
	made=$(json 'j[0]["used"]')
	touch -d '9 days ago' "$XDG_CACHE_HOME"/mlp/images/*.json
	mlp run . --build-image
	mlp env list --json
	is "$(json "j[0]['used'] >= $made")" True
	held=$(docker create "$id" true)
	mlp env rm "$name"
	is "$status" 1
	has "$stderr" "is in use"
	docker rm "$held" >/dev/null
	mlp env rm "$NAME"
	is "$status" 0
	has "$output" "removed image $name"
	none docker image inspect "$id" >/dev/null 2>&1
	docker image inspect "$BUSYBOX" >/dev/null
	mlp env list --json
	is "$output" "[]"
}

@test "mlp env: an engine that does not answer is told, the rest is listed" {
	mkdir -p "$XDG_CACHE_HOME/mlp/images"
	echo '{"id": "sha256:0123", "name": "x:1", "engine": {"engine": "docker", "program": "docker", "socket": "'"$T"'/none.sock"}}' \
		>"$XDG_CACHE_HOME/mlp/images/0123.json"
	mlp env list --json
	is "$status:$output" "0:[]"
	has "$stderr" "images are left out: "
}
