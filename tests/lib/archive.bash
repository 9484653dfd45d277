# SPDX-License-Identifier: MIT
# archive.bash -- projects in archives, and the server that has them.  After cli_setup.

# A project "wine" in $T/wine: manifest, a program, a subproject, a link, an odd name.
make_wine() {
	mkdir -p "$T/wine/train/deep"
	printf 'name: wine\nentry_points:\n  main:\n    command: sh run.sh\n' >"$T/wine/MLproject"
	printf '#!/bin/sh\necho "wine $(cat data)"\n' >"$T/wine/run.sh"
	chmod 755 "$T/wine/run.sh"
	printf 'entry_points:\n  main:\n    command: cat ../data\n' >"$T/wine/train/MLproject"
	echo red >"$T/wine/data"
	ln -s ../data "$T/wine/train/link"
	echo odd >"$T/wine/é b"
}

# pack NAME: the project, everything at the top; the kind by the name.
pack() {
	local out=$T/srv/$1
	mkdir -p "$T/srv"
	rm -f "$out"
	case $1 in
	*.zip | *.ZIP) python3 "$BATS_TEST_DIRNAME/../lib/zip.py" "$out" "$T/wine" ;;
	*) tar -C "$T/wine" -caf "$out" . ;;
	esac
}

# serve [CERTIFICATE]: $T/srv by HTTP; $HTTP is where, $T/log what was asked for.
serve() {
	mkdir -p "$T/srv"
	rm -f "$T/port"
	python3 "$BATS_TEST_DIRNAME/../lib/fileserver.py" "$T/srv" "$T/port" "$T/log" "$@" \
		3>&- >/dev/null 2>"$T/server.err" &
	SERVER=$!
	until_true test -s "$T/port"
	HTTP=http${1:+s}://127.0.0.1:$(cat "$T/port")
}

stop_serving() {
	[ -n "${SERVER:-}" ] || return 0
	kill "$SERVER" 2>/dev/null || :
	wait "$SERVER" 2>/dev/null || : # its port is free then
	SERVER=
}

# How many requests of the log match.
requests() { grep -cE "$1" "$T/log" || :; }

sha256_of() { sha256sum "$1" | cut -d' ' -f1; }

# What is in a directory of the cache, one a line.
cached() { ls "$XDG_CACHE_HOME/mlp/$1" 2>/dev/null || :; }
