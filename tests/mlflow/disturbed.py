# SPDX-License-Identifier: MIT
"""Training scripts that are disturbed, as the command of a run.

disturbed.py first          a short one, of several that start at once
disturbed.py killed STOP    logs until the file STOP is there; the file "steps" has a byte for
                            each step that is done
disturbed.py full DIR       the file system of DIR, which has the store, is full for a while
"""
import os
import sys
import threading
import time

import mlflow
from mlflow.entities import Metric, Param


def first():
    with mlflow.start_run():
        mlflow.log_param("pid", os.getpid())
        for step in range(20):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({f"m{i}": i for i in range(50)})
        with mlflow.start_run(nested=True, run_name="inner"):
            mlflow.log_param("of", os.getpid())
        mlflow.set_tag("version", mlflow.__version__)
        mlflow.log_text("text", "a/b.txt")


def killed(stop):
    client = mlflow.MlflowClient()
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 0, step=0)
        steps = open("steps", "wb", buffering=0)
        step = 0
        while not os.path.exists(stop):
            step += 1
            mlflow.log_metric("loss", step, step=step)
            client.log_batch(run.info.run_id, metrics=[Metric(f"b{i}", step, step, step) for i in range(5)])
            client.set_tag(run.info.run_id, "step", step)
            client.delete_tag(run.info.run_id, "step")
            if step % 5 == 0:
                with mlflow.start_run(nested=True, run_name=f"child {step}"):
                    mlflow.log_param("step", step)
            steps.write(b".")
    with open("logged", "w") as f:
        print(step, step // 5, file=f)


def fill(path):
    with open(path, "wb", buffering=0) as f:
        for size in 65536, 512, 1:
            try:
                while True:
                    f.write(b"x" * size)
            except OSError:
                pass


def full(directory):
    filler = os.path.join(directory, "filler")
    client = mlflow.MlflowClient()
    with mlflow.start_run() as run:
        run_id = run.info.run_id
        mlflow.log_metric("loss", 1.0, step=0)
        tries, failed = os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"], []
        os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"
        fill(filler)
        for step in range(1, 200):  # until what room there is in the files themselves is used up
            try:
                client.log_batch(run_id, metrics=[Metric("batch", i, step, i) for i in range(500)],
                                 params=[Param(f"p{step}", "x" * 500)])
            except Exception as e:
                failed = [step, str(e)]
                break
        assert failed, "the file system was never full"
        print("refused:", failed[1], flush=True)
        got = client.get_run(run_id).data
        assert f"p{failed[0]}" not in got.params, "half of a batch was recorded"
        # room again, while a client is trying
        os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "5"
        again = threading.Thread(target=client.log_metric, args=(run_id, "again", 7.0), kwargs={"step": 7})
        again.start()
        time.sleep(0.5)
        os.unlink(filler)
        again.join()
        client.log_batch(run_id, metrics=[Metric("batch", i, failed[0], i) for i in range(500)],
                         params=[Param(f"p{failed[0]}", "x" * 500)])
        os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = tries
        mlflow.log_metric("batches", failed[0])


globals()[sys.argv[1]](*sys.argv[2:])
