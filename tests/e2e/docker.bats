#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A run's command in a container: where it runs and as whom, what it is given, how it ends.
bats_require_minimum_version 1.5.0
load ../lib/cli
load ../lib/docker
load ../lib/pair

setup() {
	cli_setup
	unset DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG MLP_DOCKER CONTAINER_HOST
	docker_setup
	RUNNING=
	known
}

teardown() {
	local id
	for id in $(docker ps -aq --filter "label=mlp.test=$T"); do docker rm -f "$id" >/dev/null; done
	[ -z "$RUNNING" ] || kill -KILL "$RUNNING" 2>/dev/null || true
	[ -z "${ENGINE:-}" ] || private_engine_kill
	cli_teardown
}

# The image was looked into by an earlier run (or not): then it takes one step less.
known() {
	SEEN=$XDG_CACHE_HOME/mlp/docker/shells/$(docker image inspect --format '{{.Id}}' "$BUSYBOX" | cut -d: -f2)
	mkdir -p "${SEEN%/*}"
	: >"$SEEN"
}
unknown() { rm "$SEEN"; }

# project COMMAND [MORE-OF-DOCKER_ENV]: entry point main
project() {
	printf 'docker_env:\n  image: %s\n%s\nentry_points:\n  main:\n    command: %s\n' \
		"${IMAGE:-$BUSYBOX}" "${2:-}" "$1" >MLproject
}

# A run of ours in the background, whose container is there: $RUNNING is its pid.
begin() {
	"$MLP" run . -A "label=mlp.test=$T" "$@" >"$T/out" 2>"$T/err" 3>&- &
	RUNNING=$!
}
# How that run ended: its exit code is $status, what it said is $stderr.
ended() {
	status=0
	wait "$RUNNING" || status=$?
	RUNNING=
	output=$(cat "$T/out")
	stderr=$(cat "$T/err")
}
ours() { docker ps -aq --no-trunc --filter "label=mlp.test=$T"; }
is_there() { [ "$(ours)" ]; }
is_up() { [ "$(docker ps -q --filter "label=mlp.test=$T" --filter status=running)" ]; }
# The newest run's: its status, its reason, a tag of it.
how() { newest && json 'j["status"]'; }
reason() { newest && json 'j.get("reason") or ""'; }
tag() { newest && json "j['tags'].get('$1', '')"; }
# Nothing is recorded; $stderr has this.
fails_before() {
	is "$status" "${2:-125}"
	has "$stderr" "$1"
	none -path "$PWD/mlruns/*"
	[ ! -e mlflow.db ] || is "$(sql 'select count(*) from runs')" 0
}
none() { [ -z "$(find . "$@" 2>/dev/null)" ]; }

# As an ordinary user who may use docker.
as_user() {
	chown -R 4321:4321 "$T"
	chmod 755 "$T"
	setpriv --reuid 4321 --regid 4321 --groups "$(stat -c %g /var/run/docker.sock)" "$@"
}

# An engine of this test's own, whose network and mounts are nobody else's.
private_engine() {
	mkdir -p "$T/engine"
	setsid unshare --net --mount --pid --fork --mount-proc --kill-child dockerd -H "unix://$T/engine.sock" \
		--data-root "$T/engine/data" --exec-root "$T/engine/exec" --pidfile "$T/engine/pid" \
		--bridge none --iptables=false </dev/null >>"$T/engine.log" 2>&1 3>&- &
	ENGINE=$!
	export DOCKER_HOST=unix://$T/engine.sock
	until_true docker_answers || until_true docker_answers || { tail "$T/engine.log" >&2; return 1; }
}
private_engine_kill() {
	kill -KILL "$ENGINE"
	wait "$ENGINE" || true
	ENGINE=
	rm -rf "$T/engine.sock" "$T/engine/pid" "$T/engine/exec" # its process ids are others' now
}

@test "the whole command runs inside, in the project, which it can write" {
	project '"pwd; ls MLproject; echo a b | wc -w; echo kept >made && cat made"'
	mlp run .
	is "$status" 0
	is "$output" "/mlflow/projects/code
MLproject
2
kept"
	is "$(cat made)" kept
	newest
	is "$(docker_of "$(json 'j["run_id"]')")" ""
}

@test "the first run in an image looks whether it has a shell, later ones need not" {
	recorder
	unknown
	project '"echo hi"'
	mlp run .
	is "$output" hi
	[ -e "$SEEN" ]
	is "$(cut -d' ' -f1 "$T/argv")" $'create\nstart'
	: >"$T/argv"
	mlp run .
	is "$output" hi
	is "$(cut -d' ' -f1 "$T/argv")" run
	is "$(ours)" ""
}

@test "what it wrote is kept as the run's output" {
	project '"echo out; echo err >&2"'
	mlp run .
	is "$output" out
	has "$stderr" err
	newest
	is "$(cat "$(json 'j["artifact_uri"]')/mlp/stdout.log")" out
	is "$(cat "$(json 'j["artifact_uri"]')/mlp/stderr.log")" err
}

