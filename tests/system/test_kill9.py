"""kill -9 under load, round after round: what was acknowledged is there, once, and verifies.

argv[3]: rounds (30).  argv[4]: seed of the moments at which the node is killed.
"""

import os
import random
import subprocess
import sys
import threading
import time

from nodelib import Node, equal, frames

ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 30
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 20261124
SUBMISSION = "application/vnd.liuhen.submission"
PER_ROUND, PER_REQUEST = 300, 10


def framed(submissions):
    return b"".join(len(one).to_bytes(4, "big") + one for one in submissions)


def send_until_death(node, submissions, receipts):
    """Send in order; remember each receipt by the submission it answers."""
    for at in range(0, len(submissions), PER_REQUEST):
        part = submissions[at:at + PER_REQUEST]
        try:
            reply = node.post("/v1/events", framed(part), SUBMISSION)
        except Exception:  # the node is gone, at any point  # pylint: disable=broad-except
            return
        if reply.status not in (200, 201):
            raise AssertionError("%d %s" % (reply.status, reply.text[:300]))
        for one, result in zip(part, reply.json["results"]):
            receipts[one] = result["receipt"]


def resend(node, submissions, receipts):
    """Every event again: what was acknowledged comes back with the very same receipt."""
    lost = 0
    for at in range(0, len(submissions), 100):
        part = submissions[at:at + 100]
        reply = node.post("/v1/events", framed(part), SUBMISSION)
        assert reply.status in (200, 201), reply.text[:300]
        for one, result in zip(part, reply.json["results"]):
            if one in receipts:
                equal((result["status"], result["receipt"]), ("duplicate", receipts[one]))
            elif result["status"] == "duplicate":
                lost += 1  # sealed, but the reply did not get out: allowed, and found again
            receipts[one] = result["receipt"]
    return lost


def main():
    dice = random.Random(SEED)
    node = Node(staff=1)
    acks = os.path.join(node.base, "acks")
    written = []
    unanswered = 0
    slowest = 0.0
    try:
        node.begin()
        for number in range(ROUNDS):
            began = time.monotonic()
            submissions = frames(node.submissions(PER_ROUND, "own-%d" % number))
            receipts = {}
            load = subprocess.Popen(
                [os.path.join(node.tools, "load_node"), node.socket, node.dir, "--clients", "16",
                 "--requests", "4000", "--seconds", "5", "--prefix", "load-%d" % number,
                 "--ack", acks], stdout=subprocess.PIPE, text=True)
            equal(load.stdout.readline(), "go\n")
            client = threading.Thread(target=send_until_death,
                                      args=(node, submissions, receipts))
            client.start()
            time.sleep(dice.uniform(0.02, 0.35))
            node.kill()
            client.join()
            load.communicate()
            assert load.returncode == 0, "the load failed"
            node.start()
            equal(node.status()["state"], "continuous", node.logged())
            unanswered += resend(node, submissions, receipts)
            written += receipts.values()
            slowest = max(slowest, time.monotonic() - began)
        node.stop()
        with open(acks, "ab") as out:
            for receipt in written:
                data = receipt.encode()
                out.write(len(data).to_bytes(4, "big") + data)
        counts = node.tool("check_node", node.dir, acks).strip()
        print("rounds=%d seed=%d %s unanswered=%d slowest_round=%.2fs" %
              (ROUNDS, SEED, counts, unanswered, slowest))
    except BaseException:
        print(node.logged()[-3000:])
        raise
    finally:
        node.remove()


main()
