#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Addresses of pages that show a directory or file of a repository, and "owner/repo".
bats_require_minimum_version 1.5.0

load ../lib/git

setup() {
	B=$(realpath "${MLP_BUILD:-$BATS_TEST_DIRNAME/../../build/release}")
	MLP=$B/bin/mlp
	MLP_GIT=$B/libexec/mlp-git
	git_setup
	make_project
	git -C wine tag feat/x/y main
	git -C wine tag feat/tag light
	git -C wine tag -a -m t sub/tag light
	mkdir -p srv/ann srv/team/ml
	publish wine
	mv srv/wine.git srv/ann/wine
	cp -r srv/ann/wine srv/team/ml/wine
	start_http
	R=$HTTP/ann/wine
}

teardown() {
	git_teardown
}

newest() {
	"$MLP" show "$("$MLP" runs --json --limit 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["run_id"])')" --json |
		python3 -c '
import json, sys
j = json.load(sys.stdin)
s, t = j["source"], j["tags"]
print(s["uri"], s["repo_url"], s["version"], s["subdir"], s["commit"], t.get("mlflow.source.git.branch"))'
}

@test "the longest branch or tag is REF, what is left is the directory; recorded as if typed" {
	local page version subdir commit branch one two three
	one=$(git -C wine rev-parse light) two=$(git -C wine rev-parse 'v1^{commit}')
	three=$(git -C wine rev-parse main)
	while read -r page version subdir commit branch; do
		run "$MLP" run "$R/$page"
		echo "$page: $output"
		[ "$status" -eq 0 ]
		[ "$subdir" = None ] || [[ "$output" == *"in sub"* ]]
		run newest
		echo "$output"
		[ "$output" = "$R${subdir/#None/} $R $version $subdir $commit $branch" ] ||
			[ "$output" = "$R#$subdir $R $version $subdir $commit $branch" ]
	done <<-END
		tree/main main None $three main
		tree/main/sub main sub $three main
		tree/main/sub/ main sub $three main
		tree/main//sub main sub $three main
		tree/feat/x feat/x None $one feat/x
		tree/feat/x/sub feat/x sub $one feat/x
		tree/feat/x/y/sub feat/x/y sub $three None
		tree/feat/tag/sub feat/tag sub $one None
		tree/sub/tag/sub sub/tag sub $one None
		tree/v1/sub v1 sub $two None
		tree/$one/sub $one sub $one None
		tree/${two:0:8}/sub ${two:0:8} sub $two None
		tree/HEAD/sub HEAD sub $three main
		tree/refs/heads/main/sub refs/heads/main sub $three main
		tree/refs/heads/feat/x refs/heads/feat/x None $one feat/x
		blob/refs/tags/v1/sub/MLproject refs/tags/v1 sub $two None
		blob/main/MLproject main None $three main
		blob/main/sub/MLproject main sub $three main
		blob/feat/x/sub/MLproject#L3-L5 feat/x sub $one feat/x
	END
}

@test "the addresses of groups, with a query, with user and password" {
	run "$MLP" run "$HTTP/team/ml/wine/-/tree/feat/x/sub?ref_type=heads"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" == *"in sub"* ]]
	[[ "$(newest)" == "$HTTP/team/ml/wine#sub $HTTP/team/ml/wine feat/x sub "* ]]
	run "$MLP" run "http://ann:s3cret@${HTTP#http://}/ann/wine/blob/main/sub/MLproject"
	[ "$status" -eq 0 ]
	[[ "$(newest)" == "$R#sub $R main sub "* ]]
	none grep -rqs s3cret "$W" --exclude-dir=srv --exclude=log
}

@test "check, info, --dry-run and rerun take them" {
	local id
	run "$MLP" check "$R/blob/feat/x/sub/MLproject"
	echo "$output"
	[ "$status" -eq 0 ]
	run "$MLP" info "$R/tree/main"
	[[ "$output" == *alpha* ]]
	run "$MLP" info "$R/tree/main/sub"
	[[ "$output" == *"echo in sub"* ]]
	run --separate-stderr "$MLP" run "$R/tree/feat/x/sub" --dry-run --json
	[ "$(python3 -c 'import json,sys; s=json.load(sys.stdin)["source"]; print(s["uri"], s["version"], s["subdir"])' <<<"$output")" = "$R#sub feat/x sub" ]
	"$MLP" run "$R/tree/feat/x/sub" --run-name page
	git -C wine branch -f feat/x main
	git -C wine push -qf "$W/srv/ann/wine" feat/x
	run "$MLP" rerun page
	[ "$status" -eq 0 ]
	[[ "$output" == *"in sub"* ]]
	[[ "$(newest)" == *" sub $(git -C wine rev-parse light) "* ]]
}

