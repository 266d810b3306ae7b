"""A node under test: makes its directory, runs the real binary, speaks HTTP over its socket."""

import base64
import concurrent.futures
import contextlib
import datetime
import http.client
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=60):
        super().__init__("node", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


def now(offset_s=0):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset_s)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (at.microsecond // 1000)


STAFF = "5151515151515101"
serials = itertools.count(1)  # of all threads: no two take the same


def event(**changes):
    """A good QUERY of now; None removes a member."""
    made = {
        "source": "desk",
        "id": "e-%d-%d" % (os.getpid(), next(serials)),
        "type": "QUERY",
        "event_time": now(),
        "staff": STAFF,
        "system": "shared-platform",
        "channel": "PLATFORM",
        "item": "birth-certificate",
        "catalogue_version": 1,
        "case": "c1" * 16,
        "exchange": os.urandom(16).hex(),
        "counterparty": "wjw",
        "purpose": "newborn",
        "legal_basis": "zfg-2019",
        "detail": {"requested_mask": 3},
    }
    made.update(changes)
    return {name: value for name, value in made.items() if value is not None}


class Node:
    def __init__(self, staff=2, config="", network="jinhua"):
        self.bin, self.tools = sys.argv[1], sys.argv[2]
        self.base = tempfile.mkdtemp(prefix="lh-")
        self.dir = os.path.join(self.base, "n")
        self.socket = os.path.join(self.dir, "liuhend.sock")
        self.log = os.path.join(self.base, "log")
        self.process = None
        self.whole_warrant = None
        self.tool("make_node", "create", self.dir, str(staff), network)
        if config:
            self.add_config(config)

    def tool(self, name, *args, **more):
        return subprocess.run([os.path.join(self.tools, name), *args], check=True,
                              stdout=subprocess.PIPE, text=True, **more).stdout

    def add_config(self, lines):
        with open(os.path.join(self.dir, "liuhend.conf"), "a", encoding="utf-8") as out:
            out.write(lines)

    def start(self, wait=True, env=None):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(self.bin, "liuhend"), "--data", self.dir], stderr=log,
                env=dict(os.environ, **(env or {})))
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError("liuhend ended with %d:\n%s" %
                                     (self.process.returncode, self.logged()))
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.get("/healthz").status == 200:
                    return
            time.sleep(0.01)
        raise AssertionError("liuhend does not answer:\n" + self.logged())

    def begin(self):
        """GENERATION and the first staff member: the ledger takes entries."""
        self.start()
        assert self.act("generation").status == 201
        assert self.act("staff-1").status == 201

    def act(self, name):
        with open(os.path.join(self.dir, "acts", name + ".act"), "rb") as file:
            return self.post("/v1/acts", file.read(), "application/vnd.liuhen.act")

    def logged(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def last_words(self):
        return self.logged()[-3000:]

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, code=0):
        self.process.send_signal(signal.SIGTERM)
        got = self.process.wait(timeout=60)
        assert got == code, "liuhend ended with %d:\n%s" % (got, self.logged())

    def request(self, method, path, body=None, headers=None, timeout=60):
        connection = UnixConnection(self.socket, timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body, media="application/json"):
        if isinstance(body, str):
            body = body.encode()
        return self.request("POST", path, body, {"Content-Type": media})

    def record(self, *events, path="/v1/events"):
        if len(events) == 1:
            return self.post(path, json.dumps(events[0]))
        return self.post(path, "\n".join(json.dumps(one) for one in events),
                         "application/x-ndjson")

    def submissions(self, count, prefix, staff=1):
        """Framed, signed submissions, as bytes."""
        path = os.path.join(self.base, "s-%s" % prefix)
        self.tool("make_node", "submissions", self.dir, str(staff), str(count), prefix, path)
        with open(path, "rb") as file:
            return file.read()

    def status(self):
        return self.get("/v1/status").json

    def size(self):
        return self.status()["size"]

    def remove(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.base, ignore_errors=True)


def frames(data):
    """The submissions of a framed body."""
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        found.append(data[4:4 + size])
        data = data[4 + size:]
    return found


LEAF, CHECKPOINT, END = 3, 4, 6  # kinds of frames (specs/ledger.md 10)


def archive_frames(archive):
    """(kind, content) of an .lhar, without its end frame."""
    at, out = 6, []
    while archive[at] != END:
        length = int.from_bytes(archive[at + 1:at + 5], "big")
        out.append((archive[at], archive[at + 5:at + 5 + length]))
        at += 5 + length
    return out


def archive_of(made):
    end = [(END, len(made).to_bytes(8, "big"))]
    return b"LHAR1\n" + b"".join(bytes([kind]) + len(content).to_bytes(4, "big") + content
                                 for kind, content in made + end)


def b64(data):
    return base64.b64encode(data).decode()


def equal(got, wanted, what=""):
    assert got == wanted, "%s: got %r, wanted %r" % (what, got, wanted)


