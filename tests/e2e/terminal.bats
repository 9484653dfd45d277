#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A command on the user's terminal, through a real one (tmux).

setup() {
	command -v tmux >/dev/null || skip "tmux is missing"
	MLP=${MLP:-$BATS_TEST_DIRNAME/../../build/release/bin/mlp}
	T=$(mktemp -d)
	export HISTFILE=/dev/null HOME=$T XDG_STATE_HOME=$T/state XDG_CACHE_HOME=$T/cache
	unset TMUX MLFLOW_TRACKING_URI
	cd "$T"
	tm -f /dev/null new-session -d -x 80 -y 24 \
		"env PS1='> ' TERM=screen bash --noprofile --norc -i"
	see '^>'
	say "PATH=$(dirname "$MLP"):\$PATH; clear"
}

teardown() {
	local shell
	shell=$(tm display-message -p '#{pane_pid}' 2>/dev/null) || shell=
	tm kill-server 2>/dev/null || true
	while [ "$shell" ] && readlink "/proc/$shell/exe" >/dev/null; do sleep 0.05; done
	rm -rf "$T"
}

tm() { tmux -S "$T/tmux" "$@"; }
screen() { tm capture-pane -p -S -200; }
press() { tm send-keys "$@"; }

# Type a line.
say() {
	tm send-keys -l "$1"
	tm send-keys Enter
}

# Wait until the screen shows a line that matches.
see() {
	local i
	for i in $(seq 400); do
		screen | grep -q -- "$1" && return
		sleep 0.05
	done
	echo "never seen: $1" >&2
	screen >&2
	return 1
}

unseen() { if screen | grep -q -- "$1"; then return 1; fi; }

# A project whose command is the script on stdin.
project() {
	mkdir -p p
	cat >p/script
	printf 'name: p\nentry_points:\n  main:\n    command: "%s"\n' "$1 script" >p/MLproject
}

# The end of the last run as recorded, and its logs.
recorded() { "$MLP" runs --limit 1 --json | tr -d ' \t\n' | grep -o "\"$1\":[^,}]*"; }
kept() { cat mlruns/*/*/artifacts/mlp/"$1".log; }

modes() { say "stty -a >$1; echo wrote-$1"; see "^wrote-$1"; }

@test "all three streams are the terminal, with its size" {
	project python3 <<-'END'
		import os, sys
		print([os.isatty(i) for i in range(3)], *os.get_terminal_size())
		print("apart", file=sys.stderr)
	END
	say 'mlp run p'
	see '^\[True, True, True\] 80 24$'
	see '^apart$'
	see FINISHED
	[ "$(kept stderr)" = apart ]
	[ "$(kept stdout)" = "[True, True, True] 80 24" ]
}

@test "the size follows the window" {
	project python3 <<-'END'
		import os, signal, time
		signal.signal(signal.SIGWINCH, lambda *a: print("now", *os.get_terminal_size(), flush=True))
		print("ready", flush=True)
		for i in range(200): time.sleep(0.1)
	END
	say 'mlp run p'
	see '^ready'
	tm resize-window -x 101 -y 31
	see '^now 101 31'
	press C-c
	see KILLED
}

@test "prompts, what is typed, and the end of input" {
	project bash <<-'END'
		read -p "name? " name
		echo "hello, $name"
		n=$(cat | wc -l)
		echo "lines: $n"
	END
	say 'mlp run p'
	see '^name?'
	say 'Jürgen'
	see '^hello, Jürgen'
	say one
	say two
	press C-d
	see '^lines: 2'
	see FINISHED
}

@test "a password is not shown" {
	project bash <<-'END'
		read -s -p "password: " word
		echo
		echo "got ${#word}"
	END
	modes before
	say 'mlp run p'
	see '^password:'
	say geheim
	see '^got 6'
	see FINISHED
	unseen geheim
	[ -z "$(grep -r geheim mlruns)" ]
	modes after
	cmp before after
}

@test "Ctrl-C reaches the command's handler and the record" {
	project python3 <<-'END'
		import time
		print("ready", flush=True)
		try:
		    time.sleep(60)
		except KeyboardInterrupt:
		    print("tidying up", flush=True)
		    raise SystemExit(5)
	END
	modes before
	say 'mlp run p'
	see '^ready'
	press C-c
	see 'tidying up$'
	see KILLED
	modes after
	cmp before after
	[ "$(recorded status)" = '"status":"KILLED"' ]
	"$MLP" show "$(basename mlruns/*/*)" | grep SIGINT
}

@test "a second Ctrl-C does not wait" {
	project bash <<-'END'
		trap 'echo once' INT
		trap '' TERM
		echo ready
		while :; do sleep 60 & wait; done
	END
	say 'mlp run p; echo ended $?'
	see '^ready'
	press C-c
	see 'once'
	press C-c
	see '^ended 130'
}

