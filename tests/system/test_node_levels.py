"""The level of a receipt: it rises as others cosign, never falls, and is recomputed offline."""

import json
import os
import shutil
import subprocess
import time

from citylib import City, main
from nodelib import UnixConnection, equal, event, until


def record(member):
    """The name of a new entry."""
    body = json.dumps(event()).encode()
    reply = member.request("POST", "/v1/events", body, {"Content-Type": "application/json"})
    equal(reply.status, 201, reply.text)
    return reply.json["results"][0]["entry"]


def receipt(member, name):
    reply = member.get("/v1/receipts/" + name)
    equal(reply.status, 200, reply.text)
    return reply.text


def verify(city, member, text, *args):
    """liuhen-verify on this text, knowing the genesis file and the seal: exit code and report."""
    path = os.path.join(city.base, "text")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    done = subprocess.run([os.path.join(city.bin, "liuhen-verify"), "--json", "--trust",
                           os.path.join(city.base, "city.lhg"), "--trust",
                           member.path("trust.policy"), *args, path],
                          capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout)["files"][0]


def level(city, member, name):
    code, report = verify(city, member, receipt(member, name))
    equal(code, 0, report)
    return report["level"]


def wait_level(city, member, name, wanted, seconds=60):
    end = time.monotonic() + seconds
    while level(city, member, name) != wanted:
        assert time.monotonic() < end, member.logged()[-3000:]
        time.sleep(0.1)


def a_receipt_rises_to_final_and_anybody_recomputes_it_offline(city):
    city.start()
    first = city.members[0]
    name = record(first)
    wait_level(city, first, name, "final")
    text = receipt(first, name)
    code, report = verify(city, first, text, "--level", "final")
    equal(code, 0, report)
    equal(report["witnesses"], {"cosigned": 2, "needed": 2, "of": 2, "mirrors": 2, "others": 0,
                                "own": False})
    equal(report["inclusion"], "ok")
    archive = wait_final_archive(city, first)
    for member in city.members:
        member.stop()
    equal(verify(city, first, text, "--level", "final")[0], 0)  # nobody runs any more
    an_archive_is_judged_by_the_lines_in_it(city, archive)


def judge(city, archive, *args):
    """liuhen-verify on an archive: exit code and report."""
    path = os.path.join(city.base, "archive.lhar")
    with open(path, "wb") as file:
        file.write(archive)
    done = subprocess.run([os.path.join(city.bin, "liuhen-verify"), "--json", *args, path],
                          capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout)["files"][0]


def wait_final_archive(city, member, seconds=60):
    """An archive whose last head is final; that of a moment may end with one that is not yet."""
    end = time.monotonic() + seconds
    while True:
        archive = member.get("/v1/archive").body
        code, report = judge(city, archive, "--trust", os.path.join(city.base, "city.lhg"),
                             "--level", "final")
        if code == 0:
            return archive
        equal(code, 11, report)
        assert time.monotonic() < end, report
        time.sleep(0.1)


def an_archive_is_judged_by_the_lines_in_it(city, archive):
    genesis = ("--trust", os.path.join(city.base, "city.lhg"))
    code, report = judge(city, archive, *genesis, "--level", "final")
    ledger = report["ledgers"][0]
    equal((code, ledger["witnessed_size"], ledger["final_size"]), (0, ledger["size"], ledger["size"]))
    code, report = judge(city, archive, "--level", "witnessed")  # nobody says whose lines count
    equal((code, report["ledgers"][0]["witnessed_size"]), (11, None))
    equal(judge(city, archive)[0], 0, "the control")
    code, report = judge(city, archive, *genesis, "--level", "witnessed", "--no-signatures")
    equal(code, 11, report)
    # the last line of a mirror names somebody unknown: it counts for nothing any more
    at = archive.rindex(b"/mirror ")
    code, report = judge(city, archive[:at] + b"/Mirror " + archive[at + 8:], *genesis, "--level", "final")
    equal((code, report["ledgers"][0]["final_size"] < ledger["size"]), (11, True), report)
    equal(judge(city, archive[:at] + b"/Mirror " + archive[at + 8:], *genesis, "--level", "witnessed")[0], 0)
    # a bit of it: false, and then the archive is refused, whatever level is asked for
    at += 8 + 60
    forged = archive[:at] + (b"A" if archive[at:at + 1] != b"A" else b"B") + archive[at + 1:]
    code, report = judge(city, forged, *genesis)
    equal(code, 10, report)
    assert "cosignature does not verify" in report["reason"], report


