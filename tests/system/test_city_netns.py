"""A city whose nodes stand each in a network of its own, between them a bridge that loses packets, carries
little, hears one side only, or comes apart. Needs root, for namespaces; they end with the test.

    test_city_netns.py BIN TOOLS [NODES]     5 if it is not said, at most 20
"""

import os
import shutil
import subprocess
import sys
import time

from booklib import Clerk, check_city
from citylib import CODES, City, Department
from durability import skip_unless
from nodelib import run_claims, until

INSIDE = "LH_TEST_INSIDE"  # set where the bridge and we are alone
LOSS_PERCENT = 3
RATE = "10mbit"


def can(*words):
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def do(*words, text=None):
    done = subprocess.run(words, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, timeout=60)
    assert done.returncode == 0, "%s: %s" % (" ".join(words), done.stdout)
    return done.stdout


class NetnsCity(City):
    """The bridge `hub` is where we are."""

    def __init__(self):
        self.spaces = []
        do("ip", "link", "set", "lo", "up")
        do("ip", "link", "add", "hub", "type", "bridge")
        do("ip", "addr", "add", "10.77.0.254/24", "dev", "hub")
        do("ip", "link", "set", "hub", "up")
        self.filter()
        count = int(sys.argv[3]) if len(sys.argv) > 3 else 5
        super().__init__(count, CODES[:count] + tuple("d%02d" % at for at in range(len(CODES), count)))

    def department(self, code):
        made = Department(self, code)
        space = "lh-%d-%s" % (os.getpid(), code)
        made.host, made.port = "10.77.0.%d" % (len(self.spaces) + 1), 7700
        made.before = ["ip", "netns", "exec", space]
        self.spaces.append(space)
        do("ip", "netns", "add", space)
        do("ip", "link", "add", code, "type", "veth", "peer", "name", "city", "netns", space)
        do("ip", "link", "set", code, "master", "hub", "up")
        do("ip", "-n", space, "addr", "add", made.host + "/24", "dev", "city")
        do("ip", "-n", space, "link", "set", "lo", "up")
        do("ip", "-n", space, "link", "set", "city", "up")
        do("tc", "-n", space, "qdisc", "add", "dev", "city", "root", "tbf", "rate", RATE, "burst",
           "64kb", "latency", "200ms")
        return made

    def filter(self, *rules):
        """The bridge passes on what none of these drops, which are counted."""
        do("nft", "-f", "-", text="add table bridge city\ndelete table bridge city\n"
           "table bridge city {\n chain forward {\n  type filter hook forward priority 0;\n" +
           "".join("  %s counter drop\n" % rule for rule in rules) + " }\n}\n")

    def dropped(self):
        """Packets, of all rules."""
        words = do("nft", "list", "table", "bridge", "city").split()
        return sum(int(words[at + 1]) for at, word in enumerate(words) if word == "packets")

    def remove(self):
        super().remove()
        for space in self.spaces:
            do("ip", "netns", "del", space)
        do("ip", "link", "del", "hub")


def one_way(some, others):
    return ['iifname "%s" oifname "%s"' % (a.code, b.code) for a in some for b in others]


LOSS = "numgen random mod 100 < %d" % LOSS_PERCENT


def a_city_lives_through_loss_deafness_and_a_partition(city):
    city.start()
    city.wait_final()
    clerks = [Clerk(member, pause_s=0.1) for member in city.members]
    try:
        live_through(city)
    finally:
        for clerk in clerks:
            clerk.stop()
    told, _ = check_city(city, clerks)
    print("acknowledged %s" % told, flush=True)
    assert min(told.values()) > 20, told


def live_through(city):
    first, second, *rest = city.members

    city.filter(LOSS)
    time.sleep(4)
    until(lambda: city.dropped() > 0, "nothing is lost")
    print("%d packets were lost" % city.dropped(), flush=True)

    # What one does not hear from another it hears from a third.
    city.filter(*one_way([first], [second]))
    time.sleep(1)
    origin, size = first.head()
    end = time.monotonic() + 20 + 4 * len(city.members)
    while {row["origin"]: row["size"] for row in second.status()["replicas"]}[origin] < size:
        assert time.monotonic() < end, second.logged()[-2000:]
        time.sleep(0.1)
    until(lambda: city.dropped() > 0, "nothing is kept from anybody")

    # No side without enough of the others can make a head witnessed, and each goes on recording: two
    # never can, and the three of five cannot either.
    city.filter(*one_way([first, second], rest), *one_way(rest, [first, second]))
    alone = city.members if len(rest) <= first.status()["witnessing"]["needed"] else [first, second]

    def witnessed():
        return [one.status()["witnessing"]["witnessed"] for one in alone]

    def stands():
        before = witnessed()
        time.sleep(2)
        return witnessed() == before

    until(stands, "heads become witnessed all the same")  # what was on its way has come
    before = [(one.head()[1], one.status()["witnessing"]["witnessed"]) for one in alone]
    time.sleep(4)
    after = [(one.head()[1], one.status()["witnessing"]["witnessed"]) for one in alone]
    for (old, witnessed), (new, now) in zip(before, after):
        assert new > old and now == witnessed < new, (before, after)
    until(lambda: city.dropped() > 0, "nothing is kept from anybody")
    city.filter(LOSS)
    time.sleep(2)
    city.filter()


def main():
    if INSIDE in os.environ:
        run_claims(NetnsCity, [a_city_lives_through_loss_deafness_and_a_partition])
    skip_unless(os.geteuid() == 0, "only root makes namespaces")
    for tool in ("ip", "tc", "nft", "unshare"):
        skip_unless(shutil.which(tool) is not None, tool + " is missing")
    skip_unless(can("unshare", "--net", "--mount", "nft", "list", "ruleset"),
                "namespaces or nftables are not allowed")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, "-B", *sys.argv])


if __name__ == "__main__":
    main()
