# SPDX-License-Identifier: MIT
# disturbed.bats -- clients of several versions at once in an empty directory, a server that
# is killed while they log, a file system that is full.

load proof
load clients

setup_file() {
	proof_setup_file
	clients_setup
}

setup() {
	proof_setup
	cp "$HERE/disturbed.py" wine/
	cat >wine/MLproject <<-'EOM'
		entry_points:
		  main:
		    parameters:
		      python: string
		    command: "{python} disturbed.py $WHAT"
	EOM
}

# train ENV WHAT...: as the command of a run
train() {
	WHAT=${*:2} "$MLP" run wine -P python="$1/bin/python"
}

# Eight commands at once, in a directory of their own.
first_runs() {
	local i n pids=() clients
	read -ra clients <<<"$CLIENTS"
	mkdir "$W/$1"
	cd "$W/$1"
	cp -r ../wine .
	for i in 0 1 2 3 4 5 6 7; do
		n=$((($i + $1) % ${#clients[@]}))
		train "$(client_env "${clients[n]}")" first >"log.$i" 2>&1 &
		pids+=($!)
	done
	for i in 0 1 2 3 4 5 6 7; do
		wait "${pids[i]}" || { cat "log.$i" >&2; return 1; }
	done
	! grep -i 'locked\|error\|traceback' log.*
	W=$PWD sql "SELECT count(*), count(DISTINCT run_uuid), sum(status = 'FINISHED') FROM runs
		UNION ALL SELECT count(*), count(DISTINCT run_uuid), 0 FROM metrics
		UNION ALL SELECT count(DISTINCT value), count(*), 0 FROM params WHERE key IN ('pid', 'of')
		UNION ALL SELECT count(*), 0, 0 FROM tags WHERE key = 'mlflow.parentRunId'" >counts
	diff counts - <<-'EOM'
		16 16 16
		560 8 0
		8 16 0
		8 0 0
	EOM
	[ "$(find mlruns -name b.txt | wc -l)" = 8 ]
}

@test "commands with different MLflows, started at once in an empty directory" {
	local i times=1
	[ "${MLP_CHECK-}" != full ] || times=20
	for i in $(seq "$times"); do
		first_runs "$i"
		W=$W/$i sound
	done
}

# kill_serve PID: the mlp-serve below the mlp that is PID or its child; between two of them
# there is none
kill_serve() {
	local pid
	pid=$(pgrep -P "$1" mlp-serve) || pid=$(pgrep -f -P "$(pgrep -P "$1" mlp)" mlp-serve) || return
	kill -KILL "$pid"
}

# Wait until the client has done three more steps.
logs_on() {
	local before
	wait_for test -e wine/steps
	before=$(stat -c %s wine/steps)
	wait_for eval "[ \$(stat -c %s wine/steps) -ge $((before + 3)) ]"
}

@test "mlp-serve is killed while a client logs: each metric is there once" {
	local version i pid steps children
	for version in $CLIENTS; do
		mkdir "$W/$version"
		cd "$W/$version"
		cp -r ../wine .
		train "$(client_env "$version")" killed "$PWD/stop" >log 2>&1 &
		for i in 1 2 3 4; do
			logs_on
			sleep "0.$((i * 17))"
			wait_for kill_serve $!
		done
		logs_on
		touch stop
		wait $! || { cat log >&2; return 1; }
		read -r steps children <wine/logged
		[ "$steps" -gt 5 ]
		W=$PWD sql "SELECT \"key\", count(*), count(DISTINCT step), max(step) FROM metrics GROUP BY 1" >counts
		diff counts - <<-EOM
			$(printf 'b%s '"$steps $steps $steps"'\n' 0 1 2 3 4)
			loss $((steps + 1)) $((steps + 1)) $steps
		EOM
		[ "$(W=$PWD sql "SELECT count(*), count(DISTINCT name), sum(status = 'FINISHED') FROM runs
			WHERE name LIKE 'child %'")" = "$children $children $children" ]
		W=$PWD sound
	done
}

@test "the file system is full: the client is told to try again, and nothing is half there" {
	[ "$(id -u)" = 0 ] || skip "only root may mount a small file system"
	local version
	for version in $CLIENTS; do
		mkdir "$W/$version"
		mount -t tmpfs -o size=3m none "$W/$version"
		cd "$W/$version"
		train_full "$version" >"$W/log" 2>&1 || { cat "$W/log" >&2; umount -l "$W/$version"; return 1; }
		cd "$W"
		umount "$W/$version"
	done
}

train_full() {
	local batches
	cp -r ../wine .
	train "$(client_env "$1")" full "$PWD" || return 1
	batches=$(W=$PWD sql "SELECT CAST(value AS INTEGER) FROM latest_metrics WHERE \"key\" = 'batches'")
	[ "$(W=$PWD sql "SELECT count(*) FROM metrics WHERE \"key\" = 'batch'")" = $((batches * 500)) ] &&
		[ "$(W=$PWD sql "SELECT count(*) FROM metrics WHERE \"key\" = 'again'")" = 1 ] &&
		[ "$(W=$PWD sql "SELECT count(*) FROM params WHERE \"key\" LIKE 'p%' AND length(value) = 500")" = "$batches" ] &&
		W=$PWD sound
}
