# SPDX-License-Identifier: MIT
# A real registry on loopback, below $T, for one test: plain http, which an engine allows
# for 127.0.0.1.  With docker.bash.
#
#   registry_start [USER PASSWORD]   sets $REGISTRY to its host:port
#   registry_stop

# It is this registry that listens at that port, not somebody else who had it before.
registry_listens() {
	local socket
	socket=$(awk -v port="$(printf ':%04X' "$1")" \
		'$4 == "0A" && index($2, port) { print $10 }' /proc/net/tcp)
	[ -n "$socket" ] && readlink "/proc/$REGISTRY_PID/fd"/* | grep -qxF "socket:[$socket]"
}

registry_at() {
	local port=$1 dir=$T/registry
	cat >"$dir/config.yml" <<-END
		version: 0.1
		log: {level: warn}
		storage:
		  filesystem: {rootdirectory: $dir/data}
		  delete: {enabled: true}
		http: {addr: "127.0.0.1:$port"}
	END
	[ ! -s "$dir/htpasswd" ] ||
		printf 'auth: {htpasswd: {realm: test, path: %s}}\n' "$dir/htpasswd" >>"$dir/config.yml"
	docker-registry serve "$dir/config.yml" </dev/null >"$dir/log" 2>&1 3>&- &
	REGISTRY_PID=$!
	REGISTRY=127.0.0.1:$port
	for _ in $(seq 200); do
		kill -0 "$REGISTRY_PID" 2>/dev/null || return
		registry_listens "$port" && return
		sleep 0.05
	done
	return 1
}

registry_start() {
	mkdir -p "$T/registry/data"
	[ $# -eq 0 ] ||
		perl -e 'print "$ARGV[0]:", crypt($ARGV[1], q($2b$05$abcdefghijklmnopqrstuu)), "\n"' \
			"$1" "$2" >"$T/registry/htpasswd"
	for _ in {1..20}; do
		registry_at $((10000 + RANDOM % 20000)) && return # somebody else may have it
	done
	cat "$T/registry/log" >&2
	return 1
}

registry_stop() {
	[ -n "${REGISTRY_PID:-}" ] || return 0
	kill "$REGISTRY_PID" 2>/dev/null || true
	wait "$REGISTRY_PID" 2>/dev/null || true
	REGISTRY_PID=
}
