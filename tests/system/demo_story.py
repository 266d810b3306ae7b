"""A day in the city of the demonstration: cases that one department handles and others answer for.

Always the same day for one seed, but for its keys and times. Each exchange is three entries in two ledgers: QUERY by
whoever asks, SERVE by whoever answers, USE of the answer by whoever asked. A token travels with the question: where
it stands in the asker's ledger, its hash and its signature. The SERVE keeps it.
"""

import base64
import hashlib
import json
import os
import pathlib
import random

from demo_city import NAMES, Refused, a_day, insist
from demo_words import say, show, tell, verified

SEED = 20261124
ROUNDS = 2
HERE = pathlib.Path(__file__).resolve()
INSTALLED = HERE.parents[1] / "catalogue/seed.json"
CATALOGUE = INSTALLED if INSTALLED.exists() else HERE.parents[2] / "specs/catalogue/seed.json"
LAW = "zj-public-data-2022"
WORDS = {"CASE": "立案", "STEP": "环节", "QUERY": "查询", "SERVE": "提供", "USE": "采用", "NOTICE": "告知",
         "PROMISE": "承诺", "CHECK": "核查", "CLOSE": "办结"}

# theme, in words, who handles it, what is asked of whom, what the applicant promises instead of proving it
THEMES = [
    ("social-assistance", "社会救助", "mzj", [("household-members", "gaj"), ("social-insurance", "rsj"),
                                          ("medical-insurance", "ybj"), ("property-ownership", "zrj")], None),
    ("property-transfer", "不动产转移", "zrj", [("marriage", "mzj"), ("household-members", "gaj")], "kinship"),
    ("newborn-eight", "出生八事联办", "gaj", [("marriage", "mzj"), ("medical-insurance", "ybj")], None),
    ("retirement", "退休一件事", "rsj", [("household-members", "gaj"), ("medical-insurance", "ybj")], None),
    ("medical-aid", "医疗救助", "ybj", [("low-income", "mzj"), ("citizen-card", "rsj")], None),
]
# The seed has other departments' consumers; these are asked by the themes too.
CONSUMERS = {"property-ownership": ["mzj"], "medical-insurance": ["mzj"]}


def items_of(code):
    """What a department has in the catalogue; 自然资源 is zgj there."""
    def ours(name):
        return "zrj" if name == "zgj" else name
    with open(CATALOGUE, encoding="utf-8") as file:
        acts = [act for act in json.load(file) if ours(act["detail"]["owner"]) == code]
    for act in acts:
        detail = act["detail"]
        detail["owner"] = code
        detail["consumers"] = sorted({ours(one) for one in detail.get("consumers", [])} |
                                     set(CONSUMERS.get(detail["code"], [])))
    return acts


