#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# make install: what is put where, and that it works from there with no further setting.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() {
	cli_setup
	TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
	# whatever make was told for the tests is not meant for this one
	unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MLP_LIBEXEC PREFIX DESTDIR
	umask 077
}

teardown() { cli_teardown; }

install_to() { make -s -C "$TOP" install "$@" >"$T/make.out" 2>&1 || { cat "$T/make.out"; return 1; }; }

# A repository with one commit, $T/wine.git.
repository() {
	mkdir wine
	printf 'entry_points:\n  main:\n    command: "git rev-parse HEAD"\n' >wine/MLproject
	git -C wine init -q
	git -C wine add -A
	git -C wine commit -qm one
	git clone -q --bare wine "$T/wine.git"
}

@test "the programs, the library and the manual pages, readable by all" {
	install_to PREFIX="$T/usr"
	is "$(cd "$T/usr" && find . -type f -printf '%m %P\n' | LC_ALL=C sort -k2)" "755 bin/mlp
644 include/mlp.h
644 lib/libmlp.a
644 lib/libmlp.so.0.1.0
644 lib/pkgconfig/mlp.pc
755 libexec/mlp/mlp-fetch
755 libexec/mlp/mlp-git
755 libexec/mlp/mlp-serve
755 libexec/mlp/mlp-supervise
644 share/bash-completion/completions/mlp
644 share/fish/vendor_completions.d/mlp.fish
644 share/man/man1/mlp.1
644 share/man/man3/libmlp.3
644 share/man/man5/mlproject.5
$(cd "$TOP" && find templates -type f -printf '644 share/mlp/%p\n' | LC_ALL=C sort -k2)
644 share/zsh/site-functions/_mlp"
	is "$(find "$T/usr" -type d ! -perm 755)" ""
	is "$(find "$T/usr" -type l -printf '%P %l\n' | sort)" "lib/libmlp.so libmlp.so.0.1.0
lib/libmlp.so.0 libmlp.so.0.1.0"
	for page in share/man/man1/mlp.1 share/man/man5/mlproject.5; do
		is "$(mandoc -T lint -W warning "$T/usr/$page")" ""
		cmp "$T/usr/$page" "$TOP/man/${page##*/}"
	done
}

@test "another prefix does not build anything anew" {
	install_to PREFIX="$T/one"
	before=$(stat -c '%i %Y' "$TOP/build/release/bin/mlp")
	install_to PREFIX="$T/two"
	is "$(stat -c '%i %Y' "$TOP/build/release/bin/mlp")" "$before"
	cmp "$T/one/bin/mlp" "$T/two/bin/mlp"
}

@test "it runs a project from a directory, where nothing else of it is" {
	install_to PREFIX="$T/usr"
	mkdir hello
	printf 'entry_points:\n  main:\n    command: "echo hello"\n' >hello/MLproject
	run --separate-stderr env -i PATH=/usr/bin:/bin HOME="$HOME" "$T/usr/bin/mlp" run hello
	is "$status" 0
	is "$output" hello
}

@test "it runs a project from a git URL, from there and through a link" {
	repository
	install_to PREFIX="$T/usr"
	mkdir bin
	ln -s "$T/usr/bin/mlp" bin/mlp
	for program in "$T/usr/bin/mlp" bin/mlp; do
		run --separate-stderr env -i PATH=/usr/bin:/bin HOME="$HOME" "$program" run "file://$T/wine.git"
		is "$status" 0
		is "$output" "$(git -C wine rev-parse HEAD)"
	done
	run --separate-stderr env -i PATH="$T/usr/bin:/usr/bin:/bin" HOME="$HOME" mlp runs --json
	is "$(json 'len(j), {r["status"] for r in j}')" "(2, {'FINISHED'})"
}

@test "DESTDIR is only where the files are put; the tree may be moved" {
	repository
	install_to DESTDIR="$T/stage" PREFIX=/opt/mlp
	mv "$T/stage/opt/mlp" "$T/elsewhere"
	MLP=$T/elsewhere/bin/mlp
	MLP_TRACE=$T/trace mlp run "file://$T/wine.git"
	is "$status" 0
	is "$(find "$T/stage" -type f)" ""
	# its own helper, not that of the tree that it was built in
	is "$(grep -o '/[^ ]*/mlp-git' "$T/trace" | sort -u)" "$T/elsewhere/libexec/mlp/mlp-git"
}

@test "new projects and completion work from there" {
	install_to PREFIX="$T/usr"
	mv "$T/usr" "$T/moved"
	MLP=$T/moved/bin/mlp
	mlp init --list
	is "$(cut -d ' ' -f 1 <<<"$output")" "$(ls "$TOP/templates")"
	mlp init new
	is "$status" 0
	mlp run new
	is "$status" 0
	for file in bash-completion/completions/mlp:bash zsh/site-functions/_mlp:zsh fish/vendor_completions.d/mlp.fish:fish; do
		is "$(cat "$T/moved/share/${file%:*}")" "$("$MLP" completion "${file#*:}")"
	done
	rm -r "$T/moved/share/mlp"
	mlp init other
	is "$status" 1
	has "$stderr" "the templates are missing"
}

@test "uninstall takes away what install put there, and nothing else" {
	mkdir -p "$T/usr/bin"
	echo mine >"$T/usr/bin/other"
	install_to PREFIX="$T/usr"
	make -s -C "$TOP" uninstall PREFIX="$T/usr"
	is "$(cd "$T/usr" && find . ! -type d)" ./bin/other
	[ ! -e "$T/usr/libexec/mlp" ]
}

@test "a helper of another version is refused by name" {
	repository
	install_to PREFIX="$T/usr"
	printf '#!/bin/sh\necho '\''{"event":"hello","protocol":1,"version":"0.0.0"}'\''\ncat >/dev/null\n' \
		>"$T/usr/libexec/mlp/mlp-git"
	MLP=$T/usr/bin/mlp
	mlp run "file://$T/wine.git"
	is "$status" 125
	has "$stderr" "mlp-git"
	has "$stderr" "0.0.0"
}
