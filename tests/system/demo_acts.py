"""What goes wrong in the city of the demonstration, and how it shows.

Each act ends with a check that fails where the claim does not hold, and first sees that nothing is found where nothing
is wrong. An act that is cut off leaves nodes that run, or such that `up` starts again.
"""

import contextlib
import hashlib
import os
import shutil
import time

from demo_city import NAMES, insist
from demo_story import lookups
from demo_words import say, show, tell, verified

FORKER, AWAY, TAMPERED = "ybj", "zrj", "mzj"
APART_S = 6  # nodes that can reach each other do so sooner, also on a busy machine


# ---- tamper ----

def flip(path, at):
    """Change the lowest bit of one byte."""
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def place_of(path, words):
    with open(path, "rb") as file:
        at = file.read().find(words)
    insist(at >= 0, "%s is not in %s" % (words.decode(), path))
    return at


def forge_manifest(folder):
    """As somebody would who changed a backup: the digests fit again. Nobody signs a manifest."""
    path = os.path.join(folder, "MANIFEST")
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for at, line in enumerate(lines):
        digest, _, name = line.partition("  ")
        if name and os.path.isfile(os.path.join(folder, name)) and len(digest) == 64:
            with open(os.path.join(folder, name), "rb") as file:
                lines[at] = hashlib.sha256(file.read()).hexdigest() + "  " + name
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


def restore(member, backup, code):
    """What comes of making a node of a backup; it is never started."""
    places = backup + ".data", backup + ".guard"
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
    os.mkdir(places[1], mode=0o700)
    member.cli("restore", backup, "--data", places[0], "--guard", places[1], code=code)


def tamper(city):
    member = city.member(TAMPERED)
    name, event = city.state["told"], city.state["told_id"].encode()
    say("Somebody changes one bit in a copy (篡改): %s, entry %s" % (NAMES[member.code], name))
    backup = os.path.join(city.base, "copy")
    shutil.rmtree(backup, ignore_errors=True)
    member.cli("backup", "create", "--data", member.dir, "-o", backup, "-q")
    verified(city, 0, "--trust", "city.lhg", "copy/ledger.lhar")
    restore(member, backup, 0)
    tell("A copy of its ledger and store, as the node wrote it, verifies and can be restored. Now the bit, in both, "
         "and checksums that fit:")
    for file in ("ledger.lhar", "store.lhs"):
        flip(os.path.join(backup, file), place_of(os.path.join(backup, file), event))
    forge_manifest(backup)
    lines = verified(city, 10, "--trust", "city.lhg", "copy/ledger.lhar")
    insist(any(name in line.replace(",", " ").replace(":", " ").split() for line in lines),
           "the changed entry %s is not named:\n%s" % (name, "\n".join(lines)))
    show("\n".join(line for line in lines if name in line or line.startswith("RESULT:")))
    restore(member, backup, 10)
    tell("No node can be made of the changed store either: restore refuses it.")


# ---- fork ----

def evidence_of(city, member):
    return member.path("evidence", "jinhua-%s-1.evidence" % city.state["forked"])


def swap(member, this, other):
    for place in (member.dir, member.dir + "-guard"):
        os.rename(place, place + this)
        os.rename(place + other, place)


