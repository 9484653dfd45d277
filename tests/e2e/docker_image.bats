#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The image of a docker project: there, pulled from a registry, or built.
bats_require_minimum_version 1.5.0
load ../lib/cli
load ../lib/docker
load ../lib/pair
load ../lib/registry

setup() {
	NAME=mlp-test-$$-$BATS_TEST_NUMBER # of what this test builds
	cli_setup
	unset DOCKER_CONFIG
	docker_setup
}

teardown() {
	local names id
	registry_stop
	for id in $(docker images -aq --no-trunc --filter label=mlp.image); do
		case $(docker image inspect --format '{{index .Config.Labels "mlp.image"}}' "$id") in
		*"$NAME"*) docker rmi -f "$id" >/dev/null ;;
		esac
	done
	names=$(docker images --digests --format '{{.Repository}} {{.Tag}} {{.Digest}}' |
		awk -v ours="$NAME" 'index($1, ours) { print $1 ($2 == "<none>" ? "@" $3 : ":" $2) }')
	[ -z "$names" ] || docker rmi -f $names >/dev/null
	cli_teardown
}

# project IMAGE COMMAND: in the current directory
project() {
	cat >MLproject <<-END
		name: $NAME
		docker_env:
		  image: $1
		entry_points:
		  main:
		    command: "$2"
	END
}
tag() { newest; json "j['tags'].get('$1', '')"; }
none() { [ "$(find "$@" 2>/dev/null | wc -l)" -eq 0 ]; }
# Everything of ours that docker knows of by the hash of its input.
built() { docker images -aq --no-trunc --filter "label=mlp.image=${1:-$NAME}" | sort -u | wc -l; }

@test "an image that is there is used, and what it is is recorded" {
	project "$BUSYBOX" 'echo hello'
	mlp run .
	is "$status" 0
	is "$output" hello
	lacks "$stderr" pulling
	id=$(docker image inspect --format '{{.Id}}' "$BUSYBOX")
	is "$(tag mlflow.docker.image.uri)" "$BUSYBOX"
	is "$(tag mlflow.docker.image.id)" "$id"
	is "$(tag mlp.docker.platform)" "$(docker version --format '{{.Server.Os}}/{{.Server.Arch}}')"
	is "$(tag mlp.docker.digest)" ""
	is "$(tag mlflow.project.env)" docker
}

@test "an image is named by its id" {
	id=$(docker image inspect --format '{{.Id}}' "$BUSYBOX")
	project "$id" 'echo hello'
	mlp run .
	is "$status" 0
	is "$output" hello
	is "$(tag mlflow.docker.image.id)" "$id"
}

@test "an image that is not there is pulled, which is said, and its digest is recorded" {
	registry_start
	image=$REGISTRY/$NAME:1
	docker tag "$BUSYBOX" "$image"
	docker push -q "$image"
	docker rmi "$image" >/dev/null
	project "$image" 'echo hello'
	mlp run --dry-run .
	is "$status" 0
	has "$output" "$image (would be pulled)"
	docker image inspect "$image" && return 1
	mlp run .
	is "$status" 0
	is "$output" hello
	has "$stderr" "pulling $image"
	digest=$(tag mlp.docker.digest)
	is "$digest" "$(docker image inspect --format '{{index .RepoDigests 0}}' "$image")"
	has "$digest" "$REGISTRY/$NAME@sha256:"
	has "$(cat mlruns/0/*/artifacts/mlp/environment.log)" Digest:
	mlp run --dry-run .
	has "$output" "$image (is there, sha256:"
	registry_stop # and nobody is asked again
	mlp run .
	is "$status" 0
	lacks "$stderr" pulling
	docker rmi "$image" >/dev/null
	registry_start
	project "$digest" 'echo hello'
	sed -i "s/127.0.0.1:[0-9]*/$REGISTRY/" MLproject
	docker tag "$BUSYBOX" "$REGISTRY/$NAME:1"
	docker push -q "$REGISTRY/$NAME:1"
	docker rmi "$REGISTRY/$NAME:1" >/dev/null
	mlp run . # by its digest
	is "$status" 0
	has "$(tag mlp.docker.digest)" "$REGISTRY/$NAME@sha256:${digest##*:}"
}

