#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Archives that no honest program writes.  usage: hostile.py KIND FILE

Each one holds a manifest that would run; what else it holds is its KIND.
"""
import io
import sys
import tarfile
import zipfile

MANIFEST = b"entry_points:\n  main:\n    command: echo ran\n"


def add(tar, name, data=b"x\n", **fields):
    info = tarfile.TarInfo(name)
    for key, value in fields.items():
        setattr(info, key, value)
    info.size = len(data) if info.isreg() else 0
    tar.addfile(info, io.BytesIO(data))


def tar_of(path, *members, mode="w"):
    with tarfile.open(path, mode) as tar:
        add(tar, "MLproject", MANIFEST)
        for name, fields in members:
            add(tar, name, **fields)


def zip_of(path, *members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("MLproject", MANIFEST)
        for name, data in members:
            z.writestr(name, data)


def link(to):
    return {"type": tarfile.SYMTYPE, "linkname": to}


def hard(to):
    return {"type": tarfile.LNKTYPE, "linkname": to}


def zip_link(path):
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("MLproject", MANIFEST)
        info = zipfile.ZipInfo("out")
        info.create_system = 3
        info.external_attr = 0o120777 << 16
        z.writestr(info, "../../victim")
        z.writestr("out/evil", "x")


def encrypted(path):
    zip_of(path, ("secret", b"x" * 100))
    with open(path, "rb") as f:
        data = bytearray(f.read())
    for magic, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.rindex(magic)
        data[at + offset] |= 1
    with open(path, "wb") as f:
        f.write(data)


def bomb(path):
    with tarfile.open(path, "w:bz2") as tar:
        add(tar, "MLproject", MANIFEST)
        info = tarfile.TarInfo("zeros")
        info.size = 200 << 20
        tar.addfile(info, Zeros(info.size))


def sparse(path):
    """A file of 1 TiB that is one hole (pax, version 1.0)."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        add(tar, "MLproject", MANIFEST)
        body = b"1\n%d\n0\n" % (1 << 40)
        info = tarfile.TarInfo("GNUSparseFile.0/hole")
        info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                            "GNU.sparse.name": "hole",
                            "GNU.sparse.realsize": str(1 << 40)}
        body = body.ljust(512, b"\0")
        info.size = len(body)
        tar.addfile(info, io.BytesIO(body))


class Zeros(io.RawIOBase):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def read(self, size=-1):
        size = min(self.n, size if size >= 0 else self.n)
        self.n -= size
        return b"\0" * size


def many(path):
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        add(tar, "MLproject", MANIFEST)
        header = tarfile.TarInfo("a").tobuf()
        for _ in range(1001):
            tar.fileobj.write(header * 1000)
            tar.offset += 512 * 1000


KINDS = {
    "dotdot": lambda p: tar_of(p, ("../evil", {})),
    "dotdot-inside": lambda p: tar_of(p, ("a/../../evil", {})),
    "absolute": lambda p: tar_of(p, ("/tmp/mlp-evil", {})),
    "zip-dotdot": lambda p: zip_of(p, ("../evil", b"x")),
    "link-up": lambda p: tar_of(p, ("out", link("../.."))),
    "link-absolute": lambda p: tar_of(p, ("out", link("/etc/passwd"))),
    "link-chain": lambda p: tar_of(p, ("d/e/l", link("../..")), ("m", link("d/e/l/../x"))),
    "link-write": lambda p: tar_of(p, ("in", {"type": tarfile.DIRTYPE}), ("s", link("in")),
                                   ("s/file", {})),
    "zip-link": zip_link,
    "hard-out": lambda p: tar_of(p, ("h", hard("../../victim"))),
    "hard-absolute": lambda p: tar_of(p, ("h", hard("/etc/passwd"))),
    "hard-link": lambda p: tar_of(p, ("s", link("MLproject")), ("h", hard("s"))),
    "device": lambda p: tar_of(p, ("dev", {"type": tarfile.CHRTYPE, "devmajor": 1,
                                           "devminor": 5})),
    "block": lambda p: tar_of(p, ("dev", {"type": tarfile.BLKTYPE, "devmajor": 8})),
    "fifo": lambda p: tar_of(p, ("pipe", {"type": tarfile.FIFOTYPE})),
    "setuid": lambda p: tar_of(p, ("run", {"mode": 0o6755})),
    "file-as-dir": lambda p: tar_of(p, ("x", {}), ("x/y", {})),
    "dir-as-file": lambda p: tar_of(p, ("x/y", {}), ("x", {})),
    "latin1": lambda p: tar_latin1(p),
    "long-name": lambda p: tar_of(p, ("n" * 256, {})),
    "long-path": lambda p: tar_of(p, ("/".join(["d" * 200] * 25), {})),
    "encrypted": encrypted,
    "bomb": bomb,
    "sparse": sparse,
    "many": many,
}


def tar_latin1(path):
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as tar:
        add(tar, "MLproject", MANIFEST)
        add(tar, "caf\xe9", b"x")


KINDS[sys.argv[1]](sys.argv[2])
