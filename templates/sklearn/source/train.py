"""Learn to tell the kinds apart; writes model.joblib and metrics.json."""
import argparse
import json
import os

from table import joblib, read
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split


def log(metrics):
    """Into the run that mlp started, where mlflow is installed."""
    try:
        import mlflow
    except ImportError:
        return
    if os.environ.get("MLFLOW_RUN_ID"):
        with mlflow.start_run():
            mlflow.log_metrics(metrics)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", required=True, help="table to learn from")
    parser.add_argument("--trees", type=int, default=50, help="size of the forest")
    parser.add_argument("--test-share", type=float, default=0.25, help="part kept for testing")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers")
    parser.add_argument("--output", default="output", help="directory to write to")
    args = parser.parse_args()

    rows, kinds = read(args.data)
    train_x, test_x, train_y, test_y = train_test_split(
        rows, kinds, test_size=args.test_share, random_state=args.seed, stratify=kinds)
    model = RandomForestClassifier(n_estimators=args.trees, random_state=args.seed)
    model.fit(train_x, train_y)
    metrics = {"train_accuracy": model.score(train_x, train_y),
               "test_accuracy": model.score(test_x, test_y)}

    os.makedirs(args.output, exist_ok=True)
    joblib.dump(model, os.path.join(args.output, "model.joblib"))
    with open(os.path.join(args.output, "metrics.json"), "w", encoding="utf-8") as file:
        json.dump(metrics, file, indent=1)
    for name, value in metrics.items():
        print(f"{name} {value:.3f}")
    log(metrics)


if __name__ == "__main__":
    main()
