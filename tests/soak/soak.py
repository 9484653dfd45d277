# SPDX-License-Identifier: MIT
"""soak.py MLP NASTY POWER.so [--kills N] [--seed S] [--jobs J] [--only KIND]: kill, and look.

MLP is a program with fault points (-DMLP_FAULTS).  Each round starts runs, kills one process
of theirs with KILL at a fault point or at a random moment, cuts the power, or fills the
disk; then asks mlp, and looks whether what it says is true:

  - every run whose command started, and every one whose id was told, is recorded, once
  - none is said to live that does not, and none has FINISHED whose command did not
  - no process of it is left, whatever it did to get away
  - its state is gone, and the database is whole
"""
import argparse
import glob
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import power

LIVE = ("QUEUED", "PREPARING", "RUNNING", "STOPPING")
NASTY = ("child", "group", "daemon", "naked", "inside")
# what it says of itself is kept apart from the disk that fails
WORK = """cd "$1"
exec 9>alive
echo $MLP_RUN_ID >>started
echo some output
echo some more >&2
[ -z "$3" ] || "$4" "$3" 60
while [ -e stay ]; do sleep 0.01; done
echo $MLP_RUN_ID $2 >>finished
exit $2
"""
# nobody else writes to the database until it is killed
HOLD = """import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print(flush=True)
time.sleep(60)
"""


class Lie(Exception):
    pass


def is_true(what, *said):
    if not what:
        raise Lie(" ".join(str(s)[:600] for s in said))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


