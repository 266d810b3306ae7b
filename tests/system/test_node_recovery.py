"""Out of state suspect: what is recorded meanwhile, the act of two officers, the next generation, and
a stop at any call on the way."""

import contextlib
import glob
import http.client
import json
import os
import shutil
import subprocess
import sys
import time

from durability import argument, skip_unless
from nodelib import (as_client, enact, equal, event, liuhen, main, must, private_archive, subject,
                     until)

BIN = sys.argv[1]
DENSE, STEP = argument(3, 3), argument(4, 7)  # the first calls of a kind, then each so many
CALLS = ("openat", "unlink", "fsync", "fdatasync", "write", "pwrite64")


def verify(node, *args):
    done = subprocess.run([os.path.join(BIN, "liuhen-verify"), "--json", "--trust",
                           os.path.join(node.dir, "genesis.lhg"), *args], stdout=subprocess.PIPE,
                          text=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout)


def draft(node, *args):
    """The act, signed by both officers; where it is."""
    act = os.path.join(node.base, "act-%d.lh" % time.monotonic_ns())
    must(node, "restore", "finish", "-o", act, *args)
    for number in (1, 2):
        must(node, "cosign", act, "--key", os.path.join(node.dir, "keys/officer-%d.pem" % number))
    return act


def wait_sealed(node):
    """What was journaled is sealed a little after the generation begins."""
    until(lambda: node.status()["journal"] == 0, node.logged)


def finish(node, *args):
    act = draft(node, *args)
    out = must(node, "submit", act)
    generation = node.status()["generation"]
    assert "recorded\tgaj/%d/0" % generation in out, out
    wait_sealed(node)
    return act


def journal(node, count):
    """Keep some entries, of the recorder and of staff; the receipts in their order."""
    texts = []
    for _ in range(count):
        reply = node.record(event())
        equal(reply.status, 202, reply.text)
        texts.append(reply.json["results"][0]["receipt"])
    signed = node.submissions(count, "j%d" % time.monotonic_ns())
    reply = node.post("/v1/events", signed, "application/vnd.liuhen.submission")
    equal(reply.status, 202, reply.text)
    texts += [one["receipt"] for one in reply.json["results"]]
    return texts


def save(node, texts, name):
    paths = []
    for at, text in enumerate(texts):
        paths.append(os.path.join(node.base, "%s-%03d.txt" % (name, at)))
        with open(paths[-1], "w", encoding="utf-8") as out:
            out.write(text)
    return paths


def archive(node, name):
    path = os.path.join(node.base, name)
    with open(path, "wb") as out:
        out.write(node.get("/v1/archive").body)
    return path


def expect_kept(node, texts, generation):
    """Every promise is kept, in order, before anything else of the generation, and all verifies."""
    wait_sealed(node)
    status = node.status()
    equal((status["state"], status["generation"], status.get("label")),
          ("continuous", generation, "UNSAFE_RESTORE"))
    equal(node.record(event()).status, 201)
    code, report = verify(node, archive(node, "kept.lhar"), *save(node, texts, "kept"))
    equal(code, 0, report)
    whole, receipts = report["files"][0], report["files"][1:]
    equal(whole["ledgers"][-1]["label"], "UNSAFE_RESTORE")
    equal([one["promise"] for one in receipts], ["kept"] * len(texts))
    places = [int(one["entry"].split("/")[2]) for one in receipts]
    equal(places, sorted(places))
    equal([one["entry"].split("/")[1] for one in receipts], [str(generation)] * len(texts))
    assert not places or places[0] == 2, places  # behind GENERATION and its header


def restored(node, with_more=True):
    """The node goes on in a directory that was restored from a backup, with a guard of its own."""
    node.begin()
    node.record(*[event() for _ in range(5)])
    backup = os.path.join(node.base, "backup")
    must(node, "backup", "create", "-o", backup, "--with-keys")
    if with_more:
        node.record(event())
    node.stop()
    restore(node, backup, "back")
    return backup


def restore(node, backup, name):
    data = os.path.join(node.base, name)
    equal(liuhen(node, "restore", backup, "--data", data, "--guard", data + "-guard")[0], 0)
    node.dir, node.socket = data, os.path.join(data, "liuhend.sock")
    node.start()
    equal(node.status()["state"], "suspect")


