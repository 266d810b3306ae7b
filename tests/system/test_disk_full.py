"""The disk is full: a clear error, nothing acknowledged is lost, and with room again it goes on.

The store and the guard lie on a small tmpfs in a mount namespace of our own. A filler leaves so many
bytes, under a running node or before one starts; clients record until the node ends or refuses. A
node that starts asks for room first: it ends with exit code 3 and says how much to free. Then the node
is started on the full disk, and once more with room. One row has its guard alone on a full disk, which must not matter: the guard is
written in place.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

from durability import Book, Placed, Writers, check_node, guard_size, skip_unless
from nodelib import equal, event

SIZE = 96 << 20
RUNNING = tuple(("liuhend-small", room) for room in (0, 4096, 32 << 10, 200 << 10, 1 << 20))
STARTING = tuple(("liuhend", room) for room in (0, 64 << 10, 400 << 10, 3 << 20, 24 << 20))


def mount(folder, size):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % size, "lh-full", folder], check=True)


def fill(folder, room):
    """Leave `room` bytes; the filler's path."""
    path = os.path.join(folder, "filler")
    block = b"\0" * 4096
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(block)
        except OSError:
            pass
        file.truncate(max(0, file.tell() - room) // 4096 * 4096)
    return path


class Disk:
    def __init__(self, size):
        self.folder = tempfile.mkdtemp(prefix="lh-full-")
        mount(self.folder, size)

    def remove(self):
        subprocess.run(["umount", "-l", self.folder], check=True)
        os.rmdir(self.folder)


def refused(node):
    equal(node.process.returncode, 3, node.last_log())
    log = node.last_log()
    assert "No space left" in log and "free at least" in log, log


def start_on_full_disk(node):
    node.start(wait=False)
    try:
        node.wait_ready()
    except AssertionError:
        refused(node)
        return "refused"
    try:
        reply = node.record(event())
        outcome = "records" if reply.status == 201 else "problem:%s" % reply.json["code"]
    except OSError:
        outcome = "opens, then %s" % node.end()
    node.kill()
    return outcome


def one_room(program, room, is_running):
    disk = Disk(SIZE)
    node = Placed(program, place=disk.folder)
    try:
        node.begin()
        book = Book(node)
        book.take(node.record(*[event() for _ in range(20)]))
        if is_running:
            filler = fill(disk.folder, room)
        else:
            node.stop()
            filler = fill(disk.folder, room)
            node.start(wait=False)
        writers = Writers(node, book, count=4, per_request=10)
        until = time.monotonic() + 60
        while node.end(0.2) is None and len(writers.refused) < 20 and time.monotonic() < until:
            pass
        code = node.process.poll()
        writers.stop()
        assert code in ((5, -6, None) if is_running else (3,)), "ended with %s" % code
        if code == 3:
            refused(node)
        elif code == 5:
            assert "ledger.failed" in node.last_log() and "No space left" in node.last_log(), \
                node.last_log()
        elif code is None:
            assert writers.refused, "neither an end nor a refusal"
            node.kill()
        again = start_on_full_disk(node)
        os.unlink(filler)
        node.start()
        status = node.status()
        equal(status["state"], "continuous", node.logged()[-1500:])
        equal(guard_size(node), status["size"], "the guard")
        equal(book.check(node), 0, "acknowledged entries that are lost")
        more = node.record(*[event() for _ in range(50)])
        equal(more.status, 201)
        book.take(more)
        node.stop()
        print("%-13s %-8s room=%-7d acknowledged=%-4d end=%s refused=%d started_full=%s; %s" %
              (program, "running" if is_running else "starting", room, writers.acknowledged, code, len(writers.refused), again,
               check_node(node, book)), flush=True)
        return writers.acknowledged
    except BaseException:
        print(program, room, node.logged()[-2500:])
        raise
    finally:
        node.remove()
        disk.remove()


def a_full_disk_under_the_guard_alone_changes_nothing():
    disk = Disk(64 << 10)
    node = Placed()
    try:
        shutil.copytree(node.dir + "-guard", os.path.join(disk.folder, "guard"))
        node.add_config("guard.path = %s\n" % os.path.join(disk.folder, "guard", "guard"))
        fill(disk.folder, 0)
        node.begin()
        book = Book(node)
        for _ in range(20):
            equal(book.take(node.record(event())), 1)
        node.kill()
        node.start()
        equal(node.status()["state"], "continuous")
        equal(book.check(node), 0)
        node.stop()
        print("full guard disk: entries=%d, none refused" % len(book.receipts), flush=True)
    finally:
        node.remove()
        disk.remove()


def main():
    skip_unless(os.geteuid() == 0, "mounting needs root")
    if os.environ.get("LH_TEST_OWN_MOUNTS") != "1":
        os.environ["LH_TEST_OWN_MOUNTS"] = "1"
        works = subprocess.run(["unshare", "-m", "true"], check=False, stderr=subprocess.DEVNULL)
        skip_unless(works.returncode == 0, "no mount namespace of our own")
        os.execvp("unshare", ["unshare", "-m", sys.executable, "-B", *sys.argv])
    began = time.monotonic()
    acknowledged = sum(one_room(program, room, True) for program, room in RUNNING)
    acknowledged += sum(one_room(program, room, False) for program, room in STARTING)
    a_full_disk_under_the_guard_alone_changes_nothing()
    print("rooms=%d acknowledged_under_pressure=%d lost=0 seconds=%.0f" %
          (len(RUNNING) + len(STARTING), acknowledged, time.monotonic() - began))
    assert acknowledged > 0


main()
