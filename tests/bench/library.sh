# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# library.sh -- the figures of libmlp.  Sourced by run.sh; tests/lib/drive.c is the program.

library() {
	local lib starts=() i
	lib=$(dirname "$(dirname "$mlp")")/lib
	cc -O2 -o drive "$top/tests/lib/drive.c" -I"$top/include" -L"$lib" -lmlp "-Wl,-rpath,$lib" -lpthread
	noop library && cd library
	"$mlp" run -q .
	for i in $(seq 200); do starts+=("start ."); done
	printf '#!/bin/sh\nexec "%s/drive" "start ." "wait 0 -1"\n' "$scratch" >one.sh
	{
		printf '#!/bin/sh\nexec "%s/drive"' "$scratch"
		printf ' "%s"' "${starts[@]}" all
	} >many.sh
	printf '#!/bin/sh\nseq 200 | xargs -P 2 -I{} "%s" run -q .\n' "$mlp" >apart.sh
	chmod +x ./*.sh
	take 60 ./one.sh "$mlp run -q ."
	row "one run by libmlp" "$(value 1 1)" "mlp run" "$(value 2 1)" ms "<= 2"
	take 5 ./many.sh ./apart.sh
	row "200 started by one program, and waited for" "$(value 1 1)" "xargs -P 2 mlp run" "$(value 2 1)" ms "~ 1"
	printf 'entry_points:\n  main:\n    command: "sleep 3"\n' >MLproject
	"$scratch/drive" "${starts[@]:0:50}" "sleep 2500" >/dev/null &
	sleep 2
	row "each of 50 alive: resident" "$(pgrep -P $! mlp-supervise | xargs ps -o rss= -p |
		awk '{n++; sum += $1} END {print sum / n / 1024}')" "the limit" 4 MB "<= 1"
	wait $!
	cd ..
}