class World:
    """A home with one project in it."""

    def __init__(self, o, rng):
        self.o, self.rng = o, rng
        self.dir = os.path.realpath(tempfile.mkdtemp(prefix="mlp-soak.", dir=o.dir))
        self.root = self.dir + "/t"
        self.told, self.unlisted, self.ended = set(), set(), {}
        os.makedirs(self.root)
        if o.full:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", self.root], check=True)
        os.mkdir(self.root + "/p")
        self.write("t/p/MLproject", "entry_points:\n" + "".join(
            f'  {name}: {{command: "sh {self.dir}/work {self.dir} {args}"}}\n' for name, args in
            [("good", "0"), ("bad", "3"), *((how, f"0 {how} {o.nasty}") for how in NASTY)]))
        self.write("work", WORK)
        os.mkfifo(self.dir + "/alive")
        self.alive = os.open(self.dir + "/alive", os.O_RDONLY | os.O_NONBLOCK)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("MLP_", "MLFLOW_", "POWER_"))}
        self.env.update(HOME=self.root, XDG_STATE_HOME=self.root + "/state", LC_ALL="C.UTF-8",
                        XDG_CACHE_HOME=self.root + "/cache", MLP_STOP_GRACE="100", MLP_BUSY_TIMEOUT="5000")
        self.started, self.story = [], []

    def close(self):
        os.close(self.alive)
        if self.o.full:
            subprocess.run(["umount", "-l", self.root], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def write(self, name, text):
        with open(os.path.join(self.dir, name), "w") as f:
            f.write(text)

    def lines(self, name):
        try:
            with open(os.path.join(self.dir, name)) as f:
                return f.read().split("\n")[:-1]
        except FileNotFoundError:
            return []

    def start(self, args, fault=None, **env):
        """A shell that starts mlp, as a user's does."""
        self.story.append((args, fault))
        e = dict(self.env, MLP_FAULT_SAID=self.dir + "/struck", **env)
        if fault:
            e["MLP_FAULT"] = fault
        p = subprocess.Popen(["sh", "-c", '"$0" "$@"; echo "code $?"', self.o.mlp, *args], env=e,
                             cwd=self.root + "/p", stdin=subprocess.DEVNULL, start_new_session=True,
                             stdout=open(self.dir + "/out", "wb"), stderr=open(self.dir + "/err", "wb"))
        self.started.append(p)
        return p

    def mlp(self, *args, fault=None, timeout=60):
        """To its end, and its output; with a fault it may be killed."""
        if fault:
            self.story.append((args, fault))
        e = dict(self.env, MLP_FAULT_SAID=self.dir + "/struck")
        if fault:
            e["MLP_FAULT"] = fault
        return subprocess.run([self.o.mlp, *args], env=e, cwd=self.root + "/p", stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=timeout)

    def json(self, *args):
        r = self.mlp(*args, "--json")
        if r.returncode != 0 and b"there is no database" in r.stderr or b"is empty" in r.stderr:
            return []
        is_true(r.returncode == 0, "mlp", *args, "exits with", r.returncode, r.stderr.decode())
        return json.loads(r.stdout)

    def processes(self):
        """Of this home, by their environment; more than mlp can see is not looked for."""
        mark = b"XDG_STATE_HOME=" + os.fsencode(self.root) + b"/"
        out = []
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                with open(path, "rb") as f:
                    if mark in f.read():
                        out.append(int(path.split("/")[2]))
            except OSError:
                pass
        return [p for p in out if alive(p)]

    def words(self, pids):
        out = []
        for pid in pids:
            try:
                with open(f"/proc/{pid}/cmdline") as f, open(f"/proc/{pid}/wchan") as g:
                    out.append((pid, f.read().replace("\0", " "), g.read()))
            except OSError:
                pass
        return out

    def writers(self):
        """Of the pipe that only commands of runs have."""
        out, pipe = [], os.stat(self.dir + "/alive")
        for path in glob.glob("/proc/[0-9]*/fd/9"):
            try:
                if os.path.samestat(os.stat(path), pipe):
                    out.append(int(path.split("/")[2]))
            except OSError:
                pass
        return out

    def kill_all(self):
        looks = 0  # one that is at its exec just now shows no environment
        while looks < 3:
            left = self.processes() + self.writers()
            looks = 0 if left else looks + 1
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.005)

    def someone_writes(self):
        try:
            return os.read(self.alive, 1) != b""
        except BlockingIOError:
            return True

    def strikes(self):
        try:
            with open(self.dir + "/struck") as f:
                return len(f.readlines())
        except FileNotFoundError:
            return 0

    def note_told(self):
        """Ids that were told to somebody."""
        for name in ("/out", "/err"):
            try:
                with open(self.dir + name, "rb") as f:
                    text = f.read().decode("utf-8", "replace")
            except FileNotFoundError:
                continue
            for line in text.split("\n"):
                if name == "/out" and len(line) == 32 and not set(line) - set("0123456789abcdef"):
                    self.told.add(line)
                if line[:8] == '{"line":' and line[-1:] == "}" and json.loads(line)["run_id"]:
                    self.told.add(json.loads(line)["run_id"])
                if line.startswith("mlp: run ") and ")" in line and "(" in line:
                    word = line.split("(", 1)[1].split(")", 1)[0]
                    if len(word) == 32:
                        self.told.add(word)

    def told_end(self):
        """[(id, status)] of those whose end was told: of a batch, or the one in the foreground."""
        with open(self.dir + "/out", "rb") as f:
            lines = [json.loads(line) for line in f.read().split(b"\n") if line[:8] == b'{"line":' and line[-1:] == b"}"]
        if lines:
            return [(r["run_id"], r["status"]) for r in lines if r["run_id"] and r["status"] != "RUNNING"]
        if self.story[-1][0][0] != "run":
            return []
        with open(self.dir + "/err", "rb") as f:
            text = f.read().decode("utf-8", "replace")
        begun = [w for w in text.split("(") if len(w) > 32 and w[32] == ")"]
        for status in ("FINISHED", "FAILED", "KILLED"):
            if len(begun) == 1 and f" {status} " in text and "could not be recorded" not in text:
                return [(begun[0][:32], status)]
        return []

    # ---- what must be true ----

    def look(self):
        """Who is said to live does; what was killed with a lock in its hands needs a moment."""
        for run in self.json("ps"):
            end = time.monotonic() + 3
            while run["state"] in LIVE and not (run["pid"] and alive(run["pid"])):
                is_true(time.monotonic() < end, "said to live:", run["run_id"], run["state"], run["pid"],
                        self.words(self.processes()))
                run = next((r for r in self.json("ps") if r["run_id"] == run["run_id"]), {"state": "gone"})

    def is_quiet(self):
        """Twice: one that is just being executed has no environment."""
        for _ in range(2):
            if self.json("ps") or self.processes():
                return False
            time.sleep(0.005)
        return True

    def finish(self):
        """What is queued is left to itself: it must come to its end."""
        for p in self.started:
            p.wait(20)
        self.started = []
        end = time.monotonic() + 30
        while not self.is_quiet():
            is_true(time.monotonic() < end, "does not go on:", self.json("ps"), self.json("queue"),
                    self.words(self.processes()))
            time.sleep(0.02)

    def settle(self):
        """Everything is brought to its end, as a user would."""
        for p in self.started:
            try:
                p.wait(0.05 if self.rng.random() < 0.5 else 0)
            except subprocess.TimeoutExpired:
                pass
        self.look()
        end = time.monotonic() + 20
        while not self.is_quiet():
            self.mlp("stop", "--all")
            is_true(time.monotonic() < end, "cannot be stopped:", self.json("ps"), self.words(self.processes()))
            time.sleep(0.01)
        for p in self.started:
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                raise Lie("it does not end:", p.args, self.words(self.processes()))
        self.started = []

    def gave_up(self, past, run_id):
        """It was queued, and its supervisor killed twice before there was a record."""
        return any(c["run_id"] == run_id and "lost twice" in (c["reason"] or "") for c in past)

    def check(self, power_cut=False):
        self.note_told()
        if power_cut:  # what ps lists is no record, and not synced
            self.unlisted |= set(self.lines("started"))
            self.unlisted = {line.split()[0] for line in self.unlisted}
        runs = self.json("runs", "--limit", "100000")
        past = self.json("ps", "-a", "--limit", "100000")
        ids = [r["run_id"] for r in runs]
        is_true(len(ids) == len(set(ids)), "recorded twice:", ids)
        begun = self.lines("started")
        is_true(len(begun) == len(set(begun)), "started twice:", begun)
        for run_id in set(begun) | self.told:
            is_true(run_id in ids or self.gave_up(past, run_id), "lost:", run_id,
                    [c for c in past if c["run_id"] == run_id])
        good = {line.split()[0] for line in self.lines("finished") if line.endswith(" 0")}
        for r in runs:
            is_true(r["status"] in ("FINISHED", "FAILED", "KILLED"), "left behind:", r)
            is_true(r["end_time"] is not None and r["end_time"] >= r["start_time"], "end:", r)
            is_true(r["status"] != "FINISHED" or r["run_id"] in good or not r["command"], "never finished:", r)
            is_true(r["status"] == "FINISHED" or r["reason"], "no reason:", r)
            before = self.ended.setdefault(r["run_id"], r["status"])
            is_true(before == r["status"], "changed its mind:", before, r)
        cards = [c["run_id"] for c in past]
        is_true(len(cards) == len(set(cards)), "shown twice:", cards)
        states = {c["run_id"]: c["state"] for c in past}
        for r in runs:
            if r["run_id"] in states:
                is_true(states[r["run_id"]] == r["status"], "ps and runs:", states[r["run_id"]], r)
            else:
                is_true(r["run_id"] in self.unlisted or r["run_id"] not in begun, "not in ps -a:", r)
        is_true(not self.someone_writes(), "processes are left that write")
        is_true(not self.processes(), "processes are left:", self.words(self.processes()))
        left = glob.glob(self.root + "/state/mlp/runs/*")
        is_true(not left, "state is left:", [(d, os.listdir(d)) for d in left])
        self.check_database()

    def check_database(self):
        path = self.root + "/p/mlflow.db"
        if os.path.exists(path) and os.path.getsize(path):
            db = sqlite3.connect(path)
            is_true(db.execute("PRAGMA integrity_check").fetchone()[0] == "ok", "the database is damaged")
            db.close()


