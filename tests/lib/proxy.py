#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An HTTP proxy on loopback.

usage: proxy.py PORT_FILE LOG_FILE [auth|403]

Tunnels (CONNECT) and plain requests, whose Connection it closes.  "auth": only for user
"ann" with password "pr0xy"; "403": for nobody.  One line "METHOD TARGET STATUS" for every
request to LOG_FILE, with "with USER:PASSWORD" behind it where they were sent.
"""
import base64
import os
import socket
import socketserver
import sys
import threading
import urllib.parse

PORT_FILE, LOG_FILE = sys.argv[1:3]
MODE = sys.argv[3] if len(sys.argv) > 3 else ""
NAMED = {"wine.example": "127.0.0.1"}  # a name that only the proxy knows


def pump(source, sink):
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Handler(socketserver.StreamRequestHandler):
    def say(self, method, target, status, sent):
        with open(LOG_FILE, "a", encoding="utf-8") as log:
            log.write(f"{method} {target} {status}{' with ' + sent if sent else ''}\n")
        if status != 200:
            ask = 'Proxy-Authenticate: Basic realm="p"\r\n' if status == 407 else ""
            self.wfile.write(f"HTTP/1.1 {status} no\r\n{ask}Content-Length: 3\r\n"
                             "Connection: close\r\n\r\nno\n".encode())

    def status(self, sent):
        if MODE == "403":
            return 403
        return 407 if MODE == "auth" and sent != "ann:pr0xy" else 200

    def join(self, host, port, first):
        with socket.create_connection((NAMED.get(host, host), port)) as there:
            there.sendall(first)
            back = threading.Thread(target=pump, args=(there, self.connection))
            back.start()
            pump(self.connection, there)
            back.join()

    def handle(self):
        line = self.rfile.readline().decode()
        if not line.strip():
            return
        method, target, _ = line.split()
        headers, sent = [], ""
        while True:
            header = self.rfile.readline().decode().rstrip("\r\n")
            if not header:
                break
            if header.lower().startswith("proxy-authorization: basic "):
                sent = base64.b64decode(header.split()[2]).decode()
            elif not header.lower().startswith(("connection:", "proxy-connection:")):
                headers.append(header)
        status = self.status(sent)
        self.say(method, target, status, sent)
        if status != 200:
            return
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            self.wfile.write(b"HTTP/1.1 200 yes\r\n\r\n")
            self.join(host, int(port), b"")
            return
        url = urllib.parse.urlsplit(target)
        path = url.path + ("?" + url.query if url.query else "")
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *headers, "Connection: close"])
        self.join(url.hostname, url.port or 80, head.encode() + b"\r\n\r\n")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


def main():
    Handler.rbufsize = 0  # what follows the headers is pumped
    server = Server(("127.0.0.1", 0), Handler)
    with open(PORT_FILE + ".new", "w", encoding="utf-8") as f:
        f.write(f"{server.server_address[1]}\n")
    os.rename(PORT_FILE + ".new", PORT_FILE)
    server.serve_forever()


main()
