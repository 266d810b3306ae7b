"""The private part of one entry: who gets it, under which warrant, and what is on record before."""

import base64
import contextlib
import hashlib
import json
import os
import struct
import subprocess

from nodelib import (STAFF, UnixConnection, as_client, enact, equal, event, liuhen, main, must,
                     now, subject, tokens, warrant)

MEDIA = "application/vnd.liuhen.tokens"
ANN, BOB = "11010519491231002X", "E12345678"
CASE = "c1" * 16


def staff_key(node):
    return os.path.join(node.dir, "keys/staff-1.pem")


def begin(node, role="auditor"):
    as_client(node, "roles=" + role)
    node.begin()


def record(node, *people, **changes):
    about = {"subjects": [subject(one) for one in people], "reason": "at the counter",
             "case_number": "2026-001"} if people else {}
    reply = node.record(event(**about, **changes))
    equal(reply.status, 201, reply.text)
    return reply.json["results"][0]


def ask(node, name, query="", body=b""):
    return node.post("/v1/private/%s%s" % (name, query), body, MEDIA)


def accesses(node):
    shown = [node.get("/v1/entries/gaj/1/%d" % index).json for index in range(node.size())]
    return [one["event"] for one in shown if one["type"] == "ACCESS"]


def refused(node, name, query, body=b""):
    reply = ask(node, name, query, body)
    assert reply.status in (400, 403, 404), reply.text
    assert "private\":" not in reply.text
    return reply.json["code"]


def an_auditor_gets_it_under_a_warrant_that_covers_the_entry(node):
    begin(node)
    entry = record(node, ANN)["entry"]
    nothing = record(node)["entry"]
    for scope in ({}, {"staff": STAFF}, {"case": CASE}, {"staff": STAFF, "case": CASE}):
        before = len(accesses(node))
        reply = ask(node, entry, "?warrant=" + warrant(node, **scope))
        equal(reply.status, 200, reply.text)
        part = base64.b64decode(reply.json["private"])
        assert b"at the counter" in part and ANN.encode() not in part
        left = accesses(node)
        equal(len(left), before + 1)
        asked = hashlib.sha256(("private=%s\n" % entry).encode()).hexdigest()
        equal((left[-1]["detail"]["reader"], left[-1]["detail"]["query_digest"]), (3, asked))
    again = ask(node, entry, "?warrant=%s&access=%s" % (warrant(node), reply.json["access"]))
    equal(again.status, 200)  # another warrant: that ACCESS does not serve
    assert again.json["access"] != reply.json["access"]
    count = len(accesses(node))
    for scope in ({"staff": "51" * 8}, {"case": "00" * 15 + "01"}, {"until": now(-3600)},
                  {"from": now(3600)}, {"token_digest": "ab" * 32}):
        equal(refused(node, entry, "?warrant=" + warrant(node, **scope)), "auth.warrant", str(scope))
    equal(refused(node, entry, ""), "auth.warrant")
    equal(refused(node, entry, "?warrant=gaj/1/2"), "auth.warrant")
    equal(refused(node, nothing, "?warrant=" + warrant(node)), "request.not_found")
    equal(refused(node, "gaj/1/1", "?warrant=" + warrant(node)), "request.not_found")  # a header
    equal(refused(node, "gaj/1/99999", "?warrant=" + warrant(node)), "request.not_found")
    good = warrant(node)
    for role in ("operator", "supervisor units=hall", "self staff=" + STAFF):
        as_client(node, "roles=" + role)
        equal(refused(node, entry, "?warrant=" + good), "auth.role", role)
        equal(refused(node, entry, ""), "auth.role", role)
    equal(len(accesses(node)), count)


def a_warrant_for_tokens_covers_the_entries_about_that_person(node):
    begin(node)
    ann, bob = record(node, BOB, ANN)["entry"], record(node, BOB)["entry"]
    made, digest, _ = tokens(node, ANN)
    other, _, _ = tokens(node, BOB)
    query = "?warrant=" + warrant(node, token_digest=digest)
    equal(ask(node, ann, query, made).status, 200)
    equal(refused(node, bob, query, made), "auth.warrant")
    equal(refused(node, bob, query, other), "auth.warrant")
    equal(refused(node, ann, query), "auth.warrant")
    equal(refused(node, ann, query, b"rubbish"), "request.malformed")
    equal(refused(node, ann, "?warrant=" + warrant(node), made), "auth.warrant")
    equal(len(accesses(node)), 1)


