"""The power goes, round after round: what was acknowledged is there, once, and verifies.

The node's data and its guard lie on dropfs (tests/support/dropfs_disk.h), which forgets at a cut
what was not synced, or keeps a part of it, by seed. Cuts come at a random moment under load, in
place of the n-th change of the disk, and inside of opening after the cut before. Every second round
runs a node whose store changes files every few blocks. Controls: dropfs loses what was not synced
and nothing else; a node that leaves out a sync is found out.

argv[3]: cuts (10).  argv[4]: seed.
"""

import os
import queue
import subprocess
import threading
import time

from durability import ENV, Book, Placed, Writers, argument, check_node, dice_of, skip_unless
from nodelib import equal

CUTS = argument(3, 10)
SEED = argument(4, 20261124)


class Disk:
    """dropfs over `backing` at `place`, until it is closed."""

    def __init__(self, tools, backing, place):
        os.makedirs(backing, exist_ok=True)
        os.makedirs(place, exist_ok=True)
        self.lines = queue.Queue()
        self.process = subprocess.Popen([os.path.join(tools, "dropfs"), backing, place],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=dict(os.environ, **ENV))
        threading.Thread(target=self.listen, daemon=True).start()
        equal(self.lines.get(timeout=20), "mounted")

    def listen(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put("ended")

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def arm(self, count, seed):
        self.say("arm %d %d" % (count, seed))
        equal(self.lines.get(timeout=20), "armed")

    def cut(self, seed):
        self.say("cut %d" % seed)
        return self.wait_cut(20)

    def wait_cut(self, seconds):
        """(kept, all) of the changes of names and of the writes that waited; None: no cut yet."""
        try:
            words = self.lines.get(timeout=seconds).split()
        except queue.Empty:
            return None
        equal(words[0], "cut")
        return [int(n) for word in words[1:] for n in word.partition("=")[2].split("/")]

    def close(self):
        self.process.stdin.close()
        equal(self.process.wait(timeout=60), 0, "dropfs")


# ---- the disk itself -------------------------------------------------------------------------------

def write_at(place, name, data, names_too):
    fd = os.open(os.path.join(place, name), os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.write(fd, data)
    os.fsync(fd)
    os.close(fd)
    if names_too:
        fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(fd)
        os.close(fd)


def the_disk_forgets_what_was_not_synced_and_nothing_else(node, seeds=30):
    seen = {"tail kept": 0, "tail lost": 0, "tail torn": 0, "name kept": 0, "name lost": 0,
            "rename kept": 0, "rename lost": 0}
    for seed in range(seeds):
        backing = os.path.join(node.base, "b-%d" % seed)
        place = os.path.join(node.base, "p-%d" % seed)
        disk = Disk(node.tools, backing, place)
        write_at(place, "synced", b"s" * 5000, False)
        write_at(place, "old", b"o", True)
        write_at(place, "new-name", b"n", False)
        os.rename(os.path.join(place, "old"), os.path.join(place, "renamed"))
        with open(os.path.join(place, "synced"), "ab", buffering=0) as file:
            file.write(b"t" * 3000)
        counts = disk.cut(SEED + seed * 7919)
        equal(counts[1:4:2], [2, 1], "what waited")
        try:
            os.stat(os.path.join(place, "synced"))
            raise AssertionError("the disk answers after the cut")
        except OSError:
            pass
        disk.close()
        with open(os.path.join(backing, "synced"), "rb") as file:
            data = file.read()
        equal(data[:5000], b"s" * 5000)
        assert not data[5000:].strip(b"t\0"), "bytes that nobody wrote"
        seen["tail lost" if len(data) == 5000 else
             "tail kept" if data[5000:] == b"t" * 3000 else "tail torn"] += 1
        names = set(os.listdir(backing))
        assert names in ({"synced", a} | b for a in ("old", "renamed") for b in (set(), {"new-name"}))
        seen["name kept" if "new-name" in names else "name lost"] += 1
        seen["rename kept" if "renamed" in names else "rename lost"] += 1
    assert all(seen.values()), seen
    print("dropfs: cuts=%d %s" % (seeds, " ".join("%s=%d" % (name.replace(" ", "_"), count)
                                                  for name, count in seen.items())), flush=True)


# ---- the node --------------------------------------------------------------------------------------

class World:
    """A node on dropfs, and the clients that use it."""

    def __init__(self, program):
        self.node = Placed(program)
        self.backing = os.path.join(self.node.base, "backing")
        self.place = self.node.place
        self.node.begin()
        self.node.stop()
        os.rename(self.place, self.backing)
        self.book = Book(self.node)
        self.acks = os.path.join(self.node.base, "load-acks")
        self.disk = None
        self.number = 0

    def mount(self):
        self.disk = Disk(self.node.tools, self.backing, self.place)

    def load(self):
        """16 more clients, with signed events."""
        self.number += 1
        process = subprocess.Popen(
            [os.path.join(self.node.tools, "load_node"), self.node.socket, self.node.dir,
             "--clients", "16", "--requests", "3000", "--seconds", "5", "--prefix",
             "load-%d" % self.number, "--ack", self.acks], stdout=subprocess.PIPE, text=True)
        equal(process.stdout.readline(), "go\n")
        return process

    def crash(self):
        """The cut has come: the node ends, or is ended; the disk goes away."""
        code = self.node.end(5)
        if code is None:
            self.node.kill()
        self.disk.close()
        self.disk = None
        return code

    def work_until_cut(self, dice, seed):
        writers = Writers(self.node, self.book)
        load = self.load()
        if dice.random() < 0.5:
            self.disk.arm(dice.randrange(1, 400), seed)
            counts = self.disk.wait_cut(3)
            counts = counts or self.disk.cut(seed)
        else:
            time.sleep(dice.uniform(0.02, 0.4))
            counts = self.disk.cut(seed)
        code = self.crash()
        writers.stop()
        load.communicate()
        equal(load.returncode, 0, "the load")
        return counts, code

    def take_acks(self):
        if os.path.exists(self.acks):
            with open(self.acks, "rb") as taken, open(self.book.path, "ab") as out:
                out.write(taken.read())
            os.unlink(self.acks)

    def close(self):
        if self.node.process.poll() is None:
            self.node.kill()
        if self.disk is not None:
            self.disk.close()
        self.node.remove()


def open_again(world, dice, seed):
    """Open after a cut, sometimes with another cut inside; the number of those."""
    cuts = 0
    world.mount()
    while cuts < 2 and dice.random() < 0.34:
        world.disk.arm(dice.randrange(1, 60), seed + cuts)
        world.node.start(wait=False)
        if world.disk.wait_cut(2) is None:  # opening needed fewer changes
            world.disk.cut(seed + cuts)
        cuts += 1
        world.crash()
        world.mount()
    world.node.start()
    return cuts


def cuts_lose_nothing_acknowledged():
    dice = dice_of(SEED)
    world = World("liuhend")
    codes, waited, kept, opening_cuts, salvaged = {}, 0, 0, 0, 0
    slowest = 0.0
    try:
        for number in range(CUTS):
            began = time.monotonic()
            seed = SEED * 1000 + number * 10
            world.node.program = ("liuhend", "liuhend-small")[number % 2]
            opening_cuts += open_again(world, dice, seed + 1)
            equal(world.node.status()["state"], "continuous",
                  "cut %d seed %d\n%s" % (number, seed, world.node.logged()[-2000:]))
            equal(world.book.check(world.node, last=100), 0, "acknowledged entries that are lost")
            counts, code = world.work_until_cut(dice, seed)
            assert code != 0, "the node stopped as if nothing were"
            codes[code] = codes.get(code, 0) + 1
            waited += counts[1] + counts[3]
            kept += counts[0] + counts[2]
            slowest = max(slowest, time.monotonic() - began)
        world.mount()
        world.node.start()
        equal(world.node.status()["state"], "continuous", world.node.logged()[-2000:])
        equal(world.book.check(world.node, last=500), 0, "acknowledged entries that are lost")
        why = world.node.logged()
        salvaged = why.count("store.salvage")
        world.node.stop()
        world.disk.close()
        world.disk = None
        world.take_acks()
        world.node.dir = os.path.join(world.backing, "n")
        print("cuts=%d in_opening=%d seed=%d %s waiting=%d of_them_kept=%d salvaged=%d "
              "released_late=%d exits=%s slowest=%.1fs" %
              (CUTS, opening_cuts, SEED, check_node(world.node, world.book), waited, kept, salvaged,
               why.count("sealed but not released"),
               ",".join("%s:%d" % one for one in sorted(codes.items(), key=str)), slowest),
              flush=True)
    except BaseException:
        print(world.node.logged()[-3000:])
        raise
    finally:
        world.close()


def how_it_shows(world):
    """After a cut of a node that does not sync: what one sees; None: nothing."""
    world.node.program = "liuhend"
    world.mount()
    world.node.start(wait=False)
    try:
        world.node.wait_ready()
    except AssertionError:
        return "does not start"
    state = world.node.status()["state"]
    lost = world.book.check(world.node, last=300)
    if state != "continuous":
        return "%s, %d of the newest lost" % (state, lost)
    return "%d of the newest lost" % lost if lost else None


def a_node_without_sync_is_found_out(program, tries=6):
    dice = dice_of(SEED)
    for number in range(tries):
        world = World(program)
        try:
            world.mount()
            world.node.start()
            world.work_until_cut(dice, SEED + number)
            shown = how_it_shows(world)
        finally:
            world.close()
        if shown:
            print("%-20s found out at cut %d: %s" % (program, number + 1, shown), flush=True)
            return
    raise AssertionError("%s: %d cuts and nothing was noticed" % (program, tries))


def main():
    skip_unless(os.geteuid() == 0, "mounting needs root")
    skip_unless(os.path.exists("/dev/fuse"), "/dev/fuse is missing")
    node = Placed()
    try:
        skip_unless(os.path.exists(os.path.join(node.tools, "dropfs")), "dropfs was not built")
        the_disk_forgets_what_was_not_synced_and_nothing_else(node)
    finally:
        node.remove()
    cuts_lose_nothing_acknowledged()
    for program in ("liuhend-nosync", "liuhend-nosync-store", "liuhend-nosync-guard"):
        a_node_without_sync_is_found_out(program)


main()