@test "-A pull=always asks the registry again, never does not ask it at all" {
	registry_start
	image=$REGISTRY/$NAME:1
	docker tag "$BUSYBOX" "$image"
	docker push -q "$image"
	project "$image" 'cat /newer || echo older'
	mlp run .
	is "$output" older
	printf 'FROM %s\nRUN echo newer >/newer\n' "$BUSYBOX" | docker build -q --label "mlp.image=$NAME" -t "$image" - >/dev/null
	docker push -q "$image"
	docker tag "$BUSYBOX" "$image"
	mlp run .
	is "$output" older
	mlp run -A pull=always .
	is "$status" 0
	is "$output" newer
	docker rmi "$image" >/dev/null
	mlp run -A pull=never .
	is "$status" 125
	has "$stderr" "is not on this machine, and -A pull=never"
	mlp run -A pull=sometimes .
	is "$status" 2
	has "$stderr" "not always, missing or never"
}

@test "a registry that has no such image; one that does not answer" {
	registry_start
	project "$REGISTRY/$NAME:1" 'echo hello'
	mlp run .
	is "$status" 125
	has "$stderr" "image '$REGISTRY/$NAME:1' is not on this machine and cannot be pulled"
	has "$stderr" "manifest unknown"
	has "$stderr" "is the name right?"
	has "$stderr" "docker login $REGISTRY"
	newest
	is "$(json 'j["status"]')" FAILED
	registry_stop
	mlp run .
	is "$status" 125
	has "$stderr" "connection refused"
	has "$stderr" "docker load"
	touch Dockerfile
	mlp run .
	is "$status" 125
	has "$stderr" "the project has a Dockerfile: --build-image builds it"
}

@test "credentials: none, wrong ones, the right ones" {
	registry_start ann secret
	image=$REGISTRY/$NAME:1
	login() {
		mkdir -p "$HOME/.docker"
		printf '{"auths": {"%s": {"auth": "%s"}}}' "$REGISTRY" "$(printf %s "$1" | base64)" \
			>"$HOME/.docker/config.json"
	}
	login ann:secret
	docker tag "$BUSYBOX" "$image"
	docker push -q "$image"
	docker rmi "$image" >/dev/null
	project "$image" 'echo hello'
	for credentials in none ann:wrong; do
		rm "$HOME/.docker/config.json"
		[ "$credentials" = none ] || login "$credentials"
		mlp run .
		is "$status" 125
		has "$stderr" "docker login $REGISTRY"
		lacks "$stderr$(cat mlruns/0/*/artifacts/mlp/*)" wrong
		login ann:wrong
	done
	login ann:secret
	mlp run .
	is "$status" 0
	is "$output" hello
}

@test "--offline: what is there runs, what is not is not asked for" {
	project "$BUSYBOX" 'echo hello'
	mlp run --offline .
	is "$status" 0
	registry_start
	docker tag "$BUSYBOX" "$REGISTRY/$NAME:1"
	docker push -q "$REGISTRY/$NAME:1"
	docker rmi "$REGISTRY/$NAME:1" >/dev/null
	project "$REGISTRY/$NAME:1" 'echo hello'
	mlp run --offline --dry-run .
	has "$output" "is not there, and would not be pulled"
	mlp run --offline .
	is "$status" 125
	has "$stderr" "is not on this machine, and --offline asks no registry"
	has "$stderr" "docker pull $REGISTRY/$NAME:1"
	mlp run .
	is "$status" 0
}

@test "what is no name of an image is told before a run is recorded" {
	for image in 'My Proj' Python:3 --privileged '$IMAGE' 'a b' 'x:' https://r/x; do
		project "'$image'" 'echo hello'
		mlp run .
		is "$status" 125
		has "$stderr" "docker_env: '$image' is not the name of an image"
	done
	[ ! -e mlruns ]
}

