"""What a node shows: entries, trails, receipts, heads, proofs, keys, archive, tiles, metrics."""

import base64
import hashlib
import json
import os
import re
import subprocess

from nodelib import (STAFF, archive_frames, archive_of, equal, event, main,
                     private_archive)

CASE, OTHER_CASE = "a1" * 16, "b2" * 16


def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaf, index, size, proof):
    """RFC 9162 section 2.1.3.2, written here once more on purpose."""
    fn, sn, r = index, size - 1, leaf_hash(leaf)
    for step in proof:
        assert sn > 0, "the proof is too long"
        if fn & 1 or fn == sn:
            r = node_hash(step, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, step)
        fn, sn = fn >> 1, sn >> 1
    equal(sn, 0, "the proof is too short")
    return r


def checkpoint(note):
    origin, size, root = note.split("\n")[:3]
    return origin, int(size), base64.b64decode(root)


def trail(node, query):
    reply = node.get("/v1/trail" + query)
    equal(reply.status, 200, reply.text)
    return reply.json


def pages(node, query, limit):
    found, cursor = [], ""
    while True:
        page = trail(node, "?%s&limit=%d%s" % (query, limit, cursor))
        assert len(page["items"]) <= limit
        found += [item["index"] for item in page["items"]]
        if page["next"] is None:
            return found
        cursor = "&after=" + page["next"]


def fill(node, count=57):
    node.begin()
    made = [event(case=CASE if n % 3 else OTHER_CASE, item="i%d" % (n % 4),
                  purpose="newborn" if n % 5 else "retirement") for n in range(count)]
    for at in range(0, count, 10):
        equal(node.record(*(made[at:at + 10] if len(made[at:at + 10]) > 1 else
                            [made[at]])).status, 201)
    return made


def an_entry_shows_its_event_its_signers_and_its_block(node):
    made = event()
    node.begin()
    result = node.record(made).json["results"][0]
    entry = node.get("/v1/entries/" + result["entry"]).json
    for name in ("source", "id", "type", "staff", "item", "purpose", "case"):
        equal(entry["event"][name], made[name], name)
    equal(entry["event"]["detail"]["requested_mask"], 3)
    equal(entry["event"]["department"], "gaj")
    equal(entry["type_zh"], "数据共享查询")
    equal(leaf_hash(base64.b64decode(entry["leaf"])).hex(), result["leaf_hash"])
    equal(entry["signers"][0]["kind"], "recorder")
    equal(entry["block"]["height"], result["block"])
    equal(node.get("/v1/entries/gaj/1/%d" % (entry["block"]["size"] - 1)).json["type"], "HEADER")
    for path, status in (("gaj/1/99999", 404), ("mzj/1/0", 404), ("gaj/2/0", 404),
                         ("gaj/1/01", 400), ("gaj/1", 400), ("gaj/1/-1", 400)):
        equal(node.get("/v1/entries/" + path).status, status, path)


def a_trail_filters_orders_and_pages(node):
    fill(node)
    everything = pages(node, "type=QUERY", 1000)
    equal(len(everything), 57)
    equal(pages(node, "type=QUERY", 7), everything)
    equal(pages(node, "type=QUERY&order=desc", 7), everything[::-1])
    one_case = pages(node, "case=" + CASE, 5)
    equal(len(one_case), 38)
    both = pages(node, "case=%s&case=%s" % (CASE, OTHER_CASE), 9)
    equal(both, everything)
    narrow = pages(node, "case=%s&item=i1&purpose=newborn" % CASE, 2)
    assert 0 < len(narrow) < 15 and set(narrow) <= set(one_case)
    equal(pages(node, "staff=" + STAFF, 13), everything)
    equal(pages(node, "staff=" + "00" * 8, 13), [])
    equal(pages(node, "until=2020-01-01T00:00:00Z", 13), [])
    equal(len(pages(node, "since=2020-01-01T00:00:00Z&by=recorded&type=QUERY&type=USE", 20)), 57)
    item = trail(node, "?case=%s&limit=1" % CASE)["items"][0]
    equal((item["staff"], item["level"], item["counterparty"]), (STAFF, 1, "wjw"))
    for query in ("limit=0", "limit=1001", "limit=x", "case=12", "staff=zz", "type=NO", "by=x",
                  "since=yesterday", "order=up", "proof=2", "after=-1", "colour=red", "item=",
                  "&".join(["item=a"] * 17), "case", "purpose=%00"):
        reply = node.get("/v1/trail?" + query)
        equal((reply.status, reply.json["code"]), (400, "request.malformed"), query)


