#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Projects in archives: zip and tar, from this machine and by HTTP, honest and hostile.

load ../lib/cli
load ../lib/archive

setup() {
	cli_setup
	make_wine
	export TMPDIR=$T/tmp # other tests peek into archives, too
	mkdir "$TMPDIR"
}

teardown() {
	stop_serving
	cli_teardown
}

hostile() { python3 "$BATS_TEST_DIRNAME/../lib/hostile.py" "$1" "$T/h.archive"; }

# What a hostile archive must not leave: files outside, a run, or its own files.
nothing_left() {
	[ ! -e "$T/victim" ] && [ ! -e "$T/p/victim" ] && [ ! -e /tmp/mlp-evil ]
	[ -z "$(find "$T" -name 'evil*' -print)" ]
	is "$(cached checkouts)" ""
	[ ! -e mlflow.db ]
}

@test "every kind of archive runs, alike" {
	echo ': >left' >>"$T/wine/run.sh" # so that the files are kept
	for kind in zip ZIP tar tar.gz tgz tar.bz2 tar.xz tar.zst TAR.GZ; do
		if [ "$kind" = TAR.GZ ]; then
			cp "$T/srv/w.tar.gz" "$T/srv/w.$kind"
		else
			pack "w.$kind"
		fi
		echo "$kind"
		mlp run "$T/srv/w.$kind"
		is "$status" 0
		is "$output" "wine red"
		newest
		is "$(json 'j["source"]["uri"]')" "$T/srv/w.$kind"
		is "$(json 'j["source"]["sha256"]')" "$(sha256_of "$T/srv/w.$kind")"
		is "$(json 'j["source"]["commit"], j["source"]["dirty"], j["source"]["repo_url"]')" "(None, None, None)"
		dir=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["source"]["dir"])' \
			"$(json 'j["artifact_uri"]')/mlp/run.json")
		diff -r --no-dereference -x left "$T/wine" "$dir"
		[ -x "$dir/run.sh" ] && [ ! -x "$dir/data" ]
		is "$(readlink "$dir/train/link")" ../data
	done
	is "$(cached checkouts | grep -vc 'lock$')" 9
}

@test "what is said of fetching" {
	printf 'entry_points:\n  main:\n    command: "true"\n' >"$T/MLproject"
	tar -C "$T" -cf "$T/one.tar" MLproject
	rm "$T/MLproject"
	mlp run "$T/one.tar"
	is "$status" 0
	has "$stderr" "mlp: extracted 1 member, "
	pack w.tar
	serve
	mlp run "$HTTP/w.tar"
	is "$status" 0
	has "$stderr" "mlp: downloaded 1 file, "
	has "$stderr" ", extracted 9 members, "
}

@test "each run has files of its own" {
	pack w.zip
	sed -i 's/command:.*/command: "echo x >>data; cat data"/' "$T/wine/MLproject"
	pack w.tar
	mlp run "$T/srv/w.tar"
	is "$output" $'red\nx'
	mlp run "$T/srv/w.tar"
	is "$output" $'red\nx'
	is "$(cat "$T/wine/data")" red
}

@test "a subdirectory, and a digest" {
	pack w.zip
	sum=$(sha256_of "$T/srv/w.zip")
	mlp run "$T/srv/w.zip#train"
	is "$output" red
	newest
	is "$(json 'j["source"]["subdir"]')" train
	is "$(json 'j["source"]["uri"]')" "$T/srv/w.zip#train"
	mlp run "$T/srv/w.zip#sha256=$sum"
	is "$output" "wine red"
	mlp run "$T/srv/w.zip#train&sha256=${sum^^}"
	is "$output" red
	newest
	is "$(json 'j["source"]["uri"]')" "$T/srv/w.zip#train&sha256=$sum"
	mlp run "$T/srv/w.zip#sha256=${sum/[0-9]/a}a"
	is "$status" 125
	has "$stderr" "a sha256 is 64 hexadecimal digits"
	mlp run "$T/srv/w.zip#sha256=$(sha256_of /dev/null)"
	is "$status" 125
	has "$stderr" "'$T/srv/w.zip': its sha256 is $sum, not e3b0c442"
	has "$stderr" "it has changed"
	for bad in none run.sh train/none train/link; do
		mlp run "$T/srv/w.zip#$bad"
		is "$status" 125
		has "$stderr" "Could not find subdirectory $bad of $T/srv/w.zip"
	done
	mlp run "$T/srv/w.zip#train/.."
	is "$status" 125
	has "$stderr" "'.' and '..' are not allowed"
	is "$(cached checkouts)" "" # nothing was left in them
}

