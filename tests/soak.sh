#!/bin/bash
# SPDX-License-Identifier: MIT
# soak.sh -- SOAK_KILLS (2000) kills, power cuts and full disks; after each what mlp says must be
# true (tests/soak/soak.py).  SOAK_SEED repeats the rounds of an earlier time, as far as the
# scheduler does; SOAK_KEEP=1 keeps the first place where something was wrong.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
kills=${SOAK_KILLS:-2000}
seed=${SOAK_SEED:-$RANDOM$RANDOM}
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CFLAGS LDFLAGS CONFIG SAN PREFIX DESTDIR MLP MLP_LIBEXEC
export CC=${CC:-gcc} PYTHONDONTWRITEBYTECODE=1 TZ=UTC LC_ALL=C.UTF-8

B=build/fault
make -s -j"$(nproc)" CONFIG=fault CFLAGS="-O1 -g -DMLP_FAULTS" build || exit 1
mkdir -p $B/tests
"$CC" -std=gnu11 -O2 -Wall -Wextra -o $B/tests/nasty tests/soak/nasty.c &&
	"$CC" -std=gnu11 -O2 -Wall -Wextra -fPIC -shared -o $B/tests/power.so tests/soak/power.c || exit 1

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
soak() { # NAME KILLS ARGUMENTS...
	local name=$1 n=$2
	shift 2
	python3 tests/soak/soak.py "$PWD/$B/bin/mlp" "$PWD/$B/tests/nasty" "$PWD/$B/tests/power.so" \
		--kills "$n" --seed "$seed$name" ${SOAK_KEEP:+--keep} "$@" >"$out/$name" 2>&1
}

failed=0
full=$((kills / 10)) rest=$((kills - kills / 10)) pids=()
for i in $(seq "$(nproc)"); do
	n=$((rest / $(nproc)))
	[ "$i" -gt 1 ] || n=$((rest - n * ($(nproc) - 1)))
	soak "$i" "$n" & pids+=($!)
done
if unshare -rm true 2>/dev/null; then
	unshare -rm bash -c "$(declare -f soak); $(declare -p B out seed); soak 0 $full --full" & pids+=($!)
else
	echo "SKIP: a full disk (no mount namespace of our own can be made here)"
fi
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done

python3 - "$seed" "$out"/* <<'E2'
import collections, re, sys
kinds, points, lies = collections.Counter(), collections.Counter(), 0
for path in sys.argv[2:]:
    for line in open(path, errors="replace"):
        line = line.rstrip("\n")
        m = re.match(r"\d+ kills in \d+ s, seed \d+: (.*)", line)
        if m:
            for word in m[1].split(", "):
                kinds[word.split()[0]] += int(word.split()[1])
        elif line.startswith("points: "):
            for word in line[8:].split(", "):
                points[word.split()[0]] += int(word.split()[1])
        else:
            print(line)
            lies += line.startswith("LIE")
print(f"{sum(kinds.values())} kills (seed {sys.argv[1]}), {lies} lies: "
      + ", ".join(f"{n} {k}" for k, n in kinds.most_common()))
print(f"{len(points)} fault points: " + ", ".join(f"{p} {n}" for p, n in sorted(points.items())))
E2
exit $failed
