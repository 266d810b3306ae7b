#!/usr/bin/env python3
"""A working day at the counters of 市公安局 (gaj), always the same for one seed.

    seed_day.py OUT_DIR END_UNIX_SECONDS STAFF_HEX...

Writes OUT_DIR/SHIFT-WHO.ndjson: SHIFT is 1 to 4, WHO the number of the staff member, so that shifts
can be recorded one after another, each by its own people with their own keys. Event times lie in
the nine minutes before END: what is older would have to carry the flag `late`. Prints a few facts
of the day as shell variables, for the story that demo.sh tells.
"""
import json
import os
import random
import sys
import time

SEED = 20261124
SHIFTS = 4
CASES_PER_SHIFT = 11
SPAN_MS = 9 * 60 * 1000

# theme, items that are looked up in other departments (item, owner), purpose, steps
THEMES = [
    ("newborn-eight", [("birth-certificate", "wjw"), ("marriage", "mzj")], "newborn-registration",
     ["出生登记受理", "落户办结, 转医保参保"]),
    ("residence-permit", [("social-insurance", "rsj"), ("fund-deposit", "gjj")],
     "residence-permit", ["居住证受理", "居住证制证"]),
    ("household-transfer", [("property-ownership", "zgj"), ("marriage", "mzj")],
     "household-transfer", ["户口迁移受理", "户口迁移办结"]),
    ("talent-settlement", [("school-record", "jyj"), ("tax-payment", "swj"), ("no-housing", "zgj")],
     "talent-settlement", ["人才落户受理", "人才落户办结"]),
]
COUNTERS = ["婺城区行政服务中心 1 号窗口", "婺城区行政服务中心 2 号窗口", "江南派出所 户籍窗口",
            "金东区行政服务中心 公安窗口", "城西派出所 户籍窗口"]


class Day:
    def __init__(self, out_dir, end_s, staff):
        self.rng = random.Random(SEED)
        self.end_ms = end_s * 1000
        self.staff = staff
        self.files = {}
        self.out_dir = out_dir
        self.count = 0
        self.facts = {}

    def hex(self, size):
        return "%0*x" % (2 * size, self.rng.getrandbits(8 * size) | 1)

    def put(self, shift, who, kind, case, **fields):
        detail = fields.pop("detail")
        self.count += 1
        # Times rise through the day and never reach its end.
        at = self.end_ms - SPAN_MS + SPAN_MS * self.count // 400
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 1000))
        # Only a salted digest of these goes into the ledger. The ids are invented.
        people = fields.pop("people", None)
        event = {"type": kind, "source": "gaj-window", "id": "day-%04d" % self.count,
                 "event_time": "%s.%03dZ" % (seconds, at % 1000), "unit": COUNTERS[who],
                 "staff": self.staff[who], "system": "gaj-household", "channel": "COUNTER",
                 "auth_methods": ["token"], "assurance": 2}
        if case:
            event["case"] = case
        event.update(fields)
        event["detail"] = detail
        if people:
            event["subjects"] = [{"role": "principal", "type": "passport", "id": people}]
        self.files.setdefault((shift, who), []).append(event)
        return event["id"]

    def ask(self, shift, who, case, item, owner, purpose):
        exchange = self.hex(16)
        mask = self.rng.choice([1, 3, 7])
        query = self.put(shift, who, "QUERY", case, channel="PLATFORM", system="share-platform",
                         item=item, catalogue_version=1, exchange=exchange, counterparty=owner,
                         purpose=purpose, legal_basis="zj-public-data-2022",
                         people="DEMO%05d" % self.rng.randrange(100000),
                         detail={"requested_mask": mask})
        found = self.rng.random() < 0.86
        answer = {"result_mask": mask, "result_count": 1} if found else {}
        self.put(shift, who, "USE", case, channel="PLATFORM", system="share-platform", item=item,
                 catalogue_version=1, exchange=exchange, counterparty=owner, purpose=purpose,
                 outcome="HIT" if found else "NONE", **answer,
                 detail={"verdict": "MATCH" if found else "NO_RECORD", "used_for": "decision"})
        return query

    def promise(self, shift, who, case, item):
        self.put(shift, who, "NOTICE", case, item=item, catalogue_version=1,
                 detail={"text_digest": self.hex(32), "risk_class": 1, "eligible": 1})
        promise_id = self.hex(16)
        self.put(shift, who, "PROMISE", case, item=item, catalogue_version=1,
                 detail={"promise_id": promise_id, "form_digest": self.hex(32), "check_mode": 2,
                         "check_due": 20261224, "public": 2})
        if self.rng.random() < 0.6:
            self.put(shift, who, "CHECK", case, channel="ON_SITE", item=item, catalogue_version=1,
                     detail={"promise_id": promise_id, "method": 3, "result": 1})

    def case(self, shift, number):
        theme, items, purpose, steps = self.rng.choice(THEMES)
        who = self.rng.randrange(len(self.staff))
        case = self.hex(16)
        self.put(shift, who, "CASE", case, purpose=purpose, outcome="ACCEPTED",
                 detail={"theme": theme, "kind": 1,
                         "participants": sorted({"gaj"} | {owner for _, owner in items})})
        self.put(shift, who, "STEP", case, step=1, detail={"name": steps[0], "state": 1})
        for item, owner in self.rng.sample(items, self.rng.randint(1, len(items))):
            self.ask(shift, who, case, item, owner, purpose)
        if self.rng.random() < 0.2:
            self.promise(shift, who, case, "kinship")
        self.put(shift, who, "STEP", case, step=2, detail={"name": steps[1], "state": 2})
        if self.rng.random() < 0.9:
            self.put(shift, who, "CLOSE", case, outcome="DONE", detail={"result": 1})
        if number == 0 and shift == 1:
            self.facts.update(STORY_CASE=case, STORY_WHO=who)

    def write(self):
        for (shift, who), events in sorted(self.files.items()):
            path = os.path.join(self.out_dir, "%d-%d.ndjson" % (shift, who))
            with open(path, "w", encoding="utf-8") as out:
                for event in events:
                    out.write(json.dumps(event, ensure_ascii=False) + "\n")


def main():
    day = Day(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
    for shift in range(1, SHIFTS + 1):
        for number in range(CASES_PER_SHIFT):
            day.case(shift, number)
    # Somebody looks a marriage up and no case asks for it. The ledger keeps it like all others.
    day.facts["LONE_QUERY"] = day.ask(SHIFTS, 1, None, "marriage", "mzj", "other")
    day.write()
    day.facts["DAY_COUNT"] = day.count
    for name, value in day.facts.items():
        print("%s=%s" % (name, value))


main()