@test "a folder around the project is found; two are not" {
	mkdir -p "$T/srv"
	tar -C "$T" -czf "$T/srv/w.tgz" wine
	mlp run "$T/srv/w.tgz"
	is "$output" "wine red"
	mlp run "$T/srv/w.tgz#train"
	is "$output" red
	newest
	is "$(json 'j["source"]["subdir"]')" train
	mlp run "$T/srv/w.tgz#wine/train"
	is "$output" red
	mlp info "$T/srv/w.tgz"
	has "$output" "sh run.sh"
	mlp run "$T/srv/w.tgz" --dry-run
	is "$status" 0
	cp -r "$T/wine" "$T/beer"
	tar -C "$T" -czf "$T/srv/two.tgz" wine beer
	mlp run "$T/srv/two.tgz"
	is "$status" 2
	has "$stderr" "Could not find main among entry points"
	mlp run "$T/srv/two.tgz#beer"
	is "$output" "wine red"
	# a manifest at the top is the project, whatever lies below
	printf 'entry_points:\n  main:\n    command: echo top\n' >"$T/MLproject"
	tar -C "$T" -cf "$T/srv/top.tar" MLproject wine
	mlp run "$T/srv/top.tar"
	is "$output" top
}

@test "by name without suffix where a digest says so, else refused" {
	pack w.tar.gz
	mv "$T/srv/w.tar.gz" "$T/srv/blob"
	mlp run "$T/srv/blob"
	is "$status" 125
	has "$stderr" "is a file, not a project directory or archive"
	mlp run "$T/srv/blob#sha256=$(sha256_of "$T/srv/blob")"
	is "$output" "wine red"
	mlp run "file://$T/srv/blob#sha256=$(sha256_of "$T/srv/blob")"
	is "$output" "wine red"
	pack w.zip
	mlp run "$T/srv/w.zip" -v main
	is "$status" 125
	has "$stderr" "is an archive"
	mlp run "$T/wine#sha256=$(sha256_of "$T/srv/w.zip")"
	is "$status" 125
	has "$stderr" "goes with an archive"
}

@test "by HTTP: fetched once, asked for again, fetched when it changes" {
	pack w.zip
	serve
	mlp run "$HTTP/w.zip"
	is "$output" "wine red"
	newest
	is "$(json 'j["source"]["uri"]')" "$HTTP/w.zip"
	is "$(json 'j["tags"]["mlp.source.sha256"]')" "$(sha256_of "$T/srv/w.zip")"
	mlp run "$HTTP/w.zip#train"
	is "$output" red
	is "$(requests 'w.zip 200')" 1
	is "$(requests 'w.zip 304')" 1
	echo white >"$T/wine/data"
	pack w.zip
	mlp run "$HTTP/w.zip"
	is "$output" "wine white"
	is "$(requests 'w.zip 200')" 2
	# what is known by its digest needs nobody
	sum=$(sha256_of "$T/srv/w.zip")
	stop_serving
	mlp run "$HTTP/w.zip#sha256=$sum"
	is "$output" "wine white"
	# and without one what was there before is used, and that is said
	mlp run "$HTTP/w.zip"
	is "$output" "wine white"
	has "$stderr" "what was downloaded before is used"
}

@test "show, info, check and --dry-run" {
	pack w.tar.xz
	serve
	mlp run "$HTTP/w.tar.xz" --dry-run
	is "$status" 0
	has "$output" "sha256       $(sha256_of "$T/srv/w.tar.xz")"
	has "$output" "(a checkout, made when it runs)"
	mlp run "$HTTP/w.tar.xz#train" --dry-run --json
	is "$(json 'j["source"]["sha256"], j["source"]["subdir"], j["cwd"]')" "('$(sha256_of "$T/srv/w.tar.xz")', 'train', None)"
	mlp info "$HTTP/w.tar.xz"
	has "$output" "sh run.sh"
	mlp check "$HTTP/w.tar.xz#train"
	is "$status" 0
	mlp info "$HTTP/w.tar.xz#none"
	is "$status" 1
	has "$stderr" "Could not find subdirectory none"
	is "$(cached checkouts)" ""
	[ ! -e mlflow.db ]
	is "$(ls "$TMPDIR")" ""
	mlp run "$HTTP/w.tar.xz"
	newest
	mlp show "$(json 'j["run_id"]')"
	has "$output" "sha256       $(sha256_of "$T/srv/w.tar.xz")"
}