def fields_of(data):
    """(number, value) of each length-delimited field of a message; others are passed over."""
    def varint(at):
        value = shift = 0
        while True:
            value |= (data[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if data[at - 1] < 0x80:
                return value, at
    found, at = [], 0
    while at < len(data):
        key, at = varint(at)
        if key & 7 == 2:
            size, at = varint(at)
            found.append((key >> 3, data[at:at + size]))
            at += size
        else:
            _, at = varint(at)
    return found


class Entry:
    """An entry as its own bytes say: specs/proto, read by none of our code."""

    def __init__(self, member, name):
        self.member, self.name = member, name
        self.leaf = base64.b64decode(member.get("/v1/entries/" + name).json["leaf"])
        intake = next(value for number, value in fields_of(self.leaf) if number == 1)
        self.body = next(value for number, value in fields_of(intake) if number == 1)
        self.body_hash = hashlib.sha256(self.body).hexdigest()
        signer = next(value for number, value in fields_of(intake) if number == 2)
        self.key_id, self.signature = (value.hex() for _, value in fields_of(signer)[:2])

    def token(self, exchange):
        return {"origin": "jinhua/" + "/".join(self.name.split("/")[:2]), "exchange": exchange,
                "body_hash": self.body_hash, "key_id": self.key_id, "signature": self.signature}


class Day:
    """Events in stages: what is asked, what is answered, what is made of it, what is checked later."""

    def __init__(self, city, number):
        self.city, self.number = city, number
        self.rng = random.Random(SEED + number)
        self.serial = 0
        self.events = {}  # (code, who) -> events of this stage
        self.entries = {}  # event id -> (member, name)
        self.cases, self.exchanges, self.promises = [], [], []

    def hex(self, size):
        """Random for good: numbers of cases and exchanges are never used again."""
        return os.urandom(size).hex()

    def put(self, code, who, kind, **fields):
        self.serial += 1
        event = {"type": kind, "source": code + "-window", "id": "day%d-%03d" % (self.number, self.serial),
                 "unit": "%s %d 号窗口" % (NAMES[code], who + 1), "channel": "COUNTER", **fields}
        event = {name: value for name, value in event.items() if value is not None}
        self.events.setdefault((code, who), []).append(event)
        return event["id"]

    def record(self):
        """One stage: each staff member signs their own."""
        for (code, who), events in sorted(self.events.items()):
            member = self.city.member(code)
            for event, name in member.record_as(who, events).items():
                self.entries[event] = (member, name)
        self.events = {}

    def entry(self, event):
        return Entry(*self.entries[event])

    def ask(self, case, asker, who, item, owner, theme, person):
        exchange = {"id": self.hex(16), "case": case, "asker": asker, "owner": owner, "item": item, "who": who,
                    "person": person, "found": self.rng.random() < 0.8, "server": self.rng.randrange(2),
                    "purpose": theme}
        exchange["query"] = self.put(asker, who, "QUERY", channel="PLATFORM", system="share-platform",
                                     counterparty=owner, purpose=theme, legal_basis=LAW,
                                     **self.about(exchange), detail={"requested_mask": 7})
        self.exchanges.append(exchange)
        return exchange

    @staticmethod
    def about(exchange):
        return {"item": exchange["item"], "catalogue_version": 1, "exchange": exchange["id"],
                "case": exchange["case"],
                "subjects": [{"role": "principal", "type": "passport", "id": exchange["person"]}]}

    @staticmethod
    def came_of(exchange):
        if exchange["found"]:
            return {"outcome": "HIT", "result_mask": 7, "result_count": 1}
        return {"outcome": "NONE"}

    def answer(self, exchange):
        query = self.entry(exchange["query"])
        exchange["serve"] = self.put(exchange["owner"], exchange["server"], "SERVE", channel="PLATFORM",
                                     system="share-platform", counterparty=exchange["asker"],
                                     refs=[query.body_hash], **self.about(exchange), **self.came_of(exchange),
                                     detail={"token": query.token(exchange["id"])})

    def use(self, exchange):
        exchange["use"] = self.put(exchange["asker"], exchange["who"], "USE", channel="PLATFORM",
                                   system="share-platform", counterparty=exchange["owner"],
                                   refs=[self.entry(exchange[side]).body_hash for side in ("query", "serve")],
                                   **self.about(exchange), **self.came_of(exchange),
                                   detail={"verdict": "MATCH" if exchange["found"] else "NO_RECORD",
                                           "used_for": "decision"})

    def open_case(self, theme, words, code, asked, promised):
        case = {"id": self.hex(16), "code": code, "words": words, "who": self.rng.randrange(2), "theme": theme}
        person = "DEMO%05d" % self.rng.randrange(100000)
        same = {"case": case["id"], "purpose": theme}
        self.put(code, case["who"], "CASE", outcome="ACCEPTED", **same,
                 detail={"theme": theme, "kind": 1, "participants": sorted({code} | {who for _, who in asked})})
        self.put(code, case["who"], "STEP", step=1, **same, detail={"name": "受理", "state": 1})
        for item, owner in asked:
            self.ask(case["id"], code, case["who"], item, owner, theme, person)
        if promised:
            paper = {"item": promised, "catalogue_version": 1, **same}
            self.put(code, case["who"], "NOTICE", **paper,
                     detail={"text_digest": self.hex(32), "risk_class": 1, "eligible": 1})
            promise = {"id": self.hex(16), "case": case, "paper": paper}
            promise["promise"] = self.put(code, case["who"], "PROMISE", **paper, detail={
                "promise_id": promise["id"], "form_digest": self.hex(32), "check_mode": 2, "check_due": 20270331,
                "public": 2})
            self.promises.append(promise)
        self.cases.append(case)

    def close_case(self, case):
        same = {"case": case["id"], "purpose": case["theme"]}
        self.put(case["code"], case["who"], "STEP", step=2, **same, detail={"name": "审批", "state": 2})
        self.put(case["code"], case["who"], "CLOSE", outcome="DONE", **same, detail={"result": 1})

    def check(self, promise):
        """Somebody else than who took the promise goes and looks."""
        promise["check"] = self.put(promise["case"]["code"], 1 - promise["case"]["who"], "CHECK",
                                    **dict(promise["paper"], channel="ON_SITE"),
                                    detail={"promise_id": promise["id"], "method": 3, "result": 1})

    def pass_by(self):
        for _ in range(ROUNDS):
            for theme in THEMES:
                self.open_case(*theme)
        # Somebody looks a marriage up: no case asks for it, and nothing is made of the answer.
        who = next(case["who"] for case in self.cases if case["code"] == "gaj")
        self.lone = self.ask(None, "gaj", who, "marriage", "mzj", "other", "DEMO%05d" % self.rng.randrange(100000))
        self.record()
        for exchange in self.exchanges:
            self.answer(exchange)
        self.record()
        for exchange in self.exchanges:
            if exchange is not self.lone:
                self.use(exchange)
        for case in self.cases:
            self.close_case(case)
        self.record()
        for promise in self.promises[:1]:  # the second one's date is still to come
            self.check(promise)
        self.record()


def lookups(member, words, count):
    """Questions that nobody answers yet, signed by a staff member: what an act records meanwhile."""
    others = [code for code in NAMES if code != member.code]
    return member.record_as(0, [{
        "type": "QUERY", "source": member.code + "-window", "id": "%s-%s" % (words, os.urandom(6).hex()),
        "unit": NAMES[member.code], "channel": "PLATFORM", "system": "share-platform", "item": "marriage",
        "catalogue_version": 1, "exchange": os.urandom(16).hex(), "counterparty": others[at % len(others)],
        "purpose": "marriage-check", "legal_basis": LAW, "detail": {"requested_mask": 1}} for at in range(count)])


# ---- what an auditor makes of it ----

def warrant(member, number, since, until):
    return member.decide(member.draft("warrant-%d" % number, {
        "type": "WARRANT", "id": "warrant-" + os.urandom(8).hex(), "legal_basis": "audit-law-34",
        "detail": {"warrant_id": os.urandom(16).hex(), "authority": "市审计局", "document": "审〔2026〕17 号",
                   "from": since, "until": until, "expires": until}}))[0]


def trail(city, number):
    """Every row of every department, proven, read by the auditor under a warrant of each."""
    since, until = a_day()
    rows = []
    for member in city.members:
        got = json.loads(member.as_auditor("trail", "--warrant", warrant(member, number, since, until), "-S",
                                           since, "-U", until, "--trust", "city.lhg", "--json"))
        insist(got["verified"] == "full" and got["access"], "the trail of %s is not proven" % member.code)
        rows += got["items"]
    return sorted(rows, key=lambda row: (row["recorded_at"], row["index"]))


def one_sided(rows):
    """Exchanges that lack one of QUERY, SERVE and USE: {exchange: {type: row}}."""
    sides = {}
    for row in rows:
        if "exchange" in row["event"]:
            sides.setdefault(row["event"]["exchange"], {})[row["event"]["type"]] = row
    return sides, {name: found for name, found in sides.items() if set(found) != {"QUERY", "SERVE", "USE"}}


def check_tokens(city, sides):
    """Each answer carries what the asker's proven entry says, to the byte."""
    count = 0
    for exchange, found in sides.items():
        if "SERVE" in found:
            query = found["QUERY"]
            entry = Entry(city.member(query["event"]["department"]), query["entry"])
            insist(hashlib.sha256(b"\0" + entry.leaf).hexdigest() == query["leaf_hash"],
                   "%s is not the entry that was proven" % query["entry"])
            insist(found["SERVE"]["event"]["detail"]["token"] == entry.token(exchange),
                   "the token in %s is not of %s" % (found["SERVE"]["entry"], query["entry"]))
            count += 1
    return count


def line_of(row):
    event = row["event"]
    about = event.get("item") or event["detail"].get("theme") or event["detail"].get("name") or ""
    other = {"QUERY": "→ ", "SERVE": "→ ", "USE": "← "}.get(event["type"], "") + event.get("counterparty", "")
    cells = (row["recorded_at"][11:23], row["entry"], event["type"], WORDS[event["type"]], other, about,
             event.get("outcome", ""))
    return ("%s  %-9s %-5s %s  %-5s  %-18s %s" % cells).rstrip()


def tell_case(rows, case):
    say("One case (办件) across five ledgers: %s, %s (times in UTC)" % (NAMES[case["code"]], case["words"]))
    mine = [row for row in rows if row["event"].get("case") == case["id"]]
    for row in mine:
        show(line_of(row))
    insist({row["entry"].split("/")[0] for row in mine} == set(NAMES), "the case is not in all five ledgers")


def tell_story(city):
    number = city.state.get("days", 0) + 1
    day = Day(city, number)
    if number == 1:
        for member in city.members:
            catalogue(member)
    say("A day at the counters (窗口): who asks, who answers, and what is made of it")
    day.pass_by()
    city.state["days"] = number
    city.state["told"] = day.entries[day.lone["serve"]][1]
    city.state["told_id"] = day.lone["serve"]
    city.save()
    tell("%d cases, %d exchanges, %d entries in five ledgers; each signed by the person who did it." %
         (len(day.cases), len(day.exchanges), day.serial))
    rows = trail(city, number)
    tell("An auditor (市审计局) read all of it under a warrant (审计授权) of each department, every row proven.")
    tell_case(rows, day.cases[0])

    say("Double entry (双边记账): both sides of every exchange")
    asked = {exchange["id"] for exchange in day.exchanges}
    sides, lacking = one_sided(row for row in rows if row["event"].get("exchange") in asked)
    insist(len(sides) == len(asked), "%d of %d exchanges were found" % (len(sides), len(asked)))
    tell("A token (凭据) travels with a question and stays in the answer; %d of %d are equal to the asker's entry:" %
         (check_tokens(city, sides), len(asked)))
    told = sides[day.exchanges[0]["id"]]
    token = told["SERVE"]["event"]["detail"]["token"]
    show("%s answers %s: %s, H(body) %s…, signed %s…" % (
        told["SERVE"]["entry"], told["QUERY"]["entry"], token["origin"], token["body_hash"][:16],
        token["signature"][:16]))
    insist(set(lacking) == {day.lone["id"]}, "exchanges that lack a side: %r" % lacking)
    lone = lacking[day.lone["id"]]
    insist(set(lone) == {"QUERY", "SERVE"} and "case" not in lone["QUERY"]["event"], "the lone look has a case")
    tell("One lacks a side: %s asked about a marriage without a case, %s answered, and nobody used it." %
         (lone["QUERY"]["entry"], lone["SERVE"]["entry"]))
    tell("Who was it? A trail by staff (按人员), proven row by row:")
    who = lone["QUERY"]["event"]["staff"]
    asked_by = city.member("gaj").cli("trail", "--staff", who, "--type", "QUERY", "-n", "3", "--lang", "zh", "--table",
                                      "--columns", "entry,event_time,staff,counterparty,item,case", "-q")
    insist(lone["QUERY"]["entry"] in asked_by, "the trail of %s lacks %s" % (who, lone["QUERY"]["entry"]))
    show(asked_by)

    say("A promise instead of a paper (告知承诺), and who looked whether it was true")
    kept, open_one = day.promises
    made, checked = day.entries[kept["promise"]], day.entries[kept["check"]]
    found = {row["entry"]: row for row in rows}
    insist(found[checked[1]]["event"]["detail"]["promise_id"] == kept["id"] and
           found[checked[1]]["event"]["staff"] != found[day.entry(kept["promise"]).name]["event"].get("staff"),
           "the check is not of this promise, or by who took it")
    tell("%s promised, %s checked on site by another person: true. %s is still to be checked, by 2027-03-31." %
         (made[1], checked[1], day.entries[open_one["promise"]][1]))

    offline(city, day)


def offline(city, day):
    say("Checked offline, without any node (离线核验)")
    member, name = day.entries[day.exchanges[0]["serve"]]
    receipt = os.path.join(city.base, "receipt.tlog-proof")
    member.cli("receipt", "get", name, "-o", receipt, "-q")
    tell("The receipt (回执) of %s, %d bytes, under the department's policy:" % (name, os.path.getsize(receipt)))
    show(verified(city, 0, "--trust", member.path("trust.policy"), receipt)[-1])
    archives = []
    for one in city.members:
        archives.append(os.path.join(city.base, one.code + ".lhar"))
        one.cli("export", "-f", "archive", "-o", archives[-1], "--force", "-q")
    tell("All five ledgers, replayed from their archives (重放) under the city's genesis file:")
    show(verified(city, 0, "--trust", "city.lhg", *archives)[-1])
    for path in archives:
        with open(path, "rb") as file:
            insist(b"DEMO" not in file.read(), "a person's number stands in " + path)
    states = city.wait_final()
    tell("Nobody's number is in them. Every newest head is final, cosigned by the others: %s." %
         ", ".join("%s %d (%d)" % (code, state["size"], state["witnessing"]["cosignatures"])
                   for code, state in states.items()))


def catalogue(member):
    """Each department's own items, both officers' act."""
    drafts = os.path.join(member.city.base, member.code + "-catalogue")
    with open(drafts + ".json", "w", encoding="utf-8") as out:
        json.dump(items_of(member.code), out, ensure_ascii=False)
    member.cli("act", drafts + ".json", "-o", drafts, "-q")
    made = sorted(os.listdir(drafts))
    if not made:
        raise Refused("%s has nothing in the catalogue" % member.code)
    member.decide(*[os.path.join(drafts, one) for one in made])
