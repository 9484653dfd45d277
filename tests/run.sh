#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh quick|full -- every test, through one prove.  Logs are kept in build/check/.
# A test that skips itself is listed, and in CI it is a failure.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
how=${1:?usage: run.sh quick|full}
export TZ=UTC LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
export MLFLOW_DISABLE_TELEMETRY=true MLP_CHECK=$how
# What make was told is for this make alone; the user's settings are not the tests'.
unset MLP MLP_BUILD MLP_LIBEXEC MLP_STALL_TIMEOUT MLP_BUSY_TIMEOUT
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CC CFLAGS LDFLAGS CONFIG SAN PREFIX DESTDIR
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE # of a hook that calls us
rm -rf build/check
mkdir -p build/check

jobs=$(nproc)

say() { echo "== $*"; }
# built NAME MAKE-ARGUMENTS...
built() {
	local log=build/check/build-$1.log
	shift
	make -s -j"$jobs" WERROR=1 "$@" build units >"$log" 2>&1 || { cat "$log"; exit 1; }
}

say "building with gcc, with clang, with sanitizers, and with fault points"
built gcc CC=gcc
built clang CC=clang CONFIG=clang
built san CC=gcc SAN=address,undefined
built fault CC=gcc CONFIG=fault CFLAGS="-O1 -g -DMLP_FAULTS"
say "real MLflows, in build/mlflow"
versions=(2.8.1 3.0.1 newest)
[ "$how" = quick ] || versions+=(2.22.1 3.4.0 3.7.0 3.10.1)
for version in "${versions[@]}"; do
	tests/lib/mlflow-env.sh "$version" >>build/check/mlflow.log 2>&1 ||
		{ tail -20 build/check/mlflow.log; exit 1; }
done

units=()
for source in tests/unit/test_*.c; do units+=("$(basename "$source" .c)"); done
for source in tests/fuzz/fuzz_*.c; do units+=("replay_$(basename "${source##*/fuzz_}" .c)"); done
# What takes long comes first, so that no core waits for the other at the end.
tests=(tests/fuzz.t tests/mlflow/*.bats)
if [ "$how" = full ]; then
	for file in run record reopen git_run server_noise server_stores; do tests+=("vg/e2e/$file.bats"); done
	for file in tests/mlflow/*.bats tests/e2e/*.bats; do
		[ "${file##*/}" = deb.bats ] || tests+=("san/${file#tests/}") # it makes its own programs
	done
	tests+=(tests/valgrind.t tests/tsan.t tests/debian.t)
else
	for file in git_fetch run record badinput library; do tests+=("san/e2e/$file.bats"); done
fi
long=(tests/e2e/{virtualenv,deb,docker,docker_image}.bats)
tests+=("${long[@]}")
for file in tests/e2e/*.bats; do case " ${long[*]} " in *" $file "*) ;; *) tests+=("$file") ;; esac done
tests+=("${units[@]/#/build/release/tests/}" "${units[@]/#/build/san/tests/}"
	tests/lint.t)

# The tests start an engine where none answers; then it ends with them.
# shellcheck source=tests/lib/docker.bash
. tests/lib/docker.bash
docker_answers || trap docker_stop EXIT

# What failed, once more at the very end, where the reader of a long log looks first.
show_failed() {
	local log
	for log in build/check/*.tap; do
		awk -v file="${log##*/}" '
			/^(not )?ok / { bad = /^not ok/; n = 0; if (bad) print file ": " $0 }
			/^# ended after/ { print file ": " $0; next }
			/^#/ && bad && n++ < 12' "$log"
	done
}

say "running ${#tests[@]} files of tests"
failed=0
# One more than the cores, since many tests wait.  Whoever started us may ignore signals;
# the tests count on them.
env --default-signal prove -j$((jobs + 1)) --timer --exec tests/exec.sh "${tests[@]}" || failed=1

skipped=$(grep -Hi '^ok.*# *skip' build/check/*.tap || true)
if [ -n "$skipped" ]; then
	printf 'skipped:\n%s\n' "$skipped"
	[ -z "${CI:-}" ] || { echo "in CI a skipped test is a failure"; failed=1; }
fi
[ "$failed" = 0 ] || show_failed
exit "$failed"