# ---- what happens to it ----

def some_run(w):
    entry = w.rng.choice(["good", "good", "bad", *NASTY])
    how = w.rng.choice([[], ["-d"], ["-d"], ["-q"]])
    again = ["--retries", "1", "--retry-delay", "10ms"] if entry == "bad" and w.rng.random() < 0.5 else []
    return ["run", *how, *again, ".", "-e", entry]


def some_point(w, points, rather):
    some = [p for p in points if p.startswith(tuple(rather))]
    return w.rng.choice(some if some and w.rng.random() < 0.5 else points)


def some_fault(w, points, rather=()):
    point = some_point(w, points, rather)
    n = w.rng.choice([1, 1, 1, 2, 3, 4])
    who = w.rng.choice(["self"] * 5 + ["parent", "children", "children"])
    return f"{point}:{n}:{who}"


def kill_some(w, n):
    """How many were there to be killed."""
    pids, killed = w.processes(), 0
    for pid in w.rng.sample(pids, min(n, len(pids))):
        try:
            os.kill(pid, signal.SIGKILL)
            killed += 1
        except ProcessLookupError:
            pass
    return killed


def wait_a_while(w, limit=0.4):
    """Until it has struck, ended, or taken long enough."""
    n = w.strikes()
    end = time.monotonic() + limit
    while time.monotonic() < end and w.strikes() == n and any(p.poll() is None for p in w.started):
        time.sleep(0.002)
    return w.strikes() > n


