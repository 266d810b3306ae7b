"""Trails over the ledgers of others at one node of a city: both sides of an exchange, what each ledger is
worth, and who may read them."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time

from citylib import main
from demo_story import Entry
from nodelib import equal, event


def put(member, **changes):
    """An event on record; its entry's name."""
    reply = member.request("POST", "/v1/events", json.dumps(event(**changes)).encode(),
                           {"Content-Type": "application/json"})
    assert reply.status == 201, reply.text
    return reply.json["results"][0]["entry"]


def ask(member, other, exchange):
    return put(member, exchange=exchange, counterparty=other.code)


def serve(member, asker, query, exchange):
    """What the department that was asked puts on record of a QUERY that came with its token."""
    return put(member, type="SERVE", exchange=exchange, counterparty=asker.code, outcome="HIT",
               result_count=1, result_mask=3, purpose=None, legal_basis=None, refs=[Entry(asker, query).body_hash],
               detail={"token": Entry(asker, query).token(exchange)})


def new():
    return os.urandom(16).hex()


def trail(member, *args):
    return json.loads(member.cli("trail", *args, "--json"))


def said(member, *args):
    """What is printed for people, and what is warned of."""
    return member.cli_both("trail", *args)


def shown(answer):
    return [(row["department"], row["event"]["type"], row["entry"]) for row in answer["items"]]


def states(answer):
    return {row["department"]: row["state"] for row in answer["ledgers"]}


def until(member, is_so, *args):
    """The trail, when it is so: what is known of the others comes a little later than they do."""
    end = time.monotonic() + 60
    while True:
        answer = trail(member, *args)
        if is_so(answer):
            return answer
        assert time.monotonic() < end, answer
        time.sleep(0.2)


def both_sides_of_an_exchange_are_shown_at_a_third_node(city):
    first, second, third = city.members
    city.start()
    paired, lone, outside = new(), new(), new()
    query = ask(first, second, paired)
    served = serve(second, first, query, paired)
    unanswered = ask(first, second, lone)
    put(first, exchange=outside, counterparty="wjw")
    city.wait_equal()
    answer = until(third, lambda got: "behind" not in states(got).values(), "--all-ledgers", "-x",
                   paired)
    equal(shown(answer), [("gaj", "QUERY", query), ("mzj", "SERVE", served)])
    equal(states(answer), {"gaj": "current", "mzj": "current", "rsj": "own"})
    equal(answer["pairs"], [{"exchange": paired, "asking": "gaj", "serving": "mzj", "asked": query,
                             "served": served, "verdict": "both"}])
    equal((answer["verified"], answer["complete"], answer["next"]), ("full", False, None))
    # their own departments show the same entries, each the one that it has
    rows = {row["entry"]: row for row in answer["items"]}
    for member, entry in ((first, query), (second, served)):
        own = trail(member, "-x", paired)
        equal([row["entry"] for row in own["items"]], [entry])
        for name in ("leaf_hash", "event", "recorded_at"):
            equal(own["items"][0][name], rows[entry][name])
    equal([row["entry"] for row in trail(third, "-x", paired)["items"]], [])
    # one without a counterpart, and one that can have none
    answer = until(third, lambda got: "behind" not in states(got).values(), "--all-ledgers", "-x",
                   lone, "-x", outside)
    equal({row["exchange"]: row["verdict"] for row in answer["pairs"]},
          {lone: "alone", outside: "outside"})
    text, warned = said(third, "--all-ledgers", "-x", lone)
    assert "gaj\t" in text and unanswered in text, text
    assert unanswered + " has no counterpart in the ledger of mzj" in warned, warned
    text, warned = said(third, "--all-ledgers", "-x", paired)
    assert query + " and " + served + " belong together" in warned, warned
    assert "jinhua/mzj/1: up to size %d, sealed " % second.head()[1] in warned, warned
    # with another filter a side may be left out, and nothing is said of counterparts
    assert "pairs" not in trail(third, "--all-ledgers", "-x", paired, "-t", "QUERY")
    # of one department
    equal(shown(trail(third, "--ledger", "mzj", "-x", paired)), [("mzj", "SERVE", served)])


