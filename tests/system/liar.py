#!/usr/bin/env python3
"""A node that lies: passes requests on to a real one and changes its answers in one way.

    liar.py SOCKET REAL_SOCKET LIE
"""
import http.client
import http.server
import json
import socket
import socketserver
import sys
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


def garble(_answer):
    return b'{"schema":'


# What each lie changes in the answers to /v1/trail. "unasked" changes the question instead.
LIES = {"swap_leaves": swap_leaves, "drop_proofs": drop_proofs, "shorten_proof": shorten_proof,
        "turn_round": turn_round, "rename_entry": rename_entry, "loop": loop,
        "change_root": change_root, "change_size": change_size, "garble": garble, "unasked": None,
        "truth": None}


class Handler(http.server.BaseHTTPRequestHandler):
    real = ""
    lie = ""

    def address_string(self):
        return "client"

    def log_message(self, format, *args):
        pass

    def do_GET(self):
        path = self.path
        if self.lie == "unasked" and path.startswith("/v1/trail?"):
            query = urllib.parse.parse_qsl(path.partition("?")[2])
            path = "/v1/trail?" + urllib.parse.urlencode([q for q in query if q[0] != "type"])
        node = http.client.HTTPConnection("localhost")
        node.sock = socket.socket(socket.AF_UNIX)
        node.sock.connect(self.real)
        node.request("GET", path)
        reply = node.getresponse()
        body = reply.read()
        change = LIES[self.lie]
        if change and path.startswith("/v1/trail?") and reply.status == 200:
            answer = json.loads(body)
            body = change(answer) or json.dumps(answer).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.getheader("Content-Type", "text/plain"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def main():
    path, Handler.real, Handler.lie = sys.argv[1:]
    if Handler.lie not in LIES:
        sys.exit("no such lie: " + Handler.lie)
    Server(path, Handler).serve_forever()


main()
