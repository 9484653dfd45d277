# SPDX-License-Identifier: MIT
"""search_compare.py FILE URL COUNT -- generated searches, asked of MLflow's own store on
FILE and of the server at URL: the same ids in the same order, page by page; what one
refuses the other refuses, where the text is fixed in the same words.  COUNT for runs, a
sixth of it for each of the others."""
import http.client
import json
import random
import re
import sys
import urllib.parse
from collections import defaultdict

from mlflow.entities import Run, RunInfo, RunData, ViewType
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Registry
from mlflow.store.tracking.dbmodels.models import SqlRun
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from search_store import CONTEXTS, KEYS, NUMBERS, TEXTS, TIMES

PLAIN = [k for k in KEYS if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*|1a|é|日本", k)]
PATTERNS = ["%", "a%", "%b", "_", "a_b", "%B%", "[ab]", "a*", "?", "É%", "é", "%'%", "", "a\\%"]
NUMERIC = [">", ">=", "=", "!=", "<", "<="]


class Lean:
    """MLflow's search, without reading what each run has."""

    def __init__(self):
        SqlAlchemyStore._get_eager_run_query_options = staticmethod(lambda: [])
        SqlAlchemyStore._get_run_inputs = lambda self, session, run_uuids: [[]] * len(run_uuids)
        SqlAlchemyStore._get_model_outputs_bulk = (
            lambda self, run_ids, session: defaultdict(list))
        SqlRun.to_mlflow_entity = lambda self: Run(
            RunInfo(self.run_uuid, "0", "", "RUNNING", 0, None, "active"), RunData())


class Server:
    def __init__(self, url):
        self.http = http.client.HTTPConnection(url.split("//")[1].rstrip("/"))

    def ask(self, method, path, body):
        path = f"/api/2.0/mlflow/{path}"
        body = {k: v for k, v in body.items() if v is not None}
        if method == "GET":
            path += "?" + urllib.parse.urlencode(body, doseq=True)
        self.http.request(method, path, None if method == "GET" else json.dumps(body),
                          {"Content-Type": "application/json"})
        reply = self.http.getresponse()
        text = reply.read()
        return reply.status, json.loads(text)


def quote(r, text):
    quotes = [q for q in "'\"" if q not in text] or ["'"]
    return r.choice(quotes).join(["", text, ""]) if len(quotes) == 1 else (
        lambda q: q + text + q)(r.choice(quotes))


def name(r, key):
    quotes = [q for q in "`\"" if q not in key]
    if key in PLAIN and r.random() < 0.6:
        return key
    q = r.choice(quotes)
    return q + key + q


def odd(r, word):
    return "".join(r.choice([c.lower(), c.upper()]) for c in word)


def compare_text(r, operators):
    op = r.choice(operators)
    if op in ("LIKE", "ILIKE"):
        return f"{odd(r, op)} {quote(r, r.choice(PATTERNS + TEXTS))}"
    if op in ("IN", "NOT IN"):
        texts = [t for t in r.sample(TEXTS, r.randint(1, 4)) if "\\" not in t]
        listed = ", ".join(quote(r, t) for t in texts or ["a"])
        return f"{odd(r, op)} ({listed})"
    if op.startswith("IS"):
        return op if r.random() < 0.5 else op.lower()
    return f"{op}{r.choice(['', ' '])}{quote(r, r.choice(TEXTS))}"


def number(r):
    v = r.choice(NUMBERS + [7])
    return r.choice([repr(v), str(int(v)) if abs(v) < 1e6 else "5e-1", ".25", "1."])


TEXT = ["=", "!=", "LIKE", "ILIKE"]
KEYED = [*TEXT, "IS NULL", "IS NOT NULL"]


def run_clause(r):
    kind = r.choice(["metric", "metric", "param", "tag", "attr", "time", "id", "dataset", "name"])
    if kind == "metric":
        entity = r.choice(["metric", "metrics", "`metrics`"])
        return f"{entity}.{name(r, r.choice(KEYS))} {r.choice(NUMERIC)} {number(r)}"
    if kind == "param":
        entity = r.choice(["param", "params", "parameter", "parameters"])
        return f"{entity}.{name(r, r.choice(KEYS))} {compare_text(r, KEYED)}"
    if kind == "tag":
        key = r.choice([*KEYS, "mlflow.runName"])
        spelled = key if key == "mlflow.runName" else name(r, key)
        return f"{r.choice(['tag', 'tags'])}.{spelled} {compare_text(r, KEYED)}"
    if kind == "time":
        entity = r.choice(["", "attribute.", "attributes.", "attr.", "run."])
        key = r.choice(["start_time", "end_time", "created", "Created"])
        return f"{entity}{key} {r.choice(NUMERIC)} {r.choice(TIMES[1:] + [0.5])}"
    if kind == "id":
        ids = [quote(r, i) for i in r.sample(RUN_IDS, r.randint(1, 30))]
        return f"run_id {r.choice(['IN', 'not in', 'NOT IN'])} ({','.join(ids)})"
    if kind == "dataset":
        key = r.choice(["name", "digest", "context"])
        values = {"name": ["wine", "Wine", "a b", "it's"], "digest": ["D0", "D1", "x"],
                  "context": CONTEXTS}[key]
        op = r.choice([*TEXT, "IN", "NOT IN"])
        if "IN" in op:
            value = "(" + ", ".join(quote(r, v) for v in r.sample(values, 2)) + ")"
        else:
            value = quote(r, r.choice(["%i%", "W%"]) if "LIKE" in op else r.choice(values))
        return f"{r.choice(['dataset', 'datasets'])}.{key} {op} {value}"
    if kind == "name":
        key = r.choice(["run_name", "attributes.run_name", "`run name`", "attr.`Run Name`"])
        return f"{key} {compare_text(r, TEXT)}"
    key = r.choice(["status", "user_id", "artifact_uri"])
    values = ["RUNNING", "FINISHED", "ann", "Bob", "é", "", "/x/a", "/X/b"]
    op = r.choice(TEXT)
    value = r.choice(["%", "R%", "/x/%", "b_b", "É"]) if "LIKE" in op else r.choice(values)
    return f"{r.choice(['', 'attribute.'])}{key} {op} {quote(r, value)}"


BROKEN = [
    "metrics.lr > '1'", "metrics.lr LIKE 'a'", "params.lr = 1", "params.lr > 'a'", "tags.lr = x",
    "tags.lr IN ('a')", "foo.lr = 'a'", "foo = 'a'", "metrics.lr >> 1", "metrics.lr == 1",
    "metrics.lr <> 1", "params.lr = 'a' OR params.lr = 'b'", "NOT params.lr = 'a'",
    "(params.lr = 'a')", "params.lr = 'a', params.lr = 'b'", "params.lr = 'a';",
    "metrics.lr BETWEEN 1 AND 2", " ", "params.lr", "params.lr =", "= 'a'", "AND",
    "params.lr = 'a' AND", "params.lr = 'a' and params.`a b` = 'b", "metrics.a-b > 1",
    "metrics.a/b > 1", "metrics.12 > 1", "metrics.1a > 0", "metrics.12a > 0", "metrics.a > +1",
    "metrics.lr > - 1", "metrics.lr > 0x1", "metrics.lr > 1e400", "start_time > 'a'",
    "start_time LIKE 1", "start_time IN ('a')", "status IN ('RUNNING')", "status > 'a'",
    "run_id IN ()", "run_id IN (1)", "run_id IN ('a', 1)", "run_id IN ('a',)", "run_id IN ('a' 'b')",
    "run_id IN 'a'", "run_id IN ('a'", "dataset.foo = 'a'", "dataset.name > 'a'", "dataset.name = 1",
    "metrics.lr IS NULL", "status IS NULL", "params.lr IS NOT  NULL", "params.lr IS NULL 1",
    "lifecycle_stage = 'active'", "experiment_id = '1'", "'lr' = 'a'", "1 = 1", "params.lr = params.a",
    "params.lr = NULL", "params.lr NOT LIKE 'a'", "params.lr = 'it''s'", "params.lr = 'a\\'s'",
    "params.lr = \"a\\\"s\"", "params . lr = 'a'", "params.lr='a'AND params.lr!='b'",
    "params.lr = 'a' tags.lr = 'a'", "params.lr = 'a' x", "x params.lr = 'a'", "tags.in = 'a'",
    "tags.order = 'a'", "tags.key = 'a'", "Run name = 'a'", "params.lr = `a`", "params.lr ~ 'a'",
    "params.lr = 'a' AND;", "params.lr = 'a'; params.lr = 'b'", "params. = 'a'", ".lr = 'a'",
    "params.lr = 'a' -- x", "é.lr = 'a'", "params.é = 'a'", "params.lr LIKE 1", "params.lr = ('a')",
    "params.lr = 'a'\nAND\tparams.lr != 'b'", "params.lr\u00a0= 'a'", "params.–x = 'a'",
]
BROKEN_ORDERS = [
    "metrics.lr foo", "metrics.lr ASC NULLS LAST", "metrics.lr, params.lr", "dataset.name",
    "foo", "foo.lr", "metrics.lr DESC ", " metrics.lr", "", "metrics", "`Run Name`", "1 DESC",
    "metrics.`a b", "lr DESC DESC", "metrics.lr desc", "attributes.Created aSC", "metrics.a b DESC",
    "experiment_id", "metrics.'a b'", "params.\"it's\" DESC", "params.`say \"so\"`",
]


def run_order(r):
    entity = r.choice(["metric", "metrics", "params", "tags", "attribute", ""])
    if entity in ("attribute", ""):
        key = r.choice(["start_time", "end_time", "run_id", "run_name", "status", "artifact_uri",
                        "user_id", "Created", "created"])
        spelled = f"{entity}.{key}" if entity else key
    else:
        spelled = f"{entity}.{name(r, r.choice([k for k in KEYS if chr(34) not in k]))}"
    return spelled + r.choice(["", " ASC", " DESC", " desc", "  DESC"])


def runs_request(r):
    ask = {"experiment_ids": r.sample(["1", "2", "3", "99"], r.choice([1, 1, 2, 4])),
           "run_view_type": r.choice(["ACTIVE_ONLY", "ACTIVE_ONLY", "DELETED_ONLY", "ALL"])}
    if r.random() < 0.9:
        joint = r.choice([" AND ", " and ", "\nAND "])
        ask["filter"] = joint.join(run_clause(r) for _ in range(r.choice([1, 1, 1, 2, 2, 3])))
    if r.random() < 0.8:
        ask["order_by"] = [run_order(r) for _ in range(r.choice([1, 1, 2, 3]))]
    if r.random() < 0.12:
        ask["filter"] = r.choice(BROKEN)
    if r.random() < 0.06:
        ask = {**ask, "filter": None, "order_by": [r.choice(BROKEN_ORDERS)]}
    return ask


def view(name):
    return ViewType.from_string(name.lower())


def runs_theirs(ask):
    found = TRACKING._search_runs(
        ask["experiment_ids"], ask.get("filter"), view(ask["run_view_type"]),
        50000, ask.get("order_by"), None)[0]
    return [run.info.run_id for run in found]


def experiment_clause(r):
    kind = r.choice(["tag", "tag", "name", "id", "time"])
    if kind == "tag":
        upper = compare_text(r, KEYED)
        entity = r.choice(["tag", "tags"])
        for op in ("ILIKE", "LIKE", "IS NOT NULL", "IS NULL"):
            if upper.upper().startswith(op):
                upper = op + upper[len(op):]
                break
        return f"{entity}.{name(r, r.choice(KEYS))} {upper}"
    if kind == "name":
        op, text = r.choice([("=", "exp 1"), ("!=", "exp 2"), ("LIKE", "exp%"), ("LIKE", "Exp\\_%"),
                             ("ILIKE", "EXP%1_"), ("LIKE", "%[ab]%"), ("ILIKE", "%É%")])
        return f"{r.choice(['', 'attribute.'])}name {op} {quote(r, text)}"
    if kind == "id":
        return r.choice(["experiment_id = '3'", "experiment_id != '3'",
                         "experiment_id IN ('1', '2', '30')", "experiment_id NOT IN ('1')",
                         "experiment_id IN ('x')", "experiment_id LIKE '1%'", "experiment_id = 1"])
    key = r.choice(["creation_time", "last_update_time"])
    return f"{key} {r.choice(NUMERIC)} {r.choice(TIMES[1:] + [0.5])}"


def experiments_request(r):
    ask = {"view_type": r.choice(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"])}
    if r.random() < 0.85:
        ask["filter"] = " AND ".join(experiment_clause(r) for _ in range(r.choice([1, 1, 2])))
    if r.random() < 0.7:
        keys = ["name", "experiment_id", "creation_time", "last_update_time", "attribute.name"]
        ask["order_by"] = [r.choice(keys) + r.choice(["", " ASC", " DESC"])
                           for _ in range(r.choice([1, 2]))]
    if r.random() < 0.1:
        ask["filter"] = r.choice(["attributes.name = 'a'", "foo = 'a'", "name IN ('a')", "name > 'a'",
                                  "tags.lr IN ('a')", "a OR b", "metrics.x > 1", " ",
                                  "creation_time = 'a'", "name IS NULL", "tags.lr > 'a'"])
    if r.random() < 0.05:
        ask = {**ask, "filter": None,
               "order_by": [r.choice(["tags.lr", "foo", "name x", "name, experiment_id"])]}
    return ask


def experiments_theirs(ask):
    found = TRACKING._search_experiments(
        view(ask["view_type"]), 50000, ask.get("filter"), ask.get("order_by"), None)
    return [e.experiment_id for e in found[0]]


PROMPT = "`mlflow.prompt.is_prompt`"
PROMPTS = [f"tag.{PROMPT} != 'true'", f"tags.{PROMPT} = 'true'", f"tags.{PROMPT} = 'false'",
           f"tags.{PROMPT} != 'false'", f"tags.{PROMPT} = 'x'", f"tags.{PROMPT} LIKE 'true'",
           f"tags.{PROMPT} = 'TRUE'"]


def registry_clause(r, versions):
    kind = r.choice(["name", "tag", "tag", "prompt", *(["run", "version", "source"] * versions)])
    if kind == "tag":
        return f"{r.choice(['tag', 'tags'])}.{name(r, r.choice(KEYS))} {compare_text(r, TEXT)}"
    if kind == "prompt":
        return r.choice(PROMPTS)
    if kind == "version":
        return (f"version_number {r.choice(NUMERIC)} "
                + r.choice(["1", "2", "3", "'2'", "'x'", "1.5"]))
    if kind == "source":
        return f"source_path {compare_text(r, TEXT)}"
    if kind == "run":
        ids = ", ".join(quote(r, i) for i in ["", *RUN_IDS[:2]])
        return r.choice([f"run_id = '{RUN_IDS[0]}'", f"run_id IN ({ids})", "run_id != ''",
                         f"run_id not in ({ids})", "run_id LIKE '%a%'"])
    return r.choice(["name LIKE 'm%'", "name ILIKE 'M%'", "name != 'm1'", "name IN ('m0', 'M1')",
                     "name NOT IN ('m0')", "attribute.name LIKE '%1_'", "name ILIKE 'É%'",
                     "name LIKE 'x%%'", "name = 'nothing'"])


BROKEN_REGISTRY = ["foo = 'a'", "attributes.name = 'a'", "name > 'a'", "name = 1", "tags.lr > 'a'",
                   "tags.lr = 1", "tags.lr IN ('a')", "a OR b", " ", "name IN ()", "`name` = 'm1'",
                   "current_stage = 'None'", "source_path IN ('a')", "version_number LIKE '1'"]


def registry_request(r, versions):
    ask = {}
    if r.random() < 0.85:
        ask["filter"] = " AND ".join(
            registry_clause(r, versions) for _ in range(r.choice([1, 1, 2, 2])))
    if r.random() < 0.7:
        keys = (["name", "version_number", "creation_timestamp", "last_updated_timestamp"]
                if versions else ["name", "timestamp", "last_updated_timestamp"])
        ask["order_by"] = [r.choice(keys) + r.choice(["", " ASC", " DESC"])
                           for _ in range(r.choice([1, 1, 2]))]
    if r.random() < 0.1:
        ask["filter"] = r.choice(BROKEN_REGISTRY)
    if r.random() < 0.05:
        ask = {"order_by": [r.choice(["foo", "tags.lr", "name x", "creation_time",
                                      "creation_timestamp"])]}
    return ask


def registered_theirs(ask):
    found, token = [], None
    while True:
        page = REGISTRY.search_registered_models(
            ask.get("filter"), 1000, ask.get("order_by"), token)
        found += page
        token = page.token
        if not token:
            return [m.name for m in found]


def versions_theirs(ask):
    found = REGISTRY.search_model_versions(ask.get("filter"), 10000, ask.get("order_by"))
    return [(v.name, str(v.version)) for v in found]


def logged_clause(r):
    kind = r.choice(["metric", "metric", "param", "tag", "attr", "time"])
    texts = [t for t in TEXTS if "'" not in t and '"' not in t and "\\" not in t]

    def compared():
        op = r.choice([*TEXT, "IN", "NOT IN"])
        if "IN" in op:
            return f"{op} ({', '.join(repr(t) for t in r.sample(texts, 3))})"
        return f"{odd(r, op)} '{r.choice(PATTERNS[:8] if 'LIKE' in op else texts)}'"

    key = r.choice(KEYS[:1] + KEYS[3:])
    key = key if key in PLAIN and r.random() < 0.5 else f"`{key}`"
    if kind == "metric":
        return f"metrics.{key} {r.choice(NUMERIC)} {number(r)}"
    if kind == "time":
        return f"{r.choice(['creation_time', 'last_updated_timestamp'])} {r.choice(NUMERIC)} 1000"
    if kind == "attr":
        return r.choice(["name = 'model'", "name ILIKE 'M%'", "attributes.name LIKE 'm_1'",
                         "model_type = 'T'", "status = 'READY'", "experiment_id = '1'",
                         f"source_run_id IN ('{RUN_IDS[0]}', 'x')", "model_type != 'T'",
                         "experiment_id IN ('1')", "name NOT IN ('model', 'é')"])
    return f"{kind}s.{key} {compared()}"


def logged_request(r):
    ask = {"experiment_ids": r.choice([["1"], ["1", "2"], ["2", "99"]])}
    if r.random() < 0.85:
        ask["filter"] = " AND ".join(logged_clause(r) for _ in range(r.choice([1, 1, 2])))
    if r.random() < 0.1:
        ask["filter"] = r.choice([
            "foo.x = 'a'", "metrics.lr LIKE 'a'", "name > 'a'", "a OR b", " ", "params.lr IS NULL",
            "name = 'a'; name = 'b'", "params.lr = 1", "params.lr = \"a\""])
    if r.random() < 0.7:
        ask["order_by"] = []
        for _ in range(r.choice([1, 2])):
            order = {"field_name": r.choice(
                ["name", "creation_time", "creation_timestamp", "model_id", "last_updated_timestamp",
                 "model_type", "source_run_id", "metrics.lr", "metrics.x.y.z", "metrics.a b"])}
            if r.random() < 0.6:
                order["ascending"] = r.random() < 0.5
            if order["field_name"].startswith("metrics") and r.random() < 0.4:
                order["dataset_name"] = r.choice(["wine", "a b"])
                if r.random() < 0.5:
                    order["dataset_digest"] = "D0"
            ask["order_by"].append(order)
        if r.random() < 0.05:
            ask["order_by"].append({"field_name": r.choice(["foo", "params.lr", "tags.x"])})
    if r.random() < 0.3:
        ask["datasets"] = [{"dataset_name": n} for n in r.sample(["wine", "a b", "x"], 2)]
        if r.random() < 0.5:
            ask["datasets"][0]["dataset_digest"] = "D1"
    return ask


def logged_theirs(ask):
    found = TRACKING.search_logged_models(
        ask["experiment_ids"], ask.get("filter"), ask.get("datasets"), 10000, ask.get("order_by"))
    return [m.model_id for m in found]


KINDS = [
    ("runs", 6, runs_request, runs_theirs, "POST", "runs/search", "runs",
     lambda x: x["info"]["run_id"]),
    ("experiments", 1, experiments_request, experiments_theirs, "POST", "experiments/search",
     "experiments", lambda x: x["experiment_id"]),
    ("registered models", 1, lambda r: registry_request(r, False), registered_theirs, "GET",
     "registered-models/search", "registered_models", lambda x: x["name"]),
    ("model versions", 1, lambda r: registry_request(r, True), versions_theirs, "GET",
     "model-versions/search", "model_versions", lambda x: (x["name"], x["version"])),
    ("logged models", 1, logged_request, logged_theirs, "POST", "logged-models/search", "models",
     lambda x: x["model_id"] if "model_id" in x else x["info"]["model_id"]),
]


def ours(server, method, path, member, identify, ask, size):
    """All ids, page by page; or the status and the text of the refusal."""
    found, token, pages = [], None, 0
    while True:
        status, reply = server.ask(method, path, {**ask, "max_results": size, "page_token": token})
        if status != 200:
            return (status, reply["message"])
        page = reply.get(member, [])
        assert len(page) <= size, "a page is too long"
        found += [identify(x) for x in page]
        token = reply.get("next_page_token")
        pages += 1
        if not token:
            return found
        assert len(page) == size, "a page that is not the last is too short"
        assert pages < 1000


def theirs(function, ask):
    try:
        return function(ask)
    except MlflowException as e:
        return (e.get_http_status_code(), e.message)
    except Exception as e:  # what MLflow's server answers as an internal error
        return (500, str(e))


# Where MLflow names a set of words, its order differs from process to process.
def unordered(text):
    return re.sub(r"\{.*?\}", lambda m: "".join(sorted(m.group())), text)


# Whether words that are no keywords of ours are told one by one or with their neighbours.
LOOSE = ("Invalid clause(s) in filter string", "Invalid order_by clause",
         "Parameter value is either not quoted", "Invalid comparison clause",
         "Invalid attribute key", "Expected a quoted string value",
         "Invalid ordering key", "Invalid comparison:", "Error on parsing")


def same(a, b):
    if isinstance(a, list) or isinstance(b, list):
        return a == b
    if a[0] == 500:  # ours is a refusal, which no client repeats
        return b[0] == 400
    return b[0] == 400 and (unordered(a[1]) == unordered(b[1])
                            or (a[1].startswith(LOOSE) and b[1].startswith(LOOSE)))


def brief(result):
    if isinstance(result, list):
        return f"{len(result)}: {result[:5]}"
    return (result[0], result[1][:300])


def main(path, url, count):
    server = Server(url)
    wrong = 0
    for kind, share, request, function, method, route, member, identify in KINDS:
        r = random.Random(f"search {kind}")
        hits = refused = 0
        for _ in range(count * share // 6):
            ask = request(r)
            size = r.choice([1000, 1000, 1000, 7, 40, 100])
            want = theirs(function, ask)
            got = ours(server, method, route, member, identify, ask, size)
            hits += isinstance(want, list) and len(want) > 0
            refused += not isinstance(want, list)
            if not same(want, got):
                wrong += 1
                if wrong <= 20:
                    print(f"{kind}: {json.dumps(ask, ensure_ascii=False)}, pages of {size}\n"
                          f"  MLflow {brief(want)}\n  ours   {brief(got)}")
        print(f"{kind}: {count * share // 6} searches, {hits} found something, {refused} refused")
        assert hits > count * share // 6 // 4, "too few searches find anything"
    print(f"{wrong} differ")
    return wrong != 0


if __name__ == "__main__":
    Lean()
    TRACKING = SqlAlchemyStore(f"sqlite:///{sys.argv[1]}", "/x")
    REGISTRY = Registry(f"sqlite:///{sys.argv[1]}")
    with TRACKING.ManagedSessionMaker() as session:
        RUN_IDS = sorted(i for (i,) in session.query(SqlRun.run_uuid))
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
