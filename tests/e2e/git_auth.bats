#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# User names and passwords for git over HTTP: where they come from, where they go, and
# where they must never be.
bats_require_minimum_version 1.5.0

load ../lib/git

setup() {
	B=$(realpath "${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}")
	MLP=$B/bin/mlp
	MLP_GIT=$B/libexec/mlp-git
	git_setup
	make_project
	start_http
	H=${HTTP#http://}
	export MLP_TRACE=$W/trace
}

teardown() {
	git_teardown
}

netrc() { # USER PASSWORD [HOST]
	printf 'machine %s\n  login %s\n  password %s\n' "${3:-127.0.0.1}" "$1" "$2" >"$HOME/.netrc"
}

# A credential helper that writes down what it is asked; SCRIPT is its answer to "get".
helper() {
	mkdir -p bin
	printf '#!/bin/sh\necho "$1" >>"$W/asked"\nsed "s/^password=.*/password=(hidden)/" >>"$W/asked"\n[ "$1" = get ] || exit 0\n%s\n' "$1" >bin/helper
	chmod +x bin/helper
	export W
	git config --global credential.helper "$W/bin/helper"
}

works() {
	run --separate-stderr "$MLP" run "$@"
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[[ "$output" == "alpha=0.5 at "* ]]
}

fails() { # TEXT ARGUMENTS...: it fails at once, without a question, with this text
	local text=$1
	shift
	run timeout 20 setsid -w "$MLP" run "$@" </dev/null
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"$text"* ]]
	nowhere
}

# No secret in anything that was written: cache, record, logs, trace, messages.
nowhere() {
	local word
	for word in s3cret t0ken wr0ng YW5uOnMzY3JldA; do
		[[ "$output$stderr" != *"$word"* ]]
		none grep -rl "$word" "$W" --exclude-dir=srv --exclude-dir=bin --exclude=.netrc --exclude=.gitconfig --exclude=log
	done
}

@test "user and password in the URL, once with and never without" {
	works "http://ann:s3cret@$H/auth/wine.git" -v v1
	[ "$(grep -c . log)" -eq "$(grep -c 'with ann:s3cret$' log)" ]
	nowhere
	[ -s trace ]
	run "$MLP" show --json "$("$MLP" runs --json --limit 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["run_id"])')"
	[[ "$output" == *"\"$HTTP/auth/wine.git\""* ]]
	nowhere
	# as it must be written in a URL
	works "http://ann:s3cre%74@$H/auth/wine.git"
}

@test "a token in the URL, with and without a user" {
	works "http://oauth2:t0ken@$H/token/wine.git"
	works "http://:t0ken@$H/token/wine.git"
	nowhere
	fails "does not accept the user name of the URL alone" "http://wr0ng@$H/token/wine.git"
}

@test "a wrong password, and a token that has expired" {
	fails "cannot fetch '$HTTP/auth/wine.git': $H does not accept the user name and password of the URL" \
		"http://ann:wr0ng@$H/auth/wine.git"
	[[ "$output" == *"has it expired"* ]]
	fails "does not accept the user name and password of the URL" "http://x:t0ken@$H/expired/wine.git"
	netrc ann wr0ng
	fails "does not accept the user name and password of ~/.netrc" "$HTTP/auth/wine.git"
	rm "$HOME/.netrc"
	fails "cannot fetch '$HTTP/expired/wine.git': $H asks for a user name and password" \
		"$HTTP/expired/wine.git"
	[[ "$output" == *"git ls-remote $HTTP/expired/wine.git"* ]]
	run "$MLP" check "$HTTP/403/wine.git"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$output" == *"the server refuses access"*"403"* ]]
	[ ! -e mlflow.db ] || [ "$("$MLP" runs --json)" = '[]' ]
}

@test "~/.netrc: the host's entry, the user's, the default" {
	netrc ann s3cret
	works "$HTTP/auth/wine.git"
	nowhere
	[ "$(head -n 1 log)" = "GET /auth/wine.git/info/refs?service=git-upload-pack" ]
	printf 'machine 127.0.0.1 login bob password no\nmachine 127.0.0.1 login ann password "s3cret"\n' >"$HOME/.netrc"
	works "http://ann@$H/auth/wine.git" -v v1
	printf '# mine\nmachine other login x password y\ndefault login ann password s3cret\n' >"$HOME/.netrc"
	works "$HTTP/auth/wine.git" -v light
	netrc ann s3cret other.example
	fails "asks for a user name and password" "$HTTP/auth/wine.git"
}

@test "a credential helper is asked, and told how it went" {
	helper 'echo username=ann; echo password=s3cret'
	works "$HTTP/auth/wine.git"
	nowhere
	run cat asked
	echo "$output"
	[ "${lines[0]}" = get ]
	[[ "$output" == *"host=$H"* ]]
	[ "$(grep -c '^get$' asked)" -eq 1 ]
	[ "$(grep -c '^store$' asked)" -eq 1 ]
	[ "$(grep -c '^erase$' asked)" -eq 0 ]
	rm asked
	helper 'echo username=ann; echo password=wr0ng'
	fails "does not accept the user name and password of git's credential helper" "$HTTP/auth/wine.git"
	[ "$(grep -c '^erase$' asked)" -eq 1 ]
	[ "$(grep -c '^store$' asked)" -eq 0 ]
	# of one host alone; and netrc comes first
	git config --global --unset credential.helper
	git config --global "credential.http://127.0.0.2.helper" "$W/bin/helper"
	: >asked
	fails "asks for a user name and password" "$HTTP/auth/wine.git"
	[ ! -s asked ]
	# what is open to all asks nobody
	git config --global credential.helper "$W/bin/helper"
	works "$HTTP/wine.git"
	[ ! -s asked ]
}

