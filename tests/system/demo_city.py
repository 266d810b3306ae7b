"""The city of the demonstration: five departments on this machine, each a process of its own, in one folder.

What is there stands in the folder itself (demo.json), so that each act finds what the act before left.
Nobody's process is ended but one that was started here: its number and the time of its start are kept.
"""

import contextlib
import fcntl
import http.client
import json
import os
import shutil
import signal
import subprocess
import time

from citylib import CODES, City, Department, free_ports
from nodelib import now

NAMES = {"gaj": "市公安局", "mzj": "市民政局", "rsj": "市人社局", "ybj": "市医保局", "zrj": "市自然资源局"}
GROUPS = {"gaj": "zhengfa", "mzj": "minzheng", "rsj": "renshe", "ybj": "yibao", "zrj": "ziran"}
STAFF_EACH = 2
STATE = "demo.json"
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
SOCKET_PATH_MAX = 100  # bytes; what a Unix socket's name may have, less a little


class Refused(Exception):
    """What a person has to do first, or what does not hold."""


def insist(holds, words):
    if not holds:
        raise Refused(words)


def started_at(pid):
    """When process `pid` began, in the kernel's ticks; None if it is gone."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


class Member(Department):
    """A department whose node outlives the program that started it."""

    def __init__(self, city, code):
        super().__init__(city, code)
        self.tls_port = None
        self.staff = []

    # ---- founding ----

    def enrol(self):
        """What the department reads aloud by telephone."""
        for who in "ab":
            self.cli("keygen", "-o", "%s-%s.pem" % (self.code, who), "-q")
        said = self.cli("network", "enrol", "--dept", self.code, "--name", NAMES[self.code], "--group",
                        GROUPS[self.code], "--data", self.dir, "--officer", self.code + "-a.pub", "--officer",
                        self.code + "-b.pub", "--json", "-q")
        return json.loads(said)["read_aloud"]

    def decide(self, *acts):
        """Both officers sign each act, the node takes it in; what it is named."""
        for who in "ab":
            self.cli("cosign", *acts, "--key", "%s-%s.pem" % (self.code, who), "-q")
        rows = [line.split("\t") for line in self.cli("submit", *acts).splitlines() if line]
        insist(len(rows) == len(acts) and {row[1] for row in rows} == {"recorded"},
               "%s: an act was not recorded: %r" % (self.code, rows))
        return [row[2] for row in rows]

    def draft(self, name, event):
        path = os.path.join(self.city.base, "%s-%s" % (self.code, name))
        with open(path + ".json", "w", encoding="utf-8") as out:
            json.dump(event, out, ensure_ascii=False)
        self.cli("act", path + ".json", "-o", path + ".lh", "-q")
        return path + ".lh"

    def begin(self):
        """The officers open the ledger and enrol the people at the counters."""
        acts = [self.path("generation-1.lh")]
        for number in range(STAFF_EACH):
            key = "%s-staff-%d" % (self.code, number)
            self.cli("keygen", "-o", key + ".pem", "-q")
            self.staff.append(self.cli("staff", "enrol", "--key", key + ".pub", "--roles", "counter", "--post",
                                       "window-%d" % number, "--from", "yesterday", "-o", key + ".lh",
                                       "-q").strip())
            acts.append(key + ".lh")
        self.decide(*acts)

    # ---- the process ----

    def settings(self, alone=False):
        """liuhend.conf as `init` wrote it, and what the demonstration adds; `alone`: without the others."""
        if not os.path.exists(self.path("liuhend.conf.init")):
            shutil.copy(self.path("liuhend.conf"), self.path("liuhend.conf.init"))
        with open(self.path("liuhend.conf.init"), encoding="utf-8") as file:
            lines = [file.read(), "heartbeat.idle = 0", "listen.tls = 127.0.0.1:%d" % self.tls_port,
                     "client = %s roles=auditor" % self.city.auditor_pin]
        if not alone:
            # Acts start a department without others on purpose, and it is to seal.
            lines += ["peers.listen = 127.0.0.1:%d" % self.port, "start.wait_peers = 0"]
            lines += ["peer = %s 127.0.0.1:%d" % (other.code, other.port)
                      for other in self.city.members if other is not self]
        with open(self.path("liuhend.conf"), "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")

    def is_running(self):
        if self.process is not None:
            self.process.poll()  # what ended is no zombie of ours
        pid, began = self.city.pids.get(self.code, (0, 0))
        return pid != 0 and started_at(pid) == began

    def launch(self):
        """A signal waits until the process is on record: none runs that nobody knows of."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
        try:
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(
                    [os.path.join(self.city.bin, "liuhend"), "--config", self.path("liuhend.conf")],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                    preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, before))
            self.city.pids[self.code] = (self.process.pid, started_at(self.process.pid) or 0)
            self.city.save()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def wait_ready(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            insist(self.is_running(), "the node of %s ended:\n%s" % (self.code, self.logged()[-1500:]))
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.get("/healthz").status == 200:
                    return
            time.sleep(0.02)
        raise Refused("the node of %s does not answer:\n%s" % (self.code, self.logged()[-1500:]))

    def start(self):
        self.launch()
        self.wait_ready()

    def stop(self, how="terminate"):
        number = signal.SIGTERM if how == "terminate" else signal.SIGKILL
        if self.code not in self.city.pids:
            return
        end = time.monotonic() + 20
        while self.is_running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.city.pids[self.code][0], number)
            time.sleep(0.02)
            if time.monotonic() > end:
                number = signal.SIGKILL
        del self.city.pids[self.code]
        self.city.save()
        self.process = None

    # ---- recording and reading ----

    def record_as(self, who, events):
        """Record events that staff member `who` signs; {id of the event: name of the entry}."""
        path = os.path.join(self.city.base, "%s-%d.ndjson" % (self.code, who))
        with open(path, "w", encoding="utf-8") as out:
            out.write("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events))
        said = self.cli("record", path, "--key", "%s-staff-%d.pem" % (self.code, who))
        rows = [line.split("\t") for line in said.splitlines() if line]
        insist(len(rows) == len(events) and {row[1] for row in rows} == {"recorded"},
               "%s: not all was recorded: %s" % (self.code, said))
        return {event["id"]: row[2] for event, row in zip(events, rows)}

    def as_auditor(self, *args):
        """What `liuhen` says to the auditor, who comes in over TLS with a key of her own."""
        return self.cli(*args, "--node", "https://127.0.0.1:%d" % self.tls_port, "--tls-cert", "auditor.crt",
                        "--tls-key", "auditor.pem", "--tls-pin", self.pin)

    @property
    def pin(self):
        return self.city.state["pins"][self.code]


class DemoCity(City):
    """The city in a folder; `with` holds the folder, so that two demonstrations never work in one."""

    def __init__(self, programs, base):
        self.bin, self.base = os.path.abspath(programs), os.path.abspath(base)
        self.state, self.pids, self.lock = {}, {}, None
        self.members = [Member(self, code) for code in CODES]

    def __enter__(self):
        longest = max(len(os.fsencode(one.path("liuhend.sock"))) for one in self.members)
        insist(longest <= SOCKET_PATH_MAX,
               "%s is too long a name for a socket in it: choose another --dir, or TMPDIR" % self.base)
        os.makedirs(os.path.dirname(self.base), exist_ok=True)
        self.lock = open(self.base + ".lock", "a", encoding="utf-8")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused("another demonstration is at work in %s: let it end, or choose another --dir" %
                          self.base) from None
        if os.path.exists(os.path.join(self.base, STATE)):
            with open(os.path.join(self.base, STATE), encoding="utf-8") as file:
                self.state = json.load(file)
            self.pids = {code: tuple(pid) for code, pid in self.state["pids"].items()}
            for member in self.members:
                member.staff = self.state["staff"].get(member.code, [])
                member.port, member.tls_port = self.state["ports"][member.code]
        return self

    def __exit__(self, *_):
        self.lock.close()

    def save(self):
        self.state["pids"] = self.pids
        self.state["staff"] = {one.code: one.staff for one in self.members}
        self.state["ports"] = {one.code: (one.port, one.tls_port) for one in self.members}
        path = os.path.join(self.base, STATE)
        with open(path + ".new", "w", encoding="utf-8") as out:
            json.dump(self.state, out, indent=1)
        os.replace(path + ".new", path)

    @property
    def auditor_pin(self):
        return self.state["auditor"]

    def member(self, code):
        return next(one for one in self.members if one.code == code)

    def is_up(self):
        return self.state.get("founded", False) and all(one.is_running() for one in self.members)

    def honest(self):
        """The departments that were not convicted."""
        return [one for one in self.members if one.code != self.state.get("forked")]

    # ---- up and down ----

    def choose_ports(self):
        ports = free_ports(2 * len(self.members))
        for at, member in enumerate(self.members):
            member.port, member.tls_port = ports[2 * at:2 * at + 2]

    def found(self):
        """Enrolment files, one genesis, a node's folder each; what an earlier try left is made anew."""
        if os.path.exists(self.base) and not self.state:
            insist(not os.listdir(self.base),
                   "%s is not empty and no city of a demonstration: choose another --dir" % self.base)
        if self.state:
            self.stop_all()
        shutil.rmtree(self.base, ignore_errors=True)
        os.makedirs(self.base, mode=0o700)
        self.state = {"pins": {}}
        self.choose_ports()
        self.save()
        aloud = [member.enrol() for member in self.members]
        expected = [word for one in aloud for word in ("--expect", one)]
        first = self.members[0]
        first.cli("network", "init", "--network", "jinhua", "-o", "city.lhg",
                  *[one.path("enrolment.lhe") for one in self.members], *expected)
        for member in self.members:
            member.cli("init", "--genesis", "city.lhg", "--dept", member.code, "--data", member.dir, "--guard",
                       member.dir + "-guard")
            self.state["pins"][member.code] = self.tls_key(first, member.path("keys", "tls.pem"))
        self.state["auditor"] = self.tls_key(first, "auditor.pem")
        self.save()

    @staticmethod
    def tls_key(member, path):
        said = member.cli("keygen", "--tls", "-o", path)
        return next(word for word in said.split() if word.startswith("sha256//"))

    def launch_all(self):
        """Every node that does not run; with other ports for all if somebody took one meanwhile."""
        for attempt in range(3):
            try:
                for member in self.members:
                    if not member.is_running():
                        member.settings()
                        member.launch()
                for member in self.members:
                    member.wait_ready()
                return
            except Refused as error:
                if "in use" not in str(error) or attempt == 2:
                    raise
                self.stop_all()
                self.choose_ports()

    def up(self):
        """Founded, begun, every node running and every two of them connected; {code: status}."""
        if not self.state.get("founded"):
            self.found()
            self.launch_all()
            for member in self.members:
                member.begin()
            self.state["founded"] = True
            self.save()
        self.launch_all()
        return self.wait_connected()

    def wait_connected(self, seconds=60):
        """{code: status} of the moment when every two were connected: of two links one is given up again."""
        end = time.monotonic() + seconds
        codes = {one.code for one in self.honest()}
        while True:
            states = {one.code: one.status() for one in self.members}
            missing = {code: sorted(peer["department"] for peer in states[code]["peers"]
                                    if peer["department"] in codes and not peer["up"]) for code in codes}
            if not any(missing.values()):
                return states
            insist(time.monotonic() < end, "departments do not reach each other: %r" % missing)
            time.sleep(0.05)

    def stop_all(self):
        for member in self.members:
            if member.is_running():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pids[member.code][0], signal.SIGTERM)
        for member in self.members:
            member.stop()

    def remove(self):
        shutil.rmtree(self.base, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.unlink(self.base + ".lock")


def a_day():
    """The limits of a warrant and of what is read under it: from an hour ago to the end of a day."""
    return now(-3600), now(86400)