@test "a URL without an archive's name is known by what arrives" {
	pack w.tar.gz
	mv "$T/srv/w.tar.gz" "$T/srv/latest"
	serve
	mlp run "$HTTP/latest"
	is "$output" "wine red"
	newest
	is "$(json 'j["source"]["sha256"]')" "$(sha256_of "$T/srv/latest")"
	mlp run "$HTTP/latest?version=1"
	is "$output" "wine red"
	mlp run "$HTTP/any/latest"
	is "$output" "wine red"
	mlp run "$HTTP/html/page"
	is "$status" 125
	has "$stderr" "not a git repository"
	mlp run "$HTTP/none"
	is "$status" 125
	has "$stderr" "not a git repository (404)"
	mlp run "$HTTP/wine.git?token=s3cret"
	is "$status" 125
	has "$stderr" "https://user:TOKEN@host/"
	lacks "$stderr" s3cret
	mlp run "$HTTP/html/page.zip"
	is "$status" 125
	has "$stderr" "'$HTTP/html/page.zip': the server sent a web page, not an archive"
	echo "no archive at all" >"$T/srv/text.tar.gz"
	mlp run "$HTTP/text.tar.gz"
	has "$stderr" "the server sent something else, not an archive"
	: >"$T/srv/empty.zip"
	mlp run "$HTTP/empty.zip"
	has "$stderr" "the server sent nothing, not an archive"
	mlp run "$T/srv/empty.zip"
	has "$stderr" "it is no zip or tar archive"
	is "$(cached downloads | wc -l)" 1
}

@test "rerun takes the same archive, or says that it has changed" {
	pack w.zip
	mlp run "$T/srv/w.zip#train"
	newest
	first=$(json 'j["run_id"]')
	mlp rerun "$first"
	is "$output" red
	newest
	is "$(json 'j["tags"]["mlp.rerunOf"]')" "$first"
	is "$(json 'j["source"]["subdir"]')" train
	second=$(json 'j["run_id"]')
	echo white >"$T/wine/data"
	pack w.zip
	for run in "$first" "$second"; do
		mlp rerun "$run"
		is "$status" 125
		has "$stderr" "it has changed"
	done
	serve
	mlp run "$HTTP/w.zip"
	newest
	run=$(json 'j["run_id"]')
	echo red >"$T/wine/data"
	pack w.zip
	# what ran then is still in the cache
	mlp rerun "$run"
	is "$output" "wine white"
	rm -r "$XDG_CACHE_HOME/mlp/downloads"
	mlp rerun "$run"
	is "$status" 125
	has "$stderr" "it has changed"
}

@test "rerun: a path that holds # and %, of an archive and of a directory" {
	pack w.zip
	mkdir "$T/a#b%23c"
	cp "$T/srv/w.zip" "$T/a#b%23c/w#1.zip"
	cp -r "$T/wine" "$T/a#b%23c/"
	for project in "a#b%23c/w#1.zip" "a%23b%2523c/wine"; do
		[[ $project == *.zip ]] && uri=$T/$project || uri="file://$T/$project#train"
		mlp run "$uri"
		is "$status" 0
		said=$output
		newest
		has "$(json 'j["tags"]["mlflow.source.name"]')" "file://$T/a%23b%2523c/w"
		mlp rerun "$(json 'j["run_id"]')"
		is "$status:$output" "0:$said"
		mlp rerun "$(newest && json 'j["run_id"]')" --dry-run --json
		is "$status" 0
	done
	echo more >>"$T/a#b%23c/w#1.zip"
	mlp rerun "$(mlp runs --json && json '[r["run_id"] for r in j if "zip" in r["source"]["uri"]][-1]')"
	is "$status" 125
	has "$stderr" "it has changed"
}

@test "members that lead out of the archive" {
	touch "$T/kept"
	while read -r kind text; do
		hostile "$kind"
		for name in x.tar x.zip; do # the name does not matter
			mv "$T/h.archive" "$T/$name"
			mlp run "$T/$name"
			echo "$kind: $stderr"
			is "$status" 125
			has "$stderr" "'$T/$name': "
			has "$stderr" "$text"
			nothing_left
			mlp info "$T/$name"
			is "$(ls "$TMPDIR")" ""
			nothing_left
			cp "$T/$name" "$T/h.archive"
		done
	done <<-'EOF'
	dotdot member '../evil' leads out of the archive
	dotdot-inside member 'a/../../evil' leads out of the archive
	absolute member '/tmp/mlp-evil' has an absolute path
	zip-dotdot member '../evil' leads out of the archive
	link-up member 'out' is a link that leads out of the archive
	link-absolute member 'out' is a link to an absolute path
	link-chain member 'm' is a link that leads out of the archive
	link-write member 's/file' lies below a link or a file
	zip-link member 'out' is a link that leads out of the archive
	hard-out member '../../victim' leads out of the archive
	hard-absolute member '/etc/passwd' has an absolute path
	hard-link member 'h' is a hard link to what is no file before it
	EOF
}