@test "a helper that hangs, fails, or would ask: never a question" {
	helper 'exit 1'
	fails "asks for a user name and password" "$HTTP/auth/wine.git"
	helper 'echo username=ann; echo nonsense; echo password'
	fails "asks for a user name and password" "$HTTP/auth/wine.git"
	# one that waits for a terminal has none
	helper 'read -r x </dev/tty || exit 1; echo username=ann; echo password=s3cret'
	fails "asks for a user name and password" "$HTTP/auth/wine.git"
	printf '#!/bin/sh\necho "$1" >>"$W/asked"; exit 1\n' >bin/askpass
	chmod +x bin/askpass
	git config --global --unset credential.helper
	: >asked
	SSH_ASKPASS=$W/bin/askpass DISPLAY=:9 fails "asks for a user name and password" "$HTTP/auth/wine.git"
	[ ! -s asked ]
	# GIT_ASKPASS was set for git, and is a program that answers
	printf '#!/bin/sh\ncase $1 in User*) echo ann;; *) echo s3cret;; esac\n' >bin/askpass
	GIT_ASKPASS=$W/bin/askpass works "$HTTP/auth/wine.git"
	nowhere
}

@test "Ctrl-C while a helper hangs; it is gone with us" {
	helper 'echo $$ >"$W/helper.pid"; exec sleep 600'
	set -m
	env --default-signal "$MLP" run "$HTTP/auth/wine.git" >ev 2>&1 3>&- &
	local pid=$! rc=0
	set +m
	wait_for test -s helper.pid
	kill -INT -- "-$pid"
	wait "$pid" || rc=$?
	[ "$rc" -eq 130 ]
	wait_for eval '! kill -0 "$(cat helper.pid)"'
}

@test "while it fetches, the secret is in nobody's arguments or environment" {
	helper 'echo username=ann; echo password=s3cret; env >"$W/env"'
	netrc ann wr0ng
	works "$HTTP/auth/wine.git"
	[ -s env ]
	none grep -E 's3cret|wr0ng' env trace
	cp -r srv/wine.git srv/slow.git
	"$MLP" run "http://ann:z3cr3t@$H/slow/slow.git" 3>&- >/dev/null 2>&1 &
	local pid=$! kid
	wait_for eval 'kid=$(pgrep -P '$pid' mlp-git)'
	grep -aq mlp-git "/proc/$kid/cmdline"
	none grep -a z3cr3t "/proc/$kid/cmdline" "/proc/$kid/environ"
	wait "$pid"
}

@test "a redirection does not carry them to another host" {
	local other=localhost:${H#*:}
	fails "it sends us elsewhere (cannot redirect from '127.0.0.1' to 'localhost')" \
		"http://ann:s3cret@$H/far/$other/auth/wine.git"
	[ "$(grep -c . log)" -eq 1 ]
	netrc ann s3cret
	: >log
	fails "it sends us elsewhere" "$HTTP/far/$other/auth/wine.git"
	none grep "/auth/.* with" <(grep -v /far/ log)
	git config --global http.extraHeader "Authorization: Basic $(printf ann:s3cret | base64)"
	: >log
	fails "it sends us elsewhere" "$HTTP/far/$other/wine.git"
	none grep "^GET /wine" log
	git config --global --unset http.extraHeader
	# without any they are followed
	works "$HTTP/far/$other/wine.git"
	works "$HTTP/moved/wine.git"
	# many servers send us from NAME to NAME.git, with a text that libgit2 stumbles over
	works "$HTTP/forge/wine"
	works "http://ann:s3cret@$H/forge/wine" -v v1
	# what lies elsewhere on the same host is its own
	works "http://ann:s3cret@$H/moved/auth/wine.git"
	nowhere
}

@test "http.extraHeader, and http.<url>.extraHeader of another host" {
	git config --global "http.$HTTP/.extraHeader" "Authorization: Basic $(printf ann:s3cret | base64)"
	works "$HTTP/auth/wine.git"
	git config --global --unset "http.$HTTP/.extraHeader"
	git config --global http.https://other.example/.extraHeader "Authorization: Basic $(printf ann:s3cret | base64)"
	: >log
	fails "asks for a user name and password" "$HTTP/auth/wine.git" -v v1
	none grep with log
}

@test "the files and settings of configuration that the environment names" {
	local header
	header="Authorization: Basic $(printf ann:s3cret | base64)"
	run "$MLP" run "$HTTP/auth/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	# of an address, and none; a value that needs quoting in a file
	GIT_CONFIG_COUNT=3 GIT_CONFIG_KEY_0=no-section GIT_CONFIG_VALUE_0=x \
		GIT_CONFIG_KEY_1=http.$HTTP/auth.extraHeader GIT_CONFIG_VALUE_1='X-Odd: "a\b"; # c' \
		GIT_CONFIG_KEY_2=http.$HTTP/auth.extraHeader GIT_CONFIG_VALUE_2=$header \
		run "$MLP" run "$HTTP/auth/wine.git"
	echo "$output"
	[ "$status" -eq 0 ]
	none grep -rqs "${header##* }" "$XDG_CACHE_HOME" "$XDG_STATE_HOME"
	git config -f other http.extraHeader "$header"
	GIT_CONFIG_GLOBAL=$W/other run "$MLP" run "$HTTP/auth/wine.git"
	echo "$output"
	[ "$status" -eq 0 ]
	# it takes the place of the user's own, which is kept for everyone else
	git config --global http.extraHeader "$header"
	GIT_CONFIG_GLOBAL=/dev/null run "$MLP" run "$HTTP/auth/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	run "$MLP" run "$HTTP/auth/wine.git"
	[ "$status" -eq 0 ]
}