def lines_of_witnesses(text):
    return [line for line in text.splitlines() if line.startswith("— jinhua/") and
            ("/witness " in line or "/mirror " in line)]


def what_is_forged_missing_or_of_another_ledger_counts_for_nothing(city):
    city.start()
    first, second = city.members[:2]
    name = record(first)
    other = record(second)
    wait_level(city, first, name, "final")
    wait_level(city, second, other, "final")
    text = receipt(first, name)
    equal(verify(city, first, text, "--level", "witnessed")[0], 0)  # the control
    lines = lines_of_witnesses(text)
    equal(len(lines), 4, text)
    # one line less: k - 1
    cosigned = [line for line in lines if "/witness " in line]
    code, report = verify(city, first, text.replace(cosigned[0] + "\n", ""), "--level", "witnessed")
    equal((code, report["level"], report["witnesses"]["cosigned"]), (11, "sealed", 1))
    # a signature that does not verify
    bad = cosigned[0][:-8] + ("AAAA" if cosigned[0][-8:-4] != "AAAA" else "BBBB") + cosigned[0][-4:]
    code, report = verify(city, first, text.replace(cosigned[0], bad))
    equal((code, report["result"]), (10, "failed"))
    # a true line of the same witness, over the head of another ledger
    third = [line for line in lines_of_witnesses(receipt(second, other))
             if line.split()[1] == cosigned[0].split()[1]]
    shared = [line for line in lines_of_witnesses(receipt(second, other))
              if line.split()[1] in [one.split()[1] for one in cosigned]]
    moved = (third or shared)[0]
    same = [one for one in cosigned if one.split()[1] == moved.split()[1]][0]
    equal(verify(city, first, text.replace(same, moved))[0], 10)
    # the department's own line, in the place of one of a witness
    own = [line for line in lines_of_witnesses(receipt(second, other)) if "/gaj/witness " in line]
    equal(len(own), 1)
    code, report = verify(city, first, text.replace(cosigned[0], own[0]), "--level", "witnessed")
    equal((code, report["level"]), (11, "sealed"))


def with_a_witness_too_few_recording_goes_on_and_the_level_stays(city):
    city.start()
    first, away = city.members[0], city.members[2]
    before = record(first)
    wait_level(city, first, before, "final")
    away.stop("kill")
    name = record(first)
    time.sleep(3)
    equal(level(city, first, name), "sealed")
    equal(level(city, first, before), "final")
    away.start()
    wait_level(city, first, name, "final")


def a_level_survives_a_restart_and_the_loss_of_the_promises(city):
    city.start()
    first = city.members[0]
    name = record(first)
    wait_level(city, first, name, "final")
    text = receipt(first, name)
    first.stop("kill")
    for member in city.members[1:]:
        member.stop()
    first.start()
    equal(receipt(first, name), text)  # the same head, to the byte
    first.stop()
    shutil.rmtree(first.path("promises"))
    first.start()
    equal(receipt(first, name), text)
    newer = record(first)
    equal(level(city, first, newer), "sealed")  # nobody is there to cosign it
    equal(level(city, first, name), "final")


def a_checkpoint_shows_who_cosigned_it(city):
    city.start()
    first = city.members[0]
    name = record(first)
    wait_level(city, first, name, "final")
    size = [line for line in receipt(first, name).split("\n\n")[1].splitlines()][1]
    reply = first.get("/v1/checkpoint?size=" + size)
    equal(reply.status, 200, reply.text)
    code, report = verify(city, first, reply.text, "--level", "final")
    equal((code, report["kind"], report["level"]), (0, "checkpoint", "final"))


