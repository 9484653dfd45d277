#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Git LFS: pointers become files, downloaded once, or are told of.
bats_require_minimum_version 1.5.0
load ../lib/git

setup() {
	B=$(realpath "${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}")
	MLP=$B/bin/mlp
	MLP_GIT=$B/libexec/mlp-git
	git_setup
	git_lfs_setup
	C=$XDG_CACHE_HOME/mlp/checkouts
	make_project
	make_lfs wine
}

teardown() {
	git_teardown
}

# The path of every program of the system but git-lfs.
without_git_lfs() {
	local p
	mkdir -p "$W/bin"
	for p in git sh bash cat touch ls sleep mkdir; do ln -sf "$(command -v "$p")" "$W/bin/$p"; done
	PATH=$W/bin
}

mlp_run() {
	run "$MLP" run "$@"
	echo "$output"
	[ "$status" -eq 0 ]
}

# The checkout at $1 has the files themselves, and git finds nothing to say.
is_whole() {
	cmp "$W/wine/big.bin" "$1/big.bin"
	cmp "$W/wine/sub/two words.bin" "$1/sub/two words.bin"
	[ -x "$1/sub/two words.bin" ]
	[ "$(stat -c %h "$1/big.bin")" -eq 1 ]
	[ -z "$(git -C "$1" status --porcelain --ignored)" ]
	git -C "$1" describe --tags --dirty >"$W/described"
	[[ "$(cat "$W/described")" != *dirty* ]]
}

@test "files are downloaded once, and the checkout is given on" {
	start_http
	git config --global core.hooksPath "$W/hooks"
	cp home/.gitconfig gitconfig.before
	mlp_run "$HTTP/wine.git"
	[ "$(grep -c 'POST /wine.git/info/lfs/objects/batch' log)" -eq 1 ]
	[ "$(grep -c 'GET /lfs/' log)" -eq 2 ]
	[[ "$output" != *warning* ]]
	is_whole "$C"/wine-????????????????
	local first
	first=$(stat -c %i "$C"/wine-*/big.bin)
	mlp_run "$HTTP/wine.git"
	[ "$(stat -c %i "$C"/wine-*/big.bin)" = "$first" ]
	is_whole "$C"/wine-????????????????
	# another checkout has them from the cache
	run git_request checkout "$HTTP/wine.git" - "$W/out"
	[ "$status" -eq 0 ]
	is_whole out
	[ "$(grep -c lfs/ log)" -eq 3 ]
	# nothing is written elsewhere
	cmp home/.gitconfig gitconfig.before
	[ ! -e hooks ]
	[ "$(cd home && echo .[a-z]*)" = .gitconfig ]
	[ -z "$(find out/.git -path '*lfs*' -type f)" ]
	run ! find out/.git/hooks -type f
}

