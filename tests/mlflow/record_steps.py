# SPDX-License-Identifier: MIT
"""Runs, and what is recorded in them, by the client's own functions.  See session.py."""
import inspect
import math
import os

import mlflow
from mlflow.entities import Metric, Param, RunTag, ViewType

from session import VERSION, refused


def attached(s):
    """The run of our environment; another one after it."""
    with mlflow.start_run() as run:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "text": "it's \"quoted\" ✓", "empty": ""})
        for step in range(4):
            mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
        mlflow.log_metrics({"acc": 0.5, "odd": math.nan, "top": math.inf, "low": -math.inf}, step=2)
        mlflow.set_tag("who", "me")
        mlflow.set_tags({"ü": "ja", "n": 1})
        mlflow.log_text("weights", "model/w.txt")
        mine = run.info.run_id == s.main
    ended = s.run(s.main)
    with mlflow.start_run(run_name="the next one") as after:
        pass
    return {"it was ours": mine, "ended": ended, "next": s.run(after.info.run_id)}


def nested(s):
    ids = []
    with mlflow.start_run(run_name="parent", description="of two"):
        for n in range(2):
            with mlflow.start_run(nested=True, run_name=f"child {n}", tags={"n": str(n)}) as child:
                mlflow.log_metric("m", n)
                ids.append(child.info.run_id)
    failed = refused(lambda: _dies(ids))
    parents = [s.client.get_parent_run(i) for i in ids[:2]]
    return {"runs": [s.run(i) for i in ids], "parents": [p and p.info.run_name for p in parents], "failed": failed}


def _dies(ids):
    with mlflow.start_run(run_name="dies") as run:
        ids.append(run.info.run_id)
        raise ValueError("in the middle")


def batches(s):
    run = s.run_of("batches")
    c = s.client
    c.log_batch(run, metrics=[Metric(f"m{i}", i, 1000 + i, i) for i in range(1000)])
    c.log_batch(run, params=[Param(f"p{i}", str(i)) for i in range(100)],
                tags=[RunTag(f"t{i}", str(i)) for i in range(100)])
    c.log_batch(run)
    c.log_batch(run, metrics=[Metric("same", 1.0, 5, 0), Metric("same", 1.0, 5, 0), Metric("same", 2.0, 5, 0)])
    c.log_batch(run, params=[Param("p0", "0")])
    found = c.get_run(run).data
    return {
        "counts": [len(found.metrics), len(found.params), len([t for t in found.tags if t[0] == "t"])],
        "some": [found.metrics["m999"], found.params["p99"], found.tags["t99"]],
        "same": [(m.value, m.timestamp, m.step) for m in c.get_metric_history(run, "same")],
        "too many": refused(c.log_batch, run, metrics=[Metric("x", i, 1, i) for i in range(1001)]),
        "changed": refused(c.log_batch, run, params=[Param("p0", "1")]),
        "twice": refused(c.log_batch, run, params=[Param("q", "1"), Param("q", "2")]),
        "name": refused(c.log_batch, run, metrics=[Metric("a?b", 1, 1, 0)]),
    }


def in_the_background(s):
    run = s.run_of("async")
    waits = [s.client.log_metric(run, "m", i, timestamp=1000 + i, step=i, synchronous=False) for i in range(150)]
    waits.append(s.client.log_param(run, "p", "v", synchronous=False))
    waits.append(s.client.set_tag(run, "t", "v", synchronous=False))
    for w in waits:
        if w is not None:
            w.wait()
    d = s.client.get_run(run).data
    return {"history": [(m.value, m.step) for m in s.client.get_metric_history(run, "m")],
            "p": d.params.get("p"), "t": d.tags.get("t")}


def values(s):
    run = s.run_of("values")
    c = s.client
    c.log_param(run, "long", "x" * 6000)
    c.set_tag(run, "long", "y" * 8000)
    c.set_tag(run, "nul", "a\0b")
    for v, t, step in (3.0, 30, 1), (1.0, 10, 1), (2.0, 20, 1), (9.0, 5, -1), (math.nan, 40, 0), (-math.inf, 50, 0):
        c.log_metric(run, "h", v, timestamp=t, step=step)
    c.log_metric(run, "big", 2**60, timestamp=1, step=2**40)
    c.log_metric(run, "tiny", 5e-324, timestamp=1)
    c.log_metric(run, "third", 1 / 3, timestamp=1)
    c.set_tag(run, "mlflow.runName", "renamed")
    c.set_tag(run, "gone", "x")
    c.delete_tag(run, "gone")
    out = s.run(run)
    out["history"] = {k: [(m.value, m.timestamp, m.step) for m in c.get_metric_history(run, k)]
                      for k in ("h", "big", "tiny", "third", "none")}
    return out


