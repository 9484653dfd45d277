# SPDX-License-Identifier: MIT
"""Models, logged and registered, by the client's own functions.  See session.py."""
import os

import mlflow
from mlflow.entities import Metric

from session import VERSION, refused

# Asking what a model needs starts a Python of its own, which takes long and says the same
os.environ["MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT"] = "1"
LOGGED = VERSION >= (3, 0)


def _trained():
    from sklearn.linear_model import LogisticRegression
    x, y = [[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, 5.0]], [0, 0, 1, 1]
    return LogisticRegression(C=0.5).fit(x, y), x


def _log(where, model, **more):
    first = {"name": where} if LOGGED else {"artifact_path": where}
    return mlflow.sklearn.log_model(model, **first, pip_requirements=["scikit-learn"], **more)


def version(v):
    out = {k: getattr(v, k) for k in ("name", "version", "current_stage", "description", "source", "run_id",
                                      "status", "status_message", "run_link")}
    return {**out, "version": str(v.version), "tags": dict(v.tags), "aliases": sorted(v.aliases),
            "created": bool(v.creation_timestamp), "updated": bool(v.last_updated_timestamp)}


def registered(m):
    return {"name": m.name, "description": m.description, "tags": dict(m.tags),
            "aliases": {k: str(v) for k, v in m.aliases.items()}, "created": bool(m.creation_timestamp),
            "latest": [version(v) for v in m.latest_versions]}


def autolog(s):
    s.there = s.new_experiment("models")
    mlflow.set_experiment(experiment_id=s.there)
    mlflow.sklearn.autolog(silent=True)
    try:
        with mlflow.start_run(run_name="autolog") as run:
            model, x = _trained()
            model.score(x, [0, 1, 1, 1])
    finally:
        mlflow.sklearn.autolog(disable=True)
    out = s.run(run.info.run_id)
    out["tags"].pop("mlflow.log-model.history", None)
    out["files"] = sorted(path for path, is_dir, _ in s.files(run.info.run_id) if not is_dir)
    return out


def logged(s):
    model, x = _trained()
    with mlflow.start_run(run_name="logged") as run:
        mlflow.log_metric("acc", 0.75)
        info = _log("model", model)
    s.logged = run.info.run_id
    uris = [f"runs:/{run.info.run_id}/model", info.model_uri]
    out = {"uri": info.model_uri, "run": s.run(run.info.run_id),
           "history": "mlflow.log-model.history" in s.client.get_run(run.info.run_id).data.tags,
           "loaded": [list(map(int, mlflow.sklearn.load_model(u).predict(x))) for u in uris],
           "files": sorted(f for f, is_dir, _ in s.files(run.info.run_id, "model") if not is_dir),
           "missing": refused(mlflow.sklearn.load_model, f"runs:/{run.info.run_id}/nothing")["raised"]}
    out["run"]["tags"].pop("mlflow.log-model.history", None)
    return out


def _model(m):
    return {"model_id": m.model_id, "name": m.name, "experiment_id": m.experiment_id, "status": str(m.status),
            "type": m.model_type, "uri": m.artifact_location, "run": m.source_run_id,
            "tags": {k: v for k, v in m.tags.items() if not k.startswith("mlflow.")}, "params": m.params,
            "metrics": sorted(((x.key, x.value, x.step, x.run_id, x.dataset_name) for x in m.metrics or ()), key=str)}


def models_of_3(s):
    """Logged models, which 2.x has not."""
    if not LOGGED:
        return "-"
    c, e = s.client, s.there
    out = {}
    m = c.create_logged_model(e, name="made", source_run_id=s.logged, model_type="T", tags={"a": "b"},
                              params={f"p{i}": str(i) for i in range(3)})
    out["made"] = _model(m)
    c.log_metric(s.logged, "acc", 0.5, timestamp=7, step=3, model_id=m.model_id)
    c.log_batch(s.logged, metrics=[Metric("f1", 0.25, 8, 1, model_id=m.model_id)])
    c.set_logged_model_tags(m.model_id, {"x": "y"})
    c.delete_logged_model_tag(m.model_id, "a")
    out["no tag"] = refused(c.delete_logged_model_tag, m.model_id, "a")
    out["ready"] = _model(c.finalize_logged_model(m.model_id, "READY"))
    out["got"] = _model(c.get_logged_model(m.model_id))
    mlflow.initialize_logged_model(name="second", experiment_id=e)
    external = mlflow.create_external_model(name="outside", experiment_id=e, params={"k": "v"})
    out["external"] = _model(external)
    out["name"] = refused(c.create_logged_model, e, name="a/b")

    def found(text=None, **more):
        return [x.name for x in c.search_logged_models([e], filter_string=text, **more)]
    out["search"] = [sorted(found()), found("name = 'made'"), found("metrics.acc > 0.4 AND name = 'made'"),
                     found("params.k = 'v'"), found("tags.x = 'y'"), found("name LIKE 'o%'"),
                     found(f"source_run_id = '{s.logged}' AND name = 'made'"),
                     found(order_by=[{"field_name": "name", "ascending": False}]),
                     found(order_by=[{"field_name": "metrics.f1"}, {"field_name": "name"}]),
                     refused(found, "nix = 'x'"), refused(found, "name = 'x' OR name = 'y'")]
    page = c.search_logged_models([e], max_results=2, order_by=[{"field_name": "name"}])
    out["pages"] = [[x.name for x in page], [x.name for x in c.search_logged_models(
        [e], max_results=2, order_by=[{"field_name": "name"}], page_token=page.token)]]
    c.delete_logged_model(external.model_id)
    out["deleted"] = refused(c.get_logged_model, external.model_id)
    out["run"] = s.run(s.logged)
    out["run"]["tags"].pop("mlflow.log-model.history", None)
    return out


