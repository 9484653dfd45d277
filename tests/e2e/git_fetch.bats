#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mlp-git against real servers on loopback.

load ../lib/git

setup() {
	B=${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}
	MLP_GIT=$(realpath "$B")/libexec/mlp-git
	git_setup
}

teardown() {
	git_teardown
}

requests() {
	grep -c "^$1" "$W/log"
}

@test "a checkout over smart HTTP is what git clone makes" {
	make_project
	start_http
	run git_request checkout "$HTTP/wine.git" - "$W/out"
	[ "$status" -eq 0 ]
	cd out
	[ "$(git rev-parse HEAD)" = "$(git -C "$W/wine" rev-parse HEAD)" ]
	[ "$(echo "$output" | answer commit)" = "$(git rev-parse HEAD)" ]
	[ "$(git symbolic-ref HEAD)" = refs/heads/main ]
	[ "$(git config remote.origin.url)" = "$HTTP/wine.git" ]
	[ -z "$(git status --porcelain --ignored)" ]
	[ "$(git describe)" = "$(git -C "$W/wine" describe)" ]
	[ "$(git log --oneline | wc -l)" -eq 3 ]
	[ "$(git branch -r --format='%(refname)' | sort | tr '\n' ' ')" = "refs/remotes/origin/HEAD refs/remotes/origin/feat/x refs/remotes/origin/main " ]
	git fsck --strict
	git fetch origin
	[ "$(git status -sb | head -1)" = "## main...origin/main" ]
}

@test "git:// works too" {
	make_project
	start_git
	run git_request checkout "$GIT_URL/wine.git" v1 "$W/out"
	[ "$status" -eq 0 ]
	[ "$(cat out/data)" = two ]
	run git_request checkout "$GIT_URL/none.git" - "$W/out2"
	[ "$status" -ne 0 ]
	[[ "$output" == *"no such repository, or access denied"* ]]
}

@test "every kind of version" {
	make_project
	start_http
	local one two three u=$HTTP/wine.git n=0 case want
	one=$(git -C wine rev-parse light) two=$(git -C wine rev-parse 'v1^{commit}')
	three=$(git -C wine rev-parse main)
	for case in "main $three main" "light $one None" "v1 $two None" "feat/x $one feat/x" \
		"$one $one None" "${two:0:9} $two None" "HEAD~2 $one None" "HEAD $three main" \
		"refs/heads/feat/x $one feat/x" "origin/feat/x $one feat/x" "v1^{} $two None" \
		"refs/tags/v1 $two None" "main~1 $two None"; do
		set -- $case
		run git_request checkout "$u" "$1" "$W/out$((++n))"
		echo "$1: $output"
		[ "$status" -eq 0 ]
		[ "$(echo "$output" | answer commit)" = "$2" ]
		[ "$(echo "$output" | answer branch)" = "$3" ]
		[ "$(git -C "out$n" rev-parse HEAD)" = "$2" ]
		[ -z "$(git -C "out$n" status --porcelain)" ]
	done
	[ "$(ls "$XDG_CACHE_HOME/mlp/git" | grep -c 'git$')" -eq 1 ]
}

@test "a version that is not there names near ones" {
	make_project
	start_http
	run git_request checkout "$HTTP/wine.git" mian "$W/out"
	[ "$status" -ne 0 ]
	[ "$(echo "$output" | answer code)" = ERR_NOTFOUND ]
	[[ "$(echo "$output" | answer message)" == "Unable to checkout version 'mian' of git repo $HTTP/wine.git: "* ]]
	[[ "$(echo "$output" | answer hint)" == "did you mean 'main'?"* ]]
	[ ! -e out ]
	for v in 'HEAD~9' 'main:data' '--opt' 'a..b' 'deadbeef' '^{tree}' ':/nothing' '@{-1}' 'a b'; do
		run git_request checkout "$HTTP/wine.git" "$v" "$W/out"
		echo "$v: $output"
		[ "$status" -eq 1 ]
		[[ "$output" == *"Unable to checkout version"* ]]
	done
}

