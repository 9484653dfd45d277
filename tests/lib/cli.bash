# SPDX-License-Identifier: MIT
# Being the user of mlp: each test has its own home, store and directory.
# MLP names the program under test; the default is the release build.

cli_setup() {
	MLP=${MLP:-$BATS_TEST_DIRNAME/../../build/release/bin/mlp}
	[ -x "$MLP" ] || { echo "no program at $MLP: run make first" >&2; return 1; }
	MLP=$(readlink -f "$MLP")
	T=$(mktemp -d)
	T=$(readlink -f "$T")
	export HOME=$T/home XDG_STATE_HOME=$T/state XDG_CACHE_HOME=$T/cache
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
	export GIT_AUTHOR_NAME=ann GIT_AUTHOR_EMAIL=ann@example.org
	export GIT_COMMITTER_NAME=ann GIT_COMMITTER_EMAIL=ann@example.org
	export MLP_STOP_GRACE=200 LC_ALL=C.UTF-8
	unset MLFLOW_TRACKING_URI MLFLOW_EXPERIMENT_NAME MLFLOW_EXPERIMENT_ID MLFLOW_RUN_ID
	unset MLP_RUN_ID MLP_TRACE NO_COLOR MLFLOW_TMP_DIR PYTHONUNBUFFERED
	mkdir -p "$HOME" "$T/p"
	cd "$T/p"
}

cli_teardown() {
	cd /
	chmod -R u+rwX "$T" 2>/dev/null || true
	rm -rf "$T"
}

# mlp, with its streams apart: $status, $output (stdout), $stderr.
mlp() {
	status=0
	output=$("$MLP" "$@" 2>"$T/stderr") || status=$?
	stderr=$(cat "$T/stderr")
}

# A manifest from stdin.
manifest() { cat >MLproject; }
# One entry point, main, with this command (a YAML scalar).
main_is() { printf 'entry_points:\n  main:\n    command: %s\n' "$1" >MLproject; }

# Python over the JSON text in $output, which is j; the last expression is printed.
json() {
	printf '%s' "$output" | python3 -c "
import json, sys
j = json.load(sys.stdin)
print(($1))"
}
# The newest run, as JSON, in $output.
newest() {
	mlp runs --limit 1 --json "$@"
	output=$(json 'json.dumps(j[0])')
}
# SQL on ./mlflow.db; rows as text, columns separated by |.
sql() {
	python3 - "$@" <<'EOF'
import sqlite3, sys
db = sqlite3.connect("mlflow.db", timeout=20)
for row in db.execute(sys.argv[1], sys.argv[2:]):
    print("|".join("" if v is None else str(v) for v in row))
db.commit()
EOF
}

# What must hold; says what it saw.
is() {
	[ "$1" = "$2" ] && return
	printf 'expected: %s\nsaw:      %s\n' "$2" "$1" >&2
	return 1
}
has() {
	case $1 in *"$2"*) return ;; esac
	printf 'expected in it: %s\nsaw: %s\n' "$2" "$1" >&2
	return 1
}
lacks() {
	case $1 in *"$2"*) printf 'not expected: %s\nsaw: %s\n' "$2" "$1" >&2; return 1 ;; esac
}
# A process that was killed goes on for a moment, with its locks: they are gone when it is a
# zombie, though /proc/PID/fd is empty before.
is_dead() { [ ! -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"; }
# Wait until a command succeeds, at most a minute: machines are loaded.
until_true() {
	local i
	for i in $(seq 1200); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	echo "never true: $*" >&2
	return 1
}