def waited(member, level, path="/v1/events", wait_ms=20000):
    """Record with ?wait=: seconds it took, and the answer."""
    body = json.dumps(event()).encode()
    begun = time.monotonic()
    reply = member.request("POST", "%s?wait=%s&wait_ms=%d" % (path, level, wait_ms), body,
                           {"Content-Type": "application/json"})
    return time.monotonic() - begun, reply


def a_wait_is_answered_when_the_level_is_reached(city):
    city.start()
    first = city.members[0]
    for wanted in ("recorded", "sealed", "witnessed", "final"):
        took, reply = waited(first, wanted)
        equal(reply.status, 201, reply.text)
        levels = ("recorded", "sealed", "witnessed", "final")
        assert levels.index(reply.json["level"]) >= levels.index(wanted), reply.text
        assert took < 15, took
    # the receipt in the answer is of that level
    code, report = verify(city, first, reply.json["results"][0]["receipt"], "--level", "final")
    equal((code, report["level"]), (0, "final"))
    name = record(first)
    reply = first.get("/v1/receipts/" + name + "?wait=final")
    equal((reply.status, reply.headers["Liuhen-Level"]), (200, "final"))
    equal(verify(city, first, reply.text, "--level", "final")[0], 0)
    reply = first.request("POST", "/v1/events", json.dumps(event()).encode(),
                          {"Content-Type": "application/json"})
    assert "level" not in reply.json  # nobody asked


def a_wait_ends_with_the_level_that_was_reached_and_holds_up_nobody(city):
    city.start()
    first, away = city.members[0], city.members[2]
    equal(waited(first, "final")[1].json["level"], "final")  # the control
    away.stop("kill")
    begun = time.monotonic()
    connection = UnixConnection(first.path("liuhend.sock"))
    connection.request("POST", "/v1/events?wait=witnessed&wait_ms=4000",
                       json.dumps(event()).encode(), {"Content-Type": "application/json"})
    for _ in range(5):
        record(first)
    assert time.monotonic() - begun < 4, "recording waited"
    reply = connection.getresponse()
    answer = json.loads(reply.read())
    assert 3.9 < time.monotonic() - begun < 15, time.monotonic() - begun
    connection.close()
    equal((reply.status, answer["level"]), (201, "sealed"))
    name = answer["results"][0]["entry"]
    reply = first.get("/v1/receipts/" + name + "?wait=witnessed&wait_ms=200")
    equal((reply.status, reply.headers["Liuhen-Level"]), (200, "sealed"))
    # who waits does not keep the node from stopping
    connection = UnixConnection(first.path("liuhend.sock"))
    connection.request("GET", "/v1/receipts/" + name + "?wait=final")
    until(lambda: first.status()["connections"] > 1, "nobody waits")
    time.sleep(0.5)
    begun = time.monotonic()
    first.process.terminate()
    reply = connection.getresponse()
    equal((reply.status, reply.headers["Liuhen-Level"]), (200, "sealed"))
    reply.read()
    connection.close()
    equal(first.process.wait(10), 0)  # a second signal would end it at once
    assert time.monotonic() - begun < 10


def a_wait_that_makes_no_sense_is_refused_and_nothing_is_recorded(city):
    city.start()
    first = city.members[0]
    size = first.head()[1]
    for query in ("wait=soon", "wait=final&wait_ms=never", "wait=final&wait_ms=30001"):
        reply = first.request("POST", "/v1/events?" + query, json.dumps(event()).encode(),
                              {"Content-Type": "application/json"})
        equal((reply.status, reply.json["code"]), (400, "request.malformed"))
    equal(first.head()[1], size)
    equal(waited(first, "sealed")[1].status, 201)  # the control


