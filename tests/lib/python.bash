# SPDX-License-Identifier: MIT
# Python packages for tests: small wheels made here, and an index of them, a directory.

# With uv in PATH ($UV), and nothing but it and the system's programs.
python_setup() {
	UV_DIR=$("$BATS_TEST_DIRNAME/../lib/uv.sh")
	mkdir -p "$T/uv" "$T/index"
	ln -s "$UV_DIR/uv" "$T/uv/uv"
	UV=$T/uv/uv
	WITHOUT_UV=/usr/bin:/bin
	[ ! -e /usr/bin/uv ] || { echo "uv among the system's programs" >&2; return 1; }
	export PATH=$T/uv:$WITHOUT_UV
	MACHINE=$(export -p | grep -E '^declare -x (PIP|UV)_' || true)
	export PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL=file://$T/index
	export UV_NO_CONFIG=1 UV_DEFAULT_INDEX=file://$T/index UV_PYTHON_DOWNLOADS=never
	export PYENV_ROOT=$T/no-pyenv
	unset VIRTUAL_ENV PYTHONHOME PYTHONPATH UV_CACHE_DIR MLP_ENV_MANAGER MLP_OFFLINE
	unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX UV_INDEX_URL UV_INDEX UV_FIND_LINKS
	unset PYENV_VERSION UV_PYTHON_INSTALL_DIR XDG_DATA_HOME
}

# The index that this machine installs from, as it is told to, instead of the test's.
real_index() {
	unset PIP_CONFIG_FILE PIP_INDEX_URL UV_NO_CONFIG UV_DEFAULT_INDEX
	eval "${MACHINE//declare -x/export}"
	export UV_NATIVE_TLS=1 # trust whom the machine trusts
}

# From here on there is no uv.
without_uv() { export PATH=$WITHOUT_UV; }

# wheel NAME VERSION [REQUIREMENT...]: a module of that name, whose VERSION it is, and a
# program hello-NAME.
wheel() {
	python3 - "$T/index" "$@" <<'END'
import base64, hashlib, os, sys, zipfile
index, name, version, *requires = sys.argv[1:]
file = "%s-%s-py3-none-any.whl" % (name, version)
where = os.path.join(index, name)
os.makedirs(where, exist_ok=True)
info = "%s-%s.dist-info/" % (name, version)
files = {
    name + ".py": "VERSION = %r\ndef main():\n    print('hello from', %r, VERSION)\n" % (version, name),
    info + "METADATA": "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)
        + "".join("Requires-Dist: %s\n" % r for r in requires),
    info + "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    info + "entry_points.txt": "[console_scripts]\nhello-%s = %s:main\n" % (name, name),
}
record = "".join("%s,sha256=%s,%d\n" % (path,
    base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode(), len(text))
    for path, text in files.items()) + info + "RECORD,,\n"
with zipfile.ZipFile(os.path.join(where, file), "w") as z:
    for path, text in files.items():
        z.writestr(path, text)
    z.writestr(info + "RECORD", record)
with open(os.path.join(where, file), "rb") as f:
    link = '<a href="%s#sha256=%s">%s</a>\n' % (file, hashlib.sha256(f.read()).hexdigest(), file)
with open(os.path.join(where, "index.html"), "a") as f:
    f.write(link)
END
}
wheel_hash() { sha256sum <"$T/index/$1/$1-$2-py3-none-any.whl" | cut -d' ' -f1; }

# source_package DIR NAME VERSION: one that is built without any other package, by a
# builder of its own; editable, too.
source_package() {
	mkdir -p "$1"
	cat >"$1/pyproject.toml" <<-END
		[build-system]
		requires = []
		build-backend = "builder"
		backend-path = ["."]
		[project]
		name = "$2"
		version = "$3"
	END
	printf 'VERSION = "%s"\n' "$3" >"$1/$2.py"
	cat >"$1/builder.py" <<-END
		import os, zipfile
		def make(where, files):
		    name = "$2-$3-py3-none-any.whl"
		    info = "$2-$3.dist-info/"
		    with zipfile.ZipFile(os.path.join(where, name), "w") as z:
		        for path, text in files.items():
		            z.writestr(path, text)
		        z.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: $2\nVersion: $3\n")
		        z.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
		        z.writestr(info + "RECORD", "")
		    return name
		def build_wheel(where, config_settings=None, metadata_directory=None):
		    return make(where, {"$2.py": open("$2.py").read()})
		def build_editable(where, config_settings=None, metadata_directory=None):
		    return make(where, {"$2.pth": os.getcwd() + "\n"})
	END
}

# python_env LINE...: a python_env.yaml with these dependencies.
python_env() {
	printf 'dependencies:\n' >python_env.yaml
	printf -- '- "%s"\n' "$@" >>python_env.yaml
}

# The environments that are complete, and all that is left of others.
envs() { ls "$XDG_CACHE_HOME"/mlp/envs/*/environment.json 2>/dev/null | wc -l; }
unfinished() {
	local dir
	for dir in "$XDG_CACHE_HOME"/mlp/envs/*/; do
		[ ! -d "$dir" ] || [ -e "$dir/environment.json" ] || echo "$dir"
	done
}
# The lock of the newest run: without the comments.
locked() { grep -v '^#' "$(artifacts)/mlp/environment.lock"; }
artifacts() {
	local output
	newest
	json 'j["artifact_uri"]'
}

# A uv that does not go on before $T/go is there; $T/held once it waits.
held_uv() {
	mkdir -p "$T/held-uv"
	cat >"$T/held-uv/uv" <<-END
		#!/bin/sh
		case \$1 in venv)
			touch "$T/held"
			while [ ! -e "$T/go" ]; do sleep 0.05; done ;;
		esac
		exec "$UV_DIR/uv" "\$@"
	END
	chmod +x "$T/held-uv/uv"
	export PATH=$T/held-uv:$PATH
}
