#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Certificates and proxies for git over https, set as git has them.
bats_require_minimum_version 1.5.0

load ../lib/git

setup() {
	B=$(realpath "${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}")
	MLP=$B/bin/mlp
	MLP_GIT=$B/libexec/mlp-git
	git_setup
	make_project
}

teardown() {
	git_teardown
}

works() {
	run --separate-stderr "$MLP" check "$@"
	echo "$output $stderr"
	[ "$status" -eq 0 ]
}

fails() { # TEXT ARGUMENTS...
	local text=$1
	shift
	run "$MLP" check "$@"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$output" == *"$text"* ]]
	[[ "$output" != *s3cret* && "$output" != *pr0xy* ]]
}

untrusted() {
	fails "cannot fetch '$HTTP/wine.git': ${HTTP#https://}: its certificate is not trusted (" "$HTTP/wine.git"
}

@test "a certificate that nobody has vouched for" {
	make_certificate
	start_http "$W/pem"
	untrusted
	[[ "$output" == *"GIT_SSL_CAINFO or http.sslCAInfo names a file with certificates to trust"* ]]
	run "$MLP" run "$HTTP/wine.git"
	[ "$status" -eq 125 ]
	[ ! -s log ]
}

@test "GIT_SSL_CAINFO, SSL_CERT_FILE and http.sslCAInfo trust it" {
	make_certificate
	start_http "$W/pem"
	GIT_SSL_CAINFO=$W/crt run "$MLP" run "$HTTP/wine.git"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" != *warning* ]]
	SSL_CERT_FILE=$W/crt works "$HTTP/wine.git"
	git config --global http.sslCAInfo "$W/crt"
	works "$HTTP/wine.git"
	# the environment wins
	cp crt other
	make_certificate
	cp crt wrong
	cp other crt
	GIT_SSL_CAINFO=$W/wrong untrusted
	git config --global http.sslCAInfo "$W/wrong"
	untrusted
	# that of the address that fits best
	git config --global "http.$HTTP/.sslCAInfo" "$W/crt"
	works "$HTTP/wine.git"
	git config --global --unset "http.$HTTP/.sslCAInfo"
	git config --global http.https://other.example/.sslCAInfo "$W/crt"
	untrusted
	cp crt "$HOME/mine"
	local tilde='~'
	git config --global http.sslCAInfo "$tilde/mine"
	works "$HTTP/wine.git"
}

@test "a directory of certificates" {
	make_certificate
	start_http "$W/pem"
	mkdir dir empty
	cp crt dir/mine.pem
	ln -s mine.pem "dir/$(openssl x509 -hash -noout -in crt).0"
	SSL_CERT_DIR=$W/dir works "$HTTP/wine.git"
	GIT_SSL_CAPATH=$W/dir works "$HTTP/wine.git"
	git config --global http.sslCAPath "$W/dir"
	works "$HTTP/wine.git"
	git config --global http.sslCAPath "$W/empty"
	untrusted
}

@test "a file of certificates that is none" {
	make_certificate
	start_http "$W/pem"
	echo nonsense >bad
	GIT_SSL_CAINFO=$W/none fails "cannot use the certificates of '$W/none' (GIT_SSL_CAINFO)" "$HTTP/wine.git"
	git config --global http.sslCAInfo "$W/bad"
	fails "cannot use the certificates of '$W/bad' (http.sslcainfo)" "$HTTP/wine.git"
	[ ! -s log ]
}

@test "the check switched off, with a warning; per address" {
	make_certificate
	start_http "$W/pem"
	GIT_SSL_NO_VERIFY=1 works "$HTTP/wine.git"
	[[ "$stderr" == *"warning: the certificate of 'localhost' is not checked, as GIT_SSL_NO_VERIFY or http.sslVerify says"* ]]
	git config --global http.sslVerify false
	works "$HTTP/wine.git"
	[[ "$stderr" == *"is not checked"* ]]
	git config --global "http.$HTTP/.sslVerify" true
	untrusted
	git config --global http.sslVerify true
	git config --global "http.$HTTP/.sslVerify" false
	works "$HTTP/wine.git"
}

@test "a certificate of another host, and one that has ended" {
	make_certificate other.example
	start_http "$W/pem"
	GIT_SSL_CAINFO=$W/crt untrusted
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout key -out csr 2>/dev/null
	openssl x509 -req -in csr -signkey key -days -1 -copy_extensions copy -out crt 2>/dev/null
	cat key crt >pem
	start_http "$W/pem"
	GIT_SSL_CAINFO=$W/crt untrusted
}

@test "a server that speaks no TLS" {
	start_http
	fails "cannot fetch 'https://${HTTP#http://}/wine.git'" "https://${HTTP#http://}/wine.git"
}

