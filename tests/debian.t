#!/bin/bash
# SPDX-License-Identifier: MIT
# debian.t -- the packages in a fresh minimal Debian: installed by apt with what they say that
# they need, and nothing else; there the example of README.md runs, and that of libmlp(3), built
# with the packages of the library.  As root.  The fresh tree
# is made once, from the mirror that this machine uses, and kept in build/debian/.
set -u
cd "$(dirname "$0")/.." || exit 1
checks=7
echo "1..$checks"
skip_all() {
	for i in $(seq $checks); do echo "ok $i # skip $1"; done
	exit 0
}
[ "$(id -u)" = 0 ] || skip_all "needs root, for chroot"
tests/need.sh debian >&2 || skip_all "debootstrap cannot be installed"

fresh=$PWD/build/debian/fresh
work=$PWD/build/debian/work
log=$PWD/build/debian/log
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
mkdir -p build/debian
: >"$log"
make_fresh() {
	local mirror
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
		awk -v suite="$suite" '$2 == suite {print $1; exit}')
	[ -n "$mirror" ] || return 1
	rm -rf "$fresh"
	debootstrap --variant=minbase "$suite" "$fresh" "$mirror" >>"$log" 2>&1
}
[ -e "$fresh/complete" ] || { make_fresh && touch "$fresh/complete"; } || {
	tail -5 "$log" | sed 's/^/# /'
	skip_all "no fresh Debian could be made"
}

failed=0 n=0
check() { # NAME COMMAND...
	local name=$1
	shift
	n=$((n + 1))
	echo "== $name" >>"$log"
	if "$@" >>"$log" 2>&1; then echo "ok $n - $name"; else
		sed -n "/^== $name/,\$p" "$log" | tail -20 | sed 's/^/# /'
		echo "not ok $n - $name"
		failed=1
	fi
}
inside() { chroot "$work" env -i HOME=/root PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8 "$@"; }

# shellcheck disable=SC2317 # called by check
install_packages() {
	rm -rf "$work"
	cp -a "$fresh" "$work" || return 1
	cp build/deb/*.deb "$work/root/"
	cp -r examples/wine "$work/root/wine"
	cp /etc/resolv.conf "$work/etc/resolv.conf"
	mount -t proc proc "$work/proc" || return 1
	inside sh -c 'apt-get update && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends /root/mlp_*.deb'
}
# shellcheck disable=SC2317
run_example() {
	local out
	out=$(inside sh -c 'cd /root && mlp run wine -P epochs=2 2>&1 && mlp runs && mlp logs "$(mlp runs --json |
		sed -n "s/.*\"run_id\":[^\"]*\"\(.*\)\".*/\1/p")"') || { echo "$out"; return 1; }
	echo "$out"
	case $out in *"epoch 2 loss"*FINISHED*"epoch 2 loss"*) ;; *) return 1 ;; esac
}
# shellcheck disable=SC2317
run_template() { inside sh -c 'cd /root && mlp init new && mlp run new && mlp init --template steps more && mlp run more'; }
# shellcheck disable=SC2317
complete() {
	[ "$(inside bash -c 'cd /root && . /usr/share/bash-completion/completions/mlp && complete -p mlp')" = \
		"complete -o nosort -F _mlp mlp" ] &&
		inside sh -c 'cd /root && mlp __complete bash "" run wine -P ep' | grep -q '^epochs='
}
# shellcheck disable=SC2317
install_library() {
	inside sh -c 'DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		/root/libmlp0_*.deb /root/libmlp-dev_*.deb gcc libc6-dev pkgconf'
}
# shellcheck disable=SC2317 # the host program is the example of libmlp(3), linked both ways
build_and_run_host() {
	local out how
	sed -n '/^#include <mlp.h>/,/^\.Ed/p' man/libmlp.3 | sed 's/\\e/\\/g; /^\.Ed/d' >"$work/root/host.c"
	inside sh -ec 'cd /root && cc -Wall -Wextra -Werror -o host host.c $(pkg-config --cflags --libs mlp)
		cc -o host-static host.c $(pkg-config --cflags --libs --static mlp | sed s/-lmlp/-l:libmlp.a/)' || return 1
	for how in host host-static; do
		out=$(inside sh -c "cd /root && ./$how wine && mlp logs \$(mlp runs --limit 1 --json |
			sed -n 's/.*\"run_id\":[^\"]*\"\(.*\)\".*/\1/p')") || { echo "$out"; return 1; }
		echo "$out"
		case $out in *FINISHED*"epoch 5 loss"*) ;; *) return 1 ;; esac
	done
	inside ldd /root/host | grep -q 'libmlp\.so\.0 => /' && ! inside ldd /root/host-static | grep libmlp
}
# shellcheck disable=SC2317
remove_packages() {
	inside dpkg -r libmlp-dev libmlp0 mlp && [ -z "$(find "$work/usr" -path '*mlp*' ! -type d)" ] && [ ! -e "$work/usr/libexec/mlp" ]
}
trap 'umount "$work/proc" 2>/dev/null; rm -rf "$work"' EXIT

# whatever make was told for the tests is not meant for this one
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES PREFIX DESTDIR LIBDIR CONFIG SAN
: >"$log"
make -s deb >>"$log" 2>&1
check "the package installs with what it says that it needs" install_packages
check "the example of README.md runs" run_example
check "new projects run" run_template
check "completion is there" complete
check "the packages of the library install, with a compiler" install_library
check "the example of libmlp(3) is built with them, and runs" build_and_run_host
check "removing takes everything away" remove_packages
exit $failed
