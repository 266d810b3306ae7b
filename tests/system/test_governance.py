"""Epochs of a city: proposed, voted for, and what its departments' files say of them."""

import json
import os
import subprocess
import time

from citylib import main, wait_for
from epochlib import cast, exit_of, file, into_epoch, key, propose, read, state, vote, wait_state
from nodelib import LEAF, archive_frames, archive_of, equal, until


def newcomer(city):
    """A department that enrolled when the city was founded already."""
    one = city.members[0]
    for who in "ab":
        one.cli("keygen", "-o", "wjw-%s.pem" % who, "-q")
    one.cli("network", "enrol", "--dept", "wjw", "--name", "wjw", "--data", file(city, "wjw"),
            "--officer", "wjw-a.pub", "--officer", "wjw-b.pub")


def votes_in(member):
    return len(member.cli("trail", "--type", "APPROVAL").splitlines())


def a_proposal_says_in_words_what_it_changes_and_shows_what_it_makes(city):
    newcomer(city)
    comes, after = key(city, "new.pem"), key(city, "next.pem")
    told = propose(city, "e1.lhp", "--admit", "wjw/enrolment.lhe", "--rotate",
                   "mzj/witness=new.pem,next.pub", "--assign", "rsj=catalogue", "--regroup", "gaj=zhengfa",
                   "--quota", "gaj=4096", "--commit", "gaj/mirror=next.pub")
    equal([change["kind"] for change in told["changes"]],
          ["admit", "rotate", "assign", "regroup", "quota", "commit"])
    words = [change["text"] for change in told["changes"]]
    assert "wjw" in words[0] and "becomes a member" in words[0], words
    assert "mzj: its key witness" in words[1] and comes + " takes" in words[1], words
    assert after in words[1] and after in words[5], words
    assert "catalogue" in words[2] and "zhengfa" in words[3] and "4096" in words[4], words
    equal((told["number"], told["round"]), (1, 0))
    equal(told["parent"], told["network_id"])
    shown = json.loads(city.members[0].cli("network", "show", "city.lhg", "e1.lhp", "--json"))
    equal((shown["number"], shown["epoch"]), (1, told["hash"]))
    members = {one["department"]: one for one in shown["members"]}
    equal(sorted(members), ["gaj", "mzj", "rsj", "wjw"])
    equal((members["gaj"]["group"], members["gaj"]["quota"]), ("zhengfa", 4096))
    equal((members["rsj"]["witness"], members["rsj"]["catalogue"]), (False, True))
    # who does not witness is in nobody's list, and is witnessed all the same
    equal([sorted(members[one]["witnesses"]) for one in ("gaj", "rsj")],
          [["mzj", "wjw"], ["gaj", "mzj", "wjw"]])
    before = json.loads(city.members[0].cli("network", "show", "city.lhg", "--json"))
    equal(sorted(before["members"][0]["witnesses"]), ["mzj", "rsj"])
    for lang, words in (("en", "becomes a member"), ("zh", "成为成员")):
        assert words in city.members[0].cli("network", "epochs", "city.lhg", "e1.lhp", "--lang", lang), lang