def a_ledger_that_is_behind_or_missing_is_named(city):
    first, second, third = city.members
    for member in city.members:
        member.start()
    for member in (first, second):
        member.begin()
    exchange = new()
    asked = ask(second, first, exchange)
    city.wait_equal(members=[first, second])
    seen = until(second, lambda got: states(got)["gaj"] == "current", "--all-ledgers", "-x",
                 exchange)
    equal(states(seen), {"gaj": "current", "mzj": "own", "rsj": "missing"})
    equal(seen["pairs"][0]["verdict"], "alone")
    _, warned = said(second, "--all-ledgers", "-x", exchange)
    assert "rsj: nothing of its ledger is held here" in warned, warned
    first.stop()
    seen = until(second, lambda got: states(got)["gaj"] == "behind", "--all-ledgers", "-x",
                 exchange)
    equal(shown(seen), [("mzj", "QUERY", asked)])
    equal(seen["pairs"][0]["verdict"], "unknown")
    _, warned = said(second, "--all-ledgers", "-x", exchange)
    assert "jinhua/gaj/1: only up to size" in warned and "not connected" in warned, warned
    assert "cannot be told" in warned, warned
    row = next(row for row in second.get("/v1/trail?ledger=all").json["ledgers"]
               if row["department"] == "gaj")
    assert row["up"] is False and row["seen"] and row["checkpoint"] and row["time"], row


def pages(member, query):
    found, after, access = [], "", ""
    while True:
        answer = member.get("/v1/trail?%s%s%s" % (query, after, access)).json
        found += answer["items"]
        assert len(answer["items"]) <= 3, answer
        if answer["next"] is None:
            return found
        after, access = "&after=" + answer["next"], "&access=" + answer["access"]


def a_copy_answers_as_the_ledger_itself_does(city):
    first, second, third = city.members
    city.start()
    for member in city.members:
        for exchange in (new(), new(), new(), new()):
            ask(member, first, exchange)
    city.wait_equal()
    for query in ("type=QUERY", "item=birth-certificate", "case=" + "c1" * 16,
                  "type=QUERY&order=desc", "type=QUERY&since=2026-01-01T00:00:00Z&by=recorded"):
        own = second.get("/v1/trail?proof=1&%s" % query).json["items"]
        held = first.get("/v1/trail?proof=1&ledger=mzj&%s" % query).json["items"]
        assert len(own) == 4, own
        for row, copy in zip(own, held, strict=True):
            equal({name: value for name, value in row.items() if name not in ("level", "proof")},
                  {name: value for name, value in copy.items()
                   if name not in ("department", "proof")})
            assert "level" not in copy and copy["proof"], copy
    # all of them, in the order of recording, whatever a page has room for
    whole = first.get("/v1/trail?ledger=all&type=QUERY&limit=1000").json["items"]
    equal(len(whole), 12)
    equal([row["recorded_at"] for row in whole], sorted(row["recorded_at"] for row in whole))
    equal({row["department"] for row in whole}, {"gaj", "mzj", "rsj"})
    equal(pages(first, "ledger=all&type=QUERY&limit=3"), whole)
    equal(pages(first, "ledger=all&type=QUERY&limit=3&order=desc"), whole[::-1])
    equal([row["entry"] for row in trail(first, "--all-ledgers", "-t", "QUERY", "-n", "5")["items"]],
          [row["entry"] for row in whole[-5:]])
    # what does not go together
    for query, status in (("ledger=xxj", 404), ("ledger=mzj&generation=1", 400),
                          ("ledger=all&after=57", 400), ("ledger=all&limit=0", 400)):
        equal(first.get("/v1/trail?" + query).status, status, query)
    first.cli("trail", "--ledger", "xxj", code=5)
    first.cli("trail", "--ledger", "mzj", "--generation", "1", code=2)
    first.cli("trail", "--ledger", "mzj", "--all-ledgers", code=2)


