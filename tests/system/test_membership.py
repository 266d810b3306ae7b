"""Members of a city come and go by epochs: who is connected, with which key, and what stays of whom."""

import json
import os
import shutil
import subprocess
import time

from citylib import Department, main
from epochlib import exit_of, file, key, propose, vote, wait_state
from nodelib import LEAF, archive_frames, archive_of, equal
from peerlib import FORGED, HAVE, MEMBER, Cut, Peer

FIRST = ("city.lhg", "e1.lhp")


def certify(city, voters, told, name, *changes, files=("city.lhg",)):
    """Propose it, vote for it, and wait until these and all who are connected have counted."""
    number = len(files)
    propose(city, name, *changes, files=files)
    city.members[0].cli("network", "submit", name)
    for one in voters:
        cast_in(one, name, files)
    wait_state(told, (number, [], {}))


def cast_in(member, proposal, files):
    name = "%s-%s" % (member.code, proposal)
    vote(member, name + ".lh", proposal, files=files)
    member.cli("submit", name + ".lh")


def enrolled(city):
    """A department that enrols when the city is founded already; its node is not made yet."""
    fourth = Department(city, "wjw")
    fourth.enrol()
    return fourth


def init(fourth, *more):
    return exit_of(fourth.city, "init", "--genesis", "city.lhg", *more, "--dept", "wjw", "--data", fourth.dir, "--guard",
                   fourth.dir + "-guard")


def settle(city, fourth):
    """Its node, told where the others are."""
    fourth.cli("keygen", "--tls", "-o", fourth.path("keys", "tls.pem"))
    fourth.configure("peers.listen = %s:%d\nheartbeat.idle = 0\nstart.wait_peers = 0\n" % (fourth.host, fourth.port))
    for one in city.members:
        fourth.configure("peer = %s %s:%d\n" % (one.code, one.host, one.port))
    fourth.start()
    for who in "ab":
        fourth.cli("cosign", fourth.path("generation-1.lh"), "--key", "wjw-%s.pem" % who, "--epochs", "e1.lhp", "-q")
    fourth.cli("submit", fourth.path("generation-1.lh"))


def admitted(city):
    """A city that has admitted a fourth member, whose node runs."""
    city.start()
    fourth = enrolled(city)
    certify(city, city.members[:2], city.members, "e1.lhp", "--admit", "wjw/enrolment.lhe")
    code, said = init(fourth, "--epochs", "e1.lhp")
    equal(code, 0, said)
    settle(city, fourth)
    city.members.append(fourth)  # its node ends with the others
    return fourth


def wait(what, seconds=60):
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got is True:
            return
        assert time.monotonic() < end, got
        time.sleep(0.05)


def connected(member):
    """The departments whose nodes are connected with this one."""
    return sorted(one["department"] for one in member.status()["peers"] if one["up"])


def wait_connected(member, *departments):
    wait(lambda: connected(member) == sorted(departments) or
         (member.code, connected(member), member.logged()[-2000:]))


def verified(city, name, *epochs):
    """(exit code, report) of liuhen-verify about an archive, under the genesis file and these epochs."""
    done = subprocess.run([os.path.join(city.bin, "liuhen-verify"), "--trust", "city.lhg",
                           *[part for one in epochs for part in ("--epochs", one)], name],
                          capture_output=True, text=True, check=False, timeout=120, cwd=city.base)
    return done.returncode, done.stdout + done.stderr


def replays(city, member, *epochs):
    """Its archive breaks no rule, under these epochs."""
    name = member.code + ".lhar"
    member.cli("export", "-f", "archive", "-o", name, "--force")
    code, said = verified(city, name, *epochs)
    equal(code, 0, said)
    with open(file(city, name), "rb") as got:
        frames = archive_frames(got.read())
    at = [i for i, (kind, _) in enumerate(frames) if kind == LEAF][-2]  # an entry: the last is a header
    kind, leaf = frames[at]
    frames[at] = (kind, leaf[:-1] + bytes([leaf[-1] ^ 1]))
    with open(file(city, "bad.lhar"), "wb") as out:
        out.write(archive_of(frames))
    code, said = verified(city, "bad.lhar", *epochs)
    equal(code, 10, said)


def a_member_that_an_epoch_admits_connects_records_and_is_held_by_all(city):
    fourth = admitted(city)
    first = city.members[0]
    fourth.record(3)
    city.wait_equal()
    for one in city.members:
        wait_connected(one, *[other.code for other in city.members if other is not one])
    equal(fourth.status()["epoch"]["number"], 1)
    replays(city, fourth, "e1.lhp")
    for one in (fourth, first):  # what was learnt is on disk
        one.stop("kill")
        one.start()
        one.record()
    city.wait_equal()


