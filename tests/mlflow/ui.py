# SPDX-License-Identifier: MIT
"""What one sees of all runs, in the same form for all who look: a line "run" each, with
what mlp prints, and a line "more", with the histories of some metrics and all artifacts.

ui.py page URL       a browser that opens the pages of MLflow's own UI on that server
ui.py notebook URI   a notebook's client, without a server
ui.py mlp FILES      what `mlp runs --json` or `mlp show --json` printed; no "more"
"""
import hashlib
import json
import re
import sys
import urllib.request
from urllib.parse import urlencode, urljoin

LARGEST = 1.7976931348623157e308  # as which MLflow keeps infinity, and shows it

RUN = """query GetRun($data: MlflowGetRunInput!) {
  mlflowGetRun(input: $data) {
    apiError { code message }
    run {
      info { runId runName experimentId status artifactUri startTime endTime lifecycleStage }
      experiment { name lifecycleStage }
      data { params { key value } tags { key value } }
    }
  }
}"""


def number(v):
    v = float(v)
    return "nan" if v != v else max(min(v, LARGEST), -LARGEST)


class Browser:
    def __init__(self, url):
        self.url = url + "/"
        page = self.open("").decode()
        scripts = re.findall(r'<script[^>]* src="([^"]+)"', page)
        assert scripts and all(len(self.open(s)) > 1000 for s in scripts), page

    def open(self, page, body=None, /, **query):
        request = urllib.request.Request(
            urljoin(self.url, page) + ("?" + urlencode(query) if query else ""),
            body and json.dumps(body).encode(),
            {"User-Agent": "Mozilla/5.0", "Origin": self.url[:-1], "Referer": self.url,
             "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            return reply.read()

    def ajax(self, call, body=None, /, **query):
        return json.loads(self.open("ajax-api/2.0/mlflow/" + call, body, **query))

    def pages(self, path, field, body):
        while True:
            page = self.ajax(path, body)
            yield from page.get(field, [])
            if not page.get("next_page_token"):
                return
            body = dict(body, page_token=page["next_page_token"])

    def files(self, run, path=None):
        listed = self.ajax("artifacts/list", run_uuid=run, **({"path": path} if path else {}))
        for f in listed.get("files", []):
            if f["is_dir"]:
                yield from self.files(run, f["path"])
            else:
                yield f["path"], self.open("get-artifact", run_uuid=run, path=f["path"])

    def history(self, run, key):
        found = self.ajax("metrics/get-history", run_uuid=run, metric_key=key)
        return [(m["step"], m["timestamp"], m["value"]) for m in found["metrics"]]

    def run(self, row):
        """The page of a run, with the metrics of its row in the table."""
        run_id = row["info"]["run_id"]
        page = json.loads(self.open("graphql", {
            "operationName": "GetRun", "query": RUN, "variables": {"data": {"runId": run_id}}}))
        got = page["data"]["mlflowGetRun"]
        assert not page.get("errors") and not got["apiError"], page
        i, d = got["run"]["info"], got["run"]["data"]
        metrics = row.get("data", {}).get("metrics", [])
        return {
            "run_id": i["runId"], "run_name": i["runName"], "status": i["status"],
            "experiment_id": i["experimentId"], "experiment_name": got["run"]["experiment"]["name"],
            "start_time": int(i["startTime"]), "end_time": int(i["endTime"]) or None,
            "artifact_uri": i["artifactUri"], "metrics": {m["key"]: m["value"] for m in metrics},
            "params": {p["key"]: p["value"] for p in d["params"]},
            "tags": {t["key"]: t["value"] for t in d["tags"]},
            "history": {m["key"]: self.history(run_id, m["key"]) for m in sorted(metrics, key=lambda m: m["key"])[:3]},
            "files": dict(self.files(run_id))}

    def runs(self):
        ids = [e["experiment_id"] for e in self.pages(
            "experiments/search", "experiments", {"max_results": 25, "view_type": "ACTIVE_ONLY"})]
        for row in self.pages("runs/search", "runs", {
                "experiment_ids": ids, "run_view_type": "ACTIVE_ONLY", "max_results": 100,
                "order_by": ["attributes.start_time DESC"]}):
            yield self.run(row)


def notebook(uri):
    import mlflow
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    names = {e.experiment_id: e.name for e in client.search_experiments()}
    for run in mlflow.search_runs(search_all_experiments=True, output_format="list"):
        i, d = run.info, run.data
        paths = [client.list_artifacts(i.run_id)]
        files = {}
        while paths:
            for f in paths.pop():
                if f.is_dir:
                    paths.append(client.list_artifacts(i.run_id, f.path))
                else:
                    with open(client.download_artifacts(i.run_id, f.path), "rb") as read:
                        files[f.path] = read.read()
        yield {"run_id": i.run_id, "run_name": i.run_name, "status": i.status,
               "experiment_id": i.experiment_id, "experiment_name": names[i.experiment_id],
               "start_time": i.start_time, "end_time": i.end_time, "artifact_uri": i.artifact_uri,
               "metrics": d.metrics, "params": d.params, "tags": d.tags, "files": files,
               "history": {k: [(m.step, m.timestamp, m.value) for m in client.get_metric_history(i.run_id, k)]
                           for k in sorted(d.metrics)[:3]}}


def mlp(*paths):
    for path in paths:
        with open(path) as f:
            said = json.load(f)
        yield from said if isinstance(said, list) else [said]


def plain(run):
    keys = ("run_id", "run_name", "status", "experiment_id", "experiment_name", "start_time",
            "end_time", "artifact_uri", "params", "tags")
    return {**{k: run[k] for k in keys}, "metrics": {k: number(v) for k, v in run["metrics"].items()}}


def more(run):
    return {"history": {k: [(int(step), int(time), number(value)) for step, time, value in points]
                        for k, points in run["history"].items()},
            "files": {k: [len(v), hashlib.sha256(v).hexdigest()] for k, v in run["files"].items()}}


def main():
    verb, *rest = sys.argv[1:]
    look = {"page": lambda url: Browser(url).runs(), "notebook": notebook, "mlp": mlp}[verb]
    for run in sorted(look(*rest), key=lambda r: r["run_id"]):
        print("run", json.dumps(plain(run), sort_keys=True))
        if "files" in run:
            print("more", run["run_id"], json.dumps(more(run), sort_keys=True))


main()
