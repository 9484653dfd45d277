# SPDX-License-Identifier: MIT
"""session.py OUT PREFIX STEPS... -- what a client does with a server, and all that it is
told, as lines of JSON {"step", "value"} in OUT.  STEPS are modules of this directory; the
functions in their list STEPS are called in turn.

With MLFLOW_RUN_ID set, that run is attached to, as a project's command does; else a run is
made for it first.  PREFIX begins every name, so that several clients may share a server.
What differs from one time to the next (ids, times, addresses) is numbered as it appears.
"""
import importlib
import json
import math
import os
import re
import sys
import tempfile

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402

VERSION = tuple(int(n) for n in mlflow.__version__.split(".")[:2])

# What whoever started the run says of it
STARTER = re.compile(r"mlp\.|mlflow\.(source|project|user|gitRepoURL|databricks|git\.)")


class Session:
    def __init__(self, prefix):
        self.prefix = prefix
        self.client = MlflowClient()
        self.tmp = tempfile.mkdtemp()
        self.numbers = {}
        self.experiments = {"0": "<exp 0>"}
        default = self.client.get_experiment("0").artifact_location
        self.root = re.sub(r"/?0$", "", default)
        self.main = None

    def name(self, text):
        return f"{self.prefix} {text}"

    def new_experiment(self, text, **more):
        return self.known(self.client.create_experiment(self.name(text), **more))

    def known(self, experiment_id):
        return self.experiments.setdefault(
            experiment_id, f"<exp {len(self.experiments)}>") and experiment_id

    def _number(self, match):
        kind = "model" if match[0].startswith("m-") else "id"
        known = self.numbers.setdefault(kind, {})
        return f"<{kind} {known.setdefault(match[0], len(known) + 1)}>"

    def text(self, s):
        s = re.sub(r"https?://127\.0\.0\.1:\d+(/[0-9a-zA-Z_-]{32}\b)?", "<server>", s)
        s = s.replace(self.tmp, "<tmp>").replace(self.prefix, "P")
        s = re.sub(r"(?:file://)?" + re.escape(self.root) + r"/*(\d+)(?=/|$)",
                   lambda m: "<root>/" + self.experiments.get(m[1], m[1]), s)
        s = re.sub(r"(?i)(\bexperiment |\bid[= ])(\d+)\b",
                   lambda m: m[1] + self.experiments.get(m[2], m[2]), s)
        s = re.sub(r"\bm-[0-9a-f]{32}|\b[0-9a-f]{32}\b", self._number, s)
        s = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>", s)
        s = re.sub(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*", "<time>", s)
        s = re.sub(r"\{('[^{}']*'(?:, '[^{}']*')*)\}",  # a set of Python's, in any order
                   lambda m: "{" + ", ".join(sorted(m[1].split(", "))) + "}", s)
        return re.sub(r"\b1[6789]\d{11}\b", "<time>", s)

    def plain(self, v, key=None):
        if isinstance(v, str):
            if key == "experiment_id" or (key or "").endswith("experiment id"):
                return self.experiments.get(v, v)
            return self.text(v)
        if isinstance(v, bool) or v is None:
            return v
        if isinstance(v, int):
            return "<time>" if 1_600_000_000_000 < v < 2_000_000_000_000 else v
        if isinstance(v, float):
            return v if math.isfinite(v) else str(v)
        if isinstance(v, dict):
            return {self.text(str(k)): self.plain(x, str(k)) for k, x in v.items()}
        if isinstance(v, (list, tuple, set)):
            return [self.plain(x, key) for x in (sorted(v) if isinstance(v, set) else v)]
        return self.text(str(v))

    # What the entities say

    def run(self, run_id):
        run = run_id if hasattr(run_id, "info") else self.client.get_run(run_id)
        i = run.info
        tags = dict(run.data.tags)
        if i.run_id == self.main:
            tags = {k: v for k, v in tags.items() if not STARTER.match(k)}
        out = {"run_id": i.run_id, "experiment_id": i.experiment_id, "status": i.status,
               "stage": i.lifecycle_stage, "name": i.run_name, "artifact_uri": i.artifact_uri,
               "user": i.user_id if i.run_id != self.main else "-", "started": bool(i.start_time), "ended": bool(i.end_time),
               "params": dict(run.data.params), "metrics": dict(run.data.metrics), "tags": tags}
        if getattr(run, "inputs", None) is not None:
            out["datasets"] = sorted((self.dataset(d) for d in run.inputs.dataset_inputs), key=str)
            out["model_inputs"] = [m.model_id for m in getattr(run.inputs, "model_inputs", [])]
        if getattr(run, "outputs", None) is not None:
            out["model_outputs"] = [(m.model_id, m.step) for m in run.outputs.model_outputs]
        return out

    def dataset(self, d):
        return {"tags": {t.key: t.value for t in d.tags}, **{
            k: getattr(d.dataset, k) for k in ("name", "digest", "source_type", "source", "schema", "profile")}}

    def experiment(self, e):
        return e and {"experiment_id": e.experiment_id, "name": e.name, "location": e.artifact_location,
                      "stage": e.lifecycle_stage, "tags": dict(e.tags), "created": e.creation_time,
                      "updated": e.last_update_time}

    def files(self, run_id, path=None):
        for f in self.client.list_artifacts(run_id, path):
            yield f.path, f.is_dir, f.file_size
            if f.is_dir:
                yield from self.files(run_id, f.path)


def refused(call, *args, **kwargs):
    """What a call that has to fail says."""
    try:
        return {"returned": call(*args, **kwargs)}
    except Exception as e:
        return {"raised": type(e).__name__, "code": getattr(e, "error_code", None), "says": str(e)}


def attach(s):
    """The run that a project's command finds in its environment."""
    if "MLFLOW_RUN_ID" not in os.environ:
        experiment = s.new_experiment("main")
        run = s.client.create_run(experiment, run_name="attached")
        os.environ["MLFLOW_RUN_ID"], os.environ["MLFLOW_EXPERIMENT_ID"] = run.info.run_id, experiment
    s.main = os.environ["MLFLOW_RUN_ID"]
    s.known(os.environ["MLFLOW_EXPERIMENT_ID"])


def main():
    out, prefix, *modules = sys.argv[1:]
    s = Session(prefix)
    attach(s)
    with open(out, "w") as f:
        for module in modules:
            for step in importlib.import_module(module).STEPS:
                try:
                    value = s.plain(step(s))
                except Exception as e:
                    value = {"the step raised": f"{type(e).__name__}: {s.plain(str(e))}"}
                f.write(json.dumps({"step": step.__name__, "value": value}) + "\n")


if __name__ == "__main__":
    sys.modules["session"] = sys.modules["__main__"]
    main()
