#!/bin/bash
# SPDX-License-Identifier: MIT
# dist.sh VERSION PROGRAM... -- build/mlp-VERSION.tar.xz: what is committed, and in licences/
# the terms of the libraries that the programs are linked with.  The same commit gives the
# same bytes: files in order, times and owners fixed.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1
shift
commit=$(git rev-parse --verify -q HEAD) || { echo "dist: this is no git repository" >&2; exit 1; }
git diff --quiet HEAD || echo "dist: changes that are not committed are left out" >&2

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
top=$stage/mlp-$version
git archive --prefix="mlp-$version/" "$commit" | tar -x -C "$stage"
.packaging/licences.sh "$top/licences" "$@"

export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit")
tar -c -C "$stage" --format=gnu --sort=name --mtime="@$SOURCE_DATE_EPOCH" \
	--owner=0 --group=0 --numeric-owner --mode=u+rwX,go+rX,go-w "mlp-$version" |
	xz -9 -T1 >"build/mlp-$version.tar.xz.new"
mv "build/mlp-$version.tar.xz.new" "build/mlp-$version.tar.xz"
echo "build/mlp-$version.tar.xz"
