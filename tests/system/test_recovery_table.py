"""Every row of the recovery table (specs/ledger.md 8.4), with real directories and the real node.

A ledger is grown block by block, its store and guard copied aside after each, and grown once more on
a second branch. A row puts the store of one moment beside the guard of another, or damages one of
them (in the log with right checksums, so that only the ledger can notice), and starts the node. A
suspect node must say why, seal nothing, show nothing beyond the guard, leave the guard as it is, and
still be suspect when started again. A continuous one must go on sealing.
"""

import hashlib
import os
import shutil
import struct
import subprocess
import time

from durability import CI, Placed, guard_size
from nodelib import equal, event, tell_failure

ORIGIN = b"jinhua/gaj/1"
LEAF, BLOCK, NODE = 2, 3, 4  # numbers of the column families


# ---- the write-ahead log of the store --------------------------------------------------------------

def crc32c_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = crc32c_table()


def masked_crc(data):
    crc = 0xffffffff
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xff] ^ crc >> 8
    crc ^= 0xffffffff
    return ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff


def newest_log(store):
    logs = [name for name in os.listdir(store) if name.endswith(".log")]
    return os.path.join(store, max(name for name in logs
                                   if os.path.getsize(os.path.join(store, name)) > 0))


def records(data):
    """(start of the header, length of the payload) of each physical record."""
    at = 0
    while at + 7 <= len(data):
        if at % 32768 > 32768 - 7:
            at += 32768 - at % 32768
            continue
        length = struct.unpack_from("<H", data, at + 4)[0]
        yield at, length
        at += 7 + length


def damage(store, family, key):
    """Flip a bit in the newest value under a key that begins so, and make the checksum right."""
    path = newest_log(store)
    with open(path, "rb") as file:
        data = bytearray(file.read())
    put = data.rfind(bytes([5, family]) + bytes([13 if family != LEAF else 12]) + key)
    assert put >= 0, "no such put in the log"
    flipped = put + 3 + (13 if family != LEAF else 12) + 2 + 20  # behind the value's length
    data[flipped] ^= 0x10
    start, length = next(one for one in records(data) if one[0] + 7 <= flipped < sum(one) + 7)
    struct.pack_into("<I", data, start, masked_crc(data[start + 6:start + 7 + length]))
    with open(path, "wb") as file:
        file.write(data)


