"""Nodes of one city are peers: each comes to hold the ledgers of the others, whatever happens."""

import json
import os
import shutil
import subprocess
import time

from citylib import main
from nodelib import becomes, equal, until


def replicas_become_equal_and_stay_so(city):
    city.start()
    for member in city.members:
        member.record(5)
    heads = city.wait_equal()
    assert all(size > 5 for size in heads.values()), heads
    for _ in range(10):
        for member in city.members:
            member.record()
    city.wait_equal()
    for member in city.members:
        # what it holds it may have of a third
        until(lambda one=member: all(peer["up"] for peer in one.status()["peers"]), member.logged)
        equal(len(member.status()["peers"]), len(city.members) - 1)
        equal({row["tainted"] for row in member.status()["replicas"]}, {False})


def who_was_away_catches_up_and_holds_up_nobody(city):
    city.start()
    city.wait_equal()
    away = city.members[0]
    others = city.members[1:]
    away.stop("kill")
    for member in others:
        member.record(40)
    city.wait_equal(others)
    away.start()
    city.wait_equal()
    # and what it alone recorded while it was alone
    for member in others:
        member.stop()
    away.record(25)
    for member in others:
        member.start()
    city.wait_equal()


def copies_that_are_lost_or_broken_are_had_again(city):
    city.start()
    for member in city.members:
        member.record(10)
    city.wait_equal()
    first, second = city.members[:2]
    first.stop()
    shutil.rmtree(first.path("replicas"))
    first.start()
    second.stop()
    for name in os.listdir(second.path("replicas")):
        if name == "CURRENT":
            with open(second.path("replicas", name), "w", encoding="utf-8") as file:
                file.write("MANIFEST-999999\n")
    second.start()
    city.wait_equal()
    for member in city.members:
        member.record()
    city.wait_equal()


def tainted(member):
    return {row["origin"] for row in member.status()["replicas"] if row["tainted"]}


def a_department_that_forks_is_convicted_on_every_node(city):
    city.start()
    for member in city.members:
        member.record(3)
    city.wait_equal()
    liar, second, third = city.members
    liar.stop()
    for name in (liar.dir, liar.dir + "-guard"):
        shutil.copytree(name, name + ".copy")
    third.stop()
    liar.start()
    liar.record(3)  # one history, which the second sees
    city.wait_equal([liar, second])
    liar.stop()
    for name in (liar.dir, liar.dir + "-guard"):
        shutil.rmtree(name)
        os.rename(name + ".copy", name)
    third.start()
    with liar.alone():
        liar.start()
        liar.record(4)  # another one
        liar.stop()
    liar.start()
    origin = liar.head()[0]
    name = origin.replace("/", "-") + ".evidence"
    end = time.monotonic() + 60
    for member in (second, third):
        while not (os.path.exists(member.path("evidence", name)) and
                   "ledger.tainted origin=" + origin in member.logged()):
            assert time.monotonic() < end, member.logged()[-3000:]
            time.sleep(0.1)
        done = subprocess.run([os.path.join(city.bin, "liuhen-verify"), "--trust",
                               os.path.join(city.base, "city.lhg"),
                               member.path("evidence", name)], capture_output=True, text=True,
                              check=False, timeout=60)
        equal(done.returncode, 12, done.stdout)
        becomes(lambda one=member: tainted(one), {origin})  # the status follows a little later
    # a file that was lost is written again
    second.stop()
    with open(second.path("evidence", name), "rb") as file:
        kept = file.read()
    os.remove(second.path("evidence", name))
    second.start()
    with open(second.path("evidence", name), "rb") as file:
        equal(file.read() == kept, True)
    # the others go on
    second.record(2)
    third.record(2)
    city.wait_equal([second, third])


def every_head_is_cosigned_by_the_others_and_recording_waits_for_none(city):
    city.start()
    for member in city.members:
        member.record(3)
    for status in city.wait_final().values():
        size, state = status["size"], status["witnessing"]
        equal((state["witnesses"], state["needed"], state["cosignatures"]), (2, 2, 2))
        equal(state["witnessed"], size)
    first, away = city.members[0], city.members[2]
    away.stop()
    sealed = first.head()[1]
    first.record(3)  # with a witness too few it goes on all the same
    time.sleep(3)
    state = first.status()["witnessing"]
    equal((state["witnessed"], state["final"]), (sealed, sealed))
    assert first.head()[1] > sealed
    first.stop("kill")
    first.start()  # what was reached is not forgotten
    equal(first.status()["witnessing"]["final"], sealed)
    away.start()
    city.wait_final()


