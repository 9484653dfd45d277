#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mlp server, and mlp-serve as a run's endpoint: HTTP, byte by byte where it matters.

load ../lib/cli

setup() {
	cli_setup
	SERVE=$(dirname "$MLP")/../libexec/mlp-serve
	export PYTHONPATH=$BATS_TEST_DIRNAME/../lib
	SERVER=
	# sanitizers and valgrind need memory of their own
	PLAIN=1
	if grep -qa -e __asan_init -e __tsan_init -e valgrind "$SERVE"; then PLAIN=; fi
	export PLAIN
}

teardown() {
	[ -z "$SERVER" ] || kill -KILL "$SERVER" 2>/dev/null || :
	cli_teardown
}

# A server in the background: $URL, $SERVER (its pid), server.err.
serve() {
	: >server.err # not what an earlier one said
	"$MLP" server --port 0 "$@" >server.out 2>server.err 3>&- &
	SERVER=$!
	until_true grep -q 'listening on' server.err || { cat server.err >&2; return 1; }
	URL=$(grep -o 'https\?://[^ ,]*' server.err | head -n 1)
}

# TERM, and its exit status.
stop() {
	local rc=0
	kill "$SERVER"
	wait "$SERVER" || rc=$?
	SERVER=
	return $rc
}

# Python with rawhttp at hand; U is the server's address.
py() { U=${URL:-} SERVE=$SERVE python3 -c "
import os
from rawhttp import *
U, SERVE = os.environ['U'], os.environ['SERVE']
$1"; }

@test "it says where it listens, answers probes, and TERM ends it" {
	serve
	py "
r = ask(U)
same((r.status, r.body), (200, b'OK'))
same(r.headers['x-content-type-options'], 'nosniff')
r = ask(U, path='/version')
same(r.status, 200)
assert tuple(int(n) for n in r.body.split(b'.')) < (3, 4), r.body
asked = 2
def all_counted():  # a request counts when it is over, which its client may know first
    global m, asked
    m = ask(U, path='/metrics').body.decode()
    asked += 1
    return all(x % (asked - 1) in m for x in ('mlp_requests_total{status=\"2xx\"} %d\n', 'mlp_request_duration_seconds_count %d\n'))
until(all_counted)
assert '# TYPE mlp_request_duration_seconds histogram' in m, m"
	stop
	[ -s mlflow.db ]
}

@test "an address that is taken is told, with a way out" {
	serve
	mlp server --port "${URL##*:}"
	is "$status" 1
	has "$stderr" "cannot listen on 127.0.0.1 port ${URL##*:}: Address already in use"
	has "$stderr" "--port takes another number"
}

@test "what cannot be served is told before anybody connects" {
	echo 'no database, but a text that is long enough to be read as a header' >notes
	for i in $(seq 20); do cat notes; done >foreign
	mlp server --port 0 --backend-store-uri sqlite:///foreign
	is "$status" 1
	has "$stderr" "foreign' is not an MLflow database"
	has "$stderr" "--backend-store-uri"
	mlp server --port 0 --backend-store-uri postgresql://db/x
	is "$status" 2
	has "$stderr" "(from --backend-store-uri): only an SQLite database"
	has "$stderr" "name a local database: --backend-store-uri sqlite:///FILE"
	mlp server --port 0 --artifacts-destination s3://bucket
	is "$status" 2
	has "$stderr" "'s3://bucket' is no directory of this machine"
	mlp server --port 0 --artifacts-destination .
	is "$status" 1
	has "$stderr" "mlflow.db' lies in the artifacts' destination"
	mlp server --port 70000
	is "$status" 2
	MLFLOW_PORT=many mlp server
	is "$status" 2
	has "$stderr" "MLFLOW_PORT: 'many' is no number"
	MLFLOW_ARTIFACTS_DESTINATION=s3://bucket mlp server --port 0
	has "$stderr" "MLFLOW_ARTIFACTS_DESTINATION: 's3://bucket' is no directory"
	MLFLOW_SERVE_ARTIFACTS=perhaps mlp server --port 0
	is "$status" 2
	has "$stderr" "MLFLOW_SERVE_ARTIFACTS: 'perhaps' is neither true nor false"
	MLFLOW_BACKEND_STORE_URI=postgresql://db/x mlp server --port 0
	has "$stderr" "(from MLFLOW_BACKEND_STORE_URI): only an SQLite database"
	has "$stderr" "name a local database: --backend-store-uri sqlite:///FILE"
	mlp server --port 0 --host nowhere.invalid
	is "$status" 1
	has "$stderr" "cannot listen on 'nowhere.invalid'"
	mlp server --port 0 --log-format xml
	is "$status" 2
	mlp server --port 0 --access-log /nowhere/log
	is "$status" 1
	has "$stderr" "cannot write the access log '/nowhere/log'"
	mlp server --port 0 --static-prefix x --tls-cert c.pem
	is "$status" 1
	has "$stderr" "--tls-cert and --tls-key"
}

@test "other machines get in only with passwords, or when it is said to be insecure" {
	mlp server --port 0 --host 0.0.0.0
	is "$status" 1
	has "$stderr" "can be reached by other machines"
	has "$stderr" "--auth FILE"
	serve --host 0.0.0.0 --insecure-no-auth
	py "
port = U.rsplit(':', 1)[1]
U = 'http://127.0.0.1:' + port
same(ask(U, path='/api/2.0/mlflow/experiments/get?experiment_id=0').status, 200)
own = {'Host': socket.gethostname() + ':' + port}
same(ask(U, path='/metrics', headers=own).status, 200)
same(ask(U, path='/metrics', headers={'Host': '10.0.0.1:' + port}).status, 403)"
}

@test "unknown routes and methods are refused as MLflow refuses them, in JSON" {
	serve
	py "
r = ask(U, path='/api/2.0/mlflow/nothing')
same((r.status, r.json()['error_code']), (404, 'ENDPOINT_NOT_FOUND'))
same(r.headers['content-type'], 'application/json')
same(ask(U, path='/').status, 404)
same(ask(U, 'POST', '/v1/traces', b'x').status, 404)
r = ask(U, 'DELETE', '/api/2.0/mlflow/runs/create')
same(r.status, 405)
assert 'POST' in r.headers['allow'], r.headers
for method in 'BREW', 'OPTIONS', 'TRACE':
    same(ask(U, method, '/health').status, 405)
r = ask(U, 'HEAD', '/health')
same((r.status, r.headers['content-length']), (200, '2'))"
}

@test "Host must be the server's own, and no page of another site may change anything" {
	serve --allowed-hosts 'mlflow.example.org, *.lab:81'
	py "
port = ':' + U.rsplit(':', 1)[1]
path = '/api/2.0/mlflow/experiments/get?experiment_id=0'
def host_is(h, path=path): return ask(U, path=path, headers={'Host': h})
for h in '127.0.0.1' + port, 'localhost' + port, 'LOCALHOST' + port, '[::1]' + port, \
        'mlflow.example.org', 'mlflow.example.org:99', 'a.lab:81':
    same((h, host_is(h).status), (h, 200))
for h in '127.0.0.1', 'localhost', 'localhost:1', 'evil.example' + port, 'localhost' + port + '.', \
        '127.0.0.1.evil.example' + port, 'a.lab:82', '', port, 'localhost' + port + '/', None:
    same((h, host_is(h).status), (h, 403))
same(host_is('evil.example').body, b'Invalid Host header - possible DNS rebinding attack detected')
same(host_is('evil.example', '/health').status, 200)
def origin_is(o, method='POST'):
    return ask(U, method, '/api/2.0/mlflow/runs/search', b'{}', {'Origin': o}).status
for o in 'http://localhost:3000', 'http://127.0.0.1', 'http://[::1]:1', 'http://127.0.0.1' + port:
    same((o, origin_is(o)), (o, 200))
for o in 'http://evil.example', 'null', 'https://localhost.evil.example', '', 'http://localhost@evil.example', \
        'file://', 'http://127.0.0.1.evil.example':
    same((o, origin_is(o)), (o, 403))
same(origin_is('http://evil.example', 'GET'), 405)"
}

@test "the static prefix stands before every path" {
	serve --static-prefix /team/mlflow
	has "$(cat server.err)" "/team/mlflow, store"
	py "
U = U[:U.index('/team')]
for path, status in ('/team/mlflow/health', 200), ('/health', 404), ('/team/mlflowx/health', 404), \
        ('/team/mlflow/api/2.0/mlflow/experiments/get?experiment_id=0', 200), ('/team/mlflow', 404), \
        ('/api/2.0/mlflow/experiments/get?experiment_id=0', 404):
    same((path, ask(U, path=path).status), (path, status))"
}

@test "queries are decoded as forms, paths once; text that is not UTF-8 does no harm" {
	serve
	py "
for name in 'a b+c%41', 'é/ü', '100%', 'a&b=c':
    r = ask(U, 'POST', '/api/2.0/mlflow/experiments/create', {'name': name})
    same(r.status, 200)
    id = r.json()['experiment_id']
    from urllib.parse import quote_plus
    r = ask(U, path='/api/2.0/mlflow/experiments/get-by-name?experiment_name=' + quote_plus(name))
    same((r.status, r.json()['experiment']['experiment_id']), (200, id))
get = '/api/2.0/mlflow/experiments/get-by-name?experiment_name='
same(ask(U, path=get + '%FF%FE').status, 404)
same(ask(U, path=get + '%00').status, 404)
same(ask(U, path=get + '%zz%').status, 404)
same(ask(U, path=get + '&&=&experiment_name').status, 400)
for path in '/%FF', '/a%00b', '/%z', '/api/%C0%AF':
    same((path, ask(U, path=path).status), (path, 400))
# what no text can hold is replaced: a batch is not refused because of it
id = ask(U, 'POST', '/api/2.0/mlflow/runs/create', {}).json()['run']['info']['run_id']
r = ask(U, 'POST', '/api/2.0/mlflow/runs/log-batch', {'run_id': id, 'params': [{'key': 'nul', 'value': 'a\\0b'}, {'key': 'x', 'value': '1'}]})
same((r.status, r.body), (200, b'{}'))
r = ask(U, path='/api/2.0/mlflow/runs/get?run_id=' + id).json()['run']['data']['params']
same({p['key']: p['value'] for p in r}, {'nul': 'a\ufffdb', 'x': '1'})
deep = b'{\"x\":' + b'[' * 100000 + b']' * 100000 + b'}'
assert ask(U, 'POST', '/api/2.0/mlflow/runs/create', deep).status in (200, 400)
assert ask(U, 'POST', '/api/2.0/mlflow/experiments/create', b'{\"name\": \"\xff\"}').status in (200, 400)
same(ask(U).status, 200)"
}

@test "equal creates by clients that want their connections closed are two" {
	serve
	py "
body = {'experiment_id': '0', 'start_time': 1, 'run_name': 'n'}
def create(**more):
    r = ask(U, 'POST', '/api/2.0/mlflow/runs/create', body, **more)
    same(r.status, 200)
    return r.json()['run']['info']['run_id']
ids = [create(headers={'Connection': 'close'}) for i in range(20)]
ids += [create(version='1.0') for i in range(20)]
ids += [create() for i in range(20)]
same(len(set(ids)), 60)"
}

@test "HTTP/1.0, keep-alive, pipelining and chunks" {
	serve
	py "
r = send(U, request(U, version='1.0'))
same((r.status, r.body), (200, b'OK'))
with connect(U) as s:
    s.sendall(request(U, version='1.0'))
    assert s.makefile('rb').read().endswith(b'OK')  # and closes
with connect(U) as s:
    f = s.makefile('rb')
    for i in range(50):
        s.sendall(request(U))
        same(reply(f).body, b'OK')
with connect(U) as s:
    f = s.makefile('rb')
    s.sendall(b''.join(request(U, 'POST', '/api/2.0/mlflow/experiments/create', b'{\"name\":\"p%d\"}' % i) for i in range(50)))
    ids = [reply(f).json()['experiment_id'] for i in range(50)]
same(len(set(ids)), 50)
chunked = {'Content-Length': None, 'Transfer-Encoding': 'chunked'}
with connect(U) as s:
    s.sendall(request(U, 'POST', '/api/2.0/mlflow/experiments/create', headers=chunked))
    for piece in b'{\"na', b'me\":', b'\"chunks\"}', b'':
        s.sendall(b'%x\r\n%s\r\n' % (len(piece), piece))
        time.sleep(0.02)
    same(reply(s.makefile('rb')).status, 200)
same(ask(U, path='/api/2.0/mlflow/experiments/get-by-name?experiment_name=chunks').status, 200)
assert send(U, b'nonsense\r\n\r\n') is None or True
for bad in b'GET\r\n\r\n', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc', b'GET /health HTTP/9.9\r\n\r\n', \
        b'GET /' + b'x' * 100000 + b' HTTP/1.1\r\n\r\n', b'GET / HTTP/1.1\r\n' + b'A: b\r\n' * 20000 + b'\r\n', \
        b'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', \
        b'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n':
    try:
        with connect(U) as s:
            s.sendall(bad)
            s.shutdown(socket.SHUT_WR)
            r = reply(s.makefile('rb'))
            assert r is None or r.status >= 400, (bad[:20], r.status)
    except OSError:
        pass  # it was cut off, which is an answer, too
same(ask(U).status, 200)"
}

@test "a body of more than 32 MiB is refused, in one piece or in chunks; 20 MiB are not" {
	serve
	py "
create = '/api/2.0/mlflow/experiments/create'
r = ask(U, 'POST', create, b'{\"x\":\"' + b'y' * (20 << 20) + b'\",\"name\":\"big\"}')
same(r.status, 200)
r = ask(U, 'POST', create, b' ' * (100 << 20))
same((r.status, r.json()['error_code']), (413, 'INVALID_PARAMETER_VALUE'))
r = ask(U, 'POST', create, b' ' * ((32 << 20) + 1))
same(r.status, 413)
with connect(U) as s:
    s.sendall(request(U, 'POST', create, headers={'Content-Length': None, 'Transfer-Encoding': 'chunked'}))
    for i in range(40):
        s.sendall(b'100000\r\n' + b' ' * (1 << 20) + b'\r\n')
    s.sendall(b'0\r\n\r\n')
    same(reply(s.makefile('rb')).status, 413)
r = ask(U, 'POST', create, b'', {'Content-Length': str(100 << 20), 'Expect': '100-continue'})
same(r.status, 413)
resident_below(U, 40)  # none of it was kept"
}

@test "clients that vanish or dawdle harm nobody" {
	serve
	py "
create = '/api/2.0/mlflow/experiments/create'
for i in range(50):  # in the middle of the head, of the body, before the reply
    with connect(U) as s: s.sendall(b'POST ' + create.encode() + b' HTT')
    with connect(U) as s: s.sendall(request(U, 'POST', create, b'{\"name\":\"half\"', {'Content-Length': '100'}))
    with connect(U) as s: s.sendall(request(U, 'POST', create, b'{\"name\":\"v%d\"}' % i))
slow = connect(U)
for c in request(U):  # byte by byte, while others are served
    slow.sendall(bytes([c]))
    if c == 32: same(ask(U).status, 200)
same(reply(slow.makefile('rb')).body, b'OK')
same(ask(U, path='/api/2.0/mlflow/experiments/get-by-name?experiment_name=half').status, 404)
until(lambda: b'mlp_connections 2\n' in ask(U, path='/metrics').body)
slow.close()
until(lambda: b'mlp_requests_active 1\n' in ask(U, path='/metrics').body)"
}

@test "2,000 idle connections are held, and others are served" {
	[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 2600 ] ||
		skip "no more than $(ulimit -Hn) open files here"
	serve
	py "
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (2500, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
held = []
for i in range(2000):
    s = connect(U)
    if i % 2: s.sendall(request(U))
    held.append(s)
for s in held[1::2]: same(reply(s.makefile('rb')).body, b'OK')
until(lambda: b'mlp_connections 2001\n' in ask(U, path='/metrics').body)
for s in held[::100] + held[1::100]:
    s.sendall(request(U))
    same(reply(s.makefile('rb')).body, b'OK')"
}

@test "artifacts: put, get, ranges, list, delete" {
	serve
	py "
A = '/api/2.0/mlflow-artifacts/artifacts'
def put(path, body, **h): return ask(U, 'PUT', A + path, body, {'Content-Type': 'text/plain', **h})
same(put('/1/r/artifacts/y%20z+%25.txt', b'hello world').status, 200)
same(open('mlartifacts/1/r/artifacts/y z+%.txt').read(), 'hello world')
r = ask(U, path=A + '/1/r/artifacts/y%20z+%25.txt')
same((r.status, r.body, r.headers['content-type']), (200, b'hello world', 'text/plain'))
assert r.headers['content-disposition'].startswith('attachment;'), r.headers
tag = r.headers['etag']
same(ask(U, path=A + '/1/r/artifacts/y%20z+%25.txt', headers={'If-None-Match': tag}).status, 304)
def part(spec):
    r = ask(U, path=A + '/1/r/artifacts/y%20z+%25.txt', headers={'Range': spec})
    return r.status, r.body, r.headers.get('content-range')
same(part('bytes=0-4'), (206, b'hello', 'bytes 0-4/11'))
same(part('bytes=6-'), (206, b'world', 'bytes 6-10/11'))
same(part('bytes=-3'), (206, b'rld', 'bytes 8-10/11'))
same(part('bytes=4-99'), (206, b'o world', 'bytes 4-10/11'))
same(part('bytes=11-')[0], 416)
same(part('lines=1'), (200, b'hello world', None))
same(part('bytes=5-1'), (200, b'hello world', None))
def rest_if(tag): return ask(U, path=A + '/1/r/artifacts/y%20z+%25.txt', headers={'Range': 'bytes=6-', 'If-Range': tag}).body
same((rest_if(tag), rest_if('\"other\"'), rest_if('Sat, 21 Nov 2026 10:00:00 GMT')), (b'world', b'hello world', b'hello world'))
r = ask(U, 'HEAD', A + '/1/r/artifacts/y%20z+%25.txt')
same((r.status, r.headers['content-length']), (200, '11'))
same(put('/1/r/artifacts/y%20z+%25.txt', b'new').status, 200)
same(ask(U, path=A + '/1/r/artifacts/y%20z+%25.txt').body, b'new')
with connect(U) as s:  # an empty file comes in chunks
    s.sendall(request(U, 'PUT', A + '/1/r/artifacts/dir/empty', headers={'Content-Length': None, 'Transfer-Encoding': 'chunked'}) + b'0\r\n\r\n')
    same(reply(s.makefile('rb')).status, 200)
same(os.path.getsize('mlartifacts/1/r/artifacts/dir/empty'), 0)
def files(path):
    r = ask(U, path=A + '?path=' + path)
    same(r.status, 200)
    return r.json()
same(files('1/r/artifacts'), {'files': [{'path': 'dir', 'is_dir': True}, {'path': 'y z+%.txt', 'is_dir': False, 'file_size': 3}]})
same(files('1%2Fr%2Fartifacts%2Fdir'), {'files': [{'path': 'empty', 'is_dir': False}]})
for nothing in '1/r/artifacts/dir/empty', 'nothing', '1/r/artifacts/dir/empty/below': same(files(nothing), {})
r = ask(U, path=A + '/1/none.txt')
same((r.status, r.json()), (404, {'error_code': 'RESOURCE_DOES_NOT_EXIST', 'message': \"No such artifact: '1/none.txt'\"}))
same(ask(U, path=A + '/1/r').status, 400)
same(ask(U, 'POST', A + '/1/r').status, 405)
for path in '/mpu/create/x', '/presigned/x':
    same(ask(U, path='/api/2.0/mlflow-artifacts' + path).status, 501)
r = ask(U, 'POST', '/api/2.0/mlflow-artifacts/mpu/create/x')
assert r.json()['message'].startswith('Multipart upload is not supported for the current artifact repository'), r.json()
same(ask(U, 'DELETE', A + '/1/r/artifacts/dir').json(), {})
same(ask(U, 'DELETE', A + '/1/r/artifacts/dir').json(), {})
same(os.listdir('mlartifacts/1/r/artifacts'), ['y z+%.txt'])
r = ask(U, 'DELETE', A + '/1/r/' + 'n' * 256)
same((r.status, r.json()['message']), (400, 'Invalid path'))
same(ask(U, path='/ajax-api/2.0/mlflow-artifacts/artifacts?path=1').json(), {'files': [{'path': 'r', 'is_dir': True}]})"
}

@test "no artifact path leads out of the directory" {
	mkdir -p outside mlartifacts/1
	echo secret >outside/secret
	ln -s "$PWD/outside" mlartifacts/1/link
	ln -s ../../outside/secret mlartifacts/1/file
	mkfifo mlartifacts/1/pipe
	serve
	py "
A = '/api/2.0/mlflow-artifacts/artifacts'
out = ['..', '../outside/secret', '1/../../outside/secret', '%2e%2e/outside/secret', '1/%2E./../outside/secret',
       '..%2foutside%2fsecret', '%2Fetc/passwd', '/etc/passwd', '1/link/secret', '1/link', '1/file', '1/pipe', '1/x%23y',
       '%00', '1/%ff', 'C%3A/x', 'a' * 300, '/'.join(['d'] * 3000)]
for p in out:
    for method in 'GET', 'PUT':
        if (p, method) in (('1/pipe', 'PUT'), ('1/file', 'PUT'), ('1/link', 'PUT')): continue
        r = ask(U, method, A + '/' + p, b'evil' if method == 'PUT' else b'')
        assert r.status in (400, 404), (method, p, r.status, r.body)
        assert b'secret' not in r.body.replace(b'link/secret', b''), r.body
    r = ask(U, path=A + '?path=' + p)
    assert r.status == 400 or r.body == b'{}', (p, r.status, r.body)
for p in out[:9]: assert ask(U, 'DELETE', A + '/' + p).status in (400, 404), p
same(ask(U, 'DELETE', A + '/').status, 404)
same(ask(U, 'DELETE', A + '/.').status, 400)
same(ask(U, 'DELETE', A + '/1/link').status, 200)  # the link itself
same(ask(U, 'PUT', A + '/1/file', b'mine').status, 200)  # takes the link's place
same(ask(U, 'PUT', A + '/1/.mlp-upload-0', b'x').status, 400)
same(ask(U, 'PUT', A + '/1', b'x').status, 400)  # a directory is there
same(ask(U, 'PUT', A + '/1/file/below', b'x').status, 400)
same(ask(U, path=A + '?path=1').json(), {'files': [{'path': 'file', 'is_dir': False, 'file_size': 4}]})
r = ask(U, 'PUT', A + '/1/a%0Ab', b'x')
same((r.status, os.path.exists('mlartifacts/1/a%0Ab')), (200, True))
"
	is "$(ls outside)" secret
	is "$(cat outside/secret)" secret
}

@test "an upload that is cut off leaves nothing, and the old file stays" {
	serve
	py "
A = '/api/2.0/mlflow-artifacts/artifacts/1/model.bin'
same(ask(U, 'PUT', A, b'old').status, 200)
for chunked in False, True:
    with connect(U) as s:
        h = {'Content-Length': '1000000'}
        if chunked: h = {'Content-Length': None, 'Transfer-Encoding': 'chunked'}
        s.sendall(request(U, 'PUT', A, headers=h) + (b'2710\r\n' if chunked else b'') + b'x' * 10000)
        until(lambda: b'mlp_requests_active 2\n' in ask(U, path='/metrics').body)
    until(lambda: b'mlp_requests_active 1\n' in ask(U, path='/metrics').body)
    same(ask(U, path=A).body, b'old')
    same(os.listdir('mlartifacts/1'), ['model.bin'])
s = connect(U)
s.sendall(request(U, 'PUT', A, headers={'Content-Length': '1000000'}) + b'x' * 10000)
until(lambda: b'mlp_requests_active 2\n' in ask(U, path='/metrics').body)"
	kill -KILL "$SERVER"
	wait "$SERVER" || :
	is "$(ls -A mlartifacts/1)" model.bin
	is "$(cat mlartifacts/1/model.bin)" old
}

@test "what cannot be written is an error that clients repeat, and leaves nothing" {
	ulimit -f 4096 # KiB
	serve
	py "
A = '/api/2.0/mlflow-artifacts/artifacts/1/'
same(ask(U, 'PUT', A + 'small', b'x' * (1 << 20)).status, 200)
r = ask(U, 'PUT', A + 'large', b'x' * (8 << 20))
same((r.status, r.json()['error_code']), (500, 'INTERNAL_ERROR'))
same(os.listdir('mlartifacts/1'), ['small'])
same(ask(U, 'POST', '/api/2.0/mlflow/experiments/create', {'name': 'on'}).status, 200)"
	has "$(cat server.err)" "cannot write artifact '1/large'"
}

@test "a large artifact goes up and down as it is, also to a slow reader" {
	serve
	py "
import hashlib
A = '/api/2.0/mlflow-artifacts/artifacts/1/big'
data = os.urandom(1 << 20) * 64
same(ask(U, 'PUT', A, data).status, 200)
with connect(U) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.sendall(request(U, path=A))
    f = s.makefile('rb', 4096)
    first = f.readline()
    for i in range(20): f.read(100); same(ask(U).status, 200)
r = ask(U, path=A)
assert r.body == data
resident_below(U, 24)"
}

@test "the artifacts of a run by its id" {
	serve
	py "
r = ask(U, 'POST', '/api/2.0/mlflow/runs/create', {'experiment_id': '0', 'start_time': 1})
info = r.json()['run']['info']
assert info['artifact_uri'].startswith('mlflow-artifacts:/0/'), info
path = info['artifact_uri'][len('mlflow-artifacts:'):]
same(ask(U, 'PUT', '/api/2.0/mlflow-artifacts/artifacts' + path + '/plots/a.png', b'PNG').status, 200)
get = '/get-artifact?run_id=' + info['run_id'] + '&path='
r = ask(U, path=get + 'plots%2Fa.png')
same((r.status, r.body, r.headers['content-type']), (200, b'PNG', 'image/png'))
same(ask(U, path=get + '..%2F..%2Fx').status, 400)
same(ask(U, path=get + 'none').status, 404)
same(ask(U, path='/get-artifact?run_id=none&path=x').status, 404)
same(ask(U, path='/get-artifact').status, 400)
r = ask(U, 'POST', '/api/2.0/mlflow/experiments/create', {'name': 'e', 'artifact_location': '/etc'})
r = ask(U, 'POST', '/api/2.0/mlflow/runs/create', {'experiment_id': r.json()['experiment_id']})
r = ask(U, path='/get-artifact?path=x&run_id=' + r.json()['run']['info']['run_id'])
same(r.status, 501)"
}

@test "without artifacts: 501, which clients do not repeat, and local locations" {
	serve --no-serve-artifacts
	py "
same(ask(U, path='/api/2.0/mlflow-artifacts/artifacts?path=x').status, 501)
same(ask(U, 'PUT', '/api/2.0/mlflow-artifacts/artifacts/x', b'x').status, 501)
e = ask(U, path='/api/2.0/mlflow/experiments/get?experiment_id=0').json()['experiment']
same(e['artifact_location'], os.getcwd() + '/mlruns/0')"
	[ ! -e mlartifacts ]
	stop
	MLFLOW_SERVE_ARTIFACTS=No serve
	py "same(ask(U, path='/api/2.0/mlflow-artifacts/artifacts?path=x').status, 501)"
}

@test "a read-only server answers, and changes nothing" {
	serve
	py "same(ask(U, 'PUT', '/api/2.0/mlflow-artifacts/artifacts/x', b'x').status, 200)"
	stop
	before=$(sha256sum mlflow.db)
	serve --read-only
	py "
same(ask(U, path='/api/2.0/mlflow/experiments/get?experiment_id=0').status, 200)
same(ask(U, path='/api/2.0/mlflow-artifacts/artifacts/x').body, b'x')
for method, path in ('POST', '/api/2.0/mlflow/runs/create'), ('PUT', '/api/2.0/mlflow-artifacts/artifacts/y'), \
        ('DELETE', '/api/2.0/mlflow-artifacts/artifacts/x'):
    r = ask(U, method, path, b'{}')
    same((r.status, r.json()['error_code']), (403, 'PERMISSION_DENIED'))"
	stop
	is "$(sha256sum mlflow.db)" "$before"
	is "$(ls mlartifacts)" x
	mlp server --port 0 --read-only --backend-store-uri sqlite:///none.db
	is "$status" 1
	has "$stderr" "there is no database"
}

# hash PASSWORD SALT
hash() { perl -e 'print crypt($ARGV[0], $ARGV[1])' "$1" "$2"; }

@test "passwords: basic and bearer, changed by HUP; a file that is wrong is told" {
	printf '# people\nann:%s\n\nci:%s\n' "$(hash sesame '$6$saltsalt')" "$(hash t0ken '$5$saltsalt')" >users
	serve --auth users --access-log log
	py "
import base64
path = '/api/2.0/mlflow/experiments/get?experiment_id=0'
def status(auth): return ask(U, path=path, headers={'Authorization': auth}).status
def basic(text): return 'Basic ' + base64.b64encode(text.encode()).decode()
r = ask(U, path=path)
same((r.status, r.json()['error_code'], r.headers['www-authenticate']), (401, 'UNAUTHENTICATED', 'Basic realm=\"mlflow\"'))
for auth in basic('ann:sesame'), basic('ann:sesame'), basic('ci:t0ken'), 'Bearer ci:t0ken', 'basic ' + basic('ann:sesame')[6:]:
    same((auth, status(auth)), (auth, 200))
for auth in basic('ann:sesam'), basic('ann:sesame2'), basic('bob:sesame'), basic('ann'), basic(':'), 'Basic !', 'Basic', \
        '', 'Bearer t0ken', 'Bearer ' + 'x' * 5000, 'Digest x', basic('# people:x'), basic('x' * 200 + ':y'):
    same((auth[:60], status(auth)), (auth[:60], 401))
for path in '/metrics', '/api/2.0/mlflow-artifacts/artifacts?path=', '/none', '/get-artifact':
    same((path, ask(U, path=path).status), (path, 401))
same(ask(U, path='/health').status, 200)
same(ask(U, 'PUT', '/api/2.0/mlflow-artifacts/artifacts/x', b'x').status, 401)"
	[ ! -e mlartifacts/x ]
	grep -q ' ann GET .* 200 ' log
	lacks "$(cat log)" sesame
	echo "bob:$(hash other '$6$saltsalt')" >users
	kill -HUP "$SERVER"
	py "
import base64
def status(text):
    return ask(U, path='/metrics', headers={'Authorization': 'Basic ' + base64.b64encode(text).decode()}).status
until(lambda: status(b'bob:other') == 200)
same(status(b'ann:sesame'), 401)"
	echo "bob:plain" >users
	kill -HUP "$SERVER"
	until_true grep -q "users', line 1" server.err
	py "
import base64
same(ask(U, path='/metrics', headers={'Authorization': 'Basic ' + base64.b64encode(b'bob:other').decode()}).status, 200)"
	stop
	mlp server --port 0 --auth users
	is "$status" 1
	has "$stderr" "users', line 1: the password of 'bob' is not hashed in a way that is known"
	has "$stderr" "htpasswd -B"
	: >users
	mlp server --port 0 --auth users
	has "$stderr" "has no user"
	echo nonsense >users
	mlp server --port 0 --auth users
	has "$stderr" "it is not NAME:HASH"
	mlp server --port 0 --auth none
	is "$status" 1
	has "$stderr" "password file"
}

@test "HTTPS; a certificate or key that is wrong is told" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem \
		-days 2 -subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>openssl.err
	openssl ecparam -name prime256v1 -genkey -noout -out other.pem 2>>openssl.err
	echo nonsense >bad.pem
	for pair in 'bad.pem key.pem' 'cert.pem bad.pem' 'cert.pem other.pem' 'none.pem key.pem'; do
		mlp server --port 0 --tls-cert "${pair% *}" --tls-key "${pair#* }"
		is "$status" 1
		has "$stderr" "${pair%% *}"
	done
	serve --tls-cert cert.pem --tls-key key.pem
	has "$URL" https://127.0.0.1:
	py "
import ssl, urllib.request
c = ssl.create_default_context(cafile='cert.pem')
same(urllib.request.urlopen(U + '/health', context=c).read(), b'OK')
data = os.urandom(1 << 20) * 3
A = U + '/api/2.0/mlflow-artifacts/artifacts/1/big'
urllib.request.urlopen(urllib.request.Request(A, data, method='PUT'), context=c)
assert urllib.request.urlopen(A, context=c).read() == data
try:
    r = send(U, request(U))
    assert r is None or r.status >= 400
except OSError: pass  # cut off: this is no TLS"
	lacks "$(cat server.err)" PRIVATE
}

@test "the access log: text and JSON, reopened by HUP; no query, no key" {
	serve --access-log log
	py "
r = ask(U, path='/api/2.0/mlflow/experiments/get?experiment_id=0&secret=s3', headers={'User-Agent': 'me/1 \"x\"\x1b'})
same(r.status, 200)
assert r.headers['x-request-id']
same(ask(U, headers={'X-Request-Id': 'mine-1'}).headers['x-request-id'], 'mine-1')
assert ask(U, headers={'X-Request-Id': 'a b'}).headers['x-request-id'] != 'a b'"
	until_true eval '[ "$(wc -l <log)" -ge 3 ]'
	grep -qE '^20[0-9-]+T[0-9:.]+Z 127\.0\.0\.1 - GET /api/2\.0/mlflow/experiments/get 200 [0-9]+ [0-9.]+ms [0-9a-f]{8}-1 "me/1 "x"\\x1b"$' log
	grep -q ' mine-1 ' log
	lacks "$(cat log)" s3
	mv log log.1
	kill -HUP "$SERVER"
	until_true test -e log
	py "ask(U)"
	until_true grep -q /health log
	stop
	serve --access-log - --log-format json
	py "ask(U, path='/health?x')"
	until_true test -s server.out
	output=$(cat server.out)
	is "$(json 'j["method"], j["path"], j["status"], j["bytes"], j["peer"]')" "('GET', '/health', 200, 2, '127.0.0.1')"
}

@test "sockets are taken over as systemd hands them over" {
	U= SERVE=$SERVE MLP=$MLP python3 -c "
from rawhttp import *
s = socket.create_server(('127.0.0.1', 0))
def hand_over():
    os.dup2(s.fileno(), 3)
    os.environ['LISTEN_PID'] = str(os.getpid())
def start(pid):
    return subprocess.Popen(['sh', '-c', 'LISTEN_PID=' + pid + ' exec \"\$@\"', 'sh', os.environ['MLP'], 'server', '--port', '0'],
        close_fds=False, preexec_fn=lambda: os.dup2(s.fileno(), 3), stderr=subprocess.PIPE, env={**os.environ, 'LISTEN_FDS': '1'})
U = 'http://127.0.0.1:%d' % s.getsockname()[1]
p = start('\$\$')
assert str(s.getsockname()[1]).encode() in p.stderr.readline()
same(ask(U).status, 200)
p.terminate()
same(p.wait(20), 0)
p = start('1')  # meant for somebody else
assert str(s.getsockname()[1]).encode() not in p.stderr.readline()
p.terminate()
same(p.wait(20), 0)"
}

@test "TERM lets a request finish that is under way" {
	serve
	py "
import sqlite3, threading
ask(U, 'POST', '/api/2.0/mlflow/experiments/create', {'name': 'a'})
db = sqlite3.connect('mlflow.db', isolation_level=None)
db.execute('BEGIN IMMEDIATE')
s = connect(U)
s.sendall(request(U, 'POST', '/api/2.0/mlflow/experiments/create', b'{\"name\":\"late\"}'))
until(lambda: b'mlp_requests_active 2\n' in ask(U, path='/metrics').body)
os.kill($SERVER, signal.SIGTERM)
time.sleep(0.2)
db.execute('COMMIT')
same(reply(s.makefile('rb')).status, 200)"
	wait "$SERVER"
	is "$(sql "SELECT count(*) FROM experiments WHERE name = 'late'")" 1
}

@test "another program holds the database: an error that clients repeat" {
	MLP_BUSY_TIMEOUT=200 serve
	py "
import sqlite3
create = '/api/2.0/mlflow/experiments/create'
ask(U, 'POST', create, {'name': 'a'})
db = sqlite3.connect('mlflow.db', isolation_level=None)
db.execute('BEGIN IMMEDIATE')
r = ask(U, 'POST', create, {'name': 'b'})
same((r.status, r.json()['error_code']), (503, 'TEMPORARILY_UNAVAILABLE'))
same(ask(U, path='/api/2.0/mlflow/experiments/get?experiment_id=0').status, 200)
db.execute('COMMIT')
same(ask(U, 'POST', create, {'name': 'b'}).status, 200)"
}

endpoint() { py "
store = os.getcwd() + '/mlflow.db'
e = Endpoint(SERVE, store, experiment_id=0)
$1"; }

@test "a run's endpoint: the key, the events, the end" {
	endpoint "
same([x['event'] for x in e.events], ['hello', 'ready'])
same(e.ask().status, 200)
same(e.ask(path='/api/2.0/mlflow/experiments/get?experiment_id=0').status, 200)
for path in '/health', '/', '/' + 'k' * 31 + '/health', '/' + 'k' * 33 + '/health', '/' + 'K' * 32 + '/health', \
        '/' + 'k' * 31 + 'x/health', '//' + 'k' * 32 + '/health', '/%6b' + 'k' * 31 + '/health', \
        '/api/2.0/mlflow/experiments/get?experiment_id=0':
    r = ask(e.base, path=path)
    same((path, r.status, r.body), (path, 404, b'Not Found\n'))
same(ask(e.base, 'POST', '/api/2.0/mlflow/runs/create', b'{}').status, 404)
same(ask(e.base, path=e.key).status, 404)
same(e.ask(path='/metrics', headers={'Host': 'localhost:%d' % e.port}).status, 200)
same(e.ask(path='/metrics', headers={'Host': 'evil.example:%d' % e.port}).status, 403)
same(e.ask('POST', '/api/2.0/mlflow/runs/search', b'{}', {'Origin': 'http://evil.example'}).status, 403)
same(e.ask(path='/api/2.0/mlflow-artifacts/artifacts').status, 501)
r = e.api('runs/create', {'experiment_id': '0', 'start_time': 7})
assert r.json()['run']['info']['artifact_uri'].startswith(os.getcwd() + '/mlruns/0/'), r.json()
same(e.stop(), 0)
same(e.child.stdout.read(), b'')"
}

@test "an endpoint tells of the look-up of another experiment, once" {
	endpoint "
get = '/api/2.0/mlflow/experiments/get'
e.ask(path=get + '-by-name?experiment_name=Default')
e.ask(path=get + '?experiment_id=0')
e.ask(path=get + '-by-name?experiment_name=other+one')
e.ask(path=get + '-by-name?experiment_name=third')
same(e.event(), {'event': 'experiment', 'name': 'other one'})
e.stop()
same(e.event(), {'event': 'end'})"
}

@test "an endpoint that cannot work says why as an event" {
	mkdir store
	py "
e = Endpoint(SERVE, os.getcwd() + '/store')
same([x['event'] for x in e.events], ['hello', 'error'])
assert 'is a directory' in e.events[1]['message'], e.events
same(e.child.wait(), 1)
e = Endpoint(SERVE, os.getcwd() + '/x.db', key='short')
assert 'key' in e.events[1]['message'], e.events
e = Endpoint(SERVE, os.getcwd() + '/x.db', mlp='0.0.1')
assert 'install them together' in e.events[1]['message'], e.events
e = Endpoint(SERVE, os.getcwd() + '/x.db', parent=1)
same(e.events[1]['code'], 'ERR_INTERRUPTED')"
	[ ! -e x.db ]
	run "$SERVE" --help
	is "$status" 2
	run bash -c "echo nonsense | '$SERVE'"
	is "$status" 1
}

@test "an endpoint dies with its supervisor" {
	endpoint "
open('pid', 'w').write(str(e.child.pid))
os.kill(os.getpid(), signal.SIGKILL)" || :
	until_true bash -c '! kill -0 "$(cat pid)"'
}

@test "killed at any time and started again on the same socket, nothing is lost or double" {
	endpoint "
import threading
run = e.api('runs/create', {'experiment_id': '0', 'start_time': 7}).json()['run']['info']['run_id']
done, stop = [], []
def client(k):
    # as MLflow's client: again, as it is, when the connection breaks
    for i in range(150):
        body = {'run_id': run, 'key': 'm%d' % k, 'value': i, 'timestamp': i, 'step': i}
        while True:
            try:
                r = e.api('runs/log-metric', body)
                if r and r.status == 200: break
            except OSError: pass
    done.append(k)
threads = [threading.Thread(target=client, args=(k,)) for k in range(4)]
for t in threads: t.start()
kills = 0
while len(done) < 4 and kills < 10:
    time.sleep(0.05)
    e.restart(); kills += 1
for t in threads: t.join()
assert kills >= 2, kills
import sqlite3
rows = sqlite3.connect(store).execute('SELECT key, count(*), count(DISTINCT step) FROM metrics GROUP BY key').fetchall()
same(sorted(rows), [('m%d' % k, 150, 150) for k in range(4)])
e.stop()"
}

@test "a create that is sent again after its connection broke is done once" {
	endpoint "
import sqlite3
e.api('experiments/create', {'name': 'x'})
def count(): return sqlite3.connect(store).execute('SELECT count(*) FROM runs').fetchone()[0]
def active(n): until(lambda: b'mlp_requests_active %d\n' % n in e.ask(path='/metrics').body)
path = e.key + '/api/2.0/mlflow/runs/create'
body = b'{\"experiment_id\":\"0\",\"start_time\":1234,\"user_id\":\"u\"}'
create = request(e.base, 'POST', path, body)
# the client is gone while the first is under way: the repeat gets the first one's reply
db = sqlite3.connect(store, isolation_level=None)
db.execute('BEGIN IMMEDIATE')
a = connect(e.base); a.sendall(create); active(2)
time.sleep(0.5) # active counts from its first line on: it has to be at the database
a.close()
b = connect(e.base); b.sendall(create)
time.sleep(0.5)
db.execute('COMMIT')
first = reply(b.makefile('rb')).json()['run']['info']['run_id']
same(count(), 1)
b.close()
# it is gone before it read the reply
db.execute('BEGIN IMMEDIATE')
a = connect(e.base); a.sendall(create); active(2); a.close()
db.execute('COMMIT')
until(lambda: count() == 2)
active(1)
r = send(e.base, create)
same(count(), 2)
# but equal requests of clients that live are two
same(send(e.base, create).status, 200)
same(count(), 3)
db.execute('BEGIN IMMEDIATE')
a = connect(e.base); a.sendall(create)
b = connect(e.base); b.sendall(create)
active(3)
db.execute('COMMIT')
ids = {reply(s.makefile('rb')).json()['run']['info']['run_id'] for s in (a, b)}
same((len(ids), count()), (2, 5))
e.stop()"
}

@test "a create whose server was killed before it could answer is found again" {
	endpoint "
import sqlite3
now = int(time.time() * 1000)
def count(table): return sqlite3.connect(store).execute('SELECT count(*) FROM ' + table).fetchone()[0]
asked = [('runs/create', {'experiment_id': '0', 'start_time': now, 'user_id': 'u', 'run_name': 'n', 'tags': [{'key': 'a', 'value': 'b'}]}, 'runs'),
         ('experiments/create', {'name': 'fresh'}, 'experiments'),
         ('registered-models/create', {'name': 'm'}, 'registered_models'),
         ('model-versions/create', {'name': 'm', 'source': 's3://x/y'}, 'model_versions'),
         ('logged-models', {'experiment_id': '0', 'name': 'lm'}, 'logged_models')]
def go(path, body):
    r = e.api(path, body)
    same((path, r.status), (path, 200))
    return r.json()
for path, body, table in asked:
    first = go(path, body)
    before = count(table)
    e.restart()
    second = go(path, body)
    same((path, count(table)), (path, before))
    same(second, first)
    if table in ('runs', 'logged_models', 'model_versions'):
        go(path, body)  # the next one is another
        same((path, count(table)), (path, before + 1))
e.stop()"
}

@test "what was deleted, restored or renamed by a server that was killed is so for who asks again" {
	endpoint "
def go(method, path, body, status=200):
    r = e.ask(method, '/api/2.0/mlflow/' + path, body)
    same((path, r.status), (path, status))
    return r.json()
def post(path, body): return go('POST', path, body)
def repeated(method, path, body, then):
    first = go(method, path, body)
    e.restart()
    same(go(method, path, body), first)
    go(method, path, body, then)  # nobody died in between
run = post('runs/create', {'experiment_id': '0', 'start_time': 1})['run']['info']['run_id']
x = post('experiments/create', {'name': 'x', 'tags': [{'key': 'k', 'value': 'v'}]})
m = post('logged-models', dict(x, name='lm', tags=[{'key': 'k', 'value': 'v'}]))['model']['info']['model_id']
post('runs/set-tag', {'run_id': run, 'key': 'k', 'value': 'v'})
post('registered-models/create', {'name': 'm'})
post('model-versions/create', {'name': 'm', 'source': 's3://x/y'})
repeated('POST', 'runs/delete-tag', {'run_id': run, 'key': 'k'}, 404)
repeated('POST', 'experiments/delete-experiment-tag', dict(x, key='k'), 404)
repeated('DELETE', 'logged-models/%s/tags/k' % m, {}, 404)
repeated('POST', 'experiments/update', dict(x, new_name='y'), 200)
repeated('POST', 'experiments/delete', x, 404)
repeated('POST', 'experiments/restore', x, 404)
repeated('POST', 'registered-models/rename', {'name': 'm', 'new_name': 'n'}, 404)
repeated('DELETE', 'model-versions/delete', {'name': 'n', 'version': '1'}, 404)
repeated('DELETE', 'registered-models/delete', {'name': 'n'}, 404)
repeated('DELETE', 'logged-models/' + m, {}, 200)
go('DELETE', 'model-versions/delete', {'name': 'n', 'version': '7'}, 404)
go('POST', 'registered-models/rename', {'name': 'none', 'new_name': 'other'}, 404)
go('POST', 'experiments/delete', {'experiment_id': '77'}, 404)
e.stop()"
}

@test "the units in examples/ start what there is" {
	unit=$BATS_TEST_DIRNAME/../../examples/mlp-server.service
	command=$(sed -n '/^ExecStart=/,/[^\\]$/p' "$unit" | tr -d '\\\n')
	has "$command" "ExecStart=/usr/bin/mlp server "
	mlp server --help
	for option in $(grep -o -- ' --[a-z-]*' <<<"$command"); do has "$output" "$option"; done
	grep -q '^ListenStream=127.0.0.1:5000$' "${unit%service}socket"
	[ -z "$(command -v systemd-analyze)" ] || {
		sed 's|/usr/bin/mlp|/bin/true|; /^User/d; /^Documentation/d' "$unit" >mlp-server.service
		cp "${unit%service}socket" .
		run systemd-analyze verify ./mlp-server.service ./mlp-server.socket
		lacks "$output" mlp-server
	}
}