@test "-v and #subdir: equal is fine, else it is said" {
	local one
	one=$(git -C wine rev-parse light)
	for args in "$R/tree/feat/x/sub -v feat/x" "$R/tree/feat/x/sub -v $one" \
		"$R/tree/feat/x/sub#sub" "$R/tree/feat/x#sub" "$R/tree/feat/x/sub#sub/ -v light"; do
		run "$MLP" run $args
		echo "$args: $output"
		[ "$status" -eq 0 ]
		[[ "$output" == *"in sub"* ]]
	done
	[[ "$(newest)" == "$R#sub $R light sub $one None" ]]
	run "$MLP" run "$R/tree/feat/x/sub" -v main
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"the version 'main' is not the 'feat/x' of the page that the address of '$R' names"* ]]
	[[ "$output" == *"leave out one of the two"* ]]
	run "$MLP" run "$R/tree/main/sub#other"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"the subdirectory 'other' is not the 'sub' of the page that the address of '$R' names"* ]]
	run "$MLP" check "$R/blob/main/MLproject#sub"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$output" == *"the subdirectory 'sub' is not the top of the page"* ]]
	[ "$("$MLP" runs --json --limit 0 | grep -c '"run_id"')" -le 5 ]
}

@test "pages that are not there" {
	run "$MLP" run "$R/tree/mian/sub"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"'$R' has no branch, tag or commit that 'mian/sub' begins with"* ]]
	[[ "$output" == *"main"* ]]
	for page in tree/main/none blob/main/none/MLproject tree/main/data; do
		run "$MLP" check "$R/$page"
		echo "$output"
		[ "$status" -eq 1 ]
		[[ "$output" == *"Could not find subdirectory "*" of $R"* ]]
		run "$MLP" run "$R/$page"
		[ "$status" -eq 125 ]
	done
	run "$MLP" run "$HTTP/ann/none/tree/main"
	[ "$status" -eq 125 ]
	[[ "$output" == *"not a git repository"* ]]
}

@test "a page whose commit is there needs nobody; a page offline" {
	"$MLP" run "$R/tree/main"
	: >log
	run "$MLP" run "$R/tree/$(git -C wine rev-parse light)/sub"
	[ "$status" -eq 0 ]
	run "$MLP" run --offline "$R/tree/feat/x/sub"
	[ "$status" -eq 0 ]
	[[ "$output" == *"in sub"* ]]
	run "$MLP" run --offline "$R/tree/none/sub"
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == *"begins with (in the copy that was fetched "*" ago)"* ]]
	[ ! -s log ]
}

@test "owner/repo is that repository of the public host, and a failure says so" {
	git config --global "url.$HTTP/.insteadOf" https://github.com/
	run "$MLP" run ann/wine#sub -v feat/x
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$(newest)" == "https://github.com/ann/wine#sub https://github.com/ann/wine feat/x sub "* ]]
	run "$MLP" run "'https://github.com/ann/wine/tree/main/sub'"
	[ "$status" -eq 0 ]
	run "$MLP" check ann/beer
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$output" == *"'ann/beer' is no directory here and was taken for 'https://github.com/ann/beer': cannot fetch "*"404"* ]]
	[ "$(grep -o "taken for" <<<"$output" | wc -l)" -eq 1 ]
	run "$MLP" run ann/wine -v none
	[[ "$output" == *"was taken for 'https://github.com/ann/wine': Unable to checkout version 'none'"* ]]
	run "$MLP" run --offline ann/beer
	[[ "$output" == *"was taken for"*"is not in the cache"* ]]
	mkdir ann
	run "$MLP" run ann/wine
	[ "$status" -eq 125 ]
	[[ "$output" == *"'ann/wine' does not exist"* ]]
}
