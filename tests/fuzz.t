#!/bin/bash
# SPDX-License-Identifier: MIT
# fuzz.t -- each fuzzer for a while, from its corpus, as TAP.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=${FUZZ_SECONDS:-10}
# The quick check finds the same each time; who looks for something new takes his time.
seed=-seed=1
[ "${MLP_CHECK:-quick}" = quick ] || seconds=${FUZZ_SECONDS:-300} seed=
[ -z "${FUZZ_SECONDS:-}" ] || seed=
log=build/check/fuzz.log
mkdir -p build/check
if ! make -s -j2 CONFIG=fuzz CC=clang HARDENLD= \
	HARDEN="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined" \
	LDFLAGS="-fsanitize=address,undefined" CFLAGS="-O1 -g" fuzzers >"$log" 2>&1; then
	sed 's/^/# /' "$log"
	echo "1..1"
	echo "not ok 1 - the fuzzers build"
	exit 1
fi
fuzzers=()
for source in tests/fuzz/fuzz_*.c; do fuzzers+=("build/fuzz/fuzz/$(basename "$source" .c)"); done
echo "1..${#fuzzers[@]}"
n=0 failed=0
for fuzzer in "${fuzzers[@]}"; do
	name=${fuzzer##*/fuzz_}
	n=$((n + 1))
	found=build/fuzz/found/$name
	mkdir -p "$found"
	# a zip may ask liblzma for 4 GiB: mlp-fetch has a limit of its own
	if "$fuzzer" $seed -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=8192 -close_fd_mask=3 \
		-artifact_prefix="$found/crash-" "$found" "tests/fuzz/corpus/$name" >"$log.$name" 2>&1; then
		echo "ok $n - $name for $seconds s, $(grep -c . "$log.$name") lines of log"
	else
		tail -30 "$log.$name" | sed 's/^/# /'
		echo "not ok $n - $name: see $found"
		failed=1
	fi
done
exit $failed
