"""No reply before the disk has it: judged from what the kernel was asked, in the order it was asked.

strace writes down every read and write of the node. For each reply that acknowledges an entry the
log must show, each step complete before the next begins:

    the request was read, its block written to the write-ahead log, that file fdatasynced,
    the guard written with a size past the entry, the guard fdatasynced, the reply written;

a new write-ahead log's name must be synced too (fsync of the folder) before the guard is written. A
checkpoint that is read must not be ahead of the guard. The same judge must find fault with a node
that leaves out either sync. Of an entry that goes to the journal the log must show its write and its
sync between request and reply; no guard is written then. Of a trail that leaves an ACCESS the log must
show the same steps between the question and the first row.
"""

import os
import re
import shutil
import threading

from durability import Book, Placed, skip_unless
from nodelib import equal, event

STRINGS = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
CALL = re.compile(r"(\d+) +(\w+)\((.*)$")
RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)$")
RESULT = re.compile(r"\) += (-?\d+)(?: .*)?$")
PLACE = re.compile(r"^(\d+)<((?:\\x[0-9a-f]{2})*)>")
ACCESS = re.compile(rb'"access":"gaj/1/(\d+)"')
RESULT_OF_ENTRY = re.compile(rb'"status":"(recorded|duplicate)"[^{}]*?"entry":"gaj/1/(\d+)"')
CALLS = "fdatasync,fsync,pwrite64,write,writev,sendmsg,sendto,read,readv,recvfrom,recvmsg,accept4"


def unhex(text):
    return bytes.fromhex(text.replace("\\x", ""))


class Call:
    """One system call; `began` and `ended` are its places in the log."""

    def __init__(self, thread, name, rest, began):
        self.thread, self.name, self.began, self.ended, self.result = thread, name, began, None, None
        self.rest = rest
        self.fd, self.path = None, ""

    def end(self, at):
        self.ended = at
        found = RESULT.search(self.rest)
        self.result = int(found.group(1)) if found else None
        place = PLACE.match(self.rest)
        if place:
            self.fd, self.path = int(place.group(1)), unhex(place.group(2)).decode()

    @property
    def data(self):
        return b"".join(unhex(one) for one in STRINGS.findall(self.rest))


def read_log(path):
    """Calls in the order in which something happens to them: [(call, has_ended)]."""
    steps, open_calls = [], {}
    with open(path, encoding="ascii") as lines:
        for at, line in enumerate(lines):
            line = line.rstrip("\n")
            resumed = RESUMED.match(line)
            started = CALL.match(line)
            if resumed:
                call = open_calls.pop(resumed.group(1), None)
                if call is not None:
                    call.rest += resumed.group(3)
                    call.end(at)
                    steps.append((call, True))
            elif started:
                call = Call(started.group(1), started.group(2), started.group(3), at)
                if call.rest.endswith("<unfinished ...>"):
                    call.rest = call.rest[:-len("<unfinished ...>")]
                    place = PLACE.match(call.rest)
                    call.path = unhex(place.group(2)).decode() if place else ""
                    call.fd = int(place.group(1)) if place else None
                    open_calls[call.thread] = call
                    steps.append((call, False))
                else:
                    call.end(at)
                    steps += [(call, False), (call, True)]
    return steps


def guard_size(slot):
    origin = int.from_bytes(slot[16:18], "big")
    return int.from_bytes(slot[18 + origin:26 + origin], "big")


