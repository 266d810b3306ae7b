"""The node's TLS port with real processes: who gets in, what goes through, what cannot hold it up."""

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

from nodelib import Reply, equal, event, main, until

HEAD = b"POST /v1/events HTTP/1.1\r\nHost: n\r\nContent-Type: application/json\r\n"
ALL = "sources=* types=* level=3 roles=operator,auditor"


def liuhen(node, *args, env=None, stdin=None):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LIUHEN_")}
    return subprocess.run([os.path.join(node.bin, "liuhen"), *args], capture_output=True, text=True,
                          input=stdin, env=dict(clean, LC_ALL="C", **(env or {})), check=False,
                          timeout=60)


def keygen(node, name, *more):
    """A key and its certificate: their paths without ending, and the pin."""
    path = os.path.join(node.base, name) if "/" not in name else name
    made = liuhen(node, "keygen", "--tls", "-o", path + ".pem", "--json", *more)
    equal(made.returncode, 0, made.stderr)
    return path, json.loads(made.stdout)["pin"]


def set_up(node, config="", begin=True):
    """A node with a TLS port and one client that may everything."""
    _, node.pin = keygen(node, os.path.join(node.dir, "keys", "tls"))
    node.key, node.key_pin = keygen(node, "client")
    node.add_config("listen.tls = 127.0.0.1:0\nclient = %s %s\n%s" % (node.key_pin, ALL, config))
    if begin:
        node.begin()
        find_port(node)


def find_port(node):
    node.port = int(re.findall(r"tls\.listening addr=127\.0\.0\.1:(\d+) ", node.logged())[-1])


def context(key=None, most=ssl.TLSVersion.TLSv1_3):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.maximum_version = most
    made.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # an end without close_notify is an error
    if key is not None:
        made.load_cert_chain(key + ".crt", key + ".pem")
    return made


def dial(node, key=None, timeout=20, window=None, **more):
    raw = socket.socket()
    raw.settimeout(timeout)
    if window is not None:  # or the kernel keeps megabytes for who does not read
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    raw.connect(("127.0.0.1", node.port))
    return context(key or node.key, **more).wrap_socket(raw, suppress_ragged_eofs=False)


def read_all(tls):
    data = b""
    while True:
        more = tls.recv(65536)
        if not more:
            return data
        data += more


def ask(tls, request):
    """One request on a kept connection."""
    tls.sendall(request)
    reply = http.client.HTTPResponse(tls)
    reply.begin()
    return Reply(reply.status, reply.headers, reply.read())