def a_restored_node_keeps_its_promises(node):
    restored(node)
    status = node.status()
    first = event()
    texts = [node.record(first).json["results"][0]["receipt"]]
    texts += journal(node, 3)
    again = node.record(first)
    equal((again.status, again.json["results"][0]["receipt"]), (202, texts[0]))
    equal(again.json["results"][0]["duplicate"], True)
    reply = node.record(dict(first, purpose="other"))
    equal((reply.status, reply.json["results"][0]["problem"]["code"]), (409, "event.conflict"))
    # the node's FINDING of it waits in the journal too
    until(lambda: node.status()["journal"] > len(texts), "no FINDING")
    found = node.get("/v1/receipts?source=%s&id=%s" % (first["source"], first["id"]))
    equal(found.text, texts[0])
    node.kill()  # what was answered is on disk
    node.start()
    equal((node.status()["state"], node.status()["journal"]), ("suspect", len(texts) + 1))
    equal(node.record(first).json["results"][0]["receipt"], texts[0])
    equal(node.status()["size"], status["size"], "nothing is sealed")
    texts += journal(node, 1)
    lost = "%d-%d" % (status["size"], status["size"] + 1)
    finish(node, "--lost", lost)
    assert not os.path.exists(os.path.join(node.dir, "RESTORED"))
    expect_kept(node, texts, 2)
    # who sees this ledger for the first time pins its network, and so both generations
    out = must(node, "verify", "--all")
    assert "ledger    jinhua/gaj/1  OK" in out and "ledger    jinhua/gaj/2  OK" in out, out
    again = node.record(first)  # sealed now, and still the same event
    equal((again.status, again.json["results"][0]["status"]), (200, "duplicate"))
    assert again.json["results"][0]["entry"].startswith("gaj/2/"), again.text
    leaf = node.get("/v1/entries/gaj/2/0").json["event"]["detail"]
    equal((leaf["reason"], leaf["prev_origin"], leaf["prev_size"]),
          (6, "jinhua/gaj/1", status["size"]))
    equal("%d-%d" % (leaf["lost_from"], leaf["lost_until"]), lost)
    node.stop()
    node.start()  # and so it stays
    equal((node.status()["state"], node.status()["generation"]), ("continuous", 2))


def the_generation_before_stays_readable(node):
    restored(node, with_more=False)
    old = node.get("/v1/receipts/gaj/1/0").text
    size = node.status()["size"]
    finish(node)
    equal(node.get("/v1/receipts/gaj/1/0").text, old)
    equal(node.get("/v1/entries/gaj/1/%d" % size).status, 404)
    equal(node.get("/v1/entries/gaj/3/0").status, 404)
    equal(node.get("/v1/trail?generation=1").json["origin"], "jinhua/gaj/1")
    equal(node.get("/v1/trail").json["origin"], "jinhua/gaj/2")
    assert node.get("/v1/checkpoint?generation=1").text.startswith("jinhua/gaj/1\n%d\n" % size)
    equal(node.get("/v1/trail?generation=3").status, 404)
    equal(node.get("/jinhua/gaj/1/checkpoint").status, 200)
    equal(node.get("/jinhua/gaj/1/tile/0/000.p/%d" % size).status, 200)
    equal(node.get("/jinhua/gaj/3/checkpoint").status, 404)
    shown = must(node, "show", "gaj/1/0")  # proven like any other
    assert "GENERATION" in shown, shown
    code, out, err = liuhen(node, "trail", "--generation", "1")
    equal(code, 0, err)
    assert "gaj/1/" in out and "gaj/2/" not in out and "UNSAFE_RESTORE" not in err, (out, err)
    code, out, err = liuhen(node, "trail")
    assert code == 0 and "jinhua/gaj/2 is labelled UNSAFE_RESTORE" in err, (code, err)
    code, _, err = liuhen(node, "trail", "--generation", "0")
    assert code == 2 and "--generation" in err, (code, err)
    node.stop()
    backup = os.path.join(node.base, "second")  # of two generations
    must(node, "backup", "create", "-o", backup, "--with-keys")
    must(node, "backup", "verify", backup)
    restore(node, backup, "again")
    equal(node.status()["generation"], 2)
    texts = journal(node, 2)
    finish(node)
    expect_kept(node, texts, 3)