@test "parameters with spaces, quotes and dollars come inside as they are" {
	cat >MLproject <<-END
	docker_env: {image: $BUSYBOX}
	entry_points:
	  main:
	    parameters: {text: string}
	    command: "printf %s {text}"
	END
	mlp run . -P text='it'\''s $HOME "x" `id` ;&|'
	is "$status" 0
	is "$output" 'it'\''s $HOME "x" `id` ;&|'
}

@test "stdin is the command's" {
	project '"cat"'
	output=$(printf 'one\ntwo' | "$MLP" run . 2>/dev/null)
	is "$output" $'one\ntwo'
}

@test "in a subdirectory of a work tree the whole tree is there" {
	git init -q "$T/tree"
	mkdir -p "$T/tree/sub/p"
	cd "$T/tree/sub/p"
	echo shared >../../common
	project '"pwd; cat ../../common"'
	git add -A .. && git commit -qm x
	mlp run .
	is "$status" 0
	is "$output" "/mlflow/projects/code/sub/p
shared"
}

@test "a commit of a repository runs in a checkout of its own" {
	git init -q "$T/tree"
	cd "$T/tree"
	project '"cat file; echo >made"'
	echo first >file
	git add -A && git commit -qm first
	echo second >file
	mlp run . -v HEAD
	is "$status" 0
	is "$output" first
	[ ! -e made ]
}

@test "a path parameter is there, wherever it is" {
	mkdir "$T/else, where"
	echo data >"$T/else, where/f"
	echo mine >own
	cat >MLproject <<-END
	docker_env: {image: $BUSYBOX}
	entry_points:
	  main:
	    parameters: {f: path}
	    command: "cat {f}"
	END
	mlp run . -P "f=$T/else, where/f"
	is "$status" 0
	is "$output" data
	mlp run . -P f=own
	is "$output" mine
}

@test "files are the caller's, who has a home that can be written" {
	project '"id -u; id -g; touch made; touch $HOME/x && echo home"'
	chown 4321:4321 MLproject
	output=$(as_user "$MLP" run . 2>"$T/stderr")
	is "$output" $'4321\n4321\nhome'
	is "$(stat -c %u:%g made)" 4321:4321
	none -path "$XDG_STATE_HOME/mlp/runs/*"
}

@test "who asks in there for the caller's name is told it, though the image does not know him" {
	project '"echo $USER $LOGNAME; whoami"' '  environment: [[LOGNAME, given]]'
	status=0
	output=$(LOGNAME=ann as_user "$MLP" run . 2>"$T/stderr") || status=$?
	is "$status:$output" "1:ann given"
	project '"echo $USER $LOGNAME"'
	is "$(USER='' LOGNAME=bob as_user "$MLP" run -q .)" "bob bob"
	chown -R "$(id -u)" "$T"
	mlp run . -A user=77:77
	is "$output" ""
}

@test "-A user=... is another user, as in docker run" {
	project '"id -u"'
	mlp run . -A user=77:77
	is "$status" 0
	is "$output" 77
	mlp run . -A u=78
	is "$output" 78
}

@test "the exit code is the command's" {
	project '"exit 7"'
	mlp run .
	is "$status" 7
	is "$(how)" FAILED
	is "$(reason)" "exit 7"
	is "$(tag mlp.exit)" exited:7
}

@test "a command that is not in the image: 127" {
	project '"no-such-command --x"'
	mlp run .
	is "$status" 127
	has "$stderr" "no-such-command: not found"
	is "$(how)" FAILED
}

@test "bash where the image has it" {
	docker_make mlp-test-bash:1 make_bash
	IMAGE=mlp-test-bash:1 project '"words=(a b); echo ${{#words[@]}} $BASH_VERSION"'
	mlp run .
	is "$status" 0
	has "$output" "2 $("$(command -v bash)" -c 'echo ${BASH_VERSION%%(*}')"
}
make_bash() {
	docker_tree "$1" bash
	cp "$(command -v busybox)" "$1/bin/busybox"
	ln -s busybox "$1/bin/sh"
	docker_import "$1" "$2"
}
make_bare() {
	docker_tree "$1"
	cp "$(command -v busybox)" "$1/bin/echo"
	docker_import "$1" "$2"
}

