"""The demonstration, act by act: in the wrong order, twice, side by side, cut off, and where nothing is wrong.

    test_demo.py BIN_DIR TOOLS_DIR
"""

import contextlib
import fcntl
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import demo_acts
import demo_story
from demo_city import DemoCity, Member, Refused
from nodelib import equal, run_claims

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo.py")


class World:
    """A folder in which demonstrations live."""

    def __init__(self):
        self.base = tempfile.mkdtemp(prefix="lh-demo-")
        self.folder = os.path.join(self.base, "city")
        self.began = []

    def command(self, *args):
        return ["/usr/bin/python3", "-E", "-B", DEMO, sys.argv[1], *args]

    def env(self):
        return dict(os.environ, TMPDIR=self.base, HOME=self.base, LIUHEN_DEMO=self.folder)

    def demo(self, *args, code=0):
        """(what it said, what it complained of)"""
        done = subprocess.run(self.command(*args), capture_output=True, text=True, check=False, timeout=150,
                              env=self.env())
        equal(done.returncode, code, "demo %s: %s%s" % (" ".join(args), done.stdout, done.stderr))
        return done.stdout, done.stderr

    def begin(self, *args):
        self.began.append(subprocess.Popen(self.command(*args), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                           text=True, env=self.env()))
        return self.began[-1]

    def processes(self):
        """Ids of the nodes whose settings lie in here, by none of the demonstration's own records."""
        found = []
        for name in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                if name.isdigit():
                    with open("/proc/%s/cmdline" % name, "rb") as file:
                        words = file.read().split(b"\0")
                    if words[0].endswith(b"/liuhend") and any(self.base.encode() in word for word in words):
                        found.append(int(name))
        return sorted(found)

    def state(self, folder=None):
        with open(os.path.join(folder or self.folder, "demo.json"), encoding="utf-8") as file:
            return json.load(file)

    def last_words(self):
        """Of the nodes of every city in here."""
        said = []
        for folder, _, names in os.walk(self.base):
            for name in sorted(names):
                if name.endswith(".log") and folder.count(os.sep) <= self.base.count(os.sep) + 1:
                    with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                        said.append("---- %s ----\n%s" % (name, file.read()[-2000:]))
        return "\n".join(said)

    def remove(self):
        for one in self.began:
            if one.poll() is None:
                one.kill()
            one.communicate()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.base, ignore_errors=True)


def acts_come_one_by_one_in_a_city_that_stays(world):
    said, _ = world.demo("up")
    equal(said.count("peers 4/4"), 5, said)
    nodes = world.processes()
    equal(len(nodes), 5)
    world.demo("up")
    equal(world.processes(), nodes, "up again starts nothing")
    said, _ = world.demo("story")
    equal(said.count("RESULT: VERIFIED"), 2, said)
    assert "25 exchanges" in said and "asked about a marriage without a case" in said, said
    said, _ = world.demo("story")  # another day
    equal(said.count("RESULT: VERIFIED"), 2, said)
    said, _ = world.demo("tamper")
    assert "RESULT: VERIFICATION FAILED" in said and "mzj/1/" in said, said
    world.demo("tamper")
    said, _ = world.demo("partition")
    assert "20 entries recorded meanwhile" in said and "are equal and final" in said, said
    said, _ = world.demo("fork")
    assert "RESULT: EQUIVOCATION PROVEN" in said, said
    world.demo("partition")  # the four that are left
    equal(len(world.processes()), 5)
    world.demo("down")
    equal(world.processes(), [])
    assert os.path.exists(os.path.join(world.folder, "gaj", "store")), "down removed the city"
    world.demo("down")
    world.demo("up")
    equal(len(world.processes()), 5)
    world.demo("down", "--clean")
    equal(world.processes(), [])
    equal(os.listdir(world.base), [])


def the_wrong_order_is_told_what_comes_first(world):
    for act in ("story", "tamper", "fork", "partition"):
        assert "run up first" in world.demo(act, code=1)[1], act
    assert "nothing to stop" in world.demo("down")[0]
    os.makedirs(world.folder)
    with open(os.path.join(world.folder, "mine"), "w", encoding="utf-8") as file:
        file.write("a letter")
    assert "choose another --dir" in world.demo("up", code=1)[1]
    world.demo("down", "--clean")
    equal(os.listdir(world.folder), ["mine"], "what is not ours stays")
    os.unlink(os.path.join(world.folder, "mine"))
    world.demo("up")
    assert "run story first" in world.demo("tamper", code=1)[1]
    world.demo("fork")
    for act in ("fork", "story"):
        assert "down --clean, then up" in world.demo(act, code=1)[1], act
    os.kill(world.processes()[0], signal.SIGKILL)
    assert "run up first" in world.demo("partition", code=1)[1]
    world.demo("up")
    equal(len(world.processes()), 5)
    for args in (["sing"], ["--clean"], ["up", "--clean"], ["up", "--keep"], ["--dir", world.folder]):
        world.demo(*args, code=2)
    too_long = os.path.join(world.base, "x" * 100)
    assert "too long a name" in world.demo("up", "--dir", too_long, code=1)[1]


