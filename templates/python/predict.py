"""What the model says for one value."""
import argparse
import json


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="file that train.py wrote")
    parser.add_argument("x", type=float)
    args = parser.parse_args()

    with open(args.model, encoding="utf-8") as file:
        model = json.load(file)
    print(f"{model['slope'] * args.x + model['offset']:.3f}")


if __name__ == "__main__":
    main()
