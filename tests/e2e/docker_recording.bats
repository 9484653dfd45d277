#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a command in a container records: with busybox's wget as its client.
bats_require_minimum_version 1.5.0
load ../lib/cli
load ../lib/docker

setup() {
	docker_setup
	cli_setup
	NETWORK= OTHER= RUNNING=
	: >made
}
teardown() {
	local name
	[ -z "$RUNNING" ] || kill "$RUNNING" 2>/dev/null || :
	while read -r name; do docker rm -f "$name" >/dev/null 2>&1 || :; done <made
	[ -z "$NETWORK" ] || docker network rm "$NETWORK" >/dev/null
	cli_teardown
}

# A project whose command is the script on stdin, run by the image's sh.
script() {
	cat >train.sh
	printf 'docker_env:\n  image: %s\nentry_points:\n  main:\n    command: "sh train.sh"\n' \
		"$BUSYBOX" >MLproject
	cat >client.sh <<-'E'
		# post WHAT JSON; get WHAT: what the endpoint says
		API=$MLFLOW_TRACKING_URI/api/2.0/mlflow
		post() { wget -qO- --header 'Content-Type: application/json' --post-data "$2" "$API/$1"; }
		get() { wget -qO- "$API/$1"; }
		metric() { post runs/log-metric "{\"run_id\":\"$MLFLOW_RUN_ID\",\"key\":\"$1\",\"value\":$2,\"timestamp\":1,\"step\":0}" >/dev/null; }
		# What the server answers to a GET, by its number; ADDRESS [HEADER]
		code() {
			wget -SO/dev/null ${2:+--header "$2"} "$1" 2>&1 | sed -n 's,.*HTTP/1.1 \([0-9]*\).*,\1,p' | head -n 1
		}
	E
}

metrics() { sql "SELECT key, value FROM metrics ORDER BY key"; }
run_id() { sql "SELECT run_uuid FROM runs ORDER BY start_time LIMIT 1"; }

# network NAME-PART ARGUMENT...: made for this test; $NETWORK is its name
network() {
	NETWORK=mlp-test-$1-$$
	docker network create "${@:2}" "$NETWORK" >/dev/null
}

# The address of this machine in docker's own network, which docker does not always tell.
gateway() {
	docker run --rm --network host "$BUSYBOX" ip -4 -o addr show docker0 |
		sed 's,.* inet \([0-9.]*\)/.*,\1,'
}

none() { if "$@"; then return 1; fi; }

# in_run COMMAND...: while the run's command waits for the file go
in_run() {
	"$MLP" run . >out 2>"$T/stderr" 3>&- &
	RUNNING=$!
	until_true test -s uri
	"$@"
	touch go
	status=0
	wait "$RUNNING" || status=$?
	RUNNING=
	stderr=$(cat "$T/stderr")
}

@test "a command in a container records, and is seen at once" {
	script <<-'E'
		. ./client.sh
		metric loss 0.5
		get "runs/get?run_id=$MLFLOW_RUN_ID" | grep -o '"value":0.5'
	E
	mlp run .
	is "$status" 0
	is "$output" '"value":0.5'
	is "$(metrics)" "loss|0.5"
	newest
	is "$(json 'j["status"]')" FINISHED
}

