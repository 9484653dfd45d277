# SPDX-License-Identifier: MIT
"""rest_errors.py OUT URL -- requests that a server of MLflow's API refuses, or takes in an
odd way, with no client in between; what it answers, as lines of JSON {"step", "value"} in
OUT.  See compare.py.  "$E" and the like in a request stand for ids made before."""
import http.client
import json
import re
import string
import sys
import urllib.parse

OUT, URL = sys.argv[1:3]
HTTP = http.client.HTTPConnection(urllib.parse.urlsplit(URL).netloc, timeout=60)
API = "/api/2.0/mlflow/"
ids = {}


def ask(method, path, body=None, content_type="application/json"):
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": content_type} if data is not None and content_type else {}
    HTTP.request(method, path if path[0] == "/" else API + path, data, headers)
    reply = HTTP.getresponse()
    return reply.status, reply.read()


def made(path, body, *keys):
    status, text = ask("POST", path, body)
    assert status == 200, (path, status, text)
    value = json.loads(text)
    for k in keys:
        value = value[k]
    return value


def filled(value):
    if isinstance(value, str):
        return string.Template(value).safe_substitute(ids)
    if isinstance(value, dict):
        return {filled(k): filled(v) for k, v in value.items()}
    return [filled(v) for v in value] if isinstance(value, list) else value


def plain(text):
    for name, value in ids.items():
        if len(value) > 3:
            text = text.replace(value, f"${name}")
        else:
            text = re.sub(rf"(?i)(experiment |\bid[= ]|mlflow-artifacts:/|experiment_id\": \"){value}\b", rf"\1${name}", text)
    text = re.sub(r"\{('[^{}']*'(?:, '[^{}']*')*)\}", lambda m: "{%s}" % ", ".join(sorted(m[1].split(", "))), text)
    text = re.sub(r"\b[0-9a-f]{32}\b", "<id>", text)
    return re.sub(r"\b1[6789]\d{11}\b", "<time>", text)


def said(status, text):
    try:
        value = json.loads(text)
    except ValueError:
        return f"{status}, no JSON"
    if "error_code" in value:
        return f"{status} {value['error_code']}: {plain(value['message'])}"
    return f"{status} {plain(json.dumps(value, sort_keys=True))}"


def prepare():
    ids["E"] = made("experiments/create", {"name": "errors"}, "experiment_id")
    ids["D"] = made("experiments/create", {"name": "deleted"}, "experiment_id")
    for name, start in ("R", 1), ("G", 2):
        ids[name] = made("runs/create", {"experiment_id": ids["E"], "start_time": start, "run_name": "n"},
                         "run", "info", "run_id")
    made("experiments/delete", {"experiment_id": ids["D"]})
    made("runs/delete", {"run_id": ids["G"]})
    made("runs/log-parameter", {"run_id": ids["R"], "key": "p", "value": "1"})
    made("registered-models/create", {"name": "errors"})
    made("model-versions/create", {"name": "errors", "source": "s3://b/m"})
    ids["M"] = made("logged-models", {"experiment_id": ids["E"], "name": "m"}, "model", "info", "model_id")