@test "an image of another platform is told as such; -A platform asks for one" {
	registry_start
	image=$REGISTRY/$NAME:1
	mkdir "$T/tree"
	cp "$(command -v busybox)" "$T/tree/sh" # nobody looks what it really is for
	printf 'FROM scratch\nCOPY sh /bin/sh\n' >"$T/tree/Dockerfile"
	docker build -q --platform linux/s390x --label "mlp.image=$NAME" -t "$image" "$T/tree" >/dev/null
	project "$image" 'true'
	mlp run .
	is "$(tag mlp.docker.platform)" linux/s390x
	has "$stderr" "image $image is for linux/s390x and this machine is linux/"
	mlp run -A platform=linux/amd64 .
	is "$status" 125
	has "$stderr" "image '$image' for linux/amd64 is not on this machine and cannot be pulled"
	mlp run --offline -A platform=linux/amd64 .
	is "$status" 125
	has "$stderr" "image '$image' is for linux/s390x, not for linux/amd64"
	docker tag "$BUSYBOX" "$image"
	docker push -q "$image"
	mlp run -A platform=linux/s390x . # the registry has it for one platform alone
	is "$status" 125
	has "$stderr" "image '$image' is for linux/amd64, not for linux/s390x"
	mlp run -A platform=linux/amd64 .
	is "$status" 0
}

@test "a pull that is interrupted is KILLED" {
	python3 -c '
import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
time.sleep(600)' >"$T/port" 3>&- &
	deaf=$!
	until_true test -s "$T/port"
	project "127.0.0.1:$(cat "$T/port")/$NAME:1" 'true'
	"$MLP" run . 2>"$T/stderr" &
	pid=$!
	until_true grep -qs pulling "$T/stderr"
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	kill "$deaf"
	is "$status" 143
	newest
	is "$(json 'j["status"]')" KILLED
}

@test "--build-image: the project's files are in the image, and the caller's to change" {
	project "$BUSYBOX" 'cat data/in; pwd; echo new >data/in && echo x >made && stat -c %u:%g made .; ls -A'
	mkdir data
	echo in >data/in
	ln -s data/in link
	chmod 755 data/in
	mlp run --build-image .
	is "$status" 0
	has "$output" "in
/mlflow/projects/code
$(id -u):$(id -g)
$(id -u):$(id -g)"
	has "$output" link
	is "$(cat data/in)" in # the user's own is another
	none made
	has "$stderr" "building image $NAME"
	is "$(tag mlflow.docker.image.uri)" "$NAME"
	is "$(tag mlflow.docker.image.id)" "$(docker image inspect --format '{{.Id}}' "$NAME")"
	has "$(docker image inspect --format '{{json .Config.Labels}}' "$NAME")" '"mlp.context":"'
	is "$(ls -A)" "$(printf '%s\n' MLproject data link mlflow.db mlruns)"
	none "$XDG_CACHE_HOME/mlp/images" -type f ! -name "*.json"
	project "$BUSYBOX" 'echo x >made && stat -c %u:%g made MLproject .'
	mlp run --build-image -A user=1234:1235 .
	is "$status" 0
	is "$(sort -u <<<"$output")" 1234:1235
}

@test "--build-image: unchanged input builds nothing, changed input builds again" {
	project "$BUSYBOX" 'cat in'
	echo 1 >in
	mlp run --build-image --dry-run .
	is "$status" 0
	has "$output" "$NAME (would be built: 2 files, "
	has "$output" "made from    $BUSYBOX (is there, sha256:"
	is "$(built)" 0
	mlp run --build-image .
	is "$output" 1
	first=$(tag mlflow.docker.image.id)
	touch in
	mlp run --build-image .
	is "$output" 1
	lacks "$stderr" building
	is "$(tag mlflow.docker.image.id)" "$first"
	mlp run --build-image --dry-run .
	has "$output" "$NAME (is built, sha256:"
	echo 2 >in
	mlp run --build-image .
	is "$output" 2
	has "$stderr" building
	is "$(built)" 2
	echo 1 >in # as it was: found again, and has the name again
	mlp run --build-image .
	is "$output" 1
	lacks "$stderr" building
	is "$(tag mlflow.docker.image.id)" "$first"
	is "$(docker image inspect --format '{{.Id}}' "$NAME")" "$first"
	# another base is another image
	printf 'FROM %s\nRUN echo >/x\n' "$BUSYBOX" | docker build -q -t "$NAME-base" - >/dev/null
	project "$NAME-base" 'cat in'
	mlp run --build-image .
	has "$stderr" building
	docker rmi -f "$NAME-base" >/dev/null
}

