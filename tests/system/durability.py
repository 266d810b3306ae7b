"""What the durability tests share: a node in a place of one's choice, under strace or with another
program, and the book of what it acknowledged."""

import contextlib
import http.client
import os
import random
import shutil
import subprocess
import sys
import threading
import time

from nodelib import Node, equal, event

CI = os.environ.get("CI") == "true"
# LeakSanitizer cannot look under strace, and dropfs never frees what lost its name.
ENV = {"ASAN_OPTIONS": "detect_leaks=0"}


def skip_unless(condition, what):
    """Exit 77: this machine cannot run the test. Under CI that is a failure."""
    if condition:
        return
    print("cannot run here: %s" % what)
    sys.exit(1 if CI else 77)


def argument(number, default):
    return int(sys.argv[number]) if len(sys.argv) > number else default


class Placed(Node):
    """A node whose data and guard lie under `self.place`; its socket does not."""

    def __init__(self, program="liuhend", place=None, staff=1):
        super().__init__(staff=staff)
        self.program = program
        self.patience = 20
        self.place = place or os.path.join(self.base, "place")
        os.makedirs(self.place, exist_ok=True)
        self.move(self.place)
        self.socket = os.path.join(self.base, "sock")
        self.add_config("api.socket = %s\n" % self.socket)

    def move(self, place):
        for name in ("n", "n-guard"):
            shutil.move(os.path.join(os.path.dirname(self.dir), name), os.path.join(place, name))
        self.dir = os.path.join(place, "n")

    @property
    def store(self):
        return os.path.join(self.dir, "store")

    @property
    def guard(self):
        return os.path.join(self.dir + "-guard", "guard")

    def request(self, method, path, body=None, headers=None, timeout=None):
        return super().request(method, path, body, headers, timeout or self.patience)

    def start(self, wait=True, env=None, before=(), is_held=False):
        """`is_held`: the process exists, and the program begins in it at self.let_go()."""
        if is_held:
            before = [*before, "/bin/sh", "-c", 'read -r _; exec "$@"', "sh"]
        folder = self.bin if self.program == "liuhend" else self.tools
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*before, os.path.join(folder, self.program), "--data", self.dir], stderr=log,
                stdin=subprocess.PIPE if is_held else subprocess.DEVNULL,
                env=dict(os.environ, **ENV, **(env or {})))
        if wait:
            self.wait_ready()

    def let_go(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.close()

    def end(self, seconds=20):
        """How it ended by itself; None: it did not."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(timeout=seconds)
        return None

    def last_log(self):
        lines = [line for line in self.logged().splitlines() if line]
        return lines[-1] if lines else ""


class Book:
    """Receipts of what was acknowledged, for us and for check_node."""

    def __init__(self, node):
        self.path = os.path.join(node.base, "acks")
        self.receipts = {}
        self.lock = threading.Lock()

    def take(self, reply):
        if reply.status not in (200, 201):
            return 0
        results = reply.json["results"]
        with self.lock, open(self.path, "ab") as out:
            for result in results:
                known = self.receipts.setdefault(result["entry"], result["receipt"])
                equal(known, result["receipt"], "two receipts of " + result["entry"])
                data = result["receipt"].encode()
                out.write(len(data).to_bytes(4, "big") + data)
        return len(results)

    @property
    def size(self):
        """The least size of a ledger that holds all of it."""
        return max((int(entry.rpartition("/")[2]) + 1 for entry in self.receipts), default=0)

    def check(self, node, last=None):
        """Every receipt (or the newest `last`) comes back byte for byte; the number that does not
        is the answer."""
        lost = 0
        for entry in list(self.receipts)[-last:] if last else self.receipts:
            reply = node.get("/v1/receipts/" + entry)
            lost += reply.status != 200 or reply.text != self.receipts[entry]
        return lost


class Writers:
    """Clients that record until the node is gone or they are told to stop."""

    def __init__(self, node, book, count=4, per_request=3):
        self.node, self.book, self.per_request = node, book, per_request
        self.stopping = threading.Event()
        self.acknowledged = 0
        self.refused = []
        self.threads = [threading.Thread(target=self.run) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.stopping.is_set():
            try:
                reply = self.node.record(*[event() for _ in range(self.per_request)])
            except (OSError, http.client.HTTPException):
                if self.node.process.poll() is not None:
                    return
                time.sleep(0.002)
                continue
            count = self.book.take(reply)
            self.acknowledged += count
            if count == 0:
                self.refused.append((reply.status, reply.json.get("code")))

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def guard_slots(path):
    """(sequence, size, root) of the slots that begin as slots do; see specs/ledger.md 8.3."""
    with open(path, "rb") as file:
        data = file.read()
    slots = []
    for slot in (data[at:at + 512] for at in (0, 4096)):
        if slot.startswith(b"LHGUARD1"):
            at = 18 + int.from_bytes(slot[16:18], "big")
            slots.append((int.from_bytes(slot[8:16], "big"),
                          int.from_bytes(slot[at:at + 8], "big"), slot[at + 8:at + 40]))
    return slots


def guard_size(node):
    return max(guard_slots(node.guard))[1]


def check_node(node, book):
    """The words of tests/support/check_node.c, or AssertionError."""
    done = subprocess.run([os.path.join(node.tools, "check_node"), node.dir, book.path],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          env=dict(os.environ, **ENV))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def sample(dice, things, count, kind=None):
    """`count` of the things, in their order; one of each kind before a second of any."""
    shuffled = dice.sample(things, len(things))
    seen = set()
    if kind:
        shuffled.sort(key=lambda one: kind(one) in seen or seen.add(kind(one)) is not None)
    chosen = set(shuffled[:count])
    return [one for one in things if one in chosen]


def dice_of(seed):
    return random.Random(seed)
