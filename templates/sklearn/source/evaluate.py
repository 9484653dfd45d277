"""How well the model of the last training tells the kinds of a table apart."""
import argparse
import os
import sys

from table import joblib, read
from sklearn.metrics import classification_report


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="table with known kinds")
    parser.add_argument("--output", default="output", help="where the model is")
    args = parser.parse_args()

    path = os.path.join(args.output, "model.joblib")
    if not os.path.exists(path):
        sys.exit(f"there is no model at {path}: train one first, with mlp run .")
    rows, kinds = read(args.data)
    print(classification_report(kinds, joblib.load(path).predict(rows)))


if __name__ == "__main__":
    main()