class Judge:
    def __init__(self):
        self.kept = 0  # entries in the journal
        self.readings = 0
        self.replies = self.entries = self.duplicates = self.checkpoints = self.blocks = 0
        self.faults = []
        self.log_written = self.log_synced = None  # newest complete calls on the write-ahead log
        self.logs, self.named = set(), set()       # logs written to; logs whose name is synced
        self.guard_pending = None
        self.released = []                         # (guard write, guard sync, log sync, size)
        self.requests = {}                         # fd -> place at which its request was read

    def fault(self, words, call):
        self.faults.append("%s (line %d)" % (words, call.began + 1))

    def step(self, call, has_ended):
        if "-guard/" in call.path:
            self.guard(call, has_ended)
        elif call.path.endswith(".log") and "/store/" in call.path:
            self.log(call, has_ended)
        elif call.path.endswith("/store") and call.name == "fsync" and has_ended:
            self.named |= self.logs if call.result == 0 else set()
        elif call.path.startswith(("socket:", "UNIX")):
            self.edge(call, has_ended)

    def log(self, call, has_ended):
        if not has_ended:
            return
        if call.name in ("write", "pwrite64"):
            self.log_written = call
            self.logs.add(call.path)
        elif call.name in ("fdatasync", "fsync") and call.result == 0:
            self.log_synced = call

    def guard(self, call, has_ended):
        if call.name == "pwrite64" and not has_ended:
            self.blocks += 1
            if self.log_written is None:
                self.fault("the guard is written before any log", call)
            elif self.log_synced is None or self.log_synced.began < self.log_written.ended:
                self.fault("the guard is written, the log is not synced", call)
            elif self.log_synced.path not in self.named:
                self.fault("the log's name is not synced", call)
        elif call.name == "pwrite64":
            self.guard_pending = call
        elif call.name == "fdatasync" and has_ended and call.result == 0:
            if self.guard_pending is not None and call.began > self.guard_pending.ended:
                self.released.append((self.guard_pending, call, self.log_synced,
                                      guard_size(self.guard_pending.data)))

    def edge(self, call, has_ended):
        if call.name in ("read", "readv", "recvfrom", "recvmsg"):
            if has_ended and call.data.startswith((b"POST /v1/events", b"GET /v1/checkpoint",
                                                   b"GET /v1/trail")):
                self.requests[call.fd] = call
        elif not has_ended and call.data.startswith(b"HTTP/1.1 20"):
            request = self.requests.pop(call.fd, None)
            if request is not None and b"POST /v1/events" in request.data:
                self.reply(call, request)
            elif request is not None and b"GET /v1/trail" in request.data:
                self.reading(call, request)
            elif request is not None:
                self.checkpoint(call)

    def journaled(self, call, request):
        """One client at a time: the newest write and sync of the log are those of its entry."""
        self.kept += 1
        written, synced = self.log_written, self.log_synced
        if written is None or written.began < request.ended:
            self.fault("a reply before its entry was written", call)
        elif synced is None or synced.began < written.ended or synced.ended > call.began:
            self.fault("a reply before the log was synced", call)
        elif synced.path not in self.named:
            self.fault("a reply before the log's name was synced", call)

    def reply(self, call, request):
        if b'"status":"journaled"' in call.data:
            self.journaled(call, request)
            return
        results = [(one, int(at)) for one, at in RESULT_OF_ENTRY.findall(call.data)]
        recorded = sum(one == b"recorded" for one, _ in results)
        self.replies += 1
        self.entries += recorded
        self.duplicates += len(results) - recorded
        if not results:
            self.fault("a reply without an entry was understood", call)
            return
        newest = max(at for _, at in results)
        covering = next((one for one in self.released if one[3] > newest), None)
        if covering is None:
            self.fault("a reply before the guard was synced past its entry", call)
            return
        written, _, log_synced, _ = covering  # the first to cover it
        if (recorded and max(results, key=lambda one: one[1])[0] == b"recorded" and not (
                log_synced is not None and request.ended < log_synced.began and
                log_synced.ended < written.began)):
            self.fault("a reply without a log sync between request and guard", call)

    def reading(self, call, request):
        """The rows of a trail: their ACCESS is released first, by a sync after the question."""
        self.readings += 1
        found = ACCESS.search(call.data)
        if not found:
            self.fault("a trail that names no ACCESS", call)
            return
        covering = next((one for one in self.released if one[3] > int(found.group(1))), None)
        if covering is None:
            self.fault("rows before the guard was synced past their ACCESS", call)
            return
        written, _, log_synced, _ = covering
        if not (log_synced is not None and request.ended < log_synced.began and
                log_synced.ended < written.began):
            self.fault("rows without a log sync between question and guard", call)

    def checkpoint(self, call):
        _, _, body = call.data.partition(b"\r\n\r\n")
        size = int(body.split(b"\n")[1])
        self.checkpoints += 1
        if size > max((one[3] for one in self.released), default=0) and self.released:
            self.fault("a checkpoint ahead of the guard", call)