def an_erase_of_the_generation_before_takes_the_private_part_away(node):
    as_client(node, "roles=auditor,operator")
    node.begin()
    people = [dict(event(), subjects=[subject("E1234567%d" % n)], reason="counter %d" % n)
              for n in range(2)]
    gone, kept = [one["body_hash"] for one in node.record(*people).json["results"]]
    backup = os.path.join(node.base, "backup")
    must(node, "backup", "create", "-o", backup, "--with-keys")
    node.stop()
    restore(node, backup, "back")
    finish(node)

    def parts():
        """Bytes of the private archive of both generations, and its verdict."""
        bytes_ = private_archive(node)
        path = os.path.join(node.base, "whole.lhar")
        with open(path, "wb") as out:
            out.write(bytes_)
        return bytes_, verify(node, path)

    before, (code, report) = parts()
    equal((code, [one["private_kept"] for one in report["files"][0]["ledgers"]]), (0, [True] * 2))
    assert b"counter 0" in before and b"counter 1" in before
    code, out, err = enact(node, type="ERASE", legal_basis="pipl-47",
                           detail={"targets": [gone], "ground": "retention"})
    equal(code, 0, out + err)
    after, (code, report) = parts()
    equal(code, 0, report)
    assert b"counter 0" not in after and b"counter 1" in after
    equal([one["private_kept"] for one in report["files"][0]["ledgers"]], [True] * 2)
    second = os.path.join(node.base, "second")
    must(node, "backup", "create", "-o", second, "--with-keys")
    must(node, "backup", "verify", second)
    node.stop()
    restore(node, second, "again")  # judges every row of both generations
    assert kept != gone


def a_promise_that_was_not_kept_is_found(node):
    backup = restored(node)
    texts = journal(node, 2)
    paths = save(node, texts, "broken")
    code, report = verify(node, *paths)
    equal((code, {one["promise"] for one in report["files"]}), (0, {"unasked"}))
    code, report = verify(node, archive(node, "early.lhar"), *paths)
    equal((code, {one.get("promise", "-") for one in report["files"]}), (11, {"-", "cannot_tell"}))
    node.stop()
    restore(node, backup, "forgetful")  # the journal is gone with the first restore
    finish(node)
    equal(node.record(event()).status, 201)
    code, report = verify(node, archive(node, "late.lhar"), *paths)
    equal((code, {one.get("promise", "-") for one in report["files"]}), (10, {"-", "broken"}))
    with open(paths[0], "r", encoding="utf-8") as file:
        text = file.read()
    at = text.index("\n") + 40
    with open(paths[0], "w", encoding="utf-8") as file:
        file.write(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:])
    equal(verify(node, paths[0])[0], 10)


def a_lost_guard_is_no_end(node):
    node.begin()
    node.stop()
    os.unlink(node.dir + "-guard/guard")
    node.start()
    equal(node.status()["state"], "suspect")
    assert "guard" not in node.status()["recovery"], node.status()
    texts = journal(node, 2)
    finish(node)
    expect_kept(node, texts, 2)


def what_the_guard_remembers_is_named_as_lost(node):
    node.begin()
    node.stop()
    old = os.path.join(node.base, "old")
    shutil.copytree(os.path.join(node.dir, "store"), old)
    node.start()
    size = node.size()
    equal(node.record(event()).status, 201)
    equal(node.record(event()).status, 201)
    after = node.size()
    node.stop()
    shutil.rmtree(os.path.join(node.dir, "store"))
    shutil.copytree(old, os.path.join(node.dir, "store"))
    node.start()
    facts = node.status()["recovery"]
    equal((facts["prev_size"], facts["lost_from"], facts["lost_until"], facts["guard"]["size"]),
          (size, size, after - 1, after))
    texts = journal(node, 2)
    act = draft(node, "--lost", "%d-%d" % (size, after - 2))  # less than the guard knows of
    code, out, _ = liuhen(node, "submit", act)
    assert code == 6 and "to be named as lost" in out, (code, out)
    equal((node.status()["state"], node.status()["journal"]), ("suspect", len(texts)))
    finish(node)
    leaf = node.get("/v1/entries/gaj/2/0").json["event"]["detail"]
    equal((leaf["lost_from"], leaf["lost_until"]), (size, after - 1))
    expect_kept(node, texts, 2)


