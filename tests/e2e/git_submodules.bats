#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Submodules: fetched each by itself, on disk as git has them, and hostile ones refused.
bats_require_minimum_version 1.5.0
load ../lib/git
load ../lib/sshd

setup() {
	B=$(realpath "${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}")
	MLP=$B/bin/mlp
	MLP_GIT=$B/libexec/mlp-git
	git_setup
	git config --global protocol.file.allow always
	C=$XDG_CACHE_HOME/mlp/checkouts
}

teardown() {
	git_teardown
}

# A repository NAME with one file, and its bare copy in srv.
make_library() {
	git init -q "$W/$1"
	echo "${2:-$1}" >"$W/$1/file"
	git -C "$W/$1" add file
	git -C "$W/$1" commit -qm "$1"
	publish "$1"
}

# add_submodule PARENT LIBRARY PATH URL [NAME]: at the library's last commit; URL is what
# .gitmodules says.
add_submodule() {
	local name=${5:-$3}
	git -C "$W/$1" submodule --quiet add --name "$name" "$W/srv/$2.git" "$3"
	git -C "$W/$1" config -f .gitmodules "submodule.$name.url" "$4"
	git -C "$W/$1" commit -qam "submodule $2"
	publish "$1"
}

# gitlink PARENT PATH COMMIT: the entry in the tree alone.
gitlink() {
	git -C "$W/$1" update-index --add --cacheinfo "160000,$3,$2"
}

mlp_run() {
	run "$MLP" run "$@"
	echo "$output"
	[ "$status" -eq 0 ]
}

# fails URL TEXT...: the run fails, and the message has each text.
fails() {
	local text url=$1
	shift
	run "$MLP" run "$url"
	echo "$output"
	[ "$status" -eq 125 ]
	for text in "$@"; do [[ "$output" == *"$text"* ]] || return 1; done
	[ -z "$(find "$C" -mindepth 1 2>/dev/null)" ]
}

# The checkout at $1 is what git would have made.
is_clean() {
	(cd "$1"
	git status --porcelain --ignored --untracked-files=all
	[ -z "$(git status --porcelain --ignored --untracked-files=all)" ]
	git submodule status --recursive
	[ "$(git submodule status --recursive | grep -vc '^ ')" -eq 0 ]
	git fsck
	git submodule --quiet foreach --recursive 'git fsck && test -z "$(git status --porcelain)"')
}

@test "nested submodules with relative URLs: one fetch each, on disk as git has them" {
	make_project
	make_library deep
	make_library lib
	add_submodule lib deep inner/deep ../deep.git deep
	add_submodule wine lib third/lib ./../lib.git lib
	start_http
	run git_request checkout "$HTTP/wine.git" - "$W/out"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(cat out/third/lib/file)" = lib ]
	[ "$(cat out/third/lib/inner/deep/file)" = deep ]
	[ "$(cat out/third/lib/.git)" = "gitdir: ../../.git/modules/lib" ]
	[ -f out/third/lib/inner/deep/.git ]
	is_clean out
	[ "$(git -C out/third/lib rev-parse HEAD)" = "$(git -C lib rev-parse HEAD)" ]
	run ! git -C out/third/lib symbolic-ref -q HEAD
	[ "$(git -C out/third/lib remote get-url origin)" = "$HTTP/lib.git" ]
	[ "$(git -C out config submodule.lib.url)" = "$HTTP/lib.git" ]
	[ "$(git -C out/third/lib/inner/deep remote get-url origin)" = "$HTTP/deep.git" ]
	(cd out && git submodule update --init --recursive)
	[ "$(grep -c 'POST /lib.git/git-upload-pack' log)" -eq 1 ]
	[ "$(grep -c 'POST /deep.git/git-upload-pack' log)" -eq 1 ]
	# again: submodules whose commit is there ask nobody
	: >log
	run git_request checkout "$HTTP/wine.git" - "$W/out2"
	[ "$status" -eq 0 ]
	[ "$(grep -vc /wine.git/ log)" -eq 0 ]
	is_clean out2
}