@test "a version that is no commit is told, and is no fault of the mirror" {
	make_project
	git -C wine tag -a -m data datatag HEAD:data
	git -C wine tag treetag 'HEAD^{tree}'
	publish wine
	start_http
	git_request checkout "$HTTP/wine.git" - "$W/out"
	: >log
	for where in "$HTTP/wine.git" "$W/wine"; do
		for v in 'v1:data' 'main:' 'v1^{tree}' datatag treetag; do
			run git_request checkout "$where" "$v" "$W/out2"
			echo "$v: $output"
			[ "$status" -eq 1 ]
			[[ "$output" != *damaged* ]]
			[[ "$(echo "$output" | answer message)" == *"'$v' of git repo $where: it is not a commit" ]]
		done
		run git_request checkout "$where" :0:x "$W/out2"
		echo "$output"
		[[ "$output" != *damaged* ]]
		[[ "$(echo "$output" | answer message)" == *"there is no such branch, tag or commit" ]]
	done
	none grep -q POST log
}

@test "a tag wins over a branch of the same name, and that is said" {
	make_project
	git -C wine tag feat/x main
	publish wine
	start_http
	run git_request checkout "$HTTP/wine.git" feat/x "$W/out"
	[ "$status" -eq 0 ]
	[[ "$output" == *'"event":"warning"'* ]]
	[ "$(cat out/data)" = three ]
}

@test "a later fetch brings what is new and drops what is gone" {
	make_project
	start_http
	git_request checkout "$HTTP/wine.git" - "$W/out1"
	git -C wine checkout -q -b new
	echo four >wine/data
	git -C wine commit -qam four
	git -C wine tag -d v1
	git -C wine branch -D feat/x
	publish wine
	run git_request checkout "$HTTP/wine.git" new "$W/out2"
	[ "$status" -eq 0 ]
	[ "$(cat out2/data)" = four ]
	[ "$(git -C out2 tag)" = light ]
	run git_request checkout "$HTTP/wine.git" feat/x "$W/out3"
	[ "$status" -ne 0 ]
	git -C out1 fsck
}

@test "a commit that the mirror has needs no connection" {
	make_project
	start_http
	git_request checkout "$HTTP/wine.git" - "$W/out1"
	local before
	before=$(requests GET)
	run git_request checkout "$HTTP/wine.git" "$(git -C wine rev-parse HEAD~1)" "$W/out2"
	[ "$status" -eq 0 ]
	[ "$(requests GET)" -eq "$before" ]
	git_teardown
	run git_request checkout "$HTTP/wine.git" "$(git -C wine rev-parse HEAD)" "$W/out3"
	[ "$status" -eq 0 ]
	run git_request checkout "$HTTP/wine.git" main "$W/out4"
	[ "$status" -ne 0 ]
	[[ "$output" == *"connection refused"* ]]
}

@test "objects are hard links; checkouts are private" {
	make_project
	start_http
	git_request checkout "$HTTP/wine.git" - "$XDG_CACHE_HOME/mlp/checkouts/a"
	[ "$(stat -c %h "$XDG_CACHE_HOME"/mlp/checkouts/a/.git/objects/pack/*.pack)" -eq 2 ]
	[ "$(stat -c %a "$XDG_CACHE_HOME/mlp/checkouts")" = 700 ]
	[ "$(stat -c %a "$XDG_CACHE_HOME/mlp/git")" = 700 ]
}

@test "an empty repository, a detached and a dangling HEAD" {
	make_project
	start_http
	git init -q --bare srv/empty.git
	run git_request checkout "$HTTP/empty.git" - "$W/out"
	[ "$status" -ne 0 ]
	[[ "$output" == *"is an empty repository: it has no commits"* ]]
	run git_request checkout "$HTTP/empty.git" main "$W/out"
	[[ "$output" == *"is an empty repository"* ]]
	git -C srv/wine.git symbolic-ref HEAD refs/heads/gone
	run git_request checkout "$HTTP/wine.git" - "$W/out"
	[ "$status" -ne 0 ]
	[[ "$output" == *"has no default branch"*"name one with -v: "*main* ]]
	run git_request checkout "$HTTP/wine.git" main "$W/out"
	[ "$status" -eq 0 ]
	git -C srv/wine.git update-ref --no-deref HEAD "$(git -C wine rev-parse HEAD~1)"
	run git_request checkout "$HTTP/wine.git" - "$W/out2"
	[ "$status" -eq 0 ]
	[ "$(cat out2/data)" = two ]
}

