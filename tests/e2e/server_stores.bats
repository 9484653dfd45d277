#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Databases that the server and a run's endpoint cannot read, write or have to themselves.

load ../lib/cli

setup() {
	cli_setup
	export PYTHONPATH=$BATS_TEST_DIRNAME/../lib
	SERVER=
}
teardown() {
	[ -z "$SERVER" ] || kill -KILL "$SERVER" 2>/dev/null || :
	cli_teardown
}

# As an ordinary user, whom permissions stop.
as_user=()
[ "$(id -u)" != 0 ] || as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
# A server that does not start: $status, $stderr.
refused() {
	status=0
	"${as_user[@]}" "$MLP" server --port 0 "$@" >"$T/stdout" 2>"$T/stderr" || status=$?
	stderr=$(cat "$T/stderr")
	is "$status" 1
	is "$(cat "$T/stdout")" ""
}
# serve COMMAND...: a server in the background, $URL and $SERVER
serve() {
	: >server.err # not what an earlier one said
	"$@" >server.out 2>server.err 3>&- &
	SERVER=$!
	until_true grep -q 'listening on' server.err || { cat server.err >&2; return 1; }
	URL=$(grep -o 'http://[^ ,]*' server.err | head -n 1)
}
stop() {
	kill "$SERVER"
	wait "$SERVER"
	SERVER=
}
py() { U=$URL python3 -c "
import os, sqlite3, threading
from rawhttp import *
U = os.environ['U']
API = '/api/2.0/mlflow/'
$1"; }

@test "a database that may not be read, or not be written" {
	serve "$MLP" server --port 0
	py "same(ask(U, 'POST', API + 'experiments/create', {'name': 'there'}).status, 200)"
	stop
	rm -f server.out server.err
	chmod -R a+rwX "$T"
	chmod 0 mlflow.db
	refused
	has "$stderr" "cannot open database '$T/p/mlflow.db': Permission denied"
	refused --read-only
	has "$stderr" "Permission denied"
	chmod 444 mlflow.db
	refused
	has "$stderr" "mlflow.db' may only be read"
	has "$stderr" "--backend-store-uri"
	chmod a-w .
	refused
	chmod a+w .
	before=$(sha256sum mlflow.db)
	serve "${as_user[@]}" "$MLP" server --port 0 --read-only
	py "
r = ask(U, path=API + 'experiments/get-by-name?experiment_name=there')
same(r.status, 200)
r = ask(U, 'POST', API + 'experiments/create', {'name': 'more'})
same((r.status, r.json()['error_code']), (403, 'PERMISSION_DENIED'))"
	stop
	is "$(sha256sum mlflow.db)" "$before"
}

@test "a database that goes bad while it is served is an error, and the server goes on" {
	serve "$MLP" server --port 0
	py "
same(ask(U, 'POST', API + 'experiments/create', {'name': 'a'}).status, 200)
db = sqlite3.connect('mlflow.db')
db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
db.execute('ALTER TABLE experiments RENAME TO gone')
r = ask(U, path=API + 'experiments/get?experiment_id=0')
same((r.status, r.json()['error_code']), (500, 'INTERNAL_ERROR'))
assert 'experiments' in r.json()['message'], r.body
r = ask(U, 'POST', API + 'experiments/create', {'name': 'b'})
same(r.status, 500)
same(ask(U).status, 200)
db.execute('ALTER TABLE gone RENAME TO experiments')
same(ask(U, 'POST', API + 'experiments/create', {'name': 'b'}).status, 200)"
	stop
	is "$(sql "PRAGMA integrity_check")" ok
}

@test "the write-ahead log does not grow without end while somebody logs without end" {
	serve "$MLP" server --port 0
	py "
import http.client, json, urllib.parse
run = ask(U, 'POST', API + 'runs/create', {'experiment_id': '0'}).json()['run']['info']['run_id']
c = http.client.HTTPConnection(urllib.parse.urlsplit(U).netloc)
longest = 0
for step in range(600):
    metrics = [{'key': f'm{k}', 'value': k, 'timestamp': 1000 + step, 'step': step} for k in range(100)]
    c.request('POST', API + 'runs/log-batch', json.dumps({'run_id': run, 'metrics': metrics}),
        {'Content-Type': 'application/json'})
    r = c.getresponse()
    r.read()
    same(r.status, 200)
    longest = max(longest, os.stat('mlflow.db-wal').st_size)
# it is moved into the database from 64 MB on
assert longest < 100 << 20, longest"
	stop
	is "$(sql "SELECT count(*) FROM metrics")" 60000
}

@test "a database that is removed or replaced while it is served: nothing is lost unsaid" {
	serve "$MLP" server --port 0
	py "
def create(name): return ask(U, 'POST', API + 'experiments/create', {'name': name})
def search(): return ask(U, 'POST', API + 'runs/search', {'experiment_ids': ['0']})
run = ask(U, 'POST', API + 'runs/create', {'experiment_id': '0'}).json()['run']['info']['run_id']
def metric(): return ask(U, 'POST', API + 'runs/log-metric', {'run_id': run, 'key': 'm', 'value': 1, 'timestamp': 1})
same(create('a').status, 200)
same(metric().status, 200)
os.rename('mlflow.db', 'kept.db')
def refused(why):
    for reply in create('b'), search(), metric():
        same((reply.status, reply.json()['error_code']), (500, 'INTERNAL_ERROR'))
        assert 'mlflow.db\' was ' + why + ' while it was in use' in reply.json()['message'], reply.body
    same(ask(U).status, 500)  # who watches is told, too
refused('removed')
assert not os.path.exists('mlflow.db')
open('mlflow.db', 'w').close()
refused('replaced by another file')
os.rename('kept.db', 'mlflow.db')
same((create('b').status, search().status, metric().status), (200, 200, 200))"
	stop
	has "$(cat server.err)" "was removed while it was in use"
	is "$(sql "SELECT name FROM experiments ORDER BY 1")" "$(printf 'Default\na\nb')"
}

@test "another program holds the database for long: who asks again gets through, once" {
	MLP_BUSY_TIMEOUT=200 serve "$MLP" server --port 0
	py "
run = ask(U, 'POST', API + 'runs/create', {'experiment_id': '0'}).json()['run']['info']['run_id']
db = sqlite3.connect('mlflow.db', isolation_level=None)
db.execute('BEGIN IMMEDIATE')
refusals = [0] * 8
def client(k):
    # as MLflow's clients: again, as it is, for 503
    body = {'run_id': run, 'key': 'm%d' % k, 'value': k, 'timestamp': 1, 'step': 0}
    while True:
        r = ask(U, 'POST', API + 'runs/log-metric', body)
        if r.status == 200: return
        same((r.status, r.json()['error_code']), (503, 'TEMPORARILY_UNAVAILABLE'))
        assert 'is locked' in r.json()['message'], r.body
        refusals[k] += 1
threads = [threading.Thread(target=client, args=(k,), daemon=True) for k in range(8)]
for t in threads: t.start()
until(lambda: min(refusals) >= 3)
same(ask(U, path=API + 'runs/get?run_id=' + run).status, 200)  # who reads does not wait
db.execute('COMMIT')
for t in threads: t.join()
rows = db.execute('SELECT key, count(*), max(value) FROM metrics GROUP BY key').fetchall()
same(sorted(rows), [('m%d' % k, 1, float(k)) for k in range(8)])"
	stop
}

@test "a run whose database is held by another program for long records all of it" {
	cp "$BATS_TEST_DIRNAME/../lib/restclient.py" client.py
	cat >train.py <<-'E'
		import sqlite3
		from client import *
		log_metric("before", 1)
		db = sqlite3.connect(os.environ["MLP_STORE_URI"][len("sqlite:///"):], isolation_level=None)
		db.execute("BEGIN IMMEDIATE")
		refused = ask("POST", "runs/log-metric", {"run_id": RUN, "key": "held", "value": 1, "timestamp": 1}, tries=3)
		print(refused["status"], refused["error_code"])
		db.execute("COMMIT")
		log_metric("held", 1)
	E
	main_is '"python3 train.py"'
	MLP_BUSY_TIMEOUT=200 mlp run .
	is "$status" 0
	is "$output" "503 TEMPORARILY_UNAVAILABLE"
	is "$(sql "SELECT key, count(*) FROM metrics GROUP BY key ORDER BY key")" "$(printf 'before|1\nheld|1')"
	is "$(sql "SELECT status FROM runs")" FINISHED
}
