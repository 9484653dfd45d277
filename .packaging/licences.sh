#!/bin/bash
# SPDX-License-Identifier: MIT
# licences.sh DIR PROGRAM... -- into DIR: the licence of every library that the programs are
# linked with, as Debian's package of it has it, and README, which says who needs what.
# Nothing of the libraries is in mlp: they are linked when it is started.
set -euo pipefail
dir=$1
shift
mkdir -p "$dir"

# the package that a library's file belongs to; a merged /usr has two names for it
package_of() {
	{ dpkg-query -S "$1" || dpkg-query -S "/usr$1" || dpkg-query -S "${1#/usr}"; } 2>/dev/null |
		sed -n '1s/:.*//p'
}

{
	echo "mlp itself is under the licence in LICENSE.  Its programs load these libraries, which"
	echo "are no part of it; their terms are in the files beside this one."
	echo
} >"$dir/README"
for program in "$@"; do
	needed=$(readelf -d "$program" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | sort)
	for lib in $needed; do
		case $lib in libc.so.* | libm.so.* | ld-linux*) continue ;; esac
		file=$(ldd "$program" | awk -v lib="$lib" '$1 == lib {print $3}')
		package=$(package_of "$(readlink -f "$file")")
		if [ -z "$package" ] || [ ! -e "/usr/share/doc/$package/copyright" ]; then
			echo "licences: no package is known for $lib" >&2
			exit 1
		fi
		cp -L "/usr/share/doc/$package/copyright" "$dir/$package"
		printf '%-14s %-20s %s\n' "${program##*/}" "$lib" "$package"
	done
done >>"$dir/README"
chmod 644 "$dir"/*
