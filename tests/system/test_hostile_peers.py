"""A hostile peer against a real node: whatever it says it is cut at once, or at its deadline; the node
stays small, and honest peers go on."""

import contextlib
import hashlib
import os
import random
import shutil
import subprocess
import threading
import time

from citylib import main
from nodelib import equal
from peerlib import (BYE, COSIGNATURE, CREDIT, DECLINE, EVIDENCE, FORGED, GET, HAVE, HELLO, LEAVES,
                     MEMBER, MISSING, MUST, NETWORK, NOMINATE, OURSELVES, PING, PONG, PROOF,
                     PROTOCOL, PROVE, SEAL, SLOW, VERSION, Author, Cut, Peer, frame, joined, message,
                     read_message)

AT_ONCE_S = 3
HANDSHAKE_S = 4  # less than the time for a HELLO, or the one would hide the other
HELLO_S = 5
SILENCE_S = 45
LATE_S = 3
GROWTH_MAX = 64 << 20  # of memory, under all that is hostile here
FLOOD, SHOUT = "127.0.0.2", "127.0.0.3"  # where they come from


class Siege:
    """The node under attack, an honest node beside it, and three departments that are only keys."""

    def __init__(self, city):
        self.node, self.honest, *self.others = city.members
        self.city = city
        for member in city.members:
            member.configure("timeout.handshake = %ds\nlog.level = debug\n" % HANDSHAKE_S)
        for member in (self.node, self.honest):
            member.start()
            member.begin()
            member.record(3)
        city.wait_equal([self.node, self.honest])
        self.origin, self.size = self.node.head()

    def memory(self, name="VmHWM"):
        with open("/proc/%d/status" % self.node.process.pid, encoding="ascii") as file:
            return [int(line.split()[1]) << 10 for line in file if line.startswith(name)][0]

    def is_instrumented(self):
        with open("/proc/%d/maps" % self.node.process.pid, encoding="utf-8") as file:
            return "libasan" in file.read()

    def forget_peak(self):
        """Without it the peak of the start counts too, and the bound holds all the same."""
        with contextlib.suppress(OSError), \
                open("/proc/%d/clear_refs" % self.node.process.pid, "w", encoding="ascii") as file:
            file.write("5")

    def honest_goes_on(self):
        """An honest node replicates, and so does an honest session of ours, with the same code as
        the hostile ones."""
        assert self.node.process.poll() is None, self.node.logged()[-3000:]
        self.honest.record(2)
        self.node.record(2)
        self.city.wait_equal([self.node, self.honest], 40)
        with Peer(self.node, self.others[-1]) as peer:
            peer.live()
            origin, size = self.node.head()
            blocks = peer.fetch(origin, 0, size)
            equal(sum(len(leaves) for leaves, _ in blocks), size, "leaves that were fetched")
            assert peer.is_alive()
        taints = [row["tainted"] for row in self.node.status()["replicas"]]
        assert taints and not any(taints), taints


def an_honest_session_is_accepted_and_gets_every_block(city):
    siege = Siege(city)
    with Peer(siege.node, siege.others[0]) as peer:
        peer.live()
        blocks = peer.fetch(siege.origin, 0, siege.size)
        equal(sum(len(leaves) for leaves, _ in blocks), siege.size)
        equal(blocks[-1][1].decode(), siege.node.get("/v1/checkpoint").text)
        assert peer.is_alive()
    siege.honest_goes_on()


def begin_tcp(peer, _):
    return peer


def begin_tls(peer, _):
    """The first bytes of a ClientHello, and no more."""
    peer.send(b"\x16\x03\x01\x02\x00\x01\x00")
    return peer


def begin_hello(peer, _):
    return peer.secure()


def half_hello(peer, _):
    peer.secure()
    peer.send(peer.hello()[:20])
    return peer


def dripping_hello(peer, until):
    peer.secure()
    hello = peer.hello()

    def drip():
        for at in range(len(hello) - 1):
            if time.monotonic() < until:
                peer.send(hello[at:at + 1])
                time.sleep(0.1)

    threading.Thread(target=drip, daemon=True).start()
    return peer