def registry(s):
    model, x = _trained()
    c, name = s.client, s.name("model")
    with mlflow.start_run(run_name="registering"):
        _log("model", model, registered_model_name=name)
    second = mlflow.register_model(f"runs:/{s.logged}/model", name, tags={"from": "run"})
    third = c.create_model_version(name, "s3://bucket/model", description="far away", run_link="http://l")
    c.set_registered_model_alias(name, "champ", "1")
    c.set_registered_model_alias(name, "Champ", "2")
    c.set_registered_model_alias(name, "gone", "2")
    c.delete_registered_model_alias(name, "gone")
    c.set_registered_model_tag(name, "k", "v")
    c.set_registered_model_tag(name, "drop", "v")
    c.delete_registered_model_tag(name, "drop")
    c.set_model_version_tag(name, "2", "k", "w")
    c.set_model_version_tag(name, "2", "drop", "w")
    c.delete_model_version_tag(name, "2", "drop")
    c.update_model_version(name, "1", "the first")
    c.update_registered_model(name, "of wine ✓")
    c.transition_model_version_stage(name, "1", "staging")
    c.transition_model_version_stage(name, "2", "Production")
    c.transition_model_version_stage(name, "3", "Production", archive_existing_versions=True)
    out = {"second": version(second), "third": version(third),
           "versions": [version(c.get_model_version(name, str(n))) for n in (1, 2, 3)],
           "registered": registered(c.get_registered_model(name)),
           "alias": version(c.get_model_version_by_alias(name, "champ")),
           "latest": [version(v) for v in c.get_latest_versions(name, ["Production"])],
           "uri": [c.get_model_version_download_uri(name, n) for n in ("1", "2", "3")],
           "stages": c.get_model_version_stages(name, "1")}
    uris = [f"models:/{name}/1", f"models:/{name}/2", f"models:/{name}@champ", f"models:/{name}/Staging"]
    out["loaded"] = [list(map(int, mlflow.sklearn.load_model(u).predict(x))) for u in uris]
    c.delete_model_version(name, "3")
    out["after 3"] = [refused(c.get_model_version, name, "3"), registered(c.get_registered_model(name))]
    out["latest loaded"] = list(map(int, mlflow.sklearn.load_model(f"models:/{name}/latest").predict(x)))
    out["fourth"] = c.create_model_version(name, "s3://bucket/other").version
    return out


def registry_searches(s):
    c, name = s.client, s.name("model")
    for i in range(5):
        c.create_registered_model(s.name(f"m{i}"), tags={"n": str(i)}, description=f"number {i}")
        c.create_model_version(s.name(f"m{i}"), f"s3://b/{i}", tags={"n": str(i)})

    def models(text, **more):
        return [m.name for m in c.search_registered_models(text, **more)]

    def versions(text, **more):
        return [(v.name, str(v.version)) for v in c.search_model_versions(text, **more)]
    like = f"name LIKE '{s.prefix}%'"
    page = c.search_registered_models(like, max_results=4)
    return {
        "models": [models(like), models(f"name = '{name}'"), models(like + " AND tags.n = '3'"), models(f"name ILIKE '{s.prefix.upper()} M1'"),
                   models(like, order_by=["name DESC"]), models(f"name = '{s.name('none')}'"),
                   [m.name for m in page], models(like, max_results=4, page_token=page.token)],
        "versions": [sorted(versions(f"name = '{name}'")), versions(f"name = '{name}'", order_by=["version_number ASC"]),
                     versions(f"run_id = '{s.logged}'"), versions(like + " AND tags.n != '3'", order_by=["name ASC"]),
                     versions(f"name = '{name}' AND version_number > 1", order_by=["version_number DESC"]),
                     versions("source_path = 's3://b/2' AND " + like)],
        "bad": [refused(models, "nix = 'x'"), refused(versions, "current_stage = 'None'"), refused(models, "name > 'x'"),
                refused(models, like, order_by=["nix"]), refused(models, like, max_results=1001)]}


def registry_errors(s):
    c, name = s.client, s.name("model")
    out = {"exists": refused(c.create_registered_model, name),
           "unknown": refused(c.get_registered_model, s.name("none")),
           "name": [refused(c.create_registered_model, n) for n in ("", " ", "a/b", "a:b")],
           "version": [refused(c.get_model_version, name, n) for n in ("99", "abc")],
           "of unknown": refused(c.create_model_version, s.name("none"), "s3://b"),
           "stage": refused(c.transition_model_version_stage, name, "1", "Best"),
           "no alias": refused(c.get_model_version_by_alias, name, "none"),
           "alias": [refused(c.set_registered_model_alias, name, a, v) for a, v in (
               ("latest", "1"), ("v1", "1"), ("a b", "1"), ("", "1"), ("ok", "99"))],
           "local source": refused(c.create_model_version, name, "/etc"),
           "load": refused(mlflow.sklearn.load_model, f"models:/{name}/98"),
           "load alias": refused(mlflow.sklearn.load_model, f"models:/{name}@none")}
    c.rename_registered_model(name, s.name("moved"))
    out["renamed"] = [registered(c.get_registered_model(s.name("moved"))), refused(c.get_registered_model, name),
                      refused(c.rename_registered_model, s.name("moved"), s.name("m1"))]
    c.delete_registered_model(s.name("moved"))
    out["deleted"] = [refused(c.get_registered_model, s.name("moved")), refused(c.delete_registered_model, s.name("moved")),
                      [v.name for v in c.search_model_versions(f"name = '{s.name('moved')}'")]]
    return out


STEPS = [autolog, logged, models_of_3, registry, registry_searches, registry_errors]