@test "user and password over TLS" {
	make_certificate
	start_http "$W/pem"
	export GIT_SSL_CAINFO=$W/crt
	works "https://ann:s3cret@${HTTP#https://}/auth/wine.git"
	fails "does not accept the user name and password of the URL" "https://ann:n0@${HTTP#https://}/auth/wine.git"
	fails "it sends us elsewhere" "https://ann:s3cret@${HTTP#https://}/far/127.0.0.1:${HTTP##*:}/wine.git"
}

@test "a proxy: of the environment, of git's configuration" {
	start_http
	start_proxy
	local v u=http://wine.example:${HTTP##*:}/wine.git
	for v in http_proxy all_proxy ALL_PROXY; do
		rm -f plog
		(export "$v=$PROXY"; works "$u")
		grep -q "^GET $u/info/refs?service=git-upload-pack 200$" plog
	done
	# as with curl and git
	(export HTTP_PROXY=http://127.0.0.1:1; works "$HTTP/wine.git")
	git config --global http.proxy "${PROXY#http://}"
	works "$u"
	git config --global http.proxy http://127.0.0.1:1
	git config --global "http.http://wine.example:${HTTP##*:}/.proxy" "$PROXY"
	works "$u"
	# an empty one is none
	git config --global http.proxy ""
	works "$HTTP/wine.git"
	rm plog
	http_proxy=$PROXY works "$HTTP/wine.git"
	[ ! -s plog ]
}

@test "https goes through a tunnel" {
	make_certificate
	start_http "$W/pem"
	start_proxy
	export GIT_SSL_CAINFO=$W/crt
	local v
	for v in https_proxy HTTPS_PROXY all_proxy; do
		rm -f plog
		(export "$v=$PROXY" && "$MLP" run "$HTTP/wine.git" -v v1)
		grep -q "^CONNECT ${HTTP#https://} 200$" plog
	done
	rm plog
	http_proxy=http://127.0.0.1:1 works "$HTTP/wine.git"
	for v in localhost '*' "other.example,localhost:${HTTP##*:}" ".example, .localhost"; do
		https_proxy=http://127.0.0.1:1 no_proxy=$v works "$HTTP/wine.git"
	done
	https_proxy=http://127.0.0.1:1 NO_PROXY=localhost works "$HTTP/wine.git"
	https_proxy=http://127.0.0.1:1 no_proxy=example,host,xlocalhost,localhost:1 \
		fails "through the proxy" "$HTTP/wine.git" --version v9
	[ ! -e plog ]
}

@test "a proxy that asks who we are" {
	make_certificate
	start_http "$W/pem"
	start_proxy auth
	export GIT_SSL_CAINFO=$W/crt
	https_proxy=$PROXY fails "cannot fetch '$HTTP/wine.git' through the proxy '$PROXY': it asks for a user name and password" "$HTTP/wine.git"
	[[ "$output" == *"http://user:password@proxy:port"* ]]
	https_proxy=http://ann:pr0xy-not@${PROXY#http://} fails "or does not accept those of its URL" "$HTTP/wine.git"
	https_proxy=http://ann:pr0xy@${PROXY#http://} works "$HTTP/wine.git"
	grep -q "^CONNECT ${HTTP#https://} 200 with ann:pr0xy$" plog
	none grep -rl "pr0xy" "$XDG_CACHE_HOME"
	start_http
	http_proxy=$PROXY fails "through the proxy '$PROXY'" "$HTTP/wine.git"
	http_proxy=http://ann:pr0xy@${PROXY#http://} works "$HTTP/wine.git"
	# the server is not told what the proxy is told
	none grep with log
}

@test "a proxy that refuses, is not there, or is of another kind" {
	make_certificate
	start_http "$W/pem"
	start_proxy 403
	export GIT_SSL_CAINFO=$W/crt
	https_proxy=$PROXY fails "cannot fetch '$HTTP/wine.git' through the proxy '$PROXY': " "$HTTP/wine.git"
	[[ "$output" == *"it does not let us through ("*403* ]]
	https_proxy=http://ann:s3cret@127.0.0.1:1 fails "cannot fetch '$HTTP/wine.git' through the proxy 'http://127.0.0.1:1': connection refused" "$HTTP/wine.git"
	[[ "$output" == *"https_proxy, http.proxy and no_proxy choose the proxy"* ]]
	https_proxy=http://no-such-proxy.invalid:8 fails "through the proxy 'http://no-such-proxy.invalid:8': unknown host" "$HTTP/wine.git"
	https_proxy=socks5://127.0.0.1:1 fails "the proxy 'socks5://127.0.0.1:1' for '$HTTP/wine.git' is none of http" "$HTTP/wine.git"
}

@test "a proxy that is away: the copy is used" {
	start_http
	start_proxy
	http_proxy=$PROXY works "$HTTP/wine.git"
	http_proxy=http://127.0.0.1:1 works "$HTTP/wine.git"
	[[ "$stderr" == *"through the proxy 'http://127.0.0.1:1': connection refused"*"ago is used"* ]]
}
