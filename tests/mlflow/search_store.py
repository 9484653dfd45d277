# SPDX-License-Identifier: MIT
"""search_store.py FILE -- a tracking database with what makes searches hard: runs with
values that are missing, equal, NaN or odd, and models of both kinds.  MLflow makes the
tables; the rows are the same every time."""
import random
import sqlite3
import sys
import uuid

KEYS = ["lr", "a b", "it's", 'say "so"', "x.y.z", "é", "a/b", "a-b", "a:b", "order", "1a",
        "Mixed", "_u", "key", "und_er", "%", "日本"]
TEXTS = ["", "a", "A", "b", "ab", "aB", "a%b", "a_b", "a*b", "[ab]", "?", "é", "É", "it's",
         'say "so"', "1", "0.5", "10", "true", "NULL", "日本", "a\\b", "a b", "zz", "~", "\U0001f600"]
NUMBERS = [0.0, 1.0, -1.0, 0.5, 0.25, 1e-9, 1e300, -2.5, 10.0, 2.0, 3.0,
           1.7976931348623157e308, -1.7976931348623157e308]
TIMES = [None, 0, 1, 1000, 1000, 1700000000000, 1700000000001, 1700000000002, -5]
CONTEXTS = ["train", "Test", "", "it's"]


def hex32(r):
    return uuid.UUID(int=r.getrandbits(128), version=4).hex


def some(r, choices, least, most):
    return r.sample(choices, r.randint(least, most))


def experiments(db, r):
    for i in range(1, 41):
        name = f"exp {i}" if i % 3 else f"Exp_{i}%{r.choice(TEXTS)}"
        stage = "deleted" if i % 7 == 0 else "active"
        db.execute("INSERT INTO experiments (experiment_id, name, artifact_location,"
                   " lifecycle_stage, creation_time, last_update_time) VALUES (?,?,?,?,?,?)",
                   (i, name, f"/x/{i}", stage, r.choice(TIMES), r.choice(TIMES)))
        for key in some(r, KEYS, 0, 6):
            db.execute("INSERT INTO experiment_tags (key, value, experiment_id)"
                       " VALUES (?,?,?)", (key, r.choice(TEXTS), i))


def datasets(db, r):
    for i, name in enumerate(["wine", "Wine", "a b", "it's"]):
        for experiment in (1, 2):
            db.execute("INSERT INTO datasets (dataset_uuid, experiment_id, name, digest,"
                       " dataset_source_type, dataset_source) VALUES (?,?,?,?,?,?)",
                       (f"d{i}e{experiment}", experiment, name, f"D{i % 2}", "local", "x"))


def run(db, r, experiment):
    run_id = hex32(r)
    name = r.choice([None, "", "r", "R", "it's", "fox-1", "fox_2", "é"])
    db.execute(
        "INSERT INTO runs (run_uuid, name, source_type, user_id, status, start_time,"
        " end_time, lifecycle_stage, artifact_uri, experiment_id)"
        " VALUES (?,?,'UNKNOWN',?,?,?,?,?,?,?)",
        (run_id, name, r.choice([None, "", "ann", "Bob", "é"]),
         r.choice(["RUNNING", "FINISHED", "FAILED", "KILLED"]), r.choice(TIMES),
         r.choice(TIMES), "deleted" if r.random() < 0.1 else "active",
         r.choice(["/x/a", "/X/b", "s3://b/c"]), experiment))
    if name is not None and r.random() < 0.9:
        db.execute("INSERT INTO tags (key, value, run_uuid) VALUES ('mlflow.runName',?,?)",
                   (name, run_id))
    for key in some(r, KEYS, 0, 10):
        db.execute("INSERT INTO tags (key, value, run_uuid) VALUES (?,?,?)",
                   (key, r.choice(TEXTS + [None]), run_id))
    for key in some(r, KEYS, 0, 10):
        db.execute("INSERT INTO params (key, value, run_uuid) VALUES (?,?,?)",
                   (key, r.choice(TEXTS), run_id))
    for key in some(r, KEYS, 0, 12):
        nan = r.random() < 0.15
        db.execute("INSERT INTO latest_metrics (key, value, timestamp, step, is_nan,"
                   " run_uuid) VALUES (?,?,1,0,?,?)",
                   (key, 0.0 if nan else r.choice(NUMBERS), nan, run_id))
    if experiment in (1, 2):
        for i in some(r, range(4), 0, 2):
            edge = hex32(r)
            db.execute("INSERT INTO inputs (input_uuid, source_type, source_id,"
                       " destination_type, destination_id) VALUES (?,'DATASET',?,'RUN',?)",
                       (edge, f"d{i}e{experiment}", run_id))
            if r.random() < 0.8:
                db.execute("INSERT INTO input_tags (input_uuid, name, value)"
                           " VALUES (?,'mlflow.data.context',?)", (edge, r.choice(CONTEXTS)))
    return run_id


