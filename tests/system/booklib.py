"""What clients of a city were told, and whether its ledgers, on every node, hold just that."""

import contextlib
import hashlib
import http.client
import json
import os
import re
import subprocess
import threading
import time

from nodelib import equal, event
from peerlib import PEACE, Cut, Peer

NAME = re.compile(rb"\be-\d+-\d+(?=\()")  # the id of an event in its leaf, the next tag behind it
JSON = {"Content-Type": "application/json"}


class Clerk(threading.Thread):
    """Records at one department, one after the other, each until it is acknowledged."""

    def __init__(self, member, pause_s=0.02):
        super().__init__()
        self.member, self.pause_s = member, pause_s
        self.sent, self.told = [], []  # ids; (id, result)
        self.over = threading.Event()
        self.refused = 0
        self.start()

    def run(self):
        while not self.over.is_set():
            body = event(source="desk-" + self.member.code)
            self.sent.append(body["id"])
            while not self.over.is_set() and not self.record(body):
                time.sleep(0.05)
            time.sleep(self.pause_s)

    def record(self, body):
        with contextlib.suppress(OSError, http.client.HTTPException):
            reply = self.member.request("POST", "/v1/events", json.dumps(body).encode(), JSON)
            if reply.status in (200, 201):
                self.told.append((body["id"], reply.json["results"][0]))
                return True
            self.refused += 1
        return False

    def stop(self):
        self.over.set()
        self.join()


def blocks_of(author, at, reader):
    """The ledger of `author` as the node `at` gives it to a peer with the keys of `reader`, whose own
    node runs too, dials again and may take our place (specs/network.md 5): then we ask once more."""
    origin, size = author.head()
    end = time.monotonic() + 60
    while True:
        with Peer(at, reader) as peer:
            try:
                return peer.live().fetch(origin, 0, size)
            except Cut as cut:
                if cut.code not in (0, PEACE) or time.monotonic() > end:
                    raise
        time.sleep(0.1)


def check_copies(members):
    """Every node gives the same bytes of every ledger; {code: leaves}."""
    leaves = {}
    for author in members:
        at = members.index(author)
        for holder in members:
            reader = members[at - 1] if members[at - 1] is not holder else members[at - 2]
            got = [leaf for part, _ in blocks_of(author, holder, reader) for leaf in part]
            assert leaves.setdefault(author.code, got) == got, "%s at %s" % (
                author.code, holder.code)
    return leaves


def check_told(clerk, leaves):
    """What was acknowledged stands there once, in its order; nothing stands there that was not
    sent. How many were acknowledged."""
    found = {}
    for index, leaf in enumerate(leaves):
        for name in NAME.findall(leaf):
            name = name.decode()
            assert name not in found, "%s: %s stands twice" % (clerk.member.code, name)
            found[name] = index
    before = 0
    for name, result in clerk.told:
        index = int(result["entry"].rpartition("/")[2])
        equal(found.get(name), index, name)
        equal(hashlib.sha256(b"\0" + leaves[index]).hexdigest(), result["leaf_hash"], name)
        assert index > before, "%s: %s is out of order" % (clerk.member.code, name)
        before = index
    phantoms = set(found) - set(clerk.sent)
    assert not phantoms, phantoms
    unanswered = set(found) - {name for name, _ in clerk.told}
    assert unanswered <= set(clerk.sent[-1:]), unanswered
    return len(clerk.told)


def check_receipts(clerk, last=20):
    """The newest receipts verify offline, under the seal of their department."""
    member = clerk.member
    paths = []
    for name, result in clerk.told[-last:]:
        paths.append(os.path.join(member.city.base, name))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write(result["receipt"])
    done = subprocess.run([os.path.join(member.city.bin, "liuhen-verify"), "--trust",
                           member.path("trust.policy"), *paths], capture_output=True, text=True,
                          check=False, timeout=60)
    equal(done.returncode, 0, done.stdout)


def check_city(city, clerks):
    """All of it; every head is final, no ledger tainted. What was acknowledged and what is held, by
    department."""
    city.wait_equal()
    city.wait_final()
    equal({row["tainted"] for one in city.members for row in one.status()["replicas"]}, {False})
    leaves = check_copies(city.members)
    told = {clerk.member.code: check_told(clerk, leaves[clerk.member.code]) for clerk in clerks}
    for clerk in clerks:
        check_receipts(clerk)
    return told, leaves
