"""Estimate pi from random points, with nothing but Python's own library."""
import argparse
import json
import platform
import random


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--samples", type=int, default=200000, help="points")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers")
    parser.add_argument("--out", default="pi.json", help="file to write")
    args = parser.parse_args()

    rng = random.Random(args.seed)
    inside = sum(rng.random() ** 2 + rng.random() ** 2 <= 1 for _ in range(args.samples))
    pi = 4 * inside / args.samples
    with open(args.out, "w", encoding="utf-8") as file:
        json.dump({"pi": pi, "samples": args.samples}, file)
    print(f"pi is about {pi:.3f} (Python {platform.python_version()}); see {args.out}")


if __name__ == "__main__":
    main()