def restrict(node, *entries, **changes):
    made = {"source": "desk", "id": "restrict-" + os.urandom(4).hex(), "type": "RESTRICT",
            "event_time": now(), "staff": STAFF, "channel": "COUNTER", "legal_basis": "pipl-46",
            "detail": {"targets": sorted(one["body_hash"] for one in entries),
                       "ground": "objection"}}
    path = os.path.join(node.base, "restrict.json")
    with open(path, "w", encoding="utf-8") as out:
        json.dump(dict(made, **changes), out)
    must(node, "record", path, "--key", staff_key(node))


def what_is_restricted_or_erased_is_refused_before_an_access(node):
    begin(node)
    kept, hidden, gone = (record(node, ANN) for _ in range(3))
    query = "?warrant=" + warrant(node)
    for one in (kept, hidden, gone):
        equal(ask(node, one["entry"], query).status, 200)
    restrict(node, hidden)
    code, out, err = enact(node, type="ERASE", legal_basis="pipl-47",
                           detail={"targets": [gone["body_hash"]], "ground": "retention"})
    equal(code, 0, out + err)
    count = len(accesses(node))
    equal(refused(node, hidden["entry"], query), "privacy.restricted")
    equal(refused(node, gone["entry"], query), "privacy.erased")
    equal(len(accesses(node)), count)
    equal(ask(node, kept["entry"], query).status, 200)
    equal(len(accesses(node)), count + 1)
    equal(node.get("/v1/receipts/" + gone["entry"]).status, 200)  # every proof stays


def a_restriction_that_is_lifted_bars_nothing_and_an_erasure_is_never_lifted(node):
    begin(node)
    one, other, gone = (record(node, ANN) for _ in range(3))
    query = "?warrant=" + warrant(node)
    restrict(node, one, other, gone)
    code, out, err = enact(node, type="ERASE", legal_basis="pipl-47",
                           detail={"targets": [gone["body_hash"]], "ground": "retention"})
    equal(code, 0, out + err)
    for each, why in ((one, "restricted"), (other, "restricted"), (gone, "erased")):
        equal(refused(node, each["entry"], query), "privacy." + why)
    restrict(node, one, gone, outcome="CANCELLED")
    equal(ask(node, one["entry"], query).status, 200)
    equal(refused(node, other["entry"], query), "privacy.restricted")
    equal(refused(node, gone["entry"], query), "privacy.erased")
    restrict(node, one)  # the last one counts
    equal(refused(node, one["entry"], query), "privacy.restricted")
    restrict(node, other, outcome="CANCELLED")
    equal(ask(node, other["entry"], query).status, 200)
    as_client(node, "roles=auditor,operator")
    rows = node.get("/v1/trail?type=RESTRICT").json["items"]
    equal([row.get("outcome") for row in rows], [None, "CANCELLED", None, "CANCELLED"])


def pair(node, name):
    path = os.path.join(node.base, name)
    must(node, "keygen", "--alg", "x25519", "-o", path + ".pem")
    return path


def of_type(node, kind):
    shown = [node.get("/v1/entries/gaj/1/%d" % index).json for index in range(node.size())]
    return [one for one in shown if one["type"] == kind]


def make_auditor(node):
    """The one staff member is an auditor by role from here on."""
    code, out, err = enact(node, type="ROLE", detail={
        "pseudonym": STAFF, "roles": ["counter", "auditor"], "effective": now()})
    equal(code, 0, out + err)