@test "ten submodules are fetched at once, each by one fetch" {
	make_project
	local i
	for i in 0 1 2 3 4 5 6 7 8 9; do
		make_library "lib$i"
		add_submodule wine "lib$i" "third/lib$i" "../lib$i.git"
	done
	start_http
	run git_request checkout "$HTTP/together/wine.git" - "$W/out"
	echo "$output"
	[ "$status" -eq 0 ]
	is_clean out
	for i in 0 1 2 3 4 5 6 7 8 9; do
		[ "$(grep -c "POST /together/lib$i.git/git-upload-pack" log)" -eq 1 ]
		[ "$(cat "out/third/lib$i/file")" = "lib$i" ]
	done
}

@test "the next run gets the checkout, with git directories as new" {
	make_project
	make_library deep
	make_library lib
	add_submodule lib deep deep ../deep.git
	add_submodule wine lib third/lib ../lib.git
	start_http
	printf '%s\n' 'ls third/lib/deep
	git -C third/lib config evil.key 1
	git -C third/lib tag evil && git tag evil
	mkdir -p .git/modules/third/lib/hooks
	echo x >.git/modules/third/lib/hooks/post-checkout' >wine/train.sh
	git -C wine commit -qam evil
	publish wine
	mlp_run "$HTTP/wine.git"
	local first
	first=$(stat -c %i "$C"/wine-*/third/lib/deep/file)
	[[ "$output" != *"left in"* ]]
	mlp_run "$HTTP/wine.git"
	[ "$(stat -c %i "$C"/wine-*/third/lib/deep/file)" = "$first" ]
	printf '%s\n' 'git -C third/lib config evil.key; git tag; git -C third/lib tag
	ls .git/modules/third/lib/hooks; :' >wine/train.sh
	git -C wine commit -qam look
	publish wine
	mlp_run "$HTTP/wine.git"
	mlp_run "$HTTP/wine.git"
	[[ "$output" != *evil* ]]
	[[ "$output" != *post-checkout* ]]
	local d
	for d in "$C"/wine-????????????????; do is_clean "$d"; done
}

@test "what a command does in a submodule spoils the checkout" {
	make_project
	make_library lib
	add_submodule wine lib third/lib ../lib.git
	start_http
	local deed
	for deed in 'echo x >third/lib/file' 'echo x >third/lib/new' 'rm third/lib/.git' \
		'echo "gitdir: /nowhere" >third/lib/.git' \
		'rm third/lib/.git; mkdir third/lib/.git' 'git -C third/lib checkout -q --orphan x'; do
		rm -rf "$C" "$XDG_CACHE_HOME/mlp/clean"
		echo "$deed" >wine/train.sh
		git -C wine commit -qam "$deed"
		publish wine
		mlp_run "$HTTP/wine.git"
		mlp_run "$HTTP/wine.git"
		case $deed in
		*orphan*) [ "$(find "$C" -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq 1 ] ;;
		*) [ "$(find "$C" -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq 2 ] ;;
		esac
	done
}

@test "a project in a submodule" {
	make_project
	make_project sherry
	make_library host
	add_submodule host sherry grapes/sherry ../sherry.git
	add_submodule wine host host ../host.git
	start_http
	run "$MLP" info "$HTTP/wine.git#host/grapes/sherry/sub"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"echo in sub"* ]]
	[ "$(grep -c 'POST /sherry.git/git-upload-pack' log)" -eq 1 ]
	mlp_run "$HTTP/wine.git#host/grapes/sherry" -P alpha=7
	[[ "$output" == *"alpha=7 at"* ]]
	run "$MLP" show --json "$("$MLP" runs --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["run_id"])')"
	[[ "$output" == *"$(git -C wine rev-parse HEAD)"* ]]
	run "$MLP" info "$HTTP/wine.git#host/grapes/none"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$output" == *"Could not find"* ]]
}

