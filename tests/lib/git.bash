# SPDX-License-Identifier: MIT
# git.bash -- repositories and servers for the tests that fetch.  Everything lives below
# $BATS_TEST_TMPDIR, and git sees no configuration but ours.

git_setup() {
	W=$BATS_TEST_TMPDIR
	export HOME=$W/home XDG_CACHE_HOME=$W/cache XDG_STATE_HOME=$W/state TMPDIR=$W/tmp
	export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.org
	export GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.org
	export GIT_AUTHOR_DATE='2024-01-01 12:00 +0000' GIT_COMMITTER_DATE='2024-01-01 12:00 +0000'
	unset MLFLOW_TRACKING_URI MLP_STALL_TIMEOUT MLP_OFFLINE SSH_AUTH_SOCK SSH_ASKPASS
	unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
	unset SSL_CERT_FILE SSL_CERT_DIR "${!GIT_SSL_@}" "${!GIT_SSH@}" GIT_ASKPASS
	unset GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS
	unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
	export LSAN_OPTIONS=print_suppressions=0:suppressions=$BATS_TEST_DIRNAME/../lib/lsan.supp
	mkdir -p "$HOME" "$W/srv" "$W/tmp"
	git config --global init.defaultBranch main
	cd "$W" || return
	SERVERS=()
}

git_teardown() {
	local p
	for p in "${SERVERS[@]}"; do
		kill "$p" 2>/dev/null || :
	done
}

# The first server is gone, and so is its port.
stop_first() {
	kill "${SERVERS[0]}"
	wait "${SERVERS[0]}" 2>/dev/null || :
	SERVERS=("${SERVERS[@]:1}")
}

# wait_for COMMAND...: until it succeeds, at most a minute: machines are loaded
wait_for() {
	local i
	for ((i = 0; i < 3000; i++)); do
		"$@" 2>/dev/null && return
		sleep 0.02
	done
	echo "waited in vain for: $*" >&2
	return 1
}

# git:// of $W/srv, at $GIT_URL.  It cannot be told to take any free port.
start_git() {
	local port pid
	while :; do
		port=$((20000 + RANDOM % 12000)) # not what others are given by the system
		git daemon --base-path="$W/srv" --export-all --listen=127.0.0.1 --port=$port --reuseaddr \
			>"$W/git.log" 2>&1 3>&- &
		pid=$!
		until git ls-remote -q "git://127.0.0.1:$port/wine.git" 2>/dev/null; do
			kill -0 "$pid" 2>/dev/null || continue 2
			sleep 0.02
		done
		SERVERS+=("$pid")
		GIT_URL=git://127.0.0.1:$port
		kill -0 "$pid" && return
	done
}

# none COMMAND...: it must fail; `!` alone does not make a test fail
none() {
	if "$@"; then
		return 1
	fi
}

# A work tree with a manifest, three commits, tags and a branch with a slash; $W/srv/NAME.git
# is its bare copy.
make_project() {
	local name=${1:-wine} d
	d=$W/$name
	git init -q "$d"
	cat >"$d/MLproject" <<-'EOF'
	name: wine
	entry_points:
	  main:
	    parameters:
	      alpha: {type: float, default: 0.5}
	    command: "sh train.sh {alpha}"
	EOF
	echo 'echo "alpha=$1 at $(git describe --tags --always)"' >"$d/train.sh"
	mkdir -p "$d/sub/deep"
	printf 'entry_points:\n  main:\n    command: "echo in sub"\n' >"$d/sub/MLproject"
	echo deep >"$d/sub/deep/note"
	echo one >"$d/data"
	git -C "$d" add -A
	git -C "$d" commit -qm one
	git -C "$d" tag light
	git -C "$d" branch feat/x
	echo two >"$d/data"
	git -C "$d" commit -qam two
	git -C "$d" tag -a -m release v1
	echo three >"$d/data"
	git -C "$d" commit -qam three
	publish "$name"
}

publish() {
	rm -rf "$W/srv/$1.git"
	git clone -q --bare "$W/$1" "$W/srv/$1.git"
}

# start_http [CERTIFICATE]: $HTTP is its address, https: where it has a certificate
start_http() {
	rm -f "$W/port"
	python3 "$BATS_TEST_DIRNAME/../lib/gitserver.py" "$W/srv" "$W/port" "$W/log" "$@" \
		3>&- >/dev/null 2>"$W/http.err" &
	SERVERS+=($!)
	wait_for test -s "$W/port"
	HTTP=http://127.0.0.1:$(cat "$W/port")
	# a certificate is for a name: mbedTLS knows none for addresses
	[ $# -eq 0 ] || HTTP=https://localhost:$(cat "$W/port")
}

# start_proxy [MODE]: $PROXY is its address (proxy.py)
start_proxy() {
	rm -f "$W/pport"
	python3 "$BATS_TEST_DIRNAME/../lib/proxy.py" "$W/pport" "$W/plog" "$@" \
		3>&- >/dev/null 2>"$W/proxy.err" &
	SERVERS+=($!)
	wait_for test -s "$W/pport"
	PROXY=http://127.0.0.1:$(cat "$W/pport")
}

# make_certificate [HOST]: for localhost; $W/crt, and $W/pem with its key
make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-days 2 -subj "/CN=${1:-localhost}" -addext "subjectAltName=DNS:${1:-localhost}" \
		-keyout "$W/key" -out "$W/crt" 2>/dev/null
	cat "$W/key" "$W/crt" >"$W/pem"
}

# git_request OP URL VERSION DEST [SUBDIR]: one request to mlp-git; its events on stdout.
# VERSION "-": none.  A URL that begins with / is a repository of this machine.
git_request() {
	local version=null where='"url"'
	[ "$3" = - ] || version="\"$3\""
	[ "${2#/}" = "$2" ] || where='"repo"'
	printf '{"op":"%s",%s:"%s","origin":"%s","host":"the host","version":%s,"cache_dir":"%s","dest":"%s","subdir":"%s"}\n' \
		"$1" "$where" "$2" "$2" "$version" "$XDG_CACHE_HOME/mlp" "$4" "${5:-}" |
		"$MLP_GIT"
}

# The member NAME of the last event that is read from stdin.
answer() {
	tail -n 1 | python3 -c 'import json,sys; print(json.load(sys.stdin).get(sys.argv[1]))' "$1"
}

# git-lfs for the repositories of a test alone.
git_lfs_setup() {
	command -v git-lfs >/dev/null || skip "there is no git-lfs"
	LFS=(-c 'filter.lfs.clean=git-lfs clean -- %f' -c 'filter.lfs.smudge=git-lfs smudge -- %f'
		-c filter.lfs.required=true)
	unset GIT_LFS_SKIP_SMUDGE GIT_LFS_PROGRESS
}

# make_lfs NAME: two files in the work tree become Git LFS's; the server has them.
make_lfs() {
	local d=$W/$1 f
	echo '*.bin filter=lfs diff=lfs merge=lfs -text' >"$d/.gitattributes"
	head -c 300000 /dev/urandom >"$d/big.bin"
	echo small >"$d/sub/two words.bin"
	chmod +x "$d/sub/two words.bin"
	git -C "$d" "${LFS[@]}" add -A
	git -C "$d" "${LFS[@]}" commit -qm "large files"
	mkdir -p "$W/srv/lfs"
	find "$d/.git/lfs/objects" -type f -exec cp {} "$W/srv/lfs" \;
	publish "$1"
}
