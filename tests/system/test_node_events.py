"""POST /v1/events and /v1/acts: what is recorded, what is refused, and that refusals change nothing."""

import json
import time

from nodelib import STAFF, b64, equal, event, frames, main, now, until

ACT = "application/vnd.liuhen.act"
SUBMISSION = "application/vnd.liuhen.submission"


def one(reply):
    return reply.json["results"][0]


def a_new_ledger_takes_nothing_but_its_first_act(node):
    node.start()
    reply = node.record(event())
    equal(reply.status, 503)
    equal(reply.json["code"], "state.new")
    assert "GENERATION" in reply.json["hint"]
    equal(node.get("/readyz").json["code"], "state.new")
    staff = node.act("staff-1")
    equal((staff.status, one(staff)["problem"]["code"]), (503, "state.new"))
    equal(node.size(), 0)
    equal(node.act("generation").status, 201)
    equal(node.get("/readyz").status, 200)
    equal(node.status()["state"], "continuous")


def an_event_is_recorded_with_a_receipt(node):
    node.begin()
    reply = node.record(event())
    equal(reply.status, 201, reply.text)
    result = one(reply)
    equal(result["status"], "recorded")
    equal(result["entry"], "gaj/1/4")
    assert result["receipt"].startswith("c2sp.org/tlog-proof@v1\n")
    equal(node.get("/v1/receipts/gaj/1/4").text, result["receipt"])
    lean = one(node.record(event(), path="/v1/events?receipt=none"))
    assert "receipt" not in lean and lean["status"] == "recorded"


def a_department_that_is_alone_is_witnessed_by_nobody_and_says_so(node):
    node.begin()
    for level in ("witnessed", "final"):
        size = node.size()
        reply = node.record(event(), path="/v1/events?wait=" + level)
        equal((reply.status, reply.json["code"]), (422, "level.unreachable"))
        assert "network of 1 is ever " + level in reply.json["detail"], reply.text
        equal(node.size(), size)
    for level in ("recorded", "sealed"):  # the control
        reply = node.record(event(), path="/v1/events?wait=" + level)
        equal((reply.status, reply.json["level"]), (201, "sealed"))


def the_same_event_again_is_a_duplicate_with_the_same_receipt(node):
    node.begin()
    made = event()
    first = one(node.record(made))
    size = node.size()
    reply = node.record(dict(reversed(list(made.items()))))
    equal(reply.status, 200)
    again = one(reply)
    equal((again["status"], again["duplicate"]), ("duplicate", True))
    for name in ("entry", "receipt", "leaf_hash", "body_hash", "recorded_at", "block"):
        equal(again[name], first[name], name)
    lean = one(node.record(made, path="/v1/events?receipt=none"))
    equal(lean, {name: again[name] for name in again if name != "receipt"})
    node.stop()
    node.start()
    equal(one(node.record(made))["receipt"], first["receipt"], "after a restart")
    equal(node.size(), size)


def found(node, count):
    """Bodies that the node's findings of conflicts refer to, once there are `count`."""
    def items_of():
        return node.get("/v1/trail?type=FINDING").json["items"]

    until(lambda: len(items_of()) >= count, lambda: "findings: %r" % items_of())
    items = items_of()
    events = [node.get("/v1/entries/" + item["entry"]).json["event"] for item in items]
    equal({(one["source"], one["detail"]["rule"], one["detail"]["class"]) for one in events},
          {("liuhend", "dedup.conflict", 2)})
    return [one["refs"][0] for one in events]