@test "what servers answer, in plain words" {
	make_project
	start_http
	local case
	for case in "$HTTP/404/x.git|not a git repository (404)" \
		"$HTTP/none.git|not a git repository (404)" \
		"$HTTP/401/x.git|asks for a user name and password" \
		"$HTTP/403/x.git|refuses access" "$HTTP/500/x.git|the server failed" \
		"$HTTP/html/x.git|not a git repository" \
		"http://127.0.0.1:1/x.git|connection refused" \
		"http://no-such-host.invalid/x.git|unknown host"; do
		run git_request checkout "${case%%|*}" - "$W/out"
		echo "$output"
		[ "$status" -eq 1 ]
		[[ "$(echo "$output" | answer message)" == *"${case##*|}"* ]]
		[[ "$(echo "$output" | answer message)" == *"${case%%|*}"* ]]
	done
	run git_request checkout "$HTTP/cut/wine.git" - "$W/out"
	[ "$status" -eq 1 ]
	run git_request checkout "$HTTP/wine.git" - "$W/out"
	[ "$status" -eq 0 ]
}

@test "credentials in the URL are used and never written" {
	make_project
	# libgit2 1.5 does not free its copy of the headers of a connection
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	start_http
	local with="http://ann:s3cret@${HTTP#http://}/auth/wine.git" origin=$HTTP/auth/wine.git
	printf '{"op":"checkout","url":"%s","origin":"%s","version":null,"cache_dir":"%s","dest":"%s"}\n' \
		"$with" "$origin" "$XDG_CACHE_HOME/mlp" "$W/out" >rq
	run "$MLP_GIT" <rq
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" != *s3cret* ]]
	[ "$(git -C out config remote.origin.url)" = "$origin" ]
	rm rq
	[ "$(grep -rl s3cret "$W/out" "$W/cache" | wc -l)" -eq 0 ]
	run "$MLP_GIT" <<<'{"op":"checkout","url":"'"${with/s3cret/wrong}"'","origin":"'"$origin"'","cache_dir":"'"$W/c2"'","dest":"'"$W/o2"'"}'
	[ "$status" -eq 1 ]
	[[ "$output" != *wrong* ]]
	run "$MLP_GIT" <<<'{"op":"checkout","url":"http://ann:s3cret@h:99999999x/p","origin":"http://h:99999999x/p","cache_dir":"'"$W/c2"'","dest":"'"$W/o2"'"}'
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$output" != *s3cret* ]]
}

@test "two at once fetch once" {
	make_project
	start_http
	local pids=() i
	for i in 1 2 3 4; do
		git_request checkout "$HTTP/slow/wine.git" - "$W/out$i" >"$W/ev$i" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	for i in 1 2 3 4; do
		[ "$(git -C "out$i" rev-parse HEAD)" = "$(git -C wine rev-parse HEAD)" ]
	done
	# the very first may have finished before the last began: never four
	[ "$(requests POST)" -eq 1 ]
	[ "$(requests GET)" -lt 4 ]
}

