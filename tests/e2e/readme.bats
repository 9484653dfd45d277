#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What README.md shows is what happens: its console blocks are run and compared.

load ../lib/cli

setup() {
	cli_setup
	TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
	PATH=$(dirname "$MLP"):$PATH
	unset SHELL
}

teardown() { cli_teardown; }

@test "the tour of README.md" {
	cp -r "$TOP/examples/wine" wine
	python3 "$TOP/tests/lib/console.py" "$TOP/README.md"
}

@test "what README.md shows of queues, sweeps and batches runs" {
	cp -r "$TOP/examples/wine" wine
	awk '/^```/ {block = block ? "" : $0; next} block == "```"' "$TOP/README.md" >script
	[ "$(grep -c mlp script)" -ge 5 ]
	run bash -e -o pipefail script
	echo "$output"
	[ "$status" -eq 0 ]
	has "$output" "8 of 8 points FINISHED"
	"$MLP" queue -j 1
	is "$("$MLP" runs --json | python3 -c 'import json, sys; print({r["status"] for r in json.load(sys.stdin)})')" "{'FINISHED'}"
}