def registry(db, r, run_ids):
    for i in range(60):
        name = f"{r.choice(['m', 'M', 'é', 'a b', 'x%', 'prompt'])}{i}"
        prompt = name.startswith("prompt")
        db.execute("INSERT INTO registered_models (name, creation_time, last_updated_time,"
                   " description) VALUES (?,?,?,NULL)", (name, i, r.choice(TIMES)))
        for key in some(r, KEYS, 0, 5):
            db.execute("INSERT INTO registered_model_tags (key, value, name)"
                       " VALUES (?,?,?)", (key, r.choice(TEXTS), name))
        if prompt:
            db.execute("INSERT INTO registered_model_tags (key, value, name)"
                       " VALUES ('mlflow.prompt.is_prompt','true',?)", (name,))
        for version in range(1, r.randint(1, 5)):
            db.execute(
                "INSERT INTO model_versions (name, version, creation_time,"
                " last_updated_time, current_stage, source, run_id, status)"
                " VALUES (?,?,?,?,?,?,?,'READY')",
                (name, version, r.choice(TIMES), r.choice(TIMES),
                 r.choice(["None", "None", "Staging", "Deleted_Internal"]),
                 f"/x/{r.choice(TEXTS)}", r.choice([None, "", *run_ids[:3]])))
            for key in some(r, KEYS, 0, 4):
                db.execute("INSERT INTO model_version_tags (key, value, name, version)"
                           " VALUES (?,?,?,?)", (key, r.choice(TEXTS), name, version))
            if prompt:
                db.execute("INSERT INTO model_version_tags (key, value, name, version)"
                           " VALUES ('mlflow.prompt.is_prompt','true',?,?)", (name, version))


def logged_models(db, r, run_ids):
    for i in range(150):
        model_id, experiment = f"m-{hex32(r)}", r.choice([1, 1, 2])
        db.execute(
            "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location,"
            " creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage,"
            " model_type, source_run_id) VALUES (?,?,?,?,?,?,?,?,?,?)",
            (model_id, experiment, r.choice(["model", "Model", "m_1", "é"]), f"/x/{i}",
             r.choice(TIMES[1:]), r.choice(TIMES[1:]), r.choice([1, 2, 3]),
             "deleted" if r.random() < 0.1 else "active", r.choice([None, "", "T", "t"]),
             r.choice([None, *run_ids[:4]])))
        for key in some(r, KEYS, 0, 5):
            db.execute("INSERT INTO logged_model_params VALUES (?,?,?,?)",
                       (model_id, experiment, key, r.choice(TEXTS)))
        for key in some(r, KEYS, 0, 5):
            db.execute("INSERT INTO logged_model_tags VALUES (?,?,?,?)",
                       (model_id, experiment, key, r.choice(TEXTS)))
        for key in some(r, KEYS, 0, 6):
            for step in range(r.randint(1, 3)):
                digest = r.choice([None, "D0", "D1"])
                db.execute(
                    "INSERT INTO logged_model_metrics (model_id, metric_name,"
                    " metric_timestamp_ms, metric_step, metric_value, experiment_id, run_id,"
                    " dataset_name, dataset_digest) VALUES (?,?,?,?,?,?,?,?,?)",
                    (model_id, key, r.choice([1, 2]), step, r.choice(NUMBERS + [None]),
                     experiment, run_ids[0], digest and r.choice(["wine", "a b"]), digest))


def fill(path):
    r = random.Random(5)
    db = sqlite3.connect(path)
    experiments(db, r)
    datasets(db, r)
    run_ids = [run(db, r, 1 if i < 400 else 2 if i < 480 else 3) for i in range(500)]
    registry(db, r, run_ids)
    logged_models(db, r, run_ids)
    db.commit()
    db.close()


if __name__ == "__main__":
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    SqlAlchemyStore(f"sqlite:///{sys.argv[1]}", "/x")
    fill(sys.argv[1])
