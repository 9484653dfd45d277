#!/bin/sh
# SPDX-License-Identifier: MIT
# need.sh GROUP -- install what a target needs and the machine lacks.  Says what it installs;
# silent when all is there.  Groups: build, demo, check, bench (each with those before it);
# deb: for make deb; debian: to try the packages in a fresh Debian.
set -eu

build="gcc libc6-dev pkg-config libyaml-dev libcjson-dev libsqlite3-dev libgit2-dev
	libcurl4-openssl-dev libarchive-dev libssl-dev libmicrohttpd-dev libcrypt-dev"
demo="git python3 ca-certificates"
check="clang libclang-rt-14-dev clang-format cppcheck shellcheck mandoc libcmocka-dev bats
	tmux vim valgrind perl git python3 python-is-python3 python3-venv procps util-linux openssl
	bzip2 xz-utils zstd curl git-lfs strace sqlite3 zsh fish docker.io docker-registry
	podman busybox-static openssh-client"
# On somebody's own machine a server is his to install.
[ -z "${CI:-}" ] || check="$check openssh-server"

deb="dpkg-dev file xz-utils git"
check="$check $deb lintian"

case ${1:?usage: need.sh build|demo|check|bench|deb|debian} in
build) want=$build ;;
demo) want="$build $demo" ;;
check) want="$build $demo $check" ;;
deb) want="$build $deb" ;;
debian) want="$build $demo $check debootstrap" ;;
bench) want="$build $demo python3-venv nginx-light curl procps util-linux docker.io busybox-static" ;;
*) echo "need.sh: no such group: $1" >&2; exit 2 ;;
esac

# Elsewhere the compiler will tell what it lacks.
command -v dpkg-query >/dev/null || exit 0
missing=
for package in $want; do
	dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "installing:$missing"
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Package lists that were never fetched, or are old, make the first attempt fail.
# shellcheck disable=SC2086
$as_root apt-get install -y --no-install-recommends $missing >"$log" 2>&1 || {
	$as_root apt-get update >"$log" 2>&1 &&
		$as_root apt-get install -y --no-install-recommends $missing >>"$log" 2>&1
} || {
	tail -20 "$log" >&2
	echo "could not install:$missing" >&2
	exit 1
}
