#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every project in examples/ runs, and so does the demo.

load ../lib/cli

setup() {
	cli_setup
	TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
	SERVER=
}

teardown() {
	[ -z "$SERVER" ] || kill "$SERVER"
	cli_teardown
}

# examples/wine as a git repository at $URL
serve_wine() {
	cp -r "$TOP/examples/wine" "$T/wine"
	git -C "$T/wine" init -q -b main
	git -C "$T/wine" add -A
	git -C "$T/wine" commit -qm one
	mkdir "$T/srv"
	git clone -q --bare "$T/wine" "$T/srv/wine.git"
	python3 "$TOP/tests/lib/gitserver.py" "$T/srv" "$T/port" "$T/log" 3>&- >/dev/null 2>&1 &
	SERVER=$!
	until_true test -s "$T/port"
	URL=http://127.0.0.1:$(cat "$T/port")/wine.git
}

# What a driver printed, and what is on record of it.
compared() {
	is "$(sed "s/[0-9a-f]\{8\}  [a-z]*-[a-z]*-[0-9]* */ID /" <<<"$output" | tr -s ' ' | cut -c -36)" \
		"$(printf ' ID FINISHED lr %s\n' "0.05 loss 3.7715" "0.1 loss 1.5255" "0.2 loss 0.2876" |
			cut -c -36; echo "best ID FINISHED lr 0.2 loss 0.2876" | cut -c -36)"
	mlp runs --json
	is "$(json 'sorted((r["params"]["lr"], r["params"]["epochs"], r["status"], r["source"]["uri"]) for r in j)')" \
		"[$(printf "('%s', '20', 'FINISHED', '$URL'), " 0.05 0.1 0.2 | sed 's/, $//')]"
}

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

@test "examples/wine in one directory, many at once" {
	cp -r "$TOP/examples/wine" wine
	mlp sweep wine -P lr=0.1,0.01 -P 'epochs=range(2,9,2)' -j 8 --metric loss --json
	is "$status" 0
	is "$(json 'len({p["metrics"]["loss"] for p in j["points"]})')" 8
	is "$(ls wine | sort)" "$({ ls "$TOP/examples/wine"; echo model.txt; } | sort)"
}

@test "examples/steps runs its steps as runs inside a run" {
	cp -r "$TOP/examples/steps" steps
	PATH=$(dirname "$MLP"):$PATH
	mlp run steps -P rows=4
	is "$status" 0
	has "$output" "sum 10"
	mlp runs --json
	is "$(json 'len(j), sum("mlflow.parentRunId" in r["tags"] for r in j)')" "(3, 2)"
	is "$(json 'sorted(r["entry_point"] for r in j)')" "['main', 'prepare', 'sum']"
}

@test "the manifests of the examples have no mistakes and no warnings" {
	for project in "$TOP"/examples/*/; do
		mlp check "$project"
		is "$status" 0
		is "$stderr" ""
		has "$output" "0 warnings"
	done
}

@test "examples/driver.c, .sh and .py run a project three times at once and compare" {
	serve_wine
	U=$T/usr
	san=
	config=$(basename "${MLP_BUILD:-$TOP/build/release}")
	case $config in *san) san=address,undefined ;; esac
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -s -C "$TOP" CONFIG="$config" \
		${san:+SAN=$san} install PREFIX="$U" >&2
	export PKG_CONFIG_PATH=$U/lib/pkgconfig
	# shellcheck disable=SC2046
	cc -Wall -Wextra -Werror ${san:+-fsanitize=$san} -o driver "$TOP/examples/driver.c" \
		$(pkg-config --cflags --libs mlp) "-Wl,-rpath,$U/lib"
	mkdir c sh py
	cd c
	run ../driver "$URL"
	[ "$status" -eq 0 ]
	compared
	cd ../sh
	MLP=$MLP run "$TOP/examples/driver.sh" "$URL"
	[ "$status" -eq 0 ]
	compared
	cd ../py
	MLP=$MLP run "$TOP/examples/driver.py" "$URL"
	[ "$status" -eq 0 ]
	compared
}

@test "the drivers say what went wrong, and with which code" {
	for driver in sh py; do
		MLP=$MLP run "$TOP/examples/driver.$driver" "$T/nowhere"
		[ "$status" -eq 125 ]
		has "$output" "nowhere"
		printf 'entry_points:\n  main:\n    parameters: {lr: float, epochs: int}\n    command: "exit 3"\n' >MLproject
		MLP=$MLP run "$TOP/examples/driver.$driver" .
		[ "$status" -eq 3 ]
		has "$output" "FAILED    lr 0.05  loss -"
		lacks "$output" best
	done
}

@test "make demo: a project from a git URL, run and shown" {
	run "$TOP/examples/demo.sh" "$MLP"
	[ "$status" -eq 0 ]
	has "$output" "epoch 5 loss"
	has "$output" "FINISHED"
	has "$output" "mlflow.source.git.commit"
}