@test "members that are no files, and names that cannot be" {
	while read -r kind text; do
		hostile "$kind"
		mv "$T/h.archive" "$T/x.tar"
		mlp run "$T/x.tar"
		echo "$kind: $stderr"
		is "$status" 125
		has "$stderr" "$text"
		nothing_left
	done <<-'EOF'
	device member 'dev' is a device
	block member 'dev' is a device
	fifo member 'pipe' is a named pipe
	file-as-dir member 'x/y' lies below a link or a file
	dir-as-file member 'x' has the name of a directory
	latin1 name that is not UTF-8
	long-name has a name of more than 255 bytes
	long-path has a path that is too long
	encrypted member 'secret' is encrypted
	EOF
}

@test "set-id bits are dropped, other bits are kept" {
	hostile setuid
	mv "$T/h.archive" "$T/x.tar"
	mlp run "$T/x.tar"
	is "$output" ran
	printf '{"op":"extract","path":"%s","shown":"x","dest":"%s"}\n' "$T/x.tar" "$T/out" |
		"$(dirname "$MLP")/../libexec/mlp-fetch"
	is "$(stat -c %a "$T/out/run")" 755
}

@test "bombs: ratio, holes, members, total size" {
	hostile bomb
	mv "$T/h.archive" "$T/x.tar.bz2"
	[ "$(stat -c %s "$T/x.tar.bz2")" -lt 10000 ]
	mlp run "$T/x.tar.bz2"
	is "$status" 125
	has "$stderr" "unpacks to more than 1000 times its size"
	nothing_left
	hostile sparse
	mv "$T/h.archive" "$T/x.tar"
	mlp run "$T/x.tar"
	has "$stderr" "it has more than 8.6 GB, the most that is taken"
	nothing_left
	hostile many
	mv "$T/h.archive" "$T/x.tgz"
	mlp run "$T/x.tgz"
	has "$stderr" "more than 1000000 members"
	nothing_left
	pack w.tar
	MLP_FETCH_MAX=50 mlp run "$T/srv/w.tar"
	is "$status" 125
	has "$stderr" "it has more than 50 bytes, the most that is taken"
	has "$stderr" "MLP_FETCH_MAX"
	nothing_left
	MLP_FETCH_MAX=1k mlp run "$T/srv/w.tar"
	is "$output" "wine red"
	for bad in 0 -1 x 1x 1kk 99999999999999999999 9999999T; do
		MLP_FETCH_MAX=$bad mlp run "$T/srv/w.tar"
		has "$stderr" "MLP_FETCH_MAX: '$bad' is not a size"
	done
}

@test "truncated and damaged archives" {
	head -c 100000 /dev/urandom >"$T/wine/noise"
	for kind in zip tar tar.gz tar.bz2 tar.xz tar.zst; do
		pack "w.$kind"
		head -c 60000 "$T/srv/w.$kind" >"$T/cut.$kind"
		mlp run "$T/cut.$kind"
		echo "$kind: $stderr"
		is "$status" 125
		has "$stderr" "'$T/cut.$kind': it is"
		has "$stderr" damaged
		nothing_left
		mlp info "$T/cut.$kind"
		is "$status" 1
	done
	pack w.zip
	printf X | dd of="$T/srv/w.zip" bs=1 seek=50000 conv=notrunc status=none
	mlp run "$T/srv/w.zip"
	is "$status" 125
	has "$stderr" "it is damaged at noise"
	nothing_left
}

@test "a full disk leaves nothing behind" {
	mkdir -p "$XDG_CACHE_HOME"
	mount -t tmpfs -o size=256k none "$XDG_CACHE_HOME" 2>/dev/null || skip "no right to mount"
	head -c 100000 /dev/urandom >"$T/wine/noise"
	cp "$T/wine/noise" "$T/wine/noise2"
	cp "$T/wine/noise" "$T/wine/noise3"
	pack w.tar
	mlp run "$T/srv/w.tar"
	left=$(cached checkouts)
	serve
	mlp run "$HTTP/w.tar"
	by_http=$stderr status_http=$status
	free=$(stat -f -c '%a*%S' "$XDG_CACHE_HOME")
	umount "$XDG_CACHE_HOME"
	is "$status_http" 125
	has "$by_http" "No space left on device"
	is "$left" ""
	[ $((free)) -gt 200000 ]
}

@test "killed while it unpacks, the next one sweeps" {
	head -c 20000000 /dev/urandom >"$T/wine/noise"
	pack w.tar.bz2
	"$MLP" run "$T/srv/w.tar.bz2" >/dev/null 2>&1 &
	pid=$!
	until_true sh -c "ls '$XDG_CACHE_HOME'/mlp/checkouts/*.mlp-tmp"
	kill -KILL $pid
	wait $pid || :
	until_true sh -c "! pgrep -P $pid"
	rm "$T/wine/noise"
	pack w.tar.gz
	mlp run "$T/srv/w.tar.gz"
	is "$output" "wine red"
	is "$(cached checkouts | wc -l)" 1
}