def what_does_not_fit_is_not_written(city):
    key(city, "new.pem")
    key(city, "committed.pem")
    key(city, "thief.pem")
    refused = (
        ((), "nothing is proposed"),
        (("--remove", "ybj"), "ybj is no member"),
        (("--remove", "gaj", "--remove", "mzj"), "one of the last two"),
        (("--admit", "gaj/enrolment.lhe"), "gaj is a member already"),
        (("--rotate", "gaj/witness=gaj/keys/witness.pem"), "would keep its key"),
        (("--rotate", "gaj/witness=mzj/keys/witness.pem"), "share a key"),
        (("--rotate", "gaj/nobody=new.pem"), "no such key"),
        (("--rotate", "gaj=new.pem"), "want DEPT/KEY=FILE"),
        (("--regroup", "gaj=gaj"), "of that group already"),
        (("--assign", "gaj=witness"), "has just that already"),
        (("--assign", "gaj=king"), "witness and catalogue"),
        (("--quota", "gaj=much"), "want a number"),
        (("--branch", "elsewhere/gaj/1@4=" + "ab" * 32), "another network"),
        (("--branch", "jinhua/gaj/1@4=ab"), "ORIGIN@SIZE=ROOT"),
    )
    for changes, words in refused:
        code, said = exit_of(city, "network", "propose", "city.lhg", *changes, "-o", "no.lhp")
        assert code != 0 and words in said, (changes, code, said)
        assert not os.path.exists(file(city, "no.lhp")), changes
    propose(city, "e1.lhp", "--commit", "gaj/witness=committed.pub")
    files = ("city.lhg", "e1.lhp")
    code, said = exit_of(city, "network", "propose", *files, "--rotate", "gaj/witness=thief.pem", "-o", "no.lhp")
    assert code != 0 and "committed to another key" in said, (code, said)
    # the one that was committed, and an emergency, which says that it is one
    propose(city, "e2.lhp", "--rotate", "gaj/witness=committed.pem", files=files)
    told = propose(city, "e2b.lhp", "--replace", "gaj/witness=thief.pem", files=files)
    assert "EMERGENCY" in told["changes"][0]["text"], told
    code, said = exit_of(city, "network", "epochs", "city.lhg", "e2.lhp")
    assert code != 0 and "e2.lhp" in said and "follows another epoch" in said, (code, said)
    code, said = exit_of(city, "network", "epochs", *files, "e2.lhp")
    equal(code, 0, said)


