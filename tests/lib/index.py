# SPDX-License-Identifier: MIT
"""index.py ROOT PORT-FILE USER:PASSWORD -- serve a directory to who knows the password.

It may also stand in the query of the URL: ?token=PASSWORD.
"""
import base64
import http.server
import os
import sys
import urllib.parse

root, port_file, secret = sys.argv[1:]
want = "Basic " + base64.b64encode(secret.encode()).decode()


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, directory=root, **kwargs)

    def do_GET(self):
        query = urllib.parse.parse_qs(self.path.partition("?")[2])
        if self.headers.get("Authorization") == want or \
                query.get("token") == [secret.partition(":")[2]]:
            return super().do_GET()
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="index"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(port_file + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
