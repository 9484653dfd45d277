#!/bin/bash
# SPDX-License-Identifier: MIT
# exec.sh TEST -- run one test of any kind for prove, and keep its TAP in build/check/.
# "san:FILE.bats" runs that file with the programs of the sanitizer build.
set -u -o pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
test=$1
mkdir -p build/check
log=build/check/$(printf '%s' "$test" | tr '/:' '__').tap
export CMOCKA_MESSAGE_OUTPUT=TAP ASAN_OPTIONS=detect_leaks=1
case $test in
san/*.bats)
	export MLP=$top/build/san/bin/mlp MLP_BUILD=$top/build/san
	bats --tap "tests/e2e/${test#san/}" ;;
*.bats) bats --tap "$test" ;;
*/replay_*) echo "1..1"; "$test" "tests/fuzz/corpus/${test##*/replay_}" >&2 &&
	echo "ok 1 - corpus of ${test##*/}" || { echo "not ok 1 - corpus of ${test##*/}"; false; } ;;
*) "./$test" ;;
esac </dev/null | tee "$log"