@test "an image without a shell: a plain command runs, another one is an error that says so" {
	docker_make mlp-test-bare:1 make_bare
	IMAGE=mlp-test-bare:1 project "\"echo 'a  b' c\""
	mlp run .
	is "$status" 0
	is "$output" "a  b c"
	IMAGE=mlp-test-bare:1 project '"echo a | echo b"'
	mlp run .
	is "$status" 125
	has "$stderr" "the image has no shell, and the command needs one"
	has "$stderr" "mlp-test-bare:1 has no sh"
	is "$(how)" FAILED
	IMAGE=mlp-test-bare:1 project '"nothing"'
	mlp run .
	is "$status" 127
	has "$(reason)" "'nothing' cannot be started in the image mlp-test-bare:1: No such file or directory"
	has "$stderr" "name an image that has it"
	is "$(how)" FAILED
	is "$(tag mlp.exit)" never:127
	IMAGE=mlp-test-bare:1 project '"./script a"'
	: >script
	mlp run .
	is "$status" 126
	has "$stderr" "'./script' cannot be started in the image mlp-test-bare:1: Permission denied"
	has "$stderr" "chmod +x"
	is "$(tag mlp.exit)" never:126
	# with a terminal
	IMAGE=mlp-test-bare:1 project '"nothing"'
	on_terminal "exit 127"
	tmux -S "$T/tmux" kill-server
	has "$(reason)" "'nothing' cannot be started in the image"
	is "$(tag mlp.exit)" never:127
}

@test "what only looks like the words of a container's init is the command's own" {
	project '"echo \"[FATAL tini (7)] exec nothing failed: No such file or directory\" >&2; exit 127"'
	mlp run .
	is "$status" 127
	is "$(tag mlp.exit)" exited:127
	mlp run . -A entrypoint=nothing
	is "$status" 127
	has "$stderr" "'nothing' cannot be started in the image $BUSYBOX"
	is "$(tag mlp.exit)" never:127
}

@test "docker_env's variables: pairs are set, names are copied, values are in no argv" {
	recorder
	project '"echo $SET-$COPIED-$PATH; echo \"$LINES_\""' '  environment: [[SET, "s3cret one"], COPIED, [PATH, /opt:/bin], LINES_]'
	COPIED=s3cret2 LINES_=$'a\nb' mlp run .
	is "$status" 0
	is "$output" $'s3cret one-s3cret2-/opt:/bin\na\nb'
	has "$(cat "$T/argv")" "--env COPIED"
	lacks "$(cat "$T/argv")" s3cret
	lacks "$(cat "$T/argv")" /opt:/bin
	lacks "$(cat -- "$(newest; json 'j["artifact_uri"]')"/mlp/run.json)" s3cret2
}
# A docker that writes down its words; those of a verb in $T/hang hang.
recorder() {
	mkdir -p "$T/bin"
	cat >"$T/bin/docker" <<-END
		#!/bin/sh
		echo "\$*" >>"$T/argv"
		[ "\$1" != "\$(cat "$T/hang" 2>/dev/null)" ] || { : >"$T/hanging"; exec sleep 60; }
		exec $(command -v docker) "\$@"
	END
	chmod +x "$T/bin/docker"
	PATH=$T/bin:$PATH
}

@test "a variable of docker_env that is not set: MLflow's words, before anything is recorded" {
	project '"true"' '  environment: [[A, b], HERE, NOT_HERE]'
	HERE=1 mlp run .
	fails_before "This project expects the HERE, NOT_HERE environment variables to be set on the machine running the project, but NOT_HERE was not set. Please ensure all expected environment variables are set"
	project '"true"' '  environment: ["A=b"]'
	mlp run .
	fails_before "'A=b' is not the name of a variable"
	has "$stderr" "[NAME, value]"
}

@test "the entry point's env comes inside" {
	cat >MLproject <<-END
	docker_env: {image: $BUSYBOX}
	entry_points:
	  main:
	    env: {OWN: of the manifest, HOSTS: }
	    command: "echo \$OWN, \$HOSTS"
	END
	HOSTS=mine mlp run .
	is "$output" "of the manifest, mine"
}

@test "volumes are as their authors meant" {
	mkdir -p "$HOME/h" "$T/v w" sub
	echo h >"$HOME/h/f"
	echo v >"$T/v w/f"
	echo s >sub/f
	project '"cat /h/f /v/f /s/f /r/f; touch /s/made; touch /h/x"' \
		'  volumes: ["~/h:/h:ro", "$VOLUME:/v", "$(pwd)/sub:/s", "./sub:/r", "${PWD}/new/dir:/n"]'
	VOLUME="$T/v w" mlp run .
	is "$status" 1
	is "$output" $'h\nv\ns\ns'
	has "$stderr" "Read-only"
	[ -e sub/made ]
	[ -d new/dir ]
}

@test "what the user puts where the project or a path parameter would be is what is there" {
	git init -q "$T/tree"
	mkdir -p "$T/tree/sub" "$T/data"
	echo data >"$T/data/f"
	cd "$T/tree/sub"
	cat >train <<-END
		docker_env:
		  image: $BUSYBOX
		  VOLUMES
		entry_points:
		  main:
		    parameters: {data: path}
		    command: "pwd; ls -d ../sub train; cat {data}/f; touch {data}/made || echo read-only"
	END
	for volumes in 'volumes: ["$(pwd):/mlflow/projects/code", "'"$T/data:$T/data"':ro"]' ""; do
		sed "s|VOLUMES|$volumes|" train >MLproject
		args=()
		[ "$volumes" ] || args=(-A "v=$PWD:/mlflow/projects/code/" -A "mount=type=bind,src=$T/data,dst=$T/data,readonly")
		mlp run . -P data="$T/data" "${args[@]}"
		is "$status:$output" "0:/mlflow/projects/code
train
data
read-only"
	done
}

