#!/bin/bash
# SPDX-License-Identifier: MIT
# lint.t -- the house rules that a program can look at, as TAP.
set -u
cd "$(dirname "$0")/.." || exit 1
n=0 failed=0
check() { # NAME COMMAND...: output is the reason
	local name=$1 output
	shift
	n=$((n + 1))
	if output=$("$@" 2>&1); then
		echo "ok $n - $name"
	else
		printf '%s\n' "$output" | head -40 | sed 's/^/# /'
		echo "not ok $n - $name"
		failed=1
	fi
}

# not git's list: the tree may come without a repository, or belong to somebody else
sources() { find src tests include -name '*.[ch]' 2>/dev/null | sort; }

formatted() { sources | xargs clang-format --dry-run -Werror; }

shell_scripts() {
	{ find tests examples \( -name '*.sh' -o -name '*.bash' -o -name '*.t' -o -name '*.bats' \); echo .ci/run; } |
		xargs shellcheck -x -S warning -e SC1007,SC2010,SC2120,SC2163,SC2030,SC2031,SC2034,SC2154,SC2164
}

manuals() {
	local out
	out=$(mandoc -Tlint -Wwarning man/*.[135])
	[ -z "$out" ] || { echo "$out"; return 1; }
}

no_long_files() {
	sources | xargs wc -l | awk '$2 != "total" && $1 > 600 {print $2 ": " $1 " lines"; bad = 1} END {exit bad}'
}

no_long_functions() {
	sources | grep '\.c$' | while read -r f; do
		awk -v f="$f" '/^\{/ {start = NR; name = last} /^\}/ {if (start && NR - start > 60) print f ": " name ": " NR - start " lines"; start = 0} /^[a-z_].*\(/ {last = $0}' "$f"
	done | { ! grep .; }
}

# NEEDED PROGRAM LIBRARY...: nothing else is linked
needed() {
	local program=$1 allowed
	shift
	[ -x "$program" ] || { echo "there is no $program"; return 1; }
	allowed=$(printf '%s\n' "$@")
	readelf -d "$program" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | while read -r lib; do
		printf '%s\n' "$allowed" | grep -qx "${lib%%.so*}" || echo "$program needs $lib"
	done | { ! grep .; }
}

needed_by_library() {
	needed build/release/lib/libmlp.so libcjson libsqlite3 libm libc &&
		needed build/release/libexec/mlp-supervise libyaml-0 libcjson libsqlite3 libm libc
}

# base is below all; a stage includes only itself, base and what comes before it
one_direction() {
	local before=base dir bad=0
	for dir in base manifest source plan track run env flow cache lib cli; do
		before="$before $dir"
		for f in src/"$dir"/*.[ch]; do
			grep -ho '#include "[a-z]*/' "$f" | sed 's/.*"\(.*\)\//\1/' | sort -u | while read -r other; do
				case " $before " in *" $other "*) ;; *) echo "$f includes $other/" ;; esac
			done
		done
	done | { ! grep .; } || bad=1
	for f in src/git/*.[ch]; do
		grep -ho '#include "[a-z]*/' "$f" | grep -v '"base/\|"git/' && bad=1
	done
	for f in src/fetch/*.[ch]; do
		grep -ho '#include "[a-z]*/' "$f" | grep -v '"base/\|"fetch/' && bad=1
	done
	for f in src/api/*.[ch]; do
		grep -Ho '#include "[a-z]*/' "$f" | grep -v '"base/\|"track/\|"api/' && bad=1
	done
	for f in src/server/*.[ch]; do
		grep -Ho '#include "[a-z]*/' "$f" | grep -v '"base/\|"track/\|"api/\|"server/' && bad=1
	done
	for f in src/supervise/*.[ch]; do
		grep -ho '#include "[a-z]*/' "$f" | grep '"lib/\|"cli/' && bad=1
	done
	return $bad
}

only_user() { # LIBRARY-HEADER PATTERN-OF-ALLOWED-FILES
	! grep -rl "#include <$1" src | grep -v "$2"
}

module_map() {
	local dir bad=0
	for dir in src/*/; do
		[ -n "$(ls "$dir"*.c 2>/dev/null)" ] || continue
		sed '/^ \*\//q' src/cli/main.c | grep -q " $(basename "$dir")/ " ||
			{ echo "src/cli/main.c does not name $(basename "$dir")/"; bad=1; }
	done
	return $bad
}

short_makefile() { [ "$(wc -l <Makefile)" -le 200 ]; }

some_sources() { [ "$(sources | wc -l)" -gt 100 ]; }

licensed() { ! sources | xargs grep -L 'SPDX-License-Identifier: MIT' | grep .; }

analysed() {
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -j2 \
		--enable=warning,portability --suppress=missingIncludeSystem --suppress=internalAstError \
		--suppress=varFuncNullUB --suppress=preprocessorErrorDirective \
		--suppress=invalidPrintfArgType_sint --suppress=unknownMacro \
		-Isrc -Iinclude '-DMLP_VERSION=""' src
}

echo "1..22"
check "there are sources to look at" some_sources
check "C files are formatted" formatted
check "shell scripts pass shellcheck" shell_scripts
check "manual pages pass mandoc" manuals
check "no file over 600 lines" no_long_files
check "no function over 60 lines" no_long_functions
check "mlp needs libyaml, cJSON, SQLite and libc only" \
	needed build/release/bin/mlp libyaml-0 libcjson libsqlite3 libm libc
check "libmlp and mlp-supervise need no more" \
	needed_by_library
check "mlp-git needs libgit2, cJSON and libc only" \
	needed build/release/libexec/mlp-git libgit2 libcjson libm libc
check "mlp-fetch needs libcurl, libarchive, libcrypto, cJSON and libc only" \
	needed build/release/libexec/mlp-fetch libcurl libarchive libcrypto libcjson libm libc
check "mlp-serve needs libmicrohttpd, libcrypt, cJSON, SQLite and libc only" \
	needed build/release/libexec/mlp-serve libmicrohttpd libcrypt libcjson libsqlite3 libm libc
check "dependencies go in one direction" one_direction
check "only git/ uses libgit2" only_user git2 '^src/git/'
check "only fetch/ uses libcurl" only_user curl '^src/fetch/http'
check "only fetch/ uses libarchive" only_user archive '^src/fetch/extract'
check "only fetch/ uses libcrypto" only_user openssl '^src/fetch/digest'
check "only server/http and response use libmicrohttpd" only_user microhttpd '^src/server/\(http\|response\)'
check "only track/ uses SQLite" only_user sqlite3 '^src/track/'
check "the map in main.c names every module" module_map
check "the Makefile has at most 200 lines" short_makefile
check "every source file names its licence" licensed
check "cppcheck finds nothing" analysed
exit $failed
