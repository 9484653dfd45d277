#!/bin/sh
# SPDX-License-Identifier: MIT
# mlflow-env.sh VERSION -- make a virtual environment with that MLflow ("newest" for the
# latest) below build/mlflow/ unless it is there, and print its path.  Needs python3-venv
# and a package index; what the installers say goes to stderr.
set -eu
version=${1:?usage: mlflow-env.sh VERSION}
root=$(cd "$(dirname "$0")/../.." && pwd)/build/mlflow
env=$root/$version

case $version in
newest) set -- mlflow ;;
2.*) set -- "mlflow==$version" 'sqlalchemy<2.1' 'setuptools<81' ;;
*) set -- "mlflow==$version" 'sqlalchemy<2.1' ;;
esac

# uv from the path, else one of our own: it installs in seconds what takes pip minutes.
run_uv() {
	if command -v uv >/dev/null 2>&1; then
		uv "$@"
	else
		[ -x "$root/uv/bin/uv" ] || {
			python3 -m venv "$root/uv"
			"$root/uv/bin/pip" install -q uv
		}
		"$root/uv/bin/uv" "$@"
	fi
}

if [ ! -e "$env/complete" ]; then
	mkdir -p "$root"
	(
		flock 9
		[ ! -e "$env/complete" ] || exit 0
		rm -rf "$env"
		python3 -m venv "$env"
		run_uv pip install -q --python "$env/bin/python" "$@"
		"$env/bin/python" -c 'import mlflow'
		touch "$env/complete"
	) 9>"$root/lock" >&2
fi
echo "$env"