def the_command_line_shows_who_is_here_and_how_far_behind(city):
    city.start()
    first, away = city.members[0], city.members[2]
    first.record(3)
    city.wait_equal()
    away.stop("kill")
    first.record(4)
    held = city.wait_equal(city.members[:2])[city.members[1].head()[0]]
    end = time.monotonic() + 30
    while True:
        shown = json.loads(first.cli("peers", "--json"))
        rows = {row["department"]: row for row in shown["peers"]}
        if (not rows[away.code]["up"] and shown["size"] == first.head()[1] and
                rows["mzj"]["lag"] == 0 and rows["mzj"]["held"] == held and
                rows["mzj"].get("head", {}).get("size") == held):
            break  # what is shown follows a little later
        assert time.monotonic() < end, shown
        time.sleep(0.1)
    near = rows["mzj"]
    equal({name: near[name] for name in ("has", "lag", "held", "behind", "tainted", "group")},
          {"has": shown["size"], "lag": 0, "held": held, "behind": 0, "tainted": False,
           "group": "mzj"})
    equal((near["head"]["origin"], near["head"]["size"]), (city.members[1].head()[0], held))
    equal(near["ward"]["designated"], True)
    equal(rows[away.code]["parted"]["code"] in ("lost", "left", "unreachable"), True)
    equal(rows[away.code]["lag"], shown["size"] - rows[away.code]["has"])
    assert rows[away.code]["lag"] > 0
    text = first.get("/metrics").text
    for line in ('liuhen_peer_up{department="mzj"} 1', 'liuhen_peer_up{department="rsj"} 0',
                 'liuhen_peer_lag_leaves{department="mzj"} 0',
                 'liuhen_peer_lag_leaves{department="rsj"} %d' % rows["rsj"]["lag"],
                 'liuhen_peer_behind_leaves{department="mzj"} 0',
                 'liuhen_peer_tainted{department="mzj"} 0',
                 'liuhen_peer_partings_total{code="forged"} 0'):
        assert line + "\n" in text, (line, text)
    assert "liuhen_witnessed_leaves " in text and "liuhen_final_leaves " in text
    if shutil.which("promtool") is not None:
        judged = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                capture_output=True, check=False)
        equal((judged.returncode, judged.stdout + judged.stderr), (0, ""))
    said = [line.split("\t") for line in first.cli("peers").splitlines()]
    assert [line[:2] for line in said] == [["mzj", "connected"], ["rsj", "away"]], said
    why = said[1][-1].split("; ")[0]  # a head that it declined before may follow
    assert why in ("it left", "it cannot be reached", "the connection broke or fell silent"), said
    top = first.cli("top", "--once")
    assert "peers    1 of 2 here" in top and "mzj  connected" in top.replace("\t", "  "), top
    assert "!        rsj: " in top, top
    told = json.loads(first.cli("top", "--json"))
    equal([row["up"] for row in told["peers"]["peers"]], [True, False])
    equal(told["levels"]["witnessed_lag"],
          told["status"]["size"] - told["status"]["witnessing"]["witnessed"])


def a_witness_that_lost_its_promises_hears_of_them_first(city):
    city.start()
    for member in city.members:
        member.record(3)
    city.wait_final()
    first = city.members[0]
    first.stop()
    shutil.rmtree(first.path("promises"))
    for member in city.members[1:]:
        member.stop()  # nobody can tell it anything
    first.start()
    time.sleep(1)
    city.members[1].start()
    for member in city.members[1:]:
        if member.process is None:
            member.start()
    for member in city.members:
        member.record(2)
    city.wait_final()
    equal({row["tainted"] for one in city.members for row in one.status()["replicas"]}, {False})


def promises_that_do_not_open_stop_the_peers_and_not_the_node(city):
    first = city.members[0]
    city.start()
    city.wait_equal()
    first.stop()
    with open(first.path("promises", "CURRENT"), "w", encoding="utf-8") as file:
        file.write("MANIFEST-999999\n")
    first.start()
    assert "peers.off" in first.logged()
    assert "peers" not in first.status()
    size = first.head()[1]
    first.record(2)
    assert first.head()[1] > size
    for member in city.members[1:]:  # the others are not held up either
        member.record(2)
    city.wait_equal(city.members[1:])


def settings_that_cannot_hold_are_said(city):
    first = city.members[0]
    for line, words in (("peer = gaj 127.0.0.1:1\n", "gaj is this department itself"),
                        ("peer = mzj mzj.example:1\n", "peer"),
                        ("peers.listen = 203.0.113.1:1\n", "peers.listen")):
        kept = open(first.path("liuhend.conf"), encoding="utf-8").read()
        with open(first.path("liuhend.conf"), "w", encoding="utf-8") as file:
            file.write("".join(one + "\n" for one in kept.splitlines() if "peer" not in one) + line)
        done = subprocess.run([os.path.join(city.bin, "liuhend"), "--config",
                               first.path("liuhend.conf")], capture_output=True, text=True,
                              check=False, timeout=60)
        assert done.returncode != 0 and words in done.stderr, (line, done.stderr)
        with open(first.path("liuhend.conf"), "w", encoding="utf-8") as file:
            file.write(kept)
    os.rename(first.path("keys", "tls.crt"), first.path("tls.crt"))
    done = subprocess.run([os.path.join(city.bin, "liuhend"), "--config",
                           first.path("liuhend.conf")], capture_output=True, text=True, check=False,
                          timeout=60)
    assert done.returncode != 0 and "liuhen keygen --tls" in done.stderr, done.stderr
    os.rename(first.path("tls.crt"), first.path("keys", "tls.crt"))
    first.configure("peer = xxj 127.0.0.1:1\n")  # an epoch may admit it, or have removed it
    first.start()
    assert "peer.no_member department=xxj" in first.logged(), first.logged()[-2000:]


def a_node_without_peers_records_at_once(city):
    """Nobody answers, and recording is as quick as ever."""
    alone = city.members[0]
    alone.start()
    alone.begin()
    begun = time.monotonic()
    alone.record(20)
    assert time.monotonic() - begun < 20
    equal([peer["up"] for peer in alone.status()["peers"]], [False] * (len(city.members) - 1))
    equal(alone.status()["replicas"], [])


main(3, replicas_become_equal_and_stay_so,
     who_was_away_catches_up_and_holds_up_nobody,
     copies_that_are_lost_or_broken_are_had_again,
     a_department_that_forks_is_convicted_on_every_node,
     every_head_is_cosigned_by_the_others_and_recording_waits_for_none,
     the_command_line_shows_who_is_here_and_how_far_behind,
     a_witness_that_lost_its_promises_hears_of_them_first,
     promises_that_do_not_open_stop_the_peers_and_not_the_node,
     settings_that_cannot_hold_are_said,
     a_node_without_peers_records_at_once)
