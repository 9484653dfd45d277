# SPDX-License-Identifier: MIT
# A real engine for tests: the one that answers, else a dockerd that is started here, as
# root, once for all tests that run at the same time.  It is left running for those that
# come next; tests/run.sh ends it when it is the one that was started meanwhile.
#
#   load ../lib/docker       in setup: docker_setup
#
# $BUSYBOX is an image made from scratch with Debian's static busybox: sh, but no bash.

DOCKER_STATE=${TMPDIR:-/tmp}/mlp-test-docker-$(id -u)
BUSYBOX=mlp-test-busybox:1

docker_answers() { docker info >/dev/null 2>&1; }

# An engine answers when this returns; otherwise it says why none does.
docker_start() {
	docker_answers && return
	mkdir -p "$DOCKER_STATE"
	(
		flock 9
		docker_answers && exit
		PATH=$PATH:/usr/sbin:/sbin
		command -v dockerd >/dev/null || { echo "no dockerd: install docker.io" >&2; exit 1; }
		[ "$(id -u)" = 0 ] || { echo "no docker engine answers, and only root can start one" >&2; exit 1; }
		(
			# it outlives who started it: a pipe of theirs would never end
			for fd in "/proc/$BASHPID/fd"/*; do
				[ "${fd##*/}" -le 2 ] || eval "exec ${fd##*/}>&-"
			done
			exec setsid dockerd
		) </dev/null >"$DOCKER_STATE/log" 2>&1 &
		echo $! >"$DOCKER_STATE/pid"
		for _ in $(seq 300); do
			docker_answers && exit
			# it gives way to one that was just being started by others
			kill -0 $! 2>/dev/null || gone=$((${gone:-0} + 1))
			[ "${gone:-0}" -lt 100 ] || break
			sleep 0.1
		done
		echo "dockerd does not start:" >&2
		tail -20 "$DOCKER_STATE/log" >&2
		kill $! 2>/dev/null
		rm -f "$DOCKER_STATE/pid"
		exit 1
	) 9>"$DOCKER_STATE/lock"
}

# The one that was started here, if any.
docker_stop() {
	local pid
	pid=$(cat "$DOCKER_STATE/pid" 2>/dev/null) || return 0
	rm -f "$DOCKER_STATE/pid"
	case $(cat "/proc/$pid/comm" 2>/dev/null) in dockerd) kill "$pid" ;; esac
}

# docker_tree DIR [PROGRAM...]: the beginnings of an image's root, with these programs of
# this machine and the libraries that they need, each in its place.
docker_tree() {
	local dir=$1 program file
	shift
	mkdir -p "$dir/tmp" "$dir/bin" "$dir/etc" "$dir/root"
	chmod 1777 "$dir/tmp"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$dir/etc/passwd"
	for program; do
		program=$(command -v "$program")
		for file in "$program" $(ldd "$program" 2>/dev/null | grep -o '/[^ ]*'); do
			mkdir -p "$dir${file%/*}"
			cp -L "$file" "$dir$file"
		done
	done
}

# docker_import DIR NAME [CHANGE...]: the tree is an image now ("ENV A=b" is a change).
docker_import() {
	local dir=$1 name=$2 change changes=()
	shift 2
	for change in 'ENV PATH=/usr/bin:/bin' "$@"; do changes+=(--change "$change"); done
	tar -C "$dir" --owner=0 --group=0 -c . | docker import "${changes[@]}" - "$name" >/dev/null
}

# docker_make NAME FUNCTION [ARGUMENT...]: the image, made by that function (which gets an
# empty directory, the name and the arguments) unless it is there.
docker_make() {
	local name=$1 make=$2
	shift 2
	docker image inspect "$name" >/dev/null 2>&1 && return
	mkdir -p "$DOCKER_STATE"
	(
		flock 9
		docker image inspect "$name" >/dev/null 2>&1 && exit
		dir=$(mktemp -d)
		"$make" "$dir" "$name" "$@" 9>&- || exit 1
		rm -rf "$dir"
	) 9>"$DOCKER_STATE/images.lock"
}

docker_busybox() {
	local dir=$1 applet
	docker_tree "$dir"
	cp "$(command -v busybox)" "$dir/bin/busybox"
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -s busybox "$dir/bin/$applet"
	done
	docker_import "$dir" "$2"
}

# A bridge that was there before its engine may have no address of its own but the lowest
# of its ports: that of another container when one leaves, and then those that stay do not
# reach this machine for minutes.
docker_keep_address() {
	local bridge=/sys/class/net/docker0 address own=3 # NET_ADDR_SET
	[ -e "$bridge" ] && [ "$(id -u)" = 0 ] || return 0
	[ "$(cat "$bridge/addr_assign_type")" != "$own" ] || return 0
	address=$(cat "$bridge/address")
	[ "$address" != 00:00:00:00:00:00 ] || address=02:42:ac:11:00:01 # no port, just now
	busybox ip link set docker0 address "$address"
}

docker_setup() {
	docker_start && docker_keep_address && docker_make "$BUSYBOX" docker_busybox
}

# The containers of a run, or all that mlp made: their ids.
docker_of() { docker ps -aq --filter "label=mlp.run${1:+=$1}"; }

# A podman ($MLP_DOCKER) with a store of its own below $T that holds $BUSYBOX.  It asks for no
# limits, which not every machine allows to be raised, and takes the runtime that docker
# takes: another one may be installed that does not know this machine's cgroups.
podman_setup() {
	command -v podman >/dev/null || skip "podman is missing"
	export MLP_DOCKER=podman CONTAINERS_CONF=$T/containers.conf CONTAINERS_STORAGE_CONF=$T/storage.conf
	printf '[containers]\ndefault_ulimits = []\n[engine]\nruntime = "runc"\n' >"$CONTAINERS_CONF"
	printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$T/graph" "$T/run" >"$CONTAINERS_STORAGE_CONF"
	docker save "$BUSYBOX" | podman load -q >/dev/null
}