def get(node, path, key=None):
    with dial(node, key) as tls:
        return ask(tls, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n")


def post(node, path, body, media, key=None):
    with dial(node, key) as tls:
        return ask(tls, b"POST " + path.encode() + b" HTTP/1.1\r\nHost: n\r\nContent-Type: " +
                   media.encode() + b"\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" %
                   len(body) + body)


def is_refused(node, make):
    """The client is turned away before it is answered; the words of the failure."""
    try:
        with make() as tls:
            tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n")
            said = read_all(tls)
            raise AssertionError("let in: %r" % said)
    except (ssl.SSLError, ConnectionError) as error:
        equal(get(node, "/healthz").status, 200, "a known client")  # the control
        return str(error)


def serving(node, key=None):
    return {"--node": "https://127.0.0.1:%d" % node.port, "--tls-cert": (key or node.key) + ".crt",
            "--tls-key": (key or node.key) + ".pem", "--tls-pin": node.pin}


def flat(options):
    return [word for pair in options.items() for word in pair]


def reload(node):
    before = node.logged().count("tls.renewed") + node.logged().count("tls.refused_certificate")
    node.signal(signal.SIGHUP)
    until(lambda: node.logged().count("tls.renewed") +
          node.logged().count("tls.refused_certificate") > before, "no reload")


def metric(node, name):
    return int(re.search(r"^%s (\d+)$" % name, node.get("/metrics").text, re.M).group(1))


# ---- who gets in ----

def a_pinned_client_records_and_reads(node):
    set_up(node)
    size = node.size()
    made = event()
    options = flat(serving(node))
    done = liuhen(node, "record", "-", "--json", *options, stdin=json.dumps(made))
    equal(done.returncode, 0, done.stderr)
    equal(json.loads(done.stdout)["status"], "recorded")
    equal(node.size() > size, True)
    done = liuhen(node, "trail", "--case", made["case"], "--json", *options)
    equal(done.returncode, 0, done.stderr)
    assert made["exchange"] in done.stdout, done.stdout
    done = liuhen(node, "status", *options)
    equal(done.returncode, 0, done.stderr)
    assert node.pin in done.stdout and "127.0.0.1:%d" % node.port in done.stdout, done.stdout
    # The same by variables.
    env = {"LIUHEN_NODE": options[1], "LIUHEN_TLS_CERT": options[3], "LIUHEN_TLS_KEY": options[5],
           "LIUHEN_TLS_PIN": options[7]}
    done = liuhen(node, "status", "--json", env=env)
    equal((done.returncode, json.loads(done.stdout)["tls"]["pin"]), (0, node.pin), done.stderr)


def a_line_bounds_what_a_pin_may(node):
    set_up(node)
    key, pin = keygen(node, "small", "--alg", "ed25519")
    node.add_config("client = %s sources=desk types=QUERY level=1\n" % pin)
    reload(node)
    body = json.dumps(event()).encode()
    equal(post(node, "/v1/events", body, "application/json", key).status, 201)
    body = json.dumps(event(source="other")).encode()
    reply = post(node, "/v1/events", body, "application/json", key)
    equal(reply.status, 403, reply.text)
    equal(reply.json["results"][0]["problem"]["code"], "auth.source")
    equal(post(node, "/v1/events", body, "application/json").status, 201)
    # Its process has the uid of the data directory's owner; that counts on the socket only.
    equal(node.post("/v1/events", json.dumps(event(source="other"))).status, 201)


def an_unknown_key_is_refused_until_it_has_a_line(node):
    set_up(node)
    key, pin = keygen(node, "stranger")
    said = is_refused(node, lambda: dial(node, key))
    assert re.search("alert|reset|broken pipe", said, re.I), said
    assert 'reason="no client line has %s"' % pin in node.logged(), node.logged()
    assert metric(node, "liuhen_tls_refused_total") >= 1
    done = liuhen(node, "status", *flat(serving(node, key)))
    equal(done.returncode, 4, done.stderr)
    assert "did not take the certificate" in done.stderr, done.stderr
    with open(os.path.join(node.dir, "liuhend.conf"), encoding="utf-8") as file:
        before = file.read()
    node.add_config("client = %s %s\n" % (pin, ALL))
    reload(node)
    equal(get(node, "/v1/status", key).status, 200)
    # Taken away again: at once, on open connections too.
    with dial(node, key) as tls:
        equal(ask(tls, b"GET /v1/status HTTP/1.1\r\nHost: n\r\n\r\n").status, 200)
        with open(os.path.join(node.dir, "liuhend.conf"), "w", encoding="utf-8") as file:
            file.write(before)
        reload(node)
        reply = ask(tls, b"GET /v1/status HTTP/1.1\r\nHost: n\r\n\r\n")
        equal((reply.status, reply.json["code"]), (403, "auth.unknown_client"))
    is_refused(node, lambda: dial(node, key))


def a_client_without_certificate_is_refused(node):
    set_up(node)
    is_refused(node, lambda: context().wrap_socket(
        socket.create_connection(("127.0.0.1", node.port), timeout=20)))


def tls_1_2_is_refused(node):
    set_up(node)
    said = is_refused(node, lambda: dial(node, most=ssl.TLSVersion.TLSv1_2))
    assert "version" in said.lower() or "alert" in said.lower(), said
    equal(get(node, "/healthz").status, 200)
    with dial(node) as tls:
        equal(tls.version(), "TLSv1.3")


def a_node_with_another_key_is_refused_and_hears_nothing(node):
    set_up(node)
    options = serving(node)
    options["--tls-pin"] = node.key_pin
    requests = metric(node, "liuhen_http_requests_total")
    done = liuhen(node, "status", *flat(options))
    equal(done.returncode, 4, done.stderr)
    assert "another key than the pinned one" in done.stderr, done.stderr
    equal(metric(node, "liuhen_http_requests_total"), requests + 1)  # the first asking alone
    options["--tls-pin"] = node.pin
    done = liuhen(node, "status", *flat(options))
    equal(done.returncode, 0, done.stderr)


def wrong_words_for_https_are_named(node):
    set_up(node)
    good = serving(node)
    for change, code, words in (
            ({"--tls-pin": None}, 2, "https wants --tls-pin or LIUHEN_TLS_PIN"),
            ({"--tls-cert": None}, 2, "https wants --tls-cert or LIUHEN_TLS_CERT"),
            ({"--tls-key": None}, 2, "https wants --tls-key or LIUHEN_TLS_KEY"),
            ({"--tls-pin": "sha256//abc"}, 2, "a pin is sha256// and 44 characters"),
            ({"--tls-pin": "/etc/passwd"}, 2, "a pin is sha256// and 44 characters"),
            ({"--tls-key": "/nowhere.pem"}, 5, "/nowhere.pem"),
            ({"--tls-cert": "/nowhere.crt"}, 5, "--tls-cert: /nowhere.crt is not there"),
            ({"--node": "http://127.0.0.1:1"}, 2, "unix:PATH or https://HOST:PORT"),
            ({"--node": "https://127.0.0.1"}, 2, "unix:PATH or https://HOST:PORT"),
            ({"--node": "https://127.0.0.1:1/x"}, 2, "unix:PATH or https://HOST:PORT"),
            ({"--node": "https://127.0.0.1:1"}, 3, "no node answers at https://127.0.0.1:1")):
        options = {name: value for name, value in dict(good, **change).items() if value is not None}
        done = liuhen(node, "status", *flat(options))
        equal(done.returncode, code, "%s: %s" % (change, done.stderr))
        assert words in done.stderr, (change, done.stderr)
    os.chmod(node.key + ".pem", 0o644)
    done = liuhen(node, "status", *flat(good))
    equal(done.returncode, 4, done.stderr)
    os.chmod(node.key + ".pem", 0o600)
    equal(liuhen(node, "status", *flat(good)).returncode, 0)


def inner_doors(node):
    """The abstract names at which this node listens; those of other nodes are none of our business."""
    fds = "/proc/%d/fd" % node.process.pid
    ours = set()
    for fd in os.listdir(fds):
        found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(os.path.join(fds, fd)))
        if found:
            ours.add(found.group(1))
    with open("/proc/net/unix", encoding="utf-8") as file:
        rows = [line.split() for line in file if "@liuhen-" in line]
    accepts = 0x10000  # __SO_ACCEPTCON
    return [row[7][1:] for row in rows if row[6] in ours and int(row[3], 16) & accepts]


