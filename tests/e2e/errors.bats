#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every message of the program is in tests/errors/list.txt, where it was read by somebody.
# After a change: read what is new aloud, as one who has just met it; then
#     UPDATE_CASES=1 bats tests/e2e/errors.bats

load ../lib/cli

setup() {
	cli_setup
	TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
	python3 "$TOP/tests/errors/extract.py" "$TOP" >"$T/now"
	LIST=$TOP/tests/errors/list.txt
}

teardown() { cli_teardown; }

@test "no message that nobody has read, none that is gone" {
	[ "$(wc -l <"$T/now")" -ge 400 ]
	if [ -n "${UPDATE_CASES:-}" ]; then
		cp "$T/now" "$LIST"
	fi
	diff -u "$LIST" "$T/now"
}

@test "messages are one sentence without its full stop, and do not shout or beg" {
	# what clients are told over HTTP is in MLflow's own words
	grep -vE '^src/(api|track/(validate|filter|order|search|model_|regist|logged))' "$T/now" |
		sed 's/^[^:]*: *//' | grep -v '^This project expects the %s environment' >"$T/texts"
	# those that begin with a capital are MLflow's, which its users know, or whole sentences
	is "$(grep -E '^[^A-Z].*[^.][.]$' "$T/texts")" ""
	is "$(grep -iE '!$|please|sorry|oops|invalid argument|unknown error' "$T/texts")" ""
	is "$(grep -E '  |[[:space:]]$' "$T/texts")" ""
	is "$(grep -iE '^(error|warning|failed to|unable to open)' "$T/texts")" ""
}

@test "the programs say what the list says" {
	mlp show nothing --tracking-uri sqlite:///none.db
	is "$status" 1
	is "$stderr" "mlp: there is no database '$PWD/none.db'
  the first 'mlp run' makes it; another one is named with --tracking-uri"
	grep -qxF "src/track/db.c: there is no database '%s'" "$LIST"
	mlp runs --limt 3
	is "$status" 2
	has "$stderr" "mlp: no such option: --limt"
	has "$stderr" "  did you mean --limit?"
	grep -qxF 'src/cli/opt.c:   did you mean --%s?' "$LIST"
}
