"""A wall clock that jumps: entries go to the journal until an operator has looked, then into this
generation."""

import base64
import json
import os
import signal
import subprocess
import sys

from nodelib import Node, as_client, equal, event, now, subject, tokens, until, warrant

HOUR = 3600


class Stepped(Node):
    """A node whose wall clock goes by a file."""

    def __init__(self):
        super().__init__()
        self.clock = os.path.join(self.base, "clock")
        self.set_clock(0)

    def set_clock(self, offset_s):
        with open(self.clock + ".new", "w", encoding="ascii") as out:
            out.write("%d\n" % (1000 * offset_s))
        os.replace(self.clock + ".new", self.clock)

    def start(self, wait=True, env=None):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(self.tools, "liuhend-clock"), "--data", self.dir], stderr=log,
                env=dict(os.environ, LH_TEST_CLOCK=self.clock))
        self.wait_ready()

    def confirm(self):
        self.signal(signal.SIGUSR1)
        until(lambda: not self.status()["clock_stepped"] and self.status()["journal"] == 0, self.logged)


def is_stepped(node, count):
    status = node.status()
    equal((status["state"], status["clock_stepped"], status["journal"]),
          ("continuous", True, count))
    equal(node.get("/readyz").json["code"], "clock.stepped")


def keep(node, **changes):
    reply = node.record(event(**changes))
    equal(reply.status, 202, reply.text)
    return reply.json["results"][0]


def check_kept(node, kept, flags):
    """Sealed in this generation, in order, with the flags of the journal; promises kept."""
    archive = os.path.join(node.base, "clock.lhar")
    with open(archive, "wb") as out:
        out.write(node.get("/v1/archive").body)
    paths = []
    for at, one in enumerate(kept):
        paths.append(os.path.join(node.base, "r-%d.txt" % at))
        with open(paths[-1], "w", encoding="utf-8") as out:
            out.write(one["receipt"])
    done = subprocess.run([os.path.join(node.bin, "liuhen-verify"), "--json", "--trust",
                           os.path.join(node.dir, "genesis.lhg"), archive, *paths],
                          stdout=subprocess.PIPE, text=True, check=False, timeout=60)
    report = json.loads(done.stdout)
    equal(done.returncode, 0, report)
    entries = [one["entry"] for one in report["files"][1:]]
    equal([one["promise"] for one in report["files"][1:]], ["kept"] * len(kept))
    equal(entries, sorted(entries, key=lambda name: int(name.split("/")[2])))
    for name in entries:
        assert name.startswith("gaj/1/"), name
        leaf = base64.b64decode(node.get("/v1/entries/" + name).json["leaf"])
        assert bytes([0x10, flags]) in leaf[-8:], leaf[-16:].hex()


def a_jump_is_journaled_until_somebody_looks(node, offset):
    node.begin()
    equal(node.record(event()).status, 201)
    size = node.size()
    node.set_clock(offset)
    first = event()
    reply = node.record(first)
    equal(reply.status, 202, reply.text)
    kept = [reply.json["results"][0]]
    kept += [keep(node) for _ in range(3)]  # by the time that the clock would show
    is_stepped(node, 4)
    assert "clock.stepped" in node.logged()
    equal(node.size(), size)
    reply = node.act("staff-2")  # keys change by a clock that is known
    equal((reply.status, reply.json["results"][0]["problem"]["code"]), (503, "clock.stepped"))
    again = node.record(first).json["results"][0]
    equal((again["status"], again["receipt"]), ("journaled", kept[0]["receipt"]))
    node.kill()
    node.start()
    is_stepped(node, 4)  # nobody has looked yet
    kept.append(keep(node, event_time=now(offset)))
    node.set_clock(0)
    node.confirm()
    equal(node.act("staff-2").status, 201)
    equal(node.record(event()).status, 201)
    check_kept(node, kept, 3)
    node.stop()
    node.start()
    equal((node.status()["clock_stepped"], node.status()["journal"]), (False, 0))


def a_small_step_is_no_jump(node):
    node.begin()
    node.set_clock(HOUR // 15)  # four minutes
    equal(node.record(event()).status, 201)
    equal(node.status()["clock_stepped"], False)


def a_new_ledger_does_not_begin_by_a_clock_in_doubt(node):
    node.start()
    node.set_clock(HOUR)
    reply = node.act("generation")
    equal((reply.status, reply.json["results"][0]["problem"]["code"]), (503, "clock.stepped"))
    node.set_clock(0)
    node.confirm()
    equal(node.act("generation").status, 201)


def a_person_of_the_journal_is_found_once_it_is_sealed(node):
    as_client(node, "roles=auditor")
    node.begin()
    made, digest, _ = tokens(node, "E12345678")
    name = warrant(node, token_digest=digest)
    node.set_clock(HOUR)
    node.record(event())
    keep(node, subjects=[subject("E12345678")])
    node.set_clock(0)
    node.confirm()
    reply = node.post("/v1/search?since=%s&until=%s&warrant=%s" % (now(-HOUR), now(2 * HOUR), name),
                      made, "application/vnd.liuhen.tokens")
    equal(reply.status, 200, reply.text)
    items = reply.json["items"]
    equal([item["type"] for item in items], ["QUERY"])
    assert "subject_digest" in node.get("/v1/entries/" + items[0]["entry"]).json["event"]


def main():
    claims = [lambda node: a_jump_is_journaled_until_somebody_looks(node, HOUR),
              lambda node: a_jump_is_journaled_until_somebody_looks(node, -HOUR),
              a_person_of_the_journal_is_found_once_it_is_sealed,
              a_small_step_is_no_jump,
              a_new_ledger_does_not_begin_by_a_clock_in_doubt]
    for claim in claims:
        node = Stepped()
        try:
            claim(node)
        except Exception:
            sys.stderr.write(node.logged()[-3000:])
            raise
        finally:
            node.remove()


main()