def lives(s):
    """A run is renamed, ended, opened again, deleted, restored."""
    c = s.client
    run = c.create_run(s.there, start_time=1234567, tags={"a": "b"}).info.run_id
    named = c.get_run(run).info.run_name
    seen = [len(named.split("-"))]
    c.update_run(run, name="other")
    c.set_terminated(run, "KILLED", end_time=2345678)
    i = c.get_run(run).info
    seen.append((i.run_name, i.status, i.start_time, i.end_time, i.user_id))
    c.update_run(run, status="RUNNING")
    seen.append(s.run(run))
    c.delete_run(run)
    seen.append(c.get_run(run).info.lifecycle_stage)
    errors = {
        "metric": refused(c.log_metric, run, "m", 1),
        "param": refused(c.log_param, run, "p", 1),
        "tag": refused(c.set_tag, run, "t", 1),
        "batch": refused(c.log_batch, run, params=[Param("p", "1")]),
        "end": refused(c.set_terminated, run),
    }
    views = [[r.info.run_name for r in c.search_runs([s.there], "attributes.run_name = 'other'", v)]
             for v in (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL)]
    c.restore_run(run)
    seen.append(c.get_run(run).info.lifecycle_stage)
    errors["unknown"] = refused(c.get_run, "0" * 32)
    errors["unknown, deleted"] = refused(c.delete_run, "f" * 32)
    errors["no tag"] = refused(c.delete_tag, run, "none")
    errors["param"] = (c.log_param(run, "p", 1), refused(c.log_param, run, "p", 2))[1]
    errors["key"] = refused(c.log_param, run, "a/../b", 2)
    return {"seen": seen, "errors": errors, "views": views}


def experiments(s):
    c = s.client
    e = s.new_experiment("first", tags={"a": "b", "ü": "✓"})
    own = s.new_experiment("own place", artifact_location=f"file://{s.tmp}/place")
    c.set_experiment_tag(e, "a", "c")
    c.rename_experiment(e, s.name("renamed"))
    out = {"get": s.experiment(c.get_experiment(e)), "own": s.experiment(c.get_experiment(own)),
           "by name": s.experiment(c.get_experiment_by_name(s.name("renamed"))),
           "none": c.get_experiment_by_name(s.name("never")),
           "exists": refused(c.create_experiment, s.name("renamed")),
           "unknown": refused(c.get_experiment, "999999"),
           "number": refused(c.get_experiment, "abc"),
           "empty": refused(c.create_experiment, ""),
           "tag": refused(c.set_experiment_tag, e, "", "x"),
           "rename": refused(c.rename_experiment, e, s.name("own place"))}
    run = c.create_run(e).info.run_id
    c.delete_experiment(e)
    out["deleted"] = [s.experiment(c.get_experiment(e))["stage"], c.get_run(run).info.lifecycle_stage]
    out["in deleted"] = refused(c.create_run, e)
    out["again"] = refused(c.delete_experiment, e)
    out["set deleted"] = refused(mlflow.set_experiment, s.name("renamed"))
    out["exists, deleted"] = refused(c.create_experiment, s.name("renamed"))
    c.restore_experiment(e)
    out["restored"] = [s.experiment(c.get_experiment(e))["stage"], c.get_run(run).info.lifecycle_stage]

    def found(text, **more):
        return [x.name for x in c.search_experiments(filter_string=text, **more)]
    like = f"name LIKE '{s.prefix}%'"
    out["search"] = [found(like, order_by=["name"]), found(like + " AND tags.a = 'c'"),
                     found(like + " AND name ILIKE '%OWN%'"), found(f"name = '{s.name('never')}'"),
                     found(like, max_results=1, order_by=["name DESC"]),
                     refused(found, "nix = 1"), refused(found, "name LIKE 'a' OR name = 'b'")]
    page = c.search_experiments(filter_string=like, max_results=2, order_by=["experiment_id ASC"])
    rest = c.search_experiments(filter_string=like, max_results=2, order_by=["experiment_id ASC"],
                                page_token=page.token)
    out["pages"] = [[x.name for x in page], [x.name for x in rest]]
    mlflow.set_experiment(experiment_id=s.there)
    if VERSION >= (3, 4):
        c.delete_experiment_tag(e, "a")
        out["tag gone"] = [s.experiment(c.get_experiment(e))["tags"], refused(c.delete_experiment_tag, e, "a")]
    return out


def datasets(s):
    import numpy
    import pandas
    df = pandas.DataFrame({"x": [1.0, 2.0, 3.0], "y": ["a", "b", None]})
    data = mlflow.data.from_pandas(df, source="data.csv", name="wine")
    with mlflow.start_run(run_name="datasets") as run:
        mlflow.log_input(data, context="training", **(
            {"tags": {"split": "1"}} if "tags" in inspect.signature(mlflow.log_input).parameters else {}))
        mlflow.log_input(mlflow.data.from_numpy(numpy.arange(4)), context="eval")
        mlflow.log_input(data, context="again")
    with mlflow.start_run(run_name="the same data") as other:
        mlflow.log_input(data)
    found = [[r.info.run_name for r in mlflow.search_runs([s.there], f, output_format="list")] for f in (
        "dataset.name = 'wine'", "datasets.context = 'eval'", "dataset.digest LIKE '%'", "dataset.name != 'wine'")]
    return {"runs": [s.run(run.info.run_id), s.run(other.info.run_id)], "found": found}


