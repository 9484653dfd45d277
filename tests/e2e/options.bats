#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What --help, mlp(1) and README.md say of options and variables is one thing.

load ../lib/cli

setup() {
	cli_setup
	TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
}

teardown() { cli_teardown; }

commands() { "$MLP" help | sed -n 's/^  \([a-z]*\)  *[A-Z].*/\1/p'; }
common='^(-q|--quiet|--verbose|-h|--help)$'

# The options of one command in its --help, one a line; those of every command left out.
in_help() {
	"$MLP" "$1" --help | grep -oE '^ +(-[A-Za-z], )?--[a-z-]+(, --[a-z-]+)*' |
		grep -oE -- '--?[A-Za-z][a-z-]*' | grep -vE -- "$common" | sort
}

# The options of one section (.Ss) of the manual.
in_manual() {
	awk -v name="$1" '/^\.S[sh] / {on = $2 == name} on && /^\.It Fl/' "$TOP/man/mlp.1" |
		grep -oE 'Fl -?[A-Za-z][a-z-]*' | sed 's/^Fl /-/' | grep -vE -- "$common" | sort
}

@test "the manual has a section for every command" {
	sections=$(sed -n 's/^\.Ss \([a-z].*\)/\1/p' "$TOP/man/mlp.1" | tr -d ',' | tr -s ' ' '\n' | sort)
	is "$sections" "$(commands | sort)"
}

@test "the manual has the options of every command, and no others" {
	[ "$(commands | wc -l)" -ge 9 ]
	for command in $(commands | grep -v rerun); do
		echo "$command"
		is "$(in_manual "$command")" "$(in_help "$command")"
	done
	[ "$(in_help run | wc -l)" -ge 25 ]
}

@test "rerun takes what run takes, but for the version" {
	is "$(in_help rerun)" "$(in_help run | grep -vxE -- '-v|--version')"
}

@test "the manual has the options that every command has" {
	manual=$(awk '/^\.Ss Options/ {on = 1} /^\.Sh/ {on = 0} on && /^\.It/' "$TOP/man/mlp.1" |
		grep -oE 'Fl -?[A-Za-z][a-z-]*' | sed 's/^Fl /-/' | sort)
	for command in $(commands); do
		is "$("$MLP" "$command" --help | grep -oE '^ +(-[qh], )?--(quiet|verbose|help)' |
			grep -oE -- '--?[a-z]+' | sort)" "$manual"
	done
}

@test "the manual's synopsis and README.md name every command" {
	synopsis=$(awk '/^\.Sh SYNOPSIS/ {on = 1; next} /^\.Sh/ {on = 0} on && /^\.Cm/ {print $2}' "$TOP/man/mlp.1")
	is "$(sort <<<"$synopsis")" "$(commands | sort)"
	for command in $(commands | grep -vE '^(version|help|completion)$'); do
		grep -qE "mlp $command|\`$command\`" "$TOP/README.md"
	done
}

@test "completion offers the commands and options of the help, and no others" {
	is "$("$MLP" __complete fish "" | tail -n +2 | cut -f 1)" "$(commands)"
	for command in $(commands); do
		offered=$(for start in - --; do "$MLP" __complete fish "$command" $start; done |
			cut -f 1 | grep -E '^--?[A-Za-z]' | grep -vE -- "$common" | sort -u)
		# a second name is offered to those who have begun to type it
		for option in $(in_help "$command"); do
			is "$("$MLP" __complete fish "$command" "$option" | cut -f 1 | grep -xF -- "$option")" "$option"
		done
		is "$(comm -13 <(in_help "$command" | sort -u) <(echo "$offered" | grep .))" ""
	done
}

@test "options take the values that the help says they take" {
	for command in $(commands); do
		"$MLP" "$command" --help |
			sed -nE 's/^ +(-[A-Za-z], )?(--[a-z-]+)(, --[a-z-]+)? [A-Z].*/\2/p' >"$T/valued"
		while read -r option; do
			mlp "$command" "$option"
			is "$status" 2
			has "$stderr" "$option needs a value"
			n=$((${n:-0} + 1))
		done <"$T/valued"
	done
	[ "$n" -ge 35 ]
}

