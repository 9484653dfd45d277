# SPDX-License-Identifier: MIT
"""What an MLflow client sees in a database, and what it puts there.

client.py open URI            open it (a newer MLflow migrates it)
client.py show URI RUN        one run as JSON
client.py make URI            an experiment and a finished run, shown as JSON
client.py log URI RUN         add a metric, a tag and a parameter to a run
"""
import json
import math
import sys

from mlflow import MlflowClient


def plain(value):
    return value if math.isfinite(value) else str(value)


def show(client, run_id):
    run = client.get_run(run_id)
    found = client.search_runs([run.info.experiment_id], f"attributes.run_id = '{run_id}'")
    assert [r.info.run_id for r in found] == [run_id], "not found by a search"
    return {
        "run_id": run.info.run_id,
        "run_name": run.info.run_name,
        "experiment": client.get_experiment(run.info.experiment_id).name,
        "status": run.info.status,
        "ended": run.info.end_time is not None,
        "artifact_uri": run.info.artifact_uri,
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": {k: plain(v) for k, v in run.data.metrics.items()},
        "history": {
            k: [[m.step, plain(m.value)] for m in client.get_metric_history(run_id, k)]
            for k in run.data.metrics
        },
    }


def make(client):
    experiment = client.create_experiment("made by mlflow")
    run = client.create_run(experiment, run_name="its run", tags={"t": "ü"})
    client.log_param(run.info.run_id, "lr", "0.25")
    client.log_metric(run.info.run_id, "loss", 0.5, step=1)
    client.log_metric(run.info.run_id, "nan", math.nan)
    client.log_metric(run.info.run_id, "inf", math.inf)
    client.set_terminated(run.info.run_id, "FAILED")
    return run.info.run_id


def log(client, run_id):
    client.log_metric(run_id, "late", 2.0, step=7)
    client.set_tag(run_id, "late", "yes")
    client.log_param(run_id, "late", "1")


def main():
    verb, uri, *rest = sys.argv[1:]
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.search_experiments()
    if verb == "show":
        print(json.dumps(show(client, *rest)))
    elif verb == "make":
        print(json.dumps(show(client, make(client))))
    elif verb == "log":
        log(client, *rest)


main()