def another_content_under_the_same_identity_is_a_conflict(node):
    node.begin()
    made = event()
    kept = one(node.record(made))
    for _ in range(3):
        reply = node.record(dict(made, purpose="retirement"))
        equal(reply.status, 409)
        equal(one(reply)["problem"]["code"], "event.conflict")
    equal(found(node, 1), [kept["body_hash"]])  # it is written down, once
    time.sleep(0.2)
    equal(len(found(node, 1)), 1)
    equal(node.record(dict(made, purpose="newborn", unit="other")).status, 409)
    equal(found(node, 2), [kept["body_hash"]] * 2)  # and another content once more
    equal(one(node.record(made))["status"], "duplicate")
    other = event()
    reply = node.record(other, dict(other, purpose="retirement"))  # in one block
    equal(reply.status, 207)
    equal(found(node, 3)[2], reply.json["results"][0]["body_hash"])
    assert "finding.refused" not in node.logged()
    node.stop()
    node.start()
    equal(node.record(dict(made, purpose="retirement")).status, 409)
    time.sleep(0.3)
    equal(len(found(node, 3)), 3)


def events_of_one_request_keep_their_order_and_know_each_other(node):
    node.begin()
    a, b = event(), event()
    reply = node.record(a, b, a, dict(b, purpose="retirement"), event(type="NO_SUCH"))
    equal(reply.status, 207)
    results = reply.json["results"]
    equal([r["status"] for r in results],
          ["recorded", "recorded", "duplicate", "rejected", "rejected"])
    equal(results[2]["receipt"], results[0]["receipt"])
    equal(results[3]["problem"]["code"], "event.conflict")
    equal([r["n"] for r in results], [0, 1, 2, 3, 4])


def a_thousand_events_are_one_request(node):
    node.begin()
    reply = node.record(*[event() for _ in range(1000)])
    equal(reply.status, 201, reply.text[:300])
    results = reply.json["results"]
    indexes = [int(r["entry"].split("/")[2]) for r in results]
    equal(indexes, sorted(indexes))
    reply = node.record(*[event() for _ in range(1001)])
    equal((reply.status, reply.json["code"]), (413, "request.too_large"))


def ready_events_are_recorded_at_the_level_of_their_key(node):
    node.begin()
    data = node.submissions(40, "r")
    reply = node.post("/v1/events", data, SUBMISSION)
    equal(reply.status, 201, reply.text[:500])
    entry = node.get("/v1/entries/" + reply.json["results"][7]["entry"]).json
    equal(entry["level"], 3)
    equal(entry["signers"][0]["kind"], "staff")
    equal(entry["signers"][0]["signature"], "ok")
    again = node.post("/v1/events", json.dumps({"ready": b64(frames(data)[0])}))
    equal((again.status, one(again)["status"]), (200, "duplicate"))
    equal(one(again)["receipt"], reply.json["results"][0]["receipt"])
    attested = one(node.record(event()))
    equal(node.get("/v1/entries/" + attested["entry"]).json["level"], 1)


def cloudevents_carry_identity_and_time_outside(node):
    node.begin()
    made = event()
    envelope = {"specversion": "1.0", "type": "liuhen.query", "id": made.pop("id"),
                "source": made.pop("source"), "time": made.pop("event_time"), "data": made}
    equal(node.post("/v1/events", json.dumps(envelope),
                    "application/cloudevents+json; charset=utf-8").status, 201)
    other = dict(envelope, id="other")
    reply = node.post("/v1/events", json.dumps([envelope, other, dict(other, specversion="2")]),
                      "application/cloudevents-batch+json")
    equal([r["status"] for r in reply.json["results"]], ["duplicate", "recorded", "rejected"])