@test "killed at any moment, the next fetch works" {
	make_project
	head -c 3000000 /dev/urandom >wine/big
	git -C wine add big
	git -C wine commit -qm big
	publish wine
	start_http
	local i pid want
	want=$(git -C wine rev-parse HEAD)
	for i in $(seq 1 25); do
		((i % 5)) || rm -rf "$XDG_CACHE_HOME"
		git_request checkout "$HTTP/wine.git" - "$W/cache/mlp/checkouts/k$i" >/dev/null 3>&- &
		pid=$!
		sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
		# the helper is the last of the pipeline that runs in the subshell
		pkill -KILL -P "$pid" || :
		wait "$pid" || :
		run git_request checkout "$HTTP/wine.git" - "$W/out$i"
		[ "$status" -eq 0 ]
		[ "$(git -C "out$i" rev-parse HEAD)" = "$want" ]
		[ -z "$(git -C "out$i" status --porcelain)" ]
		rm -rf "out$i"
	done
	git -C "$XDG_CACHE_HOME"/mlp/git/*.git fsck
	git_request checkout "$HTTP/wine.git" - "$W/cache/mlp/checkouts/last"
	[ "$(find "$XDG_CACHE_HOME" -name '*.mlp-tmp' | wc -l)" -eq 0 ]
	[ "$(find "$XDG_CACHE_HOME"/mlp/git/*.git/objects/pack -type f ! -name 'pack-*.pack' ! -name 'pack-*.idx' | wc -l)" -eq 0 ]
}

@test "a mirror that is broken is made anew" {
	make_project
	start_http
	git_request checkout "$HTTP/wine.git" - "$W/out1"
	local m
	m=$(echo "$XDG_CACHE_HOME"/mlp/git/*.git)
	rm "$m/HEAD"
	run git_request checkout "$HTTP/wine.git" - "$W/out2"
	[ "$status" -eq 0 ]
	rm -rf "$m/objects/pack"
	mkdir "$m/objects/pack"
	run git_request checkout "$HTTP/wine.git" - "$W/out3"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$(git -C out3 status --porcelain)" ]
	echo rubbish >"$m/packed-refs"
	run git_request checkout "$HTTP/wine.git" - "$W/out4"
	[ "$status" -eq 0 ]
}

@test "symbolic links, modes and odd names arrive as they are" {
	make_project
	ln -s ../data wine/sub/link
	ln -s /etc/passwd wine/sub/abs
	chmod +x wine/train.sh
	touch "wine/na me" "wine/ünï" $'wine/new\nline'
	git -C wine add -A
	git -C wine commit -qm odd
	publish wine
	start_http
	run git_request checkout "$HTTP/wine.git" - "$W/out"
	[ "$status" -eq 0 ]
	[ "$(readlink out/sub/link)" = ../data ]
	[ -x out/train.sh ]
	[ -z "$(git -C out status --porcelain)" ]
	[ -f $'out/new\nline' ]
}

@test "peek brings manifests and environments only" {
	make_project
	printf 'x: 1\n' >wine/conda.yaml
	mkdir -p wine/envs
	printf 'y: 1\n' >wine/envs/py.yaml
	head -c 2000000 /dev/zero >wine/huge.yaml
	mkdir wine/links
	ln -s ../MLproject wine/links/MLproject
	ln -s /etc/passwd wine/links/evil.yaml
	ln -s ../../../x wine/links/out.yaml
	ln -s sub/deep/.. wine/alias
	git -C wine add -A
	git -C wine commit -qm more
	publish wine
	start_http
	mkdir p
	run git_request peek "$HTTP/wine.git" - "$W/p"
	[ "$status" -eq 0 ]
	[ "$(cd p && find . ! -type d | sort | tr '\n' ' ')" = "./MLproject ./conda.yaml ./envs/py.yaml ./links/MLproject ./sub/MLproject " ]
	cmp p/links/MLproject wine/MLproject
	[ ! -L p/links/MLproject ]
	mkdir p2
	run git_request peek "$HTTP/wine.git" v1 "$W/p2" sub
	[ "$(echo "$output" | answer dir)" = sub ]
	mkdir p3
	run git_request peek "$HTTP/wine.git" - "$W/p3" alias/deep
	echo "$output"
	[ "$(echo "$output" | answer dir)" = sub/deep ]
	[ -d p3/sub/deep ]
	mkdir p4
	run git_request peek "$HTTP/wine.git" - "$W/p4" none/x
	[ "$status" -eq 1 ]
	[[ "$output" == *"Could not find subdirectory none/x of"* ]]
	run git_request peek "$HTTP/wine.git" - "$W/p4" data
	[ "$status" -eq 1 ]
}

@test "100,000 references" {
	make_project
	local c
	c=$(git -C wine rev-parse HEAD)
	{
		echo '# pack-refs with: peeled fully-peeled sorted '
		seq -f "$c refs/heads/b%06.0f" 1 100000
		echo "$c refs/heads/main"
	} >srv/wine.git/packed-refs
	start_http
	run git_request checkout "$HTTP/wine.git" b050000 "$W/out"
	[ "$status" -eq 0 ]
	[ "$(git -C out for-each-ref refs/remotes | wc -l)" -eq 100002 ]
	[ "$(git -C out symbolic-ref HEAD)" = refs/heads/b050000 ]
}

@test "a work tree on another file system gets copies" {
	[ -w /dev/shm ] && [ "$(stat -c %d /dev/shm)" != "$(stat -c %d "$W")" ] ||
		skip "/dev/shm is not another file system"
	make_project
	start_http
	local other
	other=$(mktemp -d /dev/shm/mlp-test-XXXXXX)
	run git_request checkout "$HTTP/wine.git" - "$other/out"
	git -C "$other/out" fsck && [ -z "$(git -C "$other/out" status --porcelain)" ]
	local rc=$?
	rm -rf "$other"
	[ "$status" -eq 0 ]
	[ "$rc" -eq 0 ]
	[[ "$output" == *"copying objects"* ]]
}