@test "a commit that is on no branch is asked for by its id" {
	make_project
	make_library lib
	git -C lib checkout -q --detach
	git -C lib commit -q --allow-empty -m "on no branch"
	git -C lib update-ref refs/hidden/x HEAD
	git clone -q --bare "$W/lib" srv/other.git
	git -C srv/other.git fetch -q "$W/lib" '+refs/hidden/*:refs/hidden/*'
	git -C srv/other.git config uploadpack.hideRefs refs/hidden
	git -C srv/other.git update-ref --no-deref HEAD refs/heads/main
	git -C srv/other.git symbolic-ref HEAD refs/heads/main
	git -C wine submodule --quiet add "$W/lib" lib
	git -C wine config -f .gitmodules submodule.lib.url ../other.git
	git -C wine commit -qam lib
	publish wine
	start_http
	fails "$HTTP/wine.git" "submodule 'lib' (lib, commit $(git -C lib rev-parse HEAD))" \
		"'$HTTP/other.git' does not have it"
	git -C srv/other.git config uploadpack.allowAnySHA1InWant true
	mlp_run "$HTTP/wine.git"
	is_clean "$C"/wine-????????????????
}

@test "a submodule that is gone is named, with its place and URL, without secrets" {
	make_project
	make_library lib
	add_submodule wine lib third/lib "http://ann:hidden@127.0.0.1:9/lib.git" lib
	start_http
	fails "$HTTP/wine.git" "submodule 'lib' (third/lib, commit $(git -C lib rev-parse HEAD))" \
		"cannot fetch 'http://127.0.0.1:9/lib.git'" "refused"
	[[ "$output" != *hidden* ]]
	git -C wine config -f .gitmodules submodule.lib.url "http://127.0.0.1:9/lib.git?job_token=hidden"
	git -C wine commit -qam token
	publish wine
	fails "$HTTP/wine.git" "cannot fetch 'http://127.0.0.1:9/lib.git?job_token=***'" "refused"
	[[ "$output" != *hidden* ]]
	git -C wine config -f .gitmodules submodule.lib.url ../gone.git
	git -C wine commit -qam gone
	publish wine
	fails "$HTTP/wine.git" "submodule 'lib' (third/lib," "cannot fetch '$HTTP/gone.git'" 404
	# it is not taken for an archive
	run ! grep -q '^GET /wine.git ' log
}

# Other tests have theirs at the same time; ours has our HOME.
git_helper_of_ours() {
	local pid
	for pid in $(pgrep -f "$MLP_GIT"); do
		tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qxF "HOME=$HOME" && return
	done
	return 1
}

@test "a submodule that hangs is named" {
	make_project
	make_library lib
	add_submodule wine lib lib ../lib.git
	start_http
	git -C wine config -f .gitmodules submodule.lib.url ../hang/lib.git
	git -C wine commit -qam hang
	publish wine
	MLP_STALL_TIMEOUT=0.6 fails "$HTTP/wine.git" "submodule 'lib' (lib," \
		"'${HTTP#http://}' gave no sign of life"
	wait_for none git_helper_of_ours
}

@test "the credentials of the project's URL are those of a relative submodule" {
	make_project
	make_library lib
	add_submodule wine lib lib ../lib.git
	start_http
	mlp_run "http://ann:s3cret@${HTTP#http://}/auth/wine.git"
	[[ "$output" != *s3cret* ]]
	run ! grep -r s3cret "$XDG_CACHE_HOME" "$W/mlruns" "$W/mlflow.db"
	is_clean "$C"/wine-????????????????
}

