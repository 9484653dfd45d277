# SPDX-License-Identifier: MIT
# The same words for mlp run once in the foreground and once in the background.
#
#   load ../lib/cli
#   load ../lib/pair       pair WORDS...

PAIR_STORE=()
PAIR_FIRST=true

# What the record of the newest run says, but for what differs by nature, into $T/NAME.json;
# its logs into $T/NAME.log; its id is $id.
pair_look() {
	id=$("$MLP" runs --limit 1 --json "${PAIR_STORE[@]}" | python3 -c "
import json, sys
j = json.load(sys.stdin)[0]
print(j['run_id'])
for name in 'run_id', 'run_name', 'start_time', 'end_time', 'artifact_uri', 'usage':
    del j[name]
for name in 'mlflow.runName', 'wall_time_ms', 'cpu_time_ms', 'peak_memory_bytes', 'retryOf':
    j['tags'].pop(name, j['tags'].pop('mlp.' + name, None))
json.dump(j, open(sys.argv[1], 'w'), indent=1, sort_keys=True)" "$T/$1.json")
	mlp logs "$id"
	printf "%s|%s" "${output//$id/THE-RUN}" "${stderr//$id/THE-RUN}" >"$T/$1.log"
}

# Exit code, record and logs are the same; what `mlp ps` shows is, too.  $status is the exit
# code.  PAIR_STORE: words for `mlp runs`, where it is another store than the default one.
# PAIR_FIRST: a command before each of the two, of one word, so that both find the same.
pair() {
	local fore back id
	"$PAIR_FIRST"
	mlp run "$@"
	fore=$status
	[ "$fore" -ne 2 ] || { echo "the words are wrong: $*: $stderr" >&2; return 1; }
	pair_look fore
	"$PAIR_FIRST"
	mlp run -d "$@"
	is "$* $status" "$* 0"
	back=$output
	is "${#back}" 32
	mlp wait "$back"
	is "$* $status" "$* $fore"
	pair_look back
	diff "$T/fore.json" "$T/back.json"
	diff "$T/fore.log" "$T/back.log"
	# its card says the same
	output=$("$MLP" ps -a -n 1 --json)
	is "$(json 'j[0]["run_id"], j[0]["state"] == j[0]["status"], j[0]["pid"]')" "('$id', True, None)"
	status=$fore
}
