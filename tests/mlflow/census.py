# SPDX-License-Identifier: MIT
"""census.py URI -- everything that a client finds there, as JSON: experiments, runs with
what went in and came out, the history of metrics, logged models, the registry."""
import json
import math
import sys

from mlflow import MlflowClient
from mlflow.entities import ViewType

uri = sys.argv[1]
c = MlflowClient(tracking_uri=uri, registry_uri=uri)


def pages(search, **more):
    token, found = None, []
    while True:
        page = search(page_token=token, **more)
        found += page
        token = page.token
        if not token:
            return found


def number(v):
    return v if math.isfinite(v) else str(v)


def run(r):
    i, d = r.info, r.data
    return {
        "info": [i.run_name, i.status, i.lifecycle_stage, i.user_id, i.start_time, i.end_time, i.artifact_uri],
        "params": d.params, "tags": d.tags, "metrics": {k: number(v) for k, v in d.metrics.items()},
        "history": {k: [[m.timestamp, m.step, number(m.value)] for m in c.get_metric_history(i.run_id, k)]
                    for k in sorted(d.metrics)[:3]},
        "inputs": sorted([x.dataset.name, x.dataset.digest, x.dataset.source, sorted((t.key, t.value) for t in x.tags)]
                         for x in r.inputs.dataset_inputs),
        "outputs": sorted([m.model_id, m.step] for m in r.outputs.model_outputs) if r.outputs else []}


experiments = pages(c.search_experiments, view_type=ViewType.ALL, max_results=100)
ids = [e.experiment_id for e in experiments]
out = {
    "experiments": {e.experiment_id: [e.name, e.artifact_location, e.lifecycle_stage, e.tags, e.creation_time, e.last_update_time]
                    for e in experiments},
    "runs": {r.info.run_id: run(r) for r in pages(
        lambda **k: c.search_runs(ids, run_view_type=ViewType.ALL, **k), max_results=20)},
    "logged": {m.model_id: [m.name, m.experiment_id, str(m.status), m.source_run_id, m.artifact_location, m.params, m.tags,
                            sorted([x.key, number(x.value), x.step] for x in m.metrics or ())]
               for m in pages(lambda **k: c.search_logged_models(ids, **k), max_results=50)},
    "registered": {m.name: [m.description, m.tags, {a: str(v) for a, v in m.aliases.items()}, m.creation_timestamp]
                   for m in pages(c.search_registered_models, max_results=50)},
    "versions": {f"{v.name} {v.version}": [v.source, v.run_id, v.current_stage, v.status, v.description, v.tags,
                                           sorted(v.aliases), v.creation_timestamp]
                 for v in pages(c.search_model_versions, max_results=100)},
    "filtered": [r.info.run_id for r in c.search_runs(ids, "metrics.acc > 0.1 AND params.p = 'a'", order_by=["metrics.acc DESC"])],
}
print(json.dumps(out, indent=1, sort_keys=True))
