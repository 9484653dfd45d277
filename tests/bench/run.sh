#!/bin/bash
# run.sh MEASURE MLP [PART...] -- the figures, each beside a peer or a limit measured in the
# same run: all, or those of the functions that are named ("server writing": one of server.sh).
# Medians of whole processes that take turns; nothing is asserted, the limits are printed.
set -euo pipefail
measure=$(readlink -f "$1") mlp=$(readlink -f "$2")
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/mlp-bench.XXXXXX")
daemon=
cleanup() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
	servers_end
	rm -rf "$scratch"
}
trap cleanup EXIT
export HOME=$scratch/home XDG_CACHE_HOME=$scratch/cache XDG_STATE_HOME=$scratch/state
export GIT_CONFIG_GLOBAL=$scratch/gitconfig LC_ALL=C.UTF-8
unset MLFLOW_TRACKING_URI MLFLOW_RUN_ID MLFLOW_EXPERIMENT_ID MLFLOW_EXPERIMENT_NAME MLP_RUN_ID
mkdir -p "$HOME"
cd "$scratch"

# row NAME OURS PEER-NAME PEER UNIT LIMIT: one line of the table, with the ratio.
row() {
	awk -v name="$1" -v ours="$2" -v peer="$3" -v theirs="$4" -v unit="$5" -v limit="$6" 'BEGIN {
		ratio = theirs > 0 ? ours / theirs : 0
		printf "%-44s %10.2f %-4s %-30s %10.2f %-4s %8.2f x   %s\n", name, ours, unit, peer, theirs, unit, ratio, limit
	}'
}
# column N of line L of the last measurement
value() { awk -v line="$1" -v column="$2" 'NR == line {print $column}' "$scratch/out"; }
take() { "$measure" "$@" >"$scratch/out"; }

noop() {
	mkdir -p "$1"
	printf 'entry_points:\n  main:\n    command: ":"\n' >"$1/MLproject"
}

startup() {
	take 200 "$mlp --version" "sh -c :"
	row "mlp --version" "$(value 1 1)" "sh -c :" "$(value 2 1)" ms "<= 2"
	noop noop && cd noop
	"$mlp" run -q .
	take 100 "$mlp run -q ." "bash -c :"
	row "no-op project, existing store" "$(value 1 1)" "bash -c :" "$(value 2 1)" ms "<= 6"
	take -p 'rm -rf mlflow.db* mlruns' 60 "$mlp run -q ." "bash -c :"
	row "no-op project, first run in a directory" "$(value 1 1)" "bash -c :" "$(value 2 1)" ms "<= 12"
	cd ..
}

worktree() { # FILES LIMIT
	"$here/make-repo.sh" "tree$1" "$1" 2
	cd "tree$1"
	"$mlp" run -q .
	take 60 "$mlp run -q ." "bash -c :" "git status"
	[ "$1" -gt 100 ] ||
		row "inside a work tree of $1 files" "$(value 1 1)" "bash -c :" "$(value 2 1)" ms "<= 12"
	row "inside a work tree of $1 files" "$(value 1 1)" "git status" "$(value 3 1)" ms "-"
	cd ..
}

against_mlflow() {
	local bin=$1
	noop peer && cd peer
	export PATH=$bin:$PATH
	take 3 "$mlp run -q ." "$bin/mlflow run --env-manager local ."
	awk -v ours="$(value 1 1)" -v theirs="$(value 2 1)" 'BEGIN {
		printf "%-44s %10.2f ms   %-30s %10.2f ms   %8.0f x   faster (>= 500)\n", "no-op project", ours,
			"mlflow run --env-manager local", theirs, theirs / ours }'
	cd ..
}

git_url() {
	"$here/make-repo.sh" source 5000 500
	git clone -q --bare source source.git
	git -C source.git gc -q
	git daemon --base-path="$scratch" --export-all --listen=127.0.0.1 --port=9431 --reuseaddr &
	daemon=$!
	sleep 1
	mkdir -p url && cd url
	local url=git://127.0.0.1:9431/source.git
	printf '#!/bin/sh\ngit clone -q %s clone && cd clone && bash -c :\n' "$url" >clone.sh
	chmod +x clone.sh
	take -p "rm -rf clone $XDG_CACHE_HOME; sync" 5 "$mlp run -q $url" "./clone.sh"
	row "git URL, 5,000 files, 500 commits, first run" "$(value 1 1)" "git clone and the command" "$(value 2 1)" ms "<= 1.8"
	"$mlp" run -q "$url"
	take 5 "$mlp run -q $url" "./clone.sh" 2>/dev/null || take -p "rm -rf clone" 5 "$mlp run -q $url" "./clone.sh"
	row "the same URL again" "$(value 1 1)" "git clone and the command" "$(value 2 1)" ms "-"
	kill "$daemon"
	daemon=
	cd ..
}