@test "a volume of the engine's that is called like a directory of the project: told" {
	local name=mlp-test-$$-data # no other test's
	mkdir "$name"
	touch "$name/mine"
	project '"ls /d"' "  volumes: [\"$name:/d\"]"
	mlp run .
	docker volume rm "$name" >/dev/null
	is "$status:$output" "0:"
	has "$stderr" "volume '$name:/d': '$name' is one that the engine keeps, not the project's directory, which is './$name'"
	project '"ls /d"' "  volumes: [\"./$name:/d\"]"
	mlp run .
	is "$status:$output" "0:mine"
	lacks "$stderr" volume
}

@test "volumes that are nothing: an error that names them, before anything is recorded" {
	project '"true"' '  volumes: ["/no/such/dir:/x"]'
	mlp run .
	fails_before "volume '/no/such/dir:/x': '/no/such/dir' does not exist"
	has "$stderr" "mkdir -p /no/such/dir"
	project '"true"' '  volumes: ["$(echo hi):/x"]'
	mlp run .
	fails_before "volume '\$(echo hi):/x': cannot expand '\$(echo hi)'"
	project '"true"' '  volumes: ["$NOT_SET:/x"]'
	mlp run .
	fails_before "the variable NOT_SET is not set"
	[ ! -e /no/such/dir ]
	# what the caller cannot look into is there for the engine
	mkdir -p "$T/of-root/d"
	touch "$T/of-root/d/seen"
	project '"ls /d"' "  volumes: [\"$T/of-root/d:/d\"]"
	chown -R 4321:4321 "$T"
	chown 0 "$T/of-root"
	chmod 700 "$T/of-root"
	chmod 755 "$T"
	is "$(setpriv --reuid 4321 --regid 4321 --groups "$(stat -c %g /var/run/docker.sock)" "$MLP" run -q .)" seen
}

@test "-A is docker's: words, letters, again and again; -A e=... shows no value" {
	recorder
	project '"hostname; echo $SECRET; cat /proc/sys/net/ipv4/ip_default_ttl; ls -d /one /two"'
	mlp run . -A hostname=there -A e=SECRET=s3cret -A sysctl=net.ipv4.ip_default_ttl=99 \
		-A "volume=$T:/one" -A "v=$T:/two" -A read-only
	is "$status" 0
	is "$output" $'there\ns3cret\n99\n/one\n/two'
	lacks "$(cat "$T/argv")" s3cret
	has "$(cat "$T/argv")" "--read-only"
}

@test "-A: a relative path begins in the project, whatever is known of the image" {
	project '"echo $FROM; ls /d"'
	mkdir "$T/caller" dir "$T/caller/dir"
	touch dir/of-project "$T/caller/dir/of-caller"
	echo FROM=project >vars
	echo FROM=caller >"$T/caller/vars"
	cd "$T/caller"
	for way in known unknown; do
		$way
		mlp run ../p -A env-file=vars -A volume=./dir:/d
		is "$way:$status:$output" "$way:0:project
of-project"
	done
}

@test "-A name=... is the container's name; the run's label is its own" {
	project '"sleep 60"'
	begin -A "name=mlp-test-$$-named"
	until_true is_up
	newest
	is "$(docker ps -q --no-trunc --filter "label=mlp.run=$(json 'j["run_id"]')")" "$(ours)"
	is "$(docker inspect --format '{{.Name}}' "$(ours)")" "/mlp-test-$$-named"
	kill -TERM "$RUNNING"
	ended
	is "$status" 143
	is "$(ours)" ""
}

@test "a container that gets another name, or has a label like ours from -A, is found all the same" {
	project '"trap : TERM; while :; do sleep 0.1; done"'
	for how in TERM docker; do
		begin -A label=mlp.run=another
		until_true is_up
		is "$(docker inspect --format '{{index .Config.Labels "mlp.run"}}' "$(ours)")" "$(newest; json 'j["run_id"]')"
		docker rename "$(ours)" "mlp-test-$$-renamed"
		case $how in
		TERM) kill -TERM "$RUNNING" ;;
		docker) docker kill "$(ours)" >/dev/null ;;
		esac
		ended
		is "$(ours)" ""
		case $how in
		TERM) is "$(how)" KILLED ;;
		docker) has "$(reason)" "the container was stopped from outside" ;;
		esac
	done
}

@test "-A name=... of a container that is there: an error, and that one lives" {
	local other
	other=$(docker run -d --label "mlp.test=$T" --name "mlp-test-$$-taken" "$BUSYBOX" sleep 60)
	project '"true"'
	for way in known unknown; do
		$way
		mlp run . -A "name=mlp-test-$$-taken"
		is "$status" 125
		has "$(reason)" "already in use"
	done
	is "$(ours)" "$other"
	is_up
}

