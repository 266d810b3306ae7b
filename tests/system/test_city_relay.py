"""A city on a bad network: connections that are slow, stall and are cut at any byte, nodes that are
killed, stopped and set apart, a clock that is wrong. In the end nothing that was acknowledged is
missing, and everybody holds the same.

argv[3]: seconds of bad weather (15).  argv[4]: seed of what happens.
"""

import os
import random
import signal
import sys
import time

from booklib import Clerk, check_city, check_told
from citylib import City
from nodelib import equal, run_claims
from relaylib import CALM, Relay, Weather

SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 15
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 20261124
SKEW_S = 60  # of one department's clock; two minutes are allowed (ledger.md)
BAD = Weather(delay_s=0.002, jitter_s=0.02, cut_each=60000, stall_each=100000, stall_s=2)


class RelayCity(City):
    def __init__(self):
        self.relay = Relay(SEED)
        super().__init__(5)
        skewed = self.members[-1]
        skewed.program = os.path.join(sys.argv[2], "liuhend-clock")
        skewed.env = {"LH_TEST_CLOCK": os.path.join(self.base, "skew")}
        with open(skewed.env["LH_TEST_CLOCK"], "w", encoding="ascii") as file:
            file.write(str(-SKEW_S * 1000))

    def way(self, member, other):
        return "127.0.0.1:%d" % self.relay.open(member.code, other.code, other.port)

    def remove(self):
        super().remove()
        self.relay.close()


def kill(city, dice):
    member = dice.choice(city.members)
    member.stop("kill")
    time.sleep(dice.uniform(0, 1))
    member.start()


def suspend(city, dice):
    member = dice.choice(city.members)
    member.process.send_signal(signal.SIGSTOP)
    time.sleep(dice.uniform(0.5, 3))
    member.process.send_signal(signal.SIGCONT)


def part(city, dice):
    codes = [member.code for member in city.members]
    dice.shuffle(codes)
    some = dice.randrange(1, 3)
    city.relay.part(codes[:some], codes[some:])
    time.sleep(dice.uniform(1, 3))
    city.relay.heal()


def control(clerk, leaves):
    """The book notices each way in which a ledger can fail it."""
    last = int(clerk.told[-1][1]["entry"].rpartition("/")[2])
    other = leaves[last].replace(clerk.told[-1][0].encode(), b"e-1-1")
    for what, changed in (("lost", leaves[:last]),
                          ("twice", leaves + leaves[last:last + 1]),
                          ("phantom", leaves + [other]),
                          ("order", leaves[:last - 1] + leaves[last:last + 1] +
                           leaves[last - 1:last] + leaves[last + 1:]),
                          ("other bytes", leaves[:last] + [leaves[last] + b"x"] +
                           leaves[last + 1:])):
        try:
            check_told(clerk, changed)
        except (AssertionError, IndexError):
            continue
        raise AssertionError("not noticed: " + what)


def what_was_acknowledged_outlives_bad_weather(city):
    dice = random.Random(SEED)
    print("seed %d" % SEED, flush=True)
    city.start()
    clerks = [Clerk(member) for member in city.members]
    city.relay.weather = BAD
    end = time.monotonic() + SECONDS
    happened = []
    try:
        while time.monotonic() < end:
            for happens in dice.sample((kill, suspend, part), 3):
                happens(city, dice)
                happened.append(happens.__name__)
                time.sleep(dice.uniform(0, 0.5))
    finally:
        for clerk in clerks:
            clerk.stop()
    city.relay.weather = CALM
    told, leaves = check_city(city, clerks)
    control(clerks[0], leaves[clerks[0].member.code])
    counts = city.relay.counts
    print("%s; %d times something happened; acknowledged %s" % (counts, len(happened), told))
    # it was bad, and it was lived through
    assert counts.get("cut", 0) > 5 and counts.get("stalled", 0) > 0, counts
    equal(set(happened), {"kill", "suspend", "part"})
    assert min(told.values()) > 20, told


if __name__ == "__main__":
    run_claims(RelayCity, [what_was_acknowledged_outlives_bad_weather])