# The same repository by HTTP; what the server was asked for is in http.log.
git_http() {
	mkdir -p http && cd http
	python3 "$top/tests/lib/gitserver.py" "$scratch" "$scratch/http.port" "$scratch/http.log" &
	daemon=$!
	while [ ! -s "$scratch/http.port" ]; do sleep 0.05; done
	local url one eight
	url=http://127.0.0.1:$(cat "$scratch/http.port")/source.git
	printf '#!/bin/sh\ngit clone -q --depth 1 %s clone\n' "$url" >clone.sh
	printf '#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8; do "%s" run -q %s & done\nwait\n' "$mlp" "$url" >eight.sh
	chmod +x clone.sh eight.sh
	"$mlp" run -q "$url"
	take -p "rm -rf clone" 7 "$mlp run -q $url" "./clone.sh"
	row "the same URL again, by HTTP" "$(value 1 1)" "git clone --depth 1" "$(value 2 1)" ms "<= 0.3"
	take -p "rm -rf $XDG_CACHE_HOME; sync" 3 "$mlp run -q $url"
	one=$(value 1 1)
	take -p "rm -rf $XDG_CACHE_HOME; sync; : >$scratch/http.log" 3 "./eight.sh"
	eight=$(value 1 1)
	row "8 runs at once of one URL, the first time" "$eight" "one, 8 times" \
		"$(awk -v one="$one" 'BEGIN {print 8 * one}')" ms "<= 1"
	row "fetches that the server saw of them" "$(grep -c '^POST' "$scratch/http.log")" "the limit" 1 "" "<= 1"
	take 5 "./eight.sh"
	eight=$(value 1 1)
	take 5 "$mlp run -q $url"
	row "8 runs at once of one URL, later" "$eight" "one, 8 times" \
		"$(awk -v one="$(value 1 1)" 'BEGIN {print 8 * one}')" ms "<= 1"
	kill "$daemon"
	daemon=
	cd ..
}

# Ten of them, by HTTP; git is given as many connections as we make.
submodules() {
	mkdir -p submodules && cd submodules
	local i url
	"$here/make-repo.sh" host 100 20
	for i in 0 1 2 3 4 5 6 7 8 9; do
		"$here/make-repo.sh" "part$i" 200 50
		git clone -q --bare "part$i" "part$i.git"
		git -C host -c protocol.file.allow=always submodule --quiet add "$PWD/part$i.git" "parts/$i"
		git -C host config -f .gitmodules "submodule.parts/$i.url" "../part$i.git"
	done
	git -C host -c user.name=a -c user.email=a@b commit -qam parts
	git clone -q --bare host host.git
	python3 "$top/tests/lib/gitserver.py" "$PWD" "$PWD/port" "$PWD/log" &
	daemon=$!
	while [ ! -s port ]; do sleep 0.05; done
	url=http://127.0.0.1:$(cat port)/host.git
	printf '#!/bin/sh\ngit clone -q --recurse-submodules --shallow-submodules -j8 --depth 1 %s clone\n' "$url" >clone.sh
	chmod +x clone.sh
	take -p "rm -rf clone $XDG_CACHE_HOME; sync; : >log" 5 "./clone.sh" "$mlp run -q $url"
	row "a project with 10 submodules, first run" "$(value 2 1)" "git clone --recurse-submodules" "$(value 1 1)" ms "<= 1"
	row "fetches that the server saw of them" "$(grep -c '^POST' log)" "one each" 11 "" "<= 1"
	take -p "rm -rf clone" 5 "$mlp run -q $url" "./clone.sh"
	row "the same again" "$(value 1 1)" "git clone --recurse-submodules" "$(value 2 1)" ms "<= 0.3"
	kill "$daemon"
	daemon=
	cd ..
}

memory() {
	mkdir -p memory && cd memory
	printf 'entry_points:\n  main:\n    command: "sleep 2; grep VmHWM /proc/$PPID/status"\n' >MLproject
	local kib
	kib=$("$mlp" run . 2>/dev/null | awk '/VmHWM/ {print $2}')
	row "resident memory while a command runs" "$(awk -v k="$kib" 'BEGIN {print k / 1024}')" "the limit" 6 MiB "<= 1"
	cd ..
}

