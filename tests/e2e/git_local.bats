#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Repositories of this machine: a version of a work tree, and what is known of one.

load ../lib/git

setup() {
	B=${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}
	MLP_GIT=$(realpath "$B")/libexec/mlp-git
	git_setup
}

teardown() {
	git_teardown
}

# Everything in the user's repository, to see that nothing changes.
fingerprint() {
	(cd "$1" && find . -type f ! -name index -exec sha1sum {} + | sort && git for-each-ref && cat .git/HEAD)
}

facts() {
	local dir=$1 list='' p
	shift
	for p in "$@"; do
		list+="${list:+,}\"$p\""
	done
	printf '{"op":"facts","dir":"%s","ignore":[%s]}\n' "$dir" "$list" | "$MLP_GIT"
}

dirty() {
	facts "$@" | answer dirty
}

@test "a version of a work tree never touches it" {
	make_project
	echo changed >wine/data
	echo unpushed >wine/new
	git -C wine add new
	fingerprint wine >before
	local v
	for v in main light v1 feat/x HEAD~2 "$(git -C wine rev-parse --short=8 HEAD~1)"; do
		run git_request checkout "$W/wine" "$v" "$W/out"
		echo "$v: $output"
		[ "$status" -eq 0 ]
		[ "$(git -C out rev-parse HEAD)" = "$(git -C wine rev-parse "$v^{commit}")" ]
		[ -z "$(git -C out status --porcelain)" ]
		git -C out fsck
		rm -rf out
	done
	fingerprint wine | diff before -
}

@test "alternates, linked work trees, packs and loose objects" {
	make_project
	git clone -q --shared wine shared
	echo four >shared/data
	git -C shared commit -qam four
	run git_request checkout "$W/shared" main "$W/out1"
	[ "$status" -eq 0 ]
	mv wine wine.gone
	[ "$(git -C out1 log --oneline | wc -l)" -eq 4 ]
	mv wine.gone wine
	git -C wine worktree add -q "$W/linked" feat/x
	echo five >linked/data
	git -C linked commit -qam five
	git -C wine gc -q
	run git_request checkout "$W/linked" HEAD "$W/out2"
	[ "$status" -eq 0 ]
	[ "$(cat out2/data)" = five ]
	git -C out2 fsck
}

@test "a remote branch that is not a local one; a shallow repository" {
	make_project
	git clone -q "$W/srv/wine.git" clone
	run git_request checkout "$W/clone" feat/x "$W/out1"
	[ "$status" -eq 0 ]
	[ "$(cat out1/data)" = one ]
	[ "$(echo "$output" | answer repo_url)" = "$W/srv/wine.git" ]
	git clone -q --depth 1 "file://$W/srv/wine.git" shallow
	run git_request checkout "$W/shallow" main "$W/out2"
	[ "$status" -eq 0 ]
	[ "$(git -C out2 log --oneline | wc -l)" -eq 1 ]
	[ -z "$(git -C out2 status --porcelain)" ]
}

@test "a bare repository is used in place" {
	make_project
	run git_request checkout "$W/srv/wine.git" - "$W/out"
	[ "$status" -eq 0 ]
	[ "$(git -C out rev-parse HEAD)" = "$(git -C wine rev-parse HEAD)" ]
	[ "$(echo "$output" | answer repo_url)" = "$W/srv/wine.git" ]
	[ ! -e "$XDG_CACHE_HOME/mlp/git" ]
}

@test "facts of a work tree" {
	make_project
	git -C wine remote add other "https://ann:s3cret@example.org/wine.git"
	run facts "$W/wine/sub"
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | answer root)" = "$W/wine" ]
	[ "$(echo "$output" | answer commit)" = "$(git -C wine rev-parse HEAD)" ]
	[ "$(echo "$output" | answer branch)" = main ]
	[ "$(echo "$output" | answer repo_url)" = https://example.org/wine.git ]
	[ "$(echo "$output" | answer dirty)" = False ]
	git -C wine remote set-url other "https://ann:s3cret@example.org/wine.git?private_token=s3cret&a=b"
	run facts "$W/wine"
	[ "$(echo "$output" | answer repo_url)" = "https://example.org/wine.git?private_token=***&a=b" ]
	git -C wine remote add origin git@example.org:team/wine.git
	run facts "$W/wine"
	[ "$(echo "$output" | answer repo_url)" = git@example.org:team/wine.git ]
	git -C wine checkout -q --detach
	run facts "$W/wine"
	[ "$(echo "$output" | answer branch)" = None ]
}

@test "what makes a work tree dirty" {
	make_project
	[ "$(dirty "$W/wine")" = False ]
	echo x >>wine/data
	[ "$(dirty "$W/wine")" = True ]
	git -C wine add data
	[ "$(dirty "$W/wine")" = True ]
	git -C wine reset -q --hard
	rm wine/data
	[ "$(dirty "$W/wine")" = True ]
	git -C wine reset -q --hard
	chmod +x wine/data
	[ "$(dirty "$W/wine")" = True ]
	git -C wine reset -q --hard
	git -C wine rm -q --cached data
	echo data >wine/.git/info/exclude
	[ "$(dirty "$W/wine")" = True ]
	git -C wine reset -q --hard
	touch wine/data
	[ "$(dirty "$W/wine")" = False ]
	touch wine/new
	[ "$(dirty "$W/wine")" = True ]
	echo new >wine/.git/info/exclude
	[ "$(dirty "$W/wine")" = False ]
}

