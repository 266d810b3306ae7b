"""A node that witnesses another's log (C2SP tlog-witness): what it cosigns, what it refuses and what it
keeps, over its own socket and with real processes."""

import base64
import hashlib
import http.client
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

from durability import skip_unless
from nodelib import (CHECKPOINT, Node, archive_frames, b64, equal, event, liuhen, must,
                     run_claims, until)

DASH = "\u2014 "
STRACE = shutil.which("strace")
skip_unless(STRACE is not None, "strace is missing")


class Pair:
    """A log (jinhua/gaj/1) and a node of another network that witnesses it."""

    def __init__(self, config=""):
        self.log = Node(config="heartbeat.idle = 0\n")
        self.witness = Node(network="yiwu", config="heartbeat.idle = 0\n" + config)
        self.log.begin()
        self.vkey = vkey_of(self.log)
        self.policy = os.path.join(self.witness.base, "logs")
        write(self.policy, "# whom we witness\nlog %s\n" % self.vkey)
        self.key = os.path.join(self.witness.base, "cosigner.pem")
        must(self.witness, "keygen", "--alg", "ed25519", "-o", self.key)
        self.witness.add_config("witness.key = %s\nwitness.logs = %s\n" % (self.key, self.policy))
        self.witness.begin()
        self.name = "/" + hashlib.sha256(b"jinhua/gaj/1").hexdigest()

    def last_words(self):
        return "---- log ----\n%s\n---- witness ----\n%s" % (self.log.last_words(),
                                                             self.witness.last_words())

    def trust(self, quorum="w", url="", more="", name="trust"):
        """The policy of whoever relies on this log and this witness."""
        path = os.path.join(self.witness.base, name)
        write(path, "log %s\nwitness w %s %s\n%squorum %s\n" %
              (self.vkey, self.witness.status()["witness"]["vkey"], url, more, quorum))
        return path

    def trust_of_own(self):
        path = os.path.join(self.witness.base, "own")
        write(path, "log %s\n" % vkey_of(self.witness))
        return path

    def add(self, old, note, proof=()):
        body = "old %d\n%s\n%s" % (old, "".join(line + "\n" for line in proof), note)
        return self.witness.post("/add-checkpoint", body, "text/plain")

    def grow(self, old):
        """Ask for the log's newest head; its size."""
        note = checkpoint(self.log)
        equal(self.add(old, note, proof(self.log, old, size_of(note))).status, 200, "grow")
        return size_of(note)

    def shown(self):
        return self.witness.get(self.name + "/checkpoint")

    def remove(self):
        self.log.remove()
        self.witness.remove()