@contextlib.contextmanager
def liar(city, member, lie):
    """A node that changes the answers of a real one; its socket."""
    path = os.path.join(city.base, "liar.sock")
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "liar.py")
    process = subprocess.Popen([sys.executable, "-B", program, path,
                                member.path("liuhend.sock"), lie], stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while not os.path.exists(path):
            assert process.poll() is None and time.monotonic() < end, lie
            time.sleep(0.02)
        yield "unix:" + path
    finally:
        process.terminate()
        process.wait(30)
        os.unlink(path)


def what_a_node_changes_in_the_ledgers_of_others_is_found(city):
    first, second, third = city.members
    city.start()
    for asker in (first, second):
        for _ in range(2):
            ask(asker, third, new())
    city.wait_equal()
    # each row, each head and each name; the truth is believed, and so is the one who is not asked
    for lie, code in (("truth", 0), ("swap_leaves", 10), ("drop_proofs", 10),
                      ("shorten_proof", 10), ("turn_round", 10), ("rename_entry", 10),
                      ("unasked", 10), ("change_ledger_root", 10), ("other_head", 10),
                      ("other_name", 10), ("no_ledger", 10), ("same_again", 10)):
        with liar(city, third, lie) as socket:
            third.cli("trail", "--all-ledgers", "-t", "QUERY", "--node", socket, code=code)
    with liar(city, third, "shorten_proof") as socket:
        third.cli("trail", "--all-ledgers", "-t", "QUERY", "--no-verify", "--node", socket)


def a_stranger_without_the_data_directory_proves_it_too(city):
    first, second, third = city.members
    city.start()
    exchange = new()
    asked = ask(first, second, exchange)
    city.wait_equal()
    socket = "unix:" + third.path("liuhend.sock")
    env = {name: value for name, value in os.environ.items() if name != "LIUHEN_DATA"}
    for turn in ("first use", "pinned"):
        done = subprocess.run(
            [os.path.join(city.bin, "liuhen"), "trail", "--all-ledgers", "-x", exchange, "--json",
             "--node", socket], env=dict(env, XDG_STATE_HOME=os.path.join(city.base, "stranger")),
            capture_output=True, text=True, check=False, timeout=120)
        equal(done.returncode, 0, turn + done.stderr)
        equal(shown(json.loads(done.stdout)), [("gaj", "QUERY", asked)])
    # a policy that names the seal of one ledger and no network says nothing of the others
    policy = third.path("trust.policy")
    third.cli("trail", "--all-ledgers", "-x", exchange, "--trust", policy, code=11)
    third.cli("trail", "--all-ledgers", "-x", exchange)  # beside its genesis file it does


def accesses(member):
    return [row for row in (member.get("/v1/entries/gaj/1/%d" % index).json
                            for index in range(member.head()[1])) if row.get("type") == "ACCESS"]


def who_may_read_it_and_what_that_leaves(city):
    first = city.members[0]
    city.start()
    city.wait_equal()

    def become(roles):
        first.stop()
        with open(first.path("liuhend.conf"), encoding="utf-8") as file:
            lines = [line for line in file if not line.startswith("client")]
        with open(first.path("liuhend.conf"), "w", encoding="utf-8") as out:
            out.writelines(lines)
            out.write("client = uid:%d sources=* types=* %s\n" % (os.getuid(), roles))
        first.start()

    for roles in ("roles=supervisor units=hall", "roles=self staff=5151515151515101",
                  "roles=auditor"):
        become(roles)
        left = len(accesses(first))
        for ledger in ("all", "mzj"):
            reply = first.get("/v1/trail?staff=5151515151515101&ledger=" + ledger)
            equal((reply.status, reply.json["code"]),
                  (403, "auth.warrant" if "auditor" in roles else "auth.role"), roles)
        equal(len(accesses(first)), left)
        if "supervisor" in roles:
            equal(first.get("/v1/trail?ledger=gaj").status, 200)  # the own one, as ever
    become("roles=operator")
    left = len(accesses(first))
    equal(first.get("/v1/trail?ledger=xxj").status, 404)  # nothing was read
    equal(len(accesses(first)), left)
    answer = first.get("/v1/trail?type=QUERY&ledger=all").json
    found = accesses(first)[left:]
    equal([row["entry"] for row in found], [answer["access"]])
    equal(found[0]["event"]["detail"]["query_digest"],
          hashlib.sha256(b"ledger=all\ntype=QUERY\nby=event\n").hexdigest())
    reply = first.request("POST", "/v1/search?ledger=all", b"liuhen/tokens/v1\n",
                          {"Content-Type": "application/vnd.liuhen.tokens"})
    assert reply.status == 400 and "own ledger alone" in reply.text, reply.text


main(3, both_sides_of_an_exchange_are_shown_at_a_third_node,
     a_ledger_that_is_behind_or_missing_is_named,
     a_copy_answers_as_the_ledger_itself_does,
     what_a_node_changes_in_the_ledgers_of_others_is_found,
     a_stranger_without_the_data_directory_proves_it_too,
     who_may_read_it_and_what_that_leaves)
