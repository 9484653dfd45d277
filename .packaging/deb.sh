#!/bin/bash
# SPDX-License-Identifier: MIT
# deb.sh VERSION -- Debian packages in build/deb/: mlp, and libmlp0 and libmlp-dev for
# programs that use the library.  What each depends on is read from its programs.
# MAINTAINER ("Name <mail>") is who answers for them; default: the last commit's author.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1
arch=$(dpkg --print-architecture)
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
maintainer=${MAINTAINER:-$(git log -1 --format='%an <%ae>' 2>/dev/null || echo "mlp <root@$(hostname)>")}
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Makefile)
export SOURCE_DATE_EPOCH
out=$PWD/build/deb
umask 022
mkdir -p build
exec 9>build/deb.lock
flock 9 # one at a time
rm -rf "$out"
mkdir -p "$out"

# mlp's own build: its paths are /usr's
make -s CONFIG=packaged PREFIX=/usr LIBDIR="/usr/lib/$multiarch" \
	CFLAGS="-O2 -g -ffile-prefix-map=$PWD=." DESTDIR="$out/all" install >"$out/make.log" 2>&1 ||
	{ tail -20 "$out/make.log" >&2; exit 1; }
find "$out/all" -type f \( -perm -100 -o -name '*.so.*' \) -exec strip --strip-unneeded \
	--remove-section=.comment --remove-section=.note {} +
find "$out/all" -name '*.a' -exec strip --strip-debug --enable-deterministic-archives {} +
mkdir -p "$out/all/usr/share/zsh/vendor-completions"
mv "$out/all/usr/share/zsh/site-functions/_mlp" "$out/all/usr/share/zsh/vendor-completions/"
rmdir "$out/all/usr/share/zsh/site-functions"
find "$out/all/usr/share/man" -type f -exec gzip -9n {} +

# take PACKAGE PATH...: move what is there from the installation to a package's tree
take() {
	local package=$1 path
	shift
	for path in "$@"; do
		mkdir -p "$out/$package/$(dirname "$path")"
		# shellcheck disable=SC2086 # a pattern
		mv "$out"/all/$path "$out/$package/$(dirname "$path")/"
	done
}
take libmlp0 "usr/lib/$multiarch/libmlp.so.*"
take libmlp-dev usr/include "usr/lib/$multiarch/*" usr/share/man/man3
take mlp usr/bin usr/libexec usr/share
find "$out/all" -mindepth 1 -type d -empty -delete
[ -z "$(find "$out/all" -type f)" ] || { echo "deb: in no package:" >&2; find "$out/all" -type f >&2; exit 1; }
rm -rf "$out/all"

# What the programs of a package are linked with, as Depends.
depends() {
	local package=$1 work files
	mapfile -t files < <(find "$out/$package" -type f -exec sh -c 'file -b "$1" | grep -q "ELF.*dynamically linked"' _ {} \; -print)
	[ ${#files[@]} -gt 0 ] || return 0
	work=$(mktemp -d)
	mkdir "$work/debian"
	printf 'Source: mlp\n\nPackage: %s\nArchitecture: any\n' "$package" >"$work/debian/control"
	(cd "$work" && dpkg-shlibdeps -O -xlibmlp0 "${files[@]}" 2>/dev/null) | sed 's/^shlibs:Depends=//'
	rm -rf "$work"
}

# pack PACKAGE SECTION DEPENDS DESCRIPTION: control from stdin's further lines
pack() {
	local package=$1 section=$2 needs=$3 tree=$out/$1 doc=$out/$1/usr/share/doc/$1
	mkdir -p "$doc" "$tree/DEBIAN"
	cp .packaging/copyright "$doc/copyright"
	{
		printf 'mlp (%s) unstable; urgency=medium\n\n' "$version"
		printf '  * See CHANGELOG.md of the source.\n\n'
		printf ' -- %s  %s\n' "$maintainer" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")"
	} | gzip -9n >"$doc/changelog.gz"
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$package" "$version" "$arch"
		[ "$package" = mlp ] || echo "Source: mlp"
		printf 'Maintainer: %s\nSection: %s\nPriority: optional\n' "$maintainer" "$section"
		printf 'Installed-Size: %s\n' "$(du -k -s --apparent-size "$tree" | cut -f 1)"
		[ -z "$needs" ] || printf 'Depends: %s\n' "$needs"
		cat
	} >"$tree/DEBIAN/control"
	(cd "$tree" && find usr -type f | LC_ALL=C sort | xargs md5sum >DEBIAN/md5sums)
	find "$tree" -type d -exec chmod 755 {} +
	find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	dpkg-deb --root-owner-group -Zxz --build "$tree" "$out/${package}_${version}_$arch.deb" >/dev/null
	echo "build/deb/${package}_${version}_$arch.deb"
}

needs=$(depends mlp)
mkdir -p "$out/mlp/usr/share/lintian/overrides"
cat >"$out/mlp/usr/share/lintian/overrides/mlp" <<'END'
# what a project begins with
mlp: package-contains-vcs-control-file [usr/share/mlp/templates/*]
mlp: script-not-executable [usr/share/mlp/templates/*]
END
pack mlp science "$needs" <<'END'
Recommends: git, openssh-client
Suggests: git-lfs, docker.io | podman, python3-venv, python3
Description: run machine-learning projects and record every run
 mlp runs MLflow projects: a directory, git repository or archive with an
 MLproject file that lists entry points and their parameters. It takes the
 options of "mlflow run" and records in MLflow's own database format, but needs
 neither Python nor a server.
END
needs=$(depends libmlp0)
printf 'libmlp 0 libmlp0 (>= %s)\n' "$version" >"$out/shlibs"
mkdir -p "$out/libmlp0/DEBIAN"
cp "$out/shlibs" "$out/libmlp0/DEBIAN/shlibs"
echo "activate-noawait ldconfig" >"$out/libmlp0/DEBIAN/triggers"
pack libmlp0 libs "$needs, mlp (= $version)" <<'END'
Description: run machine-learning projects, as a library
 The library of mlp: programs run MLflow projects with it, and read what is
 recorded of them. The runs are supervised by a program of the package mlp.
END
# sqlite3.pc names -lz for static programs, and its package does not bring it
pack libmlp-dev libdevel "libmlp0 (= $version), libcjson-dev, libsqlite3-dev, zlib1g-dev" <<'END'
Description: run machine-learning projects, as a library: to build with
 The library of mlp: programs run MLflow projects with it, and read what is
 recorded of them. Here are the header, the static library and the manual.
END
rm -rf "${out:?}"/{mlp,libmlp0,libmlp-dev,shlibs}