@test "-A t without a terminal, as many are used to" {
	project '"echo hi"'
	mlp run . -A t
	is "$status" 0
	is "$output" $'hi\r'
}

@test "-A that would take the container out of our hands is refused; what docker refuses is said" {
	project '"true"'
	mlp run . -A detach
	fails_before "-A detach is not possible in a run" 2
	mlp run . -A rm=false
	fails_before "-A rm=false is not possible in a run" 2
	mlp run . -A rm
	is "$status" 0
	for way in known unknown; do
		$way
		mlp run . -A no-such-option=1
		is "$status" 125
		is "$(how)" FAILED
		is "$(reason)" "never started: the container could not be made: unknown flag: --no-such-option"
		is "$(docker ps -aq --filter name="mlp-$(newest; json 'j["run_id"]')")" ""
		lacks "$stderr" "last lines" # they are the reason
	done
	mlp run . -A gpus=all
	is "$status" 125
	has "$stderr" "the engine cannot give GPUs to containers: install the NVIDIA Container Toolkit"
	mlp run . -A device=/no/such/device
	is "$status" 125
	has "$(reason)" "never started: "
	has "$(reason)" "/no/such/device"
}

@test "resources: the limits are the container's; the entry point's word wins" {
	cat >MLproject <<-END
	docker_env: {image: $BUSYBOX}
	resources: {cpus: 0.5, memory: 256m}
	entry_points:
	  main:
	    resources: {memory: 1Gi}
	    command: sleep 60
	END
	begin
	until_true is_up
	is "$(docker inspect --format '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}' "$(ours)")" "1073741824 500000000"
	kill -TERM "$RUNNING"
	ended
	is "$(how)" KILLED
}

@test "resources: more processors than this machine has are all of them, as in any other kind" {
	recorder
	project '"echo ran"'
	printf 'resources: {cpus: 4096}\n' >>MLproject
	for manager in docker local; do
		mlp run . --env-manager $manager
		is "$manager:$status:$output" "$manager:0:ran"
	done
	lacks "$(cat "$T/argv")" --cpus
	mlp run . -A cpus=4096 # these are docker's own
	is "$status" 125
	has "$(reason)" "CPUs"
}

@test "resources: a GPU is given when it is asked for, and never else" {
	recorder
	project '"echo $NVIDIA_VISIBLE_DEVICES"'
	mlp run .
	is "$output" void
	lacks "$(cat "$T/argv")" --gpus
	printf 'resources: {gpus: 1}\n' >>MLproject
	mlp run . # there is none here
	has "$(cat "$T/argv")" "--gpus 1"
	: >"$T/argv"
	mlp run . -A gpus=all
	has "$(cat "$T/argv")" "--gpus=all"
	lacks "$(cat "$T/argv")" "--gpus 1"
}

@test "GPUs of this machine: those that the run has to itself, numbered anew inside" {
	recorder
	export MLP_GPUS=2,3
	printf 'docker_env: {image: %s}\nresources: {gpus: 2}\nentry_points:\n  main:\n    command: "true"\n' \
		"$BUSYBOX" >MLproject
	mlp run .
	has "$(cat "$T/argv")" '--gpus "device=2,3"'
	mlp run . --env-manager local
	is "$status" 0
}

@test "--memory and --cpus are the container's; what the client has used is not the run's" {
	cat >MLproject <<-END
	docker_env: {image: $BUSYBOX}
	resources: {cpus: 2, memory: 1g}
	entry_points:
	  main:
	    command: sleep 60
	END
	begin --memory 64m --cpus 0.5
	until_true is_up
	is "$(docker inspect --format '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}' "$(ours)")" "67108864 500000000"
	kill -TERM "$RUNNING"
	ended
	is "$(how)" KILLED
	[ "$(tag mlp.wall_time_ms)" -ge 0 ]
	is "$(tag mlp.cpu_time_ms)" ""
	is "$(tag mlp.peak_memory_bytes)" ""
}

@test "in the background, queued and in a batch a run has its container and docker's arguments" {
	project '"echo $WORD"'
	mlp run . -d -A env=WORD=behind
	is "$status" 0
	id=$output
	mlp wait "$id"
	is "$status" 0
	mlp logs "$id"
	is "$output" behind
	mlp run . -d -j 1 -A env=WORD=queued
	is "$status" 0
	id=$output
	mlp wait "$id"
	is "$status" 0
	mlp logs "$id"
	is "$output" queued
	echo '{"uri": "."}' | mlp batch -
	is "$status" 0
	is "$(tag mlflow.project.env)" docker
	is "$(ours)" ""
}

@test "in the background it ends, and is recorded, as in the foreground" {
	project '"echo $WORD; echo err >&2; exit 3"'
	pair . -A env=WORD=behind -A "label=mlp.test=$T"
	is "$status" 3
	project '"echo up; sleep 60"'
	pair . --timeout 300ms -A "label=mlp.test=$T"
	is "$status" 124
	is "$(ours)" ""
}

