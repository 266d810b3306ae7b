"""What people see of a city at one of its nodes: who cosigned whom, whose ledgers are held, and why
something is not as it should be."""

import calendar
import json
import os
import shutil
import subprocess
import time

from citylib import main
from nodelib import CHECKPOINT, LEAF, archive_frames, archive_of, equal
from peerlib import GET, PROTOCOL, Peer, frame


def who_cosigned_whom_and_why_not_is_shown_of_each(city):
    first, second, third = city.members
    city.start()
    for member in city.members:
        member.record(2)
    city.wait_final()
    begun = time.time() - 60

    def seconds(text):
        return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))

    def rows(member, is_shown):
        """The peers of a member, when they are so."""
        end = time.monotonic() + 30
        while True:
            answer = member.get("/v1/peers").json
            found = {row["department"]: row for row in answer["peers"]}
            if is_shown(found):
                return answer, found
            assert time.monotonic() < end, found
            time.sleep(0.05)

    shown, found = rows(first, lambda found: all(
        row["witness"]["cosigner"] and row["ward"]["size"] == row["held"] and
        "time" in row["ward"] for row in found.values()))
    numbers = shown["witnessing"]
    equal([numbers[name] for name in ("witnesses", "faults", "needed", "promises")], [2, 0, 2, 1])
    for member in (second, third):
        row = found[member.code]
        equal(row["witness"]["size"], numbers["nominated"])
        equal(row["ward"]["origin"], member.head()[0])
        for time_of in (row["witness"]["time"], row["ward"]["time"]):
            assert begun <= seconds(time_of) <= time.time() + 1, row
        assert "declined" not in row["witness"] and "declined" not in row["ward"], row
    told = json.loads(first.cli("witness", "status", "--json"))
    equal((told["schema"], told["level"]), ("liuhen.witness/1", "final"))
    equal(told["witnessing"], numbers)
    for rows_of in (told["witnesses"], told["wards"]):
        equal([row["department"] for row in rows_of], ["mzj", "rsj"])
    equal([row["size"] for row in told["witnesses"]], [numbers["nominated"]] * 2)
    equal([row["origin"] for row in told["wards"]], [one.head()[0] for one in (second, third)])
    said = first.cli("witness", "status")
    assert "2 of 2 cosignatures, 2 of them hold every leaf · final" in said, said
    assert "n 2, of whom f 0 may be bad · k 2" in said, said
    equal(said.count("cosigned, holds all"), 2)
    gauge = "liuhen_%s_cosigned_time_seconds{department=\"mzj\"} "
    text = first.get("/metrics").text
    for who in ("peer", "ward"):
        value = text.split(gauge % who)[1].split("\n")[0]
        assert begun <= int(value) <= time.time() + 1, (who, value)
    # a witness whose store of promises is gone declines until it has heard the others
    kept = found["mzj"]["witness"]
    first.stop()
    second.stop()
    third.stop()
    shutil.rmtree(second.path("promises"))
    first.start()
    second.start()
    first.record(1)
    _, found = rows(first, lambda found: "declined" in found["mzj"].get("witness", {}))
    equal(found["mzj"]["witness"]["declined"], {"code": "later", "size": 0})
    equal(found["mzj"]["witness"]["time"], kept["time"])  # what it gave before is remembered
    _, back = rows(second, lambda found: "declined" in found["gaj"]["ward"])
    equal(back["gaj"]["ward"]["declined"]["code"], "later")
    assert "declines our head: not now" in first.cli("peers")
    said = first.cli("witness", "status").splitlines()
    assert [line.split("\t")[2::3] for line in said if line.startswith("mzj\tmzj")] == \
        [["not yet", "not now"]], said
    assert 'liuhen_peer_declined{department="mzj"} 1\n' in first.get("/metrics").text


def sealed_alone(kind, content):
    """A frame without the lines of cosigners: the seal comes first."""
    if kind != CHECKPOINT:
        return kind, content
    text, lines = content.split(b"\n\n", 1)
    return kind, text + b"\n\n" + lines.splitlines(keepends=True)[0]


