#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files over HTTP on loopback, and servers that fail.

usage: fileserver.py ROOT PORT_FILE LOG_FILE [CERTIFICATE]

Serves the files below ROOT with ETag, Last-Modified, Range and conditions, over TLS where
a certificate (with its key) is given.  Writes its port to PORT_FILE when it is ready, and
one line "METHOD PATH STATUS [Range]" for every request to LOG_FILE.  First components of
the path that mean something else than a directory:

    /401/ /403/ /404/ /500/   that status
    /html/...                 a web page
    /auth/...                 the file, for user "ann" with password "s3cret"
    /token/...                the file, where the query has access_token=s3cret or s3cret2
    /totoken/...              a redirection to that, with the token
    /moved/...                a redirection to the file;  /far/HOST/...  to another host
    /loop/...                 a redirection to itself;  /ftp/...  to ftp
    /cut/...                  the connection ends after half of what was asked for
    /drop/N/...               likewise, after N bytes, and there are no ranges
    /long/...                 the length is told as 1,000 bytes more than it is
    /short/...                the length is told as 100 bytes less than it is
    /weird/...                ranges that begin elsewhere than asked for
    /plain/...                no ETag, no Last-Modified, no ranges
    /endless/...              the file, and then bytes for ever
    /hang/...                 half of the file, and then nothing
    /slow/...                 the file, half a second late
    /nohttp/...               an answer in another protocol
    /any/FILE/...             the file, whatever stands behind it, without a Content-Type
"""
import base64
import email.utils
import hashlib
import http.server
import os
import ssl
import sys
import time
import urllib.parse

ROOT, PORT_FILE, LOG_FILE = sys.argv[1:4]
KEY = "Basic " + base64.b64encode(b"ann:s3cret").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def start(self, status, headers, length):
        with open(LOG_FILE, "a", encoding="utf-8") as log:
            log.write(f"{self.command} {self.path} {status} {self.headers.get('Range', '')}\n")
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def simple(self, status, headers=(), data=b""):
        self.start(status, headers, len(data))
        self.wfile.write(data)

    def end(self):
        self.close_connection = True

    def redirect(self, mode, rest):
        port = self.server.server_address[1]
        if mode == "far":
            host, _, rest = rest.partition("/")
            where = f"http://{host}:{port}/{rest}"
        elif mode == "loop":
            where = "/loop/" + rest
        elif mode == "totoken":
            where = f"/token/{rest}?access_token=s3cret"
        elif mode == "ftp":
            where = "ftp://127.0.0.1/" + rest
        else:
            where = "/" + rest
        self.simple(302, [("Location", where)])

    def marks(self, mode, path, data):
        if mode == "plain" or mode == "drop":
            return []
        modified = email.utils.formatdate(os.stat(path).st_mtime, usegmt=True)
        return [("ETag", '"' + hashlib.md5(data).hexdigest() + '"'),
                ("Last-Modified", modified), ("Accept-Ranges", "bytes")]

    def range_start(self, marks, size):
        """Where to begin, or None: from the start."""
        text = self.headers.get("Range", "")
        if not text.startswith("bytes=") or not marks:
            return None
        if self.headers.get("If-Range") not in [None] + [v for _, v in marks]:
            return None
        start = int(text[6:].split("-")[0])
        return start if start < size else -1

    def file(self, mode, rest):
        path = os.path.join(ROOT, urllib.parse.unquote(rest))
        if not os.path.isfile(path):
            return self.simple(404, data=b"no\n")
        with open(path, "rb") as f:
            data = f.read()
        marks = self.marks(mode, path, data)
        known = self.headers.get("If-None-Match")
        if known and ("ETag", known) in marks:
            return self.start(304, marks, None)
        start = self.range_start(marks, len(data))
        if start == -1:
            return self.simple(416, [("Content-Range", f"bytes */{len(data)}")])
        if start is None:
            return self.body(mode, 200, marks, data)
        if mode == "weird":
            start = max(0, start - 7)
        marks.append(("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}"))
        return self.body(mode, 206, marks, data[start:])

    def body(self, mode, status, marks, data):
        told = {"long": len(data) + 1000, "short": len(data) - 100, "endless": None}
        self.start(status, marks, told.get(mode, len(data)))
        if mode == "cut":
            data = data[:(len(data) + 1) // 2]
        elif mode == "drop":
            data = data[:self.keep]
        if mode != "hang":
            self.wfile.write(data)
        else:
            self.wfile.write(data[:len(data) // 2])
            self.wfile.flush()
            time.sleep(600)
        if mode == "endless":
            while True:
                self.wfile.write(b"\0" * 65536)
        if mode in ("cut", "drop", "long", "short"):
            self.end()

    def do_GET(self):
        path, _, query = self.path.partition("?")
        first, _, rest = path[1:].partition("/")
        if first.isdigit():
            return self.simple(int(first), data=b"no\n")
        if first == "html":
            return self.simple(200, [("Content-Type", "text/html")], b"<!doctype html>\n")
        if first in ("moved", "far", "loop", "ftp", "totoken"):
            return self.redirect(first, rest)
        if first == "nohttp":
            self.wfile.write(b"220 ftp.example.org ready\r\n")
            return self.end()
        if first == "auth" and self.headers.get("Authorization") != KEY:
            return self.simple(401, [("WWW-Authenticate", 'Basic realm="x"')])
        given = urllib.parse.parse_qs(query).get("access_token", [""])[0]
        if first == "token" and given not in ("s3cret", "s3cret2"):
            return self.simple(401 if given else 403)
        if first == "slow":
            time.sleep(0.5)
        if first == "any":
            return self.file("", rest.partition("/")[0])
        if first == "drop":
            keep, _, rest = rest.partition("/")
            self.keep = int(keep)
        modes = ("auth", "token", "cut", "drop", "long", "short", "weird", "plain", "endless",
                 "hang", "slow")
        return self.file(first if first in modes else "", rest if first in modes else path[1:])


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # clients that have seen enough


def main():
    server = Server(("127.0.0.1", 0), Handler)
    if len(sys.argv) > 4:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[4])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(PORT_FILE + ".new", "w", encoding="utf-8") as f:
        f.write(f"{server.server_address[1]}\n")
    os.rename(PORT_FILE + ".new", PORT_FILE)
    server.serve_forever()


main()