def until(holds, what, seconds=60):
    """Wait for what follows a little later; its value, once that is true. `what`: words for when it
    does not, or what finds them."""
    end = time.monotonic() + seconds
    while True:
        value = holds()
        if value:
            return value
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.02)


def becomes(get, wanted, what="", seconds=60):
    """As equal, of what comes to be so."""
    end = time.monotonic() + seconds
    while get() != wanted and time.monotonic() < end:
        time.sleep(0.02)
    equal(get(), wanted, what)


def liuhen(node, *args, before=()):
    """(exit code, output, messages) of the CLI about this node, with a state directory of its own."""
    done = subprocess.run([*before, os.path.join(node.bin, "liuhen"), *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=120,
                          env=dict(os.environ, HOME=node.base, XDG_STATE_HOME=node.base,
                                   LIUHEN_DATA=node.dir))
    return done.returncode, done.stdout, done.stderr


def must(node, *args):
    code, out, err = liuhen(node, *args)
    equal(code, 0, " ".join(args) + ": " + err)
    return out


def enact(node, **fields):
    """Hand in an act of these fields, signed by two officers, as the CLI tells of it."""
    path = os.path.join(node.base, "%s-%s" % (fields["type"], os.urandom(4).hex()))
    with open(path + ".json", "w", encoding="utf-8") as out:
        json.dump(dict(fields, id=os.path.basename(path)), out)
    must(node, "act", path + ".json", "-o", path + ".lh")
    for number in (1, 2):
        must(node, "cosign", path + ".lh", "--key",
             os.path.join(node.dir, "keys/officer-%d.pem" % number))
    return liuhen(node, "submit", path + ".lh")


def as_client(node, line):
    """From here on we are the client of this line."""
    path = os.path.join(node.dir, "liuhend.conf")
    with open(path, encoding="utf-8") as file:
        kept = [one for one in file if not one.startswith("client = uid:")]
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(kept) + "client = uid:%d sources=* types=* level=3 %s\n" %
                   (os.getuid(), line))
    if node.process is not None and node.process.poll() is None:
        node.stop()
        node.start()


def warrant(node, **scope):
    """The name of a WARRANT just recorded, of a day before and after now unless `scope` says more."""
    detail = {"warrant_id": os.urandom(16).hex(), "authority": "city audit office",
              "document": "2026-17", "from": now(-86400), "until": now(86400),
              "expires": now(86400)}
    code, out, err = enact(node, type="WARRANT", legal_basis="audit-law-34",
                           detail=dict(detail, **scope))
    equal(code, 0, out + err)
    return "gaj/%d/%d" % (node.status()["generation"], node.size() - 2)


def subject(person):
    return {"role": "principal", "type": "resident" if len(person) == 18 else "passport", "id": person}


def tokens(node, person):
    """(bytes of the file, its digest, its path): of the last months and this one."""
    path = os.path.join(node.base, "tokens-" + os.urandom(4).hex())
    with open(path + ".txt", "w", encoding="ascii") as out:
        out.write(person + "\n")
    said = must(node, "tokens", "--subject-file", path + ".txt", "--type", subject(person)["type"],
                "-S", now(-40 * 86400), "-U", now(86400), "-o", path)
    with open(path, "rb") as file:
        return file.read(), said.split()[1], path


def private_archive(node):
    """The archive with private parts, as an auditor under a warrant for all of it gets it."""
    if node.whole_warrant is None:
        as_client(node, "roles=auditor,operator")
        node.whole_warrant = warrant(node)
    reply = node.get("/v1/archive?private=1&warrant=" + node.whole_warrant)
    equal(reply.status, 200, reply.body[:200])
    return reply.body


def tell_failure(name, error):
    """Where it failed, innermost last; every line says FAILED, which the end of a long log is searched for."""
    print("FAILED %s %s %s" % (name, type(error).__name__, error), flush=True)
    for at in traceback.extract_tb(error.__traceback__):
        print("FAILED   %s:%d, %s: %s" % (os.path.basename(at.filename), at.lineno, at.name, at.line),
              flush=True)


def holds(make, test):
    """Whether a claim does, in a world of its own."""
    begun = time.monotonic()
    world = make()
    try:
        test(world)
        print("ok    %s (%.1f s)" % (test.__name__, time.monotonic() - begun), flush=True)
        return True
    except Exception as error:  # pylint: disable=broad-except
        print(world.last_words(), flush=True)
        tell_failure(test.__name__, error)
        return False
    finally:
        world.remove()


def run_claims(make, tests, beside=()):
    """Run each claim in a world of its own, which can be removed and says what its nodes logged last.
    Those `beside` them do little but wait: each begins at once, and the others run meanwhile."""
    with concurrent.futures.ThreadPoolExecutor(max(1, len(beside))) as waiting:
        begun = [waiting.submit(holds, make, test) for test in beside]
        held = [holds(make, test) for test in tests] + [one.result() for one in begun]
    sys.exit(0 if all(held) else 1)


def main(*tests):
    """Run each claim with a fresh node; the failing one names itself."""
    run_claims(Node, tests)