def the_inner_door_opens_for_nobody_else(node):
    set_up(node)
    equal(get(node, "/v1/status").status, 200)
    (name,) = inner_doors(node)
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(20)
        raw.connect("\0" + name)
        try:
            raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: n\r\n\r\n")
            equal(raw.recv(65536), b"")
        except ConnectionError:
            pass
    with socket.socket(socket.AF_UNIX) as raw:  # the control: what is refused is no request
        raw.connect(node.socket)
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: n\r\n\r\n")
        assert b"200 OK" in raw.recv(65536)


# ---- what goes through ----

def large_bodies_arrive_whole(node):
    set_up(node)
    made = [event() for _ in range(900)]
    body = "\n".join(json.dumps(one) for one in made).encode()
    body += b"\n" * (7 * 1024 * 1024 - len(body))
    reply = post(node, "/v1/events", body, "application/x-ndjson")
    equal(reply.status, 201, reply.text[:300])
    equal([one["status"] for one in reply.json["results"]], ["recorded"] * 900)
    reply = post(node, "/v1/events", b" " * (8 * 1024 * 1024 + 1), "application/json")
    equal((reply.status, reply.json["code"]), (413, "request.too_large"))


def fill(node, count=4):
    for _ in range(count):
        equal(node.record(*[event() for _ in range(900)]).status, 201)