def two_demonstrations_do_not_collide(world):
    folders = [world.folder, os.path.join(world.base, "other")]
    both = [world.begin("up", "--dir", folder) for folder in folders]
    for one in both:
        said = one.communicate(timeout=120)[0]
        equal(one.returncode, 0, said)
    equal(len(world.processes()), 10)
    ports = [port for folder in folders for pair in world.state(folder)["ports"].values() for port in pair]
    equal(len(set(ports)), 20)
    with open(world.folder + ".lock", "a", encoding="utf-8") as lock:  # as a demonstration does
        fcntl.flock(lock, fcntl.LOCK_EX)
        for act in ("story", "up", "down"):
            assert "another demonstration is at work" in world.demo(act, code=1)[1], act
    both = [world.begin("story", "--dir", folder) for folder in folders]
    for one in both:
        said = one.communicate(timeout=120)[0]
        equal(one.returncode, 0, said)
    world.demo("down", "--dir", folders[1])
    equal(len(world.processes()), 5, "down stops its own nodes only")
    world.demo("partition")


def a_port_that_somebody_took_meanwhile_is_replaced(world):
    world.demo("up")
    world.demo("down")
    taken = world.state()["ports"]["rsj"][0]
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", taken))
        other.listen()
        said, _ = world.demo("up")
        equal(said.count("peers 4/4"), 5, said)
        assert world.state()["ports"]["rsj"][0] != taken


def a_number_that_became_another_process_is_not_ended(world):
    world.demo("up")
    world.demo("down")
    other = subprocess.Popen(["sleep", "60"])
    try:
        state = world.state()
        state["pids"]["gaj"] = [other.pid, 1]
        with open(os.path.join(world.folder, "demo.json"), "w", encoding="utf-8") as out:
            json.dump(state, out)
        world.demo("down", "--clean")
        equal(other.poll(), None)
    finally:
        other.kill()
        other.wait()


def who_is_cut_off_leaves_no_process_behind(world):
    for number, args in ((signal.SIGINT, []), (signal.SIGTERM, []),
                         (signal.SIGHUP, ["up"])):
        one = world.begin(*args)
        if args:
            end = time.monotonic() + 60
            while len(world.processes()) < 3:
                assert time.monotonic() < end and one.poll() is None
                time.sleep(0.01)
        else:
            while "== " not in one.stdout.readline():
                assert one.poll() is None
        assert world.processes(), "nothing ran that could be left"
        one.send_signal(number)
        one.communicate(timeout=90)
        equal(one.returncode, 128 + number)
        equal(world.processes(), [])
    left = os.listdir(world.base)
    equal([name for name in left if name.startswith("liuhen-demo.")], [])
    world.demo("up")  # what was cut off is made anew
    equal(len(world.processes()), 5)


@contextlib.contextmanager
def instead(owner, name, other):
    kept = getattr(owner, name)
    setattr(owner, name, other)
    try:
        yield
    finally:
        setattr(owner, name, kept)


def refused(words, act, *args):
    """The act has to fail, with these words."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            act(*args)
    except (Refused, AssertionError) as error:
        assert words in str(error), "%r, not %r" % (str(error), words)
        return
    raise AssertionError("%s passes though %s" % (act.__name__, words))


def an_act_fails_where_what_it_shows_does_not_hold(world):
    world.demo("up")
    world.demo("story")
    with DemoCity(sys.argv[1], world.folder) as city:
        with instead(demo_acts, "flip", lambda path, at: None):
            refused("exit 0, expected 10", demo_acts.tamper, city)
        city.state["told"] = "mzj/1/2"  # not the entry that is changed
        refused("mzj/1/2 is not named", demo_acts.tamper, city)
        with instead(Member, "settings", lambda self, alone=False: None):
            refused("it is not cut off", demo_acts.partition, city)
        with instead(demo_story.Day, "use", lambda self, exchange: None):
            refused("exchanges that lack a side", demo_story.tell_story, city)
        token = demo_story.Entry.token
        with instead(demo_story.Entry, "token", lambda self, exchange: dict(
                token(self, exchange), signature=os.urandom(64).hex())):
            refused("the token in ", demo_story.tell_story, city)
        convicted = demo_acts.convicted
        with instead(demo_acts, "swap", lambda *names: None), \
                instead(demo_acts, "convicted", lambda city: convicted(city, 3)):
            refused("has not convicted ybj", demo_acts.fork, city)


run_claims(World, [acts_come_one_by_one_in_a_city_that_stays,
                   the_wrong_order_is_told_what_comes_first,
                   two_demonstrations_do_not_collide,
                   a_port_that_somebody_took_meanwhile_is_replaced,
                   a_number_that_became_another_process_is_not_ended,
                   who_is_cut_off_leaves_no_process_behind,
                   an_act_fails_where_what_it_shows_does_not_hold])