BAD = [
    # what, body, media, status, code, pointer
    ("not JSON", "{", "application/json", 400, "request.malformed", None),
    ("empty body", "", "application/json", 400, "request.malformed", None),
    ("blank lines only", "\n\n  \n", "application/x-ndjson", 400, "request.malformed", None),
    ("an array", "[]", "application/json", 422, "schema.invalid", None),
    ("a repeated member", '{"id":"a","id":"b"}', "application/json", 400, "request.malformed", None),
    ("no media type of ours", "{}", "text/plain", 415, "request.media_type", None),
    ("an act as event", b"x", ACT, 415, "request.media_type", None),
    ("broken framing", b"\0\0\0\xffabc", SUBMISSION, 400, "request.malformed", None),
    ("framed rubbish", b"\0\0\0\x03abc", SUBMISSION, 422, "schema.invalid", None),
    ("an empty submission", b"\0\0\0\0", SUBMISSION, 422, "schema.required", None),
    ("ready that is no base64", {"ready": "%%%"}, None, 422, "schema.invalid", "/ready"),
    ("ready that is a number", {"ready": 3}, None, 422, "schema.invalid", "/ready"),
    ("an unknown member", {"colour": "red"}, None, 422, "schema.invalid", "/colour"),
    ("an empty event", {"bare": {}}, None, 422, "schema.required", "/source"),
    ("case_number without subjects", {"case_number": "1"}, None, 422, "schema.invalid",
     "/subjects"),
    ("a digest of the client's", {"subject_digest": "ab" * 32}, None, 422, "schema.invalid",
     "/subject_digest"),
    ("no subjects", {"subjects": []}, None, 422, "schema.invalid", "/subjects"),
    ("a subject without id", {"subjects": [{"role": "principal", "type": "resident"}]}, None, 422,
     "schema.invalid", "/subjects/0/id"),
    ("an unknown type", {"type": "NOTHING"}, None, 422, "schema.invalid", "/type"),
    ("a number as source", {"source": 3}, None, 422, "schema.invalid", "/source"),
    ("staff too short", {"staff": "51"}, None, 422, "schema.invalid", "/staff"),
    ("staff of capitals", {"staff": STAFF.replace("1", "g")}, None, 422, "schema.invalid", "/staff"),
    ("an id of 65", {"id": "x" * 65}, None, 422, "schema.invalid", "/id"),
    ("a time without zone", {"event_time": "2026-11-24T09:00:00"}, None, 422, "schema.invalid",
     "/event_time"),
    ("no purpose", {"purpose": None}, None, 422, "schema.required", "/purpose"),
    ("no source", {"source": None}, None, 422, "schema.required", "/source"),
    ("no detail", {"detail": None}, None, 422, "schema.required", "/detail"),
    ("an empty detail", {"detail": {}}, None, 422, "schema.invalid", None),
    ("another department", {"department": "mzj"}, None, 422, "schema.invalid", "/department"),
    ("a newer schema", {"schema": 2}, None, 422, "schema.invalid", "/schema"),
    ("a control character", {"unit": "a\u0007b"}, None, 422, "schema.invalid", "/unit"),
    ("a bidi override", {"unit": "a\u202eb"}, None, 422, "schema.invalid", "/unit"),
    ("an ID number", {"unit": "330702199003071735"}, None, 422, "privacy.raw_identifier", "/unit"),
    ("an ID number in full width", {"unit": "３３０７０２１９９００３０７１７３５"}, None, 422,
     "privacy.raw_identifier", "/unit"),
    ("from tomorrow", {"event_time": now(86400)}, None, 422, "event.future", None),
    ("three minutes ahead", {"event_time": lambda: now(180)}, None, 422, "event.future", None),
    ("an hour old", {"event_time": now(-3600)}, None, 422, "event.late", None),
    ("an officers' act by the recorder",
     {"type": "LEAVE", "detail": {"pseudonym": STAFF, "kind": 1, "effective": now()},
      "bare": True}, None, 422, "authority.denied", None),
]


def checksum(number):
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return number[:17] + "10X98765432"[sum(int(d) * w for d, w in zip(number, weights)) % 11]


def a_bad_event_is_named_and_changes_nothing(node):
    node.begin()
    size = node.size()
    good_id = checksum("33070219900307173")
    wide = "".join(chr(ord(c) + 0xfee0) if c.isdigit() else c for c in good_id)
    for what, body, media, status, code, pointer in BAD:
        if isinstance(body, dict):
            changes = {name: value() if callable(value) else value for name, value in body.items()}
            bare = changes.pop("bare", None)
            if bare == {}:
                made = {}
            elif bare:
                made = {"source": "desk", "id": "bare", "event_time": now(), **changes}
            elif "ready" in changes:
                made = changes
            else:
                if "unit" in changes and what == "an ID number":
                    changes["unit"] = "counter " + good_id
                if "unit" in changes and what.endswith("full width"):
                    changes["unit"] = wide
                made = event(**changes)
            body, media = json.dumps(made), "application/json"
        reply = node.post("/v1/events", body, media)
        answer = reply.json
        problem = answer["results"][0]["problem"] if "results" in answer else answer
        equal((reply.status, problem["code"]), (status, code), what + " " + reply.text)
        equal(problem.get("pointer"), pointer, what + " " + reply.text)
        assert problem["request_id"] == reply.headers["X-Request-Id"], what
        assert good_id not in reply.text, what
    equal(node.size(), size)
    assert good_id not in node.logged()
    equal(node.get("/healthz").status, 200)


