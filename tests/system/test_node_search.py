"""Searching one person: who may, what is found, and what is on record before it is."""

import hashlib
import json
import os
import subprocess

from nodelib import (STAFF, as_client, enact, equal, event, liuhen, main, must, now,
                     private_archive, subject, tokens, warrant)

MEDIA = "application/vnd.liuhen.tokens"
ANN, BOB, NOBODY = "11010519491231002X", "E12345678", "E00000009"


def record(node, *people, **changes):
    """The name of an entry about these people."""
    about = {"subjects": [subject(one) for one in people]} if people else {}
    reply = node.record(event(**about, **changes))
    equal(reply.status, 201, reply.text)
    return reply.json["results"][0]["entry"]


def window():
    return "since=%s&until=%s" % (now(-3600), now(3600))


def found(node, made, name, query=""):
    reply = node.post("/v1/search?type=QUERY&%s&warrant=%s%s" % (window(), name, query), made, MEDIA)
    equal(reply.status, 200, reply.text)
    return reply.json


def names(page):
    return [item["entry"] for item in page["items"]]


def accesses(node):
    shown = [node.get("/v1/entries/gaj/1/%d" % index).json for index in range(node.size())]
    return [one["event"] for one in shown if one["type"] == "ACCESS"]


def begin(node, role="auditor"):
    as_client(node, "roles=" + role)
    node.begin()


def a_search_finds_every_entry_about_a_person_and_no_other(node):
    begin(node)
    record(node)
    ann = [record(node, ANN), record(node, BOB, ANN), record(node, ANN, ANN)]
    bob = [ann[1], record(node, BOB)]
    other = record(node, ANN, item="other-item")
    for person, wanted in ((ANN, ann + [other]), (BOB, bob), (NOBODY, [])):
        made, digest, _ = tokens(node, person)
        name = warrant(node, token_digest=digest)
        before = len(accesses(node))
        page = found(node, made, name)
        equal(names(page), wanted, person)
        left = accesses(node)
        equal(len(left), before + 1)
        equal((left[-1]["detail"]["reader"], page["access"] is None), (3, False))
        backwards = found(node, made, name, "&order=desc")
        equal(names(backwards), wanted[::-1])
    made, digest, _ = tokens(node, ANN)
    name = warrant(node, token_digest=digest)
    equal(names(found(node, made, name, "&item=other-item")), [other])
    equal(names(found(node, made, name, "&staff=" + "00" * 8)), [])
    equal(names(found(node, made, name, "&staff=" + STAFF)), ann + [other])


def the_access_holds_the_digest_of_the_tokens_and_pages_share_it(node):
    begin(node)
    wanted = [record(node, ANN) for _ in range(5)]
    made, digest, _ = tokens(node, ANN)
    name = warrant(node, token_digest=digest)
    since, until = now(-3600), now(3600)
    text = "/v1/search?since=%s&until=%s&warrant=%s&limit=2" % (since, until, name)
    page = node.post(text, made, MEDIA).json
    got, access = names(page), page["access"]
    while page["next"] is not None:
        page = node.post(text + "&after=%s&access=%s" % (page["next"], access), made, MEDIA).json
        got += names(page)
    equal(got, wanted)
    left = accesses(node)
    equal(len(left), 1)
    asked = "generation=1\nsince=%s\nuntil=%s\nby=event\ntokens=%s\n" % (since, until, digest)
    equal(left[0]["detail"]["query_digest"], hashlib.sha256(asked.encode()).hexdigest())
    # the entry of one person's search does not serve for another
    other, other_digest, _ = tokens(node, BOB)
    second = warrant(node, token_digest=other_digest)
    page = node.post(text.replace(name, second) + "&access=" + access, other, MEDIA).json
    assert page["access"] != access
    equal(names(page), [])


def nobody_is_searched_without_a_warrant_for_the_very_tokens(node):
    begin(node)
    record(node, ANN)
    made, digest, _ = tokens(node, ANN)
    other, _, _ = tokens(node, BOB)
    good = warrant(node, token_digest=digest)
    path = "/v1/search?" + window()

    def code(query, body, media=MEDIA):
        return node.post(path + query, body, media).json["code"]

    equal(code("", made), "auth.warrant")
    equal(code("&warrant=" + warrant(node), made), "auth.warrant")
    equal(code("&warrant=" + good, other), "auth.warrant")
    equal(code("&warrant=" + good, made[:17] + made[17:89]), "auth.warrant")  # fewer months
    equal(node.get("/v1/trail?%s&warrant=%s" % (window(), good)).json["code"], "auth.warrant")
    equal(code("&warrant=" + good, ANN.encode()), "request.malformed")
    equal(code("&warrant=" + good, made + b"x"), "request.malformed")
    equal(code("&warrant=" + good, made, "application/json"), "request.media_type")
    equal(accesses(node), [])
    equal(node.post(path + "&warrant=" + good, made, MEDIA).status, 200)
    equal(len(accesses(node)), 1)
    for role in ("operator", "self staff=" + STAFF, "supervisor units=hall"):
        as_client(node, "roles=" + role)
        equal(code("&warrant=" + good, made), "auth.role", role)
        equal(code("&staff=" + STAFF, made), "auth.role", role)
    assert ANN not in node.logged()


def body_hash(node, name):
    return node.get("/v1/entries/" + name).json["body_hash"]


def restrict(node, *targets):
    made = dict(event(type="RESTRICT", channel="COUNTER", legal_basis="pipl-46"),
                detail={"targets": sorted(targets), "ground": "objection"})
    for name in ("system", "item", "catalogue_version", "case", "exchange", "counterparty", "purpose"):
        made.pop(name, None)
    path = os.path.join(node.base, "restrict.json")
    with open(path, "w", encoding="utf-8") as out:
        json.dump(made, out)
    must(node, "record", path, "--key", os.path.join(node.dir, "keys/staff-1.pem"))