def searches(s):
    c = s.client
    e = s.new_experiment("searches")
    for i in range(12):
        run = c.create_run(e, start_time=1000 + i, run_name=f"run {i:02d}").info.run_id
        c.log_batch(run, metrics=[Metric("acc", math.nan if i == 5 else i / 10, 1, 0)] if i % 4 else [],
                    params=[Param("p", "ab"[i % 2])], tags=[RunTag("a b", str(i))])
        if i % 3 == 0:
            c.set_terminated(run, "FINISHED", end_time=5000 + i)

    def found(*args, **more):
        return [r.info.run_name for r in c.search_runs([e], *args, **more)]
    filters = ["", "metrics.acc > 0.2", "metrics.acc != 0.2 and params.p = 'a'", "params.p LIKE 'B'", "tag.`a b` = '7'",
               "attributes.status = 'FINISHED'", "start_time >= 1007", "run_name ILIKE 'RUN 0%'", "end_time < 5005",
               "metrics.nothing > 1", "attributes.artifact_uri LIKE '%artifacts'"]
    bad = ["foo.x = 1", "attributes.nix = 'a'", "metrics.acc > '1'", "params.p = 1", "metrics.acc ~ 1", "a OR b",
           "params.p = 'a' OR params.p = 'b'", "(params.p = 'a')", "   ", "metrics.acc"]
    orders = [["metrics.acc DESC"], ["metrics.acc ASC"], ["params.p", "start_time"], ["tags.`a b` DESC"],
              ["end_time DESC"], ["attributes.run_name DESC"], ["status", "metric.acc"]]
    pages, token = [], None
    while True:
        page = c.search_runs([e], "", order_by=["metrics.acc DESC"], max_results=5, page_token=token)
        pages.append([r.info.run_name for r in page])
        token = page.token
        if not token:
            break
    table = mlflow.search_runs([e], order_by=["start_time", "metrics.acc"])
    return {"filters": {f: found(f) for f in filters}, "bad": {f: refused(found, f) for f in bad},
            "orders": [found(order_by=o) for o in orders], "pages": pages,
            "bad orders": [refused(found, order_by=[o]) for o in ("metrics.acc UP", "nix", "dataset.name")],
            "token": refused(c.search_runs, [e], page_token="x"), "max": refused(c.search_runs, [e], max_results=50001),
            "table": [sorted(table.columns), table["metrics.acc"].tolist(), table["tags.a b"].tolist()],
            "nowhere": [r.info.run_id for r in c.search_runs(["987654"])]}


def artifacts(s):
    run = s.run_of("artifacts")
    c = s.client
    os.makedirs(f"{s.tmp}/d/deep")
    for name, text in ("d/a.txt", "a" * 1000), ("d/deep/y z+%.txt", "odd"), ("d/empty", ""), ("d/ü✓.json", "{}"):
        with open(f"{s.tmp}/{name}", "w") as f:
            f.write(text)
    with open(f"{s.tmp}/big", "wb") as f:
        f.write(bytes(range(256)) * 8192)
    c.log_artifacts(run, f"{s.tmp}/d", "up")
    c.log_artifact(run, f"{s.tmp}/big")
    c.log_artifact(run, f"{s.tmp}/d/a.txt", "again/and again")
    c.log_text(run, "first", "t.txt")
    c.log_text(run, "second", "t.txt")
    c.log_text(run, "", "nothing.txt")
    c.log_dict(run, {"a": [1, "ü"]}, "d.json")
    c.log_table(run, {"n": [1, 2], "s": ["x", "y"]}, "table.json")
    c.log_table(run, {"n": [3], "s": ["z"]}, "table.json")
    back = c.download_artifacts(run, "up", s.tmp)
    with open(c.download_artifacts(run, "big", s.tmp), "rb") as f:
        big = f.read() == bytes(range(256)) * 8192
    uri = f"runs:/{run}"
    return {"files": sorted(s.files(run), key=str), "big": big, "of a file": list(s.files(run, "t.txt")),
            "of nothing": list(s.files(run, "none")),
            "back": sorted((os.path.relpath(os.path.join(d, f), back), os.path.getsize(os.path.join(d, f)))
                           for d, _, names in os.walk(back) for f in names),
            "text": [mlflow.artifacts.load_text(f"{uri}/{p}") for p in ("t.txt", "nothing.txt", "up/deep/y z+%.txt")],
            "dict": mlflow.artifacts.load_dict(f"{uri}/d.json"),
            "table": mlflow.load_table("table.json", run_ids=[run]).to_dict(),
            "tag": c.get_run(run).data.tags.get("mlflow.loggedArtifacts"),
            "missing": {**refused(mlflow.artifacts.load_text, f"{uri}/none.txt"), "says": ""}}


def _place(s):
    """Where the other steps' runs go: this client's own experiment."""
    s.there = s.new_experiment("there")
    mlflow.set_experiment(experiment_id=s.there)
    s.run_of = lambda name: s.client.create_run(s.there, run_name=name).info.run_id


def place(s):
    _place(s)
    return s.experiment(s.client.get_experiment(s.there))


STEPS = [attached, place, nested, batches, in_the_background, values, lives, experiments, datasets, searches, artifacts]