def who_does_not_say_who_it_is_is_cut_at_its_deadline(city):
    siege = Siege(city)
    peers = []
    for begin, limit, code in ((begin_tcp, HANDSHAKE_S, 0), (begin_tls, HANDSHAKE_S, 0),
                               (begin_hello, HELLO_S, SLOW), (half_hello, HELLO_S, SLOW),
                               (dripping_hello, HELLO_S, SLOW)):
        peer = Peer(siege.node, siege.others[0])
        begun = time.monotonic()
        peers.append((begin.__name__, begin(peer, begun + 20), begun, limit, code))
    for name, peer, begun, limit, code in peers:
        got = peer.ended(limit + LATE_S, name)
        took = time.monotonic() - begun
        equal(got, code, name)
        assert limit - 0.5 < took < limit + LATE_S, (name, took)
        peer.close()
    siege.honest_goes_on()


def a_member_that_falls_silent_is_cut_after_45_s(city):
    """Silent, silent in the middle of a frame, and dripping bytes of one that is never whole; each
    is asked by a PING before."""
    siege = Siege(city)
    silent, half, dripping = (Peer(siege.node, who).live() for who in siege.others)
    half.send(frame(HAVE, b"\0" * 100, size=131072))
    dripping.send(frame(HAVE, size=131072))
    begun = time.monotonic()

    def drip():
        while time.monotonic() < begun + SILENCE_S:
            dripping.send(b"\0")
            time.sleep(1)

    dripper = threading.Thread(target=drip)
    dripper.start()
    for name, peer in (("silent", silent), ("half", half), ("dripping", dripping)):
        if name == "silent":
            peer.wait(PING, 20)
        equal(peer.ended(begun + SILENCE_S + LATE_S - time.monotonic(), name), SLOW, name)
        assert SILENCE_S - 2 < time.monotonic() - begun, name
        peer.close()
    dripper.join()
    siege.honest_goes_on()


