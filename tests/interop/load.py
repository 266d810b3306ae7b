#!/usr/bin/env python3
"""Fills a node with events that its recorder signs, until the ledger has about so many leaves.

    load.py SOCKET STAFF LEAVES ANSWERS

Two clients at a time, in batches of 1 to 1,000 events, so that blocks are of all sizes. ANSWERS gets
one JSON object a line for each event: what was sent, and what the node answered.
"""
import http.client
import json
import random
import socket
import sys
import threading
import time

CLIENTS = 2
BATCHES = 140
BATCH_MAX = 1000
CASES = 97
RECEIPTS_EVERY = 9  # ask for receipts in one of so many batches
UNITS = ["", "户籍窗口", "婺城区行政服务中心 1 号窗口", "江南派出所" * 4]


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("node", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Load:
    def __init__(self, path, staff, leaves, out):
        self.path, self.staff, self.leaves, self.out = path, staff, leaves, out
        self.lock = threading.Lock()
        self.batches = self.events = self.size = 0
        self.failure = None

    def event(self, rng, name):
        now = time.time()
        event = {"source": "interop-%d" % rng.randrange(3), "id": name, "type": "QUERY",
                 "event_time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) +
                               ".%03dZ" % (now % 1 * 1000),
                 "staff": self.staff, "system": "shared-platform", "channel": "PLATFORM",
                 "item": "birth-certificate", "catalogue_version": 1,
                 "case": "%032x" % (0xc0de00 + rng.randrange(CASES)),
                 "exchange": "%032x" % rng.getrandbits(127), "counterparty": "wjw",
                 "purpose": "newborn", "legal_basis": "zfg-2019",
                 "detail": {"requested_mask": 1 + rng.randrange(7)}}
        unit = rng.choice(UNITS)
        if unit:
            event["unit"] = unit
        return event

    def send(self, connection, events, receipts):
        body = "\n".join(json.dumps(one, ensure_ascii=False) for one in events).encode()
        connection.request("POST", "/v1/events?receipt=" + ("full" if receipts else "none"), body,
                           {"Content-Type": "application/x-ndjson"})
        reply = connection.getresponse()
        text = reply.read()
        results = json.loads(text).get("results", []) if reply.status in (201, 207) else []
        if reply.status != 201:
            bad = [one for one in results if one["status"] != "recorded"]
            raise AssertionError("status %d: %.300s" % (reply.status, bad[0] if bad else text))
        if len(results) != len(events):
            raise AssertionError("%d results for %d events" % (len(results), len(events)))
        return results

    def keep(self, events, results):
        with self.lock:
            for event, result in zip(events, results):
                answer = {name: event[name] for name in ("source", "id", "case")}
                answer["index"] = int(result["entry"].rsplit("/", 1)[1])
                answer["leaf_hash"] = result["leaf_hash"]
                if "receipt" in result:
                    answer["receipt"] = result["receipt"]
                self.size = max(self.size, answer["index"] + 2)
                self.out.write(json.dumps(answer) + "\n")
            self.batches += 1
            self.events += len(events)

    def run(self, client):
        rng = random.Random(client)
        connection = Connection(self.path)
        batch_max = min(BATCH_MAX, max(1, 2 * self.leaves // BATCHES))
        number = batch = 0
        try:
            while self.size < self.leaves and self.failure is None:
                count = min(rng.choice([1, 2, batch_max, rng.randint(1, batch_max)]),
                            max(1, self.leaves - self.size))
                events = []
                for _ in range(count):
                    number += 1
                    events.append(self.event(rng, "i%d-%d" % (client, number)))
                receipts = batch % RECEIPTS_EVERY == 0 or count <= 2
                self.keep(events, self.send(connection, events, receipts))
                batch += 1
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error
        finally:
            connection.close()


def main():
    with open(sys.argv[4], "w", encoding="utf-8") as out:
        load = Load(sys.argv[1], sys.argv[2], int(sys.argv[3]), out)
        started = time.monotonic()
        clients = [threading.Thread(target=load.run, args=(one,)) for one in range(CLIENTS)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
    if load.failure is not None:
        sys.exit("load: %s: %s" % (type(load.failure).__name__, load.failure))
    print("%d events in %d batches, %d leaves, %.1f s" %
          (load.events, load.batches, load.size, time.monotonic() - started))


main()
