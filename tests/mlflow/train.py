# SPDX-License-Identifier: MIT
"""A training script as people write it: it knows nothing of who started it."""
import math
import os
import sys

import mlflow

with mlflow.start_run() as run:
    assert run.info.run_id == sys.argv[2], "a run of its own was started"
    assert os.environ.get("MLFLOW_RUN_ID", sys.argv[2]) == sys.argv[2]
    mlflow.log_param("from_script", "it's \"quoted\"")
    for step in range(3):
        mlflow.log_metric("loss", float(sys.argv[1]) / (step + 1), step=step)
    mlflow.log_metric("odd", math.nan)
    mlflow.set_tag("script", "ja ✓")
    mlflow.log_text("weights", "model/w.txt")