def the_command_line_waits_for_a_level_and_recomputes_it(city):
    city.start()
    first, away = city.members[0], city.members[2]
    path = os.path.join(city.base, "event.json")

    def write_event():
        with open(path, "w", encoding="utf-8") as file:
            json.dump(event(), file)

    write_event()
    row = json.loads(first.cli("record", path, "--wait", "final", "--json", "-o", "receipts"))
    equal((row["status"], row["level"]), ("recorded", "final"))
    saved, = os.listdir(os.path.join(city.base, "receipts"))
    said = first.cli("receipt", "verify", os.path.join("receipts", saved))
    assert "level     final  2 of 2 witnesses cosigned, 2 are needed; 2 hold every leaf" in said, said
    # a client elsewhere, which has the network pinned and no data directory
    name = row["entry"]
    other = dict(os.environ, HOME=city.base, XDG_STATE_HOME=city.base + "/elsewhere", LC_ALL="C.UTF-8")
    other.pop("LIUHEN_DATA", None)

    def elsewhere(*args):
        done = subprocess.run([os.path.join(city.bin, "liuhen"), "--node",
                               "unix:" + first.path("liuhend.sock"), *args], env=other,
                              capture_output=True, text=True, check=False, timeout=60,
                              cwd=city.base)
        return done.returncode, done.stdout + done.stderr

    code, said = elsewhere("receipt", "get", name, "--wait", "final", "-o", "mine.tlog-proof")
    equal(code, 0, said)
    away.stop("kill")
    write_event()
    done = subprocess.run([os.path.join(city.bin, "liuhen"), "record", path, "--wait", "witnessed",
                           "--json", "--timeout", "4"], env=dict(other, LIUHEN_DATA=first.dir),
                          capture_output=True, text=True, check=False, timeout=60)
    equal(done.returncode, 8, done.stderr)
    equal(json.loads(done.stdout)["level"], "sealed")
    assert "the level is sealed for now, not witnessed" in done.stderr, done.stderr
    newer = json.loads(done.stdout)["entry"]
    code, said = elsewhere("receipt", "get", newer, "--wait", "final", "--timeout", "2", "-o", "new")
    equal(code, 8, said)
    code, said = elsewhere("receipt", "get", newer, "--wait", "soon")
    equal(code, 2, said)
    for member in city.members:
        member.stop()  # nobody runs any more
    code, said = elsewhere("receipt", "verify", "mine.tlog-proof")
    assert code == 0 and "level     final" in said, said
    code, said = elsewhere("receipt", "verify", "new")
    assert code == 0 and "level     sealed  1 of 2" in said or "level     sealed  0 of 2" in said, said


def in_a_city_of_two_a_head_is_witnessed_and_never_final(_city):
    pair = City(2)
    try:
        pair.start()
        first = pair.members[0]
        took, reply = waited(first, "witnessed")
        equal((reply.status, reply.json["level"]), (201, "witnessed"))
        code, report = verify(pair, first, reply.json["results"][0]["receipt"])
        equal((code, report["level"], report["witnesses"]["mirrors"]), (0, "witnessed", 1))
        assert took < 15
        size = first.head()[1]
        for reply in (waited(first, "final")[1],
                      first.get("/v1/receipts/gaj/1/0?wait=final")):
            equal((reply.status, reply.json["code"]), (422, "level.unreachable"))
        equal(first.head()[1], size)  # nothing was recorded
    finally:
        pair.remove()


main(3, a_receipt_rises_to_final_and_anybody_recomputes_it_offline,
     what_is_forged_missing_or_of_another_ledger_counts_for_nothing,
     with_a_witness_too_few_recording_goes_on_and_the_level_stays,
     a_level_survives_a_restart_and_the_loss_of_the_promises,
     a_checkpoint_shows_who_cosigned_it,
     a_wait_is_answered_when_the_level_is_reached,
     a_wait_ends_with_the_level_that_was_reached_and_holds_up_nobody,
     a_wait_that_makes_no_sense_is_refused_and_nothing_is_recorded,
     the_command_line_waits_for_a_level_and_recomputes_it,
     in_a_city_of_two_a_head_is_witnessed_and_never_final)