def fork(city):
    liar = city.member(FORKER)
    early, late = ([city.member(code) for code in codes] for codes in (("gaj", "mzj"), ("rsj", "zrj")))
    say("A department shows two histories (分叉): %s" % NAMES[FORKER])
    city.wait_equal()
    insist(not any(row["tainted"] for one in city.members for row in one.status()["replicas"]),
           "somebody is convicted before anything was done")
    liar.stop()
    for place in (liar.dir, liar.dir + "-guard"):
        shutil.rmtree(place + ".copy", ignore_errors=True)
        shutil.rmtree(place + ".first", ignore_errors=True)
        shutil.copytree(place, place + ".copy")
    try:
        for member in late:
            member.stop()
        liar.start()
        lookups(liar, "first", 3)
        seen = city.wait_equal([liar] + early)[liar.head()[0]]
        tell("It recorded three entries, and gaj and mzj hold them: size %d." % seen)
        liar.stop()
        swap(liar, ".first", ".copy")
        shutil.rmtree(liar.dir + ".state", ignore_errors=True)  # its own client would have noticed
        city.state["forked"] = FORKER
        city.save()
        liar.settings(alone=True)  # among the others it would notice, and seal nothing
        liar.start()
        lookups(liar, "second", 4)
        tell("Set back, store and guard, it recorded four others: size %d. All departments reach each other again." %
             liar.head()[1])
        liar.stop()
    finally:
        liar.settings()
        for member in late + [liar]:
            if not member.is_running():
                member.start()
    convicted(city)
    for member in city.honest():
        lookups(member, "after", 1)
    heads = city.wait_equal(city.honest())
    tell("The others go on and hold each other's newest heads: %s." % ", ".join(
        "%s %d" % (name.split("/")[1], size) for name, size in sorted(heads.items())))


def tainted(member):
    return {row["origin"].split("/")[1] for row in member.status()["replicas"] if row["tainted"]}


def convicted(city, seconds=60):
    """Every other node has evidence that anybody can judge, and holds nobody else guilty."""
    end = time.monotonic() + seconds
    lines = []
    for member in city.honest():
        path = evidence_of(city, member)
        while not os.path.exists(path):
            insist(time.monotonic() < end, "%s has not convicted %s:\n%s" %
                   (member.code, city.state["forked"], member.logged()[-1500:]))
            time.sleep(0.05)
        lines = verified(city, 12, "--trust", "city.lhg", os.path.relpath(path, city.base))
        while tainted(member) != {city.state["forked"]}:  # the status follows a little later
            insist(time.monotonic() < end, "%s holds guilty: %r" % (member.code, tainted(member)))
            time.sleep(0.05)
    tell("Each of the four others convicted it by itself. One evidence file (证据), judged by liuhen-verify:")
    show("\n".join(line for line in lines if line.strip()))


# ---- partition ----

def partition(city):
    away = city.member(AWAY)
    others = [one for one in city.honest() if one is not away]
    say("The network breaks (网络中断): %s is cut off, both sides go on" % NAMES[AWAY])
    before = city.wait_equal(city.honest())
    origin = away.head()[0]
    recorded = {}
    away.stop()
    try:
        away.settings(alone=True)
        away.start()
        for number, member in enumerate(city.honest(), start=2):
            recorded.update((event, (member, name)) for event, name in lookups(member, "cut", number).items())
        city.wait_equal(others)
        end = time.monotonic() + APART_S
        while time.monotonic() < end:
            held = {one.code: row["size"] for one in others for row in one.status()["replicas"]
                    if row["origin"] == origin}
            insist(set(held.values()) == {before[origin]} and away.head()[1] > before[origin],
                   "it is not cut off: the others hold %r of %d" % (held, away.head()[1]))
            time.sleep(0.2)
        tell("%d entries recorded meanwhile: recording waits for nobody. %s has %d, the others hold %d of it." %
             (len(recorded), away.code, away.head()[1], before[origin]))
    finally:
        with contextlib.suppress(OSError):
            away.stop()
        away.settings()
        begun = time.monotonic()
        away.start()
    after = city.wait_equal(city.honest())
    took = time.monotonic() - begun
    for event, (member, name) in recorded.items():
        insist('"id": "%s"' % event in member.cli("show", name, "--json"), "%s is no longer %s" % (name, event))
    city.wait_final(city.honest())
    tell("Healed %.1f s after its node was started. Every entry is where its receipt said, all copies are equal and "
         "final:" % took)
    show(", ".join("%s %d → %d" % (name.split("/")[1], before[name], after[name]) for name in sorted(after)))