def ledgers_of_others_are_replayed_at_any_node(city):
    first, second, third = city.members
    city.start()
    for member in city.members:
        member.record(3)
    city.wait_equal()
    said = first.cli("verify", "--all-ledgers")
    for member in city.members:
        assert member.head()[0] in said, (member.head(), said)
    assert said.rstrip().endswith("RESULT: VERIFIED"), said
    said = first.cli("verify", "--ledger", "mzj")
    assert second.head()[0] in said and first.head()[0] not in said, said
    # the archive is, leaf by leaf, what its own department has, which has cosignatures besides
    files = [os.path.join(city.base, name) for name in ("theirs.lhar", "own.lhar")]
    first.cli("export", "--ledger", "mzj", "-o", files[0])
    second.cli("export", "-o", files[1])
    theirs, own = (archive_frames(open(name, "rb").read()) for name in files)
    equal(theirs, [sealed_alone(*frame) for frame in own])
    at = max(at for at, (kind, _) in enumerate(theirs[:len(theirs) // 2]) if kind == LEAF)
    theirs[at] = (LEAF, theirs[at][1][:-1] + bytes([theirs[at][1][-1] ^ 1]))
    with open(files[0], "wb") as file:
        file.write(archive_of(theirs))
    for path, code in ((files[0], 10), (files[1], 0)):
        done = subprocess.run([os.path.join(city.bin, "liuhen-verify"), "--trust",
                               os.path.join(city.base, "city.lhg"), path], capture_output=True,
                              text=True, check=False, timeout=60)
        equal(done.returncode, code, done.stdout)
    # an entry: every leaf as its department shows it
    for index in range(second.head()[1]):
        shown, wanted = (one.get("/v1/entries/mzj/1/%d" % index).json for one in (first, second))
        for name in ("leaf", "leaf_hash", "block", "entry"):
            equal(shown[name], wanted[name])
        assert "signers" not in shown and "level" not in shown
    for path in ("entries/mzj/1/%d" % second.head()[1], "entries/mzj/2/0", "entries/xxj/1/0",
                 "archive?ledger=xxj"):
        equal(first.get("/v1/" + path).status, 404, path)
    for path in ("ledger=mzj&private=1", "ledger=all&from_height=2"):
        equal(first.get("/v1/archive?" + path).status, 400, path)
    third.stop()
    first.cli("verify", "--ledger", "rsj")  # who is away is judged all the same
    first.cli("verify", "--ledger", "gaj")
    first.cli("verify", "--ledger", "xxj", code=5)


def a_policy_says_to_strangers_what_is_witnessed(city):
    first, second, third = city.members
    city.start()
    for member in city.members:
        member.record(2)
    city.wait_final()
    policy, note = (os.path.join(city.base, name) for name in ("policy", "note"))

    def judge(text):
        with open(note, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([os.path.join(city.bin, "liuhen-verify"), "--trust", policy, note],
                              capture_output=True, text=True, check=False, timeout=60)
        return done.returncode

    # of our own ledger, and of another's, whose seal is proven at our node
    for member, args in ((first, ()), (second, ("--ledger", "mzj"))):
        first.cli("witness", "policy", "-o", policy, *args)
        with open(policy, encoding="utf-8") as file:
            text = file.read()
        assert "log " + member.head()[0] + "+" in text, text
        others = [one.code for one in city.members if one is not member]
        assert "group WITNESSED 2 %s\nquorum WITNESSED\n" % " ".join(
            [line.split()[1] for line in text.splitlines() if line.startswith("witness ") and
             "/mirror" not in line.split()[1]]) in text, text
        equal(sorted(line.split()[1] for line in text.splitlines() if line.startswith("witness ")),
              sorted(others + [one + "/mirror" for one in others]))
        signed = member.get("/v1/checkpoint").text
        end = time.monotonic() + 20  # the node tells of a level before it shows the lines
        while judge(signed) != 0:
            assert time.monotonic() < end, (text, signed)
            time.sleep(0.1)
            signed = member.get("/v1/checkpoint").text
        # one cosignature too few
        lines = signed.splitlines(keepends=True)
        equal(judge("".join(line for line in lines if "/%s/witness " % third.code not in line)), 11)
        # a head of another ledger
        equal(judge(third.get("/v1/checkpoint").text) != 0, True)
    # of a genesis file alone
    said = first.cli("witness", "policy", "--ledger", "gaj", "--genesis", "city.lhg")
    assert "\nlog " not in said and "quorum WITNESSED" in said, said
    first.cli("witness", "policy", "--ledger", "xxj", code=5)


def a_peer_that_is_cut_is_shown_with_the_reason(city):
    first, second = city.members[:2]
    first.start()
    first.begin()
    with Peer(first, second) as peer:
        peer.live()
        peer.send(frame(GET, b"nonsense", request=1))
        equal(peer.ended(10, "GET of nonsense"), PROTOCOL)
    end = time.monotonic() + 30
    while True:
        row = first.get("/v1/peers").json["peers"][0]
        if row.get("parted", {}).get("code") == "protocol":
            break
        assert time.monotonic() < end, row
        time.sleep(0.05)
    assert row["parted"]["reason"] and row["parted"]["time"], row
    assert 'liuhen_peer_partings_total{code="protocol"} 1\n' in first.get("/metrics").text
    why = first.cli("peers").splitlines()[0].split("\t")[-1]
    equal(why.split("; ")[0], "what it said breaks the protocol")


main(3, who_cosigned_whom_and_why_not_is_shown_of_each,
     ledgers_of_others_are_replayed_at_any_node,
     a_policy_says_to_strangers_what_is_witnessed,
     a_peer_that_is_cut_is_shown_with_the_reason)
