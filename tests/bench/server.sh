# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# server.sh -- the figures of mlp server and of a run's endpoint, beside a real mlflow server
# in the same run.  Sourced by run.sh.

load=$(dirname "$measure")/load
servers=()

servers_end() {
	[ ${#servers[@]} = 0 ] || kill -- "${servers[@]/#/-}" 2>/dev/null || true
	servers=()
}

free_port() {
	python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_server URL-VARIABLE PORT COMMAND...: in a group of its own, until it answers
start_server() {
	local i url=http://127.0.0.1:$2
	setsid "${@:3}" >"server.$2.log" 2>&1 &
	servers+=($!)
	printf -v "$1" %s "$url"
	for i in $(seq 1800); do
		"$load" "$url" 1 GET /health >/dev/null 2>&1 && return
		sleep 0.1
	done
	tail -5 "server.$2.log" >&2
	return 1
}

ours_at() { # DATABASE
	local port
	port=$(free_port)
	start_server ours "$port" "$mlp" server --port "$port" --backend-store-uri "sqlite:///$1" \
		--artifacts-destination "$PWD/files"
	# shellcheck disable=SC2154
	ours_pid=$(pgrep -g "${servers[-1]}" mlp-serve || echo "${servers[-1]}")
}

theirs_at() { # DATABASE
	local port
	port=$(free_port)
	start_server theirs "$port" "$mlflow_bin/mlflow" server --port "$port" --workers 1 \
		--backend-store-uri "sqlite:///$1" --artifacts-destination "$PWD/theirs"
}

api=/api/2.0/mlflow

new_run() { # URL
	python3 -c 'import json, sys, urllib.request
r = urllib.request.Request(sys.argv[1] + "/api/2.0/mlflow/runs/create", b"{\"experiment_id\": \"0\", \"start_time\": 1}",
                           {"Content-Type": "application/json"})
print(json.load(urllib.request.urlopen(r))["run"]["info"]["run_id"])' "$1"
}

metric() { # RUN
	printf '{"run_id": "%s", "key": "m", "value": 0.5, "timestamp": @, "step": @}' "$1"
}
metrics_batch() { # RUN
	python3 -c 'import sys
print("{\"run_id\": \"%s\", \"metrics\": [%s]}" % (sys.argv[1], ", ".join(
    "{\"key\": \"m%d\", \"value\": 0.5, \"timestamp\": @, \"step\": @}" % i for i in range(100))))' "$1"
}
create='{"experiment_id": "0", "user_id": "u", "run_name": "n", "start_time": @, "tags": [{"key": "mlflow.user", "value": "u"}, {"key": "mlflow.source.name", "value": "t.py"}]}'

# rate COLUMN LOAD-ARGUMENTS...: of what load prints
rate() { "$load" "${@:2}" | awk -v c="$1" '{print $c}'; }

# asked NAME LIMIT OUR-COUNT THEIR-COUNT BODY-FUNCTION PATH [CONNECTIONS]: requests a second
asked() {
	local a b c=${7:-1} peer="mlflow server"
	a=$(rate 1 -c "$c" "$ours" "$3" POST "$api/$6" "$("$5" "$our_run")")
	# it refuses some of many at once
	b=$(rate 1 -c "$c" "$theirs" "$4" POST "$api/$6" "$("$5" "$their_run")" 2>/dev/null) ||
		{ b=0 && peer="mlflow server: an error"; }
	row "$1" "$a" "$peer" "$b" /s "$2"
}
created() { echo "$create"; }

# What the tables themselves cost: 100 metrics a transaction into a file of ours, by SQLite
# alone, without HTTP or a server.
tables_alone() { # RUN
	python3 - "$1" <<-'EOF2'
		import sqlite3, sys, time
		db = sqlite3.connect("alone.db", isolation_level=None)
		db.execute("PRAGMA synchronous=NORMAL")
		start, n = time.monotonic(), 1000
		for i in range(1, n + 1):
		    rows = [("m%d" % k, 0.5, i, sys.argv[1], i, 0) for k in range(100)]
		    db.execute("BEGIN IMMEDIATE")
		    db.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)
		    db.executemany("INSERT INTO latest_metrics VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (\"key\", run_uuid)"
		        " DO UPDATE SET value = excluded.value, timestamp = excluded.timestamp, step = excluded.step", [
		            (k, v, t, step, nan, run) for k, v, t, run, step, nan in rows])
		    db.execute("COMMIT")
		print(n / (time.monotonic() - start))
	EOF2
	rm alone.db*
}

writing() {
	ours_at "$PWD/o.db"
	our_run=$(new_run "$ours")
	servers_end
	sleep 0.5
	cp o.db alone.db
	ours_at "$PWD/o.db"
	theirs_at "$PWD/t.db"
	their_run=$(new_run "$theirs")
	rate 1 "$theirs" 20 POST "$api/runs/log-metric" "$(metric "$their_run")" >asked
	asked "log-metric, one connection" ">= 100 x" 5000 200 metric runs/log-metric
	asked "log-metric, 16 connections" "scales" 10000 200 metric runs/log-metric 16
	asked "log-batch of 100 metrics" ">= 100 x" 1000 40 metrics_batch runs/log-batch
	row "log-batch of 100 metrics" "$(rate 1 "$ours" 1000 POST "$api/runs/log-batch" "$(metrics_batch "$(new_run "$ours")")")" \
		"the tables alone, SQLite" "$(tables_alone "$our_run")" /s "what the tables cost"
	asked "create run" ">= 100 x" 2000 100 created runs/create
	asked "create run, 16 connections" "scales" 5000 100 created runs/create 16
	servers_end
	row "synced writes of 4 KiB on this disk" "$(synced_writes)" "-" 0 /s "what a disk can do"
}

# Writes that are on the disk when they are acknowledged, by SQLite's way: append and sync.
synced_writes() {
	python3 -c 'import os, time
fd = os.open("synced", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
start = time.monotonic()
for i in range(500):
    os.write(fd, b"x" * 4096)
    os.fdatasync(fd)
print(500 / (time.monotonic() - start))'
	rm synced
}

# The tables of the file FILE get RUNS runs with a metric, a parameter and a tag each.
filled() {
	python3 - "$1" "$2" <<-'EOF2'
		import random, sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		n, rnd = int(sys.argv[2]), random.Random(1)
		runs = [("%032x" % rnd.getrandbits(128), "run-%d" % i, 1700000000000 + i * 1000) for i in range(n)]
		db.executemany("INSERT INTO runs (run_uuid,name,source_type,source_name,entry_point_name,user_id,status,start_time,end_time,source_version,lifecycle_stage,artifact_uri,experiment_id) VALUES (?,?,'UNKNOWN','','','u','FINISHED',?,?,'','active','mlflow-artifacts:/0/x',0)",
		    [(r, name, t, t + 500) for r, name, t in runs])
		for k in range(3):
		    db.executemany("INSERT INTO params (\"key\",value,run_uuid) VALUES (?,?,?)", [("p%d" % k, str(rnd.randrange(100)), r) for r, _, t in runs])
		    db.executemany("INSERT INTO tags (\"key\",value,run_uuid) VALUES (?,?,?)", [("t%d" % k, str(k), r) for r, _, t in runs])
		    db.executemany("INSERT INTO latest_metrics (\"key\",value,timestamp,step,is_nan,run_uuid) VALUES (?,?,?,0,0,?)", [("m%d" % k, rnd.random(), t, r) for r, _, t in runs])
		db.executemany("INSERT INTO tags (\"key\",value,run_uuid) VALUES ('mlflow.runName',?,?)", [(name, r) for r, name, _ in runs])
		db.commit()
	EOF2
}

searched() { # NAME LIMIT TIMES BODY
	local a b
	a=$(rate 2 "$ours" "$3" POST "$api/runs/search" "$4")
	# there are questions that it does not answer in minutes
	b=$(timeout 90 "$load" "$theirs" 3 POST "$api/runs/search" "$4") || b="0 90000"
	row "$1" "$a" "mlflow server (90 s at most)" "$(awk '{print $2}' <<<"$b")" ms "$2"
}

# Every page of 100: ms for the first hundred pages and for the last.
all_pages() { # URL
	python3 - "$1" <<-'EOF2'
		import http.client, json, sys, time, urllib.parse
		c = http.client.HTTPConnection(urllib.parse.urlsplit(sys.argv[1]).netloc)
		token, times, seen = None, [], set()
		while True:
		    body = {"experiment_ids": ["0"], "max_results": 100, **({"page_token": token} if token else {})}
		    start = time.monotonic()
		    c.request("POST", "/api/2.0/mlflow/runs/search", json.dumps(body), {"Content-Type": "application/json"})
		    text = c.getresponse().read()
		    times.append(time.monotonic() - start)
		    page = json.loads(text)
		    seen.update(r["info"]["run_id"] for r in page["runs"])
		    token = page.get("next_page_token")
		    if not token:
		        break
		assert len(seen) == 100000, len(seen)
		print(sum(times[:100]) * 1e3, sum(times[-100:]) * 1e3)
	EOF2
}

searching() {
	local first last
	ours_at "$PWD/many.db"
	servers_end
	filled many.db 100000
	cp many.db many-theirs.db
	ours_at "$PWD/many.db"
	theirs_at "$PWD/many-theirs.db"
	searched "search, page of 100 of 100,000 runs" "<= 20 ms" 50 '{"experiment_ids": ["0"], "max_results": 100}'
	searched "search, page of 1,000" ">= 20 x faster" 20 '{"experiment_ids": ["0"], "max_results": 1000}'
	searched "search, metric filter and order, page of 100" ">= 20 x faster" 10 \
		'{"experiment_ids": ["0"], "max_results": 100, "filter": "metrics.m0 > 0.5", "order_by": ["metrics.m1 DESC"]}'
	read -r first last < <(all_pages "$ours")
	row "the last 100 of 1,000 pages" "$last" "the first 100" "$first" ms "~ 1"
	servers_end
	rm -f many*.db*
}

kib() { awk '/^VmRSS/ {print $2}' "/proc/$1/status"; }
mib() { awk -v k="$1" 'BEGIN {print k / 1024}'; }

server_memory() {
	local run
	ours_at "$PWD/o.db"
	sleep 0.5
	row "memory of the server at rest" "$(mib "$(kib "$ours_pid")")" "the limit" 8 MiB "<= 1"
	run=$(new_run "$ours")
	rate 1 -c 4 "$ours" 60000 POST "$api/runs/log-metric" "$(metric "$run")" >asked
	rate 1 -c 4 "$ours" 20000 GET "$api/runs/get?run_id=$run" >asked
	rate 1 -c 4 "$ours" 10000 POST "$api/runs/create" "$create" >asked
	rate 1 -c 4 "$ours" 10000 POST "$api/runs/search" '{"experiment_ids": ["0"], "max_results": 10}' >asked
	row "... after 100,000 requests" "$(mib "$(kib "$ours_pid")")" "the limit" 16 MiB "<= 1"
}

# moved DIRECTION URL: seconds for 1 GB by curl
moved() {
	local how=(-o /dev/null)
	[ "$1" = down ] || how=(-T big -o /dev/null)
	sync
	curl -sS --fail -w '%{time_total}\n' "${how[@]}" -H 'Expect:' "$2"
}

artifacts() {
	local port up down nginx_up nginx_down
	port=$(free_port)
	head -c 1000000000 /dev/urandom >big
	mkdir -p served/tmp
	cat >nginx.conf <<-EOF2
		$([ "$(id -u)" != 0 ] || echo "user root;") daemon off; pid $PWD/nginx.pid; error_log $PWD/nginx.log; worker_processes 1;
		events {}
		http {
		    access_log off; sendfile on; client_max_body_size 0; client_body_temp_path $PWD/served/tmp;
		    server { listen 127.0.0.1:$port; root $PWD/served; location / { dav_methods PUT; create_full_put_path on; } location /health { return 200; } }
		}
	EOF2
	start_server nginx "$port" nginx -c "$PWD/nginx.conf"
	for _ in 1 2 3; do # the best of three: the disk is shared
		up="${up:-} $(moved up "$ours/api/2.0/mlflow-artifacts/artifacts/big")"
		nginx_up="${nginx_up:-} $(moved up "$nginx/big")"
		down="${down:-} $(moved down "$ours/api/2.0/mlflow-artifacts/artifacts/big")"
		nginx_down="${nginx_down:-} $(moved down "$nginx/big")"
	done
	row "1 GB artifact up" "$(best "$up")" "nginx" "$(best "$nginx_up")" MB/s ">= 0.8 x"
	row "1 GB artifact down" "$(best "$down")" "nginx" "$(best "$nginx_down")" MB/s ">= 0.8 x"
	row "memory of the server after that" "$(mib "$(kib "$ours_pid")")" "the limit" 16 MiB "<= 1"
	servers_end
	rm -r big served files
}
best() { tr ' ' '\n' <<<"$1" | sort -n | awk 'NF {print 1000 / $1; exit}'; }

# From the command's connect to its first answer, which starts mlp-serve.
endpoint_first() {
	local i
	mkdir -p endpoint && cd endpoint
	printf 'entry_points:\n  main:\n    command: "%s"\n' \
		"$load \$MLFLOW_TRACKING_URI 1 GET '/api/2.0/mlflow/runs/get?run_id='\$MLFLOW_RUN_ID" >MLproject
	for i in $(seq 30); do "$mlp" run -q . | awk '{print $3}'; done | sort -n >firsts
	row "an endpoint's first answer, from connect" "$(sed -n 15p firsts)" "the limit" 15 ms "<= 1"
	cd ..
}

# A training loop of MLflow's client, beside the same against a server that does nothing.
training() {
	local a b reply port
	mkdir -p training && cd training
	cat >train.py <<-'EOF2'
		import sys, time
		import mlflow
		with mlflow.start_run():
		    for step in range(50):
		        mlflow.log_metric("warm", step, step=step)
		    start = time.monotonic()
		    for step in range(1500):
		        mlflow.log_metric("loss", 1 / (step + 1), step=step)
		    took = time.monotonic() - start
		print("rate", 1500 / took)
	EOF2
	printf 'entry_points:\n  main:\n    command: "%s train.py"\n' "$mlflow_bin/python" >MLproject
	reply='{"run": {"info": {"run_id": "0123456789abcdef0123456789abcdef", "experiment_id": "0", "status": "RUNNING", "lifecycle_stage": "active", "start_time": 1, "artifact_uri": "/tmp/none"}}, "run_info": {"run_id": "0123456789abcdef0123456789abcdef", "experiment_id": "0", "status": "RUNNING", "lifecycle_stage": "active"}}'
	setsid "$load" serve "$reply" >port &
	servers+=($!)
	until [ -s port ]; do sleep 0.05; done
	port=$(cat port)
	for _ in 1 2 3; do # they take turns
		a="${a:-} $("$mlp" run -q . 2>/dev/null | awk '/^rate/ {print $2}')"
		b="${b:-} $(MLFLOW_TRACKING_URI=http://127.0.0.1:$port MLFLOW_RUN_ID=0123456789abcdef0123456789abcdef \
			"$mlflow_bin/python" train.py 2>/dev/null | awk '/^rate/ {print $2}')"
	done
	row "mlflow.log_metric in a training loop" "$(middle "$a")" "a server that answers {}" "$(middle "$b")" /s ">= 0.9 x"
	servers_end
	cd ..
}
middle() { tr ' ' '\n' <<<"$1" | sort -n | awk 'NF {v[++n] = $1} END {print v[int((n + 1) / 2)]}'; }

server() {
	mlflow_bin=$("$top/tests/lib/mlflow-env.sh" newest)/bin
	export MLFLOW_DISABLE_TELEMETRY=true
	mkdir -p server && cd server
	"${@:-all_of_server}"
	cd ..
}
all_of_server() {
	endpoint_first
	training
	writing
	searching
	server_memory
	artifacts
}
