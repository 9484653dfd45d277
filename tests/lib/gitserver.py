#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Git over smart HTTP on loopback, through git's own http-backend, and servers that fail.

usage: gitserver.py ROOT PORT_FILE LOG_FILE

Serves the repositories below ROOT, writes its port to PORT_FILE when it is ready, and one
line "METHOD PATH" for every request to LOG_FILE.  First components of the path that mean
something else than a directory:

    /401/ /403/ /404/ /500/   that status
    /html/                    a web page
    /slow/...                 the repository, every answer half a second late
    /auth/...                 the repository, for user "ann" with password "s3cret"
    /cut/...                  the repository, but a pack ends after 2,000 bytes
    /hang/...                 an answer that never comes
"""
import base64
import http.server
import os
import subprocess
import sys
import time

ROOT, PORT_FILE, LOG_FILE = sys.argv[1:4]
KEY = "Basic " + base64.b64encode(b"ann:s3cret").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        data = b""
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            data += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return data

    def answer(self, status, headers, data):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def backend(self, path, query, body):
        env = dict(os.environ, GIT_PROJECT_ROOT=ROOT, GIT_HTTP_EXPORT_ALL="1",
                   PATH_INFO=path, QUERY_STRING=query, REQUEST_METHOD=self.command,
                   CONTENT_TYPE=self.headers.get("Content-Type", ""),
                   CONTENT_LENGTH=str(len(body)), REMOTE_ADDR="127.0.0.1")
        if self.headers.get("Content-Encoding"):
            env["HTTP_CONTENT_ENCODING"] = self.headers["Content-Encoding"]
        out = subprocess.run(["git", "http-backend"], env=env, input=body,
                             stdout=subprocess.PIPE, check=False).stdout
        head, _, data = out.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().split("\r\n") if line]
        status = [int(v.split()[0]) for k, v in headers if k == "Status"] or [200]
        return status[0], [h for h in headers if h[0] != "Status"], data

    def handle_any(self):
        with open(LOG_FILE, "a", encoding="utf-8") as log:
            log.write(f"{self.command} {self.path}\n")
        path, _, query = self.path.partition("?")
        body = self.body()
        first, _, rest = path[1:].partition("/")
        if first.isdigit():
            return self.answer(int(first), [], b"no\n")
        if first == "html":
            return self.answer(200, [("Content-Type", "text/html")], b"<p>hello</p>\n")
        if first == "hang":
            time.sleep(600)
        if first == "auth" and self.headers.get("Authorization") != KEY:
            return self.answer(401, [("WWW-Authenticate", 'Basic realm="x"')], b"")
        if first == "slow":
            time.sleep(0.5)
        if first in ("slow", "auth", "cut"):
            path = "/" + rest
        status, headers, data = self.backend(path, query, body)
        if first == "cut" and self.command == "POST":
            self.close_connection = True
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:2000])
            return None
        return self.answer(status, headers, data)

    do_GET = do_POST = handle_any


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with open(PORT_FILE + ".new", "w", encoding="utf-8") as f:
        f.write(f"{server.server_address[1]}\n")
    os.rename(PORT_FILE + ".new", PORT_FILE)
    server.serve_forever()


main()
