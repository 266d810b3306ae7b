"""Who starts asks the other departments first, and seals nothing until they have answered or its patience is over."""

import contextlib
import http.client
import json
import os
import shutil
import time

from citylib import main, wait_for
from nodelib import equal, event

LONG = "600s"


def patience(member, time_text):
    with open(member.path("liuhend.conf"), encoding="utf-8") as file:
        text = file.read()
    equal(text.count("start.wait_peers = "), 1)
    lines = ["start.wait_peers = %s\n" % time_text if line.startswith("start.wait_peers") else line
             for line in text.splitlines(keepends=True)]
    with open(member.path("liuhend.conf"), "w", encoding="utf-8") as out:
        out.writelines(lines)


def hand_in(member):
    """(status, what became of it, id)"""
    sent = event()
    reply = member.request("POST", "/v1/events", json.dumps(sent).encode(), {"Content-Type": "application/json"})
    return reply.status, reply.json["results"][0]["status"], sent["id"]


def begun(city):
    """A city whose members hold each other's heads."""
    city.start()
    city.wait_equal()
    return city.members


def stop(members):
    for member in members:
        member.stop()


def who_hears_nobody_keeps_a_journal_and_then_goes_on(city):
    first = begun(city)[0]
    stop(city.members)
    first.start()  # the control: it does not wait
    equal((hand_in(first)[:2], first.status()["waiting"]), ((201, "recorded"), False))
    size = first.head()[1]
    first.stop()
    patience(first, "20s")
    first.start()
    started = time.monotonic()
    status, became, name = hand_in(first)
    equal((status, became), (202, "journaled"))
    status = first.status()
    equal((status["waiting"], status["state"], status["journal"], status["size"]), (True, "continuous", 1, size))
    assert "other departments are asked first" in first.cli("status", "--data", first.dir)
    status = wait_for(first, lambda status: not status["waiting"] and status["journal"] == 0)
    assert time.monotonic() - started > 10, "it did not wait for 20 s"
    assert status["size"] > size and "heard=too_few" in first.logged(), first.logged()
    equal(first.get("/v1/receipts?source=desk&id=%s" % name).status, 200)
    equal(hand_in(first)[:2], (201, "recorded"))


def it_goes_on_as_soon_as_enough_were_heard(city):
    first, *others = begun(city)
    stop(city.members)
    patience(first, LONG)
    first.start()
    size = first.head()[1]
    equal(hand_in(first)[:2], (202, "journaled"))
    # of four others one may be missing, and no more
    for member in others[:2]:
        member.start()
    wait_for(first, lambda status: [peer["up"] for peer in status["peers"]].count(True) == 2)
    equal(hand_in(first)[:2], (202, "journaled"))
    others[2].start()
    wait_for(first, lambda status: not status["waiting"] and status["journal"] == 0)
    assert first.head()[1] > size and "heard=enough" in first.logged(), first.logged()
    equal(hand_in(first)[:2], (201, "recorded"))
    others[3].start()
    city.wait_equal()  # what came from the journal too


def keys_change_when_the_others_were_heard(city):
    first, *others = begun(city)
    stop(city.members)
    patience(first, LONG)
    first.start()
    first.cli("keygen", "-o", "clerk.pem", "-q")
    first.cli("staff", "enrol", "--key", "clerk.pub", "--roles", "counter", "--post", "counter-3", "--from", "yesterday",
              "-o", "staff.lh")
    for who in "ab":
        first.cli("cosign", "staff.lh", "--key", "gaj-%s.pem" % who, "-q")
    with open(os.path.join(city.base, "staff.lh"), "rb") as file:
        act = file.read()
    reply = first.request("POST", "/v1/acts", act, {"Content-Type": "application/vnd.liuhen.act"})
    equal((reply.status, reply.headers["Retry-After"]), (503, "1"), reply.text)
    assert "state.waiting" in reply.text, reply.text
    for member in others:
        member.start()
    wait_for(first, lambda status: not status["waiting"])
    first.cli("submit", "staff.lh")


def a_copy_that_was_put_back_with_its_guard_seals_nothing(city):
    first, *others = begun(city)
    first.stop()
    copies = [(first.dir, first.dir + ".kept"), (first.dir + "-guard", first.dir + "-guard.kept")]
    for place, kept in copies:
        shutil.copytree(place, kept, symlinks=True)
    first.start()
    first.record(3)
    city.wait_equal()
    first.stop()
    for place, kept in copies:
        shutil.rmtree(place)
        os.rename(kept, place)
    patience(first, LONG)
    first.start()
    with contextlib.suppress(OSError, http.client.HTTPException, KeyError):  # it may be opening itself anew
        equal(hand_in(first)[1], "journaled")
    status = wait_for(first, lambda status: status["state"] == "suspect")
    assert "peer holds a head" in status["why"], status
    equal(hand_in(first)[:2], (202, "journaled"))
    for member in others:
        equal({row["tainted"] for row in member.status()["replicas"]}, {False})


main(5, who_hears_nobody_keeps_a_journal_and_then_goes_on,
     it_goes_on_as_soon_as_enough_were_heard,
     keys_change_when_the_others_were_heard,
     a_copy_that_was_put_back_with_its_guard_seals_nothing)
