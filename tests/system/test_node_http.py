"""The HTTP edge under bad clients: slow ones, large ones, broken ones, too many, gone ones."""

import contextlib
import json
import re
import select
import signal
import socket
import threading
import time

from nodelib import becomes, equal, event, main, until


def dial(node):
    raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    raw.settimeout(60)
    raw.connect(node.socket)
    return raw


def read_all(raw):
    data = b""
    try:
        while True:
            more = raw.recv(65536)
            if not more:
                return data
            data += more
    except ConnectionError:
        return data


def answered(connections):
    """Those at which something came, an end too."""
    return select.select(connections, [], [], 0)[0]


HEAD = b"POST /v1/events HTTP/1.1\r\nHost: n\r\nContent-Type: application/json\r\n"


def trickle(node, start, piece, seconds):
    """Send a byte now and then; how long until the node hangs up, and what it said."""
    raw = dial(node)
    raw.sendall(start)
    began = time.monotonic()
    raw.settimeout(0.1)
    said = b""
    while time.monotonic() - began < seconds:
        try:
            raw.sendall(piece)
        except OSError:
            break
        try:
            more = raw.recv(65536)
            if not more:
                break
            said += more
        except socket.timeout:
            continue
        except OSError:
            break
    took = time.monotonic() - began
    raw.close()
    return took, said


def a_request_that_trickles_is_cut_at_its_deadline(node):
    node.add_config("timeout.request = 4s\ntimeout.idle = 60s\n")
    node.begin()
    cases = {
        "request line": (b"GET /v1/sta", b"t"),
        "headers": (HEAD, b"X-A: b\r\n"),
        "body": (HEAD + b"Content-Length: 100000\r\n\r\n{", b" "),
        "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    }
    found = {}
    threads = [threading.Thread(target=lambda k=k, v=v: found.update({k: trickle(node, *v, 20)}))
               for k, v in cases.items()]
    for thread in threads:
        thread.start()
    # Meanwhile others are served at once.
    for _ in range(20):
        began = time.monotonic()
        equal(node.record(event()).status, 201)
        assert time.monotonic() - began < 2  # had it waited for one of them, it were 4
    for thread in threads:
        thread.join()
    for what, (took, said) in found.items():
        assert 3.8 < took < 8, "%s: %.1f s" % (what, took)
        assert b" 408 " in said and b"request.timeout" in said, (what, said)


def the_deadline_counts_from_the_first_byte_not_from_the_connection(node):
    node.add_config("timeout.request = 1s\ntimeout.idle = 3s\n")
    node.begin()
    raw = dial(node)
    time.sleep(1.5)
    raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: n\r\n\r\n")
    assert b"200 OK" in raw.recv(65536)
    began = time.monotonic()
    equal(read_all(raw), b"")
    assert 2.5 < time.monotonic() - began < 5


def a_reply_that_nobody_reads_is_cut(node):
    node.add_config("timeout.write = 1s\n")
    node.begin()
    for _ in range(3):
        equal(node.record(*[event() for _ in range(900)]).status, 201)
    raw = dial(node)
    raw.sendall(b"GET /v1/archive HTTP/1.1\r\nHost: n\r\n\r\n")
    assert raw.recv(12) == b"HTTP/1.1 200"  # it began
    becomes(lambda: node.status()["connections"], 1)
    raw.close()


def too_large_is_said_and_nothing_is_recorded(node):
    node.add_config("limits.body = 64KiB\nlimits.header = 4KiB\n")
    node.begin()
    size = node.size()
    reply = node.post("/v1/events", b" " * 70000)
    equal((reply.status, reply.headers["Content-Type"], reply.json["code"]),
          (413, "application/problem+json", "request.too_large"))
    raw = dial(node)
    raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: n\r\nX-Big: " + b"a" * 5000 + b"\r\n\r\n")
    said = read_all(raw)
    assert b" 400 " in said and b"request.malformed" in said, said
    raw = dial(node)
    raw.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" +
                b"".join(b"4000\r\n" + b" " * 0x4000 + b"\r\n" for _ in range(6)))
    said = read_all(raw)
    assert b" 413 " in said and b"request.too_large" in said, said
    equal(node.size(), size)


