#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a run's command records through the endpoint of its supervisor.
bats_require_minimum_version 1.5.0
load ../lib/cli

setup() {
	cli_setup
	cp "$BATS_TEST_DIRNAME/../lib/restclient.py" client.py
}
teardown() { cli_teardown; }

# A command in Python, with ask(), log_metric() ... of restclient.py at hand.
script() {
	{ echo "from client import *"; cat; } >train.py
	main_is '"python3 train.py"'
}


@test "what the command logs is recorded, and seen at once" {
	script <<-'E'
		import subprocess
		log_param("lr", "0.1")
		log_metric("loss", 0.5, step=3)
		set_tag("who", "me")
		print(subprocess.run([os.environ["MLP"], "show", "--tracking-uri", os.environ["MLP_STORE_URI"],
			RUN], capture_output=True, text=True).stdout)
	E
	MLP=$MLP mlp run .
	is "$status" 0
	has "$output" "lr = 0.1"
	has "$output" "loss = 0.5  (step 3)"
	has "$output" "status       RUNNING"
	newest
	is "$(json 'j["tags"]["who"]') $(json 'j["status"]')" "me FINISHED"
}

@test "the environment: a loopback address with a key, the registry there, the store for a nested mlp" {
	main_is '"env"'
	NO_PROXY=example.org MLFLOW_TRACKING_TOKEN=t MLFLOW_WORKSPACE=w MLFLOW_EXPERIMENT_NAME=exp mlp run -q . --experiment-name exp
	is "$status" 0
	mlp logs "$(sql "SELECT run_uuid FROM runs")"
	line=$(grep '^MLFLOW_TRACKING_URI=' <<<"$output")
	[[ $line =~ ^MLFLOW_TRACKING_URI=http://127\.0\.0\.1:[0-9]+/\*{32}$ ]]
	is "$(grep '^MLFLOW_REGISTRY_URI=' <<<"$output")" "MLFLOW_REGISTRY_URI=${line#*=}"
	has "$output" "MLP_STORE_URI=sqlite:///$T/p/mlflow.db"
	has "$output" "NO_PROXY=example.org,127.0.0.1,localhost"
	has "$output" "no_proxy=example.org,127.0.0.1,localhost"
	has "$output" "MLFLOW_EXPERIMENT_ID=1"
	run ! grep -E '^MLFLOW_(TRACKING_TOKEN|WORKSPACE|EXPERIMENT_NAME)=' <<<"$output"
}

@test "what the user excepts from proxies stays excepted" {
	main_is '"env | grep -i ^no_proxy= | sort"'
	local ours=127.0.0.1,localhost
	unset NO_PROXY no_proxy
	mlp run .
	is "$output" "$(printf 'NO_PROXY=%s\nno_proxy=%s' $ours $ours)"
	# for what prefers the other spelling, too
	no_proxy=lab.example mlp run .
	is "$output" "$(printf 'NO_PROXY=%s\nno_proxy=%s' lab.example,$ours lab.example,$ours)"
	NO_PROXY=a no_proxy=b mlp run .
	is "$output" "$(printf 'NO_PROXY=%s\nno_proxy=%s' a,$ours b,$ours)"
	# all of them; with a comma behind it it would be a strange name
	NO_PROXY='*' no_proxy= mlp run .
	is "$output" "$(printf 'NO_PROXY=*\nno_proxy=*')"
}

@test "a command that records its tracking URI does not record the key" {
	script <<-'E'
		log_param("uri", URI)
		set_tag("twice", URI + " and " + URI)
		ask("POST", "runs/log-batch", {"run_id": RUN, "params": [{"key": "batch", "value": URI + "/x"}],
		    "tags": [{"key": "large", "value": "x" * 100000}]})
		ask("POST", "experiments/create", {"name": "e", "artifact_location": "/e", "tags": [{"key": "u", "value": URI}]})
		log_param("uri", URI)  # the same once more is no change
		print(PATH[1:])
	E
	mlp run .
	is "$status" 0
	is "${#output}" 32
	run ! grep -raqF "$output" mlflow.db* mlruns
	is "$(sql "SELECT count(*) FROM params WHERE value LIKE 'http://127.0.0.1:%/' || printf('%.32c', '*') || '%'")" 2
	is "$(sql "SELECT value LIKE '%/' || printf('%.32c', '*') || ' and %/' || printf('%.32c', '*')
		FROM tags WHERE key = 'twice'")" 1
}

@test "the key is shown to the command alone" {
	main_is '"echo $MLFLOW_TRACKING_URI >key; printf %.60s $MLFLOW_TRACKING_URI; sleep 0.1; tail -c +61 key; cat key >&2; exit 3"'
	MLP_TRACE=$T/trace mlp run .
	is "$status" 3
	key=$(sed 's,.*/,,' key)
	is "${#key}" 32
	has "$output" "$key"
	[ -s "$T/trace" ]
	run ! grep -raF "$key" "$T/trace" mlruns "$T/state" "$T/home" mlflow.db
	run ! grep -F "  | $key" <<<"$stderr"
	grep -rqF '********************************' mlruns
}

@test "a run whose command does not record starts nothing" {
	main_is '"pgrep -P $PPID mlp-serve; exit 0"'
	mlp run .
	is "$status" 0
	is "$output" ""
}

@test "--tracking direct hands over the store itself" {
	echo 'echo $MLFLOW_TRACKING_URI ${MLFLOW_REGISTRY_URI-none} ${MLP_STORE_URI-none}' >show.sh
	main_is '"sh show.sh"'
	mlp run . --tracking direct
	is "$output" "sqlite:///$T/p/mlflow.db none none"
	mlp run . --tracking sideways
	is "$status" 2
	has "$stderr" "--tracking: 'sideways' is neither endpoint nor direct"
}

@test "a nested run is recorded in the same store, below its parent" {
	mkdir inner
	printf 'entry_points:\n  main:\n    command: "echo inner"\n' >inner/MLproject
	main_is '"cd /tmp && $MLP run $IN"'
	MLP=$MLP IN=$T/p/inner mlp run .
	is "$status" 0
	is "$(sql "SELECT count(*) FROM runs")" 2
	is "$(sql "SELECT count(*) FROM tags WHERE key = 'mlflow.parentRunId'
		AND value = (SELECT run_uuid FROM runs ORDER BY start_time LIMIT 1)")" 1
}

@test "a project's run that another program creates is a child, too" {
	script <<-'E'
		def create(*tags):
		    return ask("POST", "runs/create", {"experiment_id": "0", "start_time": int(time.time() * 1000),
		        "tags": [{"key": k, "value": v} for k, v in tags]})["run"]
		def parent(run):
		    return {t["key"]: t["value"] for t in run["data"]["tags"]}.get("mlflow.parentRunId")
		print(parent(create(("mlflow.source.type", "PROJECT"))) == RUN)
		print(parent(create(("mlflow.source.type", "PROJECT"), ("mlflow.parentRunId", "other"))))
		print(parent(create(("mlflow.source.type", "LOCAL"))))
	E
	mlp run .
	is "$output" "$(printf 'True\nother\nNone')"
}

@test "a server of the user's own is not taken for the endpoint" {
	main_is '"MLFLOW_TRACKING_URI=http://127.0.0.1:5000 $MLP run inner"'
	MLP=$MLP mlp run .
	is "$status" 125
	has "$stderr" "http"
}

@test "mlp-serve killed in the middle: it is started again, and each metric is there once" {
	script <<-'E'
		for i in range(60):
		    if i in (10, 30):
		        kill_server()
		    log_metric("loss", i, step=i)
	E
	mlp run .
	is "$status" 0
	is "$(sql "SELECT count(*), count(DISTINCT step) FROM metrics")" "60|60"
}

@test "a run that is created while mlp-serve is killed is there once" {
	script <<-'E'
		ask("POST", "runs/create", {"experiment_id": "0", "start_time": 5, "run_name": "n"})
		kill_server()
		ask("POST", "runs/create", {"experiment_id": "0", "start_time": 6, "run_name": "m"})
	E
	mlp run .
	is "$status" 0
	is "$(sql "SELECT count(*) FROM runs")" 3
}

@test "what is written is in the log at once, also half a line that the key could begin with" {
	cat >main.sh <<-'S'
		log=mlruns/0/$MLFLOW_RUN_ID/artifacts/mlp/stdout.log
		for c in {a..z} {A..Z} {0..9} - . : / = %; do
			printf %s "$c"
			said+=$c
			for i in {1..500}; do
				[ "$(cat "$log")" != "$said" ] || continue 2
				sleep 0.01
			done
			exit 1
		done
	S
	main_is '"bash main.sh"'
	mlp run .
	is "$status" 0
}

@test "nobody gets in without the key" {
	script <<-'E'
		base = URI.rsplit("/", 1)[0]
		for path in ("", "/", "/x" * 16, URI.rsplit("/", 1)[1][:-1] + "!"):
		    print(status(base + "/" + path.strip("/") + "/api/2.0/mlflow/experiments/get?experiment_id=0"))
		print(status(URI + "/api/2.0/mlflow/experiments/get?experiment_id=0"))
		print(status(URI + "/api/2.0/mlflow/experiments/get?experiment_id=0", Host="evil.example"))
	E
	mlp run .
	is "$status" 0
	is "$output" "$(printf '404\n404\n404\n404\n200\n403')"
}

@test "the end waits for what the command has asked" {
	script <<-'E'
		import socket
		# many metrics, and nobody who waits for the answer
		body = json.dumps({"run_id": RUN, "metrics": [{"key": "m%d" % i, "value": i, "timestamp": 1, "step": 0}
			for i in range(1000)]}).encode()
		s = socket.create_connection((HOST, PORT))
		s.sendall(b"POST %s/api/2.0/mlflow/runs/log-batch HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
			b"Content-Length: %d\r\n\r\n" % (PATH.encode(), PORT, len(body)) + body)
		os._exit(0)
	E
	mlp run .
	is "$status" 0
	is "$(sql "SELECT count(*) FROM latest_metrics")" 1000
}

@test "the end does not wait for a connection that asks nothing" {
	script <<-'E'
		import socket
		log_metric("a", 1)
		s = socket.create_connection((HOST, PORT))
		s.sendall(b"POST /x")
		os.set_inheritable(s.fileno(), True)
	E
	SECONDS=0
	mlp run .
	is "$status" 0
	lacks "$stderr" "mlp-serve"
}

@test "a script that chooses another experiment is told which option mends it" {
	script <<-'E'
		ask("GET", "experiments/get-by-name?experiment_name=wine%20tasting")
		sys.exit("Cannot start run: active experiment ID does not match")
	E
	mlp run .
	is "$status" 1
	has "$stderr" "--experiment-name 'wine tasting'"
	mlp run . --experiment-name "wine tasting"
	lacks "$stderr" "the command chose"
}

@test "what the command says of its own run's end does not count" {
	script <<-'E'
		ask("POST", "runs/update", {"run_id": RUN, "status": "FINISHED", "end_time": 1})
		sys.exit(4)
	E
	mlp run .
	is "$status" 4
	newest
	is "$(json 'j["status"]')" FAILED
}

@test "an installation without mlp-serve" {
	mkdir "$T/libexec"
	ln -s "$(dirname "$MLP")"/../libexec/* "$T/libexec/"
	rm "$T/libexec/mlp-serve"
	main_is '"true"'
	MLP_LIBEXEC=$T/libexec mlp run .
	is "$status" 125
	has "$stderr" "--tracking direct"
	MLP_LIBEXEC=$T/libexec mlp run . --tracking direct
	is "$status" 0
}
