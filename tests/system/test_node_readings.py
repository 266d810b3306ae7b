"""Who may read a trail through the node, and what a reading leaves on record."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import urllib.parse

from nodelib import (Node, as_client, enact, equal, event, liuhen, main, must, now, until,
                     warrant)

MINE = "5151515151515101"
OTHER = "5151515151515102"


def records(node):
    for staff, unit in ((MINE, "hall"), (MINE, "desk"), (OTHER, "hall")):
        equal(node.record(event(staff=staff, unit=unit)).status, 201)


def accesses(node):
    """Bodies of all ACCESS entries, read from the ledger and not by a trail."""
    found = []
    for index in range(node.size()):
        entry = node.get("/v1/entries/gaj/1/%d" % index).json
        if entry["type"] == "ACCESS":
            found.append(dict(entry["event"], entry=entry["entry"], signers=entry["signers"]))
    return found


def ask(node, query, status=200, code=None):
    reply = node.get("/v1/trail?" + query)
    equal(reply.status, status, query)
    if code is not None:
        equal(reply.json["code"], code)
    return reply.json


def ones_own_trail_leaves_nothing_and_that_of_another_an_access(node):
    as_client(node, "roles=self,operator staff=" + MINE)
    node.begin()
    records(node)
    equal(len(ask(node, "type=QUERY&staff=" + MINE)["items"]), 2)
    equal(ask(node, "type=QUERY&staff=" + MINE)["access"], None)
    equal(accesses(node), [])
    page = ask(node, "type=QUERY&staff=" + OTHER)
    equal(len(page["items"]), 1)
    left = accesses(node)
    equal([one["entry"] for one in left], [page["access"]])
    equal((left[0]["detail"]["reader"], left[0]["system"], left[0]["source"]),
          (5, "uid:%d" % os.getuid(), "liuhend"))
    equal([one["kind"] for one in left[0]["signers"]], ["recorder"])
    # both together are another's trail as well
    ask(node, "staff=%s&staff=%s" % (MINE, OTHER))
    ask(node, "")
    equal(len(accesses(node)), 3)


def the_access_says_what_was_asked_to_who_knows_it(node):
    as_client(node, "roles=operator")
    node.begin()
    records(node)
    size = node.size()
    query = [("staff", OTHER.upper()), ("item", "marriage"), ("item", "none"), ("type", "QUERY"),
             ("since", "2026-01-02T03:04:05Z"), ("until", "2099-01-01T08:00:00+08:00")]
    page = ask(node, urllib.parse.urlencode(query + [("order", "desc"), ("limit", "7")]))
    text = ("generation=1\nstaff=%s\nitem=marriage\nitem=none\ntype=QUERY\n"
            "since=2026-01-02T03:04:05.000Z\nuntil=2099-01-01T00:00:00.000Z\nby=event\n" % OTHER)
    left = accesses(node)
    equal([one["entry"] for one in left], [page["access"]])
    equal(left[0]["detail"]["query_digest"], hashlib.sha256(text.encode()).hexdigest())
    equal(left[0]["detail"]["upto_size"], size)


def an_access_says_why_as_the_reader_or_its_warrant_does(node):
    as_client(node, "roles=auditor,operator")
    node.begin()
    records(node)
    code, out, err = enact(node, type="WARRANT", legal_basis="audit-law-34", purpose="complaint",
                           detail={"warrant_id": "7a" * 16, "authority": "city audit office",
                                   "document": "2026-18", "from": now(-86400), "until": now(86400),
                                   "expires": now(86400)})
    equal(code, 0, out + err)
    name = "gaj/1/%d" % (node.size() - 2)
    bounds = urllib.parse.urlencode({"since": now(-3600), "until": now(3600)})

    def last(query, path="/v1/trail?"):
        before = len(accesses(node))
        equal(node.get(path + query).status, 200, query)
        left = accesses(node)
        equal(len(left), before + 1, query)
        return left[-1].get("purpose"), left[-1].get("legal_basis")

    equal(last("type=QUERY"), (None, None))
    equal(last("type=QUERY&for=staff-review"), ("staff-review", None))
    equal(last("%s&warrant=%s" % (bounds, name)), ("complaint", "audit-law-34"))
    equal(last("%s&warrant=%s&for=spot-check" % (bounds, name)), ("spot-check", "audit-law-34"))
    equal(last("private=1&for=replay&warrant=" + warrant(node), "/v1/archive?"),
          ("replay", "audit-law-34"))
    first = ask(node, "type=QUERY&limit=1&for=a")
    page = "type=QUERY&limit=1&after=%s&access=%s" % (first["next"], first["access"])
    equal(ask(node, page + "&for=a")["access"], first["access"])
    assert ask(node, page + "&for=b")["access"] != first["access"]  # another purpose: its own
    count = len(accesses(node))
    for wrong, status in (("two words", 422), ("", 400), ("x" * 49, 400),
                          ("11010519491231002X", 422)):
        reply = node.get("/v1/trail?type=QUERY&for=" + urllib.parse.quote(wrong))
        equal(reply.status, status, wrong + reply.text)
        assert len(wrong) < 2 or wrong not in reply.text, reply.text
    equal(len(accesses(node)), count)
    must(node, "trail", "--type", "QUERY", "--for", "by-hand")
    equal(accesses(node)[-1]["purpose"], "by-hand")


def later_pages_go_on_under_the_first_access_and_under_no_other(node):
    as_client(node, "roles=operator")
    node.begin()
    records(node)
    first = ask(node, "type=QUERY&limit=1")
    second = ask(node, "type=QUERY&limit=1&after=%s&access=%s" % (first["next"], first["access"]))
    equal(second["access"], first["access"])
    assert second["items"][0]["index"] > first["items"][0]["index"]
    equal(len(accesses(node)), 1)
    # another query, an entry that is no ACCESS, none at all, not even a name: one of its own
    for query in ("type=USE&access=" + first["access"], "type=QUERY&access=gaj/1/1",
                  "type=QUERY&access=gaj/1/99999", "type=QUERY&access=x", "type=QUERY"):
        before = len(accesses(node))
        assert ask(node, query)["access"] != first["access"]
        equal(len(accesses(node)), before + 1, query)


def a_supervisor_sees_the_rows_of_its_units(node):
    as_client(node, "roles=supervisor units=hall")
    node.begin()
    records(node)
    page = ask(node, "type=QUERY")
    equal([one["unit"] for one in page["items"]], ["hall", "hall"])
    equal(accesses(node)[0]["detail"]["reader"], 2)
    # page by page too, and the cursor goes past what is hidden
    seen, after = [], ""
    while after is not None:
        page = ask(node, "type=QUERY&limit=1&access=%s%s" %
                   (page["access"], "&after=" + after if after else ""))
        seen += [one["unit"] for one in page["items"]]
        after = page["next"]
    equal(seen, ["hall", "hall"])
    as_client(node, "roles=operator")  # the same node shows who may see all of it
    equal(len(ask(node, "type=QUERY")["items"]), 3)


def who_has_no_role_reads_no_trail_and_leaves_nothing(node):
    as_client(node, "")
    node.begin()
    records(node)
    ask(node, "", 403, "auth.role")
    ask(node, "staff=" + MINE, 403, "auth.role")
    equal(node.get("/v1/archive?private=1").json["code"], "auth.role")
    equal(accesses(node), [])
    receipt = node.get("/v1/receipts/gaj/1/2")  # what it recorded it may prove
    equal(receipt.status, 200)
    as_client(node, "roles=self staff=" + MINE)
    ask(node, "staff=" + OTHER, 403, "auth.role")
    ask(node, "", 403, "auth.role")
    equal(len(ask(node, "type=QUERY&staff=" + MINE)["items"]), 2)


def an_auditor_reads_what_a_warrant_covers(node):
    as_client(node, "roles=auditor")
    node.begin()
    records(node)
    equal(node.act("warrant").status, 201)
    name = "gaj/1/%d" % (node.size() - 2)
    bounds = urllib.parse.urlencode({"since": now(-3600), "until": now(3600)})
    ask(node, "staff=%s&%s" % (MINE, bounds), 403, "auth.warrant")  # none is named
    named = "&warrant=" + name
    page = ask(node, "type=QUERY&staff=%s&%s%s" % (MINE, bounds, named))
    equal(len(page["items"]), 2)
    left = accesses(node)
    equal((left[0]["detail"]["reader"], left[0]["detail"]["warrant_id"]), (3, "77" * 16))
    for query in ("staff=%s&%s" % (OTHER, bounds), bounds, "staff=" + MINE,
                  "staff=%s&staff=%s&%s" % (MINE, OTHER, bounds),
                  "staff=%s&%s" % (MINE, bounds) + "&by=recorded",
                  "staff=%s&since=2020-01-01T00:00:00Z&until=%s" %
                  (MINE, urllib.parse.quote(now(3600)))):
        ask(node, query + named, 403, "auth.warrant")
    ask(node, "staff=%s&%s&warrant=gaj/1/2" % (MINE, bounds), 403, "auth.warrant")
    ask(node, "staff=%s&%s&warrant=gaj/1/9999" % (MINE, bounds), 404)
    ask(node, "staff=%s&%s&warrant=x" % (MINE, bounds), 400)
    equal(len(accesses(node)), 1)  # what was refused left nothing
    as_client(node, "roles=operator")
    ask(node, "staff=%s&%s%s" % (MINE, bounds, named), 403, "auth.role")


def private_parts_go_to_an_auditor_under_a_warrant_for_all(node):
    as_client(node, "roles=operator")
    node.begin()
    subject = {"role": "principal", "type": "passport", "id": "E12345678"}
    equal(node.record(event(subjects=[subject])).status, 201)
    path = "/v1/archive?private=1"
    equal(node.get(path).json["code"], "auth.role")
    equal(node.get("/v1/archive").status, 200)
    as_client(node, "roles=auditor")
    equal(node.get(path).json["code"], "auth.warrant")
    for scope in ({"staff": MINE}, {"case": "c1" * 16}, {"token_digest": "ab" * 32},
                  {"from": now()}, {"until": now(-3600)}):
        reply = node.get(path + "&warrant=" + warrant(node, **scope))
        equal((reply.status, reply.json["code"]), (403, "auth.warrant"), str(scope))
    equal(node.get(path + "&warrant=gaj/1/2").json["code"], "auth.warrant")
    equal(accesses(node), [])
    name = warrant(node)
    whole = node.get(path + "&warrant=" + name).body
    left = accesses(node)
    equal([(one["detail"]["reader"], one["detail"]["query_digest"]) for one in left],
          [(3, hashlib.sha256(b"archive=private\nfrom_height=1\n").hexdigest())])
    equal(left[0]["detail"]["warrant_id"],
          node.get("/v1/entries/" + name).json["event"]["detail"]["warrant_id"])
    entry = base64.b64decode(node.get("/v1/entries/" + left[0]["entry"]).json["leaf"])
    assert entry in whole, "the archive lacks its own ACCESS, which came before its first byte"
    assert len(whole) > len(node.get("/v1/archive").body)
    as_client(node, "roles=operator")
    equal(node.get(path + "&warrant=" + name).json["code"], "auth.role")


def an_archive_does_not_promise_parts_that_its_store_lacks(node):
    as_client(node, "roles=auditor,operator")
    node.begin()
    subject = {"role": "principal", "type": "passport", "id": "E12345678"}
    equal(node.record(event(subjects=[subject])).status, 201)
    path = "/v1/archive?private=1&warrant=" + warrant(node)

    def verdict(archive):
        name = os.path.join(node.base, "one.lhar")
        with open(name, "wb") as file:
            file.write(archive)
        done = subprocess.run([os.path.join(node.bin, "liuhen-verify"), "--json", name],
                              stdout=subprocess.PIPE, check=False)
        report = json.loads(done.stdout)["files"][0]
        return report["result"], report["private_parts"], report["ledgers"][0]["private_kept"]

    equal(verdict(node.get(path).body), ("verified", 1, True))  # the control
    bare = os.path.join(node.base, "bare.lhar")
    with open(bare, "wb") as file:
        file.write(node.get("/v1/archive").body)
    node.stop()
    kept = node.dir + ".kept"
    os.rename(node.dir, kept)
    must(node, "restore", "--archive", bare, "--data", node.dir, "--guard",
         os.path.join(node.base, "new-guard"))
    shutil.rmtree(os.path.join(node.dir, "keys"))
    os.rename(os.path.join(kept, "keys"), os.path.join(node.dir, "keys"))
    as_client(node, "roles=auditor,operator")
    node.start()
    equal(node.status()["state"], "suspect")
    equal(verdict(node.get(path).body), ("verified", 0, False))


def a_warrant_that_expired_is_none(node):
    as_client(node, "roles=auditor")
    node.begin()
    for seconds in (2, 6, 18, 54):  # a busy machine takes a while to record and to use it
        path = "/v1/archive?private=1&warrant=" + warrant(node, expires=now(seconds))
        reply = node.get(path)
        if reply.status == 200:
            break
    equal(reply.status, 200)
    until(lambda: node.get(path).status != 200, "it is good for ever")
    equal(node.get(path).json["code"], "auth.warrant")


def nothing_is_shown_where_nothing_can_be_written(node):
    as_client(node, "roles=operator,self staff=" + MINE)
    node.begin()
    records(node)
    equal(ask(node, "type=QUERY")["access"] is None, False)
    node.stop()
    fresh = Node()
    try:
        as_client(fresh, "roles=operator")
        fresh.start()
        ask(fresh, "", 503, "state.new")
    finally:
        fresh.stop()
        fresh.remove()
    node.start()


def the_command_line_shows_the_access_and_writes_one_for_all_its_pages(node):
    as_client(node, "roles=operator")
    node.begin()
    made = [event(staff=OTHER) for _ in range(600)]  # more than one page
    for start in range(0, 600, 200):
        equal(node.record(*made[start:start + 200]).status, 201)
    code, out, messages = liuhen(node, "trail", "--type", "QUERY", "--data", node.dir)
    equal((code, len(out.splitlines())), (0, 600), messages)
    left = accesses(node)
    equal(len(left), 1)
    assert "this reading is on record: " + left[0]["entry"] in messages, messages
    newest = must(node, "trail", "-n", "3", "--type", "QUERY", "--json", "--data", node.dir)
    assert '"access": "gaj/1/' in newest, newest
    equal(len(accesses(node)), 2)


main(ones_own_trail_leaves_nothing_and_that_of_another_an_access,
     the_access_says_what_was_asked_to_who_knows_it,
     an_access_says_why_as_the_reader_or_its_warrant_does,
     later_pages_go_on_under_the_first_access_and_under_no_other,
     a_supervisor_sees_the_rows_of_its_units,
     who_has_no_role_reads_no_trail_and_leaves_nothing,
     an_auditor_reads_what_a_warrant_covers,
     private_parts_go_to_an_auditor_under_a_warrant_for_all,
     an_archive_does_not_promise_parts_that_its_store_lacks,
     a_warrant_that_expired_is_none,
     nothing_is_shown_where_nothing_can_be_written,
     the_command_line_shows_the_access_and_writes_one_for_all_its_pages)
