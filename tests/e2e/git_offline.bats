#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A repository whose server does not answer, or is not asked.

bats_require_minimum_version 1.5.0
load ../lib/git

setup() {
	B=$(realpath "${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}")
	MLP=$B/bin/mlp
	MLP_GIT=$B/libexec/mlp-git
	git_setup
	make_project
	start_http
	U=$HTTP/wine.git
}

teardown() {
	git_teardown
}

member() { "$MLP" show "$("$MLP" runs --json --limit 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["run_id"])')" --json |
	python3 -c 'import json,sys; j=json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }

@test "a server that is gone: the copy is used, and that is said; by any name of a commit" {
	local v one
	one=$(git -C wine rev-parse light)
	"$MLP" run "$U"
	stop_first
	for v in "" main light v1 feat/x HEAD HEAD~1 "${one:0:8}" refs/tags/v1; do
		run --separate-stderr "$MLP" run "$U" ${v:+-v "$v"}
		echo "$v: $output $stderr"
		[ "$status" -eq 0 ]
		[[ "$output" == "alpha=0.5 at "* ]]
		[[ "$stderr" == *"warning: cannot fetch '$U': ${HTTP#http://}: connection refused ("*"; the copy that was fetched "*" ago is used"* ]]
		[ "$(member 'j["source"]["repo_url"]')" = "$U" ]
	done
	[ "$(member 'j["source"]["commit"]')" = "$(git -C wine rev-parse 'v1^{commit}')" ]
	# nobody needs to be asked for a commit that is named in full
	run --separate-stderr "$MLP" run "$U" -v "$one"
	[ "$status" -eq 0 ]
	[[ "$stderr" != *warning* ]]
	for v in check info "run --dry-run"; do
		run --separate-stderr "$MLP" $v "$U#sub"
		[ "$status" -eq 0 ]
		[[ "$stderr" == *"connection refused"*"ago is used"* ]]
	done
	run --separate-stderr "$MLP" rerun "$("$MLP" runs --json --limit 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["run_id"])')"
	[ "$status" -eq 0 ]
}

@test "a server that is gone, and no copy, or not of that version" {
	stop_first
	run "$MLP" run "$U"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"cannot fetch '$U': "*": connection refused ("* ]]
	[[ "$output" != *copy* ]]
	start_http
	"$MLP" run "$HTTP/wine.git"
	U=$HTTP/wine.git
	stop_first
	run "$MLP" run "$U" -v v9
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"connection refused ("*"; Unable to checkout version 'v9' of git repo $U: there is no such branch, tag or commit (in the copy that was fetched "*" ago)"* ]]
}

