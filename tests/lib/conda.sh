#!/bin/bash
# SPDX-License-Identifier: MIT
# conda.sh -- what conda.bash installs as conda, mamba or micromamba.  FAKE_FAIL: making an
# environment fails when half of it is there; FAKE_HELD: it goes on when this
# file is there; FAKE_DENY: no activation works; FAKE_KEEP: nothing can be removed.
root=@ROOT@
me=${0##*/}
echo "$me$(printf ' %q' "$@")" >>"$root/log"

make_env() {
	if [ -e "$root/envs/$1" ]; then
		echo "CondaValueError: prefix already exists: $root/envs/$1" >&2
		exit 1
	fi
	mkdir -p "$root/envs/$1/bin"
	echo "Collecting package metadata: ...working... done"
	until [ -z "${FAKE_HELD:-}" ] || [ -e "$FAKE_HELD" ]; do sleep 0.05; done
	if [ -n "${FAKE_FAIL:-}" ]; then
		echo "ResolvePackageNotFound: - nosuch=9" >&2
		exit 1
	fi
	[ -z "${CONDA_OFFLINE:-}" ] || echo offline >>"$root/log"
	printf '#!/bin/sh\necho "tool of %s"\n' "$1" >"$root/envs/$1/bin/thetool"
	chmod 755 "$root/envs/$1/bin/thetool"
	[ -z "${2:-}" ] || cp "$2" "$root/envs/$1/made-from"
}

# hook NAME: the function that a shell activates with
hook() {
	cat <<END
$1() {
	[ "\$1" = activate ] || return 2
	if [ -n "\${FAKE_DENY:-}" ] || [ ! -d "\$2" ]; then
		echo "EnvironmentNameNotFound: Could not find conda environment: \$2" >&2
		return 1
	fi
	echo "activating \$2"
	export CONDA_PREFIX=\$2 PATH="\$2/bin:\$PATH"
}
END
}

case "$*" in
"env list --json")
	python3 - "$root" <<'END'
import json, os, sys
root = sys.argv[1]
print(json.dumps({"envs": [root] + [os.path.join(root, "envs", n) for n in sorted(os.listdir(root + "/envs"))]}))
END
	;;
"env create -n "*" --file "*)
	[ "$me" != micromamba ] || { echo "no such command: env create" >&2; exit 109; }
	make_env "$4" "$6"
	;;
"create --yes -n "*" --file "*) make_env "$4" "$6" ;;
"create --channel conda-forge --yes --override-channels -n "*" python") make_env "$7" ;;
*"remove --yes "*)
	if [ -n "${FAKE_KEEP:-}" ]; then
		echo "DirectoryNotACondaEnvironmentError: not a conda environment" >&2
		exit 1
	fi
	;;&
"remove --yes --name "*" --all") rm -rf "$root/envs/$4" ;;
"env remove --yes -n "*) rm -rf "$root/envs/$5" ;;
"list --explicit --md5 -p "* | "env export --explicit -p "*)
	printf '# platform: linux-64\n@EXPLICIT\nfile:///pkgs/python-3.11.4-0.conda#0123456789abcdef0123456789abcdef\n'
	;;
"list --json -p "*)
	echo '[{"name":"python","version":"3.11.4","channel":"conda-forge"},{"name":"six","version":"1.16.0","channel":"pypi"}]'
	;;
"shell.bash hook") hook conda ;;
"shell hook --shell bash") hook "$me" ;;
*)
	echo "$me: no such command: $*" >&2
	exit 2
	;;
esac