def every_row_of_a_trail_is_proven_under_its_checkpoint(node):
    fill(node, 23)
    page = trail(node, "?proof=1&type=QUERY")
    origin, size, root = checkpoint(page["checkpoint"])
    equal((origin, page["complete"]), ("jinhua/gaj/1", False))
    equal(len(page["items"]), 23)
    for item in page["items"]:
        proof = [base64.b64decode(step) for step in item["proof"]]
        equal(root_of(base64.b64decode(item["leaf"]), item["index"], size, proof), root)


def heads_of_all_sizes_are_served_and_consistent(node):
    fill(node, 30)
    note = node.get("/v1/checkpoint").text
    _, size, _ = checkpoint(note)
    equal(node.get("/v1/checkpoint?size=%d" % size).text, note)
    equal(checkpoint(node.get("/v1/checkpoint?size=2").text)[1], 2)
    for bad in ("3", "0", str(size + 1)):
        equal(node.get("/v1/checkpoint?size=" + bad).status, 404, bad)
    reply = node.get("/v1/consistency?from=2&to=%d" % size).json
    equal((reply["from"], reply["to"]), (2, size))
    assert reply["proof"]
    equal(node.get("/v1/consistency?from=9&to=3").status, 404)
    equal(node.get("/v1/consistency?from=0&to=%d" % (size + 1)).status, 404)
    equal(node.get("/v1/consistency?from=%d" % size).json["proof"], [])


def receipts_are_found_by_name_and_by_event(node):
    made = event()
    node.begin()
    result = node.record(made).json["results"][0]
    by_event = node.get("/v1/receipts?source=%s&id=%s" % (made["source"], made["id"]))
    equal(by_event.text, result["receipt"])
    equal(node.get("/v1/receipts?source=desk&id=never").status, 404)
    equal(node.get("/v1/receipts?source=desk").status, 400)
    equal(node.get("/v1/receipts/gaj/1/999").status, 404)
    # The entry's own leaf has one, the header behind it has none, and its words lead to its seal.
    index = int(result["entry"].split("/")[-1])
    equal(node.get("/v1/receipts/gaj/1/%d" % index).status, 200)
    header = node.get("/v1/receipts/gaj/1/%d" % (index + 1))
    equal((header.status, header.json["code"]), (404, "request.not_found"), header.text)
    where = re.search(r"/v1/checkpoint\?size=\d+", header.json["detail"]).group(0)
    equal(node.get(where).text, node.get("/v1/checkpoint").text)


