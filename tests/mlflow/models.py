# SPDX-License-Identifier: MIT
"""What a client does with datasets, models and the registry, and what it then sees.

models.py work URI NAME       log, register, load, alias, stage, tag, delete; all under NAME
models.py show URI NAME       everything about that as JSON, the same for any client
"""
import json
import sys
import warnings

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

MLFLOW_3 = int(mlflow.__version__.split(".")[0]) >= 3


class Add(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [x + 1 for x in model_input]


def works(uri):
    got = mlflow.pyfunc.load_model(uri).predict([1, 2])
    assert list(got) == [2, 3], (uri, got)


def refused(code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except MlflowException as e:
        assert e.error_code == code, (e.error_code, e)
        return
    raise AssertionError(f"{call} {args} was not refused")


def log_model(name):
    """A run with a dataset and a model that is registered at once; the run's id."""
    with mlflow.start_run(run_name=f"run of {name}") as run:
        data = mlflow.data.from_numpy(__import__("numpy").arange(6), name=f"data of {name}")
        mlflow.log_input(data, context="training")
        mlflow.log_input(data, context="ignored: it is there already")
        mlflow.pyfunc.log_model(
            "model", python_model=Add(), pip_requirements=[], registered_model_name=name
        )
    return run.info.run_id


def use_logged_model(client, name, run_id):
    """What only MLflow 3 knows."""
    (output,) = client.get_run(run_id).outputs.model_outputs
    model = client.get_logged_model(output.model_id)
    assert model.name == "model" and model.source_run_id == run_id, model
    works(f"models:/{model.model_id}")
    mlflow.register_model(f"models:/{model.model_id}", name)
    client.set_logged_model_tags(model.model_id, {"team": "ü", "gone": "1"})
    client.delete_logged_model_tag(model.model_id, "gone")
    with mlflow.start_run(run_id=run_id):
        mlflow.log_metric("acc", 0.5, step=1, model_id=model.model_id)
        mlflow.log_metrics({"acc": 0.75, "loss": 2.0}, step=2, model_id=model.model_id)
    other = mlflow.initialize_logged_model(name="other", params={"a": "1"}, tags={"t": "2"})
    client.log_model_params(other.model_id, {"b": "2"})
    mlflow.finalize_logged_model(other.model_id, "FAILED")
    gone = mlflow.initialize_logged_model(name="gone")
    client.delete_logged_model(gone.model_id)
    refused("RESOURCE_DOES_NOT_EXIST", client.get_logged_model, gone.model_id)
    names = [m.name for m in mlflow.search_logged_models(output_format="list")]
    assert sorted(names) == ["model", "other"], names


def use_registry(client, name, run_id):
    version = mlflow.register_model(f"runs:/{run_id}/model", name).version
    for uri in (f"{name}/1", f"{name}/{version}", f"{name}/latest"):
        works(f"models:/{uri}")
    client.set_registered_model_alias(name, "champ", "1")
    client.set_registered_model_alias(name, "old", "1")
    client.delete_registered_model_alias(name, "old")
    works(f"models:/{name}@champ")
    client.update_registered_model(name, "what it is for")
    client.set_registered_model_tag(name, "team", "ü 'x'")
    client.set_registered_model_tag(name, "gone", "1")
    client.delete_registered_model_tag(name, "gone")
    client.update_model_version(name, "1", "the first")
    client.set_model_version_tag(name, "1", "checked", "yes")
    client.transition_model_version_stage(name, "1", "production")
    client.transition_model_version_stage(
        name, version, "Production", archive_existing_versions=True
    )
    works(f"models:/{name}/production")
    assert client.get_model_version(name, "1").current_stage == "Archived"
    last = client.create_model_version(name, "s3://elsewhere/m", tags={"a": "b"}).version
    client.delete_model_version(name, last)
    refused("RESOURCE_DOES_NOT_EXIST", client.get_model_version, name, last)


def use_wrongly(client, name, run_id):
    refused("RESOURCE_ALREADY_EXISTS", client.create_registered_model, name)
    refused("INVALID_PARAMETER_VALUE", client.create_registered_model, "a/b")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, "no such model")
    refused("INVALID_PARAMETER_VALUE", client.get_model_version_by_alias, name, "no")
    refused("INVALID_PARAMETER_VALUE", client.create_model_version, name, "/etc", run_id)
    refused("INVALID_PARAMETER_VALUE", client.create_model_version, name, "/etc")
    refused("INVALID_PARAMETER_VALUE", client.transition_model_version_stage, name, "1", "x")
    client.create_registered_model(f"{name} other", {"k": "v"}, "d")
    client.rename_registered_model(f"{name} other", f"{name} renamed")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, f"{name} other")
    client.delete_registered_model(f"{name} renamed")


def work(client, name):
    mlflow.set_experiment(f"experiment of {name}")
    run_id = log_model(name)
    works(f"runs:/{run_id}/model")
    if MLFLOW_3:
        use_logged_model(client, name, run_id)
    use_registry(client, name, run_id)
    use_wrongly(client, name, run_id)


def plain(entity):
    """The attributes of an MLflow entity; what only newer versions have is left out, and so is
    what REST cannot tell apart: a number and its text, nothing and empty text."""
    new = {"deployment_job_id", "deployment_job_state", "workspace", "metrics", "params", "model_id"}
    return {k: text(v) for k, v in sorted(dict(entity).items()) if k not in new}


def text(value):
    if isinstance(value, dict):
        return {k: text(v) for k, v in value.items()}
    return "" if value is None else str(value)


def show_run(client, run):
    return {
        "inputs": [
            [sorted((t.key, t.value) for t in i.tags), plain(i.dataset)]
            for i in run.inputs.dataset_inputs
        ],
        "outputs": sorted((o.model_id, o.step) for o in run.outputs.model_outputs),
        "models": [i.model_id for i in run.inputs.model_inputs],
    }


def show_logged_model(model):
    shown = {k: text(v) for k, v in model.to_dictionary().items() if k != "metrics"}
    shown["metrics"] = sorted(
        (m.key, m.value, m.step, m.timestamp, m.run_id) for m in model.metrics or []
    )
    return shown


def show(client, name):
    """With a client of MLflow 3."""
    experiment = client.get_experiment_by_name(f"experiment of {name}").experiment_id
    runs = [client.get_run(r.info.run_id) for r in client.search_runs([experiment])]
    models = client.search_logged_models([experiment], max_results=100)
    model = client.get_registered_model(name)
    shown = plain(model)
    shown.pop("latest_versions")
    versions = client.search_model_versions(f"name = '{name}'", order_by=["version_number"])
    return {
        "runs": [show_run(client, r) for r in runs],
        "logged": sorted(map(show_logged_model, models), key=lambda m: m["model_id"]),
        "registered": shown,
        "latest": sorted(str(v.version) for v in model.latest_versions),
        "versions": [plain(client.get_model_version(name, v.version)) for v in versions],
        "downloads": [client.get_model_version_download_uri(name, v.version) for v in versions],
    }


def main():
    warnings.simplefilter("ignore")
    verb, uri, name = sys.argv[1:]
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = MlflowClient()
    if verb == "work":
        work(client, name)
    else:
        print(json.dumps(show(client, name), indent=1, sort_keys=True))


main()
