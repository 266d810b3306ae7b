"""A city under test: departments founded at the command line, real nodes on loopback that are peers."""

import contextlib
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from nodelib import Reply, UnixConnection, event, run_claims

CODES = ("gaj", "mzj", "rsj", "ybj", "zrj")


marks = []  # abstract sockets: while we run, no other test of this machine takes these ports


def free_ports(count):
    """Ports that are free now, no one twice, and such as the kernel gives to no outgoing connection:
    a node that is started again, much later, finds its own."""
    ports = []
    while len(ports) < count:
        port = random.randrange(15000, 32000)
        with contextlib.suppress(OSError), socket.socket() as one:
            mark = socket.socket(socket.AF_UNIX)
            marks.append(mark)
            mark.bind("\0liuhen-test-port-%d" % port)
            one.bind(("127.0.0.1", port))
            ports.append(port)
    return ports


class Department:
    """One department's node: its directory, its process, its socket."""

    def __init__(self, city, code):
        self.city, self.code = city, code
        self.dir = os.path.join(city.base, code)
        self.log = self.dir + ".log"
        self.host, self.port = "127.0.0.1", free_ports(1)[0]
        self.program = os.path.join(city.bin, "liuhend")
        self.before, self.env = [], {}  # what runs it, and with what
        self.process = None

    def cli(self, *args, code=0):
        return self.cli_both(*args, code=code)[0]

    def cli_both(self, *args, code=0):
        """What stands on standard output, and what on standard error."""
        done = subprocess.run(
            [os.path.join(self.city.bin, "liuhen"), *args], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, check=False, timeout=120, cwd=self.city.base,
            env=dict(os.environ, HOME=self.city.base, XDG_STATE_HOME=self.dir + ".state",
                     LIUHEN_DATA=self.dir, LC_ALL="C.UTF-8"))
        assert done.returncode == code, "%s: liuhen %s: exit %d\n%s%s" % (
            self.code, " ".join(args), done.returncode, done.stdout, done.stderr)
        return done.stdout, done.stderr

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def enrol(self):
        for who in "ab":
            self.cli("keygen", "-o", "%s-%s.pem" % (self.code, who), "-q")
        self.cli("network", "enrol", "--dept", self.code, "--name", self.code, "--data", self.dir,
                 "--officer", self.code + "-a.pub", "--officer", self.code + "-b.pub")

    def init(self, genesis):
        self.cli("init", "--genesis", genesis, "--dept", self.code, "--data", self.dir, "--guard",
                 self.dir + "-guard")
        self.cli("keygen", "--tls", "-o", self.path("keys", "tls.pem"))

    def configure(self, lines):
        with open(self.path("liuhend.conf"), "a", encoding="utf-8") as out:
            out.write(lines)

    @contextlib.contextmanager
    def alone(self):
        """Meanwhile it starts without peers."""
        with open(self.path("liuhend.conf"), encoding="utf-8") as file:
            lines = file.readlines()
        with open(self.path("liuhend.conf"), "w", encoding="utf-8") as out:
            out.writelines(line for line in lines if not line.startswith("peer"))
        yield
        with open(self.path("liuhend.conf"), "w", encoding="utf-8") as out:
            out.writelines(lines)

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.before, self.program, "--config", self.path("liuhend.conf")], stderr=log,
                env=dict(os.environ, **self.env))
        end = time.monotonic() + 60
        while time.monotonic() < end:
            assert self.process.poll() is None, "%s ended:\n%s" % (self.code, self.logged())
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.get("/healthz").status == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(self.code + " does not answer:\n" + self.logged())

    def stop(self, how="terminate"):
        if self.process is not None:
            getattr(self.process, how)()
            code, self.process = self.process.wait(60), None
            assert how == "kill" or code == 0, "%s: exit %d\n%s" % (
                self.code, code, self.logged()[-3000:])

    def logged(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def request(self, method, path, body=None, headers=None):
        connection = UnixConnection(self.path("liuhend.sock"))
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())

    def get(self, path):
        return self.request("GET", path)

    def begin(self):
        act = self.path("generation-1.lh")
        for who in "ab":
            self.cli("cosign", act, "--key", "%s-%s.pem" % (self.code, who), "-q")
        self.cli("submit", act)

    def record(self, count=1):
        for _ in range(count):
            body = json.dumps(event()).encode()
            reply = self.request("POST", "/v1/events", body, {"Content-Type": "application/json"})
            assert reply.status == 201, reply.text

    def status(self):
        return self.get("/v1/status").json

    def head(self):
        status = self.status()
        return status["origin"], status["size"]


