"""A department that lost its store gets its ledger back from the others, and goes on with their promises."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import time

from citylib import main, wait_for
from nodelib import equal, event, until


def lose_store(member):
    """Its disk is gone; the keys were kept elsewhere."""
    member.stop("kill")
    for name in ("store", "replicas", "promises"):
        shutil.rmtree(member.path(name))


def cosign(member, act):
    for who in "ab":
        member.cli("cosign", act, "--key", "%s-%s.pem" % (member.code, who), "-q")


def draft(member, number=2):
    member.cli("restore", "ask", "--generation", str(number))
    return member.path("prepare-%d.lh" % number)


def ask(member, number=2):
    act = draft(member, number)
    cosign(member, act)
    member.cli("restore", "ask", act)
    member.start()


def finish(member, number=2):
    member.cli("restore", "finish")
    act = member.path("generation-%d.lh" % number)
    cosign(member, act)
    member.cli("submit", act)
    return act


def witnessed(city):
    """Until the first one's newest head is final; says the status."""
    first = city.members[0]
    return wait_for(first, lambda status: status["witnessing"]["final"] == status["size"])


def judge(city, *args):
    done = subprocess.run([os.path.join(city.bin, "liuhen-verify"), *args],
                          stdout=subprocess.PIPE, text=True, check=False, timeout=60)
    return done.returncode, done.stdout


def witness_another_log(member):
    """It is a C2SP witness, of a log that says nothing."""
    for name in ("witness-key", "log-key"):
        member.cli("keygen", "--alg", "ed25519", "-o", member.path(name + ".pem"), "-q")
    with open(member.path("log-key.pub"), encoding="ascii") as file:
        key = b"\1" + base64.b64decode(file.read().split(":")[1])
    name = "jinhua.example/log"
    digest = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8]
    with open(member.path("logs.policy"), "w", encoding="ascii") as out:
        out.write("log %s+%s+%s\n" % (name, digest, base64.b64encode(key).decode()))
    member.configure("witness.key = %s\nwitness.logs = %s\n" % (
        member.path("witness-key.pem"), member.path("logs.policy")))


def cosigns(member):
    """Of nothing that is a head it would say 400."""
    reply = member.request("POST", "/add-checkpoint", b"old 0\n")
    assert reply.status in (400, 503), reply.text
    return reply.status == 400


def a_lost_ledger_comes_back_whole_and_goes_on(city):
    first, others = city.members[0], city.members[1:]
    witness_another_log(first)
    city.start()
    equal(cosigns(first), True)
    first.record(30)
    before = witnessed(city)
    city.wait_equal()
    lose_store(first)
    ask(first)
    status = wait_for(first, lambda status: status["recovery"]["prev_size"] == before["size"])
    equal(status["state"], "suspect")
    equal(status["recovery"]["prev_origin"], "jinhua/gaj/1")
    equal(status["recovery"]["prev_root"], before["root"])
    status = wait_for(first, lambda status: status["restore"]["held"])
    assert status["restore"]["promises"] >= status["restore"]["needed"], status
    assert "promises for jinhua/gaj/2; what was witnessed is here again" in first.cli("status")
    body = json.dumps(event()).encode()
    reply = first.request("POST", "/v1/events", body, {"Content-Type": "application/json"})
    equal((reply.status, first.status()["journal"]), (202, 1))
    finish(first)
    status = wait_for(first, lambda status: status["state"] == "continuous")
    equal(status["origin"], "jinhua/gaj/2")
    assert "label" not in status, status
    assert "restore" not in status, status
    assert not os.path.exists(first.path("prepare.lh"))
    assert not os.path.exists(first.path("RESTORED"))
    first.record(5)
    equal(cosigns(first), False)  # what it cosigned of others' logs is nowhere else
    wait_for(first, lambda status: status["journal"] == 0)
    status = witnessed(city)
    city.wait_equal()
    for other in others:
        replicas = {row["origin"]: row for row in other.status()["replicas"]}
        equal(replicas["jinhua/gaj/1"]["size"], before["size"])
        equal(replicas["jinhua/gaj/1"]["tainted"], False)
        equal(replicas["jinhua/gaj/2"]["size"], status["size"])
    with open(first.path("all.lhar"), "wb") as out:
        out.write(first.get("/v1/archive").body)
    code, said = judge(city, "--trust", first.path("genesis.lhg"), out.name)
    equal(code, 0, said)
    assert "jinhua/gaj/1" in said and "jinhua/gaj/2" in said, said
    shown = first.path("generation-2.promises")
    equal(judge(city, "--trust", first.path("genesis.lhg"), shown)[0], 0)
    code, said = judge(city, shown)
    equal(code, 11, said)
    with open(shown, encoding="ascii") as file:
        lines = file.read().splitlines(keepends=True)
    with open(shown, "w", encoding="ascii") as file:
        file.writelines(lines[:3] + [lines[3][:-60] + ("A" * 59) + "\n"])
    code, said = judge(city, "--trust", first.path("genesis.lhg"), shown)
    equal(code, 10, said)
    first.stop()
    first.start()
    equal(first.status()["state"], "continuous")
    equal(judge(city, "--trust", first.path("genesis.lhg"), shown)[0], 0)  # it is written again