@test "hostile entries are refused by name" {
	make_project
	make_library lib
	local id base
	id=$(git -C lib rev-parse HEAD)
	ln -s /tmp wine/link
	git -C wine add link
	gitlink wine lib "$id"
	git -C wine commit -qm link
	base=$(git -C wine rev-parse HEAD)
	start_http
	while IFS='|' read -r name path url text; do
		git -C wine reset -q --hard "$base"
		printf '[submodule "%s"]\n\tpath = %s\n\turl = %s\n' "$name" "$path" "$url" >wine/.gitmodules
		git -C wine add .gitmodules
		git -C wine commit -qm hostile
		publish wine
		echo "== $name $path $url"
		fails "$HTTP/wine.git" "$text" "submodule '$name'" refused
	done <<-'EOF'
		lib|lib|ext::sh -c touch% evil|git would start a program
		lib|lib|-u./payload|it looks like an option
		lib|lib|file:///etc|it is a place on this machine
		lib|lib|/etc|it is a place on this machine
		lib|lib|other|it is a place on this machine
		../../x|lib|../lib.git|'..' are not allowed
		a/../b|lib|../lib.git|'..' are not allowed
		/tmp/x|lib|../lib.git|it is absolute
		.GIT|lib|../lib.git|it leads into a .git
		x/.git/hooks|lib|../lib.git|it leads into a .git
		lib|../lib|../lib.git|'..' are not allowed
		lib|/lib|../lib.git|it is absolute
		lib|-lib|../lib.git|it looks like an option
		lib|.git/modules|../lib.git|it leads into a .git
		lib|a/.gIt/x|../lib.git|it leads into a .git
		lib|link/lib|../lib.git|'link' is a symbolic link
	EOF
	[ ! -e evil ]
}

@test "more that is refused" {
	make_project
	make_library lib
	local id
	id=$(git -C lib rev-parse HEAD)
	start_http
	gitlink wine stray "$id"
	git -C wine commit -qm stray
	publish wine
	fails "$HTTP/wine.git" "there is no URL in .gitmodules for the submodule at 'stray'"
	printf '[submodule "stray"]\n\tpath = stray\n' >wine/.gitmodules
	git -C wine add .gitmodules
	git -C wine commit -qm "no URL"
	publish wine
	fails "$HTTP/wine.git" "submodule 'stray' (stray, commit $id): there is no URL in .gitmodules"
	printf '[submodule "stray"]\n\tpath = stray\n\turl = ../../../lib.git' >wine/.gitmodules
	git -C wine add .gitmodules
	git -C wine commit -qm "above"
	publish wine
	fails "$HTTP/wine.git" "submodule 'stray'" "leads above"
	printf '[submodule "stray"]\n\tpath = stray\n\turl = ../lib.git\n\tupdate = !touch evil\n' >wine/.gitmodules
	git -C wine add .gitmodules
	git -C wine commit -qm "command"
	publish wine
	fails "$HTTP/wine.git" "'update = !touch evil' in .gitmodules is refused"
	printf '[submodule "stray\n' >wine/.gitmodules
	git -C wine add .gitmodules
	git -C wine commit -qm "broken"
	publish wine
	fails "$HTTP/wine.git" "line 1 of .gitmodules cannot be understood"
	gitlink wine b "$id"
	printf '[submodule "a"]\n\tpath = stray\n\turl = ../lib.git\n[submodule "A/hooks"]\n\tpath = b\n\turl = ../lib.git' >wine/.gitmodules
	git -C wine add .gitmodules
	git -C wine commit -qm "in one another"
	publish wine
	fails "$HTTP/wine.git" "the name of submodule 'A/hooks' is refused: 'a' is in the same place"
	rm wine/.gitmodules
	ln -s /etc/passwd wine/.gitmodules
	git -C wine add .gitmodules
	git -C wine commit -qm "a link"
	publish wine
	fails "$HTTP/wine.git" ".gitmodules is a symbolic link"
	[ ! -e evil ]
}

@test "a repository that is a submodule of itself, at another commit and without end" {
	make_project
	start_http
	local i
	git -C wine submodule --quiet add "$W/srv/wine.git" self
	git -C wine config -f .gitmodules submodule.self.url ./
	git -C wine commit -qam self
	publish wine
	# one commit below another: that ends
	mlp_run "$HTTP/wine.git"
	is_clean "$C"/wine-????????????????
	for i in 1 2 3 4 5 6 7 8 9 10 11; do
		gitlink wine self "$(git -C wine rev-parse HEAD)"
		git -C wine commit -qm "self $i"
	done
	publish wine
	rm -rf "$XDG_CACHE_HOME"
	fails "$HTTP/wine.git" "submodules are nested more than 10 deep"
}

