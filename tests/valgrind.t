#!/bin/bash
# SPDX-License-Identifier: MIT
# valgrind.t -- every unit test under valgrind, as TAP.
set -u
cd "$(dirname "$0")/.." || exit 1
tests=()
for source in tests/unit/test_*.c; do tests+=("build/release/tests/$(basename "$source" .c)"); done
echo "1..${#tests[@]}"
n=0 failed=0
for test in "${tests[@]}"; do
	n=$((n + 1))
	log=build/check/valgrind.${test##*/}.log
	if MLP_TEST_VALGRIND=1 valgrind -q --error-exitcode=99 --leak-check=full --child-silent-after-fork=yes \
		"$test" >"$log" 2>&1; then
		echo "ok $n - ${test##*/}"
	else
		tail -30 "$log" | sed 's/^/# /'
		echo "not ok $n - ${test##*/}"
		failed=1
	fi
done
exit $failed
