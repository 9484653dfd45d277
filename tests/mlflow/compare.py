# SPDX-License-Identifier: MIT
"""compare.py DIFFERENCES CLIENT WHERE THEIRS OURS -- what a session (session.py)
was told by MLflow's server and by mlp, field by field.

Each difference has to be in the list DIFFERENCES, and each in the list has to be there:

    FIELD  CLIENTS  WHERES     the clients (versions) and places, with commas; or *
      mlflow: VALUE            as JSON; "-": none; without this line: anything
      mlp:    VALUE            likewise
      why:    REASON

A FIELD that ends in * stands for all that begin so.  What is missing in the list is printed
in its form.
"""
import json
import re
import sys


def fields(value, at):
    if isinstance(value, dict) and value:
        for k, v in value.items():
            yield from fields(v, f"{at}.{k}")
    elif isinstance(value, list) and value:
        yield f"{at}.length", len(value)
        for i, v in enumerate(value):
            yield from fields(v, f"{at}[{i}]")
    else:
        yield at, value


def read(path):
    out = {}
    with open(path) as f:
        for line in f:
            said = json.loads(line)
            out.update(fields(said["value"], said["step"]))
    return out


def listed(path, client, where):
    """{field: (theirs, ours)} of the entries that are meant here."""
    out, texts = {}, {}
    with open(path) as f:
        blocks = re.split(r"\n{2,}", re.sub(r"(?m)^#.*\n?", "", f.read()).strip())
    for block in filter(None, blocks):
        head, *rest = block.split("\n")
        field, clients, wheres = re.split(r" {2,}", head)
        said = dict(re.split(r": +", line.strip(), maxsplit=1) for line in rest)
        if not said.get("why"):
            sys.exit(f"{path}: no reason for {field}")
        if all(asked in ("*", *given.split(",")) or given == "*"
               for asked, given in ((client, clients), (where, wheres))):
            out[field] = (said.get("mlflow"), said.get("mlp"))
    return out


def shown(value):
    return "-" if value is NOTHING else json.dumps(value, ensure_ascii=False)


NOTHING = object()


def main():
    path, client, where, theirs, ours = sys.argv[1:6]
    a, b = read(theirs), read(ours)
    known, used, bad = listed(path, client, where), set(), 0
    raised = [f for f in a if f.endswith("the step raised")]
    for f in raised:
        print(f"MLflow's own server: {f}: {a[f]}")
    if len(a) < 100:
        print(f"only {len(a)} fields to compare")
        bad += 1
    for f in [*a, *(f for f in b if f not in a)]:
        x, y = (shown(side.get(f, NOTHING)) for side in (a, b))
        if x == y:
            continue
        meant = {k for k, (theirs, ours) in known.items()
                 if (k == f or (k[-1] == "*" and f.startswith(k[:-1])))
                 and theirs in (None, x) and ours in (None, y)}
        used |= meant
        if meant:
            continue
        bad += 1
        print(f"{f}  {client}  {where}\n  mlflow: {x}\n  mlp:    {y}\n  why:    \n")
    for f in known:
        if f not in used:
            bad += 1
            print(f"listed, but not there any more: {f}  {client}  {where}")
    sys.exit(bool(bad or raised))


main()
