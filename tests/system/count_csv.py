#!/usr/bin/env python3
"""Compare an imported table with its CSV, without any of our code.

  count_csv.py CSV[.gz] EXPORT.ndjson NETWORK_ID

CSV is the CoSeLoG receipt table, EXPORT what "liuhen export -f ndjson" wrote after an import with
cli/examples/coselog.map. Counts by staff, case, unit and activity, every time, the numbers of
people and cases (recomputed here by the formula of liuhen-map(5)), the order and the steps must be
equal. Prints the counts; exit 1 names the first difference.
"""
import collections
import csv
import datetime
import gzip
import hashlib
import json
import sys

MAP_NAME = "wabo-receipt"


def fail(words):
    print("count_csv: " + words, file=sys.stderr)
    sys.exit(1)


def same(what, ours, theirs):
    if ours != theirs:
        differing = [k for k in set(ours) | set(theirs) if ours.get(k) != theirs.get(k)]
        k = differing[0]
        fail(f"{what}: {len(differing)} differ, for example {k}: CSV {ours.get(k)}, "
             f"ledger {theirs.get(k)}")


def read_csv(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_export(path):
    with open(path, encoding="utf-8") as file:
        events = [json.loads(line)["event"] for line in file]
    return [e for e in events if e and e["source"] == "wabo" and "imported" in e.get("flags", [])]


def unix_ms(text):
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (moment - epoch) // datetime.timedelta(milliseconds=1)


def number(kind, network_id, texts, length):
    def framed(text):
        raw = text.encode()
        return len(raw).to_bytes(4, "big") + raw

    message = f"liuhen/import-{kind}/v1".encode() + b"\0" + bytes.fromhex(network_id)
    message += framed(MAP_NAME) + b"".join(framed(text) for text in texts)
    return hashlib.sha256(message).digest()[:length].hex()


def main():
    csv_path, export_path, network_id = sys.argv[1:]
    rows = read_csv(csv_path)
    events = read_export(export_path)
    steps = [e for e in events if e["type"] == "STEP"]
    cases = [e for e in events if e["type"] == "CASE"]
    if len(events) != len(steps) + len(cases):
        fail("an entry is neither CASE nor STEP")

    def staff(row):
        return number("staff", network_id, [row["org:group"], row["org:resource"]], 8)

    def case(row):
        return number("case", network_id, [row["case:concept:name"]], 16)

    # How many rows each has, by what the table says and by what the ledger says.
    count = collections.Counter
    same("staff", count(map(staff, rows)), count(e["staff"] for e in steps))
    same("case", count(map(case, rows)), count(e["case"] for e in steps))
    same("unit", count(r["org:group"] for r in rows), count(e["unit"] for e in steps))
    same("activity", count(r["concept:name"] for r in rows),
         count(e["detail"]["name"] for e in steps))
    if "EMPTY" not in {e["unit"] for e in steps}:
        fail("the rows of no group are no unit of their own")
    same("cases", count({case(r) for r in rows}), count(e["case"] for e in cases))
    codes = {(e["item"], e["detail"]["name"]) for e in steps}
    if len(codes) != len({c for c, _ in codes}) or len(codes) != len({n for _, n in codes}):
        fail("an item does not stand for one activity")

    # Row by row, by the id of the source.
    by_id = {e["id"]: e for e in steps}
    if len(by_id) != len(rows):
        fail(f"{len(by_id)} ids of {len(rows)} rows")
    seen = collections.Counter()
    expected_steps = {}
    for row in sorted(rows, key=lambda r: unix_ms(r["time:timestamp"])):  # stable: equal times by line
        seen[row["case:concept:name"]] += 1
        expected_steps[row["concept:instance"]] = seen[row["case:concept:name"]]
    for row in rows:
        event = by_id[row["concept:instance"]]
        wanted = {"staff": staff(row), "case": case(row), "unit": row["org:group"],
                  "step": expected_steps[row["concept:instance"]], "source": "wabo"}
        same(f"row {row['concept:instance']}", wanted, {k: event[k] for k in wanted})
        if unix_ms(row["time:timestamp"]) != unix_ms(event["event_time"]):
            fail(f"row {row['concept:instance']}: another time")
    starts = {r["case:concept:name"]: unix_ms(r["case:startdate"]) for r in rows}
    same("begin of cases", starts, {e["id"]: unix_ms(e["event_time"]) for e in cases})
    times = [unix_ms(e["event_time"]) for e in events]
    if times != sorted(times):
        fail("the ledger is not in the order of time")

    print(f"rows {len(rows)} cases {len(cases)} staff {len({e['staff'] for e in steps})} "
          f"units {len({e['unit'] for e in steps})} activities {len(codes)} entries {len(events)}")


main()
