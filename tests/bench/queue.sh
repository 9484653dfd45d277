# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# queue.sh -- the figures of the queue.  Sourced by run.sh.

# The peer of an entry that is on disk: a small file, written and synced.
synced() {
	python3 - "$1" <<-'EOF'
		import os, sys
		for i in range(int(sys.argv[1])):
		    f = os.open(f"synced.{i}", os.O_CREAT | os.O_WRONLY)
		    os.write(f, b"x" * 3000)
		    os.fsync(f)
		    os.close(f)
	EOF
}

queue() {
	noop queue && cd queue
	"$mlp" run -q .
	seq 1000 | sed 's/.*/{"uri": "."}/' >list
	printf '#!/bin/bash\nfor i in {1..100}; do "%s" run -d --hold -q . >/dev/null; done\n' "$mlp" >loop.sh
	{ echo '#!/bin/bash'; declare -f synced; echo 'synced 100'; } >synced.sh
	chmod +x loop.sh synced.sh
	take -p "$mlp queue remove --all -q" 5 "$mlp queue add --hold -q list"
	row "queue add: 1,000 runs" "$(value 1 1)" "the limit" 1000 ms "<= 1"
	take -p "$mlp queue remove --all -q" 3 ./loop.sh ./synced.sh
	row "run -d -j, 100 times" "$(value 1 1)" "100 files, each synced" "$(value 2 1)" ms "-"
	"$mlp" queue remove --all -q
	for i in 1 2 3 4 5 6 7 8 9 10; do "$mlp" queue add --hold -q list >/dev/null; done
	take 5 "$mlp queue --json -q" "$mlp ps -q"
	row "mlp queue, 10,000 that wait" "$(value 1 1)" "mlp ps" "$(value 2 1)" ms "-"
	take 20 "$mlp run -q ." "bash -c :"
	row "a run beside 10,000 that wait" "$(value 1 1)" "bash -c :" "$(value 2 1)" ms "-"
	take 20 "$mlp run -d --hold -q ."
	row "one more in the queue" "$(value 1 1)" "the limit" 50 ms "<= 1"
	"$mlp" queue remove --all -q
	printf '#!/bin/bash\n"%s" queue -j 2 -q\n"%s" queue add -q list200 >/dev/null\n"%s" wait --all -q\n' "$mlp" "$mlp" "$mlp" >drain.sh
	printf '#!/bin/bash\nseq 200 | xargs -P2 -I{} bash -c :\n' >bare.sh
	head -200 list >list200
	chmod +x drain.sh bare.sh
	take 3 ./drain.sh ./bare.sh
	row "200 no-op runs through the queue, two at once" "$(value 1 1)" "xargs -P2 of the commands" "$(value 2 1)" ms "-"
	cd ..
	rm -r queue
}