@test "what a command does to such a file spoils the checkout" {
	start_http
	echo 'printf x >>big.bin' >wine/train.sh
	git -C wine commit -qam change
	publish wine
	mlp_run "$HTTP/wine.git"
	[[ "$output" == *"files left in"* ]]
	mlp_run "$HTTP/wine.git"
	[ "$(find "$C" -name big.bin -size -299990c | wc -l)" -eq 0 ]
	[ "$(find "$C" -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq 2 ]
	local d n=0
	for d in "$C"/wine-????????????????; do cmp -s -n 300000 wine/big.bin "$d/big.bin" && n=$((n + 1)); done
	[ "$n" -eq 2 ]
	git_request checkout "$HTTP/wine.git" - "$W/out"
	is_whole out
}

@test "without git-lfs a warning counts the pointers, also the next time" {
	start_http
	(
		without_git_lfs
		mlp_run "$HTTP/wine.git"
		[[ "$output" == *"2 files of the project are Git LFS pointers, without the content: git-lfs is not installed"* ]]
		mlp_run "$HTTP/wine.git"
		[[ "$output" == *"2 files of the project are Git LFS pointers"* ]]
	)
	[ "$(find "$C" -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq 1 ]
	head -n 1 "$C"/wine-*/big.bin | grep -q '^version https://git-lfs'
	[ -z "$(git -C "$C"/wine-???????????????? status --porcelain)" ]
	# with it they are filled in, in another checkout
	mlp_run "$HTTP/wine.git"
	[[ "$output" != *pointers* ]]
	[ "$(find "$C" -name big.bin -size 300000c | wc -l)" -eq 1 ]
}

@test "GIT_LFS_SKIP_SMUDGE: pointers are what is wanted" {
	start_http
	GIT_LFS_SKIP_SMUDGE=1 mlp_run "$HTTP/wine.git"
	[[ "$output" == *"2 files of the project are Git LFS pointers, without the content: GIT_LFS_SKIP_SMUDGE is set"* ]]
	run ! grep -q lfs/ log
	mlp_run "$HTTP/wine.git"
	[[ "$output" != *pointers* ]]
}

@test "an object that is gone: an error that names the file" {
	start_http
	local oid
	oid=$(sha256sum wine/big.bin)
	rm "srv/lfs/${oid%% *}"
	run "$MLP" run "$HTTP/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"'$HTTP/wine.git': Git LFS cannot fetch the content of 'big.bin' (1 file in all): Object does not exist"* ]]
	[ -z "$(find "$C" -mindepth 1)" ]
	# what came is kept
	cp wine/big.bin "srv/lfs/${oid%% *}"
	: >log
	mlp_run "$HTTP/wine.git"
	[ "$(grep -c 'GET /lfs/' log)" -eq 1 ]
	is_whole "$C"/wine-????????????????
}

@test "a server without Git LFS, or that sends something else" {
	start_http
	git -C wine config -f .lfsconfig lfs.url "$HTTP/404/lfs"
	git -C wine add .lfsconfig
	git -C wine commit -qm "another server"
	publish wine
	run "$MLP" run "$HTTP/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"Git LFS cannot fetch the content of 'big.bin' (2 files in all): "*404* ]]
	git -C wine "${LFS[@]}" reset -q --hard HEAD~
	publish wine
	local oid
	oid=$(sha256sum wine/big.bin)
	head -c 300000 /dev/zero >"srv/lfs/${oid%% *}"
	run "$MLP" run "$HTTP/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"Git LFS cannot fetch the content of 'big.bin'"* ]]
	[ -z "$(find "$C" -mindepth 1)" ]
}

@test "the credentials of the URL, of ~/.netrc and of a helper; for their host alone" {
	start_http
	mlp_run "http://ann:s3cret@${HTTP#http://}/auth/wine.git"
	is_whole "$C"/wine-????????????????
	run ! grep -rq s3cret "$XDG_CACHE_HOME" "$W/mlruns" "$W/mlflow.db" "$HOME"
	rm -rf "$XDG_CACHE_HOME"
	printf 'machine 127.0.0.1 login ann password s3cret\n' >home/.netrc
	chmod 600 home/.netrc
	mlp_run "$HTTP/auth/wine.git"
	rm home/.netrc
	rm -rf "$XDG_CACHE_HOME"
	git config --global credential.helper '!f() { test "$1" != get || printf "username=ann\npassword=s3cret\n"; }; f'
	mlp_run "$HTTP/auth/wine.git"
	is_whole "$C"/wine-????????????????
	# without any: nobody is asked
	git config --global --unset credential.helper
	rm -rf "$C" "$XDG_CACHE_HOME"/mlp/clean "$XDG_CACHE_HOME"/mlp/git/*/lfs
	git -C wine config -f .lfsconfig lfs.url "$HTTP/auth/wine.git/info/lfs"
	git -C wine add .lfsconfig
	git -C wine commit -qm "a server of its own"
	publish wine
	GIT_ASKPASS=/bin/false SSH_ASKPASS=/bin/false run "$MLP" run "http://bob:other@localhost:${HTTP##*:}/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"Git LFS cannot fetch the content of 'big.bin'"* ]]
	[[ "$output" != *bob* ]]
	run ! grep 'auth.*with bob' log
}

@test "MLP_TRACE shows git-lfs, and no secret" {
	start_http
	MLP_TRACE=$W/trace mlp_run "http://ann:s3cret@${HTTP#http://}/auth/wine.git"
	grep -q 'git-lfs fetch' trace
	run ! grep -q s3cret trace
}

@test "offline only the cache is used" {
	start_http
	mlp_run "$HTTP/wine.git"
	rm -rf "$C" "$XDG_CACHE_HOME/mlp/clean"
	: >log
	mlp_run --offline "$HTTP/wine.git"
	is_whole "$C"/wine-????????????????
	rm -rf "$C" "$XDG_CACHE_HOME/mlp/clean" "$XDG_CACHE_HOME"/mlp/git/*/lfs
	run "$MLP" run --offline "$HTTP/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"the content of 'big.bin', which Git LFS keeps, is not in the cache"* ]]
	[ ! -s log ]
}

@test "repositories of this machine" {
	mlp_run "$W/wine" -v main
	is_whole "$C"/wine-????????????????
	rm -rf "$C"
	cp -r "wine/.git/lfs" srv/wine.git/lfs
	mlp_run "file://$W/srv/wine.git"
	is_whole "$C"/wine-????????????????
}

@test "in a submodule" {
	git init -q host
	cp wine/MLproject wine/train.sh host
	git -C host add -A
	git -C host -c protocol.file.allow=always submodule --quiet add "$W/srv/wine.git" third/wine
	git -C host config -f .gitmodules submodule.third/wine.url ../wine.git
	git -C host commit -qam one
	git -C host tag v1
	publish host
	start_http
	mlp_run "$HTTP/host.git"
	is_whole "$C"/host-????????????????/third/wine
	[ -z "$(git -C "$C"/host-???????????????? status --porcelain --ignored)" ]
	mlp_run "$HTTP/host.git"
	is_whole "$C"/host-????????????????/third/wine
	[ "$(grep -c 'GET /lfs/' log)" -eq 2 ]
}

@test "what only looks like a pointer is a file" {
	local pointer
	pointer=$(git -C wine show HEAD:big.bin)
	echo "$pointer" >wine/no-attribute.txt
	printf 'version https://git-lfs.github.com/spec/v1\noid sha256:x\nsize 1\n' >wine/broken.bin
	git -C wine -c filter.lfs.clean=cat -c filter.lfs.process= add -A
	git -C wine -c filter.lfs.clean=cat -c filter.lfs.process= commit -qm more
	publish wine
	start_http
	mlp_run "$HTTP/wine.git"
	cmp wine/no-attribute.txt "$C"/wine-????????????????/no-attribute.txt
	cmp wine/broken.bin "$C"/wine-????????????????/broken.bin
	is_whole "$C"/wine-????????????????
}

@test "a git-lfs that hangs ends with us" {
	mkdir bin
	printf '#!/bin/sh\necho $$ >"%s/pid"\nexec sleep 100\n' "$W" >bin/git-lfs
	chmod +x bin/git-lfs
	start_http
	PATH=$W/bin:$PATH MLP_STALL_TIMEOUT=0.5 run "$MLP" run "$HTTP/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"gave no sign of life"* ]]
	gone() { ! kill -0 "$(cat pid)"; }
	wait_for gone
}