def large_downloads_arrive_whole_however_slowly_they_are_read(node):
    set_up(node)
    fill(node, 9)
    wanted = node.get("/v1/archive").body
    assert len(wanted) > 2_000_000, len(wanted)
    assert get(node, "/v1/archive").body == wanted
    tls = dial(node)
    tls.sendall(b"GET /v1/archive HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n")
    got = b""
    began = time.monotonic()
    while True:
        more = tls.recv(16384)
        if not more:
            break
        got += more
        time.sleep(0.005)
    assert time.monotonic() - began > 0.5
    body = b""
    _, rest = got.split(b"\r\n\r\n", 1)
    while rest:
        size, rest = rest.split(b"\r\n", 1)
        size = int(size, 16)
        body, rest = body + rest[:size], rest[size + 2:]
    assert body == wanted


def a_reply_that_nobody_reads_is_cut(node):
    set_up(node, "timeout.write = 1s\n")
    fill(node)
    tls = dial(node)
    slow = dial(node, window=4096)
    slow.sendall(b"GET /v1/archive HTTP/1.1\r\nHost: n\r\n\r\n" * 8)
    tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: n\r\n\r\n")
    assert slow.recv(12) == b"HTTP/1.1 200"  # it began
    until(lambda: node.status()["connections"] == 2, "three stay")  # ours is one
    assert b"200 OK" in tls.recv(65536)  # the one that reads is still served
    slow.close()
    tls.close()


def a_client_that_says_it_is_done_still_gets_its_answer(node):
    set_up(node)
    raw = socket.create_connection(("127.0.0.1", node.port), timeout=20)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context(node.key).wrap_bio(incoming, outgoing)

    def pump(step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                incoming.write(raw.recv(65536))
            finally:
                if outgoing.pending:
                    raw.sendall(outgoing.read())

    pump(tls.do_handshake)
    tls.write(b"GET /v1/status HTTP/1.1\r\nHost: n\r\n\r\n")
    try:
        tls.unwrap()  # our close_notify, in the same flight
    except ssl.SSLWantReadError:
        pass
    raw.sendall(outgoing.read())
    raw.shutdown(socket.SHUT_WR)
    got = b""
    while True:
        data = raw.recv(65536)
        if not data:
            break
        incoming.write(data)
    incoming.write_eof()
    try:
        while True:
            more = tls.read(65536)
            if not more:
                break
            got += more
    except ssl.SSLError:
        pass
    over_unix = b""
    with socket.socket(socket.AF_UNIX) as plain:
        plain.connect(node.socket)
        plain.sendall(b"GET /v1/status HTTP/1.1\r\nHost: n\r\n\r\n")
        plain.shutdown(socket.SHUT_WR)
        while True:
            more = plain.recv(65536)
            if not more:
                break
            over_unix += more
    for said in (got, over_unix):  # as on the socket
        equal(said[:15], b"HTTP/1.1 200 OK")
        equal(json.loads(said.split(b"\r\n\r\n", 1)[1])["department"], "gaj")


def the_end_is_said_before_the_connection_closes(node):
    """No reply can be cut off unseen: close_notify comes, or reading fails."""
    set_up(node)
    with dial(node) as tls:
        tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n")
        assert read_all(tls).endswith(b"ok\n")  # ragged ends raise
    with dial(node) as tls:
        tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: n\r\n\r\n")
        assert b"ok\n" in tls.recv(65536)
        node.kill()
        try:
            equal(read_all(tls), None)
        except (ssl.SSLError, ConnectionError):
            pass


def many_requests_ride_one_connection_in_order(node):
    set_up(node)
    with dial(node) as tls:
        tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: n\r\n\r\n" * 50 +
                    b"GET /readyz HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n")
        said = read_all(tls)
    equal((said.count(b"ok\n"), said.count(b"ready\n"), said.count(b"HTTP/1.1 200")), (50, 1, 51))