def fault(w, points):
    before = w.strikes()
    for _ in range(w.rng.choice([1, 1, 2])):
        w.start(some_run(w), fault=some_fault(w, points))
        wait_a_while(w)
        w.note_told()
    w.settle()
    w.check()
    return w.strikes() - before


def moment(w, _):
    """A process of the run, whichever, at a random moment."""
    w.start(some_run(w))
    time.sleep(w.rng.random() ** 2 * 0.08)
    killed = kill_some(w, w.rng.choice([1, 1, 2, 100]))
    w.settle()
    w.check()
    return killed


def healing(w, points):
    """The supervisor is killed, then who heals, and who heals that."""
    before = w.strikes()
    w.start(["run", "-d", ".", "-e", w.rng.choice(NASTY)],
            fault=w.rng.choice([p for p in points if p.startswith(("launch.", "supervise.", "detach."))]))
    wait_a_while(w)
    w.note_told()
    for _ in range(w.rng.choice([1, 2, 3])):
        w.mlp(*w.rng.choice([["ps"], ["runs"], ["stop", "--all"], ["run", ".", "-e", "good"]]),
              fault=some_point(w, points, ("heal.", "archive.", "lock.taken")))
    w.settle()
    w.check()
    return w.strikes() - before


def stopping(w, points):
    """The one that stops, or waits, is killed; a second one does it."""
    before = w.strikes()
    w.start(["run", "-d", ".", "-e", w.rng.choice(NASTY)])
    wait_a_while(w, 0.1)
    p = w.start([w.rng.choice(["stop", "wait"]), "--all"])
    time.sleep(w.rng.random() * 0.03)
    os.killpg(p.pid, signal.SIGKILL)
    w.settle()
    w.check()
    return w.strikes() - before + 1


def queue(w, points):
    """Jobs that wait for each other, while their supervisors and who starts them are killed."""
    before = w.strikes()
    for _ in range(w.rng.choice([1, 2, 3])):
        fault = some_fault(w, points, ["queue."]) if w.rng.random() < 0.7 else None
        w.start(["run", "-d", "-j", str(w.rng.choice([1, 2])), ".", "-e", w.rng.choice(["good", "bad"])], fault=fault)
        wait_a_while(w, 0.05)
        w.note_told()
        if w.rng.random() < 0.3:
            before -= kill_some(w, 1)
    w.finish()
    w.check()
    return w.strikes() - before


def start_batch(w, fault=None, **env):
    w.write("batch", "".join(json.dumps({"uri": ".", "entry_point": w.rng.choice(["good", "good", "bad"])}) + "\n"
                             for _ in range(6)))
    w.start(["batch", "-j", "2", w.dir + "/batch"], fault=fault, **env)


def start_sweep(w, fault=None, **env):
    w.start(["sweep", ".", "-e", "good", "-P", "x=1,2,3,4", "-j", "2"], fault=fault, **env)


def many(w, points):
    """A batch or a sweep; it, its workers or their commands are killed."""
    before = w.strikes()
    start = w.rng.choice([start_batch, start_sweep])
    if w.rng.random() < 0.7:
        start(w, some_fault(w, points))
        wait_a_while(w)
    else:
        start(w)
        time.sleep(w.rng.random() ** 2 * 0.1)
        before -= kill_some(w, 2)
    w.finish()
    w.note_told()
    ended = w.told_end()
    w.check()
    is_true(all(w.ended[run_id] == status for run_id, status in ended), "told otherwise:", ended)
    return w.strikes() - before


def noted(w):
    """A disk that may lose what was not synced, and the environment in which it is noted what was."""
    log = w.dir + "/disk"
    return power.Disk(w.root, log), dict(LD_PRELOAD=w.o.power, POWER_ROOT=w.root + "/", POWER_LOG=log)