@test "update = none is left out, and told; shallow and branch mean nothing" {
	make_project
	make_library lib
	make_library other
	add_submodule wine lib lib ../lib.git
	add_submodule wine other other ../other.git
	git -C wine config -f .gitmodules submodule.lib.update none
	git -C wine config -f .gitmodules submodule.other.shallow true
	git -C wine config -f .gitmodules submodule.other.branch nowhere
	git -C wine commit -qam none
	publish wine
	start_http
	mlp_run "$HTTP/wine.git"
	[[ "$output" == *"submodule 'lib' (lib) is left out"* ]]
	cd "$C"/wine-????????????????
	[ -z "$(ls lib)" ]
	[ "$(cat other/file)" = other ]
	[ -z "$(git status --porcelain)" ]
	cd "$W"
	mlp_run "$HTTP/wine.git"
	[[ "$output" == *"submodule 'lib' (lib) is left out"* ]]
}

@test "a project of this machine may have submodules of this machine" {
	make_project
	make_library lib
	git -C wine submodule --quiet add "$W/lib" lib
	git -C wine commit -qam lib
	publish wine
	mlp_run "file://$W/srv/wine.git"
	is_clean "$C"/wine-????????????????
	# the work tree's own clone of the submodule has what was never pushed
	echo unpushed >wine/lib/file
	git -C wine/lib commit -qam unpushed
	git -C wine commit -qam unpushed
	run "$MLP" run "$W/wine" -v main
	echo "$output"
	[ "$status" -eq 0 ]
	grep -q unpushed "$C"/wine-*/lib/file
	publish wine
	run "$MLP" run "file://$W/srv/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"'$W/lib' does not have it"* ]]
}