def small_requests_do_not_wait_for_one_another(node):
    """40 ms each would be a delayed acknowledgement (TCP_NODELAY is missing); the kernel sends the first
    ones at once. On a busy machine some take as long for other reasons, not all."""
    set_up(node)
    took = []
    with dial(node) as tls:
        for _ in range(40):
            began = time.monotonic()
            equal(ask(tls, b"GET /v1/status HTTP/1.1\r\nHost: n\r\n\r\n").status, 200)
            took.append(time.monotonic() - began)
    assert sorted(took[20:])[5] < 0.03, took


# ---- what cannot hold it up ----

def a_handshake_that_trickles_is_cut_at_its_deadline(node):
    set_up(node, "timeout.handshake = 5s\n")
    hello = ssl.MemoryBIO()
    half = context(node.key).wrap_bio(ssl.MemoryBIO(), hello)
    try:
        half.do_handshake()
    except ssl.SSLWantReadError:
        pass
    bytes_of_hello = hello.read()
    found = {}

    def trickle(name, pieces):
        raw = socket.create_connection(("127.0.0.1", node.port), timeout=20)
        raw.settimeout(0.1)
        began = time.monotonic()
        while time.monotonic() - began < 20:
            try:
                if pieces:
                    raw.sendall(pieces.pop(0))
                if raw.recv(65536) == b"":
                    break
            except socket.timeout:
                continue
            except OSError:
                break
        found[name] = time.monotonic() - began
        raw.close()

    threads = [threading.Thread(target=trickle, args=one) for one in (
        ("silent", []),
        ("byte by byte", [bytes([byte]) for byte in bytes_of_hello]),
        ("hello alone", [bytes_of_hello]))]
    for thread in threads:
        thread.start()
    for _ in range(20):
        began = time.monotonic()
        equal(get(node, "/healthz").status, 200)
        assert time.monotonic() - began < 4  # had it waited for one of them, it were 5
    for thread in threads:
        thread.join()
    equal(len(found), 3)
    for name, took in found.items():
        assert 4.8 < took < 10, "%s: %.1f s" % (name, took)
    assert "its handshake was not done in time" in node.logged()


def rss(node):
    with open("/proc/%d/status" % node.process.pid, encoding="utf-8") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1))


def crowd(node):
    """600 connections, each with 12 KiB of a hello that is said to have 16; the memory they cost."""
    for _ in range(20):
        equal(get(node, "/healthz").status, 200)
    before = rss(node)
    start = b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc" + b"\x03\x03" + bytes(12 * 1024)
    held = []
    for i in range(600):
        raw = socket.create_connection(("127.0.0.1", node.port), timeout=5)
        try:
            raw.sendall(start)
        except OSError:
            pass
        held.append(raw)
        if i % 100 == 0:
            equal(get(node, "/healthz").status, 200)
    until(lambda: node.status()["connections"] == 1, "who waits counts")  # the HTTP server has heard of none of them
    guests, grown = metric(node, "liuhen_tls_handshakes"), rss(node) - before
    for raw in held:
        raw.close()
    until(lambda: metric(node, "liuhen_tls_handshakes") == 0, "handshakes stay")
    return guests, grown


def a_crowd_before_the_door_is_bounded_and_others_get_in(node):
    set_up(node, "limits.handshakes = 32\ntimeout.handshake = 60s\n")
    guests, grown = crowd(node)
    assert 1 <= guests <= 32, guests
    node.stop()
    # The control: what it would be, were they let stay.
    node.add_config("limits.handshakes = 1000\n")
    node.start()
    find_port(node)
    all_guests, all_grown = crowd(node)
    equal(all_guests, 600)
    if not is_sanitized(node):  # whose allocators keep what was freed
        assert grown < 8 * 1024 and all_grown > 2 * grown, (grown, all_grown)
    equal(get(node, "/healthz").status, 200)


def is_sanitized(node):
    with open(os.path.join(node.bin, "liuhend"), "rb") as file:
        code = file.read()
    return b"__asan_init" in code or b"__tsan_init" in code