@test "how old the copy is" {
	"$MLP" run "$U"
	stop_first
	local lock
	lock=$(echo "$XDG_CACHE_HOME"/mlp/git/*.lock)
	python3 - "$lock" <<-'EOF'
	import sys, time
	lines = open(sys.argv[1]).read().split("\n")
	open(sys.argv[1], "w").write("%-24s\n%-24d\n" % (lines[0].strip(), (time.time() - 7500) * 1000))
	EOF
	run "$MLP" run "$U"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"the copy that was fetched 2 h 5 min ago is used"* ]]
	# what an earlier version wrote has no such line
	truncate -s 25 "$lock"
	run "$MLP" run "$U"
	[ "$status" -eq 0 ]
	[[ "$output" == *"the copy that was fetched some time ago is used"* ]]
}

@test "a host that is not known, and one that never answers" {
	"$MLP" run "$U"
	git config --global url.http://no-such-host.invalid/.insteadOf "$HTTP/"
	run "$MLP" run "$U"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"unknown host"*"ago is used"* ]]
	git config --global --unset url.http://no-such-host.invalid/.insteadOf
	git config --global "url.$HTTP/hang/.insteadOf" "$HTTP/"
	MLP_STALL_TIMEOUT=0.5 run "$MLP" run "$U"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"'${HTTP#http://}' gave no sign of life for 500 ms; the copy that was fetched "*" ago is used"* ]]
}

@test "what a server does say counts: no copy is used" {
	"$MLP" run "$U"
	local code
	for code in 401 403 404; do
		git config --global "url.$HTTP/$code/.insteadOf" "$HTTP/"
		run "$MLP" run "$U"
		echo "$code: $output"
		[ "$status" -eq 125 ]
		[[ "$output" != *copy* ]]
		git config --global --unset "url.$HTTP/$code/.insteadOf"
	done
	git config --global "url.$HTTP/503/.insteadOf" "$HTTP/"
	run "$MLP" run "$U"
	[ "$status" -eq 0 ]
	[[ "$output" == *"the server failed"*"ago is used"* ]]
}

@test "--offline and MLP_OFFLINE ask nobody" {
	local id how
	"$MLP" run "$U"
	echo four >wine/data
	git -C wine commit -qam four
	git -C wine tag v2
	git -C wine push -q "$W/srv/wine.git" main v2
	: >log
	run --separate-stderr "$MLP" run --offline "$U"
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[[ "$stderr" != *warning* ]]
	id=$("$MLP" runs --json --limit 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["run_id"])')
	for how in "run --offline $U -v main" "rerun --offline $id" "check --offline $U" \
		"info --offline $U#sub" "run --offline --dry-run $U -v v1"; do
		run "$MLP" $how
		echo "$how: $output"
		[ "$status" -eq 0 ]
	done
	MLP_OFFLINE=1 run "$MLP" run "$U"
	[ "$status" -eq 0 ]
	MLP_OFFLINE=1 run "$MLP" run "$U" -v v2
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"Unable to checkout version 'v2' of git repo $U: there is no such branch, tag or commit (in the copy that was fetched "*" ago)"* ]]
	[[ "$output" == *"--offline asks nobody"* ]]
	run "$MLP" run --offline "$U" -v "$(git -C wine rev-parse main)"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"in the copy"* ]]
	run "$MLP" run --offline "$HTTP/slow/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"'$HTTP/slow/wine.git' is not in the cache"* ]]
	[ "$(ls "$XDG_CACHE_HOME/mlp/git" | grep -c slow)" -eq 0 ]
	[ ! -s log ]
	MLP_OFFLINE=0 run "$MLP" run "$U" -v v2
	[ "$status" -eq 0 ]
	[ -s log ]
}

@test "--offline: archives and parameters that are kept" {
	local files
	printf 'entry_points:\n  main:\n    parameters: {data: path}\n    command: "cat {data}"\n' >MLproject
	mkdir files
	tar czf files/p.tar.gz MLproject
	echo wine >files/a.csv
	python3 "$BATS_TEST_DIRNAME/../lib/fileserver.py" "$W/files" "$W/fport" "$W/flog" \
		3>&- >/dev/null 2>&1 &
	SERVERS+=($!)
	wait_for test -s fport
	files=http://127.0.0.1:$(cat fport)
	"$MLP" run "$files/p.tar.gz" -P data="$files/a.csv"
	"$MLP" run . -P data="$files/plain/a.csv" --storage-dir "$W/kept"
	: >flog
	run --separate-stderr "$MLP" run --offline "$files/p.tar.gz" -P data="$files/a.csv"
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[ "$output" = wine ]
	[[ "$stderr" != *warning* ]]
	run --separate-stderr "$MLP" run --offline . -P data="$files/plain/a.csv" --storage-dir "$W/kept"
	[ "$output" = wine ]
	run "$MLP" check --offline "$files/p.tar.gz"
	[ "$status" -eq 0 ]
	run "$MLP" run --offline "$files/p.tar.gz" -P data="$files/b.csv"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"parameter 'data': '$files/b.csv': it is not in the cache"*"--offline asks nobody"* ]]
	run "$MLP" info --offline "$files/q.tar.gz"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$output" == *"'$files/q.tar.gz': it is not in the cache"* ]]
	[ ! -s flog ]
}

@test "a mirror whose only fetch broke off is no copy" {
	head -c 300000 /dev/urandom >wine/big
	git -C wine add big
	git -C wine commit -qm big
	publish wine
	git config --global "url.$HTTP/cut/.insteadOf" "$HTTP/"
	run "$MLP" run "$U"
	[ "$status" -eq 125 ]
	git config --global --unset "url.$HTTP/cut/.insteadOf"
	run "$MLP" run --offline "$U"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"'$U' is not in the cache"* ]]
	run "$MLP" run "$U"
	[ "$status" -eq 0 ]
	[ -f "$(echo "$XDG_CACHE_HOME"/mlp/git/*.git/packed-refs)" ]
}

@test "repositories of this machine need nobody" {
	run "$MLP" run --offline "file://$W/srv/wine.git" -v v1
	[ "$status" -eq 0 ]
	run "$MLP" run --offline wine -v v1
	[ "$status" -eq 0 ]
}

@test "the library: mlp_run_options.offline" {
	"$MLP" run "$U"
	: >log
	local san=
	! readelf -d "$B/lib/libmlp.so" | grep -q libasan || san=-fsanitize=address,undefined
	cc $san -I"$BATS_TEST_DIRNAME/../../include" -o host "$BATS_TEST_DIRNAME/../lib/host.c" \
		-L"$B/lib" -lmlp -lpthread -Wl,-rpath,"$B/lib"
	export MLP_LIBEXEC=$B/libexec
	run ./host -o run "$U"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *FINISHED* ]]
	[ ! -s log ]
	run ./host -o run "$HTTP/slow/wine.git"
	[[ "$output" == *"is not in the cache"* ]]
	MLP_OFFLINE=1 run ./host run "$U"
	[[ "$output" == *FINISHED* ]]
	[ ! -s log ]
	run ./host run "$U"
	[ -s log ]
}

@test "submodules, too, come from their mirrors; one that was never fetched is named" {
	git init -q grape
	echo sweet >grape/taste
	git -C grape add -A
	git -C grape commit -qm taste
	publish grape
	git -C wine -c protocol.file.allow=always submodule -q add ../grape.git grape 2>/dev/null ||
		git -C wine -c protocol.file.allow=always submodule -q add "$W/srv/grape.git" grape
	git -C wine config -f .gitmodules submodule.grape.url ../grape.git
	echo 'cat grape/taste' >wine/train.sh
	git -C wine commit -qam grape
	publish wine
	"$MLP" run "$U"
	: >log
	run --separate-stderr "$MLP" run --offline "$U"
	echo "$output $stderr"
	[ "$output" = sweet ]
	[ ! -s log ]
	stop_first
	run --separate-stderr "$MLP" run "$U"
	[ "$output" = sweet ]
	[[ "$stderr" == *"connection refused"*"ago is used"* ]]
	rm -rf "$XDG_CACHE_HOME"/mlp/git/*grape* "$XDG_CACHE_HOME/mlp/checkouts" "$XDG_CACHE_HOME/mlp/clean"
	run "$MLP" run --offline "$U"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *grape*"--offline asks nobody"* ]]
}
