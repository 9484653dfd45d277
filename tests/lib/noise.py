# SPDX-License-Identifier: MIT
"""noise.py PORT N -- N requests to a server, each a good one that was damaged; the same ones each
time.  After every few, and at the end, a good one must be answered."""
import json
import random
import socket
import sys

port, count = int(sys.argv[1]), int(sys.argv[2])
rng = random.Random(20)
API = "/api/2.0/mlflow/"

BODIES = [
    ("POST", API + "runs/create", {"experiment_id": "0", "start_time": 1, "tags": [{"key": "a", "value": "b"}]}),
    ("POST", API + "runs/log-batch", {"run_id": "x", "metrics": [{"key": "m", "value": 1.5, "timestamp": 1, "step": 2}]}),
    ("POST", API + "runs/search", {"experiment_ids": ["0"], "filter": "metrics.a > 1 AND tags.b = 'c'",
                                   "order_by": ["metrics.a DESC"], "max_results": 5}),
    ("POST", API + "experiments/create", {"name": "n", "artifact_location": "/tmp/x"}),
    ("POST", API + "registered-models/create", {"name": "m"}),
    ("PATCH", API + "logged-models/m-1", {"model_id": "m-1", "status": "LOGGED_MODEL_READY"}),
    ("DELETE", API + "registered-models/delete", {"name": "none"}),
]
PLAIN = [
    ("GET", API + "experiments/get?experiment_id=0"),
    ("GET", API + "metrics/get-history?run_id=a&metric_key=b&max_results=3"),
    ("GET", API + "model-versions/search?filter=name%3D%27rm%27&order_by=name&order_by=version_number+DESC"),
    ("GET", "/api/2.0/mlflow-artifacts/artifacts?path=a%2Fb"),
    ("GET", "/api/2.0/mlflow-artifacts/artifacts/a/b.txt"),
    ("PUT", "/api/2.0/mlflow-artifacts/artifacts/a/b.txt"),
    ("GET", "/health"), ("GET", "/metrics"), ("HEAD", "/version"),
]
PIECES = [b"\0", b"\r\n", b"%00", b"%", b"../", b"..%2f", b"{", b"[" * 600, b"\xff\xfe", b"-1", b"9" * 40, b"1e999",
          b'"', b"'", b"\\u0000", b"\\ud800", b"null", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n",
          b"Host: a\r\n", b"Range: bytes=5-2\r\n", b"Expect: 100-continue\r\n", b"A" * 9000, b"?", b"#", b"&&==", b"//"]


def whole():
    if rng.random() < 0.6:
        method, path, body = rng.choice(BODIES)
        data = json.dumps(body).encode()
    else:
        method, path = rng.choice(PLAIN)
        data = b"data" if method == "PUT" else b""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    if data and rng.random() < 0.2:
        return head.encode() + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(data), data)
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(data) + data


def damaged():
    text = bytearray(whole())
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text))
        how = rng.randrange(5)
        if how == 0:
            text[at] = rng.randrange(256)
        elif how == 1:
            text[at:at] = rng.choice(PIECES)
        elif how == 2:
            del text[at:at + rng.randint(1, 30)]
        elif how == 3:
            text[at:at + rng.randint(0, 9)] = rng.choice(PIECES)
        else:
            text = text[:at] + text[max(0, at - rng.randint(1, 60)):]
        text = text or bytearray(b"\n")
    return bytes(text)


def send(data, wait):
    """The answer, as far as it comes within so many seconds; most damaged requests wait for more."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
        answer = b""
        try:
            s.sendall(data)
            s.settimeout(wait)
            while wait and (piece := s.recv(65536)):
                answer += piece
        except (ConnectionError, TimeoutError):
            pass
        return answer


GOOD = f"GET {API}experiments/get?experiment_id=0 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
for i in range(count):
    # some hang up at once; pipelined ones share what the first leaves
    send(damaged() if i % 7 else damaged() + whole() + damaged(), wait=0.02 if i % 5 else 0)
    if i % 50 == 49 or i == count - 1:
        answer = send(GOOD, 20)
        if not answer.startswith(b"HTTP/1.1 200") or b'"Default"' not in answer:
            sys.exit(f"after {i + 1} requests: {answer[:300]!r}")