@test "a container that fails is tried again, each time in one of its own; --on-end is told of the last" {
	project '"exit 3"'
	mlp run . --retries 1 --retry-delay 10ms --on-end 'cat >ended.json'
	is "$status" 3
	is "$(sql 'select count(*) from runs where status = "FAILED"')" 2
	is "$(tag mlp.attempt)" 2
	has "$(cat ended.json)" "\"$(newest; json 'j["run_id"]')\""
	is "$(docker ps -aq --filter "name=mlp-$(newest; json 'j["run_id"]')")" ""
}

# told STATUS REASON OR-ELSE [ARG...]: what the run says where the engine tells of a killed
# process, and where it does not: a busy containerd sometimes loses the kernel's word.
told() {
	local code=$1 reason=$2 otherwise=$3
	shift 3
	for _ in {1..30}; do
		mlp run . "$@"
		is "$status" "$code"
		is "$(how)" FAILED
		[ "$(reason)" != "$reason" ] || return 0
		is "$(reason)" "$otherwise"
		is "$(tag mlp.exit)" "exited:$code"
		sleep 0.2
	done
	echo "the engine has never told of it"
	return 1
}

@test "out of memory is recognised, and named with its limit" {
	local silent="exit 137 (usually: killed by SIGKILL): perhaps out of memory, which the engine does not say; the limit is"
	printf 'docker_env: {image: %s}\nresources: {memory: 16m}\nentry_points:\n  main:\n    command: "%s"\n' \
		"$BUSYBOX" 'exec dd if=/dev/zero of=/dev/null bs=512M count=1' >MLproject
	for way in known unknown; do
		$way
		told 137 "out of memory: the limit is 16 MiB" "$silent 16 MiB"
		is "$(tag mlp.exit)" oom:137
	done
	told 137 "out of memory: the limit is 20m" "$silent 20m" -A memory=20m
	sed -i 's/exec dd\(.*\)"/dd\1; exit 5"/' MLproject
	told 5 "exit 5: one of its processes was killed, as memory ran out; the limit is 16 MiB" "exit 5"
	sed -i 's/command:.*/command: "kill -9 $$"/' MLproject
	mlp run .
	is "$(reason)" "$silent 16 MiB"
	is "$(tag mlp.exit)" exited:137
}

@test "TERM: the command is told, the run is KILLED, the container is gone" {
	project '"trap '\''echo told; exit 3'\'' TERM; echo ready; sleep 60 & wait"'
	MLP_STOP_GRACE=4000 begin
	until_true grep -q ready "$T/out"
	kill -TERM "$RUNNING"
	ended
	is "$(ours)" ""
	is "$status" 143
	is "$output" $'ready\ntold'
	is "$(how)" KILLED
	is "$(reason)" "stopped by SIGTERM"
}

@test "all processes of a command are told, not only its first" {
	project '"trap : TERM; sh -c '\''trap \"echo inner >told; exit\" TERM; touch ready; while :; do sleep 0.1; done'\'' & wait; wait"'
	MLP_STOP_GRACE=4000 begin
	until_true test -e ready
	kill -TERM "$RUNNING"
	ended
	is "$(cat told)" inner
}

@test "a command that does not listen is killed, with its container" {
	project '"trap '\'\'' TERM INT; touch ready; while :; do sleep 1; done"'
	begin
	until_true test -e ready
	kill -HUP "$RUNNING"
	ended
	is "$status" 129
	is "$(ours)" ""
	is "$(how)" KILLED
}

@test "a docker whose program is killed takes its container with it" {
	project '"sleep 60"'
	begin
	until_true is_up
	pkill -KILL -P "$RUNNING" docker
	ended
	is "$status" 137
	is "$(how)" FAILED
	has "$(reason)" "what was attached to the container has ended before it"
	is "$(ours)" ""
}

# On a terminal of its own, until the screen shows this.
on_terminal() {
	tmux -S "$T/tmux" -f /dev/null new-session -d -x 80 -y 24 \
		"TERM=screen '$MLP' run . -A label=mlp.test=$T; echo exit \$?; read -r _" 3>&-
	until_true see "$1"
}
see() { tmux -S "$T/tmux" capture-pane -p | grep -q -- "$1"; }
press() { tmux -S "$T/tmux" send-keys "$@"; }

@test "on a terminal the command has one: it reads what is typed" {
	project '"test -t 0 && test -t 1 && test -t 2 && until stty size | grep -v \"^0 0\"; do sleep 0.1; done; read -r line; echo got $line"'
	on_terminal "24 80"
	press "some words" Enter
	until_true see "got some words"
	until_true see "exit 0"
	tmux -S "$T/tmux" kill-server
}