@test "Ctrl-\\ asks to quit" {
	project bash <<-'END'
		ulimit -c 0
		echo ready
		sleep 60
	END
	say 'mlp run p; echo ended $?'
	see '^ready'
	press 'C-\'
	see '^ended 131'
}

@test "Ctrl-Z stops both and fg goes on, in a sane terminal" {
	project bash <<-'END'
		i=0
		while [ ! -e go ]; do echo "tick $((i += 1))"; sleep 0.1; done
		read x
		echo "read $x"
	END
	modes before
	say 'mlp run p'
	see '^tick 2'
	press C-z
	see 'Stopped'
	modes between
	cmp before between
	last=$(kept stdout | tail -1)
	sleep 0.5
	[ "$(kept stdout | tail -1)" = "$last" ]
	touch p/go
	say fg
	say answer
	see '^read answer'
	see FINISHED
	modes after
	cmp before after
}

@test "in the background it runs on, without the keyboard" {
	project bash <<-'END'
		while [ ! -e go ]; do sleep 0.1; done
		read x
		echo "read <$x>"
	END
	say 'mlp run p'
	see '^mlp: run'
	press C-z
	see Stopped
	say bg
	say 'echo the shell is here'
	see '^the shell is here'
	touch p/go
	say fg
	say mine
	see '^read <mine>'
	see FINISHED
}

@test "a job that starts in the background does not take the shell's keys" {
	project bash <<-'END'
		read x && echo "read <$x>" || echo "no input"
		while [ ! -e go ]; do sleep 0.1; done
	END
	say 'mlp run p &'
	see 'no input'
	say 'echo the shell is here'
	see '^the shell is here'
	touch p/go
	see FINISHED
}

@test "a full-screen program gets every key" {
	command -v vim >/dev/null || skip "vim is missing"
	mkdir -p p
	printf 'entry_points:\n  main:\n    command: "vim -u NONE -N text"\n' >p/MLproject
	modes before
	say 'mlp run p'
	see '^~'
	press i
	say one
	press C-v C-z
	tm send-keys -l two
	press Escape
	say ':wq'
	see FINISHED
	printf 'one\n\032two\n' | cmp - p/text
	modes after
	cmp before after
}

@test "a long paste arrives whole" {
	project python3 <<-'END'
		import sys, time
		print("ready", flush=True)
		time.sleep(0.5)
		n = 0
		for line in sys.stdin:
		    n += len(line)
		    if line.startswith("end"):
		        break
		print("got", n)
	END
	for i in $(seq 1100); do printf '%04d%060d\n' "$i" 0; done >text
	echo end >>text
	say 'stty -echo'
	say 'mlp run p'
	see '^ready'
	tm load-buffer text
	tm paste-buffer -r
	see "^got $(wc -c <text)"
	see FINISHED
}

@test "in a pipeline the other program keeps the keyboard" {
	project bash <<-'END'
		for i in 0 1 2; do [ -t $i ] && echo "tty $i"; done
		sleep 60
	END
	say 'mlp run p | cat'
	see '^tty 2'
	unseen '^tty 1'
	press C-c
	see KILLED
}

@test "with output in a file the terminal still asks and answers" {
	project bash <<-'END'
		echo "to the file"
		read -p "name? " x </dev/tty 2>/dev/tty
		echo "hello, $x"
	END
	say 'mlp run p >file'
	see '^name?'
	say Eva
	see FINISHED
	printf 'to the file\nhello, Eva\n' | cmp - file
	printf 'to the file\nhello, Eva\n' | cmp - mlruns/*/*/artifacts/mlp/stdout.log
}

@test "what still writes at the command's end is not hung up" {
	project bash <<-'END'
		exec > >(sleep 0.2; sed 's/^/filtered: /')
		echo "to the end"
	END
	say 'mlp run p'
	see '^filtered: to the end'
	see FINISHED
	[ "$(kept stdout)" = "filtered: to the end" ]
}

@test "TERM from outside leaves a sane terminal" {
	project bash <<-'END'
		echo ready
		sleep 60
	END
	modes before
	say 'mlp run p'
	see '^ready'
	pid=$(pgrep -x mlp -s "$(pgrep -P "$(tm display-message -p '#{pid}')")")
	kill -TERM "$pid"
	see KILLED
	modes after
	cmp before after
}

@test "a terminal that closes ends the run" {
	project bash <<-'END'
		echo $$ >pid
		exec sleep 60
	END
	say 'mlp run p'
	for i in $(seq 100); do [ -s p/pid ] && break; sleep 0.05; done
	tm kill-server
	for i in $(seq 200); do kill -0 "$(cat p/pid)" 2>/dev/null || break; sleep 0.05; done
	[ ! -d "/proc/$(cat p/pid)" ]
	for i in $(seq 100); do recorded status | grep KILLED && return; sleep 0.05; done
	recorded status
	false
}
