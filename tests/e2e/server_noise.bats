#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mlp-serve and requests that no client sends: it answers, or hangs up, and goes on.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() { cli_setup; }
teardown() {
	[ -z "${SERVER-}" ] || kill "$SERVER" 2>/dev/null || true
	cli_teardown
}

@test "mutated requests: none ends it, and the next one is answered" {
	"$MLP" server --port 0 2>"$T/log" 3>&- &
	SERVER=$!
	until_true grep -q 'listening on' "$T/log"
	port=$(grep -oE '127\.0\.0\.1:[0-9]+' "$T/log" | head -n 1 | cut -d: -f2)
	python3 "$BATS_TEST_DIRNAME/../lib/noise.py" "$port" "${NOISE:-1000}"
	kill -0 "$SERVER"
	kill "$SERVER"
	wait "$SERVER"
	lacks "$(cat "$T/log")" Sanitizer
	is "$(sql "PRAGMA integrity_check")" ok
	SERVER=
}