def broken_requests_are_answered_and_cut(node):
    node.begin()
    for what, data, status in (
            ("no version", b"GET /healthz\r\n\r\n", b"400"),
            ("a version below 1", b"GET /healthz HTTP/0.1\r\nHost: n\r\n\r\n", b"400"),
            ("a version above 1", b"GET /healthz HTTP/2.0\r\nHost: n\r\n\r\n", b"400"),
            ("a version beyond numbers", b"GET / HTTP/16666666666666666666.1\r\nno header\r\n\r\n",
             b"400"),
            ("rubbish", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"400"),
            ("a negative length", HEAD + b"Content-Length: -1\r\n\r\n", b"400"),
            ("two framings", HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
             b"0\r\n\r\n", b"400"),
            ("a broken chunk", HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"4"),
            ("an unknown method", b"BREW / HTTP/1.1\r\nHost: n\r\n\r\n", b"4")):
        raw = dial(node)
        raw.sendall(data)
        raw.shutdown(socket.SHUT_WR)
        said = read_all(raw)
        assert said.startswith(b"HTTP/1.1 " + status), (what, said[:200])
        assert b"application/problem+json" in said, (what, said)
        assert b"<html" not in said.lower(), (what, said)
        raw.close()
    equal(node.get("/healthz").status, 200)


def what_two_parsers_may_read_in_two_ways_is_refused_and_cut(node):
    """Each row beside its control: the same without the fault is served."""
    node.begin()
    get = b"GET /healthz HTTP/1.1\r\nHost: n\r\n"
    body = json.dumps(event()).encode()
    length = b"Content-Length: %d\r\n" % len(body)
    chunked = b"Transfer-Encoding: chunked\r\n"
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    for what, bad, good in (
            ("no Host", b"GET /healthz HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/1.0\r\n\r\n"),
            ("Host twice", get + b"Host: n\r\n\r\n", get + b"Hos: n\r\n\r\n"),
            ("Host twice, HTTP/1.0", b"GET /healthz HTTP/1.0\r\nHost: n\r\nHost: m\r\n\r\n",
             b"GET /healthz HTTP/1.0\r\nHost: n\r\n\r\n"),
            ("a folded line", get + b"X-A: b\r\n c\r\n\r\n", get + b"X-A: b c\r\n\r\n"),
            ("a folded first line", b"GET /healthz HTTP/1.1\r\n Host: n\r\nHost: n\r\n\r\n",
             get + b"\r\n"),
            ("a line folded by a tab", get + b"X-A: b\n\tc\r\n\r\n", get + b"X-A: b\tc\r\n\r\n"),
            ("a zero byte in a value", get + b"X-A: b\0c\r\n\r\n", get + b"X-A: b%00c\r\n\r\n"),
            ("a zero byte in a name", get + b"X\0A: b\r\n\r\n", get + b"X-A: b\r\n\r\n"),
            ("a zero byte in the target", b"GET /heal\0thz HTTP/1.1\r\nHost: n\r\n\r\n", get + b"\r\n"),
            ("a control character", get + b"X-A: \x01\r\n\r\n", get + b"X-A: \x80\r\n\r\n"),
            ("a DEL", get + b"X-A: \x7f\r\n\r\n", get + b"X-A: ~\r\n\r\n"),
            ("a CR in a value", get + b"X-A: b\rc\r\n\r\n", get + b"X-A: b\r\n\r\n"),
            ("a CR before the end", get + b"X-A: b\r\r\n\r\n", get + b"X-A: b\r\n\r\n"),
            ("a space before the colon", get + b"X-A : b\r\n\r\n", get + b"X-A: b\r\n\r\n"),
            ("a length twice", HEAD + length + length + b"\r\n" + body, HEAD + length + b"\r\n" + body),
            ("two lengths", HEAD + b"Content-Length: 0\r\n" + length + b"\r\n" + body,
             HEAD + length + b"\r\n" + body),
            ("a length with a sign", HEAD + length.replace(b": ", b": +") + b"\r\n" + body,
             HEAD + length.replace(b": ", b":  ") + b"\r\n" + body),
            ("a coding we do not know", HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunks,
             HEAD + chunked + b"\r\n" + chunks),
            ("chunked twice", HEAD + chunked + chunked + b"\r\n" + chunks,
             HEAD + chunked + b"\r\n" + chunks),
            ("chunked of HTTP/1.0", HEAD.replace(b"1.1", b"1.0") + chunked + b"\r\n" + chunks,
             HEAD.replace(b"1.1", b"1.0") + length + b"\r\n" + body),
            ("a body of GET", get + b"Content-Length: 5\r\n\r\nhello", get + b"Content-Length: 0\r\n\r\n"),
            ("chunks of GET", get + chunked + b"\r\n0\r\n\r\n", get + b"\r\n"),
            ("an authority for a target", b"GET n:80 HTTP/1.1\r\nHost: n\r\n\r\n", get + b"\r\n"),
            ("another scheme", b"GET ftp://n/healthz HTTP/1.1\r\nHost: n\r\n\r\n",
             b"GET http://n/healthz HTTP/1.1\r\nHost: n\r\n\r\n"),
            ("a scheme without a host", b"GET http:/healthz HTTP/1.1\r\nHost: n\r\n\r\n",
             b"GET HTTPS://other:1/healthz HTTP/1.1\r\nHost: n\r\n\r\n"),
            ("no slash", b"GET healthz HTTP/1.1\r\nHost: n\r\n\r\n", get + b"\r\n"),
            ("a fragment", b"GET /healthz#a HTTP/1.1\r\nHost: n\r\n\r\n", get + b"\r\n"),
            ("a star for a target", b"GET * HTTP/1.1\r\nHost: n\r\n\r\n", get + b"\r\n")):
        for data, step, status in ((bad, None, b"400"), (bad, 1, b"400"), (good, 1, b"20")):
            raw = dial(node)
            # What follows must not be taken for a request of its own when it was refused.
            with contextlib.suppress(OSError):  # it may hang up before all is said
                for at in range(0, len(data), step or len(data)):
                    raw.sendall(data[at:at + (step or len(data))])
                raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n")
                raw.shutdown(socket.SHUT_WR)
            said = read_all(raw)
            raw.close()
            assert said[:7] == b"HTTP/1." and said[8:].startswith(b" " + status), (what, data, said)
            if status == b"400":
                equal(len(re.findall(rb"HTTP/1\.\d \d\d\d ", said)), 1, what)
                assert b"request.malformed" in said, (what, said)
    equal(node.get("/healthz").status, 200)