def load(node, clients, requests):
    """Some clients post one, some three events; each second one sends an event of its neighbour
    again, at the same time."""
    book = Book(node)
    shared = [[event() for _ in range(requests)] for _ in range(clients)]
    failures = []

    def run(number):
        try:
            for at in range(requests):
                mine = shared[number][at]
                again = shared[number - 1][at]
                if number % 2:
                    reply = node.record(mine, again, event())
                else:
                    reply = node.record(mine)
                assert reply.status in (200, 201), reply.text[:200]
                book.take(reply)
                if number % 3 == 0:
                    equal(node.get("/v1/checkpoint").status, 200)
        except Exception as error:  # shown by the caller  # pylint: disable=broad-except
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    return len(book.receipts)


def trace(program, clients, requests):
    node = Placed(program)
    path = os.path.join(node.base, "strace")
    try:
        node.begin()
        node.stop()
        node.start(before=["strace", "-D", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "8192", "-o",
                           path, "-e", "trace=" + CALLS, "-e", "signal=none"])
        entries = load(node, clients, requests)
        node.stop()
        judge = Judge()
        for call, has_ended in read_log(path):
            judge.step(call, has_ended)
        print("%-20s clients=%-2d replies=%d entries=%d duplicates=%d checkpoints=%d blocks=%d "
              "faults=%d" % (program, clients, judge.replies, judge.entries, judge.duplicates,
                             judge.checkpoints, judge.blocks, len(judge.faults)), flush=True)
        return judge, entries
    except BaseException:
        print(node.logged()[-2000:])
        raise
    finally:
        node.remove()


def trace_one_by_one(program, is_suspect, ask):
    """The same of a node with one client, which seals nothing if it is suspect."""
    node = Placed(program)
    path = os.path.join(node.base, "strace")
    try:
        node.begin()
        node.stop()
        if is_suspect:
            with open(os.path.join(node.dir, "RESTORED"), "w", encoding="ascii") as out:
                out.write("for the test\n")
        node.start(before=["strace", "-D", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "8192", "-o",
                           path, "-e", "trace=" + CALLS, "-e", "signal=none"])
        ask(node)
        node.stop()
        judge = Judge()
        for call, has_ended in read_log(path):
            judge.step(call, has_ended)
        print("%-20s journal=%d readings=%d blocks=%d faults=%d" %
              (program, judge.kept, judge.readings, judge.blocks, len(judge.faults)), flush=True)
        return judge
    finally:
        node.remove()


def trace_journal(program, requests):
    def ask(node):
        for _ in range(requests):
            equal(node.record(event()).status, 202)

    judge = trace_one_by_one(program, True, ask)
    equal((judge.kept, judge.blocks), (requests, 0))
    return judge


def trace_readings(program, requests):
    def ask(node):
        for _ in range(requests):
            equal(node.get("/v1/trail?limit=3").status, 200)

    judge = trace_one_by_one(program, False, ask)
    equal((judge.readings, judge.blocks), (requests, requests))
    return judge


def main():
    skip_unless(shutil.which("strace"), "strace is missing")
    for clients, requests in ((1, 40), (8, 25), (16, 25)):
        judge, entries = trace("liuhend", clients, requests)
        assert not judge.faults, judge.faults[:5]
        assert judge.replies == clients * requests, "replies that were not understood"
        equal(judge.entries, entries, "entries in the log of system calls")
        assert 0 < judge.blocks < entries + 3, judge.blocks
    judge = trace_journal("liuhend", 20)
    assert not judge.faults, judge.faults[:5]
    judge = trace_journal("liuhend-nosync-store", 20)
    seen = sum("before the log was synced" in fault for fault in judge.faults)
    equal(seen, 20, "a node that does not sync passes")
    judge = trace_readings("liuhend", 15)
    assert not judge.faults, judge.faults[:5]
    for program, words in (("liuhend-nosync-store", "rows without a log sync"),
                           ("liuhend-nosync-guard", "rows before the guard was synced")):
        judge = trace_readings(program, 15)
        seen = sum(words in fault for fault in judge.faults)
        equal(seen, 15, "%s passes" % program)
    for program, words in (("liuhend-nosync-store", "the log is not synced"),
                           ("liuhend-nosync-guard", "before the guard was synced"),
                           ("liuhend-nosync", "before the guard was synced")):
        judge, _ = trace(program, 2, 10)
        seen = sum(words in fault for fault in judge.faults)
        assert seen >= 10, "%s passes: %s" % (program, judge.faults[:5])


main()