def a_handshake_that_is_too_long_is_cut(node):
    set_up(node, "timeout.handshake = 60s\n")
    raw = socket.create_connection(("127.0.0.1", node.port), timeout=20)
    record = b"\x16\x03\x01\x40\x00"
    try:
        raw.sendall(record + b"\x01\x01\xff\xfc\x03\x03" + bytes(16384 - 6))
        for _ in range(6):
            raw.sendall(record + bytes(16384))
        while raw.recv(65536):
            pass
    except OSError:
        pass
    raw.close()
    until(lambda: metric(node, "liuhen_tls_handshakes") == 0, "the handshake stays")
    equal(get(node, "/healthz").status, 200)


def a_request_that_trickles_is_cut_at_its_deadline(node):
    set_up(node, "timeout.request = 2s\n")
    tls = dial(node)
    tls.sendall(HEAD + b"Content-Length: 100000\r\n\r\n{")
    tls.settimeout(0.1)
    began = time.monotonic()
    said = b""
    while time.monotonic() - began < 20:
        try:
            tls.sendall(b" ")
            more = tls.recv(65536)
            if not more:
                break
            said += more
        except (socket.timeout, ssl.SSLWantReadError):
            continue
        except OSError:
            break
    took = time.monotonic() - began
    assert 1.8 < took < 10, took
    assert b" 408 " in said and b"request.timeout" in said, said


def what_is_no_tls_is_cut_and_harms_nobody(node):
    set_up(node)
    for data in (b"GET /healthz HTTP/1.1\r\nHost: n\r\n\r\n", os.urandom(2000), b"\x16\x03\x01\xff\xff",
                 b"\x15\x03\x03\x00\x02\x02\x28", b"\x80\x2e\x01\x00\x02"):
        with socket.create_connection(("127.0.0.1", node.port), timeout=20) as raw:
            raw.sendall(data)
            raw.shutdown(socket.SHUT_WR)
            said = b""
            try:
                while True:
                    more = raw.recv(65536)
                    if not more:
                        break
                    said += more
            except ConnectionError:
                pass
            assert b"HTTP/" not in said, said
        equal(get(node, "/healthz").status, 200)


def connections_beyond_the_cap_are_told(node):
    set_up(node, "limits.connections = 8\n")
    held = [dial(node) for _ in range(8)]
    for tls in held:
        equal(ask(tls, b"GET /healthz HTTP/1.1\r\nHost: n\r\n\r\n").status, 200)
    with dial(node) as extra:
        said = read_all(extra)
    assert b" 503 " in said and b"busy.queue_full" in said, said
    for tls in held:
        tls.close()
    until(lambda: node.status().get("connections") == 1, "connections stay")
    equal(get(node, "/healthz").status, 200)


def a_stop_lets_the_last_reply_arrive_whole(node):
    set_up(node)
    fill(node)
    wanted = node.get("/v1/archive").body
    tls = dial(node, window=4096)
    reply = None
    begun = threading.Event()

    def read_slowly():
        nonlocal reply
        tls.sendall(b"GET /v1/archive HTTP/1.1\r\nHost: n\r\n\r\n")
        got = http.client.HTTPResponse(tls)
        got.begin()
        begun.set()
        parts = []
        while True:
            part = got.read(20000)
            if not part:
                break
            parts.append(part)
            time.sleep(0.03)
        reply = b"".join(parts)

    thread = threading.Thread(target=read_slowly)
    thread.start()
    assert begun.wait(20)
    node.stop()
    thread.join()
    assert reply == wanted, (len(reply or b""), len(wanted))


# ---- certificates ----

