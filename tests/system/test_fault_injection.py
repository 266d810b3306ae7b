"""Every write, sync, rename and open of an append and of an opening fails once.

strace makes the n-th such call of a thread fail with EIO or ENOSPC. The node may answer with a
problem, end by error or abort; judged are the reopened ledger, its guard, and every reply that was
sent. Appends run on the node and on one whose store changes files every few blocks, so that the
calls of its background work are among them. Controls: the judge notices a disk that is older than
the replies, and a node that does not hear that a write failed.

argv[3]: cases (60), taken by seed; 0: all.  argv[4]: seed.
"""

import collections
import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from durability import (Book, ENV, Placed, argument, check_node, dice_of, guard_size, sample,
                        skip_unless)
from nodelib import equal, event

CASES = argument(3, 60)
SEED = argument(4, 20261124)
CALLS = ("write", "writev", "pwrite64", "fdatasync", "fsync", "fallocate", "ftruncate", "openat",
         "rename", "unlink")
ERRORS = ("EIO", "ENOSPC")
RESTARTS = 24  # each leaves a table file, until they are merged
# Stopped, no configuration, could not start or stop, a write failed, abort.
ENDS = {0, 2, 3, 5, -signal.SIGABRT}

Case = collections.namedtuple("Case", "part call error when")


