#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A checkout that a run has left as it was is given to the next run of that commit.
bats_require_minimum_version 1.5.0
load ../lib/git

setup() {
	B=$(realpath "${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}")
	MLP=$B/bin/mlp
	MLP_GIT=$B/libexec/mlp-git
	git_setup
	unset MLP_RUN_ID MLFLOW_RUN_ID
	C=$XDG_CACHE_HOME/mlp/checkouts
	wine="file://$W/srv/wine.git"
	make_project
}

teardown() {
	git_teardown
}

# Have the project's command be this shell text (and commit it).
command_is() {
	printf '%s\n' "$1" >wine/train.sh
	git -C wine commit -qam "another command"
	publish wine
}

# The inode of the tracked file `data` in the only checkout: the same one, used again?
mark() { stat -c %i "$C"/wine-*/data; }
checkouts() { find "$C" -mindepth 1 -maxdepth 1 -type d | wc -l; }
mlp_run() {
	run "$MLP" run "$@"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the next run of the commit gets the checkout, as git has it" {
	mlp_run "$wine"
	local first
	first=$(mark)
	mlp_run "$wine"
	[ "$(mark)" = "$first" ]
	[ "$(checkouts)" -eq 1 ]
	[ "$(find "$C" -name '*.lock' | wc -l)" -eq 1 ]
	[[ "$output" != *"left in"* ]]
	[[ "$output" != *"checking out"* ]]
	cd "$C"/wine-????????????????
	[ -z "$(git status --porcelain --ignored)" ]
	[ "$(git rev-parse HEAD)" = "$(git -C "$W/wine" rev-parse HEAD)" ]
	[ "$(git symbolic-ref HEAD)" = refs/heads/main ]
	[ "$(git remote get-url origin)" = "$wine" ]
	git fsck
}

@test "another commit, branch or umask has its own" {
	mlp_run "$wine"
	mlp_run "$wine" -v light
	[[ "$output" == *"at light"* ]]
	[ "$(checkouts)" -eq 2 ]
	mlp_run "$wine" -v light
	mlp_run "$wine" -v main
	[ "$(checkouts)" -eq 2 ]
	(umask 077 && mlp_run "$wine")
	[ "$(checkouts)" -eq 3 ]
}

@test "what a command does to .git is not there for the next one" {
	command_is 'ls .git/hooks 2>/dev/null; git config evil 2>&1; git tag | wc -l
	mkdir -p .git/hooks; echo x >.git/hooks/post-commit; git config evil.key 1; git tag mine'
	mlp_run "$wine"
	local first
	first=$(mark)
	mlp_run "$wine"
	[ "$(mark)" = "$first" ]
	[[ "$output" != *post-commit* ]]
	[[ "$output" == *$'\n2\n'* ]]
	command_is 'rm -rf .git; ln -s /nowhere .git'
	mlp_run "$wine"
	first=$(stat -c '%Y %i' "$C"/wine-*/data | sort | tail -n 1)
	mlp_run "$wine"
	[ "$(stat -c '%Y %i' "$C"/wine-*/data | sort | tail -n 1)" = "$first" ]
}

# Each line: what a command does so that its checkout must not be given on.
@test "a command that changes anything, and hides it, spoils the checkout" {
	local n=0 deed
	while read -r deed; do
		command_is "$deed"
		echo "== $deed"
		rm -rf "$C" "$XDG_CACHE_HOME/mlp/clean"
		mlp_run "$wine"
		[[ "$output" == *"files left in $C/wine-"* ]]
		# it is kept, and the next run has one of its own
		mlp_run "$wine"
		[ "$(checkouts)" -eq 2 ]
		n=$((n + 1))
	done <<-'EOF'
		echo new >result
		echo new >.ignored; echo .ignored >.git/info/exclude
		mkdir empty
		rm data
		echo THREE >data
		touch -r data stamp; printf 'tHree\n' >data; touch -r stamp data; rm stamp
		cp -p data copy; rm data; mv copy data
		touch data
		chmod +x data
		ln data "$(mktemp -u "$HOME/linkXXXXXX")"
		ln data "$HOME/linked"; rm "$HOME/linked"
		rm data; ln -s sub data
		chmod 700 sub
		mv sub other; cp -a other sub; rm -r other
		mkfifo pipe
		mkdir -p sub/deep/.git
		rm -r sub; ln -s /tmp sub
		cp data x; mv x sub/deep/note; cp data sub/deep/note
		python3 -c 'import os; os.setxattr("data", "user.x", b"1"); os.removexattr("data", "user.x")'
		python3 -c 'import os; os.setxattr("sub", "user.x", b"1")'
		python3 -c 'import mmap; f = open("data", "r+b"); m = mmap.mmap(f.fileno(), 0); m[0]; m[0] = 88'
		chown :12345 data 2>/dev/null || touch data
		mkdir sub/empty
		mv data sub; ln -s sub/data data
	EOF
	[ "$n" -eq 24 ]
}