LONG = "k" * 251
NO = "0" * 32
MANY = [{"key": f"k{i}", "value": "1"} for i in range(101)]
METRIC = {"run_id": "$R", "key": "m", "value": 1, "timestamp": 1}
CASES = {
    "no such route": ("GET", "nothing"), "no such route below": ("POST", "runs/get/more", {}),
    "preview": ("GET", "/api/2.0/preview/mlflow/experiments/get?experiment_id=0"),
    "slash": ("GET", "experiments/get/?experiment_id=0"), "wrong method": ("DELETE", "runs/create", {}),
    "get a post": ("GET", "runs/create"), "post a get": ("POST", "runs/get", {"run_id": "$R"}),
    # bodies
    "broken JSON": ("POST", "runs/create", b'{"experiment_id": '), "an array": ("POST", "runs/create", b"[]"),
    "a string": ("POST", "runs/create", b'"x"'), "null": ("POST", "experiments/create", b"null"),
    "empty body": ("POST", "experiments/create", b""), "no type": ("POST", "experiments/create", b"", None),
    "other type": ("POST", "experiments/create", b"{}", "text/plain"),
    "type with charset": ("POST", "runs/search", b'{"experiment_ids": []}', "application/json; charset=utf-8"),
    "unknown field": ("POST", "runs/search", {"experiment_ids": [], "more": [1]}),
    "camel case": ("POST", "runs/search", {"experimentIds": ["$E"], "maxResults": 0}),
    "both spellings": ("POST", "runs/search", {"experiment_ids": [], "experimentIds": []}),
    # experiments
    "experiment without name": ("POST", "experiments/create", {}), "empty name": ("POST", "experiments/create", {"name": ""}),
    "blank name": ("POST", "experiments/create", {"name": " "}), "name a number": ("POST", "experiments/create", {"name": 7}),
    "name a list": ("POST", "experiments/create", {"name": ["a"]}), "long name": ("POST", "experiments/create", {"name": "n" * 501}),
    "name taken": ("POST", "experiments/create", {"name": "errors"}), "name taken, deleted": ("POST", "experiments/create", {"name": "deleted"}),
    "location of a run": ("POST", "experiments/create", {"name": "a", "artifact_location": "runs:/x"}),
    "location with fragment": ("POST", "experiments/create", {"name": "a", "artifact_location": "s3://b/#x"}),
    "location with query": ("POST", "experiments/create", {"name": "a", "artifact_location": "s3://b/?x=1"}),
    "tag without key": ("POST", "experiments/create", {"name": "a", "tags": [{"value": "x"}]}),
    "experiment id missing": ("GET", "experiments/get"), "experiment id text": ("GET", "experiments/get?experiment_id=abc"),
    "experiment unknown": ("GET", "experiments/get?experiment_id=99999999"), "negative": ("GET", "experiments/get?experiment_id=-1"),
    "name unknown": ("GET", "experiments/get-by-name?experiment_name=none"), "name missing": ("GET", "experiments/get-by-name"),
    "rename missing": ("POST", "experiments/update", {"experiment_id": "$E"}), "rename unknown": ("POST", "experiments/update", {"experiment_id": "99999999", "new_name": "x"}),
    "rename deleted": ("POST", "experiments/update", {"experiment_id": "$D", "new_name": "x"}),
    "delete unknown": ("POST", "experiments/delete", {"experiment_id": "99999999"}), "delete deleted": ("POST", "experiments/delete", {"experiment_id": "$D"}),
    "restore active": ("POST", "experiments/restore", {"experiment_id": "$E"}),
    "tag of deleted": ("POST", "experiments/set-experiment-tag", {"experiment_id": "$D", "key": "a", "value": "b"}),
    "long tag key": ("POST", "experiments/set-experiment-tag", {"experiment_id": "$E", "key": LONG, "value": "b"}),
    "long tag value": ("POST", "experiments/set-experiment-tag", {"experiment_id": "$E", "key": "a", "value": "b" * 20001}),
    "no such tag": ("POST", "experiments/delete-experiment-tag", {"experiment_id": "$E", "key": "none"}),
    # runs
    "run in deleted": ("POST", "runs/create", {"experiment_id": "$D"}), "run in unknown": ("POST", "runs/create", {"experiment_id": "99999999"}),
    "run in text": ("POST", "runs/create", {"experiment_id": "abc"}),
    "two names": ("POST", "runs/create", {"experiment_id": "$E", "run_name": "a", "tags": [{"key": "mlflow.runName", "value": "b"}]}),
    "start a text": ("POST", "runs/create", {"experiment_id": "$E", "start_time": "soon"}),
    "tags an object": ("POST", "runs/create", {"experiment_id": "$E", "tags": {"a": "b"}}),
    "run id missing": ("GET", "runs/get"), "run unknown": ("GET", "runs/get?run_id=" + NO), "run id odd": ("GET", "runs/get?run_id=%27"),
    "update unknown": ("POST", "runs/update", {"run_id": NO, "status": "FINISHED"}), "update nothing": ("POST", "runs/update", {}),
    "update deleted": ("POST", "runs/update", {"run_id": "$G", "status": "FINISHED"}),
    "status odd": ("POST", "runs/update", {"run_id": "$R", "status": "DONE"}),
    "delete run unknown": ("POST", "runs/delete", {"run_id": NO}), "delete run missing": ("POST", "runs/delete", {}),
    "restore run unknown": ("POST", "runs/restore", {"run_id": NO}),
    "no such run tag": ("POST", "runs/delete-tag", {"run_id": "$R", "key": "none"}), "run tag of deleted": ("POST", "runs/delete-tag", {"run_id": "$G", "key": "x"}),
    # logging
    "param changed": ("POST", "runs/log-parameter", {"run_id": "$R", "key": "p", "value": "2"}),
    "param same": ("POST", "runs/log-parameter", {"run_id": "$R", "key": "p", "value": "1"}),
    "param of deleted": ("POST", "runs/log-parameter", {"run_id": "$G", "key": "p", "value": "2"}),
    "param of unknown": ("POST", "runs/log-parameter", {"run_id": NO, "key": "p", "value": "2"}),
    "param without key": ("POST", "runs/log-parameter", {"run_id": "$R", "value": "2"}), "param of nobody": ("POST", "runs/log-parameter", {"key": "q"}),
    "param key long": ("POST", "runs/log-parameter", {"run_id": "$R", "key": LONG, "value": "2"}),
    "param key odd": ("POST", "runs/log-parameter", {"run_id": "$R", "key": "a?b", "value": "2"}),
    "param key path": ("POST", "runs/log-parameter", {"run_id": "$R", "key": "../b", "value": "2"}),
    "param key root": ("POST", "runs/log-parameter", {"run_id": "$R", "key": "/b", "value": "2"}),
    "param key not normal": ("POST", "runs/log-parameter", {"run_id": "$R", "key": "a//b", "value": "2"}),
    "param key dot": ("POST", "runs/log-parameter", {"run_id": "$R", "key": ".", "value": "2"}),
    "param without value": ("POST", "runs/log-parameter", {"run_id": "$R", "key": "none"}),
    "metric without value": ("POST", "runs/log-metric", {"run_id": "$R", "key": "m", "timestamp": 1}),
    "metric without time": ("POST", "runs/log-metric", {"run_id": "$R", "key": "m", "value": 1}),
    "metric without key": ("POST", "runs/log-metric", {"run_id": "$R", "value": 1, "timestamp": 1}),
    "metric a text": ("POST", "runs/log-metric", {**METRIC, "value": "high"}), "metric key odd": ("POST", "runs/log-metric", {**METRIC, "key": "a?b"}),
    "metric key long": ("POST", "runs/log-metric", {**METRIC, "key": LONG}), "metric early": ("POST", "runs/log-metric", {**METRIC, "timestamp": -1}),
    "metric of deleted": ("POST", "runs/log-metric", {**METRIC, "run_id": "$G"}), "metric of unknown": ("POST", "runs/log-metric", {**METRIC, "run_id": NO}),
    "metric step huge": ("POST", "runs/log-metric", {**METRIC, "step": 2**63}), "metric nan": ("POST", "runs/log-metric", {**METRIC, "value": "NaN"}),
    "tag key long": ("POST", "runs/set-tag", {"run_id": "$R", "key": LONG, "value": "2"}), "tag of deleted run": ("POST", "runs/set-tag", {"run_id": "$G", "key": "a", "value": "2"}),
    "tag without run": ("POST", "runs/set-tag", {"key": "a", "value": "2"}),
    "batch of 101 params": ("POST", "runs/log-batch", {"run_id": "$R", "params": MANY}), "batch of 101 tags": ("POST", "runs/log-batch", {"run_id": "$R", "tags": MANY}),
    "batch of 1001": ("POST", "runs/log-batch", {"run_id": "$R", "metrics": [{"key": "m", "value": i, "timestamp": 1} for i in range(1001)]}),
    "batch of 1001 together": ("POST", "runs/log-batch", {"run_id": "$R", "params": MANY[:1], "metrics": [{"key": "m", "value": i, "timestamp": 1} for i in range(1000)]}),
    "batch of 1.3 MB": ("POST", "runs/log-batch", {"run_id": "$R", "params": [{"key": f"w{i}", "value": "v" * 5900} for i in range(100)], "tags": [{"key": f"w{i}", "value": "v" * 7900} for i in range(90)]}),
    "batch without run": ("POST", "runs/log-batch", {"params": MANY[:1]}), "batch of unknown": ("POST", "runs/log-batch", {"run_id": NO, "params": MANY[:1]}),
    "batch of odd run": ("POST", "runs/log-batch", {"run_id": "a b", "params": MANY[:1]}), "batch of deleted": ("POST", "runs/log-batch", {"run_id": "$G", "params": MANY[:1]}),
    "batch twice": ("POST", "runs/log-batch", {"run_id": "$R", "params": [{"key": "q", "value": "1"}, {"key": "q", "value": "2"}]}),
    "batch changed": ("POST", "runs/log-batch", {"run_id": "$R", "params": [{"key": "p", "value": "1"}, {"key": "p", "value": "3"}]}),
    "batch metric odd": ("POST", "runs/log-batch", {"run_id": "$R", "metrics": [{"key": "a", "value": 1, "timestamp": 1}, {"key": "a?b", "value": 1, "timestamp": 1}]}),
    "batch metric text": ("POST", "runs/log-batch", {"run_id": "$R", "metrics": [{"key": "a", "value": "x", "timestamp": 1}]}),
    "batch param odd": ("POST", "runs/log-batch", {"run_id": "$R", "params": [{"key": "a?b", "value": "1"}]}),
    "batch tag odd": ("POST", "runs/log-batch", {"run_id": "$R", "tags": [{"key": "a?b", "value": "1"}]}),
    "nothing of it": ("GET", "metrics/get-history?run_id=$R&metric_key=q"), "history missing": ("GET", "metrics/get-history?run_id=$R"),
    "history of unknown": ("GET", f"metrics/get-history?run_id={NO}&metric_key=q"), "history of 0": ("GET", "metrics/get-history?run_id=$R&metric_key=m&max_results=0"),
    "history page": ("GET", "metrics/get-history?run_id=$R&metric_key=m&max_results=1&page_token=x"),
    "inputs without run": ("POST", "runs/log-inputs", {"datasets": []}), "dataset without name": ("POST", "runs/log-inputs", {"run_id": "$R", "datasets": [{"dataset": {"digest": "d", "source_type": "t", "source": "s"}}]}),
    "dataset of unknown": ("POST", "runs/log-inputs", {"run_id": NO, "datasets": [{"dataset": {"name": "n", "digest": "d", "source_type": "t", "source": "s"}}]}),
    "dataset digest long": ("POST", "runs/log-inputs", {"run_id": "$R", "datasets": [{"dataset": {"name": "n", "digest": "d" * 37, "source_type": "t", "source": "s"}}]}),
    "outputs missing": ("POST", "runs/outputs", {"run_id": "$R"}), "model not JSON": ("POST", "runs/log-model", {"run_id": "$R", "model_json": "x"}),
    "model without fields": ("POST", "runs/log-model", {"run_id": "$R", "model_json": "{}"}),
    # searches
    "max 0": ("POST", "runs/search", {"experiment_ids": ["$E"], "max_results": 0}), "max negative": ("POST", "runs/search", {"experiment_ids": ["$E"], "max_results": -1}),
    "max 50001": ("POST", "runs/search", {"experiment_ids": ["$E"], "max_results": 50001}), "view odd": ("POST", "runs/search", {"experiment_ids": ["$E"], "run_view_type": "SOME"}),
    "filter odd": ("POST", "runs/search", {"experiment_ids": ["$E"], "filter": "x.y = 1"}), "no experiments": ("POST", "runs/search", {"filter": "metrics.a > 1"}),
    "order odd": ("POST", "runs/search", {"experiment_ids": ["$E"], "order_by": ["x.y"]}), "experiments without max": ("POST", "experiments/search", {}),
    "experiments max": ("POST", "experiments/search", {"max_results": 50001}), "experiments filter": ("POST", "experiments/search", {"max_results": 1, "filter": "x = 1"}),
    # models
    "model exists": ("POST", "registered-models/create", {"name": "errors"}), "model name": ("POST", "registered-models/create", {"name": "a/b"}),
    "model without name": ("POST", "registered-models/create", {}), "model unknown": ("GET", "registered-models/get?name=none"), "model missing": ("GET", "registered-models/get"),
    "version unknown": ("GET", "model-versions/get?name=errors&version=9"), "version text": ("GET", "model-versions/get?name=errors&version=abc"),
    "version of unknown": ("GET", "model-versions/get?name=none&version=1"), "version without source": ("POST", "model-versions/create", {"name": "errors"}),
    "new version of unknown": ("POST", "model-versions/create", {"name": "none", "source": "s3://b/m"}),
    "source local": ("POST", "model-versions/create", {"name": "errors", "source": "/etc"}), "source above": ("POST", "model-versions/create", {"name": "errors", "source": "s3://b/../c"}),
    "source of unknown model": ("POST", "model-versions/create", {"name": "errors", "source": "models:/m-" + NO, "model_id": "m-" + NO}),
    "stage odd": ("POST", "model-versions/transition-stage", {"name": "errors", "version": "1", "stage": "best", "archive_existing_versions": False}),
    "stages odd": ("POST", "registered-models/get-latest-versions", {"name": "errors", "stages": ["best"]}),
    "latest of unknown": ("POST", "registered-models/get-latest-versions", {"name": "none"}),
    "alias latest": ("POST", "registered-models/alias", {"name": "errors", "alias": "Latest", "version": "1"}), "alias v1": ("POST", "registered-models/alias", {"name": "errors", "alias": "V1", "version": "1"}),
    "alias odd": ("POST", "registered-models/alias", {"name": "errors", "alias": "a b", "version": "1"}), "alias to unknown": ("POST", "registered-models/alias", {"name": "errors", "alias": "a", "version": "9"}),
    "alias unknown": ("GET", "registered-models/alias?name=errors&alias=none"), "alias gone": ("DELETE", "registered-models/alias", {"name": "errors", "alias": "none"}),
    "model tag gone": ("DELETE", "registered-models/delete-tag", {"name": "errors", "key": "none"}), "model tag of unknown": ("POST", "registered-models/set-tag", {"name": "none", "key": "a", "value": "b"}),
    "model delete unknown": ("DELETE", "registered-models/delete", {"name": "none"}), "model rename taken": ("POST", "registered-models/rename", {"name": "errors", "new_name": "errors"}),
    "model max": ("GET", "registered-models/search?max_results=1001"), "version max": ("GET", "model-versions/search?max_results=200001"),
    "logged unknown": ("GET", f"logged-models/m-{NO}"), "logged without experiment": ("POST", "logged-models", {"name": "x"}),
    "logged in unknown": ("POST", "logged-models", {"experiment_id": "99999999"}), "logged name": ("POST", "logged-models", {"experiment_id": "$E", "name": "a:b"}),
    "logged status": ("PATCH", "logged-models/$M", {"model_id": "$M", "status": "DONE"}), "logged tag": ("DELETE", "logged-models/$M/tags/none", {}),
    "logged search nowhere": ("POST", "logged-models/search", {}), "logged filter": ("POST", "logged-models/search", {"experiment_ids": ["$E"], "filter": "metrics.a = 'x'"}),
    "logged order": ("POST", "logged-models/search", {"experiment_ids": ["$E"], "order_by": [{"field_name": "x.y"}]}),
    # artifacts
    "no such artifact": ("GET", "/api/2.0/mlflow-artifacts/artifacts/a/none"), "artifact above": ("GET", "/api/2.0/mlflow-artifacts/artifacts/%2e%2e/x"),
    "artifact root": ("GET", "/api/2.0/mlflow-artifacts/artifacts/%2Fetc/passwd"), "list above": ("GET", "/api/2.0/mlflow-artifacts/artifacts?path=../x"),
    "list of nothing": ("GET", "/api/2.0/mlflow-artifacts/artifacts?path=none"), "put above": ("PUT", "/api/2.0/mlflow-artifacts/artifacts/a/%2e%2e/%2e%2e/x", b"x", "text/plain"),
    "delete nothing": ("DELETE", "/api/2.0/mlflow-artifacts/artifacts/a/none"), "artifacts of nobody": ("GET", "artifacts/list"),
    "artifacts of unknown": ("GET", f"artifacts/list?run_id={NO}"), "artifacts above": ("GET", "artifacts/list?run_id=$R&path=../x"),
}


def main():
    prepare()
    with open(OUT, "w") as f:
        for name, (method, path, *body) in CASES.items():
            status, text = ask(method, filled(path), *map(filled, body))
            f.write(json.dumps({"step": name, "value": said(status, text)}) + "\n")


main()