def write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def vkey_of(node):
    """As the CLI pins it at its first use."""
    must(node, "checkpoint", "show")
    folder = os.path.join(node.base, "liuhen")
    for name in os.listdir(folder):
        if name.endswith(".policy"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                return [line[4:].strip() for line in file if line.startswith("log ")][0]
    raise AssertionError("nothing was pinned")


def checkpoint(node, size=None):
    return node.get("/v1/checkpoint" + ("?size=%d" % size if size else "")).text


def size_of(note):
    return int(note.split("\n")[1])


def proof(node, old, size):
    return node.get("/v1/consistency?from=%d&to=%d" % (old, size)).json["proof"] if old else []


def verify(node, trust, note):
    """Exit code and words of liuhen-verify about a text."""
    path = os.path.join(node.base, "judged")
    write(path, note)
    done = subprocess.run([os.path.join(node.bin, "liuhen-verify"), "--trust", trust, path],
                          stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout


class Proxy(http.server.ThreadingHTTPServer):
    """What stands before a witness's socket: http://127.0.0.1/w/ for everybody. The first
    answers may be others: (status, headers, body)."""

    daemon_threads = True

    def __init__(self, witness, first=()):
        super().__init__(("127.0.0.1", 0), ProxyHandler)
        self.witness, self.first, self.asked = witness, list(first), []
        self.url = "http://127.0.0.1:%d/w/" % self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class ProxyHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        proxy = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        proxy.asked.append(body.split(b"\n")[0].decode())
        if not self.path.startswith("/w/add-"):
            status, headers, said = 404, {}, b""
        elif proxy.first:
            status, headers, said = proxy.first.pop(0)
        else:
            reply = proxy.witness.request("POST", self.path[2:], body)
            status, headers, said = reply.status, {"Content-Type": reply.headers["Content-Type"]}, reply.body
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


def keep_archive(node):
    path = os.path.join(node.base, "judged.lhar")
    with open(path, "wb") as out:
        out.write(node.get("/v1/archive").body)
    return path


def restore_archive(node, path, trust, name):
    """(exit code, messages) of making a data directory of it."""
    where = os.path.join(node.base, name)
    code, _, err = liuhen(node, "restore", "--archive", path, "--data", where, "--guard", where + "-guard",
                          "--trust", trust)
    equal(os.path.exists(where), code == 0, "what a refusal leaves")
    return code, err


def verify_archive(node, trust):
    path = keep_archive(node)
    done = subprocess.run([os.path.join(node.bin, "liuhen-verify"), "--trust", trust, path],
                          stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout


def submit(node, policy):
    code, out, err = liuhen(node, "witness", "submit", "--policy", policy)
    return code, out + err


def restore_is_judged_by_the_quorum(pair, cosigned, forged):
    """The log has grown behind the head that was cosigned."""
    path = keep_archive(pair.log)
    code, said = restore_archive(pair.log, path, pair.trust(), "behind")
    equal(code, 11, said)
    assert "a quorum up to size %d of %d" % (size_of(cosigned), size_of(checkpoint(pair.log))) in said, said
    equal(restore_archive(pair.log, path, pair.trust("none"), "control")[0], 0, "the control")
    with open(path, "rb") as file:
        whole = file.read()
    equal(whole.count(cosigned.encode()), 1)
    with open(path, "wb") as file:
        file.write(whole.replace(cosigned.encode(), forged.encode()))
    code, said = restore_archive(pair.log, path, pair.trust(), "forged")
    equal(code, 10, said)
    assert "size %d: a witness's cosignature does not verify" % size_of(cosigned) in said, said


def keep_cosignatures(pair):
    """The log's node takes in what this witness says."""
    pair.log.stop()
    pair.log.add_config("witness.policy = %s\n" % pair.trust())
    pair.log.start()


def notes_of(archive):
    """The checkpoints that an archive carries, in order."""
    return [content.decode() for kind, content in archive_frames(archive) if kind == CHECKPOINT]


# ---- claims ----

def cosignatures_are_kept_and_shown_with_head_and_receipts(pair):
    first = pair.grow(0)
    early = checkpoint(pair.log)
    equal(pair.log.post("/v1/cosignatures", pair.shown().text, "text/plain").status, 404, "no policy")
    keep_cosignatures(pair)
    equal(pair.log.record(event()).status, 201)
    equal(pair.log.record(event()).status, 201)
    plain = checkpoint(pair.log)
    size = pair.grow(first)
    cosigned = pair.shown().text
    reply = pair.log.post("/v1/cosignatures", cosigned, "text/plain")
    equal((reply.status, reply.json["size"], reply.json["added"]), (200, size, 1))
    reply = pair.log.post("/v1/cosignatures", cosigned, "text/plain")
    equal((reply.status, reply.json["added"]), (200, 0), "again")
    trust = pair.trust()
    for again in range(2):
        equal(checkpoint(pair.log), cosigned, "the newest")
        equal(checkpoint(pair.log, size), cosigned, "of its size")
        equal(pair.log.get("/jinhua/gaj/1/checkpoint").text, cosigned, "of the tiles")
        equal(checkpoint(pair.log, first), early, "another size")
        for index in (0, size - 4, size - 2):  # each under the first cosigned head behind it
            code, said = verify(pair.log, trust, pair.log.get("/v1/receipts/gaj/1/%d" % index).text)
            equal(code, 0, said)
            assert "of %d in ledger" % size in said, said
        carried = notes_of(pair.log.get("/v1/archive").body)
        equal([note for note in carried if note.count(DASH) > 1], [cosigned], "an archive carries it")
        equal(carried[0], checkpoint(pair.log, size_of(carried[0])), "and the others as they were sealed")
        backup = os.path.join(pair.log.base, "backup-%d" % again)
        must(pair.log, "backup", "create", "-o", backup)
        with open(os.path.join(backup, "ledger.lhar"), "rb") as file:
            equal(notes_of(file.read()), carried, "and a backup")
        code, said = verify_archive(pair.log, trust)
        equal(code, 0, said)
        assert "the quorum cosigned up to size %d of %d" % (size, size) in said, said
        code, said = restore_archive(pair.log, keep_archive(pair.log), trust, "cosigned-%d" % again)
        equal(code, 0, said)
        assert "vouched for by --trust" in said, said
        if again == 0:
            pair.log.kill()
            pair.log.start()
    equal(pair.log.record(event()).status, 201)
    receipt = pair.log.get("/v1/receipts/gaj/1/%d" % size).text
    equal(verify(pair.log, trust, receipt)[0], 11, "an entry behind the cosigned head")
    equal(verify(pair.log, pair.trust("none"), receipt)[0], 0, "the control")
    code, said = verify_archive(pair.log, pair.trust())
    equal(code, 11, said)
    assert "too few witnesses have cosigned jinhua/gaj/1: a quorum up to size %d of %d" % (
        size, size_of(checkpoint(pair.log))) in said, said
    equal(verify_archive(pair.log, pair.trust("none"))[0], 0, "the control")
    forged = cosigned[:-9] + ("A" if cosigned[-9] != "A" else "B") + cosigned[-8:]
    restore_is_judged_by_the_quorum(pair, cosigned, forged)
    for name, note, status in (("a false line", forged, 422), ("no line", plain, 404),
                               ("another's head", cosigned.replace("/gaj/", "/gbj/"), 404),
                               ("no such size", cosigned.replace("\n%d\n" % size, "\n%d\n" % (size - 1)), 404),
                               ("no note", "x", 400)):
        equal(pair.log.post("/v1/cosignatures", note, "text/plain").status, status, name)



def a_head_is_cosigned_and_counts_for_a_quorum(pair):
    equal(pair.shown().status, 404, "nothing yet")
    size = pair.grow(0)
    note = checkpoint(pair.log)
    reply = pair.add(size, note)  # the same head again
    equal(reply.status, 200)
    assert reply.text.startswith(DASH + "yiwu/gaj/witness ") and reply.text.count("\n") == 1, reply.text
    shown = pair.shown()
    equal((shown.status, shown.text), (200, note + reply.text), "what is shown")
    trust = pair.trust()
    code, said = verify(pair.log, trust, shown.text)
    equal(code, 0, said)
    assert "witnesses OK  1 of 1 cosigned" in said, said
    code, said = verify(pair.log, trust, note)
    equal(code, 11, said)
    assert "too few witnesses" in said, said
    # a receipt of an entry in that head carries the line as well
    entry = "gaj/1/%d" % (size - 2)
    receipt = pair.log.get("/v1/receipts/" + entry).text
    equal(verify(pair.log, trust, receipt)[0], 11, "a receipt without the line")
    code, said = verify(pair.log, trust, receipt + reply.text)
    equal(code, 0, said)
    # `liuhen` judges seals alone, and says so
    code, _, err = liuhen(pair.log, "checkpoint", "show", "--trust", trust)
    assert code != 0 and "quorum of witnesses" in err, err
    must(pair.log, "checkpoint", "show", "--trust", pair.trust("none"))  # the control


def a_log_grows_and_an_older_head_is_refused(pair):
    first = pair.grow(0)
    old_note = checkpoint(pair.log)
    equal(pair.log.record(event()).status, 201)
    second = pair.grow(first)
    assert second > first
    for asked, note in ((first, old_note), (0, old_note)):
        reply = pair.add(asked, note)
        equal((reply.status, reply.headers["Content-Type"], reply.text),
              (409, "text/x.tlog.size", "%d\n" % second), "an older head")
    equal(pair.log.record(event()).status, 201)
    note = checkpoint(pair.log)
    equal(pair.add(second, note).status, 422, "without a proof")
    equal(pair.add(second, note, proof(pair.log, first, size_of(note))).status, 422, "another proof")
    equal(pair.witness.get(pair.name + "/fork").status, 404, "no evidence of a fork")
    equal(size_of(pair.shown().text), second, "nothing moved")
    equal(pair.grow(second), size_of(note), "the control")


def the_newest_head_is_submitted_and_its_cosignature_comes_back(pair):
    keep_cosignatures(pair)
    with Proxy(pair.witness) as proxy:
        policy = pair.trust(url=proxy.url, name="witnesses")
        code, said = submit(pair.log, policy)
        equal(code, 0, said)
        assert "w  cosigned" in said, said
        note = checkpoint(pair.log)
        equal(verify(pair.log, pair.trust(), note)[0], 0, "the head shows it")
        first = size_of(note)
        equal(pair.log.record(event()).status, 201)
        equal(verify(pair.log, pair.trust(), checkpoint(pair.log))[0], 11, "a newer head")
        code, said = submit(pair.log, policy)
        equal(code, 0, said)
        equal(proxy.asked, ["old 0", "old 0", "old %d" % first])
        equal(verify(pair.log, pair.trust(), checkpoint(pair.log))[0], 0)
        code, said = submit(pair.log, policy)  # the same head again, a new time
        equal(code, 0, said)
    # over its socket, and the policy that the node itself names
    pair.trust(url="unix:" + pair.witness.socket)
    equal(pair.log.record(event()).status, 201)
    code, out, err = liuhen(pair.log, "witness", "submit", "--json")
    equal(code, 0, err)
    told = json.loads(out)
    equal((told["schema"], told["enough"], told["witnesses"]),
          ("liuhen.witnessed/1", True, [{"witness": "w", "result": "cosigned"}]))
    equal(verify(pair.log, pair.trust(), checkpoint(pair.log))[0], 0)


def a_witness_that_says_no_is_told_apart(pair):
    keep_cosignatures(pair)
    none = "text/plain"
    for first, code, words in (
            ([(503, {"Retry-After": "1"}, b"")], 0, "cosigned"),  # asked again
            ([(429, {"Retry-After": "1000"}, b"")], 8, "later: "),
            ([(404, {}, b"")], 8, "refused: it does not witness this log"),
            ([(403, {}, b"")], 8, "refused: it does not witness this log"),
            ([(200, {"Content-Type": none}, b"")], 8, "refused: "),
            ([(409, {}, b"")], 12, "unproven: "),
            ([(422, {}, b"")], 12, "unproven: "),
            ([(409, {"Content-Type": "text/x.tlog.size"}, b"999\n")], 12, "ahead: it has cosigned 999")):
        equal(pair.log.record(event()).status, 201)  # a head that nobody has cosigned
        with Proxy(pair.witness, first) as proxy:
            got, said = submit(pair.log, pair.trust(url=proxy.url, name="witnesses"))
            equal(got, code, said)
            assert words in said, said
    # nobody there: the other one is asked all the same, and the quorum decides
    must(pair.witness, "keygen", "--alg", "ed25519", "-o", os.path.join(pair.witness.base, "x.pem"))
    dead = other_witness(pair, "http://127.0.0.1:1/")
    equal(pair.log.record(event()).status, 201)
    for quorum, code in (("group q any w x\nq", 0), ("group q all w x\nq", 8)):
        more, name = quorum.rsplit("\n", 1)
        policy = pair.trust(name, "unix:" + pair.witness.socket, dead + more + "\n", "witnesses")
        got, said = submit(pair.log, policy)
        equal(got, code, said)
        assert "x  unreachable: " in said and "w  cosigned" in said, said


def other_witness(pair, url):
    """The line of a witness x with a key of its own."""
    with open(os.path.join(pair.witness.base, "x.pub"), encoding="ascii") as file:
        key = b"\x04" + base64.b64decode(file.read().split(":")[1])
    name = b"x.example"
    number = hashlib.sha256(name + b"\n" + key).digest()[:4].hex()
    return "witness x %s+%s+%s %s\n" % (name.decode(), number, b64(key), url)


def a_forked_log_is_refused_and_both_notes_are_kept(pair):
    twin = Node(config="heartbeat.idle = 0\n")
    shutil.rmtree(twin.dir)
    shutil.rmtree(twin.dir + "-guard")
    first = pair.grow(0)
    pair.log.stop()
    shutil.copytree(pair.log.dir, twin.dir)
    shutil.copytree(pair.log.dir + "-guard", twin.dir + "-guard")
    write(os.path.join(twin.dir, "liuhend.conf"), "heartbeat.idle = 0\n")
    try:
        pair.log.start()
        twin.start()
        equal(pair.log.record(event()).status, 201)
        equal(twin.record(event()).status, 201)
        size = pair.grow(first)
        forked = checkpoint(twin)
        equal(size_of(forked), size, "of one size")
        reply = pair.add(first, forked, proof(twin, first, size))
        equal((reply.status, reply.json["code"]), (422, "witness.fork"))
        assert "witness.fork origin=jinhua/gaj/1" in pair.witness.logged()
        kept = pair.witness.get(pair.name + "/fork")
        equal(kept.status, 200)
        at = kept.text.index("\njinhua/gaj/1\n")
        notes = (kept.text[:at], kept.text[at + 1:])
        roots = []
        for note in notes:
            code, said = verify(pair.log, pair.trust("none"), note)
            equal(code, 0, said)
            equal(size_of(note), size)
            roots.append(note.split("\n")[2])
        assert roots[0] != roots[1], roots
        # a head that hides it behind its own growth
        equal(twin.record(event()).status, 201)
        later = checkpoint(twin)
        reply = pair.add(size, later, proof(twin, size, size_of(later)))
        equal((reply.status, reply.json["code"]), (422, "witness.unproven"))
        equal(pair.witness.get(pair.name + "/fork").text, kept.text, "the first stays")
        pair.witness.kill()
        pair.witness.start()
        equal(pair.witness.get(pair.name + "/fork").text, kept.text, "after a kill")
        code, said = submit(twin, pair.trust(url="unix:" + pair.witness.socket, name="witnesses"))
        equal(code, 12, said)
        assert "unproven: " in said, said
        equal(pair.grow(size), size, "the true log, the control")
    finally:
        twin.remove()


def what_is_malformed_unknown_or_forged_is_refused(pair):
    note = checkpoint(pair.log)
    text, line = note.split("\n\n")
    forged, torn = bytearray(line.encode()), bytearray(line.encode())
    forged[-10] = ord("A") if forged[-10] != ord("A") else ord("B")
    torn[-10] = ord("*")
    for name, body, status in (
            ("no body", b"", 400),
            ("no old", note.encode(), 400),
            ("a size with a zero in front", b"old 00\n\n" + note.encode(), 400),
            ("no checkpoint", b"old 0\n\n", 400),
            ("above the size", b"old 99\n\n" + note.encode(), 400),
            ("an unknown log", b"old 0\n\n" + note.replace("/gaj/", "/gbj/").encode(), 404),
            ("a seal that is no base64", b"old 0\n\n" + text.encode() + b"\n\n" + bytes(torn), 400),
            ("a changed seal", b"old 0\n\n" + text.encode() + b"\n\n" + bytes(forged), 403),
            ("a changed size", b"old 0\n\n" + note.replace("\n4\n", "\n5\n").encode(), 403),
            ("too much", b"old 0\n\n" + b"x" * (128 * 1024), 413)):
        reply = pair.witness.request("POST", "/add-checkpoint", body)
        equal(reply.status, status, name)
    equal(pair.witness.get("/add-checkpoint").status, 405)
    equal(pair.witness.get(pair.name.upper() + "/checkpoint").status, 404)
    equal(pair.shown().status, 404, "nothing was cosigned")
    pair.grow(0)  # the control
    equal(pair.shown().status, 200)
    equal(pair.log.post("/add-checkpoint", "old 0\n\n" + note, "text/plain").status, 404, "no witness")
    if os.geteuid() == 0:
        who_has_no_client_line_is_not_answered(pair)


def who_has_no_client_line_is_not_answered(pair):
    os.chmod(pair.witness.base, 0o755)
    os.chmod(pair.witness.dir, 0o755)
    os.chmod(pair.witness.socket, 0o666)
    ask = ("import socket,sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(%r)\n"
           "s.sendall(b'GET ' + sys.argv[1].encode() + b' HTTP/1.1\\r\\nHost: n\\r\\n"
           "Connection: close\\r\\n\\r\\n')\n"
           "print(s.makefile().read())" % pair.witness.socket)
    for user, wanted in ((65534, "auth.unknown_client"), (0, DASH + "yiwu/gaj/witness")):
        said = subprocess.run([sys.executable, "-c", ask, pair.name + "/checkpoint"],
                              stdout=subprocess.PIPE, text=True, check=True,
                              preexec_fn=lambda user=user: os.setuid(user)).stdout
        assert wanted in said, said


def traced(pair, inject):
    """strace changes what the witness asks of the kernel from here on."""
    tracer = subprocess.Popen([STRACE, "-f", "-q", "-o", "/dev/null", "-e", "trace=fdatasync",
                               "-e", "inject=fdatasync:" + inject, "-p", str(pair.witness.process.pid)],
                              stderr=subprocess.DEVNULL)
    threads = "/proc/%d/task" % pair.witness.process.pid

    def is_held(thread):
        with open(os.path.join(threads, thread, "status"), encoding="ascii") as file:
            return "TracerPid:\t0\n" not in file.read()

    until(lambda: all(is_held(one) for one in os.listdir(threads)), "strace does not get hold of the witness")
    time.sleep(0.3)  # and lets go on what it has stopped
    return tracer


def unanswered(pair, old, note, lines):
    try:
        reply = pair.add(old, note, lines)
        raise AssertionError("answered %d %s" % (reply.status, reply.text))
    except (OSError, http.client.HTTPException):
        pass


def a_witness_that_dies_before_it_answers_cosigns_the_same_head_again(pair):
    first = pair.grow(0)
    equal(pair.log.record(event()).status, 201)
    note = checkpoint(pair.log)
    lines = proof(pair.log, first, size_of(note))
    tracer = traced(pair, "signal=SIGKILL")
    unanswered(pair, first, note, lines)
    equal(pair.witness.process.wait(timeout=60), -signal.SIGKILL)
    tracer.wait(timeout=60)
    pair.witness.start()
    equal(size_of(pair.shown().text), size_of(note), "it was stored")
    equal(pair.add(first, note, lines).status, 409, "and is the last one")
    equal(pair.add(size_of(note), note).status, 200, "which is cosigned again")


def a_head_that_cannot_be_stored_is_not_cosigned(pair):
    first = pair.grow(0)
    equal(pair.log.record(event()).status, 201)
    note = checkpoint(pair.log)
    lines = proof(pair.log, first, size_of(note))
    tracer = traced(pair, "error=EIO")
    unanswered(pair, first, note, lines)
    equal(pair.witness.process.wait(timeout=60), 5, "it ends as a node does that cannot write")
    tracer.wait(timeout=60)
    pair.witness.start()
    last = size_of(pair.shown().text)
    assert last in (first, size_of(note)), last  # what reached the disk is not known, and both are whole
    equal(pair.add(last, note, lines if last == first else ()).status, 200, "the control")


def a_witness_tells_its_key_and_takes_no_log_of_its_own_network(pair):
    told = pair.witness.status()["witness"]
    equal(told["logs"], 1)
    assert told["vkey"].startswith("yiwu/gaj/witness+"), told
    assert told["vkey"] in must(pair.witness, "status")
    assert "witness" not in pair.log.status()
    own = pair.trust_of_own()
    pair.witness.stop()
    for line, words in (("witness.key = %s\n" % os.path.join(pair.witness.dir, "keys/witness.pem"),
                         "the enrolment's key"),
                        ("witness.logs = %s\n" % own, "of our own network"),
                        ("witness.logs =\n", "wants both")):
        with open(os.path.join(pair.witness.dir, "liuhend.conf"), encoding="utf-8") as file:
            kept = file.read()
        pair.witness.add_config(line)
        done = subprocess.run([os.path.join(pair.witness.bin, "liuhend"), "--data", pair.witness.dir],
                              stderr=subprocess.PIPE, text=True, check=False, timeout=60)
        assert done.returncode != 0 and words in done.stderr, (line, done.stderr)
        write(os.path.join(pair.witness.dir, "liuhend.conf"), kept)
    pair.witness.start()  # the control


run_claims(Pair, [
    a_head_is_cosigned_and_counts_for_a_quorum,
    cosignatures_are_kept_and_shown_with_head_and_receipts,
    the_newest_head_is_submitted_and_its_cosignature_comes_back,
    a_witness_that_says_no_is_told_apart,
    a_log_grows_and_an_older_head_is_refused,
    a_forked_log_is_refused_and_both_notes_are_kept,
    what_is_malformed_unknown_or_forged_is_refused,
    a_witness_tells_its_key_and_takes_no_log_of_its_own_network,
    a_witness_that_dies_before_it_answers_cosigns_the_same_head_again,
    a_head_that_cannot_be_stored_is_not_cosigned,
])