# A tar of 1 GB with two files: what is read must not stay in memory.
unpacking() {
	mkdir -p unpack/p && cd unpack
	head -c 500000000 /dev/urandom >p/a
	cp p/a p/b
	printf 'entry_points:\n  main:\n    command: ":"\n' >p/MLproject
	tar -cf p.tar -C p .
	rm -r p
	local kib
	kib=$(printf '{"op":"extract","path":"%s/p.tar","shown":"p.tar","dest":"%s/out"}\n' "$PWD" "$PWD" |
		python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$(dirname "$mlp")/../libexec/mlp-fetch")
	row "resident memory while 1 GB is unpacked" "$(awk -v k="$kib" 'BEGIN {print k / 1024}')" "the limit" 16 MiB "<= 1"
	rm -r out
	printf '#!/bin/sh\nmkdir t && tar -xf p.tar -C t && rm -r t\n' >tar.sh
	chmod +x tar.sh
	take -p "rm -rf t $XDG_CACHE_HOME; sync" 3 "$mlp run -q p.tar" "./tar.sh"
	row "a project in a tar of 1 GB" "$(value 1 1)" "tar -x and rm" "$(value 2 1)" ms "-"
	cd ..
	rm -r unpack
}

# 100,000 runs, written straight into the tables as the schema has them.
many_runs() {
	noop many && cd many
	"$mlp" run -q .
	python3 - <<-'EOF'
		import sqlite3
		db = sqlite3.connect("mlflow.db")
		runs = [("%032x" % (i * 2654435761), "run-%d" % i, 1700000000000 + i * 1000) for i in range(100000)]
		db.executemany("INSERT INTO runs (run_uuid,name,source_type,source_name,entry_point_name,user_id,status,start_time,end_time,source_version,lifecycle_stage,artifact_uri,experiment_id) VALUES (?,?,'UNKNOWN','','','u','FINISHED',?,?,'','active','/x',0)",
		    [(r, n, t, t + 500) for r, n, t in runs])
		for k in range(4):
		    db.executemany("INSERT INTO params (\"key\",value,run_uuid) VALUES (?,?,?)", [("p%d" % k, str(k), r) for r, n, t in runs])
		    db.executemany("INSERT INTO tags (\"key\",value,run_uuid) VALUES (?,?,?)", [("t%d" % k, str(k), r) for r, n, t in runs])
		    db.executemany("INSERT INTO latest_metrics (\"key\",value,timestamp,step,is_nan,run_uuid) VALUES (?,?,?,0,0,?)", [("m%d" % k, 0.5, t, r) for r, n, t in runs])
		db.commit()
	EOF
	take 20 "$mlp runs"
	row "mlp runs, 100,000 recorded: CPU" "$(value 1 2)" "the limit" 50 ms "<= 1"
	take 20 "$mlp __complete fish show run-9"
	row "completion among them" "$(value 1 1)" "the limit" 20 ms "<= 1"
	cd ../noop
	"$mlp" run -q .
	cd ..
	printf '#!/bin/sh\ncd "%s/noop" && exec "%s" run -q .\n' "$scratch" "$mlp" >few.sh
	printf '#!/bin/sh\ncd "%s/many" && exec "%s" run -q .\n' "$scratch" "$mlp" >many.sh
	chmod +x few.sh many.sh
	take 60 ./many.sh ./few.sh
	row "a run more in a store of 100,000" "$(value 1 1)" "in a store of a few" "$(value 2 1)" ms "~ 1"
}

relay() {
	mkdir -p relay && cd relay
	printf 'entry_points:\n  main:\n    command: "head -c 2000000000 /dev/zero"\n' >MLproject
	printf '#!/bin/bash\n"%s" run -q . | cat >/dev/null\nrm -rf mlruns/0/*\n' "$mlp" >ours.sh
	printf '#!/bin/bash\nhead -c 2000000000 /dev/zero | tee copy | cat >/dev/null\nrm -f copy\n' >theirs.sh
	chmod +x ours.sh theirs.sh
	take 3 ./ours.sh ./theirs.sh
	row "output kept and passed on, 2 GB" "$(awk -v ms="$(value 1 1)" 'BEGIN {print 2000 / ms * 1000}')" \
		"head | tee copy | cat" "$(awk -v ms="$(value 2 1)" 'BEGIN {print 2000 / ms * 1000}')" MB/s ">= 500 MB/s or ~ 1"
	cd ..
}

# shellcheck source=tests/bench/server.sh
. "$here/server.sh"
# shellcheck source=tests/bench/docker.sh
. "$here/docker.sh"
# shellcheck source=tests/bench/venv.sh
. "$here/venv.sh"
# shellcheck source=tests/bench/control.sh
. "$here/control.sh"
# shellcheck source=tests/bench/heal.sh
. "$here/heal.sh"
# shellcheck source=tests/bench/alive.sh
. "$here/alive.sh"
# shellcheck source=tests/bench/batch.sh
. "$here/batch.sh"
# shellcheck source=tests/bench/queue.sh
. "$here/queue.sh"
# shellcheck source=tests/bench/library.sh
. "$here/library.sh"

printf '%-44s %10s %-4s %-30s %10s %-4s %10s   %s\n' "what" "mlp" "" "beside" "" "" "ratio" "limit"
if [ $# -gt 2 ]; then
	"${@:3}"
	exit
fi
startup
worktree 100
worktree 5000
git_url
git_http
submodules
memory
unpacking
many_runs
relay
virtualenv
in_docker
control
heal
alive
queue
batch
library
if [ "${BENCH_MLFLOW:-1}" != 0 ]; then
	against_mlflow "$("$top/tests/lib/mlflow-env.sh" newest)/bin"
	server
fi