def a_proposal_that_was_altered_on_its_way_is_not_voted_for(city):
    key(city, "new.pem")
    told = propose(city, "e1.lhp", "--rotate", "mzj/witness=new.pem", "--quota", "gaj=4096")
    good = read(city, "e1.lhp")
    expect = ("--dept", "gaj", "--expect", told["read_aloud"])
    for at in range(0, len(good), 3):
        with open(file(city, "bad.lhp"), "wb") as out:
            out.write(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
        code, said = exit_of(city, "network", "approve", "city.lhg", "bad.lhp", *expect, "-o", "bad.lh")
        assert code in (1, 2, 10, 11), (at, code, said)
        assert not os.path.exists(file(city, "bad.lh")), at
    code, said = exit_of(city, "network", "approve", "city.lhg", "e1.lhp", *expect, "-o", "good.lh")
    equal(code, 0, said)
    code, said = exit_of(city, "network", "approve", "city.lhg", "e1.lhp", "--dept", "wjw", "-o", "wjw.lh")
    equal(code, 4, said)


def a_department_votes_once_in_a_round(city):
    one = city.members[0]
    propose(city, "e1.lhp", "--quota", "gaj=4096")
    propose(city, "other.lhp", "--quota", "gaj=8192")
    propose(city, "later.lhp", "--quota", "gaj=8192", "--round", "1")
    one.start()
    one.begin()
    for name in ("e1", "other", "later"):
        vote(one, name + ".lh", name + ".lhp")
    one.cli("network", "approve", "city.lhg", "e1.lhp", "--dept", "gaj", "-o", "alone.lh")
    one.cli("cosign", "alone.lh", "--key", "gaj-a.pem")
    size = one.head()[1]
    one.cli("submit", "alone.lh", code=4)  # of one officer
    equal(one.head()[1], size)
    one.cli("submit", "e1.lh")
    equal(votes_in(one), 1)
    one.cli("submit", "other.lh", code=1)  # the node takes no second content of one id
    equal(votes_in(one), 1)
    one.cli("submit", "later.lh")
    equal(votes_in(one), 2)
    said = one.cli("show", "gaj/1/%d" % size)
    assert "APPROVAL" in said and "votes in round 0 for the proposal that reads aloud" in said, said


def archives(members):
    found = []
    for member in members:
        name = member.code + ".lhar"
        member.cli("export", "-f", "archive", "-o", name, "--force")
        found += ["--votes", name]
    return found


def counted(city, members, *files, code):
    """What the archives of these members say of each epoch: its votes, and whether they certify it."""
    done = subprocess.run([os.path.join(city.bin, "liuhen"), "network", "epochs", "city.lhg", *files,
                           *archives(members), "--json"], capture_output=True, text=True, check=False,
                          timeout=60, cwd=city.base, env=dict(os.environ, HOME=city.base))
    equal(done.returncode, code, done.stderr)
    return [(one["votes"], one["certified"]) for one in json.loads(done.stdout)["epochs"][1:]]


def an_epoch_is_certified_by_the_votes_of_enough_ledgers_and_no_fewer(city):
    first, second, third = city.members
    key(city, "new.pem")
    told = propose(city, "e1.lhp", "--rotate", "mzj/witness=new.pem")
    propose(city, "other.lhp", "--remove", "gaj")
    city.start()
    equal(counted(city, city.members, "e1.lhp", code=11), [(0, False)])
    cast(city, first, "e1.lhp")
    equal(counted(city, city.members, "e1.lhp", code=11), [(1, False)])
    # the same archive twice is one vote, and a vote is for its own proposal only
    equal(counted(city, [first, first], "e1.lhp", code=11), [(1, False)])
    equal(counted(city, city.members, "other.lhp", code=11), [(0, False)])
    cast(city, second, "e1.lhp")
    equal(counted(city, [first, third], "e1.lhp", code=11), [(1, False)])
    equal(counted(city, [second, first], "e1.lhp", code=0), [(2, True)])
    # the next epoch is voted for by the members of the one before, and says so
    propose(city, "e2.lhp", "--regroup", "rsj=zhengfa", files=("city.lhg", "e1.lhp"))
    vote(third, "rsj-e2.lh", "e2.lhp", files=("city.lhg", "e1.lhp"))
    third.cli("submit", "rsj-e2.lh")
    equal(counted(city, city.members, "e1.lhp", "e2.lhp", code=11), [(2, True), (1, False)])
    said = first.cli("network", "epochs", "city.lhg", "e1.lhp", *archives([first, second]))
    assert "2/2" in said and told["read_aloud"] in said, said
    # an archive that breaks a rule has no votes at all
    whole = archive_frames(read(city, "gaj.lhar"))
    at = [at for at, (kind, _) in enumerate(whole) if kind == LEAF][1]
    whole[at] = (LEAF, whole[at][1][:-1] + bytes([whole[at][1][-1] ^ 1]))
    with open(file(city, "bad.lhar"), "wb") as out:
        out.write(archive_of(whole))
    code, said = exit_of(city, "network", "epochs", "city.lhg", "e1.lhp", "--votes", "bad.lhar",
                         "--votes", "mzj.lhar")
    assert code in (2, 10, 11) and "bad.lhar" in said, (code, said)


def a_round_that_nobody_can_win_is_followed_by_another(city):
    rounds = [[propose(city, "r%d-%d.lhp" % (number, quota), "--quota", "gaj=%d" % quota, "--round",
                       str(number)) for quota in (1, 2, 3)] for number in (0, 1)]
    equal(len({one["hash"] for told in rounds for one in told}), 6)
    city.start()
    first, second, third = city.members
    cast(city, first, "r1-1.lhp")  # before its round is open: it waits
    cast(city, first, "r0-1.lhp")
    cast(city, second, "r0-2.lhp")
    cast(city, second, "r1-1.lhp")
    equal(counted(city, city.members, "r1-1.lhp", code=11), [(0, False)])
    cast(city, third, "r0-3.lhp")  # one each: none of the first round can have two
    equal(counted(city, city.members, "r1-1.lhp", code=0), [(2, True)])
    equal(counted(city, city.members, "r0-1.lhp", code=11), [(0, False)])
    equal(counted(city, [first, second], "r1-1.lhp", code=11), [(0, False)])


def submitted(member, bytes_):
    return member.request("POST", "/v1/proposals", bytes_, {"Content-Type": "application/vnd.liuhen.proposal"})


def the_city_carries_a_proposal_counts_votes_and_keeps_what_was_certified(city):
    first, second, third = city.members
    told = propose(city, "e1.lhp", "--regroup", "gaj=zhengfa")
    city.start()
    kept = json.loads(first.cli("network", "submit", "e1.lhp", "--json"))
    equal((kept["hash"], kept["read_aloud"]), (told["hash"], told["read_aloud"]))
    wait_state(city.members, (0, [told["hash"]], {}))
    third.cli("network", "fetch", told["hash"], "-o", "fetched.lhp")
    equal(read(city, "fetched.lhp"), read(city, "e1.lhp"))
    cast(city, first, "e1.lhp")
    voted = {"gaj": told["hash"]}
    wait_state(city.members, (0, [told["hash"]], voted))
    for lang, words in (("en", "not voted: mzj, rsj"), ("zh", "尚未表决: mzj, rsj")):
        said = third.cli("network", "status", "--lang", lang)
        assert words in said and told["read_aloud"] in said, said
    assert "1 of 2 votes · gaj" in third.cli("network", "status", "--lang", "en")
    for one in city.members:  # what was counted is counted again, and nobody certifies one vote
        one.stop("kill")
    for one in city.members:
        one.start()
    wait_state(city.members, (0, [told["hash"]], voted))
    cast(city, second, "e1.lhp")
    wait_state(city.members, (1, [], {}))
    for one in city.members:
        until(lambda one=one: "epoch.certified number=1" in one.logged(), one.logged)
        one.stop("kill")
    for one in city.members:
        one.start()
    for one in city.members:
        equal(state(one), (1, [], {}))
        equal(one.get("/v1/network").json["epochs"][1]["hash"], told["hash"])
        equal(one.get("/v1/proposals/" + told["hash"]).body, read(city, "e1.lhp"))
        until(lambda one=one: "\nliuhen_epoch_certified 1\n" in one.get("/metrics").text, one.logged)
        equal(one.logged().count("epoch.certified number=1"), 1)


def a_node_keeps_only_what_may_follow_the_newest_epoch(city):
    one = city.members[0]
    propose(city, "e1.lhp", "--quota", "gaj=4096")
    propose(city, "later.lhp", "--quota", "gaj=8192", files=("city.lhg", "e1.lhp"))
    good = read(city, "e1.lhp")
    one.start()
    one.begin()
    refused = ((good[:-1], 400, "request.malformed"), (b"", 400, "request.malformed"),
               (bytes(20481), 413, "request.too_large"),
               (good.replace(b"gaj", b"gak"), 422, "proposal.unfit"),
               (read(city, "later.lhp"), 409, "proposal.parent"))
    for sent, status, code in refused:
        reply = submitted(one, sent)
        equal((reply.status, reply.json["code"]), (status, code))
    equal(one.request("POST", "/v1/proposals", good, {"Content-Type": "text/plain"}).status, 415)
    equal(one.get("/v1/proposals/" + "ab" * 32).status, 404)
    one.cli("network", "submit", "later.lhp", code=1)
    one.cli("network", "fetch", "ab" * 32, "-o", "none.lhp", code=5)
    assert not os.path.exists(file(city, "none.lhp"))
    equal(state(one), (0, [], {}))
    equal(submitted(one, good).status, 200)
    equal(len(state(one)[1]), 1)


def verified(city, *args):
    """(exit code, report) of liuhen-verify about an archive of gaj."""
    done = subprocess.run([os.path.join(city.bin, "liuhen-verify"), "--trust", "city.lhg", *args, "gaj.lhar"],
                          capture_output=True, text=True, check=False, timeout=60, cwd=city.base)
    return done.returncode, done.stdout


def an_officer_who_was_rotated_signs_no_more_and_the_new_one_does(city):
    first, second, third = city.members
    new = "new.pem"
    key(city, new)
    told = propose(city, "e1.lhp", "--rotate", "gaj/gaj-a=new.pem")
    propose(city, "e2.lhp", "--quota", "gaj=4096", files=("city.lhg", "e1.lhp"))
    city.start()
    equal(first.status()["epoch"]["number"], 0)
    entry = "gaj/1/0"  # GENERATION, which both officers signed
    first.cli("receipt", "get", entry, "-o", "before.tlog-proof")
    first.cli("network", "submit", "e1.lhp")
    cast(city, first, "e1.lhp")
    cast(city, second, "e1.lhp")
    for one in city.members:
        into_epoch(one, 1)
        equal(one.status()["epoch"]["hash"], told["hash"])
        assert told["read_aloud"] in one.cli("status")
    # a vote about the next epoch: the first officer of the genesis file is none any more
    vote(first, "old.lh", "e2.lhp", files=("city.lhg", "e1.lhp"))
    first.cli("submit", "old.lh", code=4)
    first.cli("network", "approve", "city.lhg", "e1.lhp", "e2.lhp", "--dept", "gaj", "-o", "new.lh")
    first.cli("cosign", "new.lh", "--key", new, code=4)
    for pem in (new, "gaj-b.pem"):
        first.cli("cosign", "new.lh", "--key", pem, "--epochs", "e1.lhp")
    size = first.head()[1]
    first.cli("submit", "new.lh")
    equal(first.head()[1], size + 2)
    # the others hold what stands behind that header, and cosign it
    behind = ("receipt", "get", "gaj/1/%d" % size, "--wait", "witnessed", "-o", "behind.tlog-proof")
    first.cli(*behind, "--epochs", "e1.lhp")
    # whom the receipt wants as witnesses is said by an epoch that has to be given
    first.cli(*behind, code=8)
    said = first.cli("verify", "before.tlog-proof", "behind.tlog-proof")
    equal(said.count("cannot tell  the epoch %s is not known" % told["hash"]), 1)
    said = first.cli("receipt", "verify", "--epochs", "e1.lhp", "before.tlog-proof", "behind.tlog-proof")
    equal((said.count("cannot tell"), said.count("of epoch %s" % told["hash"])), (0, 1))
    assert "level     witnessed" in said or "level     final" in said, said
    first.cli("export", "-f", "archive", "-o", "gaj.lhar")
    for files, code, words in (((), 11, "T04"), (("--epochs", "e1.lhp"), 0, "RESULT: VERIFIED")):
        got, said = verified(city, *files)
        assert got == code and words in said, (files, got, said)
    equal(first.cli("verify", "--all", "--epochs", "e1.lhp").count("RESULT: VERIFIED"), 1)
    # after a crash, and from the archive alone
    first.cli("restore", "--archive", "gaj.lhar", "--data", file(city, "again"), "--guard", file(city, "again-guard"),
              "--trust", "city.lhg")
    first.stop("kill")
    first.start()
    equal(first.status()["epoch"]["number"], 1)
    first.cli("submit", "old.lh", code=4)
    first.record()

def stays_unwitnessed(member, size, seconds=4):
    """The head of that size is nominated and cosigned by one; for so long it is not witnessed."""
    wait_for(member, lambda status: (status["witnessing"]["nominated"], status["witnessing"]["cosignatures"]) ==
             (size, 1))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        told = member.status()["witnessing"]
        assert told["witnessed"] < size and told["nominated"] == size, (told, member.logged()[-3000:])
        time.sleep(0.1)


def heads_are_witnessed_by_the_members_whom_their_epoch_names(city):
    first, second, third = city.members
    propose(city, "e1.lhp", "--assign", "rsj=catalogue")  # rsj witnesses no more: of gaj mzj alone does
    city.start()
    first.cli("network", "submit", "e1.lhp")
    cast(city, first, "e1.lhp")
    size = first.head()[1]
    wait_for(first, lambda status: status["witnessing"]["witnessed"] == size)  # by both: the control
    equal(first.status()["witnessing"]["needed"], 2)
    cast(city, second, "e1.lhp")
    wait_state(city.members, (1, [], {}))
    third.stop("kill")
    into_epoch(first, 1)
    size = first.head()[1]
    stays_unwitnessed(first, size)  # mzj is enough by the new epoch, not by the old one
    first.record()
    stays_unwitnessed(first, size)  # and no later head covers it
    third.start()
    wait_for(first, lambda status: status["witnessing"]["witnessed"] == status["size"], 120)
    third.stop("kill")
    first.record()
    told = wait_for(first, lambda status: status["witnessing"]["witnessed"] == status["size"], 120)
    equal((told["witnessing"]["needed"], told["witnessing"]["cosignatures"]), (1, 1))
    first.stop("kill")
    first.start()
    assert first.status()["witnessing"]["witnessed"] == told["size"], first.status()


main(3, a_proposal_says_in_words_what_it_changes_and_shows_what_it_makes,
     what_does_not_fit_is_not_written,
     a_proposal_that_was_altered_on_its_way_is_not_voted_for,
     a_department_votes_once_in_a_round,
     an_epoch_is_certified_by_the_votes_of_enough_ledgers_and_no_fewer,
     a_round_that_nobody_can_win_is_followed_by_another,
     the_city_carries_a_proposal_counts_votes_and_keeps_what_was_certified,
     a_node_keeps_only_what_may_follow_the_newest_epoch,
     an_officer_who_was_rotated_signs_no_more_and_the_new_one_does,
     heads_are_witnessed_by_the_members_whom_their_epoch_names)