def the_second_request_of_a_connection_is_looked_at_too(node):
    node.begin()
    get = b"GET /healthz HTTP/1.1\r\nHost: n\r\n"
    for pause in (0, 0.05):
        for bad in (get + b"X-A: b\r\n c\r\n\r\n", get + b"X-A: \0\r\n\r\n", get + get[23:] + b"\r\n"):
            raw = dial(node)
            raw.sendall(get + b"\r\n")
            time.sleep(pause)
            raw.sendall(bad + get + b"\r\n")
            said = read_all(raw)
            raw.close()
            equal((said.count(b" 200 OK"), said.count(b" 400 ")), (1, 1), bad)
    # A body may hold anything, and be followed by a request.
    made = json.dumps(event(), indent=1).encode().replace(b"\n", b"\n \t")
    raw = dial(node)
    raw.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(made) + made + get +
                b"Connection: close\r\n\r\n")
    said = read_all(raw)
    equal((said.count(b" 201 "), said.count(b" 200 ")), (1, 1), said)


def a_tunnel_is_not_opened(node):
    node.begin()
    raw = dial(node)
    raw.sendall(b"CONNECT n:443 HTTP/1.1\r\nHost: n\r\n\r\n")
    said = read_all(raw)
    assert said.startswith(b"HTTP/1.1 405") and b"request.method" in said, said
    raw = dial(node)
    raw.sendall(b"OPTIONS * HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n")
    said = read_all(raw)
    assert said.startswith(b"HTTP/1.1 404"), said


def unknown_paths_and_methods_have_their_words(node):
    node.begin()
    for method, path, status, code in (
            ("GET", "/", 404, "request.not_found"),
            ("GET", "/v1/nothing", 404, "request.not_found"),
            ("GET", "/v1/events", 405, "request.method"),
            ("POST", "/v1/trail", 405, "request.method"),
            ("DELETE", "/v1/entries/gaj/1/0", 405, "request.method"),
            ("GET", "/v1/status/", 404, "request.not_found"),
            ("GET", "//v1/status", 404, "request.not_found"),
            ("GET", "/v1/entries/../status", 400, "request.malformed")):
        reply = node.request(method, path)
        equal((reply.status, reply.json["code"]), (status, code), method + " " + path)
    reply = node.request("HEAD", "/v1/status")
    equal((reply.status, reply.body), (200, b""))


def many_requests_ride_one_connection_in_order(node):
    node.begin()
    raw = dial(node)
    raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: n\r\n\r\n" * 50 +
                b"GET /readyz HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n")
    said = read_all(raw)
    equal((said.count(b"ok\n"), said.count(b"ready\n"), said.count(b"HTTP/1.1 200")), (50, 1, 51))


def connections_beyond_the_cap_are_told(node):
    node.add_config("limits.connections = 8\n")
    node.begin()
    held = [dial(node) for _ in range(12)]
    until(lambda: len(answered(held)) >= 4, lambda: "refused: %d" % len(answered(held)))
    refused = answered(held)
    assert len(refused) <= 5, len(refused)  # the connection before them may have been the first of eight
    for raw in refused:
        said = read_all(raw)
        assert b" 503 " in said and b"Retry-After" in said and b"busy.queue_full" in said, said
    for raw in held:
        raw.close()
    becomes(lambda: node.get("/healthz").status, 200)