def a_hello_that_is_not_true_is_refused_with_its_code(city):
    siege = Siege(city)
    one, two = siege.others[:2]
    with Peer(siege.node, one) as peer:
        earlier = peer.secure().hello()
    lies = (
        ("garbage", lambda peer: frame(HELLO, b"\xff" * 200), PROTOCOL),
        ("bytes of no frame", lambda peer: b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", PROTOCOL),
        ("bytes after its end", lambda peer: frame(HELLO, peer.hello()[12:] + b"\0"), PROTOCOL),
        ("a field twice", lambda peer: frame(HELLO, peer.hello()[12:] + message(f4=1)), PROTOCOL),
        ("PING first", lambda peer: frame(PING, message(f1=1)), PROTOCOL),
        ("HAVE first", lambda peer: frame(HAVE), PROTOCOL),
        ("the header of LEAVES first", lambda peer: frame(LEAVES, size=262144), PROTOCOL),
        ("an unknown frame first", lambda peer: frame(99, b"x"), PROTOCOL),
        ("too long", lambda peer: frame(HELLO, size=1025), PROTOCOL),
        ("no common version", lambda peer: peer.hello(versions=b"\2\3"), VERSION),
        ("another network", lambda peer: peer.hello(network_id=bytes(31) + b"\1"), NETWORK),
        ("no member", lambda peer: peer.hello(department="xxj"), MEMBER),
        ("of another channel", lambda peer: peer.hello(channel=bytes(31) + b"\1"), FORGED),
        ("of another session", lambda peer: earlier, FORGED),
        ("of the other side", lambda peer: peer.hello(side=2), FORGED),
        ("by another's key", lambda peer: peer.hello(signer=two), FORGED),
        ("in another's name", lambda peer: peer.hello(department=two.code), FORGED),
        ("the node's own, sent back", lambda peer: frame(HELLO, peer.said), FORGED),
        ("with the node's own key",
         lambda peer: peer.hello(department=siege.node.code, signer=siege.node), OURSELVES),
    )
    for name, lie, code in lies:
        with Peer(siege.node, one) as peer:
            peer.secure()
            peer.send(lie(peer))
            equal(peer.ended(AT_ONCE_S, name), code, name)
    siege.honest_goes_on()


def what_a_member_may_not_say_ends_its_session_at_once(city):
    siege = Siege(city)
    seal = siege.node.get("/v1/checkpoint").text.encode()
    forged = seal[:-9] + b"AAAAAAA=\n"
    theirs = siege.honest.get("/v1/checkpoint").text.encode()
    asked = message(f1=siege.origin, f2=0, f3=1)
    lies = {
        "a payload too long": frame(HAVE, size=131073),
        "the longest payload there is": frame(HAVE, size=0xffffffff),
        "an unknown type that must be understood": frame(99, b"x", flags=MUST),
        "a flag without a meaning": frame(PING, message(f1=1), flags=2),
        "garbage": b"\xa5" * 64,
        "a second HELLO": None,
        "a PING that is none": frame(PING, b"\xff\xff"),
        "more credit than was used": frame(CREDIT, message(f1=3, f2=1 << 31)),
        "credit of the free class": frame(CREDIT, message(f2=1)),
        "credit of an unknown class": frame(CREDIT, message(f1=4, f2=1)),
        "a HAVE that is not whole": frame(HAVE, b"\0\5abc"),
        "a row that is no note": frame(HAVE, joined(b"no note")),
        "a row that is too long": frame(HAVE, joined(b"x" * 4097)),
        "a forged row of the node's own ledger": frame(
            HAVE, joined(forged.replace(b"\n%d\n" % siege.size, b"\n%d\n" % (siege.size + 1), 1))),
        "a forged row of another's ledger": frame(
            HAVE, joined(theirs.replace(b"\n", b"\n9", 1))),
        "GET without a request": frame(GET, asked),
        "GET that is not canonical": frame(GET, asked + b"\x10\0", request=1),
        "GET of nothing": frame(GET, message(f1=siege.origin, f2=1, f3=1), request=1),
        "LEAVES that nobody asked for": frame(
            LEAVES, joined(message(f1=siege.origin), b"leaf"), request=7),
        "another's LEAVES unasked": frame(LEAVES, joined(message(f1=siege.origin), b"leaf")),
        "a SEAL that nobody asked for": frame(SEAL, theirs, request=7),
        "MISSING that answers nothing": frame(MISSING, message(f1=siege.origin, f3=1), request=7),
        "PROOF that answers nothing": frame(
            PROOF, message(f1=siege.origin, f2=1, f3=2, f4=bytes(32)), request=7),
        "PROVE from nothing": frame(PROVE, message(f1=siege.origin, f3=2), request=1),
        "EVIDENCE that is none": frame(EVIDENCE, b"liuhen/evidence@v1\nkind two-roots\n"),
        "NOMINATE of another's ledger": frame(NOMINATE, b"old 0\n\n" + theirs, request=1),
        "COSIGNATURE that answers nothing": frame(COSIGNATURE, b"none", request=1 << 30),
        "DECLINE that answers nothing": frame(DECLINE, message(f1=siege.origin, f3=3),
                                              request=1 << 30),
    }
    rng = random.Random(1)
    for name, lie in lies.items():
        with Peer(siege.node, siege.others[0]) as peer:
            peer.live()
            data = peer.hello() if lie is None else lie
            # whole, or in pieces that are cut at random
            at = rng.randrange(len(data))
            peer.send(data[:at])
            peer.send(data[at:])
            equal(peer.ended(AT_ONCE_S, name), PROTOCOL, name)
    # what looks odd and is allowed
    with Peer(siege.node, siege.others[0]) as peer:
        peer.live()
        for odd in (frame(99, b"x" * 100), frame(HAVE, joined(seal)), frame(HAVE, joined(seal)),
                    frame(HAVE), frame(PONG, message(f1=5)),
                    frame(HAVE, joined(seal.replace(b"jinhua/", b"yiwu/")))):
            peer.send(odd)
            assert peer.is_alive(), odd
        peer.send(frame(GET, message(f1="yiwu/gaj/1", f3=1), request=1))
        equal(peer.wait(MISSING)[1], 1)
        peer.send(frame(BYE, message(f1=8)))
        peer.ended(AT_ONCE_S, "BYE")
    siege.honest_goes_on()


def flip(block):
    leaves, seal = block
    return [leaves[0][:-1] + bytes([leaves[0][-1] ^ 1])] + leaves[1:], seal


def what_is_passed_on_must_be_true(city):
    """Blocks of a real ledger, changed on their way by who passes them on."""
    siege = Siege(city)
    author, relay = siege.others[:2]
    author.start()
    author.begin()
    author.record(3)
    origin, size = author.head()
    with Peer(author, relay) as peer:
        blocks = peer.live().fetch(origin, 0, size)
    author.stop()
    siege.node.stop()  # what the author said itself is forgotten
    siege.honest.stop()
    for member in (siege.node, siege.honest):
        shutil.rmtree(member.path("replicas"))
    siege.node.start()

    def held():
        return {row["origin"]: row["size"] for row in siege.node.status()["replicas"]}.get(origin, 0)

    def serve(told):
        """Say that we have it all, and answer the question with what is told."""
        with Peer(siege.node, relay) as peer:
            peer.live()
            peer.send(frame(HAVE, joined(blocks[-1][1])) + frame(HAVE))
            _, request, _ = peer.wait(GET)
            first = held()
            for leaves, seal in told:
                peer.send(frame(LEAVES, joined(message(f1=origin, f2=first), *leaves),
                                request=request))
                peer.send(frame(SEAL, seal, request=request))
                first += len(leaves)
            try:
                assert peer.is_alive()
            except Cut as cut:
                return cut.code
            end = time.monotonic() + 30
            while held() < size and time.monotonic() < end:
                time.sleep(0.05)
            return 0

    leaves, seal = blocks[0]
    for name, told in (("a flipped bit", [flip(blocks[0])]),
                       ("a leaf less", [(leaves[1:], seal)]),
                       ("a leaf twice", [(leaves + leaves[-1:], seal)]),
                       ("another order", [(leaves[::-1], seal)]),
                       ("the seal of another block", [(leaves, blocks[1][1])]),
                       ("a block left out", [blocks[1]]),
                       ("nothing but a seal", [([], seal)])):
        equal(serve(told), PROTOCOL, name)
        equal(held(), 0, name)
    equal(serve(blocks), 0, "the truth")
    equal(held(), size)
    siege.honest.start()
    city.wait_equal([siege.node, siege.honest])
    siege.honest_goes_on()


def who_signs_a_block_that_breaks_a_rule_is_convicted_on_every_node(city):
    """One author pushes it, another's is passed on by somebody else, who is not to blame; the same
    block with a height that does not skip is good."""
    siege = Siege(city)
    relay = siege.others[2]
    authors = []
    for who in siege.others[:2]:
        who.start()
        who.begin()
        who.record(2)
    city.wait_equal([siege.node, siege.honest, *siege.others[:2]])
    for who in siege.others[:2]:
        origin, size = who.head()
        with Peer(who, relay) as peer:
            blocks = peer.live().fetch(origin, 0, size)
        authors.append(Author(who, origin, blocks))
        who.stop()
    entries = [authors[0].leaves[0], authors[0].leaves[2]]  # each was a block of its own

    def push(peer, author, block, request=0):
        leaves, seal = block
        peer.send(frame(LEAVES, joined(message(f1=author.origin, f2=len(author.leaves)), *leaves),
                        request=request) + frame(SEAL, seal, request=request))

    def pass_on(peer, author, block):
        peer.send(frame(HAVE, joined(block[1])) + frame(HAVE))
        push(peer, author, block, peer.wait(GET)[1])

    def row(member, author):
        rows = [row for row in member.status()["replicas"] if row["origin"] == author.origin]
        return rows[0]["size"], rows[0]["tainted"]

    def wait_row(members, author, wanted):
        end = time.monotonic() + 30
        while any(row(one, author) != wanted for one in members):
            assert time.monotonic() < end, [row(one, author) for one in members]
            time.sleep(0.05)

    def named(member):
        items = member.get("/v1/trail?type=EQUIV").json["items"]
        details = [member.get("/v1/entries/" + item["entry"]).json["event"]["detail"]
                   for item in items]
        return [(one["origin"], one["evidence"], one["kind"]) for one in details]

    def wait_named(member, *wanted):
        end = time.monotonic() + 30
        while wanted not in named(member):
            assert time.monotonic() < end, (named(member), member.logged()[-2000:])
            time.sleep(0.05)

    equal([named(siege.node), named(siege.honest)], [[], []], "before")
    for author, who, show in ((authors[0], authors[0].who, push), (authors[1], relay, pass_on)):
        with Peer(siege.node, who) as peer:
            peer.live()
            good = author.seal(entries)
            show(peer, author, good)
            author.keep(good)
            size = len(author.leaves)
            wait_row([siege.node, siege.honest], author, (size, False))
            height = read_message(read_message(author.leaves[-1])[2])[4] + 2
            show(peer, author, author.seal(entries, f4=height))
            wait_row([siege.node, siege.honest], author, (size, True))
            assert peer.is_alive()
        for member in (siege.node, siege.honest):
            path = member.path("evidence", author.origin.replace("/", "-") + ".evidence")
            end = time.monotonic() + 30
            while "ledger.tainted origin=%s " % author.origin not in member.logged():
                assert time.monotonic() < end, member.logged()[-2000:]
                time.sleep(0.05)
            done = subprocess.run(
                [os.path.join(city.bin, "liuhen-verify"), "--trust",
                 os.path.join(city.base, "city.lhg"), path], stdout=subprocess.PIPE, text=True,
                check=False)
            equal(done.returncode, 12, done.stdout)
            assert "RESULT: BROKEN RULE PROVEN" in done.stdout and " B09 " in done.stdout, done.stdout
            with open(path, "rb") as file:
                wait_named(member, author.origin, hashlib.sha256(file.read()).hexdigest(), 3)
    siege.node.stop()  # what is named stays named, and is not named again
    siege.node.start()
    siege.honest.record(2)  # and all else goes on
    siege.node.record(2)
    city.wait_equal([siege.node, siege.honest], 40)
    for member in (siege.node, siege.honest):
        equal(sorted(origin for origin, _, _ in named(member)),
              sorted(author.origin for author in authors))


def a_flood_leaves_the_node_small_and_holds_up_nobody(city):
    siege = Siege(city)
    over = threading.Event()
    before = siege.memory("VmRSS")
    siege.forget_peak()

    def knock():
        """Connections that say nothing, one upon the other."""
        while not over.is_set():
            crowd = [Peer(siege.node, siege.others[0], FLOOD) for _ in range(40)]
            over.wait(0.2)
            for peer in crowd:
                peer.close()

    def greet():
        """64 sessions in TLS, each with as much as a stranger can make the node keep."""
        while not over.is_set():
            crowd = []
            for _ in range(64):
                peer = Peer(siege.node, siege.others[0], FLOOD)
                crowd.append(peer)
                try:
                    peer.secure()
                    greeted.append(peer)
                except (OSError, Cut):  # driven out by the others
                    continue
                peer.send(frame(HELLO, b"\0" * 1000, size=1024))
                if over.is_set():
                    break
            for peer in crowd:
                peer.close()

    def shout(who):
        """A member that says again and again what it has, and reads nothing."""
        seal = siege.node.get("/v1/checkpoint").text.encode()
        said = frame(HAVE, joined(*[seal] * 300)) + frame(PING, message(f1=1)) * 1000
        while not over.is_set():
            with Peer(siege.node, who, SHOUT) as peer, contextlib.suppress(Cut, TimeoutError):
                peer.live()
                for _ in range(400):
                    peer.send(said)
                    shouted.append(len(said))
                    if over.is_set() or peer.is_broken:
                        break

    greeted, shouted = [], []
    threads = [threading.Thread(target=knock), threading.Thread(target=greet)] + \
        [threading.Thread(target=shout, args=(who,)) for who in siege.others[:2]]
    for thread in threads:
        thread.start()
    try:
        end = time.monotonic() + 60
        while len(greeted) < 64 or sum(shouted) < 64 << 20:
            assert time.monotonic() < end, (len(greeted), sum(shouted))
            siege.honest_goes_on()
            time.sleep(0.5)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    grown = siege.memory() - before
    print("memory grew by %.1f MiB; %d greeted, %d MiB were shouted" % (
        grown / (1 << 20), len(greeted), sum(shouted) >> 20), flush=True)
    if not siege.is_instrumented():
        assert grown < GROWTH_MAX, grown
    siege.honest_goes_on()


CLAIMS = (a_flood_leaves_the_node_small_and_holds_up_nobody,
          an_honest_session_is_accepted_and_gets_every_block,
          who_does_not_say_who_it_is_is_cut_at_its_deadline,
          a_hello_that_is_not_true_is_refused_with_its_code,
          what_a_member_may_not_say_ends_its_session_at_once,
          what_is_passed_on_must_be_true,
          who_signs_a_block_that_breaks_a_rule_is_convicted_on_every_node)

if __name__ == "__main__":
    main(5, *CLAIMS, beside=[a_member_that_falls_silent_is_cut_after_45_s])
