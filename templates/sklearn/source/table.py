"""The data, and what is needed to learn from it."""
import csv
import sys

try:
    import joblib
    import sklearn
except ImportError as error:
    sys.exit(f"this project needs scikit-learn ({error}): "
             "pip install -r requirements.txt, or run it in an environment that has it")

__all__ = ["joblib", "read", "sklearn"]


def read(path):
    """The rows as numbers, and what stands in the last column."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    if not rows:
        sys.exit(f"{path} has no rows")
    return [[float(v) for v in row[:-1]] for row in rows], [row[-1] for row in rows]