@test "--build-image: in the background it is built and used as in the foreground" {
	project "$BUSYBOX" 'cat in; echo err >&2; exit 3'
	echo 1 >in
	pair --build-image . # the second finds what the first has built
	is "$status" 3
	is "$(cat "$T/back.log")" "1|err"
	is "$(built)" 1
	# the other way round
	docker images -aq --no-trunc --filter "label=mlp.image=$NAME" | sort -u | xargs docker rmi -f >/dev/null
	is "$(built)" 0
	mlp run -d --build-image .
	is "$status" 0
	mlp wait "$output"
	is "$status" 3
	pair_look back
	mlp run --build-image .
	is "$status" 3
	lacks "$stderr" building
	pair_look fore
	diff "$T/back.json" "$T/fore.json"
	diff "$T/back.log" "$T/fore.log"
	is "$(built)" 1
	# one that cannot be built
	printf 'FROM %s\nRUN exit 7\n' "$BUSYBOX" >Dockerfile
	project "$NAME-none" 'true'
	pair --build-image .
	is "$status" 125
}

@test "--build-image: ten runs at once build once" {
	project "$BUSYBOX" 'cat in'
	head -c 3000000 /dev/zero >big
	echo 1 >in
	for i in {1..10}; do
		"$MLP" run --build-image . >"$T/out$i" 2>"$T/err$i" &
	done
	wait
	is "$(cat "$T"/out* | sort | uniq -c | tr -s ' ')" " 10 1"
	is "$(cat "$T"/err* | grep -c "building image")" 1
	is "$(built)" 1
	none "$XDG_CACHE_HOME/mlp/images" -type f ! -name "*.json"
}

@test "--build-image: named as mlflow names it" {
	git init -q
	project "$BUSYBOX" 'ls -A'
	git add .
	git commit -q -m one
	mlp run --build-image .
	is "$status" 0
	is "$(tag mlflow.docker.image.uri)" "$NAME:$(git rev-parse HEAD | cut -c 1-7)"
	lacks "$output" .git
	lacks "$output" mlruns
	sed -i "s/^name: .*/name: 'My $NAME!'/" MLproject
	mlp run --build-image .
	is "$status" 0
	has "$(tag mlflow.docker.image.uri)" "my-$NAME:"
}

@test "--build-image: an image of the project's own name that others made is left alone" {
	docker tag "$BUSYBOX" "$NAME"
	project "$NAME" 'ls'
	mlp run --build-image .
	is "$status" 0
	is "$(tag mlflow.docker.image.uri)" "$NAME-mlp"
	is "$(docker image inspect --format '{{.Id}}' "$NAME")" \
		"$(docker image inspect --format '{{.Id}}' "$BUSYBOX")"
	mlp run --build-image . # and is not built upon itself
	is "$status" 0
	lacks "$stderr" building
	docker tag "$BUSYBOX" "$NAME-mlp"
	mlp run --build-image .
	is "$status" 125
	has "$stderr" "there is an image '$NAME-mlp' that mlp has not built"
}

@test "--build-image: where runs are recorded does not count" {
	project "$BUSYBOX" "find . -name '*.db*'"
	for i in 1 2; do
		mlp run --build-image --tracking-uri "sqlite:///$T/p/runs[1].db" .
		is "$status" 0
		is "$output" ""
	done
	lacks "$stderr" building
}

@test "--build-image of a git project: its checkout" {
	git init -q "$T/src"
	(
		cd "$T/src"
		project "$BUSYBOX" 'cat in'
		echo there >in
		git add .
		git commit -q -m one
	)
	mlp run --build-image --dry-run "file://$T/src"
	is "$status" 0
	has "$output" "$NAME:$(git -C "$T/src" rev-parse HEAD | cut -c 1-7) (would be built"
	mlp run --build-image "file://$T/src"
	is "$status" 0
	is "$output" there
	uri=$(tag mlflow.docker.image.uri)
	is "$uri" "$NAME:$(git -C "$T/src" rev-parse HEAD | cut -c 1-7)"
	mlp run --build-image "file://$T/src" # another checkout, the same files
	lacks "$stderr" building
}

