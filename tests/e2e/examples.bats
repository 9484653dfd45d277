#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every project in examples/ runs, and so does the demo.

load ../lib/cli

setup() {
	cli_setup
	TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
}

teardown() { cli_teardown; }

@test "examples/wine trains and predicts" {
	cp -r "$TOP/examples/wine" wine
	mlp run wine -P epochs=40 -P lr=0.2
	is "$status" 0
	has "$output" "epoch 40 loss 0.0"
	mlp run wine -e predict -P model=wine/model.txt -P alcohol=11
	is "$status" 0
	has "$output" "quality 6."
	newest
	is "$(json 'j["params"]["alcohol"], j["params"]["model"]')" "('11', 'wine/model.txt')"
}

@test "examples/steps runs its steps as runs inside a run" {
	cp -r "$TOP/examples/steps" steps
	PATH=$(dirname "$MLP"):$PATH
	mlp run steps -e all -P rows=4
	is "$status" 0
	has "$output" "sum 10"
	mlp runs --json
	is "$(json 'len(j), sum("mlflow.parentRunId" in r["tags"] for r in j)')" "(3, 2)"
	is "$(json 'sorted(r["entry_point"] for r in j)')" "['all', 'prepare', 'sum']"
}

@test "the manifests of the examples have no mistakes and no warnings" {
	for project in "$TOP"/examples/*/; do
		mlp check "$project"
		is "$status" 0
		is "$stderr" ""
		has "$output" "0 warnings"
	done
}

@test "make demo: a project from a git URL, run and shown" {
	run "$TOP/examples/demo.sh" "$MLP"
	[ "$status" -eq 0 ]
	has "$output" "epoch 5 loss"
	has "$output" "FINISHED"
	has "$output" "mlflow.source.git.commit"
}
