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
