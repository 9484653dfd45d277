#!/bin/sh
# SPDX-License-Identifier: MIT
# uv.sh -- print a directory with a uv in it: the one of PATH, else one of our own in
# build/mlflow/uv.  Needs python3-venv and a package index; what pip says goes to stderr.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)/build/mlflow
if uv=$(command -v uv) && uv --version >/dev/null 2>&1; then
	dirname "$uv"
	exit
fi
mkdir -p "$root"
(
	flock 9
	[ -x "$root/uv/bin/uv" ] || {
		rm -rf "$root/uv"
		python3 -m venv "$root/uv"
		"$root/uv/bin/pip" install -q uv
	}
) 9>"$root/uv.lock" >&2
echo "$root/uv/bin"
