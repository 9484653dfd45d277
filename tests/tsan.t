#!/bin/bash
# SPDX-License-Identifier: MIT
# tsan.t -- a host with threads and libmlp, and mlp-serve, under ThreadSanitizer, as TAP.
set -u
cd "$(dirname "$0")/.." || exit 1
top=$PWD
mkdir -p build/check
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache TSAN_OPTIONS=report_thread_leaks=0:exitcode=66
export MLP_LIBEXEC=${MLP_LIBEXEC:-$top/build/release/libexec} MLP_STOP_GRACE=200
unset MLFLOW_TRACKING_URI MLFLOW_RUN_ID MLFLOW_EXPERIMENT_ID MLFLOW_EXPERIMENT_NAME MLP_RUN_ID

# N STEP...: drive does these; so many runs are told KILLED
drives() {
	local n=$1
	shift
	# the layout of its shadow memory wants addresses that are not random
	setarch -R "$work/drive" "$@" >"$work/out" 2>&1 && [ "$(grep -c " KILLED " "$work/out")" = "$n" ] &&
		! grep -q ThreadSanitizer "$work/out"
}

echo 1..3
if make -s CONFIG=tsan SAN=thread build/tsan/lib/libmlp.so >"$work/out" 2>&1 &&
	cc -fsanitize=thread -o "$work/drive" tests/lib/drive.c -Iinclude -Lbuild/tsan/lib -lmlp \
		"-Wl,-rpath,$top/build/tsan/lib" -lpthread >>"$work/out" 2>&1; then
	echo "ok 1 - built"
else
	sed 's/^/# /' "$work/out"
	echo "not ok 1 - built"
	exit 1
fi
mkdir "$work/p"
cd "$work/p" || exit 1
printf 'entry_points:\n  main:\n    command: "exec sleep 60"\n' >MLproject
if drives 5 reaper "start ." "start ." "start ." "beside wait 0 -1" "beside wait 1 -1" "beside stop 1 100" \
	"beside id 0" "stop 0 -1" "beside stop 2 -1" "sleep 1000" all; then
	echo "ok 2 - waits and stops in several threads do not race"
else
	sed 's/^/# /' "$work/out"
	echo "not ok 2 - waits and stops in several threads do not race"
	exit 1
fi

# libtsan (of gcc 12) does not see that pthread_mutex_clocklock locks
echo "mutex:writer_unlock" >"$work/suppressions"
served() (
	unset MLP_LIBEXEC XDG_STATE_HOME XDG_CACHE_HOME
	cd "$top" && make -s CONFIG=tsan SAN=thread build || exit
	export MLP=$top/build/tsan/bin/mlp MLP_BUILD=$top/build/tsan
	export TSAN_OPTIONS=log_path=$work/race:exitcode=0:report_thread_leaks=0:suppressions=$work/suppressions
	setarch -R bats --tap tests/e2e/server.bats </dev/null && [ -z "$(ls "$work"/race* 2>/dev/null)" ]
)
if served >"$work/out" 2>&1; then
	echo "ok 3 - the server's tests find no race in it"
else
	cat "$work/out" "$work"/race* 2>/dev/null | sed 's/^/# /'
	echo "not ok 3 - the server's tests find no race in it"
	exit 1
fi