def an_older_image_takes_what_it_lacks(city):
    city.start()
    first = city.members[0]
    first.record(5)
    witnessed(city)
    first.stop()
    shutil.copytree(first.path("store"), first.path("image"))
    first.start()
    first.record(7)
    before = witnessed(city)
    city.wait_equal()
    first.stop()
    shutil.rmtree(first.path("store"))
    os.rename(first.path("image"), first.path("store"))
    first.start()
    status = first.status()
    equal(status["state"], "suspect")
    assert status["size"] < before["size"], status
    first.stop()
    ask(first)
    status = wait_for(first, lambda status: status["restore"]["held"])
    equal(status["recovery"]["prev_size"], before["size"])
    equal(status["recovery"]["prev_root"], before["root"])
    equal(status["recovery"]["lost_until"], 0)
    finish(first)
    wait_for(first, lambda status: status["state"] == "continuous")
    first.record()
    witnessed(city)


def with_too_few_peers_it_stays_suspect_and_says_so(city):
    city.start()
    first, others = city.members[0], city.members[1:]
    first.record(10)
    before = witnessed(city)
    city.wait_equal()
    for other in others[1:]:
        other.stop()
    lose_store(first)
    ask(first)
    status = wait_for(first, lambda status: status["restore"]["promises"] == 1)
    equal(status["restore"]["needed"], 2)
    time.sleep(12)  # had two promised, 10 s would settle it
    status = first.status()
    equal((status["state"], status["restore"]["settled"]), ("suspect", False))
    equal(status["recovery"]["prev_size"], 0)
    assert "1 of 2 promises for jinhua/gaj/2; waiting for more" in first.cli("status")
    first.cli("restore", "finish", code=1)
    others[1].start()  # and with one more it goes on
    wait_for(first, lambda status: status["recovery"]["prev_size"] == before["size"])
    wait_for(first, lambda status: status["restore"]["held"])
    finish(first)
    wait_for(first, lambda status: status["state"] == "continuous")


def an_act_that_the_peers_would_refuse_is_not_asked_with(city):
    first, second = city.members[:2]

    def refused(act, code):
        first.cli("restore", "ask", act, code=code)
        assert not os.path.exists(first.path("prepare.lh"))
        assert not os.path.exists(first.path("RESTORED"))

    act = draft(first)
    refused(act, 4)  # nobody has signed
    shown = first.cli("cosign", act, "--key", "gaj-a.pem")
    assert "the other departments are asked what they hold of jinhua/gaj/1" in shown, shown
    refused(act, 4)  # one officer
    others = draft(second)
    cosign(second, others)
    refused(others, 2)
    refused(first.path("generation-1.lh"), 2)  # it begins a generation
    first.cli("cosign", act, "--key", "gaj-b.pem", "-q")
    seal = first.path("keys", "seal-2.pem")
    os.rename(seal, seal + ".away")
    refused(act, 5)
    os.rename(seal + ".away", seal)
    first.cli("restore", "ask", act)
    assert os.path.exists(first.path("prepare.lh"))
    assert os.path.exists(first.path("RESTORED"))


def who_lost_the_act_asks_for_a_higher_generation(city):
    city.start()
    first = city.members[0]
    first.record(4)
    witnessed(city)
    city.wait_equal()
    lose_store(first)
    ask(first)
    wait_for(first, lambda status: status["restore"]["held"])
    lose_store(first)  # before it went on, and with the act
    for name in ("prepare.lh", "prepare-2.lh", "RESTORED"):
        os.remove(first.path(name))
    time.sleep(1.1)  # another time in it, so another act
    ask(first)
    wait_for(first, lambda status: status["restore"]["taken"] == 2)
    equal(first.status()["restore"]["promises"], 0)
    assert "peer.cut" not in first.logged(), first.logged()[-2000:]  # a witness may decline
    first.stop()
    ask(first, 3)
    status = wait_for(first, lambda status: status["restore"]["held"])
    equal(status["recovery"]["next_generation"], 2)
    finish(first, 3)
    status = wait_for(first, lambda status: status["state"] == "continuous")
    equal(status["generation"], 3)
    first.record()
    witnessed(city)