def bodies_of_all_connections_together_are_bounded(node):
    node.add_config("limits.buffered = 1MiB\nlimits.body = 512KiB\n")
    node.begin()
    held = [dial(node) for _ in range(6)]
    for raw in held:
        with contextlib.suppress(OSError):  # cut before all is said
            raw.sendall(HEAD + b"Content-Length: 500000\r\n\r\n" + b" " * 300000)
    until(lambda: len(answered(held)) >= 2, lambda: "refused: %d" % len(answered(held)))
    time.sleep(0.3)
    refused = answered(held)  # of the others the rest of the body is awaited
    assert 2 <= len(refused) <= 4, len(refused)
    for raw in refused:
        with contextlib.suppress(ConnectionError):
            assert b" 503 " in raw.recv(65536)
    for raw in held:
        raw.close()
    becomes(lambda: node.record(event()).status, 201)


def more_than_the_queue_holds_is_refused_whole_and_comes_in_later(node):
    node.add_config("limits.queue = 100\nlimits.events = 60\n")
    node.begin()
    waiting = [[event() for _ in range(60)] for _ in range(12)]
    sent, refused = len(waiting), 0
    end = time.monotonic() + 60
    while waiting:
        assert time.monotonic() < end, len(waiting)
        node.signal(signal.SIGSTOP)  # it finds all of them at once
        asked = []
        for events in waiting:
            body = "\n".join(json.dumps(one) for one in events).encode()
            asked.append((events, dial(node)))
            asked[-1][1].sendall(HEAD.replace(b"json", b"x-ndjson") +
                                 b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        node.signal(signal.SIGCONT)
        waiting = []
        for events, raw in asked:
            said = read_all(raw)
            raw.close()
            if said.startswith(b"HTTP/1.1 201 "):
                continue
            assert said.startswith(b"HTTP/1.1 503 ") and b"busy.queue_full" in said and \
                b"\r\nRetry-After: 1\r\n" in said, said
            refused += 1
            waiting.append(events)
    assert refused > 0, "nothing was refused"
    equal(node.status()["recorded"], 2 + sent * 60)


def a_stranger_is_turned_away(node):
    import os
    import subprocess
    import sys
    if os.getuid() != 0:
        print("      (needs root, to become somebody else)")
        return
    node.socket = os.path.join(node.base, "s")
    node.add_config("api.socket = %s\napi.socket_mode = 0666\n" % node.socket)
    node.begin()
    os.chmod(node.base, 0o755)
    ask = ("import socket,sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(%r)\n"
           "s.sendall(b'GET ' + sys.argv[1].encode() + b' HTTP/1.1\\r\\nHost: n\\r\\n"
           "Connection: close\\r\\n\\r\\n')\n"
           "print(s.makefile().read())" % node.socket)

    def asked(path):
        return subprocess.run([sys.executable, "-c", ask, path], stdout=subprocess.PIPE, text=True,
                              check=True, preexec_fn=lambda: os.setuid(65534)).stdout

    for path in ("/v1/status", "/v1/trail", "/v1/archive", "/jinhua/gaj/1/checkpoint"):
        said = asked(path)
        assert " 403 " in said and "auth.unknown_client" in said, said
    assert " 200 " in asked("/healthz")
    node.add_config("client = uid:65534 sources=a types=QUERY\n")
    node.signal(signal.SIGHUP)
    until(lambda: "config.reloaded" in node.logged(), "no reload")
    assert " 200 " in asked("/v1/status")


def a_client_that_leaves_loses_only_its_reply(node):
    node.begin()
    made = [event() for _ in range(30)]
    for one in made:
        body = json.dumps(one).encode()
        raw = dial(node)
        raw.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        raw.close()
    becomes(lambda: node.status()["recorded"], 32)
    for one in made:
        equal(node.record(one).json["results"][0]["status"], "duplicate")
    node.stop()


main(a_request_that_trickles_is_cut_at_its_deadline,
     the_deadline_counts_from_the_first_byte_not_from_the_connection,
     a_reply_that_nobody_reads_is_cut,
     too_large_is_said_and_nothing_is_recorded,
     broken_requests_are_answered_and_cut,
     what_two_parsers_may_read_in_two_ways_is_refused_and_cut,
     the_second_request_of_a_connection_is_looked_at_too,
     a_tunnel_is_not_opened,
     unknown_paths_and_methods_have_their_words,
     many_requests_ride_one_connection_in_order,
     connections_beyond_the_cap_are_told,
     bodies_of_all_connections_together_are_bounded,
     more_than_the_queue_holds_is_refused_whole_and_comes_in_later,
     a_stranger_is_turned_away,
     a_client_that_leaves_loses_only_its_reply)