def the_command_line_shows_it_and_opens_its_box(node):
    box, other = pair(node, "box"), pair(node, "other")
    node.add_config("auditor.box = %s.pub\n" % box)
    begin(node)
    make_auditor(node)
    opener = ("--key", staff_key(node))
    entry, boxed_before = record(node, ANN)["entry"], record(node, BOB)["entry"]
    name = warrant(node)
    shut = must(node, "show", entry, "--private", "--warrant", name)
    assert "at the counter" in shut and "2026-001" in shut and ANN not in shut, shut
    code, opened, messages = liuhen(node, "show", entry, "--private", "--warrant", name, "--box-key",
                                    box + ".pem", *opener)
    equal(code, 0, messages)
    assert ANN in opened and "this reading is on record" in messages, opened + messages
    shown = json.loads(must(node, "show", boxed_before, "--private", "--warrant", name, "--json",
                            "--box-key", box + ".pem", *opener))["private"]
    equal(shown["subjects"], [{"role": "principal", "type": "passport", "id": BOB}])
    assert shown["access"].startswith("gaj/1/")
    equal(shown["open"], of_type(node, "OPEN")[-1]["entry"])
    code, out, messages = liuhen(node, "show", entry, "--private", "--warrant", name, "--box-key",
                                 other + ".pem", *opener)
    equal(code, 10, messages)
    assert ANN not in out + messages
    code, out, messages = liuhen(node, "show", entry, "--private")
    equal(code, 4, messages)
    assert "auth.warrant" in messages and "at the counter" not in out, messages
    for wrong in (("--warrant", name), ("--box-key", box + ".pem"), opener,
                  ("--private", "--warrant", name, "--box-key", box + ".pem"),
                  ("--private", "--warrant", name, *opener),
                  ("--private", "--box-key", box + ".pem", *opener)):
        equal(liuhen(node, "show", entry, *wrong)[0], 2)
    assert "at the counter" not in must(node, "show", entry)


def opening_a_box_leaves_an_open_of_who_did_it_before_anything_is_shown(node):
    box, other = pair(node, "box"), pair(node, "other")
    node.add_config("auditor.box = %s.pub\n" % box)
    begin(node)
    entry = record(node, ANN)
    name = warrant(node)
    covered = of_type(node, "WARRANT")[-1]["event"]["detail"]["warrant_id"]

    def show(key, by):
        return liuhen(node, "show", entry["entry"], "--private", "--warrant", name, "--box-key",
                      key + ".pem", "--key", by)

    must(node, "show", entry["entry"], "--private", "--warrant", name)
    equal(show(other, staff_key(node))[0], 10)  # nothing was opened
    equal(of_type(node, "OPEN"), [])
    # whom the ledger does not know opens nothing, and sees nothing
    must(node, "keygen", "-o", os.path.join(node.base, "stranger.pem"))
    code, out, messages = show(box, os.path.join(node.base, "stranger.pem"))
    equal(code, 4, messages)
    assert ANN not in out + messages and "at the counter" not in out, out
    # nor who may not record one here
    as_client(node, "roles=auditor")
    path = os.path.join(node.dir, "liuhend.conf")
    with open(path, encoding="utf-8") as file:
        allowed = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(allowed.replace("types=*", "types=QUERY"))
    node.stop()
    node.start()
    code, out, messages = show(box, staff_key(node))
    equal(code, 4, messages)
    assert "nothing is shown" in messages and ANN not in out + messages, messages
    equal(of_type(node, "OPEN"), [])
    with open(path, "w", encoding="utf-8") as file:
        file.write(allowed)
    node.stop()
    node.start()
    # nor who is no auditor by role
    code, out, messages = show(box, staff_key(node))
    equal(code, 4, messages)
    assert "authority.denied" in messages and ANN not in out + messages, messages
    equal(of_type(node, "OPEN"), [])
    make_auditor(node)
    code, out, messages = show(box, staff_key(node))
    equal(code, 0, messages)
    assert ANN in out and "this opening is on record" in messages, out + messages
    left = of_type(node, "OPEN")
    equal(len(left), 1)
    opened = hashlib.sha256(b"liuhen/opened/v1\0" + bytes.fromhex(entry["body_hash"])).hexdigest()
    equal(left[0]["event"]["detail"], {"warrant_id": covered, "opened_digest": opened,
                                       "opened_count": 1})
    equal((left[0]["event"]["refs"], left[0]["event"]["staff"]), ([entry["body_hash"]], STAFF))
    equal([one["kind"] for one in left[0]["signers"]], ["staff"])
    as_client(node, "roles=operator")
    rows = node.get("/v1/trail?type=OPEN").json["items"]
    equal([(one["entry"], one["staff"]) for one in rows], [(left[0]["entry"], STAFF)])


