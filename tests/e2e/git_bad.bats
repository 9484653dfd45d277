#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Repositories, servers, mirrors and disks that mean no good.
bats_require_minimum_version 1.5.0
load ../lib/git

setup() {
	B=$(realpath "${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}")
	MLP=$B/bin/mlp
	MLP_GIT=$B/libexec/mlp-git
	git_setup
	unset MLP_RUN_ID MLFLOW_RUN_ID
	make_project
	start_http
}

teardown() {
	git_teardown
}

# The sanitizers' memory does not fit below a limit.
is_sanitized() { ldd "$MLP_GIT" | grep -q asan; }

commit_all() {
	git -C wine add -A
	git -C wine commit -qm more
	publish wine
}

requests() { grep -c "^$1" "$W/log" || :; }
message() { echo "$output" | answer message; }

# A checkout of VERSION works, and is what the repository has.
works() {
	rm -rf "$W/out"
	run git_request checkout "$HTTP/wine.git" "$1" "$W/out"
	echo "$output"
	[ "$status" -eq 0 ] || return
	[ -z "$(git -C "$W/out" status --porcelain)" ]
}

@test "names that differ in upper and lower case only" {
	echo upper >wine/Case
	echo lower >wine/case
	mkdir wine/SUB
	echo up >wine/SUB/note
	commit_all
	[ "$(ls wine | grep -ic '^case$')" -eq 2 ] || skip "the file system does not tell case apart"
	works main
	[ "$(cat out/Case out/case out/SUB/note out/sub/deep/note)" = $'upper\nlower\nup\ndeep' ]
	run "$MLP" run -q "$HTTP/wine.git"
	[ "$status" -eq 0 ]
	run "$MLP" run -q "$HTTP/wine.git"
	[ "$status" -eq 0 ]
	[ "$(find "$XDG_CACHE_HOME/mlp/checkouts" -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq 1 ]
}

@test "links that leave the tree are made, and never followed for what mlp reads" {
	mkdir elsewhere wine/abs wine/rel wine/env wine/inside
	printf 'entry_points:\n  main:\n    command: "echo OUTSIDE"\n' >elsewhere/MLproject
	echo 'python: "3.11"' >elsewhere/python_env.yaml
	ln -s "$W/elsewhere/MLproject" wine/abs/MLproject
	ln -s ../../../../../elsewhere/MLproject wine/rel/MLproject
	ln -s "$W/elsewhere/python_env.yaml" wine/env/python_env.yaml
	cp wine/sub/MLproject wine/env/
	ln -s "$W/elsewhere" wine/out
	ln -s ../sub/MLproject wine/inside/MLproject
	ln -s sub wine/alias
	commit_all
	works main
	[ "$(readlink out/abs/MLproject)" = "$W/elsewhere/MLproject" ]
	[ "$(readlink out/out)" = "$W/elsewhere" ]
	local dir how
	for how in "" --dry-run; do
		for dir in abs rel env out; do
			run "$MLP" run $how "$HTTP/wine.git#$dir"
			echo "$dir $how: $output"
			[ "$status" -eq 125 ]
			[[ "$output" == *"leads out of it"* ]]
			[[ "$output" != *OUTSIDE* ]]
		done
		for dir in inside alias; do
			run "$MLP" run $how "$HTTP/wine.git#$dir"
			[ "$status" -eq 0 ]
			[[ "$output" == *"in sub"* ]]
		done
	done
	# a directory of the user's own may link where it wants
	ln -s "$W/elsewhere/MLproject" elsewhere/link
	mkdir own
	ln -s ../elsewhere/MLproject own/MLproject
	run "$MLP" run -q own
	[ "$output" = OUTSIDE ]
}

@test "a path longer than PATH_MAX: an error that names it, and nothing is left" {
	local tree blob name i
	blob=$(git -C wine rev-parse HEAD:data)
	name=$(printf 'd%.0s' {1..200})
	tree=$(printf '100644 blob %s\tf\n' "$blob" | git -C wine mktree)
	for i in {1..30}; do
		tree=$(printf '040000 tree %s\t%s\n' "$tree" "$name" | git -C wine mktree)
	done
	tree=$({
		git -C wine ls-tree HEAD
		printf '040000 tree %s\tlong\n' "$tree"
	} | git -C wine mktree)
	git -C wine branch long "$(git -C wine commit-tree -p HEAD -m long "$tree")"
	publish wine
	run "$MLP" run "$HTTP/wine.git" -v long
	echo "$output" | cut -c1-300
	[ "$status" -eq 125 ]
	[[ "$output" == *"cannot check out the files"*/long/dddd*"File name too long"* ]]
	[ -z "$(ls "$XDG_CACHE_HOME/mlp/checkouts")" ]
	# what is not needed of it does no harm
	run "$MLP" run "$HTTP/wine.git" -v long --dry-run
	[ "$status" -eq 0 ]
	works main
}

@test "servers with a part of the repository only" {
	git clone -q --bare --depth 1 "file://$W/wine" srv/shallow.git
	run git_request checkout "$HTTP/shallow.git" - "$W/out"
	[ "$status" -eq 1 ]
	[[ "$(message)" == *"or it is a shallow repository"* ]]
	git -C srv/wine.git config uploadpack.allowFilter true
	git clone -q --bare --filter=blob:none "$HTTP/wine.git" srv/partial.git
	run git_request checkout "$HTTP/partial.git" - "$W/out"
	[ "$status" -eq 1 ]
	[[ "$(message)" == *"it stopped before the end"* ]]
	[[ "$(echo "$output" | answer hint)" == *"partial"* ]]
	[ ! -e out ]
	# of this machine, it is used as it is
	git clone -q --depth 1 "file://$W/wine" shallow
	run "$MLP" run -q shallow -v main
	[ "$status" -eq 0 ]
}

@test "a repository with SHA-256 objects: said so; a clone of it can be run" {
	git init -q --object-format=sha256 new
	printf 'entry_points: {main: {command: "echo ran"}}\n' >new/MLproject
	git -C new add .
	git -C new commit -qm new
	git clone -q --bare new srv/new.git
	run git_request checkout "$HTTP/new.git" - "$W/out"
	[ "$status" -eq 1 ]
	[[ "$(message)" == *"or one of SHA-256"* ]]
	[[ "$(echo "$output" | answer hint)" == *"git clone"* ]]
	run "$MLP" run "$W/srv/new.git"
	[ "$status" -eq 125 ]
	[[ "$output" == *"named by SHA-256, which libgit2 does not read"*"run the directory, without -v"* ]]
	run "$MLP" run new
	[ "$status" -eq 0 ]
	[[ "$output" == *"is not recorded: "*SHA-256*ran* && "$output" != *clone* ]]
}

@test "servers that stop half-way or send rubbish; the next fetch works" {
	local how
	for how in "cut|it stopped before the end" "rubbish|cannot fetch" "rubbish-refs|cannot fetch"; do
		run git_request checkout "$HTTP/${how%|*}/wine.git" - "$W/out"
		echo "$output"
		[ "$status" -eq 1 ]
		[[ "$(message)" == *"${how#*|}"* ]]
		[ ! -e out ]
	done
	works main
}

# A mirror follows its URL: so the server behind it must get better, not the URL.
@test "a fetch that failed leaves nothing that a later one would take" {
	local pack
	git -C srv/wine.git repack -adq
	pack=$(echo srv/wine.git/objects/pack/*.pack)
	cp "$pack" whole
	chmod u+w "$pack"
	truncate -s -200 "$pack"
	run git_request checkout "$HTTP/wine.git" - "$W/out"
	echo "$output"
	[ "$status" -eq 1 ]
	cp whole "$pack"
	works main
	git -C "$XDG_CACHE_HOME"/mlp/git/*.git fsck --strict
}

@test "servers that never end: no memory, no patience" {
	run git_request checkout "$HTTP/endless-text/wine.git" - "$W/out"
	[ "$status" -eq 1 ]
	[[ "$(message)" == *"the server talks without end"* ]]
	if ! is_sanitized; then
		(
			ulimit -d 60000
			git_request checkout "$HTTP/endless-refs/wine.git" - "$W/out"
		) >ev || :
		output=$(cat ev)
		[[ "$(message)" == *"it sends more than fits into memory"* ]]
	fi
	MLP_STALL_TIMEOUT=1 run "$MLP" run "$HTTP/hang/wine.git"
	[ "$status" -eq 125 ]
	[[ "$output" == *"no sign of life for 1"* ]]
	# a pack that grows and grows is stopped as one pleases, and goes with the next fetch
	"$MLP" run "$HTTP/endless-pack/wine.git" >ev 2>&1 3>&- &
	local pid=$!
	wait_for eval 'find cache/mlp/git/*endless-pack*/objects/pack -name "pack_*" -size +100k | grep -q .'
	kill -TERM "$pid"
	wait "$pid" || :
	[ -z "$(ls cache/mlp/checkouts)" ]
	mkdir -p srv/endless-pack
	cp -r srv/wine.git srv/endless-pack/
	run "$MLP" gc --older-than 0
	[ "$status" -eq 0 ]
	[ -z "$(find cache/mlp -name 'pack_*')" ]
}

@test "the helper takes at most half of the memory" {
	"$MLP" run "$HTTP/hang/wine.git" >ev 2>&1 3>&- &
	local pid=$! helper limit half
	wait_for eval "pgrep -P $pid mlp-git"
	wait_for grep -q hang log
	helper=$(pgrep -P "$pid" mlp-git)
	limit=$(awk '/^Max data size/ {print $4}' "/proc/$helper/limits")
	half=$(($(getconf _PHYS_PAGES) / 2 * $(getconf PAGE_SIZE)))
	kill -TERM "$pid"
	wait "$pid" || :
	is_sanitized || [ "$limit" -le "$half" ]
}

@test "a branch that was forced elsewhere; its old commit by id" {
	works main
	local old new gets
	old=$(git -C wine rev-parse main)
	git -C wine reset -q --hard light
	echo forced >wine/data
	git -C wine commit -qam forced
	new=$(git -C wine rev-parse main)
	git -C wine push -q --force "$W/srv/wine.git" main
	git -C srv/wine.git reflog expire --expire=now --all
	git -C srv/wine.git tag -d v1
	git -C srv/wine.git gc -q --prune=now
	run git -C srv/wine.git cat-file -e "$old"
	[ "$status" -ne 0 ]
	works main
	[ "$(git -C out rev-parse HEAD)" = "$new" ]
	gets=$(requests GET)
	works "$old"
	[ "$(cat out/data)" = three ]
	[ "$(requests GET)" -eq "$gets" ]
}

# Each line: what happens to the mirror, seen from its directory.
@test "a mirror that is damaged on disk is made anew" {
	local deed version n=0 first=-
	# libgit2 does not free what it has read of a damaged pack
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	scribble() { # FILE OFFSET COUNT
		chmod u+w "$1"
		head -c "$3" /dev/zero | tr '\0' x | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
	}
	while read -r deed; do
		for version in - v1 "$(git -C wine rev-parse HEAD~1)"; do
			[ "$n" -lt 11 ] || [ "$version" = "$first" ] || continue
			rm -rf "$XDG_CACHE_HOME" out
			git_request checkout "$HTTP/wine.git" - "$W/out" >ev
			rm -rf out
			(
				cd "$XDG_CACHE_HOME"/mlp/git/*.git
				pack=$(echo objects/pack/*.pack) idx=$(echo objects/pack/*.idx)
				size=$(stat -c %s "$pack")
				eval "$deed"
			)
			echo "== $deed, $version"
			works "$version"
			[ -z "$(ls -d "$XDG_CACHE_HOME"/mlp/git/*.damaged 2>/dev/null)" ]
		done
		n=$((n + 1))
		first=$([ "$first" = - ] && git -C wine rev-parse HEAD~1 || echo -)
	done <<-'EOF'
		truncate -s 100 $pack
		truncate -s -1 $pack
		truncate -s 0 $pack
		truncate -s 100 $idx
		truncate -s 0 $idx
		rm $idx
		rm $pack
		scribble $pack 60 200
		scribble $pack $((size - 120)) 90
		scribble $idx 1040 30
		scribble $idx 8 1024
		rm -r objects
		rm -r refs
		rm HEAD
		: >HEAD
		echo rubbish >HEAD
		rm HEAD; mkdir HEAD
		rm config
		: >config
		echo '[' >config
		rm packed-refs
		: >packed-refs
		head -c 300 /dev/urandom >packed-refs
		rm packed-refs; mkdir packed-refs
		rm -r *
		cd ..; m=$(echo *.git); rm -r $m; echo text >$m
		cd ..; m=$(echo *.git); rm -r $m; ln -s /nowhere $m
	EOF
	[ "$n" -eq 27 ]
}

@test "a damaged mirror, and nobody to ask: it is told, and kept" {
	works main
	local m pack
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # as above
	m=$(echo "$XDG_CACHE_HOME"/mlp/git/*.git)
	pack=$(echo "$m"/objects/pack/*.pack)
	chmod u+w "$pack"
	printf '%090d' 0 | dd of="$pack" bs=1 seek=$(($(stat -c %s "$pack") - 120)) conv=notrunc status=none
	stop_first
	run git_request checkout "$HTTP/wine.git" "$(git -C wine rev-parse HEAD)" "$W/out2"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$output" == *"'$m' is damaged ("*"it is fetched anew"* ]]
	[[ "$(message)" == *"connection refused"* ]]
	[ -e "$pack" ]
	[ ! -e "$m.damaged" ]
}

@test "a disk that is full while fetching: an error that says so; with room, it works" {
	if ! unshare -rm true 2>/dev/null; then skip "no mount namespaces here"; fi
	head -c 700000 /dev/urandom >wine/big
	commit_all
	mkdir -p "$XDG_CACHE_HOME"
	run unshare -rm bash -c '
		mount -t tmpfs -o size=500k none "$XDG_CACHE_HOME" || exit 99
		"$1" run "$2"
		echo "status $?"
		find "$XDG_CACHE_HOME" -path "*/checkouts/*" -printf "left: %p\n"
		mount -o remount,size=20m "$XDG_CACHE_HOME" || exit 99
		"$1" run -q "$2"
		echo "status $?"
		git -C "$XDG_CACHE_HOME"/mlp/git/*.git fsck --strict 2>&1
		find "$XDG_CACHE_HOME"/mlp/git -name "pack_*" -printf "left: %p\n"' - "$MLP" "$HTTP/wine.git"
	echo "$output"
	[[ "$output" == *"No space left on device"*"status 125"*"alpha=0.5 at"*"status 0"* ]]
	[[ "$output" != *"left: "* ]]
}
