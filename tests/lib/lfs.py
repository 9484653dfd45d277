# SPDX-License-Identifier: MIT
"""Git LFS for gitserver.py: the batch API and basic transfers, to download only.

The objects are the files ROOT/lfs/OID.
"""
import json
import os


def batch(server, root, prefix, body):
    """The answer to a batch request: where each object is, or that it is not."""
    objects = []
    for wanted in json.loads(body)["objects"]:
        oid = wanted["oid"]
        answer = {"oid": oid, "size": wanted["size"]}
        if os.path.exists(f"{root}/lfs/{oid}"):
            host = server.headers["Host"]
            answer["actions"] = {"download": {"href": f"http://{host}{prefix}/lfs/{oid}"}}
        else:
            answer["error"] = {"code": 404, "message": "Object does not exist"}
        objects.append(answer)
    data = json.dumps({"transfer": "basic", "objects": objects}).encode()
    server.answer(200, [("Content-Type", "application/vnd.git-lfs+json")], data)


def answer(server, root, prefix, path, body):
    """True: the request was for us, and is answered."""
    if path.endswith("/info/lfs/objects/batch"):
        batch(server, root, prefix, body)
        return True
    if not path.startswith("/lfs/"):
        return False
    try:
        with open(root + path, "rb") as f:
            server.answer(200, [("Content-Type", "application/octet-stream")], f.read())
    except OSError:
        server.answer(404, [], b"no such object\n")
    return True
