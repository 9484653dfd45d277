# SPDX-License-Identifier: MIT
# clients.bash -- servers for real clients, MLflow's and ours, and which clients there are.

# The clients of this check: CLIENTS (versions), and $(client_env VERSION).
clients_setup() {
	CLIENTS="2.8.1 newest"
	[ "${MLP_CHECK-}" != full ] || CLIENTS="2.8.1 2.22.1 3.0.1 3.4.0 3.7.0 3.10.1 newest"
	local version
	for version in $CLIENTS; do
		need_mlflow "$(client_variable "$version")" "$version"
	done
	export CLIENTS MLFLOW_HTTP_REQUEST_MAX_RETRIES=2 MLFLOW_HTTP_REQUEST_BACKOFF_JITTER=0
}
client_variable() {
	case $1 in
	newest) echo MLFLOW_NEW ;;
	2.8.1) echo MLFLOW_2_8 ;;
	3.0.1) echo MLFLOW_3_0 ;;
	*) echo "MLFLOW_V$1" | tr . _ ;;
	esac
}
client_env() {
	local variable
	variable=$(client_variable "$1")
	echo "${!variable}"
}

# Not one that the system gives to others while a server is still on its way to it.
free_port() {
	python3 -c 'import random, socket
while True:
    port = random.randrange(20000, 32000)
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        continue
    print(port)
    break'
}

# wait_for COMMAND...: until it succeeds; servers that import much need their time
wait_for() {
	local i
	for i in $(seq 600); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.2
	done
	echo "never true: $*" >&2
	return 1
}
answers() {
	python3 -c 'import sys, urllib.request
urllib.request.urlopen(sys.argv[1] + "/health")' "$1"
}

# their_server DIR FILE: MLflow's own (the newest) in that directory; its address in $THEIRS
their_server() {
	local port
	port=$(free_port)
	mkdir -p "$1"
	(cd "$1" && exec env MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false setsid "$MLFLOW_NEW/bin/mlflow" server --port "$port" --workers 1 \
		--backend-store-uri "sqlite:///$2" --artifacts-destination "$1/files") \
		>"$1/server.log" 2>&1 3>&- &
	echo "$!" >>"$BATS_FILE_TMPDIR/servers"
	THEIRS=http://127.0.0.1:$port
	wait_for answers "$THEIRS" || { tail -20 "$1/server.log" >&2; return 1; }
}

# our_server DIR FILE: mlp server; its address in $OURS
our_server() {
	mkdir -p "$1"
	(cd "$1" && exec setsid "$MLP" server --port 0 --backend-store-uri "sqlite:///$2" \
		--artifacts-destination "$1/files") >"$1/server.log" 2>&1 3>&- &
	echo "$!" >>"$BATS_FILE_TMPDIR/servers"
	wait_for grep -q 'listening on' "$1/server.log" || { cat "$1/server.log" >&2; return 1; }
	OURS=$(grep -o 'http://[^ ,]*' "$1/server.log" | head -n 1)
}

servers_end() {
	local pid
	[ -e "$BATS_FILE_TMPDIR/servers" ] || return 0
	while read -r pid; do
		kill -- "-$pid" 2>/dev/null || :
	done <"$BATS_FILE_TMPDIR/servers"
}
