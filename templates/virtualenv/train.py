"""Fit a line to points that were drawn from one, and show how it went as a table."""
import argparse
import random

from tabulate import tabulate


def points(seed, count=100):
    rng = random.Random(seed)
    for _ in range(count):
        x = rng.uniform(-1, 1)
        yield x, 3 * x + 2 + rng.gauss(0, 0.1)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--epochs", type=int, default=20, help="passes over the data")
    parser.add_argument("--lr", type=float, default=0.5, help="learning rate")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers")
    args = parser.parse_args()

    data = list(points(args.seed))
    slope = offset = 0.0
    rows = []
    for epoch in range(1, args.epochs + 1):
        errors = [(slope * x + offset - y, x) for x, y in data]
        slope -= args.lr * sum(e * x for e, x in errors) / len(data)
        offset -= args.lr * sum(e for e, _ in errors) / len(data)
        rows.append((epoch, sum(e * e for e, _ in errors) / len(data), slope, offset))
    print(tabulate(rows, headers=["epoch", "loss", "slope", "offset"], floatfmt=".4f"))


if __name__ == "__main__":
    main()
