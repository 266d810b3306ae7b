"""Epochs of a city (tests/system/citylib.py): drafted, voted for, waited for."""

import json
import os
import subprocess
import time


def file(city, name):
    return os.path.join(city.base, name)


def read(city, name):
    with open(file(city, name), "rb") as got:
        return got.read()


def exit_of(city, *args):
    """(exit code, messages) of the command line, with no node."""
    done = subprocess.run([os.path.join(city.bin, "liuhen"), *args], capture_output=True, text=True,
                          check=False, timeout=60, cwd=city.base,
                          env=dict(os.environ, HOME=city.base, LC_ALL="C.UTF-8"))
    return done.returncode, done.stderr


def key(city, name):
    return json.loads(city.members[0].cli("keygen", "--alg", "ed25519", "-o", name, "--json"))["key_id"]


def propose(city, name, *changes, files=("city.lhg",)):
    return json.loads(city.members[0].cli("network", "propose", *files, *changes, "-o", name, "--json"))


def vote(member, name, proposal, *more, files=("city.lhg",)):
    """Draft a vote and have both officers sign it."""
    member.cli("network", "approve", *files, proposal, "--dept", member.code, "-o", name, *more)
    for who in "ab":
        member.cli("cosign", name, "--key", "%s-%s.pem" % (member.code, who))


def cast(city, member, proposal, *more):
    """The vote of a member whose node runs, and the archive of its ledger after it."""
    name = "%s-%s" % (member.code, proposal)
    vote(member, name + ".lh", proposal, *more)
    member.cli("submit", name + ".lh")


def state(member):
    """(epochs, hashes of proposals, who voted for what) as this node has counted."""
    told = member.get("/v1/network").json
    return (len(told["epochs"]) - 1, sorted(one["hash"] for one in told["proposals"]),
            {one["department"]: one["proposal"] for one in told["votes"] if "proposal" in one})


def wait_state(members, wanted, seconds=60):
    end = time.monotonic() + seconds
    while True:
        states = {one.code: state(one) for one in members}
        if all(one == wanted for one in states.values()):
            return
        assert time.monotonic() < end, (states, wanted, members[0].city.logged()[-3000:])
        time.sleep(0.05)


def into_epoch(member, number, seconds=60):
    """Record until a header of this member names the epoch."""
    end = time.monotonic() + seconds
    while member.status()["epoch"]["number"] != number:
        assert time.monotonic() < end, (member.code, member.status(), member.logged()[-3000:])
        member.record()
        time.sleep(0.05)
