# SPDX-License-Identifier: MIT
"""What a disk may hold after a power cut, from the notes of power.c.

Names change in order: what was noted before the last sync is there, of what came later
any first part.  A file holds what was synced last; of what was written since then any
blocks may be there, or none.
"""
import os
import random
import shutil
import stat

BLOCK = 4096


def entries(path):
    try:
        with open(path, "rb") as f:
            text = f.read()
    except FileNotFoundError:
        return []
    out = []
    for line in text.split(b"\0\n"):
        parts = line.split(b"\0")
        if len(parts) == 4:
            out.append((parts[0].decode(), int(parts[1]), os.fsdecode(parts[2]), os.fsdecode(parts[3])))
    return out


class Disk:
    """The tree at `root` as it is now, and from now on as it is noted in `log`."""

    def __init__(self, root, log):
        self.root, self.log = root, log
        self.names, self.synced, self.modes = {}, {}, {}
        shutil.rmtree(log, ignore_errors=True)
        os.makedirs(log)
        for path in self.walk():
            st = os.lstat(path)
            self.modes[st.st_ino if stat.S_ISREG(st.st_mode) else path] = stat.S_IMODE(st.st_mode)
            if stat.S_ISLNK(st.st_mode):
                self.names[path] = ("link", os.readlink(path))
            elif stat.S_ISDIR(st.st_mode):
                self.names[path] = ("dir", 0)
            elif stat.S_ISREG(st.st_mode):
                self.names[path] = ("file", st.st_ino)
                with open(path, "rb") as f:
                    self.synced[st.st_ino] = f.read()

    def walk(self):
        for top, dirs, files in os.walk(self.root):
            for name in dirs + files:
                yield os.path.join(top, name)

    def rename(self, old, new):
        if old not in self.names:
            return
        for path in [p for p in self.names if p == old or p.startswith(old + "/")]:
            self.names[new + path[len(old):]] = self.names.pop(path)

    def apply(self, op, ino, a, b):
        if op == "create":
            self.names[a] = ("file", ino)
            self.synced.pop(ino, None)
        elif op == "mkdir":
            self.names[a] = ("dir", 0)
        elif op == "symlink":
            self.names[a] = ("link", b)
        elif op == "link" and a in self.names:
            self.names[b] = self.names[a]
        elif op == "rename":
            self.rename(a, b)
        elif op == "remove":
            self.names.pop(a, None)
        elif op == "sync":
            with open(os.path.join(self.log, a), "rb") as f:
                self.synced[ino] = f.read()
                self.modes[ino] = stat.S_IMODE(os.fstat(f.fileno()).st_mode)

    def mixed(self, rng, ino, live):
        """Blocks that were written since the last sync may be there, or not."""
        old = self.synced.get(ino, b"")
        if ino not in live:
            return old
        with open(live[ino], "rb") as f:
            new = f.read()
        how = rng.choice(["old", "new", "mixed"])
        if how == "old" or old == new:
            return old
        if how == "new":
            return new
        size = rng.choice([len(old), len(new)])
        out = bytearray(size)
        for at in range(0, size, BLOCK):
            part = rng.choice([old, new])[at:min(at + BLOCK, size)]
            out[at:at + len(part)] = part
        return bytes(out)

    def cut(self, rng):
        """All processes have ended: make the tree what the disk holds."""
        ops = entries(os.path.join(self.log, "log"))
        done = max([i + 1 for i, op in enumerate(ops) if op[0] in ("sync", "commit")], default=0)
        end = rng.randint(done, len(ops))
        for op in ops[:end]:
            self.apply(*op)
        born = {op[1] for op in ops[end:] if op[0] == "create"}
        live, was = {}, self.root + ".live"
        shutil.rmtree(was, ignore_errors=True)
        os.rename(self.root, was)
        for top, _, files in os.walk(was):
            for name in files:
                path = os.path.join(top, name)
                st = os.lstat(path)
                if stat.S_ISREG(st.st_mode) and st.st_ino not in born:
                    live[st.st_ino] = path
        os.mkdir(self.root)
        for path, (kind, what) in sorted(self.names.items()):
            if not os.path.isdir(os.path.dirname(path)):
                continue
            mode = self.modes.get(what if kind == "file" else path)
            like = live.get(what) if kind == "file" else was + path[len(self.root):]
            if like and os.path.exists(like):
                mode = stat.S_IMODE(os.stat(like).st_mode)
            if kind == "dir":
                os.mkdir(path, mode or 0o700)
            elif kind == "link":
                os.symlink(what, path)
            else:
                with open(path, "wb") as f:
                    f.write(self.mixed(rng, what, live))
                os.chmod(path, mode or 0o600)
        shutil.rmtree(was)
        return len(ops) - done


if __name__ == "__main__":  # a small proof of itself
    import tempfile
    top = tempfile.mkdtemp()
    os.mkdir(top + "/root")
    with open(top + "/root/a", "wb") as f:
        f.write(b"one")
    disk = Disk(top + "/root", top + "/log")
    assert disk.cut(random.Random(1)) == 0
    with open(top + "/root/a", "rb") as f:
        assert f.read() == b"one"
    shutil.rmtree(top)