def who_stands_in_no_epoch_does_not_start(city):
    fourth = enrolled(city)
    told = propose(city, "e1.lhp", "--admit", "wjw/enrolment.lhe")
    propose(city, "other.lhp", "--quota", "gaj=4096")
    for files, code, words in (((), 1, "no founder"), (("--epochs", "other.lhp"), 1, "no member"),
                               (("--epochs", "e1.lhp", "--epochs", "other.lhp"), None, "other.lhp"),
                               (("--epochs", "e1.lhp", "--expect", json.loads(city.members[0].cli(
                                   "network", "show", "city.lhg", "--json"))["read_aloud"]), 10, "reads")):
        got, said = init(fourth, *files)
        assert got not in (0, None) and code in (got, None) and words in said, (files, got, said)
        assert not os.path.exists(fourth.path("genesis.lhg")), files
    for _ in range(2):  # and what was made is kept
        got, said = init(fourth, "--epochs", "e1.lhp", "--expect", told["read_aloud"])
        equal(got, 0, said)
    # an enrolment that was made elsewhere in its name
    shutil.move(fourth.dir, fourth.dir + ".first")
    fourth.cli("network", "enrol", "--dept", "wjw", "--name", "wjw", "--data", fourth.dir, "--officer", "wjw-a.pub",
               "--officer", "wjw-b.pub")
    got, said = init(fourth, "--epochs", "e1.lhp")
    assert got == 10 and "was not made here" in said, (got, said)
    for name in ("wjw", "wjw.first"):  # nor does a node whose files are put together otherwise
        os.makedirs(file(city, "mixed"), exist_ok=True)
        shutil.copytree(file(city, name), file(city, "mixed"), dirs_exist_ok=True)
        if name == "wjw":
            os.rename(file(city, "mixed/enrolment.lhe"), file(city, "kept.lhe"))
    shutil.copy(file(city, "kept.lhe"), file(city, "mixed/enrolment.lhe"))
    done = subprocess.run([os.path.join(city.bin, "liuhend"), "--config", fourth.dir + ".first/liuhend.conf", "--data",
                           file(city, "mixed")], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0 and "not the enrolment that an epoch admitted" in done.stderr, done.stderr


def refused(target, who):
    """The code with which a HELLO of this department, under the key in its folder, is refused; 0: it is not."""
    with Peer(target, who) as peer:
        peer.secure()
        peer.send(peer.hello())
        try:
            peer.wait(HAVE)
            return 0
        except Cut as cut:
            return cut.code


def a_member_that_was_removed_is_parted_with_and_its_ledger_stays(city):
    fourth = admitted(city)
    fourth.record(2)
    city.wait_equal()
    founders = city.members[:3]
    wait_connected(fourth, "gaj", "mzj", "rsj")
    size = fourth.head()[1]
    certify(city, founders, city.members, "e2.lhp", "--remove", "wjw", files=FIRST)
    wait_connected(fourth)
    for one in founders:
        wait_connected(one, *[other.code for other in founders if other is not one])
        assert 'peer.cut department=wjw reason="it is no member any more"' in one.logged(), one.logged()[-3000:]
        assert "wjw" not in [peer["department"] for peer in one.status()["peers"]]
        equal({row["origin"]: row["size"] for row in one.status()["replicas"]}["jinhua/wjw/1"], size)
    equal(fourth.logged().count("the other side closed, code 4"), 3)
    fourth.record(2)  # it goes on under the epoch that it knows
    assert fourth.head()[1] > size
    replays(city, fourth, "e1.lhp", "e2.lhp")
    fourth.stop()
    equal(refused(founders[0], fourth), MEMBER)
    founders[2].stop()
    equal(refused(founders[0], founders[2]), 0)
    founders[2].start()
    for one in founders:
        one.record()
    city.wait_equal(founders)
    founders[0].stop("kill")
    founders[0].configure("peer = wjw %s:%d\n" % (fourth.host, fourth.port))
    founders[0].start()  # and who is removed keeps nobody from starting
    assert "peer.no_member department=wjw" in founders[0].logged()
    city.wait_equal(founders)


def a_witness_key_that_an_epoch_ended_is_refused_and_its_successor_taken(city):
    first, second, third = city.members
    key(city, "new.pem")
    city.start()
    city.wait_equal()
    certify(city, [first, third], city.members, "e1.lhp", "--rotate", "mzj/witness=new.pem")
    wait_connected(second)
    wait_connected(first, "rsj")
    for one in (first, third):
        assert "peer.down department=mzj" in one.logged(), one.logged()[-3000:]
    said = [one.logged().count("its witness key was ended by an epoch") for one in city.members]
    equal(said[1], 0)
    equal(second.logged().count("the other side closed, code 5"), sum(said))
    equal(sum(said), 2)
    second.stop()
    equal(refused(first, second), FORGED)
    shutil.copy(file(city, "new.pem"), second.path("keys", "witness.pem"))
    equal(refused(first, second), 0)
    second.start()
    wait_connected(second, "gaj", "rsj")
    cuts = city.logged().count("peer.cut")
    for one in city.members:
        one.record()
    city.wait_equal()
    wait(lambda: first.status()["witnessing"]["witnessed"] == first.status()["size"])  # rsj alone is too few
    equal(city.logged().count("peer.cut"), cuts)


main(3, a_member_that_an_epoch_admits_connects_records_and_is_held_by_all,
     who_stands_in_no_epoch_does_not_start,
     a_member_that_was_removed_is_parted_with_and_its_ledger_stays,
     a_witness_key_that_an_epoch_ended_is_refused_and_its_successor_taken)