@test "the environment: an address by name with a key; what belongs to this machine stays here" {
	script <<-'E'
		env
		cat /etc/hosts
	E
	NO_PROXY=example.org HOST_SECRET=hush MLFLOW_TRACKING_TOKEN=t PYTHONUNBUFFERED=yes \
		mlp run -q .
	is "$status" 0
	mlp logs "$(run_id)"
	line=$(grep '^MLFLOW_TRACKING_URI=' <<<"$output")
	[[ $line =~ ^MLFLOW_TRACKING_URI=http://mlp\.internal:[0-9]+/\*{32}$ ]]
	is "$(grep '^MLFLOW_REGISTRY_URI=' <<<"$output")" "MLFLOW_REGISTRY_URI=${line#*=}"
	has "$output" "NO_PROXY=example.org,127.0.0.1,localhost,mlp.internal"
	has "$output" "no_proxy=example.org,127.0.0.1,localhost,mlp.internal"
	has "$output" "MLFLOW_RUN_ID=$(run_id)"
	has "$output" "MLP_RUN_ID=$(run_id)"
	has "$output" "MLFLOW_EXPERIMENT_ID=0"
	has "$output" "MLFLOW_HTTP_REQUEST_MAX_RETRIES=3"
	has "$output" "PYTHONUNBUFFERED=yes"
	has "$output" "PATH=/usr/bin:/bin"
	lacks "$output" "MLP_STORE_URI"
	lacks "$output" "HOME=$HOME"
	[[ $output =~ [0-9.]+[[:space:]]mlp\.internal ]]
	run ! grep -E '^(HOST_SECRET|MLFLOW_TRACKING_TOKEN|MLP|XDG_STATE_HOME)=' <<<"$output"
}

@test "the key reaches the container by name alone, and nothing keeps it" {
	script <<-'E'
		echo $MLFLOW_TRACKING_URI >uri
		printf %.60s $MLFLOW_TRACKING_URI
		sleep 0.1
		tail -c +61 uri
		cat uri >&2
		while [ ! -e go ]; do sleep 0.1; done
	E
	look() {
		# argv of every process of this machine
		cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' >argv || :
	}
	MLP_TRACE=$T/trace in_run look
	is "$status" 0
	key=$(sed 's,.*/,,' uri)
	is "${#key}" 32
	grep -aqE 'docker.* (-e|--env)[ =]MLFLOW_TRACKING_URI ' argv "$T/trace"
	run ! grep -aF "$key" argv
	[ -s "$T/trace" ]
	run ! grep -raF "$key" "$T/trace" mlruns "$T/state" "$T/home" mlflow.db
	grep -rqF '********************************' mlruns
}

@test "who is not the container is refused: this machine, another container, another name" {
	script <<-'E'
		. ./client.sh
		echo $MLFLOW_TRACKING_URI >uri
		echo "own $(code "$API/experiments/search?max_results=1")"
		port=${MLFLOW_TRACKING_URI#http://mlp.internal:}
		key=${port#*/} port=${port%%/*}
		echo "host $(code "$API/experiments/search?max_results=1" "Host: evil.example:$port")"
		echo "name without port $(code "$API/experiments/search?max_results=1" "Host: mlp.internal")"
		echo "key $(code "http://mlp.internal:$port/x$key/health")"
		echo "origin $(wget -qO- --header "Origin: http://evil.example" --post-data '{}' "$API/runs/create" 2>&1 | grep -c ' 403 Forbidden$')"
		while [ ! -e go ]; do sleep 0.1; done
		metric late 1
	E
	cat >other.sh <<-'E'
		. ./client.sh
		echo "other $(code "$API/experiments/search?max_results=1")"
		echo "other's probe $(code "$MLFLOW_TRACKING_URI/health")"
		metric stolen 1 || :
	E
	others() {
		local uri gateway
		uri=$(cat uri)
		gateway=$(gateway)
		docker run --rm --add-host "mlp.internal:$gateway" -e MLFLOW_TRACKING_URI="$uri" -v "$PWD:/p" -w /p \
			"$BUSYBOX" sh other.sh >>seen
		python3 - "${uri/mlp.internal/$gateway}" "mlp.internal:$(cut -d: -f3 uri | cut -d/ -f1)" >>seen <<-'P'
			import sys, urllib.request, urllib.error
			request = urllib.request.Request(sys.argv[1] + "/api/2.0/mlflow/experiments/search?max_results=1",
			    headers={"Host": sys.argv[2]})
			try:
			    print("machine", urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).status)
			except urllib.error.HTTPError as e:
			    print("machine", e.code, e.read().decode().strip())
		P
		# nor is it on any other address of this machine
		python3 -c 'import socket, sys; print("loopback", socket.socket().connect_ex(("127.0.0.1", int(sys.argv[1]))))' \
			"$(cut -d: -f3 uri | cut -d/ -f1)" >>seen
	}
	in_run others
	is "$status" 0
	is "$(cat out)" "$(printf '%s\n' 'own 200' 'host 403' 'name without port 403' 'key 404' 'origin 1')"
	is "$(sed 's/ [0-9]*$/ &/;s/  / /' seen)" "$(printf '%s\n' 'other 403' "other's probe 403" \
		'machine 403 Only the container of the run may ask here' 'loopback 111')"
	is "$(metrics)" "late|1.0"
}

@test "a stranger who comes before the command has asked does not keep it out" {
	script <<-'E'
		. ./client.sh
		echo $MLFLOW_TRACKING_URI >uri
		while [ ! -e go ]; do sleep 0.1; done
		metric loss 1
	E
	stranger() {
		none docker run --rm --add-host "mlp.internal:$(gateway)" "$BUSYBOX" wget -qO- "$(cat uri)/health"
	}
	in_run stranger
	is "$status" 0
	is "$(metrics)" "loss|1.0"
}

@test "-A network=NAME: through the gateway of that network" {
	network own
	script <<-'E'
		. ./client.sh
		metric loss 2
	E
	mlp run . -A network="$NETWORK"
	is "$status" 0
	is "$(metrics)" "loss|2.0"
	mlp run . -A net="$NETWORK"
	is "$status" 0
}

@test "-A network=NAME of an internal network: only this machine can be reached, which does" {
	network internal --internal
	script <<-'E'
		. ./client.sh
		metric loss 3
	E
	mlp run . -A network="$NETWORK"
	is "$status" 0
	is "$(metrics)" "loss|3.0"
}

@test "-A network=host: by loopback" {
	script <<-'E'
		. ./client.sh
		echo ${MLFLOW_TRACKING_URI%:*}
		metric loss 4
	E
	mlp run . -A network=host
	is "$status" 0
	is "$output" "http://127.0.0.1"
	is "$(metrics)" "loss|4.0"
}

@test "-A network=container:NAME: as that container" {
	OTHER=mlp-test-other-$$
	echo "$OTHER" >>made
	docker run -d --name "$OTHER" "$BUSYBOX" sleep 600 >/dev/null
	script <<-'E'
		. ./client.sh
		metric loss 5
	E
	mlp run . -A network="container:$OTHER"
	is "$status" 0
	is "$(metrics)" "loss|5.0"
	mlp run . -A network="container:mlp-test-none-$$"
	is "$status" 125
	has "$stderr" "network 'container:mlp-test-none-$$'"
	is "$(sql "SELECT count(*) FROM runs")" 1
}

@test "-A network=none: the command runs, records nothing, and a warning says how it could" {
	script <<-'E'
		echo "uri ${MLFLOW_TRACKING_URI-none} ${MLFLOW_REGISTRY_URI-none}"
		echo "run $MLFLOW_RUN_ID"
	E
	mlp run . -A network=none
	is "$status" 0
	is "$output" "$(printf 'uri none none\nrun %s' "$(run_id)")"
	has "$stderr" "the container has no network, so its command records nothing"
	has "$stderr" "--tracking direct"
	newest
	is "$(json 'j["status"]')" FINISHED
}

@test "a network that does not exist, or from which this machine cannot be reached, is told before" {
	script <<-'E'
		echo ran
	E
	mlp run . -A network="mlp-test-none-$$"
	is "$status" 125
	has "$stderr" "network 'mlp-test-none-$$'"
	network apart -o com.docker.network.bridge.inhibit_ipv4=true
	mlp run . -A network="$NETWORK"
	is "$status" 125
	is "$output" ""
	has "$stderr" "this machine has no address in the container's network '$NETWORK'"
	has "$stderr" "--tracking direct"
	[ ! -s mlflow.db ] # no run was recorded
	mlp run . -A network="$NETWORK" --tracking direct
	is "$status" 0
}

@test "--tracking direct: the store is in the container, at the same path" {
	script <<-'E'
		echo $MLFLOW_TRACKING_URI ${MLFLOW_REGISTRY_URI-none}
		cat /etc/hosts | grep -c mlp.internal
		file=${MLFLOW_TRACKING_URI#sqlite:///}
		test -w $file && head -c 15 $file
		touch ${file%/*}/beside
	E
	mkdir store
	mlp run . --tracking direct --tracking-uri "sqlite:///$PWD/store/wine.db"
	is "$status" 0
	is "$output" "$(printf 'sqlite:///%s none\n0\nSQLite format 3' "$PWD/store/wine.db")"
	[ -e store/beside ]
	mlp run . -q -A network=none --tracking direct --tracking-uri "sqlite:///$PWD/store/wine.db"
	is "$status" 0
	lacks "$stderr" "no network"
}

@test "artifacts: written where they are kept, also those of other runs and of models" {
	script <<-'E'
		. ./client.sh
		uri=$(get "runs/get?run_id=$MLFLOW_RUN_ID" | sed 's/.*"artifact_uri":"\([^"]*\)".*/\1/')
		echo text >$uri/note
		new=$(post runs/create '{"experiment_id":"0"}' | sed 's/.*"artifact_uri":"\([^"]*\)".*/\1/')
		mkdir -p $new && echo nested >$new/note
		mkdir -p ${uri%/*/artifacts}/models/m-1 && echo model >${uri%/*/artifacts}/models/m-1/note
	E
	mlp run .
	is "$status" 0
	is "$(cat mlruns/0/"$(run_id)"/artifacts/note)" text
	is "$(cat mlruns/0/*/artifacts/note | sort | tr '\n' ' ')" "nested text "
	is "$(cat mlruns/0/models/m-1/note)" model
	is "$(stat -c %u mlruns/0/models/m-1/note)" "$(id -u)"
}

@test "artifacts of an experiment that is kept elsewhere, in a directory with an odd name" {
	script <<-'E'
		. ./client.sh
		uri=$(get "runs/get?run_id=$MLFLOW_RUN_ID" | sed 's/\\"/@/g; s/.*"artifact_uri":"\([^"]*\)".*/\1/; s/@/"/g')
		echo text >"$uri/note"
	E
	mlp run . # makes the store
	sql "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage) VALUES (7, 'far', ?, 'active')" \
		"$T/far: \"a, b\"/x"
	mlp run . --experiment-name far
	is "$status" 0
	is "$(cat "$T/far: \"a, b\"/x"/*/artifacts/note)" text
	# a relative one is below the directory of who runs the project
	sql "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage) VALUES (8, 'near', 'rel/x', 'active')"
	mkdir "$T/elsewhere"
	mv mlflow.db "$T/elsewhere"
	cd "$T/elsewhere"
	mlp run ../p --experiment-name near
	is "$status" 0
	is "$(cat "$T"/elsewhere/rel/x/*/artifacts/note)" text
}

@test "-A user=UID: that user can write the run's artifacts and its models" {
	script <<-'E'
		. ./client.sh
		uri=$(get "runs/get?run_id=$MLFLOW_RUN_ID" | sed 's/.*"artifact_uri":"\([^"]*\)".*/\1/')
		id -u
		echo text >$uri/note
		mkdir ${uri%/*/artifacts}/models/m-1
	E
	chmod 755 "$T"
	mlp run . -A user=4321:4321
	is "$status" 0
	is "$output" 4321
	is "$(stat -c %u mlruns/0/"$(run_id)"/artifacts/note)" 4321
	is "$(stat -c %u mlruns/0/"$(run_id)"/artifacts/mlp/stdout.log)" "$(id -u)"
}

@test "credentials of an artifact store elsewhere: by name, and only those of that store" {
	script <<-'E'
		env | sort
		cat $AWS_SHARED_CREDENTIALS_FILE
		touch go2
		while [ ! -e go ]; do sleep 0.1; done
	E
	mlp run . -A network=none -q & # makes the store
	until_true test -e go2
	touch go
	wait $!
	rm go go2
	sql "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage) VALUES (7, 'far', 's3://b/x', 'active')"
	mkdir "$HOME/.aws"
	echo "[default]" >"$HOME/.aws/credentials"
	export AWS_ACCESS_KEY_ID=AKIAhush AWS_SECRET_ACCESS_KEY=s3hush AWS_SESSION_TOKEN=tokhush AWS_PROFILE=prof \
		AZURE_STORAGE_ACCESS_KEY=azhush MLFLOW_S3_ENDPOINT_URL=http://minio:9000
	MLP_TRACE=$T/trace "$MLP" run -q . --experiment-name far >out 2>err 3>&- &
	until_true test -e go2
	cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' >argv || :
	touch go
	wait $!
	mlp logs "$(sql "SELECT run_uuid FROM runs WHERE experiment_id = 7")"
	has "$output" AWS_ACCESS_KEY_ID=
	has "$output" AWS_SECRET_ACCESS_KEY=
	has "$output" AWS_SESSION_TOKEN=
	has "$output" AWS_PROFILE=prof
	has "$output" MLFLOW_S3_ENDPOINT_URL=http://minio:9000
	has "$output" "[default]"
	lacks "$output" AZURE
	grep -aq 'AWS_SECRET_ACCESS_KEY ' argv "$T/trace"
	run ! grep -aE 's3hush|tokhush|azhush' argv "$T/trace"
}

# image_with_mlp DIR NAME: busybox and the mlp of this test, with what it is linked to
image_with_mlp() {
	docker_tree "$1" "$MLP" bash
	cp "$(command -v busybox)" "$1/bin/busybox"
	ln -s busybox "$1/bin/sh"
	ln -s "$MLP" "$1/bin/mlp"
	docker_import "$1" "$2"
}

@test "mlp in the container of a run: its run is the child of that run" {
	image=mlp-test-nested-$$
	image_with_mlp "$T/root" "$image"
	mkdir inner
	printf 'docker_env:\n  image: nothing\nentry_points:\n  main:\n    command: "echo inner in $MLP_ENV_MANAGER"\n' >inner/MLproject
	printf 'docker_env:\n  image: %s\nentry_points:\n  main:\n    command: "mlp run inner --tracking direct"\n' "$image" >MLproject
	sed 's/ --tracking direct//' MLproject >through && mv MLproject direct && mv through MLproject
	mlp run .
	is "$status" 125
	has "$stderr" "the store of the outer run is not in its container"
	has "$stderr" "run that one with --tracking direct"
	rm -rf mlflow.db mlruns
	mv direct MLproject
	mlp run . --tracking direct
	docker rmi -f "$image" >/dev/null
	is "$status" 0
	is "$output" "inner in local"
	is "$(sql "SELECT count(*) FROM runs WHERE status = 'FINISHED'")" 2
	is "$(sql "SELECT count(*) FROM tags WHERE key = 'mlflow.parentRunId' AND value = ?" "$(run_id)")" 1
}

@test "mlp-serve that is killed meanwhile comes again and knows the container" {
	script <<-'E'
		. ./client.sh
		metric a 1
		echo $MLFLOW_TRACKING_URI >uri
		while [ ! -e go ]; do sleep 0.1; done
		metric b 2 || { sleep 1; metric b 2; }
	E
	kill_server() { pkill -KILL -P "$(pgrep -P $$ -x mlp)" mlp-serve; }
	in_run kill_server
	is "$status" 0
	is "$(metrics)" "$(printf 'a|1.0\nb|2.0')"
}

@test "podman: its network gets its interface with the first container, and the endpoint is there" {
	podman_setup
	script <<-'E'
		. ./client.sh
		metric loss 6
		grep -o '[0-9.]*.mlp.internal' /etc/hosts
	E
	mlp run .
	is "$status" 0
	has "$output" "mlp.internal"
	is "$(metrics)" "loss|6.0"
	mlp run . -A network=slirp4netns
	is "$status" 125
	has "$stderr" "whether a container with the network 'slirp4netns' can reach this machine is not known"
	has "$stderr" "--tracking direct"
}

@test "what the user mounts where a store's directory would be stays the user's" {
	script <<-'E'
		. ./client.sh
		get "runs/get?run_id=$MLFLOW_RUN_ID" | sed 's/.*"artifact_uri":"\([^"]*\)".*/\1/' >uri
		mkdir -p $(cat uri) && echo text >$(cat uri)/note
	E
	mkdir mine other
	sed -i 's|^  image:.*|&\n  volumes: ["$(pwd)/mine:'"$PWD"'/mlruns/"]|' MLproject
	mlp run .
	is "$status" 0
	is "$(cat mine/0/"$(run_id)"/artifacts/note)" text
	sed -i '/volumes/d' MLproject
	mlp run . -A "volume=$PWD/other:$PWD/mlruns:rw"
	is "$status" 0
	is "$(cat other/0/*/artifacts/note)" text
}

@test "proxies of docker's own configuration: what they except stays excepted, as is the endpoint" {
	mkdir "$HOME/.docker"
	echo '{"proxies": {"default": {"httpProxy": "http://127.0.0.1:9", "noProxy": "lab.example"}}}' \
		>"$HOME/.docker/config.json"
	script <<-'E'
		env | grep -i _proxy | sort
	E
	unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY no_proxy
	NO_PROXY=x mlp run .
	is "$status" 0
	is "$output" "$(printf '%s\n' HTTP_PROXY=http://127.0.0.1:9 \
		NO_PROXY=lab.example,x,127.0.0.1,localhost,mlp.internal http_proxy=http://127.0.0.1:9 \
		no_proxy=lab.example,x,127.0.0.1,localhost,mlp.internal)"
	NO_PROXY='*' mlp run .
	is "$output" "$(printf '%s\n' HTTP_PROXY=http://127.0.0.1:9 'NO_PROXY=*' \
		http_proxy=http://127.0.0.1:9 'no_proxy=*')"
	sed -i 's/lab.example/*/' "$HOME/.docker/config.json"
	NO_PROXY=x mlp run .
	is "$output" "$(printf '%s\n' HTTP_PROXY=http://127.0.0.1:9 'NO_PROXY=*' \
		http_proxy=http://127.0.0.1:9 'no_proxy=*')"
}

@test "credentials: a file for Google, keys for Azure, what is not there is told" {
	script <<-'E'
		env | grep -E '^(GOOGLE|AZURE|AWS|MLFLOW_K)' | sort
		[ ! "$GOOGLE_APPLICATION_CREDENTIALS" ] || cat $GOOGLE_APPLICATION_CREDENTIALS
		id | grep -c uid=0
	E
	mlp run . -q -A network=none # makes the store
	at() {
		sql "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage) VALUES (?, ?, ?, 'active')" "$@"
	}
	at 7 gs gs://b/x
	at 8 azure wasbs://c@a.blob.core.windows.net/x
	at 9 proxied mlflow-artifacts:/9
	echo '{"key": 1}' >"$T/gcs.json"
	export AZURE_STORAGE_ACCESS_KEY=azhush AWS_PROFILE=p
	GOOGLE_APPLICATION_CREDENTIALS=$T/gcs.json mlp run . --experiment-name gs
	is "$output" "$(printf '%s\n' GOOGLE_APPLICATION_CREDENTIALS=/.gcs '{"key": 1}' 1)"
	GOOGLE_APPLICATION_CREDENTIALS=$T/none.json mlp run . --experiment-name gs </dev/null
	is "$output" "1"
	has "$stderr" "GOOGLE_APPLICATION_CREDENTIALS names '$T/none.json', which is not there"
	mlp run . --experiment-name azure </dev/null
	is "$output" "$(printf 'AZURE_STORAGE_ACCESS_KEY=azhush\n1')"
	mlp run . --experiment-name proxied </dev/null
	is "$output" 1
}