def erase(node, *targets):
    code, out, err = enact(node, type="ERASE", legal_basis="pipl-47",
                           detail={"targets": sorted(targets), "ground": "retention"})
    equal(code, 0, out + err)


def parts_of(archive):
    """Indexes of the entries whose private part an archive holds."""
    at, found = 6, []
    while archive[at] != 6:
        size = int.from_bytes(archive[at + 1:at + 5], "big")
        if archive[at] == 5:
            found.append(int.from_bytes(archive[at + 5:at + 13], "big"))
        at += 5 + size
    return found


def what_is_restricted_is_not_shown_and_what_is_erased_is_gone(node):
    begin(node)
    made = [record(node, ANN) for _ in range(4)]
    index = [int(name.split("/")[2]) for name in made]
    file, digest, path = tokens(node, ANN)
    name = warrant(node, token_digest=digest)
    page = found(node, file, name)
    equal((names(page), page["withheld"]), (made, 0))
    equal(parts_of(private_archive(node)), index)
    restrict(node, body_hash(node, made[1]))
    page = found(node, file, name)
    equal((names(page), page["withheld"]), ([made[0], made[2], made[3]], 1))
    equal(parts_of(private_archive(node)), index)  # whoever replays it would miss it
    code, _, messages = liuhen(node, "trail", "--tokens", path, "--warrant", name,
                               "-S", now(-3600), "-U", now(3600))
    equal(code, 0, messages)
    assert "1 rows are withheld" in messages, messages
    erase(node, body_hash(node, made[2]), "ab" * 32)
    page = found(node, file, name)
    equal((names(page), page["withheld"]), ([made[0], made[3]], 1))
    archive = private_archive(node)
    equal(parts_of(archive), [index[0], index[1], index[3]])
    kept = os.path.join(node.base, "kept.lhar")
    with open(kept, "wb") as out:
        out.write(archive)
    done = subprocess.run([os.path.join(node.bin, "liuhen-verify"), kept], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    equal(done.returncode, 0, done.stdout)
    node.stop()
    empty = os.path.join(node.base, "no-receipts")
    with open(empty, "wb"):
        pass
    node.tool("check_node", node.dir, empty)  # every stored row is as the leaves say
    node.start()
    equal(names(found(node, file, name)), [made[0], made[3]])


def a_citizen_sees_what_is_about_the_citizen_and_nobody_s_name(node):
    begin(node, "citizen")
    ann = [record(node, ANN, unit="hall"), record(node, BOB, ANN)]
    record(node, BOB)
    made, digest, _ = tokens(node, ANN)
    reply = node.post("/v1/search?type=QUERY", made, MEDIA)
    equal(reply.status, 200, reply.text)
    page = reply.json
    equal(names(page), ann)
    for row in page["items"]:
        equal(sorted(row), ["counterparty", "entry", "event_time", "index", "item", "legal_basis",
                            "level", "purpose", "recorded_at", "type"])
    assert STAFF not in reply.text and "hall" not in reply.text
    left = accesses(node)
    equal((len(left), left[0]["detail"]["reader"], left[0].get("staff")), (1, 4, None))
    text = ("generation=1\ntype=QUERY\nby=event\ntokens=%s\n" % digest).encode()
    equal(left[0]["detail"]["query_digest"], hashlib.sha256(text).hexdigest())
    for wrong in ("proof=1", "staff=" + STAFF, "case=" + "c1" * 16, "exchange=" + "00" * 16):
        reply = node.post("/v1/search?" + wrong, made, MEDIA)
        equal((reply.status, reply.json["code"]), (403, "auth.role"), wrong)
    for path in ("/v1/trail", "/v1/trail?type=QUERY"):
        equal(node.get(path).json["code"], "auth.role")
    equal(node.post("/v1/private/" + ann[0], made, MEDIA).json["code"], "auth.role")
    equal(len(accesses(node)), 1)
    as_client(node, "roles=operator")  # who is no citizen still wants a warrant, or searches nobody
    equal(node.post("/v1/search?type=QUERY", made, MEDIA).json["code"], "auth.role")


def the_command_line_searches_by_a_file(node):
    begin(node)
    wanted = record(node, ANN)
    record(node, BOB)
    _, digest, path = tokens(node, ANN)
    name = warrant(node, token_digest=digest)
    bounds = ("-S", now(-3600), "-U", now(3600))
    code, out, messages = liuhen(node, "trail", "--tokens", path, "--warrant", name, *bounds)
    equal((code, len(out.splitlines())), (0, 1), messages)
    assert wanted in out, out
    assert "is the node's word" in messages and "this reading is on record" in messages, messages
    code, _, messages = liuhen(node, "trail", "--tokens", path, *bounds)
    equal(code, 4, messages)
    assert "auth.warrant" in messages, messages
    code, _, messages = liuhen(node, "trail", "--tokens", path + ".txt", "--warrant", name, *bounds)
    equal(code, 2, messages)  # that is the number itself: it does not travel
    assert ANN not in messages
    # the number stands in no file of the node but the vault
    done = subprocess.run(["grep", "-rl", ANN, node.dir], stdout=subprocess.PIPE, text=True, check=False)
    assert all("/store/" in line for line in done.stdout.splitlines()), done.stdout


main(a_search_finds_every_entry_about_a_person_and_no_other,
     the_access_holds_the_digest_of_the_tokens_and_pages_share_it,
     nobody_is_searched_without_a_warrant_for_the_very_tokens,
     what_is_restricted_is_not_shown_and_what_is_erased_is_gone,
     a_citizen_sees_what_is_about_the_citizen_and_nobody_s_name,
     the_command_line_searches_by_a_file)
