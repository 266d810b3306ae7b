"""Founding and restoring a node, ended at any call that changes the disk: the same words again
complete it, nothing half made starts, and wrong words leave nothing behind."""

import os
import shutil
import subprocess
import sys
import tempfile

from durability import argument, skip_unless
from nodelib import equal

BIN = sys.argv[1]
CALLS = ("mkdir", "link", "rename", "unlink", "fsync", "fdatasync", "write", "pwrite64")
DENSE, STEP = argument(3, 4), argument(4, 15)  # the first calls of a kind, then each so many


class Place:
    """A directory with two officers' keys, where the programs run."""

    def __init__(self):
        self.base = tempfile.mkdtemp(prefix="lh-found-")
        self.data, self.guard = self.path("node"), self.path("guard")
        self.words = ["init", "--network", "jinhua", "--dept", "gaj", "--name", "gaj",
                      "--data", self.data, "--guard", self.guard]
        for name in ("a", "b"):
            equal(self.liuhen("keygen", "-o", self.path(name + ".pem"))[0], 0)
            self.words += ["--officer", self.path(name + ".pub")]

    def path(self, name):
        return os.path.join(self.base, name)

    def liuhen(self, *args, before=()):
        done = subprocess.run([*before, os.path.join(BIN, "liuhen"), *args], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=60,
                              env=dict(os.environ, HOME=self.base, XDG_STATE_HOME=self.base,
                                       ASAN_OPTIONS="detect_leaks=0"))
        return done.returncode, done.stderr

    def clear(self):
        for path in (self.data, self.guard):
            shutil.rmtree(path, ignore_errors=True)

    def starts(self, data=None):
        """The state it comes up in, or the exit code."""
        with subprocess.Popen([os.path.join(BIN, "liuhend"), "--data", data or self.data],
                              stderr=subprocess.PIPE, text=True) as node:
            for line in node.stderr:
                if "node.ready" in line:
                    node.kill()
                    return line.partition("state=")[2].split()[0]
            return node.wait()


def killed(place, args, call, when):
    """Run until the `when`th `call`; False: it came to its end."""
    code, err = place.liuhen(*args, before=[
        "strace", "-f", "-o", "/dev/null", "-e", "trace=" + call, "-e",
        "inject=%s:signal=KILL:when=%d" % (call, when)])
    assert code in (0, -9, 137), err
    return code != 0


def each_kill(place, args, judge, prepare=lambda: None):
    """Call judge() after a kill at each place, prepare() before it; how many there were."""
    count = 0
    for call in CALLS:
        when = 1
        place.clear()
        prepare()
        while killed(place, args, call, when):
            judge()
            count += 1
            when += 1 if when < DENSE else STEP
            place.clear()
            prepare()
    return count


def an_init_that_was_killed_is_completed_by_the_same_words(place):
    def complete():
        code, err = place.liuhen(*place.words)
        equal(code, 0, err)
        equal(place.starts(), "new")
        equal(sorted(os.listdir(place.guard))[0], "jinhua-gaj.guard")

    kills = each_kill(place, place.words, complete)
    assert kills > 20, kills
    return kills


def enrol(place, dept, data):
    words = ["network", "enrol", "--dept", dept, "--name", dept, "--data", data]
    for name in ("a", "b"):
        key = place.path(dept + name)
        equal(place.liuhen("keygen", "-o", key + ".pem")[0], 0)
        words += ["--officer", key + ".pub"]
    return words


def a_founder_that_was_killed_is_completed_by_the_same_words(place):
    """First while it enrols, then while its node is made in the city."""
    enrolment, genesis = os.path.join(place.data, "enrolment.lhe"), place.path("city.lhg")
    words, other = enrol(place, "gaj", place.data), enrol(place, "mzj", place.path("mzj"))
    start = ["init", "--genesis", genesis, "--dept", "gaj", "--data", place.data, "--guard", place.guard]

    def complete_enrolment():
        code, err = place.liuhen(*words)
        equal(code, 0, err)

    def complete_node():
        code, err = place.liuhen(*start)
        equal(code, 0, err)
        equal(place.starts(), "new")

    kills = each_kill(place, words, complete_enrolment)
    place.clear()
    for step in (words, other, ["network", "init", "--network", "jinhua", "-o", genesis, enrolment,
                                place.path("mzj/enrolment.lhe")]):
        code, err = place.liuhen(*step)
        equal(code, 0, err)
    os.rename(place.data, place.path("enrolled"))
    more = each_kill(place, start, complete_node, lambda: shutil.copytree(place.path("enrolled"), place.data))
    assert kills > 10 and more > 10, (kills, more)
    return kills + more