@test "in memory, where a write to a mapped page leaves no trace, contents are compared" {
	[ "$(stat -f -c %T /dev/shm)" = tmpfs ] && [ -w /dev/shm ] || skip "no /dev/shm in memory"
	command_is 'cat data; [ -z "$SPOIL" ] || python3 -c "
import mmap
f = open(\"data\", \"r+b\")
m = mmap.mmap(f.fileno(), 0)
m[0]
m[0] = 88"'
	local shm
	shm=$(mktemp -d /dev/shm/mlp-test-XXXXXX)
	XDG_CACHE_HOME=$shm "$MLP" run -q "$wine" >one
	XDG_CACHE_HOME=$shm SPOIL=1 "$MLP" run -q "$wine" >two
	XDG_CACHE_HOME=$shm "$MLP" run -q "$wine" >three
	local n
	n=$(find "$shm/mlp/checkouts" -mindepth 1 -maxdepth 1 -type d | wc -l)
	rm -rf "$shm"
	[ "$(cat one two three)" = $'three\nthree\nthree' ]
	[ "$n" -eq 2 ]
}

@test "a version of a repository on this machine" {
	mlp_run wine -v light
	[[ "$output" == *"at light"* ]]
	local first
	first=$(mark)
	mlp_run wine -v light
	[ "$(mark)" = "$first" ]
	mlp_run wine -v "$(git -C wine rev-parse light)"
	[ "$(mark)" = "$first" ]
	# the same commit of another repository is not the same project
	git clone -q wine other
	mlp_run other -v light
	[ "$(checkouts)" -eq 2 ]
}

@test "what the user says of line ends makes another checkout" {
	mlp_run "$wine"
	echo '* text eol=crlf' >attributes
	git config --global core.attributesfile "$W/attributes"
	mlp_run "$wine"
	[ "$(checkouts)" -eq 2 ]
	[ "$(cat "$C"/wine-????????????????/data | tr -d '\n')" = $'three\rthree' ] ||
		[ "$(cat "$C"/wine-????????????????/data | tr -d '\n')" = $'threethree\r' ]
	echo '* -text' >attributes
	mlp_run "$wine"
	[ "$(checkouts)" -eq 3 ]
	mlp_run "$wine"
	[ "$(checkouts)" -eq 3 ]
}

@test "what comes and goes is no change" {
	command_is 'echo x >tmp; mkdir -p sub/d; rm -r tmp sub/d; cat data >/dev/null'
	mlp_run "$wine"
	local first
	first=$(mark)
	mlp_run "$wine"
	[ "$(mark)" = "$first" ]
	[ "$(checkouts)" -eq 1 ]
}

@test "a failed run, too, gives its checkout on; one that was killed, if it is clean" {
	command_is 'exit 3'
	run "$MLP" run "$wine"
	[ "$status" -eq 3 ]
	local first pid
	first=$(mark)
	run "$MLP" run "$wine"
	[ "$(mark)" = "$first" ]
	command_is "touch '$W/up'; exec sleep 60"
	rm -rf "$C"
	"$MLP" run "$wine" >ev 2>&1 3>&- &
	pid=$!
	wait_for test -e "$W/up"
	first=$(mark)
	kill -KILL "$pid"
	wait "$pid" || :
	wait_for eval "[ -z \"\$(find /proc/[0-9]*/cwd -maxdepth 0 -lname '$C/*' 2>/dev/null)\" ]"
	run "$MLP" run "$wine" --timeout 300ms
	[ "$status" -eq 124 ]
	[ "$(mark)" = "$first" ]
}

@test "while anybody works in it, a checkout is not given on" {
	command_is 'setsid sleep 60 </dev/null >/dev/null 2>&1 & disown; kill -KILL $PPID; sleep 60'
	"$MLP" run "$wine" >ev 2>&1 3>&- || :
	local first
	first=$(mark)
	wait_for eval "find /proc/[0-9]*/cwd -maxdepth 0 -lname '$C/*' 2>/dev/null | grep -q ."
	"$MLP" run "$wine" --timeout 300ms >ev 2>&1 3>&- || :
	[ "$(checkouts)" -eq 2 ]
	for p in $(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$C/*" 2>/dev/null | cut -d/ -f3); do
		kill -KILL "$p"
	done
	[ "$(stat -c %i "$C"/wine-*/data | grep -c "^$first\$")" -eq 1 ]
}

@test "runs at once: each has its own, afterwards all are used again" {
	command_is 'touch "$W/up.$$"; while [ "$(ls "$W" | grep -c ^up)" -lt 4 ]; do sleep 0.02; done; pwd'
	local i
	export W
	for round in 1 2; do
		rm -f "$W"/up.*
		for i in 1 2 3 4; do
			"$MLP" run -q "$wine" --tracking-uri "sqlite:///$W/db$i" >"out$i" 2>&1 3>&- &
		done
		wait
		cat out?
		[ "$(sort -u out1 out2 out3 out4 | wc -l)" -eq 4 ]
		[ "$(checkouts)" -eq 4 ]
	done
}

@test "a URL with a full commit id asks nobody the second time" {
	start_http
	local id
	id=$(git -C wine rev-parse 'v1^{commit}')
	mlp_run "$HTTP/wine.git" -v "$id"
	stop_first
	local first
	first=$(mark)
	mlp_run "$HTTP/wine.git" -v "$id"
	[ "$(mark)" = "$first" ]
}

@test "a snapshot that is damaged, or of another boot, proves nothing" {
	mlp_run "$wine"
	local s first
	first=$(mark)
	s=$(find "$XDG_CACHE_HOME/mlp/clean" -type f ! -name '*.index')
	# the boot's id stands behind three members of the header
	printf '0' | dd of="$s" bs=1 seek=32 conv=notrunc status=none
	printf 'g' | dd of="$s" bs=1 seek=33 conv=notrunc status=none
	mlp_run "$wine"
	[ "$(checkouts)" -eq 2 ]
	rm -rf "$XDG_CACHE_HOME"
	local how
	for how in 'truncate -s 100' 'truncate -s -1' 'truncate -s 0' 'shred -n 1'; do
		mlp_run "$wine"
		s=$(find "$XDG_CACHE_HOME/mlp/clean" -type f ! -name '*.index')
		for f in $s; do $how "$f"; done
	done
	[ "$(checkouts)" -eq 4 ]
}

@test "a mistake before the command: a new checkout goes, a used one stays" {
	mlp_run "$wine"
	local first
	first=$(mark)
	run "$MLP" run "$wine" -P alpha=x
	[ "$status" -eq 2 ]
	[ "$(mark)" = "$first" ]
	run "$MLP" run "$wine" -v light -P alpha=x
	[ "$status" -eq 2 ]
	[ "$(checkouts)" -eq 1 ]
	[ "$(find "$C" -name '*.lock' | wc -l)" -eq 1 ]
	mlp_run "$wine"
	[ "$(mark)" = "$first" ]
}

@test "a disk that is full while checking out: an error that says so, and nothing is left" {
	head -c 300000 /dev/urandom >wine/big
	git -C wine add big
	git -C wine commit -qm big
	publish wine
	if ! unshare -rm true 2>/dev/null; then skip "no mount namespaces here"; fi
	mkdir -p "$XDG_CACHE_HOME"
	run unshare -rm bash -c '
		mount -t tmpfs -o size=600k none "$XDG_CACHE_HOME" || exit 99
		"$1" run "$2"
		echo "status $?"
		find "$XDG_CACHE_HOME" -type f -printf "left: %p\n"' - "$MLP" "$wine"
	echo "$output"
	[[ "$output" == *"No space left on device"* ]]
	[[ "$output" == *"status 125"* ]]
	[[ "$output" != *"left: "* ]]
}

@test "an archive's checkout is removed when the run leaves nothing in it" {
	tar -C wine --exclude .git -czf wine.tgz .
	mlp_run wine.tgz
	[ "$(checkouts)" -eq 0 ]
	[ -z "$(find "$XDG_CACHE_HOME/mlp" -type f)" ]
	echo 'echo x >left' >wine/train.sh
	tar -C wine --exclude .git -czf wine.tgz .
	mlp_run wine.tgz
	[[ "$output" == *"files left in $C/wine-"* ]]
	[ "$(cat "$C"/wine-*/left)" = x ]
}