def the_archive_and_every_receipt_verify_with_the_stand_alone_verifier(node):
    verifier = os.path.join(node.bin, "liuhen-verify")
    fill(node, 40)
    node.post("/v1/events", node.submissions(25, "a"), "application/vnd.liuhen.submission")
    genesis = os.path.join(node.dir, "genesis.lhg")
    equal(node.get("/v1/genesis").body, open(genesis, "rb").read())
    path = os.path.join(node.base, "all.lhar")
    reply = node.get("/v1/archive")
    equal((reply.status, reply.body[:6]), (200, b"LHAR1\n"))
    with open(path, "wb") as out:
        out.write(reply.body)
    receipt = os.path.join(node.base, "r.tlog-proof")
    with open(receipt, "w", encoding="utf-8") as out:
        out.write(node.get("/v1/receipts/gaj/1/4").text)
    for file in (path, receipt):
        done = subprocess.run([verifier, "--trust", genesis, file], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        # A receipt's seal key is not in the genesis: the verifier may not be able to tell.
        assert done.returncode == 0 or (file == receipt and done.returncode == 11), done.stdout
    with open(path, "r+b") as out:
        out.seek(-2000, 2)
        byte = out.read(1)
        out.seek(-1, 1)
        out.write(bytes([byte[0] ^ 1]))
    assert subprocess.run([verifier, "--trust", genesis, path], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode != 0


def keys_are_listed_with_what_they_may(node):
    node.begin()
    items = node.get("/v1/staff").json["items"]
    kinds = sorted(item["kind"] for item in items)
    equal(kinds, ["officer", "officer", "recorder", "staff"])
    staff = [item for item in items if item["kind"] == "staff"][0]
    equal((staff["staff"], staff["enrolled_at"], staff["revoked_from"]), (STAFF, 2, None))


def tiles_give_back_the_whole_log(node):
    node.begin()
    for _ in range(3):
        equal(node.record(*[event() for _ in range(120)]).status, 201)
    origin, size, _ = checkpoint(node.get("/jinhua/gaj/1/checkpoint").text)
    equal(origin, "jinhua/gaj/1")
    assert size > 256
    full = node.get("/jinhua/gaj/1/tile/entries/000").body
    leaves = []
    while full:
        length = int.from_bytes(full[:2], "big")
        leaves.append(full[2:2 + length])
        full = full[2 + length:]
    equal(len(leaves), 256)
    hashes = node.get("/jinhua/gaj/1/tile/0/000").body
    equal(hashes, b"".join(leaf_hash(leaf) for leaf in leaves))
    part = node.get("/jinhua/gaj/1/tile/0/001.p/%d" % (size - 256))
    equal((part.status, len(part.body)), (200, 32 * (size - 256)))
    for path in ("tile/0/001", "tile/0/001.p/%d" % (size - 255), "tile/0/1", "tile/0/000.p/0",
                 "tile/9/000", "tile/entries/002", "other", ""):
        equal(node.get("/jinhua/gaj/1/" + path).status, 404, path)
    for path in ("checkpoint", "tile/0/000", "tile/entries/000"):
        equal(node.get("/jinhua/gaj/1/" + path).status, 200, path)
        reply = node.get("/jinhua/gaj/1/%s?t=1" % path)
        equal((reply.status, reply.json["code"]), (400, "request.malformed"), path)


def what_may_be_kept_is_said(node):
    """Full tiles for ever, the head and partial tiles not, what is about people nowhere."""
    node.begin()
    for _ in range(3):
        equal(node.record(*[event() for _ in range(120)]).status, 201)
    for path, cache in (("/jinhua/gaj/1/tile/0/000", "private, max-age=31536000, immutable"),
                        ("/jinhua/gaj/1/tile/entries/000", "private, max-age=31536000, immutable"),
                        ("/jinhua/gaj/1/tile/0/000.p/7", "no-cache"),
                        ("/jinhua/gaj/1/tile/entries/001.p/3", "no-cache"),
                        ("/jinhua/gaj/1/checkpoint", "no-cache"),
                        ("/jinhua/gaj/1/tile/0/009", "no-store"),
                        ("/v1/trail", "no-store"),
                        ("/v1/status", "no-store"),
                        ("/v1/archive", "no-store"),
                        ("/v1/entries/gaj/1/0", "no-store")):
        reply = node.get(path)
        equal(reply.headers.get_all("Cache-Control"), [cache], path)


def unknown_parameters_are_refused(node):
    node.begin()
    for path in ("/v1/status", "/v1/genesis", "/v1/staff", "/v1/checkpoint", "/v1/trail",
                 "/v1/archive", "/v1/entries/gaj/1/0", "/v1/consistency"):
        equal(node.get(path).status, 200, path)
        reply = node.get(path + "?surely=not")
        equal((reply.status, reply.json["code"]), (400, "request.malformed"), path)
    for path in ("/healthz", "/readyz", "/metrics"):  # probes may add what they like
        equal(node.get(path + "?surely=not").status, 200, path)


LINE = re.compile(r'^[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [0-9.]+$')


def metrics_are_clean_and_count(node):
    node.begin()
    made = event()
    node.record(made)
    node.record(made)
    node.record(event(purpose=None))
    text = node.get("/metrics").text
    helped = set(re.findall(r"^# HELP ([a-z_]+) ", text, re.M))
    typed = set(re.findall(r"^# TYPE ([a-z_]+) ", text, re.M))
    equal(helped, typed)
    for line in text.splitlines():
        if not line.startswith("#"):
            assert LINE.match(line), line
            name = re.sub(r"_(bucket|sum|count)$", "", line.split("{")[0].split(" ")[0])
            assert name in helped or line.split("{")[0].split(" ")[0] in helped, line
    for wanted in ('liuhen_events_total{status="recorded"} 3',
                   'liuhen_events_total{status="duplicate"} 1',
                   'liuhen_events_total{status="rejected"} 1', "liuhen_ledger_height 3"):
        assert wanted in text.splitlines(), wanted + "\n" + text


def subjects_go_into_the_private_part_and_nowhere_else(node):
    node.begin()
    person = "33070219900307173"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    person += "10X98765432"[sum(int(d) * w for d, w in zip(person, weights)) % 11]
    made = event(subjects=[{"role": "principal", "type": "resident", "id": person}],
                 case_number="2026-001", reason="newborn registration")
    first = node.record(made)
    equal(first.status, 201, first.text)
    name = first.json["results"][0]["entry"]
    entry = node.get("/v1/entries/" + name)
    equal(len(entry.json["event"]["subject_digest"]), 64)
    again = node.record(made)
    equal((again.status, again.json["results"][0]["status"]), (200, "duplicate"), again.text)
    equal(again.json["results"][0]["receipt"], first.json["results"][0]["receipt"])
    other = dict(made, reason="something else")
    equal(node.record(other).status, 409)
    bad = event(subjects=[{"role": "principal", "type": "resident", "id": person[:-1] + "?"}])
    reply = node.record(bad)
    equal((reply.status, reply.json["results"][0]["problem"]["pointer"]),
          (422, "/subjects/0/id"), reply.text)
    for text in (entry.text, first.text, reply.text, node.logged()):
        assert person not in text and person[:-1] not in text
    assert person.encode() not in private_archive(node)


def an_archive_with_private_parts_misses_none_unnoticed(node):
    node.begin()
    subject = {"role": "principal", "type": "resident", "id": "11010519491231002X"}
    for i in range(3):
        reply = node.record(event(subjects=[subject], reason="no. %d" % i), event())
        equal(reply.status, 201, reply.text)
    kept = archive_frames(private_archive(node))  # first: it leaves an entry
    plain = archive_frames(node.get("/v1/archive").body)
    equal([sum(k == kind for k, _ in kept) for kind in (5, 7)], [3, 1])
    equal([f for f in kept if f[0] not in (5, 7)], plain)
    equal([k for k, _ in kept[:3]], [1, 2, 7])
    lost = next(i for i, f in enumerate(kept) if f[0] == 5)
    index = int.from_bytes(kept[lost][1][:8], "big")
    without = kept[:lost] + kept[lost + 1:]
    for frames, rule in ((plain, None), (kept, None), (without, "P02"),
                         ([f for f in without if f[0] != 7], None)):
        path = os.path.join(node.base, "kept.lhar")
        with open(path, "wb") as out:
            out.write(archive_of(frames))
        done = subprocess.run([os.path.join(node.bin, "liuhen-verify"), "--json", path], text=True,
                              stdout=subprocess.PIPE, check=False)
        report = json.loads(done.stdout)["files"][0]
        equal([(f["rule"], f["index"]) for f in report["findings"]], [(rule, index)] if rule else [])
        equal(done.returncode, 10 if rule else 0)
        equal(report["ledgers"][0]["private_kept"], any(k == 7 for k, _ in frames))


def what_a_client_sends_is_never_repeated(node):
    node.begin()
    node.stop()
    node.add_config("log.level = debug\nclient = uid:%d sources=desk types=* level=2\n" % os.getuid())
    node.start()
    number = "110105194912310021"
    person = "11010519491231002X"
    wide = {"counterparty": person, "purpose": person, "item": person, "system": person}
    made = [node.get("/v1/entries/gaj/1/" + number),
            node.get("/v1/entries/gaj/%s/1" % number),
            node.get("/v1/entries/" + person),
            node.get("/v1/receipts/gaj/1/" + number),
            node.get("/v1/receipts?source=%s&id=%s" % (person, person)),
            node.get("/v1/trail?%s=1" % person),
            node.get("/v1/trail?limit=%s" % number),
            node.get("/v1/trail?staff=%s" % person),
            node.get("/v1/keys?%s=%s" % (person, person)),
            node.get("/v1/checkpoints/" + number),
            node.get("/v1/proofs/consistency?from=0&to=" + number),
            node.get("/" + person),
            node.record(event(source=person)),
            node.record(event(source="x" + number[:17])),
            node.record(event(catalogue_version=int(number))),
            node.record(event(detail={"requested_mask": 1, "rows": int(number)})),
            node.record(event(**{person: 1})),
            node.record(event(type=person)),
            node.post("/v1/events", b"{}", person)]
    made += [node.record(event(**{name: value})) for name, value in wide.items()]
    for reply in made:
        assert reply.status >= 400, (reply.status, reply.text)
        assert person[:17] not in reply.text, reply.text
    assert person[:17] not in node.logged(), node.logged()


main(an_entry_shows_its_event_its_signers_and_its_block,
     a_trail_filters_orders_and_pages,
     every_row_of_a_trail_is_proven_under_its_checkpoint,
     heads_of_all_sizes_are_served_and_consistent,
     receipts_are_found_by_name_and_by_event,
     the_archive_and_every_receipt_verify_with_the_stand_alone_verifier,
     keys_are_listed_with_what_they_may,
     tiles_give_back_the_whole_log,
     what_may_be_kept_is_said,
     unknown_parameters_are_refused,
     metrics_are_clean_and_count,
     subjects_go_into_the_private_part_and_nowhere_else,
     an_archive_with_private_parts_misses_none_unnoticed,
     what_a_client_sends_is_never_repeated)