def a_signature_is_checked_and_its_key_must_be_enrolled(node):
    node.begin()
    size = node.size()
    data = bytearray(node.submissions(1, "t"))
    data[-1] ^= 1
    reply = node.post("/v1/events", bytes(data), SUBMISSION)
    equal((reply.status, one(reply)["problem"]["code"]), (422, "signature.bad"))
    stranger = node.submissions(1, "u", staff=2)
    reply = node.post("/v1/events", stranger, SUBMISSION)
    equal((reply.status, one(reply)["problem"]["code"]), (422, "key.unknown"))
    equal(node.size(), size)
    equal(node.act("staff-2").status, 201)
    equal(node.post("/v1/events", stranger, SUBMISSION).status, 201)


def an_act_needs_its_network_and_both_officers(node):
    node.begin()
    size = node.size()
    reply = node.act("staff-1")
    equal((reply.status, one(reply)["status"]), (200, "duplicate"))
    reply = node.act("generation")
    equal(reply.status, 200)
    reply = node.post("/v1/acts", b"rubbish", ACT)
    equal((reply.status, one(reply)["problem"]["code"]), (422, "schema.invalid"))
    equal(node.post("/v1/acts", b"x").status, 415)
    equal(node.size(), size)


def a_client_is_held_to_its_line(node):
    import os
    node.add_config("client = uid:%d sources=desk,other types=QUERY,USE level=1\n" % os.getuid())
    node.start()
    equal(node.act("generation").json["results"][0]["problem"]["code"], "auth.source")
    node.stop()
    with open(os.path.join(node.dir, "liuhend.conf"), "w", encoding="utf-8") as out:
        out.write("heartbeat.idle = 0\n")
    node.begin()
    with open(os.path.join(node.dir, "liuhend.conf"), "a", encoding="utf-8") as out:
        out.write("client = uid:%d sources=desk,other types=QUERY level=1\n" % os.getuid())
    node.signal(1)
    until(lambda: "config.reloaded" in node.logged(), "no reload")
    size = node.size()
    for changes, code in (({"source": "elsewhere"}, "auth.source"),
                          ({"type": "USE", "detail": {"verdict": "MATCH", "used_for": "x"},
                            "outcome": "NONE"}, "auth.type")):
        reply = node.record(event(**changes))
        equal((reply.status, one(reply)["problem"]["code"]), (403, code), reply.text)
    reply = node.post("/v1/events", node.submissions(1, "v"), SUBMISSION)
    equal((reply.status, one(reply)["problem"]["code"]), (403, "auth.level"))
    equal(node.size(), size)
    equal(node.record(event()).status, 201)


main(a_new_ledger_takes_nothing_but_its_first_act,
     an_event_is_recorded_with_a_receipt,
     a_department_that_is_alone_is_witnessed_by_nobody_and_says_so,
     the_same_event_again_is_a_duplicate_with_the_same_receipt,
     another_content_under_the_same_identity_is_a_conflict,
     events_of_one_request_keep_their_order_and_know_each_other,
     a_thousand_events_are_one_request,
     ready_events_are_recorded_at_the_level_of_their_key,
     cloudevents_carry_identity_and_time_outside,
     a_bad_event_is_named_and_changes_nothing,
     a_signature_is_checked_and_its_key_must_be_enrolled,
     an_act_needs_its_network_and_both_officers,
     a_client_is_held_to_its_line)