@test "Ctrl-C on a terminal: the command gets it, the run is KILLED, the container is gone" {
	project '"trap '\''echo told; exit 3'\'' INT; echo ready; while :; do sleep 0.1; done"'
	on_terminal ready
	press C-c
	until_true see told
	until_true see "exit 130"
	is "$(how)" KILLED
	is "$(ours)" ""
	tmux -S "$T/tmux" kill-server
}

@test "a time limit stops the container" {
	project '"sleep 60"'
	mlp run . --timeout 500ms -A "label=mlp.test=$T"
	is "$status" 124
	is "$(ours)" ""
	is "$(how)" FAILED
	has "$(reason)" "timed out"
}

@test "an mlp that was killed: the next one removes its container" {
	project '"sleep 60"'
	begin
	until_true is_up
	kill -KILL "$RUNNING"
	ended
	is_there
	mlp runs
	has "$stderr" "a container that was left of run"
	is "$(ours)" ""
	is "$(how)" FAILED
	none -path "$XDG_STATE_HOME/mlp/runs/*"
}

@test "in the background and queued, all supervisors killed: the next command removes all containers" {
	local more running
	project '"sleep 60"'
	for more in "" "" "-j 1"; do
		# shellcheck disable=SC2086
		mlp run . -q -d $more -A "label=mlp.test=$T"
		is "$status" 0
	done
	running() { [ "$(docker ps -q --filter "label=mlp.test=$T" --filter status=running | wc -l)" -eq "$1" ]; }
	until_true running 3
	mlp ps --json
	for pid in $(json '" ".join(str(r["pid"]) for r in j)'); do kill -KILL "$pid"; done
	gone() { mlp ps --json && is "$output" "[]"; }
	until_true gone
	is "$(ours)" ""
	is "$(sql 'select distinct status from runs')" FAILED
	is "$(sql 'select count(*) from runs')" 3
	none -path "$XDG_STATE_HOME/mlp/runs/*"
}

@test "killed between making the container and starting it: likewise" {
	recorder
	unknown
	echo start >"$T/hang"
	project '"sleep 60"'
	begin
	until_true test -e "$T/hanging"
	is_there
	kill -KILL "$RUNNING"
	ended
	mlp runs
	is "$(ours)" ""
}

@test "stopped while the container is made: KILLED, and nothing is left" {
	recorder
	unknown
	echo create >"$T/hang"
	project '"sleep 60"'
	begin
	until_true test -e "$T/hanging"
	kill -TERM "$RUNNING"
	ended
	is "$status" 143
	is "$(how)" KILLED
	is "$(ours)" ""
}

@test "the container is killed from outside: FAILED, and the reason says so" {
	project '"sleep 60"'
	for way in known unknown; do
		$way
		begin
		until_true is_up
		docker kill "$(ours)" >/dev/null
		ended
		is "$status" 137
		is "$(how)" FAILED
		has "$(reason)" "the container was stopped from outside (docker kill, stop or rm)"
		is "$(ours)" ""
	done
}

@test "the container is removed from outside: FAILED, and the reason says so" {
	project '"sleep 60"'
	begin
	until_true is_up
	docker rm -f "$(ours)" >/dev/null
	ended
	is "$status" 137
	is "$(how)" FAILED
	has "$(reason)" "the container was stopped from outside"
}

@test "a command that kills itself is not taken for one that was killed from outside" {
	project '"kill -9 $$"'
	mlp run .
	is "$status" 137
	is "$(reason)" "exit 137 (usually: killed by SIGKILL)"
}

@test "the engine has forgotten how the container began: its code is still the command's" {
	project '"while [ ! -e go ]; do sleep 0.1; done; exit 3"'
	begin
	until_true is_up
	# each is an event, of which an engine keeps the last 256
	python3 - "$BUSYBOX" "mlp-test-events-$$" <<-'END'
		import http.client, socket, sys
		engine = http.client.HTTPConnection("localhost")
		engine.sock = socket.socket(socket.AF_UNIX)
		engine.sock.connect("/var/run/docker.sock")
		image, name = sys.argv[1:]
		def ask(method, path):
		    engine.request(method, path)
		    answer = engine.getresponse()
		    answer.read()
		    assert answer.status in (200, 201), (path, answer.status)
		for i in range(300):
		    ask("POST", f"/images/{image}/tag?repo={name}&tag=1")
		ask("DELETE", f"/images/{name}:1")
	END
	touch go
	ended
	is "$status" 3
	is "$(how)" FAILED
	lacks "$stderr" "never started"
}

@test "the engine dies in the middle: FAILED, and the reason says so; later the container is removed" {
	private_engine
	docker_make "$BUSYBOX" docker_busybox
	project '"sleep 60"'
	begin -A network=host
	until_true is_up
	private_engine_kill
	ended
	is "$status" 125
	is "$(how)" FAILED
	has "$(reason)" "the engine went away while the command ran"
	private_engine
	mlp runs
	is "$(ours)" ""
	none -path "$XDG_STATE_HOME/mlp/runs/*"
}

