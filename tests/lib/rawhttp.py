# SPDX-License-Identifier: MIT
"""HTTP byte by byte, and the socket and the pipe that a run's supervisor hands over."""
import json
import os
import signal
import socket
import subprocess
import time
from urllib.parse import urlsplit


def connect(url, timeout=30):
    at = urlsplit(url)
    return socket.create_connection((at.hostname, at.port), timeout=timeout)


def host(url):
    return urlsplit(url).netloc


def request(url, method="GET", path="/health", body=b"", headers=(), version="1.1"):
    """The bytes of a request; headers override what is usual, a None leaves it out."""
    usual = {"Host": host(url)}
    if body or method in ("POST", "PUT", "PATCH"):
        usual["Content-Length"] = str(len(body))
        usual["Content-Type"] = "application/json"
    usual.update(headers)
    lines = [f"{method} {path} HTTP/{version}"]
    lines += [f"{k}: {v}" for k, v in usual.items() if v is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def reply(f, head=False):
    """One reply from a socket's file; None when the connection ends before it."""
    first = f.readline()
    if not first:
        return None
    status = int(first.split()[1])
    headers = {}
    for line in iter(f.readline, b"\r\n"):
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    if status == 100:
        return reply(f, head)
    n = 0 if head or status == 304 else int(headers.get("content-length", 0))
    return Reply(status, headers, f.read(n))


def ask(url, method="GET", path="/health", body=b"", headers=(), version="1.1"):
    """A request on a connection of its own."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body).encode()
    with connect(url) as s:
        s.sendall(request(url, method, path, body, dict(headers), version))
        return reply(s.makefile("rb"), method == "HEAD")


def send(url, data):
    """Bytes as they are; the first reply."""
    with connect(url) as s:
        s.sendall(data)
        return reply(s.makefile("rb"))


def resident_below(url, mib):
    """The server's memory, where it is the program that users have."""
    lines = ask(url, path="/metrics").body.decode().splitlines()
    n = int([x for x in lines if x.startswith("mlp_resident")][0].split()[1])
    if os.environ.get("PLAIN") and n >= mib << 20:
        fail("resident:", n)


def until(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            fail("never true")
        time.sleep(0.02)


class Endpoint:
    """mlp-serve as a run's supervisor starts it."""

    def __init__(self, program, store, **more):
        self.program = program
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.asked = {"mode": "endpoint", "store": store, "key": "k" * 32,
                      "artifact_root": os.path.dirname(store) + "/mlruns",
                      "parent": os.getpid(), **more}
        self.key = "/" + self.asked["key"]
        self.start()

    def start(self):
        fd = self.socket.fileno()

        def hand_over():
            os.dup2(fd, 3)
            os.set_inheritable(3, True)  # should it have been 3 already

        self.child = subprocess.Popen(
            [self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False,
            preexec_fn=hand_over, env={**os.environ, "LISTEN_FDS": "1"})
        self.child.stdin.write(json.dumps(self.asked).encode() + b"\n")
        self.child.stdin.flush()
        self.events = [self.event()]
        if self.events[0]["event"] == "hello":
            self.events.append(self.event())
        return self

    def event(self):
        return json.loads(self.child.stdout.readline() or '{"event": "end"}')

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        return self.child.wait()

    def restart(self):
        self.kill()
        self.asked["restarted"] = True
        return self.start()

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(30)

    def ask(self, method="GET", path="/health", body=b"", headers=()):
        return ask(self.base, method, self.key + path, body, headers)

    def api(self, path, body):
        return self.ask("POST", "/api/2.0/mlflow/" + path, body)


def fail(*what):
    raise AssertionError(" ".join(str(x) for x in what))  # its traceback has the line


def same(saw, expected):
    if saw != expected:
        fail("expected:", repr(expected), "\nsaw:     ", repr(saw))
