#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# make deb and make dist: what is in them.  tests/debian.t tries the packages in a fresh Debian.

load ../lib/cli

setup_file() {
	TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
	export TOP
	command -v dpkg-deb >/dev/null || return 0
	unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MLP_LIBEXEC PREFIX DESTDIR LIBDIR CONFIG SAN
	make -s -C "$TOP" deb >"$BATS_FILE_TMPDIR/make.out" 2>&1 || { cat "$BATS_FILE_TMPDIR/make.out" >&2; return 1; }
}

setup() {
	command -v dpkg-deb >/dev/null || skip "no dpkg-deb: this is no Debian"
	cli_setup
	DEBS=$TOP/build/deb
	VERSION=$(sed -n 's/^VERSION *= *//p' "$TOP/Makefile")
}

teardown() { cli_teardown; }

deb() { echo "$DEBS/$1_${VERSION}_"*.deb; }
field() { dpkg-deb -f "$(deb "$1")" "$2"; }

@test "three packages of this version, which lintian has nothing to say of" {
	is "$(ls "$DEBS"/*.deb | sed 's/.*\///; s/_.*//' | sort)" $'libmlp-dev\nlibmlp0\nmlp'
	for package in mlp libmlp0 libmlp-dev; do
		is "$(field $package Version)" "$VERSION"
	done
	if command -v lintian >/dev/null; then
		is "$(lintian "$DEBS"/*.deb 2>&1 | grep -E '^[EW]:')" ""
	fi
}

@test "what the packages need is what their programs are linked with" {
	needs=$(field mlp Depends)
	for library in libc6 libyaml-0 libcjson libsqlite3 libgit2 libcurl libarchive libssl \
		libmicrohttpd libcrypt; do
		has "$needs" "$library"
	done
	needs=$(field libmlp0 Depends)
	lacks "$needs" libgit2
	has "$needs" "mlp (= $VERSION)"
}

@test "unpacked anywhere, mlp runs, makes projects and has its manuals and completion" {
	dpkg-deb -x "$(deb mlp)" root
	is "$(find root -name 'mlp*' -perm -100 -type f -printf '%P\n' | sort)" "usr/bin/mlp
usr/libexec/mlp/mlp-fetch
usr/libexec/mlp/mlp-git
usr/libexec/mlp/mlp-serve
usr/libexec/mlp/mlp-supervise"
	for file in share/man/man1/mlp.1.gz share/man/man5/mlproject.5.gz share/doc/mlp/copyright \
		share/doc/mlp/changelog.gz share/bash-completion/completions/mlp \
		share/zsh/vendor-completions/_mlp share/fish/vendor_completions.d/mlp.fish; do
		[ -s "root/usr/$file" ]
	done
	MLP=$PWD/root/usr/bin/mlp
	cp -r "$TOP/examples/wine" .
	git -C wine init -q
	git -C wine add -A
	git -C wine commit -qm one
	git clone -q --bare wine wine.git
	mlp run "file://$PWD/wine.git" -P epochs=2
	is "$status" 0
	has "$output" "epoch 2 loss"
	mlp init --template steps new
	is "$status" 0
	has "$(gzip -dc root/usr/share/man/man1/mlp.1.gz)" ".Dt MLP 1"
	is "$(find root -type f -perm /022)" ""
}

@test "the licence is whole in the packages" {
	dpkg-deb -x "$(deb mlp)" root
	words() { tr -s ' .\n' ' ' | sed 's/^ //'; }
	has "$(words <root/usr/share/doc/mlp/copyright)" "$(sed '1,/^Copyright/d' "$TOP/LICENSE" | words)"
}

@test "the source archive: what is committed, with licences, the same bytes again" {
	make -s -C "$TOP" dist >"$T/out" 2>&1 || { cat "$T/out"; false; }
	archive=$TOP/build/mlp-$VERSION.tar.xz
	cp "$archive" one.tar.xz
	sleep 1.1
	(umask 077 && make -s -C "$TOP" dist >/dev/null 2>&1)
	cmp "$archive" one.tar.xz
	tar -xJf one.tar.xz
	cd "mlp-$VERSION"
	is "$(find . -type f ! -path './licences/*' | sed 's/^..//' | LC_ALL=C sort)" \
		"$(git -C "$TOP" ls-tree -r --name-only HEAD | LC_ALL=C sort)"
	is "$(tar --numeric-owner -tvJf ../one.tar.xz | awk '{print $2}' | sort -u)" "0/0"
	for library in libyaml libcjson libsqlite3 libgit2 libcurl libarchive; do
		ls licences | grep -q "^$library"
		grep -q "$library" licences/README
	done
}
