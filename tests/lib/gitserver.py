#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Git over smart HTTP on loopback, through git's own http-backend, and servers that fail.

usage: gitserver.py ROOT PORT_FILE LOG_FILE [CERTIFICATE]

Serves the repositories below ROOT, over TLS where a certificate (with its key) is given,
writes its port to PORT_FILE when it is ready, and one line "METHOD PATH" for every request
to LOG_FILE, with "with USER:PASSWORD" behind it where they were sent.  First components of
the path that mean something else than a directory:

    /401/ /403/ /404/ /500/   that status
    /html/                    a web page
    /slow/...                 the repository, every answer half a second late
    /auth/...                 the repository, for user "ann" with password "s3cret"
    /token/...                the repository, for any user with password "t0ken"
    /expired/...              nobody is let in, and a long text says so
    /moved/...                a redirection to the repository
    /far/HOST:PORT/...        a redirection to another host
    /together/...             the repository; the first eight of those called lib* are
                              answered when all eight have been asked for, else never
    /forge/NAME/...           NAME.git; where ".git" is missing, a redirection with a text
    /cut/...                  the repository, but a pack ends after 2,000 bytes
    /hang/...                 an answer that never comes
    /rubbish/...              the references, and then a pack of rubbish
    /rubbish-refs/...         references of rubbish
    /endless-refs/...         references for ever
    /endless-pack/...         the references, and then a pack for ever
    /endless-text/...         the references, and then progress for ever
"""
import base64
import http.server
import itertools
import os
import ssl
import subprocess
import sys
import threading
import time
import zlib

import lfs

ROOT, PORT_FILE, LOG_FILE = sys.argv[1:4]
MODES = ("slow", "auth", "token", "forge", "together", "cut", "rubbish", "endless-pack", "endless-text")
EIGHT, ASKED = threading.Barrier(8), itertools.count()


def pkt(data):
    return b"%04x" % (len(data) + 4) + data


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
        if self.close_connection:
            self.send_header("Connection", "close")
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

    def endless(self, kind, first, again):
        """No length: the end of the connection is the end."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", f"application/x-git-upload-pack-{kind}")
        self.end_headers()
        try:
            self.wfile.write(first)
            while True:
                self.wfile.write(again())
        except OSError:
            pass  # seen enough

    def bad(self, first):
        """What an enemy answers; False: nothing special."""
        asked = self.command == "GET"
        if first == "rubbish-refs":
            head = [("Content-Type", "application/x-git-upload-pack-advertisement")]
            self.answer(200, head, b"001e# service=git-upload-pack\n0000" + b"rubbish!" * 999)
        elif first == "endless-refs":
            numbers = itertools.count()
            self.endless("advertisement", b"001e# service=git-upload-pack\n0000", lambda: b"".join(
                pkt(b"%040x refs/heads/%020d\n" % (i + 1, i)) for i in itertools.islice(numbers, 1000)))
        elif asked:
            return False
        elif first == "rubbish":
            head = [("Content-Type", "application/x-git-upload-pack-result")]
            self.answer(200, head, b"0008NAK\n" + pkt(b"\1PACK\0\0\0\2\0\0\0\7" + b"rubbish!" * 99))
        elif first == "endless-pack":
            numbers = itertools.count()
            self.endless("result", b"0008NAK\n" + pkt(b"\1PACK\0\0\0\2\0\xff\xff\xff"), lambda: pkt(
                b"\1" + b"".join(b"\x38" + zlib.compress(b"%08d" % i) for i in itertools.islice(numbers, 1000))))
        elif first == "endless-text":
            self.endless("result", b"0008NAK\n", lambda: pkt(b"\2Counting objects\r") * 100)
        else:
            return False
        return True

    def sent(self):
        """USER:PASSWORD of the request, or ""."""
        text = self.headers.get("Authorization", "")
        return base64.b64decode(text[6:]).decode() if text.startswith("Basic ") else text

    def kept_out(self, first):
        """The answer has been given: a name and a password are wanted, others than those."""
        texts = {"auth": b"", "token": b"<p>who are you?</p>\n" * 200,
                 "expired": b"<p>that was yesterday</p>\n" * 5000}
        if first not in texts or first == "auth" and self.sent() == "ann:s3cret" or \
                first == "token" and self.sent().endswith(":t0ken"):
            return False
        self.answer(401, [("WWW-Authenticate", 'Basic realm="x"')], texts[first])
        return True

    def redirect(self, first, rest, query):
        scheme = "https" if len(sys.argv) > 4 else "http"
        where = f"{scheme}://{rest}" if first == "far" else self.path.partition("?")[0]
        where = "/" + rest if first == "moved" else where
        where += query and "?" + query
        if first == "forge":
            text = b"<p>it is over there</p>\n" * 20
            where = where.replace("/info/", ".git/info/")
            head = f"HTTP/1.1 301 no\r\nLocation: {where}\r\nContent-Length: {len(text)}\r\n\r\n"
            return self.wfile.write(head.encode() + text)
        return self.answer(301, [("Location", where)], b"")

    def handle_any(self):
        sent = self.sent()
        with open(LOG_FILE, "a", encoding="utf-8") as log:
            log.write(f"{self.command} {self.path}{' with ' + sent if sent else ''}\n")
        path, _, query = self.path.partition("?")
        body = self.body()
        first, _, rest = path[1:].partition("/")
        if first.isdigit():
            return self.answer(int(first), [], b"no\n")
        if first == "html":
            return self.answer(200, [("Content-Type", "text/html")], b"<p>hello</p>\n")
        if first == "hang":
            time.sleep(600)
        if self.kept_out(first):
            return None
        if first in ("moved", "far") or first == "forge" and ".git/" not in rest:
            return self.redirect(first, rest, query)
        in_mode = first in MODES
        if lfs.answer(self, ROOT, "/" + first if in_mode else "", "/" + rest if in_mode else path,
                      body):
            return None
        if first == "slow":
            time.sleep(0.5)
        if first == "together" and rest.startswith("lib") and self.command == "GET" and \
                next(ASKED) < 8:
            EIGHT.wait()
        if self.bad(first):
            return None
        if first in MODES:
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
    if len(sys.argv) > 4:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[4])
        # in the thread of the connection: a client that breaks off must not stop us
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    with open(PORT_FILE + ".new", "w", encoding="utf-8") as f:
        f.write(f"{server.server_address[1]}\n")
    os.rename(PORT_FILE + ".new", PORT_FILE)
    server.serve_forever()


main()
