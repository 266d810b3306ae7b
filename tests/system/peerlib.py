"""A peer in Python: our frames (specs/network.md 4, 5) over TLS of its own, true or false to them."""

import base64
import contextlib
import hashlib
import hmac
import os
import socket
import ssl
import subprocess
import tempfile
import time

HELLO, BYE, PING, PONG, CREDIT, HAVE, GET, LEAVES, SEAL, MISSING, NOMINATE, COSIGNATURE, EVIDENCE, \
    PROVE, PROOF, DECLINE = range(1, 17)
PROTOCOL, VERSION, NETWORK, MEMBER, FORGED, OURSELVES, SLOW, PEACE = range(1, 9)
MUST = 1  # the flag of what must be understood


# ---- canonical messages ----


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def message(**fields):
    """Protobuf of fields named f1, f2, ... in order; what is zero or empty is left out."""
    out = b""
    for name, value in sorted(fields.items(), key=lambda one: int(one[0][1:])):
        number = int(name[1:])
        if isinstance(value, str):
            value = value.encode()
        if isinstance(value, int):
            out += varint(number << 3) + varint(value) if value else b""
        elif isinstance(value, list):
            for part in value:
                out += varint(number << 3 | 2) + varint(len(part)) + part
        elif value:
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def read_message(data):
    """{number: value} of what has no repeated field."""
    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    at, out = 0, {}
    while at < len(data):
        key = number()
        value = number()
        if key & 7 == 2:
            at, value = at + value, data[at:at + value]
        out[key >> 3] = value
    return out


def parts(data):
    """What stands behind its length as u16, one after the other."""
    out = []
    while data:
        size = int.from_bytes(data[:2], "big")
        out.append(data[2:2 + size])
        data = data[2 + size:]
    return out


def joined(*all_parts):
    return b"".join(len(one).to_bytes(2, "big") + one for one in all_parts)


def frame(kind, payload=b"", request=0, flags=0, size=None):
    """A frame whose header says `size`, or the truth."""
    size = len(payload) if size is None else size
    return (size.to_bytes(4, "big") + kind.to_bytes(2, "big") + flags.to_bytes(2, "big") +
            request.to_bytes(4, "big") + payload)


# ---- the channel ----


def expand(secret, label, context, size, name):
    """HKDF-Expand-Label (RFC 8446 7.1) of one block at most."""
    label = b"tls13 " + label
    info = (size.to_bytes(2, "big") + bytes([len(label)]) + label + bytes([len(context)]) + context)
    return hmac.new(secret, info + b"\1", name).digest()[:size]


def export(keylog, cipher):
    """The TLS exporter of specs/network.md 5, from the secret that the key log holds."""
    name = "sha384" if cipher.endswith("SHA384") else "sha256"
    with open(keylog, encoding="ascii") as file:
        secret = [line.split()[2] for line in file if line.startswith("EXPORTER_SECRET ")][-1]
    empty = hashlib.new(name).digest()
    derived = expand(bytes.fromhex(secret), b"EXPORTER-liuhen-hello", empty, len(empty), name)
    return expand(derived, b"exporter", empty, 32, name)


def sign(key, data):
    """Ed25519, by a private key in a file."""
    with tempfile.NamedTemporaryFile(prefix="lh-said-") as file:
        file.write(data)
        file.flush()
        return subprocess.run(
            ["/usr/bin/openssl", "pkeyutl", "-sign", "-rawin", "-in", file.name, "-inkey", key],
            check=True, stdout=subprocess.PIPE).stdout


class Cut(Exception):
    """The other side ended the connection; `code` of its BYE, 0 if it said none."""

    def __init__(self, code):
        super().__init__("cut with code %d" % code)
        self.code = code


