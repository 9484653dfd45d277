#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Downloads: path parameters that are elsewhere, servers that fail, and secrets.

load ../lib/cli
load ../lib/archive

setup() {
	cli_setup
	mkdir -p "$T/srv"
	seq 1 2000 >"$T/srv/data.csv"
	SUM=$(sha256_of "$T/srv/data.csv")
	cat >MLproject <<-'EOF'
	entry_points:
	  main:
	    parameters:
	      data: path
	      more: {type: path, default: MLproject}
	    command: "cat {data} | wc -l; echo {data}"
	  two:
	    parameters: {a: path, b: path}
	    command: "echo {a} {b}"
	  broken:
	    parameters: {data: path}
	    command: "echo {data} {unknown}"
	EOF
	unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
	unset CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR MLP_FETCH_MAX MLP_STALL_TIMEOUT
}

teardown() {
	stop_serving
	cli_teardown
}

store() { echo "${1:-$XDG_CACHE_HOME/mlp/downloads}/$SUM/data.csv"; }
parts() { find "$T" -name '*.part' -size +0; }

# A run of main with this for `data`: it must end well, with the whole file.
brings() {
	mlp run . -P data="$1"
	is "$status" 0
	is "${output%%$'\n'*}" 2000
	is "$(sha256_of "${output#*$'\n'}")" "$SUM"
}

# A run of main with this for `data`: it must end before it begins, with this text.
fails() {
	mlp run . -P data="$1"
	is "$status" 125
	has "$stderr" "$2"
	lacks "$stderr" s3cret
	[ ! -e mlflow.db ]
}

@test "a path parameter by HTTP is downloaded once, and recorded as it was given" {
	serve
	mlp run . -P data="$HTTP/data.csv"
	is "$status" 0
	is "$output" "2000"$'\n'"$(store)"
	newest
	is "$(json 'j["params"]["data"]')" "$HTTP/data.csv"
	is "$(json 'j["params"]["more"]')" MLproject
	has "$(json 'j["command"]')" "$(store)"
	is "$(stat -c %a "$(store)")" 444
	mlp run . -P data="$HTTP/data.csv" --run-name again
	is "$status" 0
	is "$(requests 200)" 1
	is "$(requests 304)" 1
	# two parameters, one content; another name for it is a link
	cp "$T/srv/data.csv" "$T/srv/copy.csv"
	mlp run . -e two -P a="$HTTP/data.csv" -P b="$HTTP/copy.csv"
	is "$output" "$(store) $(dirname "$(store)")/copy.csv"
	is "$(stat -c %h "$(store)")" 2
}

@test "it changes: the new content is taken; the old one stays for who has it" {
	serve
	brings "$HTTP/data.csv"
	old=$(store)
	seq 1 3 >"$T/srv/data.csv"
	mlp run . -P data="$HTTP/data.csv"
	is "${output%%$'\n'*}" 3
	[ -e "$old" ]
	# a file in the store that is not as it was put is not used
	seq 1 2000 >"$T/srv/data.csv"
	brings "$HTTP/data.csv"
	chmod u+w "$old"
	echo changed >"$old"
	brings "$HTTP/data.csv"
	rm "$old"
	brings "$HTTP/data.csv"
}

@test "a server that knows neither ETag nor ranges" {
	serve
	brings "$HTTP/plain/data.csv"
	brings "$HTTP/plain/data.csv"
	is "$(requests 'plain/data.csv 200')" 2
}

@test "--storage-dir, and MLFLOW_TMP_DIR" {
	serve
	mlp run . -P data="$HTTP/data.csv" --storage-dir stored
	is "$output" "2000"$'\n'"$(store "$PWD/stored")"
	MLFLOW_TMP_DIR=$T/other mlp run . -P data="$HTTP/data.csv"
	is "$output" "2000"$'\n'"$(store "$T/other")"
	MLFLOW_TMP_DIR=$T/other mlp run . -P data="$HTTP/data.csv" --storage-dir stored
	is "$output" "2000"$'\n'"$(store "$PWD/stored")"
	[ ! -e "$XDG_CACHE_HOME/mlp/downloads" ]
	touch file
	mlp run . -P data="$HTTP/data.csv" --storage-dir file
	is "$status" 125
	has "$stderr" "'$PWD/file"
}

@test "--dry-run downloads nothing" {
	serve
	mlp run . -P data="$HTTP/data.csv" --dry-run
	is "$status" 0
	has "$output" "data = $HTTP/data.csv  (given)  (downloaded when it runs)"
	has "$output" "cat '\"'\"'(downloaded when it runs)'\"'\"'"
	mlp run . -P data="$HTTP/data.csv" --dry-run --json
	is "$(json 'j["params"]["data"]["value"], j["params"]["data"]["used"]')" "('$HTTP/data.csv', None)"
	[ ! -e "$T/log" ]
	[ ! -e "$XDG_CACHE_HOME/mlp/downloads" ]
}

@test "what is wrong elsewhere is said before anything is downloaded" {
	serve
	mlp run . -e broken -P data="$HTTP/data.csv"
	is "$status" 125
	has "$stderr" "unknown"
	mlp run . -P data="$HTTP/data.csv" -P more=nowhere
	is "$status" 2
	[ ! -e "$T/log" ]
}

@test "file: URIs with a host are copied, others are used in place" {
	mlp run . -P data="file://localhost$T/srv/data.csv"
	is "$output" "2000"$'\n'"$(store)"
	newest
	is "$(json 'j["params"]["data"]')" "file://localhost$T/srv/data.csv"
	mlp run . -P data="file://$T/srv/data.csv"
	is "$output" "2000"$'\n'"$T/srv/data.csv"
	mv "$T/srv/data.csv" "$T/srv/a b.csv"
	mlp run . -P data="file://localhost$T/srv/a%20b.csv"
	is "$output" "2000"$'\n'"$(dirname "$(store)")/a b.csv"
	mlp run . -e two -P a="file://localhost$T/srv" -P b=MLproject
	is "$output" "$T/srv $PWD/MLproject"
	mlp run . -P data="file://localhost$T/none"
	is "$status" 2
	has "$stderr" "parameter 'data': no such file or directory"
	mlp run . -P data="file://otherhost/x"
	is "$status" 2
	has "$stderr" "mlp cannot download 'file://otherhost/x'"
	mkfifo "$T/pipe"
	mlp run . -P data="file://localhost$T/pipe"
	is "$status" 125
	has "$stderr" "it is not a regular file"
}

@test "other schemes are refused, and what there is is named" {
	for uri in s3://bucket/x gs://b/x dbfs:/x runs:/id/x ftp://h/x hdfs://h/x models:/m/1; do
		mlp run . -P data="$uri"
		is "$status" 2
		has "$stderr" "parameter 'data' is a path, and mlp cannot download '$uri'"
		has "$stderr" "http://, https:// and file://localhost/"
	done
	mlp run . -P data=s3://ann:s3cret@bucket/x
	lacks "$stderr" s3cret
}

@test "a digest behind #" {
	serve
	brings "$HTTP/data.csv#sha256=$SUM"
	brings "$HTTP/data.csv#sha256=${SUM^^}"
	is "$(requests GET)" 1
	bad=$(sha256_of /dev/null)
	mlp run . -P data="$HTTP/data.csv#sha256=$bad"
	is "$status" 125
	has "$stderr" "parameter 'data': '$HTTP/data.csv': its sha256 is $SUM, not $bad"
	is "$(parts)" ""
	[ ! -e "$XDG_CACHE_HOME/mlp/downloads/$bad" ]
	mlp run . -P data="$HTTP/data.csv#sha256=12"
	is "$status" 2
	has "$stderr" "64 hexadecimal digits"
}

@test "rerun gives the command the same file" {
	serve
	brings "$HTTP/data.csv"
	newest
	run=$(json 'j["run_id"]')
	seq 1 3 >"$T/srv/data.csv"
	mlp rerun "$run"
	is "$output" "2000"$'\n'"$(store)"
	newest
	is "$(json 'j["params"]["data"]')" "$HTTP/data.csv"
	rm -r "$XDG_CACHE_HOME/mlp/downloads"
	mlp rerun "$run"
	is "$status" 125
	has "$stderr" "it has changed"
	mlp rerun "$run" -P data="$HTTP/data.csv"
	is "${output%%$'\n'*}" 3
}

@test "a download that breaks off goes on where it was" {
	serve
	brings "$HTTP/cut/data.csv"
	[ "$(requests '206 bytes=')" -ge 2 ]
	# what a killed download left is used, too
	rm -r "$XDG_CACHE_HOME/mlp/downloads"
	head -c 3000000 /dev/urandom >"$T/srv/big"
	"$MLP" run . -P data="$HTTP/hang/big" >/dev/null 2>&1 &
	pid=$!
	until_true sh -c "find '$T' -name '*.part' -size +1000k | grep ."
	kill -TERM $pid
	wait $pid || :
	is "$(parts | wc -l)" 1
	slot=$(parts)
	mv "$T/srv" "$T/hang-is-a-name" && mkdir -p "$T/srv/hang" && mv "$T/hang-is-a-name/big" "$T/srv/hang/"
	stop_serving
	port=${HTTP##*:}
	python3 - "$T/srv" "$T/ready" "$port" <<-'EOF' 3>&- &
	import http.server, os, sys
	root, ready, port = sys.argv[1:]
	class H(http.server.BaseHTTPRequestHandler):
	    def log_message(self, *a): pass
	    def do_GET(self):
	        data = open(root + self.path, "rb").read()
	        import hashlib
	        tag = '"' + hashlib.md5(data).hexdigest() + '"'
	        start = int(self.headers["Range"][6:-1])
	        assert self.headers["If-Range"] == tag
	        open(ready + ".start", "w").write(str(start))
	        self.send_response(206)
	        self.send_header("ETag", tag)
	        self.send_header("Content-Range", f"bytes {start}-{len(data)-1}/{len(data)}")
	        self.send_header("Content-Length", str(len(data) - start))
	        self.end_headers()
	        self.wfile.write(data[start:])
	s = http.server.HTTPServer(("127.0.0.1", int(port)), H)
	open(ready, "w").close()
	s.serve_forever()
	EOF
	SERVER=$!
	until_true test -e "$T/ready"
	mlp run . -e two -P a="$HTTP/hang/big" -P b=MLproject
	is "$status" 0
	[ "$(cat "$T/ready.start")" -gt 1000000 ]
	cmp "${output%% *}" "$T/srv/hang/big"
	[ ! -e "$slot" ]
}

@test "it changes while it is fetched: begun again, not pieced together" {
	serve
	mlp run . -P data="$HTTP/drop/3000/data.csv"
	is "$status" 125
	has "$stderr" "the download stopped after 3000 of"
	lacks "$stderr" "goes on from there"
	[ ! -e mlflow.db ]
	# a partial file of another content
	key=$(printf %s "$HTTP/data.csv" | sha256sum | cut -d' ' -f1)
	index=$XDG_CACHE_HOME/mlp/downloads/.index
	mkdir -p "$index"
	echo other >"$index/$key.part"
	echo '{"etag":"\"other\"","modified":null}' >"$index/$key.part.json"
	brings "$HTTP/data.csv"
	# one that is longer than the file, and one whose facts are nonsense
	rm -r "$XDG_CACHE_HOME/mlp/downloads"
	mkdir -p "$index"
	{ cat "$T/srv/data.csv"; echo more; } >"$index/$key.part"
	etag=$(md5sum <"$T/srv/data.csv" | cut -d' ' -f1)
	printf '{"etag":"\\"%s\\"","modified":null}' "$etag" >"$index/$key.part.json"
	brings "$HTTP/data.csv"
	is "$(requests ' 416 ')" 1
	rm -r "$XDG_CACHE_HOME/mlp/downloads"
	mkdir -p "$index"
	echo x >"$index/$key.part"
	echo '[[[' >"$index/$key.part.json"
	brings "$HTTP/data.csv"
	is "$(parts)" ""
}

@test "servers that lie" {
	serve
	fails "$HTTP/long/data.csv" "the download stopped after"
	# a length that is too short cannot be seen, but by a digest
	fails "$HTTP/short/data.csv#sha256=$SUM" "it has changed, or is not the file that is meant"
	fails "$HTTP/nohttp/data.csv" "127.0.0.1:${HTTP##*:}: its answer is not HTTP"
	key=$(printf %s "$HTTP/weird/data.csv" | sha256sum | cut -d' ' -f1)
	index=$XDG_CACHE_HOME/mlp/downloads/.index
	head -c 1000 "$T/srv/data.csv" >"$index/$key.part"
	printf '{"etag":"\\"%s\\"","modified":null}' "$(md5sum <"$T/srv/data.csv" | cut -d' ' -f1)" \
		>"$index/$key.part.json"
	brings "$HTTP/weird/data.csv"
	is "$(requests 'weird.* 206 bytes=1000-')" 1
}

@test "what servers answer, in plain words" {
	serve
	fails "$HTTP/404/x" "'$HTTP/404/x': there is no such file (404)"
	fails "$HTTP/401/x" "asks for a user name and password (401)"
	fails "${HTTP/\/\//\/\/ann:wrong@}/401/x" "does not accept the user name and password of the URL (401)"
	lacks "$stderr" wrong
	fails "$HTTP/403/x" "refuses access (403)"
	fails "$HTTP/500/x" "the server answered 500"
	fails "$HTTP/loop/x" "it redirects again and again"
	fails "$HTTP/ftp/x" "redirects to an address that is not taken"
	fails "http://127.0.0.1:1/x" "127.0.0.1:1: no connection"
	fails "http://no-such-host.invalid/x" "no-such-host.invalid: unknown host"
	mlp run . -P data="http://[::1/x"
	is "$status" 2
	has "$stderr" "the URL is malformed"
	brings "$HTTP/moved/data.csv"
}

@test "a server that goes silent, and one that never ends" {
	serve
	MLP_FETCH_MAX=20M fails "$HTTP/endless/data.csv" "more than 21.0 MB"
	MLP_FETCH_MAX=1K fails "$HTTP/data.csv" "it has 8.9 kB, but 1.0 kB is the most that is taken"
	is "$(find "$XDG_CACHE_HOME" -name "*.part*")" ""
	MLP_STALL_TIMEOUT=1 fails "$HTTP/hang/data.csv" "'127.0.0.1:${HTTP##*:}' gave no sign of life for 1"
}

@test "a signal stops a download" {
	serve
	"$MLP" run . -P data="$HTTP/hang/data.csv" >/dev/null 2>"$T/stderr" &
	pid=$!
	until_true grep -q hang "$T/log"
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	is "$status" 143
	[ ! -e mlflow.db ]
}

@test "secrets are used, and never shown, recorded or cached" {
	serve
	port=${HTTP##*:}
	fails "$HTTP/auth/data.csv" "401"
	fails "http://ann:wrong-s3cret@127.0.0.1:$port/auth/data.csv" "401"
	export MLP_TRACE=$T/trace
	brings "http://ann:s3cret@127.0.0.1:$port/auth/data.csv?token=s3cret&n=1"
	newest
	is "$(json 'j["params"]["data"]')" "http://127.0.0.1:$port/auth/data.csv?token=***&n=1"
	make_wine
	pack w.zip
	mlp run "http://ann:s3cret@127.0.0.1:$port/auth/w.zip?token=s3cret" --verbose
	is "$output" "wine red"
	lacks "$stderr" s3cret
	newest
	is "$(json 'j["source"]["uri"]')" "http://127.0.0.1:$port/auth/w.zip?token=***"
	# the default of a parameter is no place for secrets, but it is taken
	printf 'entry_points:\n  main:\n    parameters:\n      d: {type: path, default: "http://ann:s3cret@127.0.0.1:%s/auth/data.csv"}\n    command: "wc -l <{d}"\n' "$port" >MLproject
	mlp run .
	is "$output" 2000
	is "$(grep -rl s3cret "$XDG_CACHE_HOME" "$XDG_STATE_HOME" mlflow.db mlruns "$T/trace" | wc -l)" 0
}

# What mlp keeps says nothing of it.
nothing_says() { is "$(grep -rl "$1" "$HOME" "$XDG_CACHE_HOME" "$XDG_STATE_HOME" mlflow.db mlruns "$T/trace" | wc -l)" 0; }

# An archive and a file that are only for who has a token; $HTTP/token/... is where.
serve_by_token() {
	make_wine
	pack w.zip
	serve
	export MLP_TRACE=$T/trace
}

@test "a token in the query: the server gets it, nobody else" {
	serve_by_token
	fails "$HTTP/token/data.csv?n=1" "the server refuses access (403)"
	fails "$HTTP/token/data.csv?access_token=wrong-s3cret" \
		"the server does not accept the secret in the URL (401)"
	brings "$HTTP/token/data.csv?n=1&access_token=s3cret"
	newest
	is "$(json 'j["params"]["data"]')" "$HTTP/token/data.csv?n=1&access_token=***"
	mlp run "$HTTP/token/w.zip?access_token=s3cret" --verbose
	is "$output" "wine red"
	lacks "$stderr" s3cret
	newest
	is "$(json 'j["source"]["uri"]')" "$HTTP/token/w.zip?access_token=***"
	mlp run "$HTTP/token/w.zip?ACCESS%5Ftoken=s3cret&access_token=s3cret" --dry-run --json
	is "$(json 'j["source"]["uri"]')" "$HTTP/token/w.zip?ACCESS%5Ftoken=***&access_token=***"
	brings "$HTTP/totoken/data.csv"
	for what in "run URL -e none" "run URL -e none --help" "info URL -e none" "check URL#none" "run URL#a/../b" "run URL URL" "URL" \
		"run ${HTTP#http://}/token/w.zip?access_token=s3cret"; do
		mlp ${what//URL/$HTTP/token/w.zip?access_token=s3cret}
		is "$((status > 0))" 1
		lacks "$output$stderr" s3cret
	done
	nothing_says s3cret
}

@test "a new token is no new file, but another file is" {
	serve_by_token
	brings "$HTTP/token/data.csv?access_token=s3cret"
	brings "$HTTP/token/data.csv?access_token=s3cret2"
	is "$(requests '/token/data.csv.* 200')" 1
	is "$(requests '/token/data.csv.* 304')" 1
	mlp run . -P data="$HTTP/token/data.csv?access_token=s3cret3"
	is "$status" 125
	has "$stderr" 401
	mlp run "$HTTP/token/w.zip?access_token=s3cret"
	mlp run "$HTTP/token/w.zip?access_token=s3cret2"
	is "$output" "wine red"
	is "$(requests '/token/w.zip.* 200')" 1
	MLP_OFFLINE=1 mlp run "$HTTP/token/w.zip?access_token=another"
	is "$output" "wine red"
	stop_serving
	brings "$HTTP/token/data.csv?access_token=s3cret"
	has "$stderr" "what was downloaded before is used"
}

@test "a run with a token again: from the cache, or a word about what is missing" {
	serve_by_token
	mlp run "$HTTP/token/w.zip?access_token=s3cret" --run-name archive
	mlp rerun archive --run-name again
	is "$status" 0
	is "$output" "wine red"
	mlp run . -P data="$HTTP/token/data.csv?access_token=s3cret" --run-name file
	mlp rerun file --run-name again
	is "$status" 0
	is "${output%%$'\n'*}" 2000
	is "$(requests '\*\*\*')" 0
	rm -r "$XDG_CACHE_HOME"
	mlp rerun archive
	is "$status" 125
	has "$stderr" "access_token=***': *** stands for a secret that no record holds"
	mlp rerun file
	is "$status" 125
	has "$stderr" "access_token=***': *** stands for a secret that no record holds"
	has "$stderr" "give the whole URL again"
	mlp rerun file -P data="$HTTP/token/data.csv?access_token=s3cret"
	is "$status" 0
	is "$(requests '\*\*\*')" 0
	nothing_says s3cret
}

@test "a token of a run that waits, of one in the background, and of a sweep" {
	serve_by_token
	local url="$HTTP/token/w.zip?access_token=s3cret"
	cat >MLproject <<-EOF
	entry_points:
	  main:
	    parameters: {data: path, n: {type: string, default: x}}
	    command: "wc -l <{data}; until [ -e $T/go ]; do sleep 0.05; done"
	EOF
	mlp run . -d -P data="$HTTP/token/data.csv?access_token=s3cret" --run-name one
	is "$status" 0
	mlp run "$url" -d --hold --run-name two
	is "$status" 0
	queued=$output
	mlp queue list --json
	has "$output" "access_token=***"
	lacks "$output" s3cret
	mlp queue list
	lacks "$output" s3cret
	mlp ps --json
	lacks "$output" s3cret
	# who has the state directory may need it, nobody else
	is "$(find "$XDG_STATE_HOME" -type f -perm /077 -exec grep -l s3cret {} + | wc -l)" 0
	: >"$T/go"
	mlp queue release "$queued"
	mlp wait one "$queued"
	is "$status" 0
	mlp show "$queued" --json
	is "$(json 'j["tags"]["mlflow.source.name"]')" "$HTTP/token/w.zip?access_token=***"
	printf '{"uri": "%s"}\n' "$url" >lines
	mlp batch lines
	is "$status" 0
	lacks "$output$stderr" s3cret
	rm lines
	mlp sweep . -P data="$HTTP/token/data.csv?access_token=s3cret,$HTTP/data.csv" -P n=1,2 --run-name many --verbose
	is "$status" 0
	lacks "$output$stderr" s3cret
	mlp sweep show many --csv
	has "$output" "$HTTP/token/data.csv?access_token=***"
	nothing_says s3cret
	mlp sweep extend many -P n=3
	is "$status" 0
	has "$stderr" "what was downloaded before is used"
	# all of it is there, so nothing is asked for
	mlp sweep "$url" -P n=1,2 --run-name few
	is "$status" 0
	mlp sweep extend few -P n=3
	is "$status" 0
	lacks "$output$stderr" s3cret
	is "$(requests '\*\*\*')" 0
	nothing_says s3cret
}

@test "netrc; a password is not sent to another host" {
	serve
	port=${HTTP##*:}
	printf 'machine 127.0.0.1 login ann password s3cret\n' >"$HOME/.netrc"
	brings "$HTTP/auth/data.csv"
	rm "$HOME/.netrc"
	fails_now() {
		mlp run . -P data="$1"
		is "$status" 125
		has "$stderr" 401
	}
	fails_now "http://ann:s3cret@127.0.0.1:$port/far/localhost/auth/data.csv"
	brings "http://ann:s3cret@127.0.0.1:$port/moved/auth/data.csv"
}

@test "a proxy is used; one that refuses is named" {
	serve
	http_proxy=$HTTP/404/ mlp run . -P data="http://no-such-host.invalid/data.csv"
	is "$status" 125
	has "$stderr" "there is no such file (404)"
	is "$(requests 'GET http://no-such-host.invalid/data.csv 404')" 1
	http_proxy=$HTTP no_proxy=127.0.0.1 brings "$HTTP/data.csv"
	http_proxy=http://127.0.0.1:1 mlp run . -P data="http://h.invalid/x"
	is "$status" 125
	has "$stderr" "no connection"
}

@test "certificates: trusted by CURL_CA_BUNDLE or SSL_CERT_FILE, else refused" {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 \
		-addext 'subjectAltName=IP:127.0.0.1' -keyout "$T/key" -out "$T/crt" 2>/dev/null
	cat "$T/key" "$T/crt" >"$T/pem"
	serve "$T/pem"
	fails "$HTTP/data.csv" "its certificate is not trusted"
	CURL_CA_BUNDLE=$T/crt brings "$HTTP/data.csv"
	SSL_CERT_FILE=$T/crt brings "$HTTP/data.csv"
	CURL_CA_BUNDLE=$T/none mlp run . -P data="$HTTP/data.csv"
	is "$status" 125
	has "$stderr" "certificate"
	# from https nothing is taken in the clear
	export CURL_CA_BUNDLE=$T/crt
	mlp run . -P data="$HTTP/far/127.0.0.1/data.csv"
	is "$status" 125
	has "$stderr" "redirects to an address that is not taken"
}

@test "eight at once fetch once" {
	serve
	local pids=()
	for i in 1 2 3 4 5 6 7 8; do
		"$MLP" run . -P data="$HTTP/slow/data.csv" >"$T/out.$i" 2>"$T/err.$i" &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in 1 2 3 4 5 6 7 8; do is "$(head -1 "$T/out.$i")" 2000; done
	is "$(requests 'GET .* 200')" 1
}
