#!/usr/bin/env python3
"""A node that lies: passes requests on to a real one and changes its answers in one way, those to
/v1/trail, those to what is handed in, those about itself, or its archive.

    liar.py SOCKET REAL_SOCKET LIE
"""
import http.client
import http.server
import json
import socket
import socketserver
import sys
import time
import urllib.parse


def swap_leaves(answer):
    answer["items"][0]["leaf"] = answer["items"][1]["leaf"]


def drop_proofs(answer):
    for item in answer["items"]:
        item.pop("proof")


def shorten_proof(answer):
    answer["items"][0]["proof"].pop()


def turn_round(answer):
    answer["items"].reverse()


def rename_entry(answer):
    answer["items"][0]["entry"] = answer["items"][1]["entry"]


def loop(answer):
    answer["next"] = "1"


def change_root(answer):
    lines = answer["checkpoint"].split("\n")
    lines[2] = ("A" if lines[2][0] != "A" else "B") + lines[2][1:]
    answer["checkpoint"] = "\n".join(lines)


def change_size(answer):
    lines = answer["checkpoint"].split("\n")
    lines[1] = str(int(lines[1]) + 1)
    answer["checkpoint"] = "\n".join(lines)


# ---- of several ledgers ----


def change_ledger_root(answer):
    lines = answer["ledgers"][0]["checkpoint"].split("\n")
    lines[2] = ("A" if lines[2][0] != "A" else "B") + lines[2][1:]
    answer["ledgers"][0]["checkpoint"] = "\n".join(lines)


def other_head(answer):
    answer["ledgers"][0]["checkpoint"] = answer["ledgers"][1]["checkpoint"]


def other_name(answer):
    answer["ledgers"][0]["department"] = answer["ledgers"][1]["department"]


def no_ledger(answer):
    answer["ledgers"].pop(0)


def same_again(answer):
    answer["next"] = "gaj/1/0"


def garble(_answer):
    return b'{"schema":'


# ---- about what was handed in ----


def no_answer(answer):
    answer["results"] = []


def one_short(answer):
    answer["results"].pop()


def one_over(answer):
    answer["results"].append(answer["results"][0])


def other_order(answer):
    answer["results"].reverse()


def renumber(answer):
    answer["results"].reverse()
    for n, result in enumerate(answer["results"]):
        result["n"] = n


def other_status(answer):
    answer["results"][0]["status"] = "accepted"


def no_results(answer):
    answer.pop("results")


def no_receipt(answer):
    answer["results"][0].pop("receipt")


def made_up(answer):
    answer["results"] = [{"n": n, "status": "recorded", "entry": "gaj/1/%d" % (1000 + n)}
                         for n in range(len(answer["results"]))]


def old_receipt(answer):
    answer["results"][0].update(entry="gaj/1/1", receipt=real("GET", "/v1/receipts/gaj/1/1")[1])


def other_ledger(answer):
    answer["results"][0]["entry"] = answer["results"][0]["entry"].replace("gaj", "mzj")


def forged_receipt(answer):
    lines = answer["results"][0]["receipt"].split("\n")
    lines[-2] = lines[-2][:-9] + ("A" if lines[-2][-9] != "A" else "B") + lines[-2][-8:]
    answer["results"][0]["receipt"] = "\n".join(lines)


# What each lie changes in the answers to POST.
POST_LIES = {one.__name__: one for one in (
    no_answer, one_short, one_over, other_order, renumber, other_status, no_results, no_receipt,
    made_up, old_receipt, other_ledger, forged_receipt)}

# What it says of its status and its staff, and how it sends an archive.
CANNED = {"nothing": {}, "nulls": {"schema": None, "state": None, "size": None, "items": None},
          "other_kinds": {"schema": 1, "state": [], "size": "x", "items": [{"key_id": 1}]},
          "half_a_key": {"items": [{"key_id": "00" * 16, "kind": "staff", "staff": "x"}]}}
ARCHIVES = {"endless_archive": (1 << 20, 0), "dripping_archive": (1, 0.1), "silent_archive": (0, 0.1)}

# What each lie changes in the answers to /v1/trail. "unasked" changes the question instead.
LIES = {"swap_leaves": swap_leaves, "drop_proofs": drop_proofs, "shorten_proof": shorten_proof,
        "turn_round": turn_round, "rename_entry": rename_entry, "loop": loop,
        "change_root": change_root, "change_size": change_size, "garble": garble, "unasked": None,
        "change_ledger_root": change_ledger_root, "other_head": other_head,
        "other_name": other_name, "no_ledger": no_ledger, "same_again": same_again,
        "truth": None}


def real(method, path, body=None, media=None):
    """Ask the real node: status, text, media type."""
    node = http.client.HTTPConnection("localhost")
    node.sock = socket.socket(socket.AF_UNIX)
    node.sock.connect(Handler.real)
    node.request(method, path, body, {"Content-Type": media} if media else {})
    reply = node.getresponse()
    return reply.status, reply.read().decode(), reply.getheader("Content-Type", "text/plain")


class Handler(http.server.BaseHTTPRequestHandler):
    real = ""
    lie = ""

    def address_string(self):
        return "client"

    def log_message(self, format, *args):
        pass

    def do_GET(self):
        path = self.path
        if self.lie in ARCHIVES and path.startswith("/v1/archive"):
            self.send_archive(*ARCHIVES[self.lie])
            return
        if self.lie in CANNED and path in ("/v1/status", "/v1/staff"):
            self.send(200, "application/json", json.dumps(CANNED[self.lie]).encode())
            return
        if self.lie == "unasked" and path.startswith("/v1/trail?"):
            query = urllib.parse.parse_qsl(path.partition("?")[2])
            path = "/v1/trail?" + urllib.parse.urlencode([q for q in query if q[0] != "type"])
        self.answer("GET", path, None, LIES.get(self.lie) if path.startswith("/v1/trail?") else None)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer("POST", self.path, body, POST_LIES.get(self.lie))

    def answer(self, method, path, body, change):
        status, text, media = real(method, path, body, self.headers.get("Content-Type"))
        if change and status < 300:
            answer = json.loads(text)
            text = change(answer) or json.dumps(answer)
        self.send(status, media, text.encode() if isinstance(text, str) else text)

    def send_archive(self, size, pause):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * size)
                time.sleep(pause)
        except OSError:
            pass

    def send(self, status, media, body):
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def main():
    path, Handler.real, Handler.lie = sys.argv[1:]
    if not any(Handler.lie in some for some in (LIES, POST_LIES, CANNED, ARCHIVES)):
        sys.exit("no such lie: " + Handler.lie)
    Server(path, Handler).serve_forever()


main()
