#!/usr/bin/python3
"""Shows Liuhen as a city of five departments on this machine, from nothing to a convicted liar.

    demo.py PROGRAMS [--dir DIR] [ACT]

Without an ACT all of them run in a folder that is gone afterwards. With one, the city stays in DIR between acts.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time

import demo_acts
import demo_story
from demo_city import ENDINGS, NAMES, DemoCity, Refused, insist
from demo_words import say, tell

ACTS = {
    "up": "found the city, or start it again, and say where things are",
    "story": "a day at the counters: exchanges in double entry, a promise, an audit",
    "tamper": "one bit changes in a copy: the entry is named",
    "partition": "one department is cut off: both sides go on, and nothing is lost",
    "fork": "one department shows two histories: all others convict it",
    "down": "stop every node; with --clean the folder goes too",
}
LIMIT_ACT, LIMIT_ALL = 120, 175  # seconds


def up(city):
    began = time.monotonic()
    if city.is_up():
        states = city.up()
        say("The city is up (%s)" % city.base)
    else:
        states = city.up()
        say("A city of five departments (五个部门) is up, in %.1f s" % (time.monotonic() - began))
    tell("  ".join("%s %s" % pair for pair in NAMES.items()))
    for member in city.members:
        status = states[member.code]
        tell("%s  %d entries and seals  peers %s  cosigned by %d  process %d" % (
            member.code, status["size"], "%d/%d" % (sum(peer["up"] for peer in status["peers"]),
                                                    len(status["peers"])),
            status["witnessing"]["cosignatures"], city.pids[member.code][0]))
    tell("Each has its folder in %s; the genesis file that all trust is city.lhg there." % city.base)


def story(city):
    insist("forked" not in city.state, "ybj has forked, and the story needs all five: %s" % AGAIN)
    demo_story.tell_story(city)


def tamper(city):
    insist("told" in city.state, "nothing is told yet that could be changed: run story first")
    demo_acts.tamper(city)


def fork(city):
    insist("forked" not in city.state, "ybj has forked already: %s" % AGAIN)
    demo_acts.fork(city)


AGAIN = "down --clean, then up, make a new city"
NEED_CITY = {"story": story, "tamper": tamper, "partition": demo_acts.partition, "fork": fork}


def down(city, remove):
    running = sum(one.is_running() for one in city.members)
    if not city.state:
        tell("No city is in %s: nothing to stop." % city.base)
        return
    city.stop_all()
    if remove:
        city.remove()
    tell("Stopped %d nodes. %s" % (running, "%s is removed." % city.base if remove else
                                   "The city stays in %s: up goes on with it." % city.base))


def one_act(args, place):
    with DemoCity(args.programs, place) as city:
        if args.act == "up":
            was = {one.code for one in city.members if one.is_running()}
            try:
                up(city)
            except BaseException:  # whatever ended us: what was started here does not stay
                last_words()
                for member in city.members:
                    if member.code not in was:
                        member.stop()
                raise
        elif args.act == "down":
            down(city, args.clean)
        else:
            insist(city.is_up(), "no city is up in %s: run up first" % place)
            NEED_CITY[args.act](city)


def last_words():
    """From here on the nodes are stopped, whoever loses patience."""
    signal.alarm(0)
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)


def every_act(args):
    began = time.monotonic()
    base = tempfile.mkdtemp(prefix="liuhen-demo.")
    try:
        with DemoCity(args.programs, os.path.join(base, "city")) as city:
            try:
                up(city)
                for act in NEED_CITY.values():
                    act(city)
            finally:
                last_words()
                if city.state:
                    city.stop_all()
    finally:
        if not args.keep:
            shutil.rmtree(base, ignore_errors=True)
    say("Done in %.0f s" % (time.monotonic() - began))
    tell(("Everything is in %s" if args.keep else "Everything was in %s, which is removed now") % city.base +
         "; demo: ok")


def default_place():
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.environ.get("LIUHEN_DEMO") or os.path.join(state, "liuhen-demo")


def on_signal(number, _):
    if number == signal.SIGALRM:
        raise Refused("it takes too long; the nodes' logs are DEPARTMENT.log in the folder of the city")
    sys.exit(128 + number)


def read_args():
    parser = argparse.ArgumentParser(
        prog="liuhen demo" if demo_story.CATALOGUE == demo_story.INSTALLED else "run demo", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="A city of five departments on this machine. Without an ACT: all of them, in a folder that is "
                    "gone afterwards.",
        epilog="acts:\n" + "\n".join("  %-10s %s" % pair for pair in ACTS.items()))
    parser.add_argument("programs", help=argparse.SUPPRESS)
    parser.add_argument("act", nargs="?", choices=list(ACTS), metavar="ACT")
    parser.add_argument("--dir", metavar="DIR", help="folder of the city; else LIUHEN_DEMO, else %s" %
                        default_place().replace("%", "%%"))
    parser.add_argument("--clean", action="store_true", help="with down: remove the folder too")
    parser.add_argument("--keep", action="store_true", help="without an ACT: leave the folder and say where it is")
    args = parser.parse_args()
    if args.clean and args.act != "down":
        parser.error("--clean goes with down")
    if args.act is None and args.dir:
        parser.error("--dir goes with an ACT")
    if args.keep and args.act is not None:
        parser.error("--keep goes without an ACT")
    return args


def main():
    args = read_args()
    for name in [name for name in os.environ if name.startswith("LIUHEN_") and name != "LIUHEN_DEMO"]:
        del os.environ[name]  # another node that somebody means is none of ours
    os.environ["NO_COLOR"] = "1"
    for number in ENDINGS:
        signal.signal(number, on_signal)
    signal.alarm(LIMIT_ACT if args.act else LIMIT_ALL)
    try:
        if args.act:
            one_act(args, args.dir or default_place())
        else:
            every_act(args)
    except (Refused, AssertionError, OSError) as error:
        print("demo: %s" % error, file=sys.stderr)
        sys.exit(1)


main()