class Tracer:
    """strace on a running node."""

    def __init__(self, node, options):
        self.log = os.path.join(node.base, "strace")
        self.process = subprocess.Popen(
            ["strace", "-f", "-y", "-o", self.log, *options, "-p", str(node.process.pid)],
            stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        assert "attached" in line, line

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()
        return read_text(self.log)


def read_text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def most_calls(log):
    """Per system call, how often the busiest thread made it."""
    counts = collections.Counter()
    for line in log.splitlines():
        found = re.match(r"(\d+) +(\w+)\(", line)
        if found:
            counts[found.groups()] += 1
    most = collections.Counter()
    for (_, call), count in counts.items():
        most[call] = max(most[call], count)
    return most


class World:
    def __init__(self, program):
        self.node = Placed(program)
        self.book = Book(self.node)
        self.shown = 0  # size of the largest head that the node has shown
        self.node.patience = 3  # a reply that never comes, and requests that never end
        self.node.add_config("timeout.stop = 1s\n")
        self.node.begin()
        self.book.take(self.node.record(event()))

    def append(self):
        outcome = self.try_append()
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.shown = max(self.shown, self.node.status()["size"])
        return outcome

    def try_append(self):
        """What one append is here: a block, or so many that the small store changes files."""
        small = self.node.program == "liuhend-small"
        for _ in range(3 if small else 1):
            try:
                reply = self.node.record(*[event() for _ in range(100 if small else 1)])
            except (OSError, http.client.HTTPException):
                return "no reply"
            if self.book.take(reply) == 0:
                return str(reply.json["code"])
        if small:
            time.sleep(0.1)  # for the background work
        return "recorded"

    def close_down(self, is_mute=False):
        """How the node ended, stopped by us unless it had ended by itself. It says why, unless
        that very line is what failed."""
        if self.node.process.poll() is None:
            self.node.signal(signal.SIGTERM)
        code = self.node.end(30)
        assert code in ENDS, "ended with %s:\n%s" % (code, self.node.logged()[-1500:])
        if code == 2:
            assert "liuhend.conf: " in self.node.last_log(), self.node.last_log()
        if code in (3, 5) and not is_mute:
            assert re.search("reason=|stop.late", self.node.last_log()), self.node.last_log()
        return code

    def judge(self):
        """Open again; everything acknowledged or shown is there, and the guard agrees."""
        self.node.start()
        status = self.node.status()
        equal(status["state"], "continuous", self.node.logged()[-1500:])
        equal(guard_size(self.node), status["size"], "the guard")
        assert status["size"] >= self.shown, "a head of %d was shown: got %d" % (self.shown, status["size"])
        equal(self.book.check(self.node, last=100), 0, "acknowledged entries that are lost")


def injected(log):
    """The calls that were made to fail: at most one of each thread."""
    return "\n".join(line for line in log.splitlines() if "(INJECTED)" in line)


def fail_append(world, case):
    tracer = Tracer(world.node, ["-e", "trace=" + case.call, "-e", "inject=%s:error=%s:when=%d" %
                                 (case.call, case.error, case.when)])
    outcome = world.append()
    if world.node.process.poll() is None and outcome != "recorded":
        world.node.end(0.3)
    hit = injected(tracer.end())
    if world.node.process.poll() is None:
        world.append()  # whatever it answers is in the book
    return hit, outcome


def fail_opening(world, case):
    world.close_down()
    world.node.start(wait=False, is_held=True)
    tracer = Tracer(world.node, ["-e", "trace=" + case.call, "-e", "inject=%s:error=%s:when=%d" %
                                 (case.call, case.error, case.when)])
    world.node.let_go()
    try:
        world.node.wait_ready(20)
        is_open = True
    except AssertionError:
        is_open = False
    hit = injected(tracer.end())
    return hit, world.append() if is_open else "not opened"


def run_case(world, case):
    fail = fail_opening if case.part.endswith("opening") else fail_append
    try:
        hit, outcome = fail(world, case)
        code = world.close_down(is_mute=world.node.log in hit)
        world.judge()
    except BaseException:
        print("case %s" % (case,), flush=True)
        raise
    return bool(hit), outcome, code


def cases_of(world, part):
    """A dry run of the part: which calls it makes."""
    node = world.node
    if part.endswith("append"):
        world.close_down()
        world.judge()  # the first append to a new log
        tracer = Tracer(node, ["-e", "trace=" + ",".join(CALLS)])
        equal(world.append(), "recorded")
        most = most_calls(tracer.end())
        wanted = {call: range(1, most[call] + 1) for call in most}
    else:
        world.close_down()
        world.judge()
        world.append()
        world.close_down()
        node.start(wait=False, is_held=True)
        tracer = Tracer(node, ["-e", "trace=" + ",".join(CALLS)])
        node.let_go()
        node.wait_ready()
        pid = str(node.process.pid)
        wanted, seen = collections.defaultdict(list), collections.Counter()
        for line in tracer.end().splitlines():
            found = re.match(r"(\d+) +(\w+)\(", line)
            if found and found.group(1) == pid:
                seen[found.group(2)] += 1
                if node.place in line:  # not the libraries, not our standard error
                    wanted[found.group(2)].append(seen[found.group(2)])
    return [Case(part, call, error, when) for call, whens in sorted(wanted.items())
            for error in ERRORS for when in whens]


PARTS = (("append", "liuhend"), ("changing append", "liuhend-small"),
         ("opening", "liuhend"), ("changing opening", "liuhend-small"))


def every_fault_leaves_what_was_acknowledged():
    dice = dice_of(SEED)
    for part, program in PARTS:
        world = World(program)
        try:
            cases = cases_of(world, part)
            chosen = cases
            if CASES:  # the single append whole, the rest by seed
                share = len(cases) if part == "append" else CASES // 4
                chosen = sample(dice, cases, share, kind=lambda case: case.call)
            hits, outcomes, ends = 0, collections.Counter(), collections.Counter()
            per_call = collections.Counter()
            for case in chosen:
                is_hit, outcome, code = run_case(world, case)
                hits += is_hit
                per_call[case.call] += is_hit
                outcomes[outcome] += is_hit
                ends[code] += is_hit
            world.node.stop()
            print("%-16s cases=%d/%d injected=%d (%s) outcomes: %s; ends: %s; %s" %
                  (part, len(chosen), len(cases), hits, spell(per_call), spell(outcomes),
                   spell(ends), check_node(world.node, world.book)), flush=True)
            assert hits * 2 > len(chosen), "most faults were not injected"
        except BaseException:
            print(world.node.logged()[-2500:])
            raise
        finally:
            world.node.remove()


def spell(counts):
    return " ".join("%s=%d" % one for one in sorted(counts.items(), key=str) if one[1])


# ---- controls --------------------------------------------------------------------------------------

def must_notice(world, what):
    try:
        world.judge()
    except AssertionError as error:
        print("control: %s: noticed (%s)" % (what, str(error).strip().rpartition(": ")[2]), flush=True)
        return
    raise AssertionError("not noticed: " + what)


def an_older_disk_is_noticed():
    world = World("liuhend")
    try:
        world.close_down()
        shutil.copytree(world.node.place, world.node.place + "-old")
        world.judge()
        equal(world.append(), "recorded")
        world.close_down()
        shutil.rmtree(world.node.place)
        os.rename(world.node.place + "-old", world.node.place)
        must_notice(world, "store and guard older than a reply")
    finally:
        world.node.remove()


def a_node_that_does_not_hear_is_noticed():
    """The same fault, on the same write of the log, that the node itself must survive."""
    noticed = 0
    for program in ("liuhend", "liuhend-deaf"):
        world = World(program)
        try:
            before = world.node.status()["size"]
            _, outcome = fail_append(world, Case("append", "write", "EIO", 1))
            if world.node.process.poll() is None:
                world.node.kill()
            assert outcome != "recorded", outcome  # its receipt needs what was not written
            if program == "liuhend":
                equal(world.shown, 0)
                world.judge()
            else:
                assert world.shown > before, (world.shown, before)  # it took the write for done
                must_notice(world, "an unheard failure of the log")
                noticed += 1
        finally:
            world.node.remove()
    equal(noticed, 1)


def opens_of_tables(world):
    """Where in the first thread's opens the table files stand: counted from 1."""
    world.node.start(wait=False, is_held=True)
    tracer = Tracer(world.node, ["-e", "trace=openat"])
    world.node.let_go()
    world.node.wait_ready()
    lines = [line for line in tracer.end().splitlines()
             if line.startswith(str(world.node.process.pid))]
    world.node.kill()
    return [at for at, line in enumerate(lines, 1) if ".sst" in line]


def a_table_file_that_cannot_be_opened_is_never_passed_over():
    """An iterator of RocksDB 7.8 passes over a table file that it cannot open and says nothing: all
    are opened at the start, where the failure is heard, and no intact ledger is called damaged."""
    world = World("liuhend")
    for _ in range(RESTARTS):
        world.close_down()
        world.judge()
        world.append()
    world.close_down()
    place = world.node.place
    shutil.copytree(place, place + "-kept")
    opens = opens_of_tables(world)
    assert len(opens) >= 5, opens
    ends = collections.Counter()
    for when in opens:
        shutil.rmtree(place)
        shutil.copytree(place + "-kept", place)
        world.node.start(wait=False, is_held=True)
        tracer = Tracer(world.node, ["-e", "trace=openat", "-e",
                                     "inject=openat:error=EIO:when=%d" % when])
        world.node.let_go()
        try:
            world.node.wait_ready(20)
        except AssertionError:
            pass
        tracer.end()
        ends[world.close_down()] += 1
    world.judge()
    shutil.rmtree(place + "-kept")
    world.node.remove()
    print("%d table files could not be opened once; the node ended with %s" %
          (len(opens), dict(ends)))


def main():
    skip_unless(shutil.which("strace"), "strace is missing")
    os.environ.update(ENV)
    an_older_disk_is_noticed()
    a_node_that_does_not_hear_is_noticed()
    a_table_file_that_cannot_be_opened_is_never_passed_over()
    every_fault_leaves_what_was_acknowledged()


sys.exit(main())