def make_backup(place):
    """Of a ledger with GENERATION; where it is."""
    place.clear()
    equal(place.liuhen(*place.words)[0], 0)
    act = os.path.join(place.data, "generation-1.lh")
    for name in ("a", "b"):
        equal(place.liuhen("cosign", act, "--key", place.path(name + ".pem"))[0], 0)
    with subprocess.Popen([os.path.join(BIN, "liuhend"), "--data", place.data],
                          stderr=subprocess.PIPE, text=True) as node:
        for line in node.stderr:
            if "node.ready" in line:
                break
        code, err = place.liuhen("submit", act, "--data", place.data)
        equal(code, 0, err)
        node.terminate()
        equal(node.wait(), 0)
    backup = place.path("backup")
    code, err = place.liuhen("backup", "create", "--data", place.data, "-o", backup, "--with-keys")
    equal(code, 0, err)
    return backup


def a_restore_that_was_killed_starts_nothing_and_is_completed(place):
    backup = make_backup(place)
    words = ["restore", backup, "--data", place.data, "--guard", place.guard]

    def complete():
        is_whole = not os.path.exists(os.path.join(place.data, "RESTORING")) and \
            os.path.exists(os.path.join(place.data, "store"))
        if is_whole:
            equal(place.starts(), "suspect")
            return
        assert place.starts() in (2, 3, 4), "half a restore started"
        code, err = place.liuhen(*words)
        equal(code, 0, err)
        equal(place.starts(), "suspect")

    kills = each_kill(place, words, complete)
    assert kills > 20, kills
    return kills


def a_restore_over_something_changes_nothing(place):
    backup = place.path("backup")
    place.clear()
    os.mkdir(place.data, 0o700)
    with open(os.path.join(place.data, "genesis.lhg"), "w", encoding="utf-8") as file:
        file.write("mine")
    for _ in range(2):
        code, err = place.liuhen("restore", backup, "--data", place.data, "--guard", place.guard)
        assert code == 1 and "genesis.lhg is there already" in err, (code, err)
        equal(os.listdir(place.data), ["genesis.lhg"])


def wrong_words_are_refused_before_anything_is_made(place):
    place.clear()
    equal(place.liuhen("keygen", "--alg", "sm2", "-o", place.path("g.pem"))[0], 0)
    good = place.words
    cases = {
        "a network of capitals": [word.replace("jinhua", "JINHUA") for word in good],
        "a department of capitals": [word if word != "gaj" else "GAJ" for word in good],
        "an officer of the other suite": good + ["--officer", place.path("g.pub")],
        "one officer twice": good + ["--officer", "c=" + place.path("a.pub")],
        "officers of W in a network of G": good + ["--suite", "G"],
        "a group that is no code": good + ["--group", "?"],
    }
    for name, words in cases.items():
        code, err = place.liuhen(*words)
        equal(code, 2, name + ": " + err)
        assert not os.path.exists(place.data), name
        assert not os.path.exists(place.guard), name


def main():
    place = Place()
    try:
        wrong_words_are_refused_before_anything_is_made(place)
        skip_unless(shutil.which("strace"), "no strace")
        print("init: kills=%d" % an_init_that_was_killed_is_completed_by_the_same_words(place))
        print("founder: kills=%d" % a_founder_that_was_killed_is_completed_by_the_same_words(place))
        print("restore: kills=%d" %
              a_restore_that_was_killed_starts_nothing_and_is_completed(place))
        a_restore_over_something_changes_nothing(place)
    finally:
        shutil.rmtree(place.base, ignore_errors=True)


main()
