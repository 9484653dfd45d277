#!/bin/bash
# SPDX-License-Identifier: MIT
# exec.sh TEST -- run one test of any kind for prove, and keep its TAP in build/check/.
# san/FILE.bats and vg/FILE.bats are that file with the programs of the sanitizer build, and
# with those of the release build under valgrind.
set -u -o pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
test=$1
log=build/check/$(printf '%s' "$test" | tr '/' '_').tap
mkdir -p build/check
# a file that hangs is one that failed
limit=900
[ "${MLP_CHECK:-quick}" = quick ] || limit=14400
export CMOCKA_MESSAGE_OUTPUT=TAP ASAN_OPTIONS=detect_leaks=1
export LSAN_OPTIONS=print_suppressions=0:suppressions=$top/tests/lib/lsan.supp

limited() {
	timeout -k 10 "$limit" "$@" || {
		[ $? != 124 ] || echo "# ended after $limit s"
		return 1
	}
}

# replay PROGRAM: a fuzzer's corpus, as one test
replay() {
	local name=${1##*/replay_}
	echo "1..1"
	if "$1" "tests/fuzz/corpus/$name" >"$log.out" 2>&1; then
		echo "ok 1 - the corpus of $name"
	else
		tail -30 "$log.out" | sed 's/^/# /'
		echo "not ok 1 - the corpus of $name"
		return 1
	fi
}

# cmocka says "not ok" of a test that skips itself
unit() {
	local code=0
	limited "./$1" >"$log.out" || code=1
	sed 's/^not \(ok [0-9]* # SKIP\)/\1/' "$log.out"
	return $code
}

# The programs of mlp, each in a script that starts it under valgrind, in build/valgrind/.
under_valgrind() {
	local program dir=$top/build/valgrind
	for program in bin/mlp libexec/mlp-git libexec/mlp-serve; do
		mkdir -p "$dir/${program%/*}"
		printf '#!/bin/sh\nMLP_LIBEXEC=%s exec valgrind -q --error-exitcode=99 %s "$@"\n' \
			"$dir/libexec" "$top/build/release/$program" >"$dir/$program.$$"
		chmod +x "$dir/$program.$$"
		mv "$dir/$program.$$" "$dir/$program"
	done
	MLP=$dir/bin/mlp MLP_BUILD=$dir limited bats --tap "$1"
}

# Into files: what a test leaves running by mistake may hold them, and nobody waits for it.
case $test in
san/*) MLP=$top/build/san/bin/mlp MLP_BUILD=$top/build/san limited bats --tap "tests/${test#san/}" ;;
vg/*) under_valgrind "tests/${test#vg/}" ;;
*.bats) limited bats --tap "$test" ;;
*/replay_*) replay "$test" ;;
*) unit "$test" ;;
esac </dev/null >"$log" 2>"$log.err"
code=$?
cat "$log"
cat "$log.err" >&2
exit $code