@test "no engine is installed" {
	project '"true"'
	mkdir "$T/bin"
	for tool in bash git cat; do ln -s "$(command -v $tool)" "$T/bin/"; done
	PATH=$T/bin mlp run .
	fails_before "Could not find Docker executable, nor podman"
	has "$stderr" "--env-manager local"
}

@test "the engine is not running" {
	project '"true"'
	DOCKER_HOST=unix://$T/none.sock mlp run .
	fails_before "the docker engine does not answer at $T/none.sock: No such file or directory"
	has "$stderr" "start it"
	DOCKER_HOST=tcp://127.0.0.1:9 mlp run .
	fails_before "docker does not answer: Cannot connect to the Docker daemon at tcp://127.0.0.1:9"
}

@test "an engine on another machine cannot see the project" {
	project '"true"'
	python3 - "$T/port" <<-'END' 3>&- &
		import os, socket, sys, threading
		listener = socket.create_server(("127.0.0.1", 0))
		open(sys.argv[1] + ".new", "w").write(str(listener.getsockname()[1]))
		os.rename(sys.argv[1] + ".new", sys.argv[1])
		def copy(a, b):
		    while data := a.recv(65536):
		        b.sendall(data)
		    b.shutdown(socket.SHUT_WR)
		while True:
		    client = listener.accept()[0]
		    engine = socket.socket(socket.AF_UNIX)
		    engine.connect("/var/run/docker.sock")
		    threading.Thread(target=copy, args=(client, engine), daemon=True).start()
		    threading.Thread(target=copy, args=(engine, client), daemon=True).start()
	END
	RUNNING=$!
	until_true test -s "$T/port"
	DOCKER_HOST=tcp://127.0.0.1:$(cat "$T/port") mlp run .
	fails_before "the docker engine is on another machine (tcp://127.0.0.1:$(cat "$T/port"))"
	has "$stderr" "--build-image copies them into an image"
}

@test "the engine may not be used: the error names the group" {
	project '"true"'
	chown -R 4321:4321 "$T"
	chmod 755 "$T"
	status=0
	setpriv --reuid 4321 --regid 4321 --clear-groups "$MLP" run . 2>"$T/stderr" || status=$?
	stderr=$(cat "$T/stderr")
	fails_before "Permission denied"
	has "$stderr" "usermod -aG docker"
}

@test "a docker context is followed" {
	project '"true"'
	DOCKER_HOST='' docker context create elsewhere --docker "host=unix://$T/none.sock" >/dev/null
	DOCKER_CONTEXT=elsewhere mlp run .
	fails_before "does not answer at $T/none.sock"
	DOCKER_CONTEXT=no-such-context mlp run .
	fails_before "the docker context 'no-such-context'"
	DOCKER_CONTEXT=default mlp run .
	is "$status" 0
}

@test "what the container is, is recorded" {
	project '"true"'
	mlp run .
	is "$(tag mlflow.project.env)" docker
	is "$(tag mlp.docker.runtime)" "docker $(docker version --format '{{.Server.Version}}')"
	is "$(tag mlflow.docker.image.uri)" "$BUSYBOX"
}

@test "podman, real: MLP_DOCKER=podman" {
	podman_setup
	project '"id -u; echo made >made; exit 3"'
	mlp run . -A network=host
	is "$status" 3
	is "$output" 0
	is "$(cat made)" made
	is "$(tag mlp.docker.runtime)" "podman $(podman version --format '{{.Client.Version}}')"
	is "$(podman ps -aq)" ""
	project '"trap '\''echo told; exit'\'' TERM; touch ready; sleep 60 & wait"'
	MLP_STOP_GRACE=4000 begin -A network=host
	until_true test -e ready
	kill -TERM "$RUNNING"
	ended
	is "$output" told
	is "$(how)" KILLED
	is "$(podman ps -aq)" ""
	rm ready
	begin -A network=host
	until_true test -e ready
	kill -KILL "$RUNNING"
	ended
	mlp runs
	is "$(podman ps -aq)" ""
	# neither another name nor another one's container is mistaken for it
	rm ready
	begin -A network=host -A name=first
	until_true test -e ready
	podman rename first second
	podman kill second >/dev/null
	ended
	is "$(how)" FAILED
	lacks "$(reason)" removed
	is "$(podman ps -aq)" ""
	podman create -q --name taken "$BUSYBOX" true
	mlp run . -A network=host -A name=taken
	is "$status" 125
	has "$(reason)" "never started: the container could not be made: "
	is "$(podman ps -a --format '{{.Names}}')" taken
}

@test "podman where docker is absent" {
	podman_setup
	unset MLP_DOCKER
	mkdir "$T/bin"
	for tool in bash git cat podman runc conmon; do
		command -v $tool >/dev/null && ln -s "$(command -v $tool)" "$T/bin/"
	done
	project '"echo inside"'
	PATH=$T/bin mlp run . -A network=host
	is "$status" 0
	is "$output" inside
	has "$(tag mlp.docker.runtime)" podman
}
