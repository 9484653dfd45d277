#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Git over ssh, against a real sshd on loopback.

load ../lib/git
load ../lib/sshd

setup() {
	B=$(realpath "${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}")
	MLP=$B/bin/mlp
	MLP_GIT=$B/libexec/mlp-git
	[ -x /usr/sbin/sshd ] || skip "there is no sshd"
	git_setup
	make_project
	start_sshd
}

teardown() {
	git_teardown
}

@test "ssh:// runs like any other URL, and the user stays in the record" {
	run "$MLP" run "$SSH$W/srv/wine.git" -v v1 -P alpha=0.25
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"alpha=0.25 at v1"* ]]
	run "$MLP" runs --json
	[[ "$output" == *"\"repo_url\":"*"$SSH$W/srv/wine.git"* ]]
	run "$MLP" run "$SSH$W/srv/wine.git#sub"
	[ "$status" -eq 0 ]
	[[ "$output" == *"in sub"* ]]
}

@test "host:path, with a host of the user's ssh configuration" {
	run git_request checkout "wine-host:$W/srv/wine.git" - "$W/out"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(git -C out rev-parse HEAD)" = "$(git -C wine rev-parse HEAD)" ]
	[ "$(git -C out config remote.origin.url)" = "wine-host:$W/srv/wine.git" ]
	run git_request checkout "[$(id -un)@127.0.0.1:$SSH_PORT]:$W/srv/wine.git" - "$W/out2"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a path with blanks and quotes" {
	cp -r srv/wine.git "srv/my 'fine' wine!.git"
	run git_request checkout "wine-host:$W/srv/my 'fine' wine!.git" - "$W/out"
	echo "$output"
	[ "$status" -eq 0 ]
	run git_request checkout "ssh://wine-host$W/srv/my%20'fine'%20wine!.git" - "$W/out2"
	[ "$status" -eq 0 ]
}

@test "a large history, and more than one fetch" {
	head -c 5000000 /dev/urandom >wine/big
	git -C wine add big
	git -C wine commit -qm big
	publish wine
	run git_request checkout "$SSH$W/srv/wine.git" - "$W/out"
	[ "$status" -eq 0 ]
	cmp wine/big out/big
	echo more >wine/data
	git -C wine commit -qam more
	publish wine
	run git_request checkout "$SSH$W/srv/wine.git" - "$W/out2"
	[ "$status" -eq 0 ]
	[ "$(cat out2/data)" = more ]
	git -C out2 fsck
	wait_for none pgrep -f "ssh.*$W/sshd/client"
}

@test "what ssh says, in plain words" {
	local u=$SSH$W/srv/wine.git
	# a shell on the server that greets
	printf '#!/bin/sh\necho Welcome\nexec ssh "$@"\n' >greets
	chmod +x greets
	GIT_SSH=$W/greets GIT_SSH_VARIANT=ssh run git_request checkout "$u" - "$W/out"
	echo "$output"
	[[ "$(echo "$output" | answer message)" == *": what it says is not git's ("* ]]
	[[ "$(echo "$output" | answer hint)" == "a login there must print nothing"* ]]
	run git_request checkout "$SSH$W/srv/none.git" - "$W/out"
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(echo "$output" | answer code)" = ERR_NOTFOUND ]
	[[ "$(echo "$output" | answer message)" == *"no such repository"* ]]
	: >sshd/keys
	run git_request checkout "$u" - "$W/out"
	echo "$output"
	[[ "$(echo "$output" | answer message)" == *"ssh is not let in ("*"Permission denied (publickey)"* ]]
	[[ "$(echo "$output" | answer hint)" == *"ssh-add -l"* ]]
	: >sshd/known
	run git_request checkout "$u" - "$W/out"
	echo "$output"
	[[ "$(echo "$output" | answer message)" == *"its host key is not known"* ]]
	[[ "$(echo "$output" | answer hint)" == *"known_hosts"* ]]
	ssh-keygen -q -t ed25519 -N '' -f sshd/other
	echo "[127.0.0.1]:$SSH_PORT $(cat sshd/other.pub)" >sshd/known
	run git_request checkout "$u" - "$W/out"
	echo "$output"
	[[ "$(echo "$output" | answer message)" == *"not the one that is known"* ]]
	run git_request checkout "ssh://no-such-host.invalid/x" - "$W/out"
	echo "$output"
	[[ "$(echo "$output" | answer message)" == *"unknown host"* ]]
	[ "$(echo "$output" | answer code)" = ERR_BUSY ]
	run git_request checkout "ssh://127.0.0.1:1/x" - "$W/out"
	echo "$output"
	[[ "$(echo "$output" | answer message)" == *"onnection refused"* ]]
	[ ! -e out ]
}