def the_old_image_is_not_cosigned_any_more_and_stops_sealing(city):
    city.start()
    first, others = city.members[0], city.members[1:]
    first.record(10)
    before = witnessed(city)
    city.wait_equal()
    first.stop()
    for name in (first.dir, first.dir + "-guard"):
        shutil.copytree(name, name + ".image")
    lose_store(first)
    ask(first)
    wait_for(first, lambda status: status["restore"]["held"])
    finish(first)
    wait_for(first, lambda status: status["state"] == "continuous")
    first.stop()
    for name in (first.dir, first.dir + "-guard"):  # the image of before, as if nothing had been
        shutil.rmtree(name)
        os.rename(name + ".image", name)
    with first.alone():
        first.start()
        first.record(3)
        first.stop()
    first.start()
    status = wait_for(first, lambda status: status["state"] == "suspect")
    equal(status["origin"], "jinhua/gaj/1")
    assert status["size"] > before["size"]
    assert "this is an older copy" in status["why"], status
    body = json.dumps(event()).encode()
    equal(first.request("POST", "/v1/events", body, {"Content-Type": "application/json"}).status, 202)
    status = first.status()
    equal(status["witnessing"]["witnessed"], before["size"])
    equal(status["witnessing"]["cosignatures"], 0)
    first.stop()
    first.start()
    equal(first.status()["state"], "suspect")
    for other in others:  # two of them were enough
        until(lambda one=other: "restore.promised department=gaj generation=2" in one.logged(), other.logged)


def two_nodes_of_one_identity_stop_sealing(city):
    city.start()
    first = city.members[0]
    first.record(3)
    witnessed(city)
    first.stop()
    twin = city.department(first.code)
    twin.dir += "-twin"
    for name in ("", "-guard"):
        shutil.copytree(first.dir + name, twin.dir + name)
    with open(twin.path("liuhend.conf"), encoding="utf-8") as file:
        lines = file.read().replace(first.dir, twin.dir).replace(":%d\n" % first.port, ":%d\n" % twin.port)
    with open(twin.path("liuhend.conf"), "w", encoding="utf-8") as out:
        out.write(lines)
    city.members.append(twin)  # so that it ends with the city
    with twin.alone():
        twin.start()
        twin.record(2)
        twin.stop()
    first.start()
    first.record()
    witnessed(city)
    twin.start()
    for one in (first, twin):
        wait_for(one, lambda status: status["state"] == "suspect")
        assert "ledger.doubted origin=jinhua/gaj/1" in one.logged(), one.logged()[-2000:]


def declined(member):
    """{department: why it does not cosign the newest head of `member`}"""
    return {peer["department"]: peer.get("declined") for peer in member.status()["peers"]}


def who_went_on_alone_is_cosigned_once_it_has_asked_and_cosigns_once_it_has_heard(city):
    city.start()
    first, second = city.members[:2]
    first.record(2)
    witnessed(city)
    first.stop()
    with open(first.path("RESTORED"), "w", encoding="utf-8") as out:
        out.write("from an image\n")
    first.start()
    equal(first.status()["state"], "suspect")
    finish(first)
    wait_for(first, lambda status: status["state"] == "continuous")
    first.record()
    wait_for(first, lambda status: set(declined(first).values()) == {"unsafe"})
    witnessing = first.status()["witnessing"]
    equal((witnessing["cosignatures"], witnessing["witnessed"]), (0, 0))
    assert "liuhen restore ask" in first.cli("peers"), first.cli("peers")
    for other in city.members[2:]:  # its own promises may be of before the image
        other.stop()
    second.record()
    wait_for(second, lambda status: declined(second)["gaj"] == "later" and
             status["witnessing"]["nominated"] == status["size"])
    equal(second.status()["witnessing"]["cosignatures"], 0)
    for other in city.members[2:]:
        other.start()
    wait_for(second, lambda status: status["witnessing"]["final"] == status["size"])
    wait_for(second, lambda status: declined(second)["gaj"] is None)  # two others may have made it final first
    first.stop()
    ask(first, 3)
    wait_for(first, lambda status: status["restore"]["held"])
    finish(first, 3)
    status = wait_for(first, lambda status: status["state"] == "continuous")
    assert "label" not in status, status
    first.record()
    witnessed(city)


if __name__ == "__main__":
    main(4, a_lost_ledger_comes_back_whole_and_goes_on,
         an_older_image_takes_what_it_lacks,
         with_too_few_peers_it_stays_suspect_and_says_so,
         an_act_that_the_peers_would_refuse_is_not_asked_with,
         who_lost_the_act_asks_for_a_higher_generation,
         the_old_image_is_not_cosigned_any_more_and_stops_sealing,
         two_nodes_of_one_identity_stop_sealing,
         who_went_on_alone_is_cosigned_once_it_has_asked_and_cosigns_once_it_has_heard)
