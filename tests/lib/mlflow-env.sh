#!/bin/sh
# SPDX-License-Identifier: MIT
# mlflow-env.sh VERSION -- make a virtual environment with that MLflow ("newest" for the
# latest) below build/mlflow/ unless it is there, and print its path.  Needs python3-venv
# and a package index; what the installers say goes to stderr.
set -eu
version=${1:?usage: mlflow-env.sh VERSION}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)/build/mlflow
env=$root/$version

case $version in
newest) set -- mlflow ;;
2.*) set -- "mlflow==$version" 'sqlalchemy<2.1' 'setuptools<81' ;;
*) set -- "mlflow==$version" 'sqlalchemy<2.1' ;;
esac

# It installs in seconds what takes pip minutes.
run_uv() {
	"$("$here/uv.sh")/uv" "$@"
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