def wait_for(member, what, seconds=60):
    """Until what(status) is true; a node that opens itself anew does not answer for a while."""
    end = time.monotonic() + seconds
    status = None
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            status = member.status()
            if what(status):
                return status
        assert time.monotonic() < end, "%r\n%s" % (status, member.logged()[-4000:])
        time.sleep(0.05)


class City:
    def __init__(self, count, codes=CODES):
        self.bin = sys.argv[1]
        self.base = tempfile.mkdtemp(prefix="lh-city-")
        self.members = [self.department(code) for code in codes[:count]]
        for member in self.members:
            member.enrol()
        self.members[0].cli("network", "init", "--network", "jinhua", "-o", "city.lhg",
                            *[one.path("enrolment.lhe") for one in self.members])
        for member in self.members:
            member.init("city.lhg")
            member.configure("peers.listen = %s:%d\nheartbeat.idle = 0\nstart.wait_peers = 0\n" %
                             (member.host, member.port))
            for other in self.members:
                if other is not member:
                    member.configure("peer = %s %s\n" % (other.code, self.way(member, other)))

    def department(self, code):
        return Department(self, code)

    def way(self, _member, other):
        """Where a member dials another."""
        return "%s:%d" % (other.host, other.port)

    def start(self):
        for member in self.members:
            member.start()
            member.begin()

    def wait_equal(self, members=None, seconds=60):
        """Until every one of `members` holds the newest head of every other one."""
        members = members or self.members
        end = time.monotonic() + seconds
        while True:
            heads = dict(one.head() for one in members)
            held = {}
            for one in members:
                own = one.head()[0]
                replicas = {row["origin"]: row["size"] for row in one.status()["replicas"]}
                held[one.code] = {name: replicas.get(name, 0) for name in heads if name != own}
            wanted = {one.code: {name: size for name, size in heads.items()
                                 if name != one.head()[0]} for one in members}
            if held == wanted:
                return heads
            if time.monotonic() > end:
                raise AssertionError("held %r, wanted %r\n%s" % (
                    held, wanted, "\n".join(one.logged()[-2000:] for one in members)))
            time.sleep(0.05)

    def wait_final(self, members=None, seconds=60):
        """Until the newest head of each of `members` is final; {code: status}."""
        members = members or self.members
        end = time.monotonic() + seconds
        while True:
            states = {one.code: one.status() for one in members}
            lacking = {code: (state["size"], state["witnessing"]) for code, state in states.items()
                       if state["witnessing"]["final"] != state["size"]}
            if not lacking:
                return states
            if time.monotonic() > end:
                raise AssertionError("not final: %r\n%s" % (lacking, members[0].logged()[-2000:]))
            time.sleep(0.05)

    def logged(self):
        return "\n".join(member.logged() for member in self.members)

    def last_words(self):
        return "\n".join("---- %s ----\n%s" % (one.code, one.logged()[-3000:]) for one in self.members)

    def remove(self):
        for member in self.members:
            member.stop("kill")
        shutil.rmtree(self.base, ignore_errors=True)


def main(count, *tests, beside=()):
    """Run each claim in a fresh city of so many departments; `beside`: as in run_claims."""
    run_claims(lambda: City(count), tests, beside)
