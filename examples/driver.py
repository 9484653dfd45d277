#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""driver.py URL -- runs a project three times at once, each time with another learning rate,
and compares what came of it.  examples/wine is such a project: it has the parameters lr and
epochs and the metric loss.
"""

import json
import os
import subprocess
import sys

MLP = os.environ.get("MLP", "mlp")


def mlp(*words):
    """What mlp prints; its errors are on standard error."""
    return subprocess.run([MLP, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def start(url, **params):
    """The id of a run that is on record, and goes on in the background."""
    given = [f"-P{name}={value}" for name, value in params.items()]
    return mlp("run", "-d", "-q", url, *given).strip()


def line(run):
    loss = run["metrics"].get("loss")
    return (
        f"{run['run_id'][:8]}  {run['run_name']:22} {run['status']:9} lr {run['params']['lr']:5} "
        f"loss {'-' if loss is None else format(loss, '.4f')}"
    )


def main(url):
    ids = [start(url, lr=rate, epochs=20) for rate in ("0.05", "0.1", "0.2")]
    bad = subprocess.run([MLP, "wait", "-q", *ids]).returncode
    runs = [json.loads(mlp("show", "--json", run)) for run in ids]
    for run in runs:
        print("      ", line(run))
    good = [run for run in runs if run["status"] == "FINISHED" and "loss" in run["metrics"]]
    if good:
        print("best  ", line(min(good, key=lambda run: run["metrics"]["loss"])))
    return bad


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: driver.py URL")
    try:
        sys.exit(main(sys.argv[1]))
    except subprocess.CalledProcessError as failure:
        sys.exit(failure.returncode)  # mlp has said why