@test "what we write ourselves makes it not dirty" {
	make_project
	mkdir -p wine/mlruns/0/abc wine/out/db
	touch wine/mlflow.db wine/mlruns/0/abc/x wine/out/db/mlflow.db
	[ "$(dirty "$W/wine")" = True ]
	[ "$(dirty "$W/wine" "$W/wine/mlflow.db" "$W/wine/mlruns" "$W/wine/out/db/mlflow.db")" = False ]
	[ "$(dirty "$W/wine" "$W/wine/mlflow.db" "$W/wine/mlruns")" = True ]
	touch wine/out/other
	[ "$(dirty "$W/wine" "$W/wine/mlflow.db" "$W/wine/mlruns" "$W/wine/out/db/mlflow.db")" = True ]
	rm wine/out/other
	touch wine/mlflow.db2
	[ "$(dirty "$W/wine" "$W/wine/mlflow.db" "$W/wine/mlruns" "$W/wine/out")" = True ]
}

@test "directories without facts, and repositories without commits" {
	make_project
	mkdir -p wine/ignored/p plain
	echo ignored >wine/.git/info/exclude
	run facts "$W/wine/ignored/p"
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | answer root)" = None ]
	run facts "$W/plain"
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | answer root)" = None ]
	git init -q fresh
	run facts "$W/fresh"
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | answer commit)" = None ]
	[ "$(echo "$output" | answer branch)" = main ]
	[ "$(echo "$output" | answer dirty)" = False ]
	touch fresh/x
	[ "$(dirty "$W/fresh")" = True ]
	run facts "$W/srv/wine.git"
	[ "$(echo "$output" | answer root)" = None ]
	echo rubbish >wine/.git/HEAD
	run facts "$W/wine"
	[ "$status" -eq 0 ] || [[ "$output" == *'"event":"error"'* ]]
}

@test "facts agree with git status on a work tree of everything" {
	make_project
	ln -s data wine/link
	printf '*.o\n!keep.o\n/build/\n' >wine/.gitignore
	printf '* text=auto\n*.crlf text eol=crlf\n' >wine/.gitattributes
	printf 'a\r\nb\r\n' >wine/x.crlf
	touch wine/keep.o wine/a.o
	mkdir -p wine/build wine/empty
	touch wine/build/y
	git -C wine add -A
	git -C wine commit -qm all
	[ -z "$(git -C wine status --porcelain)" ]
	[ "$(dirty "$W/wine")" = False ]
	git clone -q wine inner
	mv inner wine/inner
	[ -n "$(git -C wine status --porcelain)" ]
	[ "$(dirty "$W/wine")" = True ]
}

@test "requests that make no sense" {
	local rq
	for rq in '' '{' '[]' '{}' '{"op":"x"}' '{"op":"facts"}' '{"op":"checkout"}' \
		'{"op":"checkout","url":"x","origin":"x","dest":"/nope/x"}' \
		'{"op":"launch","url":"x","origin":"x","dest":"d","cache_dir":"c"}'; do
		run "$MLP_GIT" <<<"$rq"
		echo "$rq: $output"
		[ "$status" -eq 1 ]
		[[ "$output" == *'"event":"error"'* ]]
	done
	run "$MLP_GIT" </dev/null
	[ "$status" -eq 1 ]
	run "$MLP_GIT" --help
	[ "$status" -eq 2 ]
	head -c 200000 /dev/zero | tr '\0' x >long
	run "$MLP_GIT" <long
	[ "$status" -eq 1 ]
}

@test "facts of a work tree with a submodule" {
	make_project
	git init -q lib
	echo one >lib/file
	git -C lib add file
	git -C lib commit -qm one
	git -C wine -c protocol.file.allow=always submodule --quiet add "$W/lib" third/lib
	git -C wine commit -qm lib
	[ "$(dirty "$W/wine")" = False ]
	[ "$(facts "$W/wine/third/lib" | answer commit)" = "$(git -C lib rev-parse HEAD)" ]
	[ "$(facts "$W/wine/third/lib" | answer root)" = "$W/wine/third/lib" ]
	# what we write there ourselves does not count, whatever git says
	echo x >wine/third/lib/mlflow.db
	[ "$(dirty "$W/wine")" = True ]
	[ "$(dirty "$W/wine" "$W/wine/third/lib/mlflow.db")" = False ]
	[ "$(dirty "$W/wine/third/lib" "$W/wine/third/lib/mlflow.db")" = False ]
	# nor does what configuration in the environment leaves out
	echo mlflow.db >unwanted
	[ "$(GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.excludesFile GIT_CONFIG_VALUE_0=$W/unwanted dirty "$W/wine")" = False ]
	[ "$(GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.excludesFile GIT_CONFIG_VALUE_0=$W/none dirty "$W/wine")" = True ]
	rm wine/third/lib/mlflow.db
	echo two >wine/third/lib/file
	[ "$(dirty "$W/wine")" = True ]
	[ "$(dirty "$W/wine" "$W/wine/third/lib/mlflow.db")" = True ]
	[ "$(dirty "$W/wine" "$W/wine/third")" = False ]
	git -C wine/third/lib commit -qam two
	[ "$(dirty "$W/wine")" = True ]
	[ "$(dirty "$W/wine" "$W/wine/third/lib/mlflow.db")" = True ]
	git -C wine commit -qam two
	[ "$(dirty "$W/wine")" = False ]
	# one that is not there is as git has it
	git -C wine submodule --quiet deinit -f third/lib
	[ -z "$(git -C wine status --porcelain)" ]
	[ "$(dirty "$W/wine")" = False ]
}