def tear(store):
    """The log ends inside its last record."""
    path = newest_log(store)
    with open(path, "rb") as file:
        start, length = list(records(file.read()))[-1]
    os.truncate(path, start + 7 + length // 2)


# ---- the guard -------------------------------------------------------------------------------------

def slot(sequence, origin, size, root):
    head = b"LHGUARD1" + struct.pack(">QH", sequence, len(origin)) + origin
    head += struct.pack(">Q", size) + root + bytes(8)
    head = head.ljust(496, b"\0")
    return head + hashlib.sha256(head).digest()[:16]


def set_bytes(path, at, data):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(data)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def newest_slot(path):
    """Where the newest slot is, and where the other."""
    data = content(path)
    return (0, 4096) if data[8:16] > data[4096 + 8:4096 + 16] else (4096, 0)


# ---- moments of a ledger ---------------------------------------------------------------------------

class World:
    def __init__(self):
        self.node = Placed()
        self.aside = os.path.join(self.node.base, "aside")
        self.sizes = {}
        self.keep("0")
        self.grow("1", "0", lambda: self.node.act("generation"))
        self.grow("2", "1", lambda: self.node.act("staff-1"))
        for name, before in (("3", "2"), ("4", "3"), ("5", "4"), ("4b", "3"), ("5b", "4b")):
            self.grow(name, before, lambda: self.node.record(event()))

    def keep(self, name):
        shutil.copytree(self.node.place, os.path.join(self.aside, name))

    def grow(self, name, before, act):
        self.put(before, before)
        self.node.start()
        equal(act().status, 201)
        self.sizes[name] = self.node.size()
        self.node.stop()
        self.keep(name)

    def put(self, store, guard):
        """The store of one moment beside the guard of another."""
        shutil.rmtree(self.node.place)
        shutil.copytree(os.path.join(self.aside, store, "n"), os.path.join(self.node.place, "n"))
        if guard is not None:
            shutil.copytree(os.path.join(self.aside, guard, "n-guard"),
                            os.path.join(self.node.place, "n-guard"))
        else:
            os.mkdir(os.path.join(self.node.place, "n-guard"))

    def mark(self):
        with open(os.path.join(self.node.dir, "RESTORED"), "wb"):
            pass


def is_continuous(world, size, why):
    node = world.node
    status = node.status()
    equal((status["state"], status["size"]), ("continuous", size), status.get("why"))
    assert why in node.logged(), node.last_log()
    equal(guard_size(node), size, "the guard")
    equal(node.get("/readyz").status, 200)
    equal(node.record(event()).status, 201)
    assert guard_size(node) > size
    node.stop()
    node.start()
    equal(node.status()["state"], "continuous")


def is_suspect(world, size, why, before=()):
    node = world.node
    guard = content(node.guard)
    kept = []
    for _ in range(2):
        status = node.status()
        equal(status["state"], "suspect")
        assert why in status["why"], status["why"]
        equal(status["size"], size, "what readers see")
        equal(node.get("/readyz").json["code"], "state.suspect")
        kept.append(event())
        reply = node.record(kept[-1])
        equal((reply.status, reply.json["results"][0]["sequence"]), (202, len(kept)))
        for at, one in enumerate(kept):  # what was kept before is there, under the same receipt
            again = node.record(one).json["results"][0]
            equal((again["status"], again["sequence"]), ("journaled", at + 1))
        equal(node.status()["journal"], len(kept))
        equal(node.size(), size)
        equal(node.get("/v1/entries/gaj/1/%d" % size).status, 404)
        node.stop()
        equal(content(node.guard), guard, "the guard was touched")
        node.start(before=before)


def is_new(world, size, why):
    node = world.node
    equal((node.status()["state"], size), ("new", 0))
    reply = node.record(event())
    equal((reply.status, reply.json["code"]), (503, "state.new"), why)
    equal(node.act("generation").status, 201)
    equal(node.status()["state"], "continuous")


def is_corrupt(world, size, why):
    equal((world.node.end(), size), (4, None), world.node.logged()[-500:])
    assert "node.corrupt" in world.node.last_log() and why in world.node.last_log()


# ---- the rows --------------------------------------------------------------------------------------

def rows(world):
    """(name, store, guard, what is done to them, verdict, size, words of the reason)."""
    node, sizes = world.node, world.sizes
    behind, past = "behind the guard", "more than one block past"
    released, agree = "sealed but not released", "store and guard agree"
    other, unread = "another history", "the guard cannot be read"

    def one_slot(which):
        set_bytes(node.guard, newest_slot(node.guard)[which] + 100, b"\xff")

    def forge_origin():
        for at in (0, 4096):
            sequence = 10 + at // 4096
            set_bytes(node.guard, at, slot(sequence, b"jinhua/mzj/1", sizes["4"], bytes(32)))

    def forge_root():
        for at in (0, 4096):
            sequence = 10 + at // 4096
            set_bytes(node.guard, at, slot(sequence, ORIGIN, sizes["3"], b"\x01" * 32))

    def nothing():
        pass

    def then(*steps):
        return lambda: [step() for step in steps]

    def hit(family, key):
        return lambda: damage(node.store, family, struct.pack(">I", 1) + key)

    leaf = hit(LEAF, struct.pack(">Q", sizes["3"]))
    return [
        ("S == G", "4", "4", nothing, is_continuous, sizes["4"], agree),
        ("one block past G", "4", "3", nothing, is_continuous, sizes["4"], released),
        ("first block past a new guard", "1", "0", nothing, is_continuous, sizes["1"], released),
        ("two blocks past G", "5", "3", nothing, is_suspect, sizes["3"], past),
        ("past a guard never written", "3", "0", nothing, is_suspect, sizes["3"], "never written"),
        ("the guard is missing", "3", None, nothing, is_suspect, sizes["3"], "never written"),
        ("one block past another root", "5b", "4", nothing, is_suspect, sizes["5b"], other),
        ("one block past a root nobody had", "4", "3", forge_root, is_suspect, sizes["4"], other),
        ("another root at G's size", "4b", "4", nothing, is_suspect, sizes["4b"], other),
        ("S behind G", "3", "4", nothing, is_suspect, sizes["3"], behind),
        ("S behind G by two", "3", "5", nothing, is_suspect, sizes["3"], behind),
        ("an empty store behind G", "0", "4", nothing, is_suspect, 0, behind),
        ("no slot is valid", "4", "4", then(lambda: one_slot(0), lambda: one_slot(1)), is_suspect,
         sizes["4"], unread),
        ("the guard is zeros", "4", "4", lambda: set_bytes(node.guard, 0, bytes(8192)), is_suspect,
         sizes["4"], unread),
        ("the guard is cut short", "4", "4", lambda: os.truncate(node.guard, 4096), is_suspect,
         sizes["4"], unread),
        ("the newest slot is torn", "4", "4", lambda: one_slot(0), is_continuous, sizes["4"],
         released),
        ("the older slot is torn", "4", "4", lambda: one_slot(1), is_continuous, sizes["4"], agree),
        ("the guard names another origin", "4", "4", forge_origin, is_suspect, sizes["4"],
         "another ledger"),
        ("RESTORED marker", "4", "4", world.mark, is_suspect, sizes["4"], "marked as restored"),
        ("RESTORED marker before S behind G", "3", "4", world.mark, is_suspect, sizes["3"],
         "marked as restored"),
        ("no block, a guard never written", "0", "0", nothing, is_new, 0, ""),
        ("no block, no guard", "0", None, nothing, is_new, 0, ""),
        ("a leaf of the last block differs", "4", "4", leaf, is_corrupt, None, "block"),
        ("its checkpoint differs", "4", "4", hit(BLOCK, b"h"), is_corrupt, None, "block"),
        ("the stored nodes differ", "4", "4", hit(NODE, b"\0"), is_corrupt, None, "nodes"),
        ("corrupt before RESTORED marker", "4", "4", then(leaf, world.mark), is_corrupt, None,
         "block"),
        ("corrupt, one block past G", "4", "3", leaf, is_corrupt, None, "block"),
        ("a released block torn from the log", "4", "4", lambda: tear(node.store), is_suspect,
         sizes["3"], behind),
        ("an unreleased block torn from the log", "4", "3", lambda: tear(node.store), is_continuous,
         sizes["3"], agree),
    ]


def run_row(world, row):
    name, store, guard, change, verdict, size, why = row
    node = world.node
    world.put(store, guard)
    with open(node.log, "wb"):
        pass
    change()
    node.start(wait=verdict is not is_corrupt)
    verdict(world, size, why)
    if "torn from the log" in name:
        assert "store.salvage" in node.logged(), node.logged()
    if node.process.poll() is None:
        node.kill()


def on_machine(world, letter):
    """The words before a command that make it see another machine's /etc/machine-id."""
    etc = os.path.join(world.node.base, "etc-" + letter)
    if not os.path.exists(etc):
        shutil.copytree("/etc", etc, symlinks=True)
        with open(os.path.join(etc, "machine-id"), "w", encoding="ascii") as out:
            out.write(letter * 32 + "\n")
    return ["unshare", "-m", "/bin/sh", "-c", 'mount --bind "$0" /etc && exec "$@"', etc]


def another_machine(world):
    node = world.node
    world.put("0", "0")
    node.start(before=on_machine(world, "a"))
    equal(node.act("generation").status, 201)
    size = node.size()
    node.stop()
    node.start(before=on_machine(world, "b"))
    is_suspect(world, size, "another machine", before=on_machine(world, "b"))
    node.stop()
    node.start(before=on_machine(world, "a"))
    equal(node.status()["state"], "continuous")
    node.kill()


def can_unshare():
    return os.geteuid() == 0 and subprocess.run(
        ["unshare", "-m", "true"], check=False, stderr=subprocess.DEVNULL).returncode == 0


def main():
    began = time.monotonic()
    world = World()
    failed, verdicts = [], {}
    try:
        equal(world.sizes["4"], world.sizes["4b"], "the branches fork at one size")
        table = rows(world)
        for row in table:
            try:
                run_row(world, row)
                verdict = row[4].__name__.replace("is_", "")
                verdicts[verdict] = verdicts.get(verdict, 0) + 1
            except Exception as error:  # all rows are shown  # pylint: disable=broad-except
                failed.append(row[0])
                print(world.node.logged()[-1000:], flush=True)
                tell_failure(row[0], error)
                if world.node.process.poll() is None:
                    world.node.kill()
        if can_unshare():
            another_machine(world)
            verdicts["suspect"] += 1
        else:
            assert not CI, "no mount namespace: the row of another machine cannot be shown"
            print("not shown: another machine (needs root and a mount namespace)")
        print("rows=%d %s failed=%d seconds=%.0f" %
              (sum(verdicts.values()), " ".join("%s=%d" % one for one in sorted(verdicts.items())),
               len(failed), time.monotonic() - began), flush=True)
        assert not failed, failed
    finally:
        world.node.remove()


main()