@test "--build-image of a project that was fetched: its Dockerfile is its own" {
	git init -q "$T/src"
	cd "$T/src"
	project "$NAME-nowhere" 'true'
	echo a-secret-word >"$T/outside"
	for file in Dockerfile .dockerignore; do
		ln -s "$T/outside" $file
		git add . && git commit -qm "$file"
		mlp run --build-image --offline -v HEAD "$T/src"
		is "$status" 125
		has "$stderr" "'$file' of $T/src is a link that leads out of it"
		lacks "$stderr" a-secret-word
		git rm -qf $file
	done
}

# What docker itself copies of a directory, and what we do.
same_as_docker() {
	local other=$NAME-docker ours theirs
	mlp run --build-image .
	is "$status" 0
	ours=$(sed '/MLproject\|Dockerfile\|^\.dockerignore$/d' <<<"$output")
	printf 'FROM %s\nCOPY . /mlflow/projects/code/\n' "$BUSYBOX" >"$T/Dockerfile"
	docker build -q --label "mlp.image=$NAME" -t "$other" -f "$T/Dockerfile" . >/dev/null
	theirs=$(docker run --rm -w /mlflow/projects/code "$other" find . -type f |
		sed 's|^./||' | sort | sed '/MLproject\|Dockerfile\|^\.dockerignore$/d')
	docker rmi -f "$other" >/dev/null
	is "$ours" "$theirs"
}

@test ".dockerignore: what docker build leaves out, and nothing else" {
	project "$BUSYBOX" "find . -type f | sed 's|^./||' | sort"
	mkdir -p src/a/b docs venv/lib 'with space' .hidden
	touch src/{x.c,x.o,a/x.o,a/b/x.o,a/b/keep.o} docs/{a.md,README.md} README.md a.md \
		venv/lib/x.py 'with space/x' .hidden/x .env 'a[1].txt' a1.txt
	while IFS= read -r rules; do
		printf "$rules" >.dockerignore
		printf 'mlruns\nmlflow.db*\n' >>.dockerignore
		same_as_docker || { cat .dockerignore >&2; return 1; }
	done <<'END'
**/*.o\n
*.md\n!README.md\n
**/*.md\n!**/README.md\n
venv\n.env\n.hidden/\n
/src/a\n!src/a/b/keep.o\n
*\n!src\nsrc/*.o\n
with space\n# comment\n
a\\[1\\].txt\n
a[0-9].txt\n
src/**/b\n
**\n!src/x.?\n
END
}

@test "what is left out by itself can be taken back; a rule that is none is told" {
	project "$BUSYBOX" 'ls -A'
	git init -q
	echo '!.git' >.dockerignore
	mlp run --build-image .
	is "$status" 0
	has "$output" .git
	echo '[a' >.dockerignore
	mlp run --build-image .
	is "$status" 125
	has "$stderr" ".dockerignore, line 1: '[a' is no pattern"
}

@test "an image that is nowhere and a Dockerfile: --build-image builds that" {
	registry_start
	project "$REGISTRY/$NAME-nowhere:1" 'cat /made; cat in'
	printf 'FROM %s\nCOPY in /tmp/in\nRUN echo made >/made' "$BUSYBOX" >Dockerfile
	echo in >in
	mlp run .
	is "$status" 125
	has "$stderr" "the project has a Dockerfile: --build-image builds it"
	mlp run --build-image --dry-run .
	is "$status" 0
	has "$output" "would be built"
	has "$output" "the Dockerfile would be built where that fails"
	mlp run --build-image .
	is "$status" 0
	is "$output" "made"$'\n'"in"
	has "$stderr" "the project's Dockerfile is built instead"
	registry_stop
	mlp run --build-image . # nobody is asked, nothing is built
	is "$status" 0
	lacks "$stderr" Dockerfile
	lacks "$stderr" building
	echo other >in
	mlp run --build-image --offline .
	is "$output" "made"$'\n'"other"
}