def an_answer_names_the_request_that_it_answers_and_who_answered(node):
    as_client(node, "roles=operator")
    node.begin()
    request = node.record(event(type="ACCESS", staff=None, case=None, exchange=None, system="portal",
                                counterparty=None, channel="ONLINE", item=None,
                                catalogue_version=None, subjects=[subject(ANN)],
                                detail={"reader": 4, "query_digest": "5a" * 32,
                                        "upto_size": node.size()})).json["results"][0]
    equal(request["status"], "recorded", request)

    def answer(**detail):
        made = {"source": "desk", "type": "ANSWER", "id": "answer-" + os.urandom(4).hex(),
                "event_time": now(), "staff": STAFF, "channel": "ONLINE",
                "refs": [request["body_hash"]],
                "detail": dict({"request": request["body_hash"], "disclosed": 2,
                                "deferred_class": 1, "reason": 3}, **detail)}
        path = os.path.join(node.base, "answer.json")
        with open(path, "w", encoding="utf-8") as out:
            json.dump(made, out)
        return liuhen(node, "record", path, "--key", staff_key(node))

    for wrong in ({"request": "00" * 32}, {"reason": 4}, {"deferred_class": 4}, {"reason": 0}):
        assert answer(**wrong)[0] != 0, wrong
    equal(of_type(node, "ANSWER"), [])
    code, out, messages = answer()
    equal(code, 0, out + messages)
    left = of_type(node, "ANSWER")
    equal(left[0]["event"]["detail"]["request"], request["body_hash"])
    rows = node.get("/v1/trail?type=ACCESS&type=ANSWER").json["items"]
    equal([one["entry"] for one in rows if one["type"] == "ANSWER"], [left[0]["entry"]])
    assert request["entry"] in [one["entry"] for one in rows], rows


def an_archive_that_is_read_slowly_holds_the_erase_of_what_is_gone(node):
    begin(node, "auditor,operator")
    about = {"subjects": [subject(ANN)] * 8, "reason": "r" * 200, "case_number": "c" * 60}
    entries = []
    for _ in range(12):
        reply = node.record(*[event(**about) for _ in range(100)])
        equal(reply.status, 201, reply.text)
        entries += reply.json["results"]
    path = "/v1/archive?private=1&warrant=" + warrant(node)
    with contextlib.closing(UnixConnection(node.socket)) as connection:
        connection.request("GET", path)
        reply = connection.getresponse()
        data = reply.read(1000)  # it goes on when we do
        gone = entries[-1]
        code, out, err = enact(node, type="ERASE", legal_basis="pipl-47",
                               detail={"targets": [gone["body_hash"]], "ground": "retention"})
        equal(code, 0, out + err)
        data += reply.read()
    file = os.path.join(node.base, "slow.lhar")
    with open(file, "wb") as out:
        out.write(data)
    done = subprocess.run([os.path.join(node.bin, "liuhen-verify"), "--trust",
                           os.path.join(node.dir, "genesis.lhg"), file], stdout=subprocess.PIPE,
                          text=True, check=False, timeout=60)
    equal(done.returncode, 0, done.stdout)
    kinds, at = [], 6
    while at < len(data):
        kind, size = struct.unpack_from(">BI", data, at)
        kinds.append(kind)
        at += 5 + size
    equal(kinds.count(5), len(entries) - 1)  # one was gone when its turn came


main(an_archive_that_is_read_slowly_holds_the_erase_of_what_is_gone,
     an_auditor_gets_it_under_a_warrant_that_covers_the_entry,
     a_warrant_for_tokens_covers_the_entries_about_that_person,
     what_is_restricted_or_erased_is_refused_before_an_access,
     a_restriction_that_is_lifted_bars_nothing_and_an_erasure_is_never_lifted,
     the_command_line_shows_it_and_opens_its_box,
     opening_a_box_leaves_an_open_of_who_did_it_before_anything_is_shown,
     an_answer_names_the_request_that_it_answers_and_who_answered)