def a_reload_serves_the_new_certificate_and_a_bad_one_changes_nothing(node):
    set_up(node)
    path = os.path.join(node.dir, "keys", "tls")
    with dial(node) as kept:
        first = kept.getpeercert(True)
        done = liuhen(node, "keygen", "--tls", "--renew", "-o", path + ".pem", "--json")
        equal(json.loads(done.stdout)["pin"], node.pin)
        reload(node)
        with dial(node) as tls:
            second = tls.getpeercert(True)
        assert first != second
        equal(liuhen(node, "status", *flat(serving(node))).returncode, 0)  # the same key
        with open(path + ".crt", "w", encoding="utf-8") as out:
            out.write("no certificate\n")
        reload(node)
        assert "tls.refused_certificate" in node.logged()
        with dial(node) as tls:
            equal(tls.getpeercert(True), second)
        os.remove(path + ".crt")
        os.remove(path + ".pem")
        _, pin = keygen(node, path)
        reload(node)
        with dial(node) as tls:
            assert tls.getpeercert(True) not in (first, second)
        equal(node.status()["tls"]["pin"], pin)
        equal(ask(kept, b"GET /healthz HTTP/1.1\r\nHost: n\r\n\r\n").status, 200)


def make_ended_certificate(node, path):
    """For the same key, by another program."""
    work = os.path.join(node.base, "ca")
    os.mkdir(work)
    with open(os.path.join(work, "conf"), "w", encoding="utf-8") as out:
        out.write("[ca]\ndefault_ca = c\n[c]\ndatabase = %s/index\nnew_certs_dir = %s\n"
                  "default_md = sha256\npolicy = p\nrand_serial = yes\n[p]\ncommonName = supplied\n"
                  % (work, work))
    open(os.path.join(work, "index"), "w", encoding="utf-8").close()
    subprocess.run(["openssl", "req", "-new", "-key", path + ".pem", "-subj", "/CN=old",
                    "-out", work + "/req"], check=True, capture_output=True)
    subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-notext", "-config", work + "/conf",
                    "-keyfile", path + ".pem", "-in", work + "/req", "-out", path + ".crt",
                    "-startdate", "20250101000000Z", "-enddate", "20250102000000Z"],
                   check=True, capture_output=True)


def a_certificate_that_ends_warns_and_stops_nothing(node):
    set_up(node)
    assert "tls.expir" not in node.logged()
    path = os.path.join(node.dir, "keys", "tls")
    liuhen(node, "keygen", "--tls", "--renew", "--days", "7", "-o", path + ".pem")
    reload(node)
    until(lambda: "<4>tls.expiring until=" in node.logged(), node.logged)  # said after tls.renewed
    left = metric(node, "liuhen_tls_certificate_end_time_seconds") - time.time()
    assert 6.9 * 86400 < left < 7.1 * 86400, left
    done = liuhen(node, "status", *flat(serving(node)))
    equal(done.returncode, 0, done.stderr)
    assert "ends in 6 days" in done.stderr, done.stderr
    # One that has ended, made by another program.
    make_ended_certificate(node, path)
    reload(node)
    until(lambda: "<3>tls.expired until=" in node.logged(), node.logged)
    done = liuhen(node, "record", "-", *flat(serving(node)), stdin=json.dumps(event()))
    equal(done.returncode, 0, done.stderr)
    done = liuhen(node, "status", *flat(serving(node)))
    equal(done.returncode, 0, done.stderr)
    assert "has ended; recording goes on" in done.stderr, done.stderr
    equal(node.record(event()).status, 201)


def the_doctor_looks_at_the_port(node):
    def tls(*args):
        done = liuhen(node, "doctor", "--data", node.dir, "--json", *args)
        checks = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
        equal(checks["keys"]["status"], "ok", checks["keys"])  # tls.crt is nobody's secret
        return checks["tls"]

    def expect(status, words, *args):
        found = tls(*args)
        equal(found["status"], status, found)
        assert words in found["detail"], found

    key = os.path.join(node.dir, "keys", "tls")
    expect("ok", "no listen.tls")
    set_up(node)
    expect("ok", node.pin)
    expect("ok", "certificate until 20", "--tls-pin", node.pin)
    expect("fail", "--tls-pin is another key", "--tls-pin", node.key_pin)
    os.chmod(key + ".pem", 0o640)
    found = [one for one in json.loads(liuhen(node, "doctor", "--data", node.dir, "--json").stdout)["checks"]
             if one["name"] == "tls"][0]
    equal(found["status"], "fail", found)
    assert "tls.pem mode 0640" in found["detail"], found
    os.chmod(key + ".pem", 0o600)
    expect("ok", node.pin)
    liuhen(node, "keygen", "--tls", "--renew", "--days", "9", "-o", key + ".pem")
    expect("warn", "it ends soon")
    for ending in (".pem", ".crt"):
        os.rename(key + ending, key + ".kept" + ending)
    expect("fail", "tls.crt")
    keygen(node, key)
    expect("fail", "the node that runs shows another key")
    reload(node)
    expect("ok", "127.0.0.1:0")
    with open(os.path.join(node.dir, "liuhend.conf"), "r+", encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("client")]
        file.seek(0)
        file.truncate()
        file.writelines(lines)
    expect("warn", "no client line")