# The containers that build what has this test's name in its command.
builders() { docker ps -a --no-trunc --format '{{.Command}}' | grep -c "$NAME" || true; }
no_builders() { [ "$(builders)" -eq 0 ]; }

@test "a build that fails shows its last lines and leaves nothing" {
	project "$NAME-nowhere" 'true'
	printf 'FROM %s\nRUN echo a-word-of-%s; echo the-last-one >&2; exit 3\n' "$BUSYBOX" "$NAME" \
		>Dockerfile
	mlp run --build-image --offline .
	is "$status" 125
	has "$stderr" "building image $NAME failed"
	has "$stderr" "the-last-one"
	is "$(built)" 0
	newest
	is "$(json 'j["status"]')" FAILED
	has "$(cat mlruns/0/*/artifacts/mlp/environment.log)" "a-word-of-$NAME"
	no_builders
	none "$XDG_CACHE_HOME/mlp/images" -type f ! -name "*.json"
}

@test "a build that is interrupted is KILLED and leaves nothing, nor does one whose mlp is killed" {
	project "$NAME-nowhere" 'true'
	printf 'FROM %s\nRUN touch /%s && sleep 600\n' "$BUSYBOX" "$NAME" >Dockerfile
	"$MLP" run --build-image --offline . 2>"$T/stderr" &
	pid=$!
	until_true grep -rqs 'Running in' mlruns
	is "$(builders)" 1
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	is "$status" 143
	newest
	is "$(json 'j["status"]')" KILLED
	is "$(built)" 0
	until_true no_builders
	none "$XDG_CACHE_HOME/mlp/images" -type f ! -name "*.json"
	rm -rf mlruns
	"$MLP" run --build-image --offline . 2>"$T/stderr" &
	pid=$!
	until_true grep -rqs 'Running in' mlruns
	kill -KILL $pid
	wait $pid || true
	until_true no_builders
	is "$(built)" 0
	none "$XDG_CACHE_HOME/mlp/images" -type f -size +0
}

@test "--build-image with the newer builder, from a base that is named by its id" {
	project "$(docker image inspect --format '{{.Id}}' "$BUSYBOX")" 'ls -A'
	touch in out
	echo out >.dockerignore
	# Debian's client has it; another one may want a plug-in for it
	MLP_DOCKER=/usr/bin/docker DOCKER_BUILDKIT=1 mlp run --build-image .
	is "$status" 0
	has "$output" in
	lacks "$output" out
	MLP_DOCKER=/usr/bin/docker DOCKER_BUILDKIT=1 mlp run --build-image .
	lacks "$stderr" building
	is "$(built)" 1
	has "$(cat mlruns/0/*/artifacts/mlp/environment.log)" '#1 '
}

@test "a cache that cannot be written: said with the way out" {
	project "$BUSYBOX" 'true'
	touch "$T/file"
	XDG_CACHE_HOME=$T/file mlp run --build-image .
	is "$status" 125
	has "$stderr" "$T/file"
	has "$stderr" "set XDG_CACHE_HOME"
	XDG_CACHE_HOME=$T/file mlp run .
	is "$status" 0
}

@test "a full disk during a build is told as such" {
	mkdir "$T/small"
	mount -t tmpfs -o size=300k tmpfs "$T/small"
	project "$BUSYBOX" 'true'
	head -c 2000000 /dev/urandom >big
	XDG_CACHE_HOME=$T/small mlp run --build-image .
	left=$(find "$T/small" -type f)
	umount "$T/small"
	is "$status" 125
	has "$stderr" "No space left on device"
	has "$stderr" "XDG_CACHE_HOME names another place"
	is "$left" ""
	is "$(built)" 0
}

@test "a file that cannot be read, and one that is no file" {
	project "$BUSYBOX" 'ls -A'
	mkfifo pipe
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
	ln -s /nowhere dangling
	mlp run --build-image .
	is "$status" 0
	lacks "$output" pipe
	lacks "$output" sock
	has "$output" dangling
}
