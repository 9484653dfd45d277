#!/bin/sh
# SPDX-License-Identifier: MIT
# driver.sh URL -- runs a project three times at once, each time with another learning rate,
# and compares what came of it.  examples/wine is such a project: it has the parameters lr
# and epochs and the metric loss.
set -eu
url=${1:?usage: driver.sh URL}
mlp=${MLP:-mlp}

# member NAME: of the JSON on standard input, which has one on each line
member() { sed -n "s/^[[:space:]]*\"$1\":[[:space:]]*\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" | head -n 1; }

# One id for each run: it is on record, and goes on in the background.
ids=
for lr in 0.05 0.1 0.2; do
	ids="$ids $("$mlp" run -d -q "$url" -P lr=$lr -P epochs=20)"
done

status=0
# shellcheck disable=SC2086
"$mlp" wait -q $ids || status=$?

best=
least=
for id in $ids; do
	run=$("$mlp" show --json "$id")
	loss=$(echo "$run" | member loss)
	state=$(echo "$run" | member status)
	shown=${loss:+$(printf %.4f "$loss")}
	line=$(printf '%.8s  %-22s %-9s lr %-5s loss %s' "$id" "$(echo "$run" | member run_name)" \
		"$state" "$(echo "$run" | member lr)" "${shown:--}")
	echo "       $line"
	if [ "$state" != FINISHED ] || [ -z "$loss" ]; then
		continue
	fi
	if [ -z "$least" ] || awk -v a="$loss" -v b="$least" 'BEGIN { exit !(a + 0 < b + 0) }'; then
		least=$loss
		best=$line
	fi
done
[ -z "$best" ] || echo "best   $best"
exit "$status"
