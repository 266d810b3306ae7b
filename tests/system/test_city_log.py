"""A year of a real permit office as a city: each group of it a department with a node of its own.

    test_city_log.py BIN_DIR TOOLS_DIR

The log is taken apart by its column org:group, the smallest groups together, so that nine nodes run; each
imports its rows, all at once, and at the end every node holds every ledger and every newest head is final. A case has
one number wherever it went. Exits 77 where the log is not: it lies beside the checkout, in ../shared/data.
"""

import collections
import csv
import datetime
import gzip
import json
import os
import subprocess
import sys
import time

from citylib import City
from nodelib import equal, run_claims

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(HERE, "../../../shared/data/coselog-wabo-receipt.csv.gz")
MAP = os.path.join(HERE, "../../cli/examples/coselog.map")
NODES_MAX = 9
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def read_log():
    with gzip.open(TABLE, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_department(rows):
    """{code: its rows}: a group each, what is beyond NODES_MAX - 1 of the largest in one."""
    counts = collections.Counter(row["org:group"] for row in rows)
    large = [group for group, _ in counts.most_common()]
    alone = large if len(large) <= NODES_MAX else large[:NODES_MAX - 1]
    found = {}
    for row in rows:
        group = row["org:group"]
        code = group.lower().replace(" ", "-") if group in alone else "small-groups"
        found.setdefault(code, []).append(row)
    return found


class LogCity(City):
    def __init__(self):
        self.rows = read_log()
        self.parts = by_department(self.rows)
        super().__init__(len(self.parts), sorted(self.parts))
        for code, rows in self.parts.items():
            with open(os.path.join(self.base, code + ".csv"), "w", encoding="utf-8", newline="") as out:
                table = csv.DictWriter(out, rows[0])
                table.writeheader()
                table.writerows(rows)


def cases_of(rows):
    return {row["case:concept:name"] for row in rows}


def import_all(city):
    """All departments at once, as in a city; what each says of it."""
    running = []
    for member in city.members:
        env = dict(os.environ, HOME=city.base, XDG_STATE_HOME=member.dir + ".state", LIUHEN_DATA=member.dir,
                   LC_ALL="C.UTF-8")
        running.append((member, subprocess.Popen(
            [os.path.join(city.bin, "liuhen"), "import", "csv", member.code + ".csv", "--map", MAP, "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=city.base, env=env)))
    for member, process in running:
        said, complained = process.communicate(timeout=300)
        equal(process.returncode, 0, member.code + ": " + complained)
        done = json.loads(said)
        rows = city.parts[member.code]
        equal((done["rows"], done["cases"], done["rejected"]), (len(rows), len(cases_of(rows)), 0), member.code)


def steps_of(member):
    """The rows that this ledger holds, as events, each proven by whoever exported it."""
    member.cli("export", "-f", "ndjson", "-o", member.code + ".ndjson", "--type", "STEP", "-q")
    with open(os.path.join(member.city.base, member.code + ".ndjson"), encoding="utf-8") as file:
        return [json.loads(line)["event"] for line in file]


def same_rows(member, rows):
    """Each row once, under its own id, group, activity and time; {case number: name of the case}."""
    steps = {event["id"]: event for event in steps_of(member)}
    equal(len(steps), len(rows), member.code)
    names = {}
    for row in rows:
        event = steps[row["concept:instance"]]
        equal((event["unit"], event["detail"]["name"], moment(event["event_time"])),
              (row["org:group"], row["concept:name"], moment(row["time:timestamp"])), row["concept:instance"])
        names[event["case"]] = row["case:concept:name"]
    return names


def moment(text):
    """Milliseconds since 1970."""
    since = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH
    return since // datetime.timedelta(milliseconds=1)


def the_log_of_a_city_stands_in_every_ledger_once_and_on_every_node(city):
    begun = time.monotonic()
    city.start()
    import_all(city)
    imported = time.monotonic()
    heads = city.wait_equal(seconds=200)
    states = city.wait_final(seconds=200)
    settled = time.monotonic()
    for code, state in states.items():
        equal({row["origin"]: row["size"] for row in state["replicas"]},
              {origin: size for origin, size in heads.items() if origin != state["origin"]}, code)
        equal({row["tainted"] for row in state["replicas"]}, {False}, code)
        assert state["witnessing"]["cosignatures"] >= state["witnessing"]["needed"] > 0, state
    holders = collections.Counter()
    for member in city.members:
        names = same_rows(member, city.parts[member.code])
        equal(set(names.values()), cases_of(city.parts[member.code]), member.code)
        holders.update(names.items())
    across = [pair for pair, count in holders.items() if count > 1]
    equal(len(holders), len(cases_of(city.rows)), "a case has one number in all departments")
    assert len(across) > len(holders) // 2, "cases do not go from one department to others"
    archives = []
    for member in city.members:
        archives.append(member.code + ".lhar")
        member.cli("export", "-f", "archive", "-o", archives[-1], "-q")
    city.members[0].cli("verify", "--trust", "city.lhg", *archives)
    entries = len(city.rows) + sum(len(cases_of(rows)) for rows in city.parts.values())
    print("%d rows of %d cases, %d of them across departments, %d entries in %d ledgers: imported in %.1f s, all "
          "equal and final %.1f s later, verified %.1f s later" % (
              len(city.rows), len(holders), len(across), entries, len(city.members), imported - begun,
              settled - imported, time.monotonic() - settled))


if not os.path.exists(TABLE):
    print("the real log is not here: skipped")
    sys.exit(77)
run_claims(LogCity, [the_log_of_a_city_stands_in_every_ledger_once_and_on_every_node])