def has_ipv6():
    """Whether this machine's loopback has it; a container may not."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


def what_cannot_be_served_is_refused_at_the_start(node):
    def ended(config, words, code=3):
        with open(os.path.join(node.dir, "liuhend.conf"), "r+", encoding="utf-8") as file:
            before = file.read()
            file.write(config)
        done = subprocess.run([os.path.join(node.bin, "liuhend"), "--data", node.dir],
                              capture_output=True, text=True, timeout=30, check=False)
        with open(os.path.join(node.dir, "liuhend.conf"), "w", encoding="utf-8") as file:
            file.write(before)
        equal(done.returncode, code, config + done.stderr)
        assert words in done.stderr, (config, done.stderr)

    listen = "listen.tls = 0.0.0.0:0\n"
    ended(listen, "made by `liuhen keygen --tls`")
    path, _ = keygen(node, os.path.join(node.dir, "keys", "tls"))
    os.chmod(path + ".pem", 0o640)
    ended(listen, "tls.pem")
    os.chmod(path + ".pem", 0o600)
    other, _ = keygen(node, "other")
    ended(listen + "tls.key = %s.pem\n" % other, "is not the key that")
    ended(listen + "tls.cert = /etc/passwd\n", "not a certificate in PEM")
    for bad in ("localhost:1", "127.0.0.1", ":1", "127.0.0.1:x", "127.0.0.1:65536", "::1:8", "[::1]",
                "[127.0.0.1]:8"):
        ended("listen.tls = %s\n" % bad, "wants an address and a port", 2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended("listen.tls = 127.0.0.1:%d\n" % taken.getsockname()[1], "in use")
    # The control: nothing else was wrong.
    node.key, node.key_pin = keygen(node, "client")
    host = "[::1]" if has_ipv6() else "127.0.0.1"
    node.add_config("listen.tls = %s:0\nclient = %s %s\n" % (host, node.key_pin, ALL))
    node.start()
    assert "tls.listening addr=%s:" % host in node.logged()


main(a_pinned_client_records_and_reads,
     a_line_bounds_what_a_pin_may,
     an_unknown_key_is_refused_until_it_has_a_line,
     a_client_without_certificate_is_refused,
     tls_1_2_is_refused,
     a_node_with_another_key_is_refused_and_hears_nothing,
     wrong_words_for_https_are_named,
     the_inner_door_opens_for_nobody_else,
     large_bodies_arrive_whole,
     large_downloads_arrive_whole_however_slowly_they_are_read,
     a_reply_that_nobody_reads_is_cut,
     a_client_that_says_it_is_done_still_gets_its_answer,
     the_end_is_said_before_the_connection_closes,
     many_requests_ride_one_connection_in_order,
     small_requests_do_not_wait_for_one_another,
     a_handshake_that_trickles_is_cut_at_its_deadline,
     a_crowd_before_the_door_is_bounded_and_others_get_in,
     a_handshake_that_is_too_long_is_cut,
     a_request_that_trickles_is_cut_at_its_deadline,
     what_is_no_tls_is_cut_and_harms_nobody,
     connections_beyond_the_cap_are_told,
     a_stop_lets_the_last_reply_arrive_whole,
     a_reload_serves_the_new_certificate_and_a_bad_one_changes_nothing,
     a_certificate_that_ends_warns_and_stops_nothing,
     the_doctor_looks_at_the_port,
     what_cannot_be_served_is_refused_at_the_start)