def a_store_past_its_guard_goes_on_with_all_of_it(node):
    node.begin()
    node.stop()
    guard = node.dir + "-guard/guard"
    shutil.copy(guard, guard + ".old")
    node.start()
    kept = [node.record(event()).json["results"][0]["entry"] for _ in range(3)]
    size = node.size()
    node.stop()
    os.replace(guard + ".old", guard)
    node.start()
    equal(node.status()["state"], "suspect")
    equal(node.get("/v1/entries/" + kept[-1]).status, 404)
    equal(node.status()["recovery"]["prev_size"], size)
    texts = journal(node, 1)
    finish(node)
    equal(node.get("/v1/entries/" + kept[-1]).status, 200)  # nothing was lost
    expect_kept(node, texts, 2)


def a_guard_of_a_later_generation_is_not_overtaken(node):
    restored(node)
    backup = os.path.join(node.base, "backup")
    finish(node)
    node.stop()
    guards = glob.glob(os.path.join(node.dir + "-guard", "*"))
    shutil.rmtree(os.path.join(node.dir, "store"))
    data = os.path.join(node.base, "third")
    os.mkdir(data + "-guard", 0o700)
    shutil.copy(guards[0], data + "-guard")  # it knows of generation 2, the backup does not
    restore(node, backup, "third")
    equal(node.status()["recovery"]["next_generation"], 3)
    code, _, err = liuhen(node, "restore", "finish", "--generation", "2")
    assert code == 2 and "from 3 on" in err, (code, err)
    finish(node)
    equal(node.status()["generation"], 3)


def claims_that_are_not_so_change_nothing(node):
    restored(node)
    texts = journal(node, 1)

    def refused(act, code, words):
        got, out, err = liuhen(node, "submit", act)
        assert got == code and words in out + err, (got, out, err)
        equal((node.status()["state"], node.status()["journal"]), ("suspect", len(texts)))

    act = os.path.join(node.base, "one.lh")
    must(node, "restore", "finish", "-o", act)
    must(node, "cosign", act, "--key", os.path.join(node.dir, "keys/officer-1.pem"))
    refused(act, 4, "authority.denied")
    good = draft(node)
    seal = os.path.join(node.dir, "keys/seal-2.pem")
    os.rename(seal, seal + ".away")
    refused(good, 6, "not on this machine")
    shutil.copy(os.path.join(node.dir, "keys/witness.pem"), seal)
    refused(good, 6, "another seal key")
    os.replace(seal + ".away", seal)
    code, _, err = liuhen(node, "restore", "finish", "--lost", "9")
    assert code == 2 and "--lost" in err, (code, err)
    high = draft(node, "--lost", "1-2")  # leaves that it continues
    refused(high, 6, "lost that it continues")
    must(node, "submit", good)
    code, _, err = liuhen(node, "restore", "finish")
    assert code == 1 and "no restore to finish" in err, (code, err)
    expect_kept(node, texts, 2)


def people_who_join_meanwhile_may_sign_at_once(node):
    restored(node)
    with open(os.path.join(node.base, "n/acts/staff-2.act"), "rb") as file:
        reply = node.post("/v1/acts", file.read(), "application/vnd.liuhen.act")
    equal(reply.status, 202)  # an entry that changes keys waits in the journal too
    signed = node.submissions(2, "new", staff=2)
    reply = node.post("/v1/events", signed, "application/vnd.liuhen.submission")
    equal(reply.status, 202, reply.text)
    texts = [one["receipt"] for one in reply.json["results"]]
    node.kill()
    node.start()
    signed = node.submissions(1, "newer", staff=2)
    reply = node.post("/v1/events", signed, "application/vnd.liuhen.submission")
    equal(reply.status, 202, reply.text)
    texts += [one["receipt"] for one in reply.json["results"]]
    finish(node)
    code, report = verify(node, archive(node, "staff.lhar"), *save(node, texts, "staff"))
    equal((code, [one["promise"] for one in report["files"][1:]]), (0, ["kept"] * 3))


MAP = """name = desk
pseudonyms = plain
time_format = iso

[row]
type = DEMAND
source = desk-table
id = {id}
time = {when}
channel = {channel}
detail.code = proof-of-life
detail.counter = hall
number detail.reported_by = 1
"""


