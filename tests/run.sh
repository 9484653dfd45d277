#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh quick|full -- every test, through one prove.  TAP of each is kept in build/check/.
# A test that skips itself is listed, and in CI it is a failure.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
how=${1:?usage: run.sh quick|full}
export TZ=UTC LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
export MLFLOW_DISABLE_TELEMETRY=true MLP_CHECK=$how
unset MLP MLP_BUILD
rm -rf build/check
mkdir -p build/check

say() { echo "== $*"; }
say "building with gcc and clang, and with sanitizers"
make -s -j2 WERROR=1 CC=gcc build units
make -s -j2 WERROR=1 CC=clang CONFIG=clang build units
make -s -j2 SAN=address,undefined build units
say "real MLflows"
for version in 3.0.1 newest 2.8.1; do tests/lib/mlflow-env.sh "$version" >/dev/null; done

tests=(tests/lint.t tests/fuzz.t build/release/tests/test_* build/release/tests/replay_*
	build/san/tests/test_* build/san/tests/replay_* tests/e2e/*.bats tests/mlflow/*.bats)
# a sample of the programs under sanitizers; all of it in the full check
if [ "$how" = full ]; then
	for file in tests/e2e/*.bats; do
		[ "${file##*/}" = deb.bats ] || tests+=("san/${file##*/}") # it makes its own programs
	done
	tests+=(tests/valgrind.t tests/debian.t)
else
	tests+=(san/params.bats san/run.bats san/git_fetch.bats san/library.bats)
fi
kept=()
for test in "${tests[@]}"; do
	case $test in *.d) ;; *) kept+=("$test") ;; esac
done

say "running ${#kept[@]} files of tests"
failed=0
prove -j2 --timer --exec tests/exec.sh "${kept[@]}" || failed=1

skipped=$(grep -Hi '^ok.*# *skip' build/check/*.tap || true)
if [ -n "$skipped" ]; then
	printf 'skipped:\n%s\n' "$skipped"
	[ -z "${CI:-}" ] || { echo "in CI a skipped test is a failure"; failed=1; }
fi
exit "$failed"
