# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# batch.sh -- the figures of many runs at once: batch, sweep.  Sourced by run.sh.

recorded() {
	python3 -c '
import sqlite3
print(sqlite3.connect("mlflow.db").execute("SELECT count(*) FROM runs WHERE status = \"FINISHED\"").fetchone()[0])'
}

batch() {
	noop batch && cd batch
	printf 'entry_points:\n  main:\n    parameters: {x: {type: int, default: 1}}\n    command: ":"\n' >MLproject
	local i before points
	for i in $(seq 1000); do echo '{"uri": "."}'; done >requests
	"$mlp" run -q .
	printf '#!/bin/bash\nseq 1000 | xargs -P2 -I{} bash -c :\n' >xargs.sh
	printf '#!/bin/bash\nseq 1000 | xargs -P2 -I{} "%s" run -q .\n' "$mlp" >runs.sh
	cat >batch.sh <<-EOF
		#!/bin/bash
		"$mlp" batch -q -j 2 requests >>results && exit
		grep -v '"status":"FINISHED"' results >&2
		exit 1
	EOF
	chmod +x ./*.sh
	before=$(recorded)
	take 5 ./batch.sh ./xargs.sh
	row "mlp batch -j 2, 1,000 no-op runs" "$(value 1 1)" "xargs -P2, the bare commands" "$(value 2 1)" ms "<= 4"
	row "runs of them on record" "$(($(recorded) - before))" "results that were printed" "$(wc -l <results)" "" "1"
	take 1 ./batch.sh ./runs.sh
	row "the same" "$(value 1 1)" "xargs -P2 mlp run" "$(value 2 1)" ms "-"
	points=$(seq -s, 1000)
	printf '#!/bin/bash\n"%s" sweep -q . -P x=%s -j 2 >table\n' "$mlp" "$points" >sweep.sh
	chmod +x sweep.sh
	take 3 ./sweep.sh ./xargs.sh
	row "mlp sweep -j 2, 1,000 no-op points" "$(value 1 1)" "xargs -P2, the bare commands" "$(value 2 1)" ms "-"
	cd ..
	rm -r batch
}