class Peer:
    """A connection to `target`, under the keys of `who`; both are departments of a city."""

    def __init__(self, target, who, source=""):
        self.who = who
        self.is_broken = False
        self.started = os.urandom(16)
        self.taken = b""
        self.raw = socket.create_connection((target.host, target.port), timeout=30,
                                            source_address=(source, 0))
        self.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self.raw
        self.channel = self.network_id = self.said = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.close()

    def secure(self):
        """TLS, and what the node says first: its HELLO."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols(["liuhen/1"])
        context.load_cert_chain(self.who.path("keys", "tls.crt"), self.who.path("keys", "tls.pem"))
        with tempfile.TemporaryDirectory(prefix="lh-keys-") as folder:
            context.keylog_filename = os.path.join(folder, "log")
            self.sock = context.wrap_socket(self.raw)
            self.channel = export(context.keylog_filename, self.sock.cipher()[0])
            context.keylog_filename = None
        kind, _, self.said = self.read()
        assert kind == HELLO, kind
        self.network_id = read_message(self.said)[2]
        return self

    def hello(self, versions=b"\1", network_id=None, department=None, channel=None, side=1,
              signer=None):
        """Our HELLO; what is given is said instead of the truth."""
        fields = {"f1": versions, "f2": network_id or self.network_id,
                  "f3": department or self.who.code, "f4": 1, "f5": self.started}
        signed = (b"liuhen/hello/v1\0" + (channel or self.channel) + bytes([side]) +
                  message(**fields, f6=bytes(64)))
        return frame(HELLO, message(**fields, f6=sign((signer or self.who).path("keys", "witness.pem"), signed)))

    def live(self):
        """A session that the node has taken: it says what it has."""
        self.secure()
        self.send(self.hello())
        self.wait(HAVE)
        return self

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            self.is_broken = True  # cut; what the other side said before tells why

    def receive(self, seconds):
        """Some bytes; none when the other side is done."""
        end = time.monotonic() + seconds
        while True:
            left = max(0, end - time.monotonic())
            self.sock.settimeout(left or 0.001)
            try:
                return self.sock.recv(65536)
            except (ssl.SSLWantReadError, TimeoutError, socket.timeout):
                if not left:
                    raise TimeoutError("nothing came in time") from None
            except OSError:
                return b""

    def read(self, seconds=30):
        """(type, request, payload) of the next frame."""
        end = time.monotonic() + seconds
        while len(self.taken) < 12 or \
                len(self.taken) < 12 + int.from_bytes(self.taken[:4], "big"):
            came = self.receive(end - time.monotonic())
            if not came:
                raise Cut(0)
            self.taken += came
        size = int.from_bytes(self.taken[:4], "big")
        kind = int.from_bytes(self.taken[4:6], "big")
        request = int.from_bytes(self.taken[8:12], "big")
        payload, self.taken = self.taken[12:12 + size], self.taken[12 + size:]
        if kind == BYE:
            raise Cut(read_message(payload).get(1, 0))
        return kind, request, payload

    def wait(self, kind, seconds=30):
        """The next frame of this type; what comes before is nobody's business."""
        end = time.monotonic() + seconds
        while True:
            came = self.read(end - time.monotonic())
            if came[0] == kind:
                return came

    def ended(self, seconds, what):
        """The code of its BYE when it cut us; fails if it does not in time."""
        end = time.monotonic() + seconds
        try:
            while True:
                self.read(max(0, end - time.monotonic()))
        except Cut as cut:
            return cut.code
        except TimeoutError:
            raise AssertionError("%s: not cut in %.0f s" % (what, seconds)) from None

    def is_alive(self):
        """The node still answers."""
        nonce = int.from_bytes(os.urandom(6), "big") + 1
        self.send(frame(PING, message(f1=nonce)))
        return read_message(self.wait(PONG)[2])[1] == nonce

    def fetch(self, origin, held, until):
        """Every (leaves, seal) between two sizes, as LEAVES and SEAL that answer GET."""
        self.send(frame(GET, message(f1=origin, f2=held, f3=until), request=1))
        blocks, leaves, size = [], [], held
        while size < until:
            kind, request, payload = self.read()
            if kind == MISSING:
                raise AssertionError("MISSING of %s at %d" % (origin, size))
            if request == 1 and kind == LEAVES:
                leaves += parts(payload)[1:]
            elif request == 1 and kind == SEAL:
                blocks.append((leaves, payload))
                size, leaves = size + len(leaves), []
        return blocks


# ---- a ledger of one's own ----


def root_of(leaves):
    """RFC 6962."""
    def fold(hashes):
        if len(hashes) == 1:
            return hashes[0]
        half = 1 << (len(hashes) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + fold(hashes[:half]) + fold(hashes[half:])).digest()

    return fold([hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves])


class Author:
    """Seals what it likes, behind the `blocks` of the ledger of `who`."""

    def __init__(self, who, origin, blocks):
        self.who, self.origin = who, origin
        self.leaves = [leaf for leaves, _ in blocks for leaf in leaves]
        self.key_hash = base64.b64decode(blocks[-1][1].split()[-1])[:4]

    def seal(self, entries, **changes):
        """(leaves, seal) of the next block; `changes` are fields of its header (f1, f2, ...)."""
        last = read_message(read_message(self.leaves[-1])[2])
        before = self.leaves + entries
        header = {"f1": last[1], "f2": last[2], "f3": last[3], "f4": last[4] + 1,
                  "f5": hashlib.sha256(b"\0" + self.leaves[-1]).digest(),
                  "f6": len(self.leaves), "f7": len(entries), "f8": root_of(before),
                  "f9": last[9] + 1}
        header.update(changes)
        leaves = entries + [message(f2=message(**header))]
        text = "%s\n%d\n%s\n" % (self.origin, len(self.leaves) + len(leaves),
                                 base64.b64encode(root_of(self.leaves + leaves)).decode())
        signed = base64.b64encode(self.key_hash + sign(self.who.path("keys", "seal-1.pem"),
                                                       text.encode()))
        return leaves, ("%s\n\u2014 %s %s\n" % (text, self.origin, signed.decode())).encode()

    def keep(self, block):
        self.leaves += block[0]
