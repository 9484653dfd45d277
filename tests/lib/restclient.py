# SPDX-License-Identifier: MIT
"""A client of MLflow's REST API as a run's command is one, with the standard library only."""
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

URI = os.environ.get("MLFLOW_TRACKING_URI", "")
RUN = os.environ.get("MLFLOW_RUN_ID")
_parts = urllib.parse.urlsplit(URI)
HOST, PORT, PATH = _parts.hostname, _parts.port, _parts.path
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def ask(method, path, body=None, tries=8):
    """The reply as an object; what breaks is tried again, as MLflow's client does."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URI + "/api/2.0/mlflow/" + path, data, method=method)
    if data is not None:
        request.add_header("Content-Type", "application/json")
    for left in range(tries - 1, -1, -1):
        try:
            with _open(request, timeout=60) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            if error.code < 500 or left == 0:
                return {"status": error.code, **json.load(error)}
        except OSError:
            if left == 0:
                raise
        time.sleep(0.05)


def status(url, **headers):
    try:
        with _open(urllib.request.Request(url, headers=headers), timeout=60) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code


def _log(path, **body):
    reply = ask("POST", path, {"run_id": RUN, **body})
    if reply:
        sys.exit(f"{path}: {reply}")


def log_metric(key, value, step=0, timestamp=1):
    _log("runs/log-metric", key=key, value=value, step=step, timestamp=timestamp)


def log_param(key, value):
    _log("runs/log-parameter", key=key, value=value)


def set_tag(key, value):
    _log("runs/set-tag", key=key, value=value)


def kill_server():
    """KILL the mlp-serve of this run: a sister of ours."""
    found = subprocess.run(["pgrep", "-P", str(os.getppid()), "mlp-serve"], capture_output=True, text=True)
    pids = found.stdout.split()
    if not pids:
        sys.exit("no mlp-serve to kill")
    for pid in pids:
        os.kill(int(pid), signal.SIGKILL)