@test "offline: with all submodules in the cache it goes on, else the missing one is named" {
	make_project
	make_library lib
	add_submodule wine lib lib ../lib.git
	start_http
	mlp_run "$HTTP/wine.git"
	: >log
	mlp_run --offline "$HTTP/wine.git"
	[ ! -s log ]
	rm -rf "$XDG_CACHE_HOME"/mlp/git/*lib.git* "$C"
	run "$MLP" run --offline "$HTTP/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"submodule 'lib' (lib,"*"'$HTTP/lib.git' is not in the cache"* ]]
	[ ! -s log ]
}

@test "a queued run asks nobody for its submodules, and gc leaves it what it needs" {
	make_project
	make_library deep
	make_library lib
	make_library other
	add_submodule lib deep inner ../deep.git
	add_submodule wine lib lib ./../lib.git
	echo 'cat lib/inner/file' >wine/train.sh
	git -C wine commit -qam "needs what is deep"
	publish wine
	start_http
	"$MLP" info "$HTTP/other.git" || :
	"$MLP" run -d --hold "$HTTP/wine.git" >id
	[ "$(grep -c 'upload-pack$' log)" -ge 3 ]
	# another commit is what the server has now; then it has nothing
	git -C wine rm -qf lib
	git -C wine commit -qm "without"
	publish wine
	mv srv gone
	: >log
	"$MLP" gc --older-than 0 --json >kept
	cat kept
	[ "$(python3 -c '
import json, re
j = json.load(open("kept"))
print(sorted(re.sub(r".*-(\w+)\.git-.*", r"\1", k["path"]) for k in j["kept"]
	if k["kind"] == "mirror" and k["reason"] == "a run that is queued needs it"),
	[k["kind"] for k in j["removed"]])')" = "['deep', 'lib', 'wine'] ['mirror']" ]
	"$MLP" queue release "$(cat id)"
	"$MLP" wait "$(cat id)"
	run "$MLP" logs "$(cat id)"
	[ "$output" = deep ]
	[ ! -s log ]
	mv gone srv
	"$MLP" gc --older-than 0
	[ -z "$(ls "$XDG_CACHE_HOME/mlp/git")" ]
}

@test "a submodule that cannot be had is said when the run is queued" {
	make_project
	make_library lib
	add_submodule wine lib lib ../lib.git
	rm -rf srv/lib.git
	start_http
	run "$MLP" run -d --hold "$HTTP/wine.git"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"submodule 'lib' (lib,"* ]]
	[ "$("$MLP" queue --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["runs"])')" = "[]" ]
}

@test "many submodules, settings in the environment, and few descriptors" {
	make_project
	make_library lib
	local i id
	id=$(git -C lib rev-parse HEAD)
	for ((i = 0; i < 80; i++)); do
		printf '[submodule "s%d"]\n\tpath = s%d\n\turl = ../lib.git\n' $i $i >>wine/.gitmodules
		printf '160000 %s 0\ts%d\n' "$id" $i
	done | git -C wine update-index --index-info
	git -C wine add .gitmodules
	git -C wine commit -qm many
	publish wine
	start_http
	export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.abbrev GIT_CONFIG_VALUE_0=12
	export MLP_GIT
	run bash -c "ulimit -n 64; $(declare -f git_request); git_request checkout $HTTP/wine.git - $W/out"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(cat out/s79/file)" = lib ]
}

@test "a mirror of a submodule that is damaged is fetched anew" {
	make_project
	make_library lib
	head -c 200000 /dev/urandom >lib/big
	git -C lib add big
	git -C lib commit -qm big
	publish lib
	add_submodule wine lib lib ../lib.git
	start_http
	mlp_run "$HTTP/wine.git"
	rm -rf "$C" "$XDG_CACHE_HOME/mlp/clean"
	local pack
	for pack in "$XDG_CACHE_HOME"/mlp/git/*lib.git*/objects/pack/*.pack; do
		chmod u+w "$pack"
		dd if=/dev/zero of="$pack" bs=1 seek=1000 count=5000 conv=notrunc status=none
	done
	mlp_run "$HTTP/wine.git"
	[[ "$output" == *"lib.git"*"is damaged"* ]]
	[[ "$output" != *"wine.git"*"is damaged"* ]]
	is_clean "$C"/wine-????????????????
}

@test "over ssh, with ssh:// and host:path" {
	[ -x /usr/sbin/sshd ] || skip "there is no sshd"
	make_project
	make_library deep
	make_library lib
	add_submodule lib deep deep ../deep.git
	add_submodule wine lib lib ./../lib.git
	start_sshd
	local u
	for u in "$SSH$W/srv/" "wine-host:$W/srv/"; do
		rm -rf out
		run git_request checkout "${u}wine.git" - "$W/out"
		echo "$output"
		[ "$status" -eq 0 ]
		is_clean out
		[ "$(git -C out/lib remote get-url origin)" = "${u}lib.git" ]
		[ "$(git -C out/lib/deep remote get-url origin)" = "${u}deep.git" ]
	done
}

@test "runs at once share the fetch of a submodule" {
	make_project
	make_library lib
	add_submodule wine lib lib ../lib.git
	start_http
	local i pids=()
	for i in 1 2 3 4; do
		git_request checkout "$HTTP/slow/wine.git" - "$W/out$i" >"answer$i" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in 1 2 3 4; do is_clean "out$i"; done
	[ "$(grep -c 'POST /slow/lib.git/git-upload-pack' log)" -eq 1 ]
}

@test "two commits of one repository, neither on a branch" {
	make_project
	make_library lib
	git -C srv/lib.git config uploadpack.allowAnySHA1InWant true
	local n id
	for n in 1 2; do
		id=$(git -C lib commit-tree -m "hidden $n" 'HEAD^{tree}')
		git -C lib push -q "$W/srv/lib.git" "$id:refs/hidden/$n"
		git -C wine config -f .gitmodules "submodule.$n.path" "lib$n"
		git -C wine config -f .gitmodules "submodule.$n.url" ../lib.git
		gitlink wine "lib$n" "$id"
	done
	git -C wine add .gitmodules
	git -C wine commit -qm hidden
	publish wine
	start_http
	mlp_run "$HTTP/wine.git"
	is_clean "$C"/wine-????????????????
	[ "$(git -C "$C"/wine-????????????????/lib2 rev-parse HEAD)" = "$id" ]
}