def power_off(w, disk):
    """All ends at once, and the machine starts again."""
    w.kill_all()
    w.note_told()
    for p in w.started:
        p.wait(10)
    w.started = []
    disk.cut(w.rng)
    w.write("boot", "%08x-0000-4000-8000-000000000000\n" % w.rng.getrandbits(32))
    w.env.update(LD_PRELOAD=w.o.power, POWER_BOOT=w.dir + "/boot")


def cut(w, points):
    """The power goes while runs begin, run, and end."""
    disk, env = noted(w)
    point = some_fault(w, points) if w.rng.random() < 0.7 else None
    queued = w.rng.random() < w.o.queued
    if queued:
        w.start(["run", "-d", "-j", "2", ".", "-e", "good"], fault=point, **env)
    elif w.rng.random() < 0.2:
        w.rng.choice([start_batch, start_sweep])(w, point, **env)
    else:
        w.start(some_run(w), fault=point, **env)
    if point:
        wait_a_while(w)
    else:
        time.sleep(w.rng.random() ** 2 * 0.3)
    power_off(w, disk)
    ended = w.told_end()
    w.finish() if queued else w.settle()
    w.check(power_cut=True)
    is_true(all(w.ended[run_id] == status for run_id, status in ended), "an end was lost:", ended)
    del w.env["LD_PRELOAD"], w.env["POWER_BOOT"]
    return 1


