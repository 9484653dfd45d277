# SPDX-License-Identifier: MIT
"""shape.py OURS THEIRS: do two databases have the same tables, columns, keys, indexes and
checks?  Ours has one index more."""
import re
import sqlite3
import sys


def indexes(db, table):
    for _, name, unique, origin, partial in db.execute(f'PRAGMA index_list("{table}")'):
        columns = tuple(r[2] for r in db.execute(f'PRAGMA index_info("{name}")'))
        yield ("" if name.startswith("sqlite_autoindex") else name, unique, origin,
               partial, columns)


def constraints(sql):
    """Names and kinds, and the text of every check, however the statement is set out."""
    sql = re.sub(r"\s+", " ", sql).replace(" (", "(").replace("FOREIGN KEY (", "FOREIGN KEY(")
    named = re.findall(r"CONSTRAINT (\w+) (PRIMARY KEY|CHECK|FOREIGN KEY|UNIQUE)", sql)
    checks = re.findall(r"CHECK ?\((\w+ IN ?\([^)]*\))\)", sql)
    unnamed = len(re.findall(r"CHECK ?\(|FOREIGN KEY ?\(|UNIQUE ?\(", sql)) - sum(
        kind != "PRIMARY KEY" for _, kind in named)
    return sorted(named), sorted(c.replace(" ", "") for c in checks), unnamed


def shape(path):
    db = sqlite3.connect(path)
    out = {}
    tables = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    for table, sql in tables.fetchall():
        out[table, "columns"] = sorted(
            r[1:] for r in db.execute(f'PRAGMA table_info("{table}")'))
        out[table, "indexes"] = sorted(indexes(db, table))
        out[table, "foreign keys"] = sorted(
            r[1:] for r in db.execute(f'PRAGMA foreign_key_list("{table}")'))
        out[table, "constraints"] = constraints(sql)
    out["file"] = [db.execute(f"PRAGMA {p}").fetchone() for p in
                   ("page_size", "encoding", "user_version", "auto_vacuum")]
    out["others"] = db.execute(
        "SELECT type, name FROM sqlite_master WHERE type NOT IN ('table', 'index')").fetchall()
    out["revision"] = db.execute("SELECT version_num FROM alembic_version").fetchall()
    return out


OURS = "index_runs_experiment_id_lifecycle_stage_start_time"
a, b = (shape(p) for p in sys.argv[1:])
runs = a["runs", "indexes"]
a["runs", "indexes"] = [i for i in runs if i[0] != OURS]
assert len(a["runs", "indexes"]) == len(runs) - 1, "our own index is missing"
different = [k for k in sorted(set(a) | set(b), key=str) if a.get(k) != b.get(k)]
for k in different:
    print(f"{k}:\n  {a.get(k)}\n  {b.get(k)}")
assert len(a) > 80, "nothing was compared"
sys.exit(bool(different))