@test "README.md and the examples name no option that does not exist" {
	known=$(for command in $(commands); do "$MLP" "$command" --help; done | grep -oE -- '--[a-z-]+')
	found=$(sed 's/mlflow ui.*//; s/.*pkg-config.*//' "$TOP/README.md" "$TOP"/examples/*/MLproject |
		grep -oE -- '(^|[^a-z-])--[a-z][a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u)
	[ "$(echo "$found" | wc -l)" -ge 4 ]
	for option in $found; do
		has $'\n'"$known"$'\n' $'\n'"$option"$'\n'
	done
}

# The names of ".It Ev" between two lines of ENVIRONMENT.
variables() {
	awk -v from="$1" -v to="$2" '/^\.Sh/ {on = 0} $0 ~ to {on = 0} on && /^\.It Ev/ {print} $0 ~ from {on = 1}' \
		"$TOP/man/mlp.1" | sed 's/^\.It Ev //' | tr -d ',' | tr -s ' ' '\n' | sort -u
}

# Every place that reads a variable without spelling its name; what it reads is known below.
indirect='src/base/proc.c src/base/user.c src/cli/cmd_server.c src/cli/envfile.c src/env/conda_tool.c src/env/docker_*.c src/flow/childenv.c src/flow/launch_open.c src/flow/runner_start.c src/flow/secrets.c src/git/lfs.c src/git/proxy.c src/git/sshcmd.c src/git/tls.c src/plan/plan.c src/server/listener.c'

@test "every variable that mlp reads is in the manual, and no others" {
	cd "$TOP"
	is "$(grep -rlE '\b(secure_)?getenv\([^"?]*\)' src --include='*.c' |
		sed 's/docker_[a-z]*/docker_*/' | sort -u | xargs)" "$indirect"
	read_by_mlp=$({
		grep -rohE '\b((secure_)?getenv|env_value)\("[A-Za-z_]+"\)' src --include='*.c' --exclude=fault.c
		grep -rohE '"(MLP|MLFLOW|XDG)_[A-Z_]+"' src --include='*.c' --exclude={childenv.c,fault.c,'docker_*'}
		grep -ohE '"(GIT_SS[HL]|GIT_LFS_SKIP|SSL_CERT)[A-Z_]*"' src/git/*.c
		grep -A1 -hE 'names\[\] = \{' src/flow/launch_open.c src/base/user.c
		grep -ohE 'variable\("[A-Z_]+"\)' src/env/conda_tool.c
		grep -ohE '"PYTHONUNBUFFERED"' src/flow/childenv.c
		grep -ohE '"CUDA_VISIBLE_DEVICES"' src/run/gpus.c
	} | grep -oE '"[A-Za-z_]+"' | tr -d '"' | sort -u)
	[ "$(echo "$read_by_mlp" | wc -l)" -ge 20 ]
	# the proxies have two spellings each
	is "$({ variables 'reads:' 'The command gets'; echo PYTHONUNBUFFERED; } | sort -u)" \
		"$(printf '%s\nall_proxy\nhttp_proxy\nhttps_proxy\nno_proxy\n' "$read_by_mlp" | sort)"
}

@test "the command gets the variables that the manual says" {
	printf 'entry_points:\n  main:\n    command: "env >seen"\n' >MLproject
	env -i PATH="$PATH" HOME="$HOME" bash -c 'env >plain'
	env -i PATH="$PATH" HOME="$HOME" MLFLOW_EXPERIMENT_NAME=one "$MLP" run .
	is "$(diff <(sed 's/=.*//' plain | sort) <(sed 's/=.*//' seen | sort) | sed -n 's/^[<>] //p')" \
		"$(variables 'The command gets' '^\.Sh')"
	lacks "$(cat seen)" MLFLOW_EXPERIMENT_NAME
}

@test "the version is the same everywhere" {
	version=$(sed -n 's/^VERSION *= *//p' "$TOP/Makefile")
	mlp version
	is "$output" "mlp $version"
	mlp --version
	is "$output" "mlp $version"
	grep -qF "## $version" "$TOP/CHANGELOG.md"
}