def a_table_that_is_imported_meanwhile_is_sealed_afterwards(node):
    restored(node)
    table, rules = os.path.join(node.base, "t.csv"), os.path.join(node.base, "t.map")
    with open(rules, "w", encoding="utf-8") as out:
        out.write(MAP)
    with open(table, "w", encoding="utf-8") as out:
        out.write("id,when,channel\n")
        out.writelines("%d,2024-05-%02dT09:00:00Z,COUNTER\n" % (n, n) for n in range(1, 21))
    out = must(node, "import", "csv", table, "--map", rules)
    assert "20 of them wait in the node's journal" in out, out
    counts = json.loads(must(node, "import", "csv", table, "--map", rules, "--json"))
    equal((counts["recorded"], counts["duplicate"]), (0, 20))
    equal(node.status()["journal"], 20)
    finish(node)
    items = node.get("/v1/trail?type=DEMAND").json["items"]
    equal([one["entry"] for one in items], ["gaj/2/%d" % n for n in range(2, 22)])


# ---- a stop anywhere on the way --------------------------------------------------------------------

def put(node, source):
    """As it was before; and nobody remembers what came after, or they would see two histories."""
    shutil.rmtree(os.path.join(node.base, "liuhen"), ignore_errors=True)
    for suffix in ("", "-guard"):
        shutil.rmtree(node.dir + suffix, ignore_errors=True)
        shutil.copytree(source + suffix, node.dir + suffix)


def hand_in(node, act):
    """Submit and wait for the end of it, or of the node."""
    with open(act, "rb") as file, contextlib.suppress(OSError, http.client.HTTPException):
        node.post("/v1/acts", file.read(), "application/vnd.liuhen.act")
    end = time.monotonic() + 60
    while node.process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError, http.client.HTTPException):
            status = node.status()
            if status["generation"] == 2 and status["journal"] == 0:
                return
        time.sleep(0.02)


def killed_at(node, act, call, when):
    """Kill the node at the `when`th `call` of a thread from the act on; False: it went through."""
    node.start()
    with subprocess.Popen(
            ["strace", "-f", "-o", "/dev/null", "-p", str(node.process.pid), "-e",
             "trace=" + call, "-e", "inject=%s:signal=KILL:when=%d" % (call, when)],
            stderr=subprocess.PIPE, text=True) as tracer:
        for line in tracer.stderr:
            if "attached" in line:
                break
        hand_in(node, act)
        was_killed = node.process.poll() is not None
        if not was_killed:
            node.kill()
        tracer.wait(timeout=20)
    return was_killed


def a_stop_at_any_call_loses_nothing(node):
    skip_unless(shutil.which("strace"), "no strace")
    restored(node)
    texts = journal(node, 2)
    act = draft(node)
    node.stop()
    fixture = os.path.join(node.base, "fixture")
    node_dir = node.dir
    for suffix in ("", "-guard"):
        shutil.copytree(node_dir + suffix, fixture + suffix)
    kills = {"suspect": 0, "continuous": 0}
    for call in CALLS:
        when = 1
        put(node, fixture)
        while killed_at(node, act, call, when):
            node.start()
            status = node.status()
            kills[status["state"]] += 1
            if status["state"] == "suspect":  # not begun: everything is as it was
                equal((status["generation"], status["journal"]), (1, len(texts)))
                must(node, "submit", act)
            expect_kept(node, texts, 2)
            node.stop()
            put(node, fixture)
            when += 1 if when < DENSE else STEP
    print("kills: %r" % kills)
    assert kills["suspect"] >= 2 and kills["continuous"] > 10, kills


main(a_restored_node_keeps_its_promises,
     the_generation_before_stays_readable,
     an_erase_of_the_generation_before_takes_the_private_part_away,
     a_promise_that_was_not_kept_is_found,
     a_lost_guard_is_no_end,
     what_the_guard_remembers_is_named_as_lost,
     a_store_past_its_guard_goes_on_with_all_of_it,
     a_guard_of_a_later_generation_is_not_overtaken,
     claims_that_are_not_so_change_nothing,
     people_who_join_meanwhile_may_sign_at_once,
     a_table_that_is_imported_meanwhile_is_sealed_afterwards,
     a_stop_at_any_call_loses_nothing)