@test "a key with a passphrase is no prompt that hangs" {
	ssh-keygen -q -p -N secret -f sshd/user
	run timeout 20 setsid -w "$MLP" run "$SSH$W/srv/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"ssh is not let in"* ]]
}

@test "an agent's keys" {
	local socket=$W/agent
	ssh-agent -D -a "$socket" 3>&- >/dev/null 2>&1 &
	SERVERS+=($!)
	wait_for test -S "$socket"
	export SSH_AUTH_SOCK=$socket
	ssh-add -q sshd/user
	rm sshd/user
	sed -i '/Identit/d' sshd/client
	run git_request checkout "$SSH$W/srv/wine.git" - "$W/out"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a jump host" {
	cat >>sshd/client <<-END
		Host behind
			HostName 127.0.0.1
			Port $SSH_PORT
			ProxyCommand $W/bin/ssh -W %h:%p wine-host
	END
	run git_request checkout "behind:$W/srv/wine.git" - "$W/out"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "GIT_SSH_COMMAND, core.sshCommand, GIT_SSH and variants" {
	local u=$SSH$W/srv/wine.git
	printf '#!/bin/sh\necho "$0 $*" >>"$W/used"\nexec "$W/bin/ssh" "$@"\n' >my-ssh
	chmod +x my-ssh
	export W
	GIT_SSH_COMMAND="$W/my-ssh -v" run git_request checkout "$u" - "$W/o1"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$(tail -n1 used)" == "$W/my-ssh -v -o BatchMode=yes -p $SSH_PORT "*"@127.0.0.1 git-upload-pack '$W/srv/wine.git'" ]]
	git config --global core.sshCommand "'$W/my-ssh' -4"
	run git_request checkout "$u" - "$W/o2"
	[ "$status" -eq 0 ]
	[[ "$(tail -n1 used)" == "$W/my-ssh -4 "* ]]
	git config --global --unset core.sshCommand
	GIT_SSH=$W/my-ssh run git_request checkout "$u" - "$W/o3"
	[ "$status" -eq 0 ]
	[[ "$(tail -n1 used)" == "$W/my-ssh -o BatchMode=yes "* ]]
	# dialects: what they are given, not what they do with it
	printf '#!/bin/sh\necho "$*" >>"$W/used"\necho no >&2\nexit 1\n' >plink
	cp plink dumb
	chmod +x plink dumb
	GIT_SSH=$W/plink run git_request checkout "$u" - "$W/o4"
	[ "$status" -eq 1 ]
	[[ "$(tail -n1 used)" == "-batch -P $SSH_PORT "*"@127.0.0.1 git-upload-pack "* ]]
	GIT_SSH=$W/dumb run git_request checkout "$u" - "$W/o5"
	echo "$output"
	[[ "$output" == *"takes no port"* ]]
	GIT_SSH=$W/dumb GIT_SSH_VARIANT=ssh run git_request checkout "$u" - "$W/o5"
	[[ "$(tail -n1 used)" == "-o BatchMode=yes -p "* ]]
	[[ "$(echo "$output" | answer message)" == *": no" ]]
	# a rewritten URL goes over ssh as well
	git config --global "url.wine-host:$W/.insteadOf" https://wine.example/
	run git_request checkout https://wine.example/srv/wine.git - "$W/o6"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "nothing of a host or path becomes an option or a command" {
	local u
	for u in "ssh://-oProxyCommand=touch\${IFS}pwned/x" "-oProxyCommand=touch pwned:x" \
		"ssh://-l@127.0.0.1/x" "127.0.0.1:-x" "ssh://127.0.0.1"; do
		run git_request checkout "$u" - "$W/out"
		echo "$u: $output"
		[ "$status" -eq 1 ]
	done
	run git_request checkout "wine-host:x'; touch $W/pwned; '" - "$W/out"
	[ "$status" -eq 1 ]
	run git_request checkout "wine-host:\$(touch $W/pwned)" - "$W/out"
	[ "$status" -eq 1 ]
	[ ! -e pwned ]
}

@test "an ssh that talks a lot, or dies half-way" {
	printf '#!/bin/sh\nhead -c 3000000 /dev/zero | tr "\\0" "x" >&2\necho >&2\nexec "$W/bin/ssh" "$@"\n' >loud
	printf '#!/bin/sh\n"$W/bin/ssh" "$@" | stdbuf -o0 head -c 3000\necho "the line went dead" >&2\n' >short
	chmod +x loud short
	export W
	GIT_SSH=$W/loud GIT_SSH_VARIANT=ssh run git_request checkout "$SSH$W/srv/wine.git" - "$W/o1"
	echo "${output: -300}"
	[ "$status" -eq 0 ]
	head -c 300000 /dev/urandom >wine/big
	git -C wine add big
	git -C wine commit -qm big
	publish wine
	GIT_SSH=$W/short GIT_SSH_VARIANT=ssh run git_request checkout "$SSH$W/srv/wine.git" - "$W/o2"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$(echo "$output" | answer message)" == *"the line went dead"* ]]
	run git_request checkout "$SSH$W/srv/wine.git" - "$W/o3"
	[ "$status" -eq 0 ]
}

@test "Ctrl-C during an ssh that hangs leaves nothing behind" {
	printf '#!/bin/sh\necho $$ >"$W/pid"\nexec sleep 600\n' >hang
	chmod +x hang
	export W
	set -m
	GIT_SSH=$W/hang GIT_SSH_VARIANT=ssh env --default-signal "$MLP" run "$SSH$W/srv/wine.git" >ev 2>&1 3>&- &
	local pid=$! rc=0
	set +m
	wait_for test -s pid
	kill -INT -- "-$pid"
	wait "$pid" || rc=$?
	[ "$rc" -eq 130 ]
	wait_for eval '! kill -0 "$(cat pid)"'
}

@test "without an ssh program libgit2's own is used, with the agent's key" {
	local d dir=$W/only
	# libgit2 1.5 does not free the path of known_hosts
	export ASAN_OPTIONS=detect_leaks=0
	mkdir -p "$dir" "$HOME/.ssh"
	for d in git sh cat env; do
		ln -s "$(command -v $d)" "$dir/$d"
	done
	cp sshd/user "$HOME/.ssh/id_ed25519"
	cp sshd/user.pub "$HOME/.ssh/id_ed25519.pub"
	PATH=$dir run git_request checkout "$SSH$W/srv/wine.git" - "$W/out"
	echo "$output"
	# its host key is not in $HOME: refused, in our words
	[ "$status" -eq 1 ]
	[[ "$output" != *"no ssh program"* ]]
	[[ "$(echo "$output" | answer message)" == *"its host key is not known, or not the one that is known ("* ]]
	cp sshd/known "$HOME/.ssh/known_hosts"
	PATH=$dir run git_request checkout "$SSH$W/srv/wine.git" - "$W/out"
	echo "$output"
	[ "$status" -eq 0 ]
}