def hold_store(w):
    p = subprocess.Popen([sys.executable, "-c", HOLD, w.root + "/p/mlflow.db"], env=w.env, cwd="/",
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    w.started.append(p)
    is_true(p.stdout.readline(), "the database cannot be held")


def has_begun(w, before):
    """The run's command, or it has been struck."""
    n, end = w.strikes(), time.monotonic() + 5
    while time.monotonic() < end and w.strikes() == n:
        if len(w.lines("started")) > before:
            return True
        time.sleep(0.002)
    return False


def end_it(w, entry):
    """The run comes to its end: by itself, stopped, or without its supervisor."""
    how = w.rng.choice(["itself"] * 3 + ["stopped", "lost"] if entry not in NASTY else ["stopped", "lost"])
    w.story.append(how)
    if how == "stopped":
        w.note_told()
        w.start(["stop", "--all"])
    elif how == "lost":
        for run in w.json("ps"):
            os.kill(run["pid"], signal.SIGKILL)
    os.unlink(w.dir + "/stay")


def told_by_ps(w):
    """{id: how it ended} of what is said to have ended, when all is."""
    end = time.monotonic() + 3
    while time.monotonic() < end and w.json("ps"):
        time.sleep(0.01)
    return {c["run_id"]: (c["state"], c["end_time"], c["reason"]) for c in w.json("ps", "-a", "--limit", "100000")
            if c["state"] not in LIVE}


def kept(w, points):
    """A run ends while nobody can write to the store, so its end is kept aside; then the power goes."""
    entry = w.rng.choice(["good", "good", "bad", *NASTY])
    some = [p for p in points if p.startswith(("close.", "archive.", "file.", "note."))]
    usual, before, told, cuts = dict(w.env), len(w.lines("started")), {}, 0
    disk, env = noted(w)
    w.env.update(env, MLP_BUSY_TIMEOUT="50")
    w.write("stay", "")
    w.start(["run", *w.rng.choice([[], ["-d"]]), ".", "-e", entry],
            fault=some_fault(w, some) if w.rng.random() < 0.3 else None)
    if has_begun(w, before):
        hold_store(w)
        end_it(w, entry)
    else:
        os.unlink(w.dir + "/stay")
    for _ in range(w.rng.choice([1, 1, 2, 3])):
        if cuts:  # it is healed, but the store still is not there to be written
            disk, env = noted(w)
            w.env.update(env)
            if os.path.exists(w.root + "/p/mlflow.db"):
                hold_store(w)
            if w.rng.random() < 0.5:
                w.mlp("ps", fault=some_point(w, points, ("heal.", "archive.", "file.")))
        if w.rng.random() < 0.7:
            told.update(told_by_ps(w))
        else:
            time.sleep(w.rng.random() ** 2 * 0.3)
        power_off(w, disk)
        cuts += 1
    for name in set(env) - {"LD_PRELOAD"}:
        del w.env[name]
    w.settle()
    w.check(power_cut=True)
    ends = {r["run_id"]: (r["status"], r["end_time"], r["reason"]) for r in w.json("runs", "--limit", "100000")}
    for run_id, how in told.items():
        is_true(ends.get(run_id, how) == how, "another end was told:", run_id, how, ends.get(run_id))
    w.env = usual
    return cuts


def full(w, points):
    """The disk is full, more or less; then there is room again."""
    if not os.path.exists(w.root + "/p/mlflow.db"):
        w.mlp("run", ".", "-e", "good")
    before = w.strikes()
    filler = w.root + "/filler"
    some = w.rng.choice([0, 0, 4096, 16384, 65536, 200000, 400000]) + w.rng.randrange(4096)
    free = os.statvfs(w.root).f_bavail * 4096
    with open(filler, "wb") as f:
        try:
            f.write(b"x" * max(0, free - some))
        except OSError:
            pass
    w.start(some_run(w), fault=some_fault(w, points) if w.rng.random() < 0.3 else None)
    wait_a_while(w)
    w.note_told()
    if w.rng.random() < 0.5:
        kill_some(w, 100)
    if w.rng.random() < 0.5:
        w.mlp("ps")
        w.mlp("stop", "--all")
        w.mlp("runs")
    os.unlink(filler)
    w.settle()
    w.check()
    return w.strikes() - before + 1  # the disk itself


KINDS = {"fault": (fault, 10), "moment": (moment, 6), "healing": (healing, 3), "stopping": (stopping, 1), "queue": (queue, 4), "many": (many, 4),
         "cut": (cut, 5), "kept": (kept, 2)}


def rounds(o, seed, kills):
    """Until that many were killed; {kind: kills}, and what was found."""
    rng = random.Random(seed)
    points = subprocess.run([o.mlp], env={"MLP_FAULT": "list"}, capture_output=True, text=True,
                            check=True).stdout.split()
    kinds = {"full": (full, 1)} if o.full else {o.only: KINDS[o.only]} if o.only else KINDS
    count, hit, found, n = {}, {}, [], o.first - 1
    while sum(count.values()) < kills and len(found) < 5:
        w = World(o, random.Random(rng.getrandbits(64)))
        for _ in range(12):
            kind = rng.choices(list(kinds), [k[1] for k in kinds.values()])[0]
            n += 1
            w.story = []
            w.rng = random.Random(f"{seed}.{n}")
            try:
                count[kind] = count.get(kind, 0) + kinds[kind][0](w, points)
            except (Lie, subprocess.TimeoutExpired) as e:
                found.append(f"round {seed}.{n} ({kind}): {w.story}, struck {w.lines('struck')[-4:]}: {e}")
                w.kill_all()
                break
            if sum(count.values()) >= kills:
                break
        for line in w.lines("struck"):
            hit[line.split()[0]] = hit.get(line.split()[0], 0) + 1
        if found and o.keep:
            print("kept:", w.dir, file=sys.stderr)
            return count, hit, found, points
        w.close()
    return count, hit, found, points


def main():
    a = argparse.ArgumentParser()
    a.add_argument("mlp")
    a.add_argument("nasty")
    a.add_argument("power")
    a.add_argument("--kills", type=int, default=2000)
    a.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    a.add_argument("--first", type=int, default=1, help="the round to begin with, as it was named")
    a.add_argument("--only", choices=list(KINDS))
    a.add_argument("--full", action="store_true", help="on a small disk of its own (in a mount namespace)")
    a.add_argument("--keep", action="store_true", help="the first place where something was found")
    a.add_argument("--queued", type=float, default=0.2, help="how many of the power cuts are of queued runs")
    a.add_argument("--dir", default=None)
    o = a.parse_args()
    began = time.monotonic()
    count, hit, found, points = rounds(o, o.seed, o.kills)
    for what in found:
        print("LIE:", what)
    print(f"{sum(count.values())} kills in {time.monotonic() - began:.0f} s, seed {o.seed}: "
          + ", ".join(f"{k} {n}" for k, n in sorted(count.items())))
    print("points:", ", ".join(f"{p} {hit.get(p, 0)}" for p in points))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
