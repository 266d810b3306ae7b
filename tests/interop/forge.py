"""Archives made here, with keys made here: consistent in everything down to a fresh seal, but for one thing.

Written from specs/ alone, like verifier.py, whose encoder and curves it uses. The bodies are those of
specs/vectors/bodies.jsonl. archives(rng) yields (what, bytes, rule or None): where a rule is named, both
verifiers must name it, and "" names none: both must find nothing. Elsewhere they must agree.
"""
import base64
import copy
import hashlib
import json
import os

import verifier as v

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "specs", "vectors", "bodies.jsonl")
T0 = 1795489108123  # the event time of the golden bodies
SIGNED = {}


class Key:
    def __init__(self, alg, seed):
        self.alg = alg
        self.secret = hashlib.sha512(f"{alg}/{seed}".encode()).digest()
        if alg == v.ALG_ED25519:
            h = hashlib.sha512(self.secret[:32]).digest()
            self.scalar = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
            self.prefix = h[32:]
            self.value = v.ED25519.bytes(v.ED25519.g.times(self.scalar % v.ED25519.n))
        elif alg == v.ALG_X25519:
            self.value = self.secret[:32]
        else:
            c = v.CURVES[alg]
            self.scalar = int.from_bytes(self.secret, "big") % (c.n - 2) + 1
            (x, y), = c.precompute([c.g.times(self.scalar)])
            self.value = bytes([2 + (y & 1)]) + x.to_bytes(32, "big")
        self.public = {"alg": alg, "value": self.value}

    def sign(self, message):
        at = self.alg, self.value, message
        if at not in SIGNED:
            SIGNED[at] = self._sign(message)
        return SIGNED[at]

    def _sign(self, message):
        if self.alg == v.ALG_ED25519:
            n = v.ED25519.n
            r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % n
            point = v.ED25519.bytes(v.ED25519.g.times(r))
            k = int.from_bytes(hashlib.sha512(point + self.value + message).digest(), "little") % n
            return point + ((r + k * self.scalar) % n).to_bytes(32, "little")
        c = v.CURVES[self.alg]
        k = int.from_bytes(hashlib.sha512(self.secret + message).digest(), "big") % (c.n - 1) + 1
        x, n = c.affine_x(c.g.times(k)), c.n
        if self.alg == v.ALG_P256:
            r = x % n
            s = pow(k, -1, n) * (int.from_bytes(v.sha256(message), "big") + r * self.scalar) % n
            s = min(s, n - s)
        else:
            r = (v.sm2_digest(self.value, message) + x) % n
            s = pow(1 + self.scalar, -1, n) * (k - r * self.scalar) % n
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def frame(kind, content):
    return bytes([kind]) + len(content).to_bytes(4, "big") + content


def archive(frames):
    return v.MAGIC + b"".join(frames) + frame(v.END, len(frames).to_bytes(8, "big"))


class City:
    def __init__(self, suite, change=None, member=None, departments=("gaj", "mzj"), groups=None):
        """change(genesis) and member(enrolment) may spoil what is made."""
        self.suite, self.s = v.SUITES[suite], suite
        self.keys = {}
        members = []
        for dept in departments:
            m = {"schema": 1, "department": dept, "name": "公安局",
                 "officers": [{"label": f"officer {i}", "key": self.key(f"{dept}/officer{i}", i).public} for i in range(4)],
                 "recorder": self.key(f"{dept}/recorder", 1).public}
            for name in "witness", "mirror", "governance":
                m[name] = self.key(f"{dept}/{name}").public
            if groups:
                m["group"] = groups.get(dept, "")
            if member and dept == "mzj":
                m = member(self, m) or m
            members.append(m if isinstance(m, bytes) else v.encode("Enrolment", m))
        g = {"schema": 1, "network": "jinhua", "suite": suite, "created_ms": T0, "members": members}
        if change:
            g = change(self, g) or g
        self.genesis = g if isinstance(g, bytes) else v.encode("Genesis", g)
        self.network_id = self.suite.hash(b"liuhen/genesis/v1\0" + self.genesis)

    def key(self, name, odd=0):
        """The key of a name; in suite W every other one is of P-256."""
        if name not in self.keys:
            alg = v.ALG_SM2 if self.s == 2 else v.ALG_P256 if odd % 2 else v.ALG_ED25519
            self.keys[name] = Key(alg, name)
        return self.keys[name]


class Author:
    def __init__(self, city, dept="gaj", number=1):
        self.city, self.dept, self.number = city, dept, number
        self.origin = f"jinhua/{dept}/{number}"
        self.seal = city.key(f"{dept}/seal{number}")
        self.tree, self.height, self.prev, self.time = v.Tree(city.suite.hash), 0, city.network_id, T0
        self.frames, self.count = [frame(v.LEDGER, self.origin.encode())], 0

    def who(self, name):
        return self.city.key(f"{self.dept}/{name}", {"o1": 1}.get(name, len(name)))

    def officers(self, *numbers):
        return [self.city.keys[f"{self.dept}/officer{i}"] for i in numbers or (0, 1)]

    def recorder(self):
        return [self.city.keys[f"{self.dept}/recorder"]]

    def body(self, name, **fields):
        b = copy.deepcopy(golden()[name, "least"])
        b["department"] = self.dept
        self.count += 1
        b["id"] = f"{self.dept}-{self.number}-{self.count}"
        detail = fields.pop("detail", {})
        b.update(fields)
        b[v.TYPES[b["type"]][1]].update(detail)
        return b

    def entry(self, body, signers, intake=None, sigs=None, plain=None):
        """A leaf; sigs(list) may spoil the signatures, plain(entry) the entry."""
        raw = body if isinstance(body, bytes) else v.encode("Body", body)
        h = self.city.suite.hash
        message = b"liuhen/entry/v1\0" + self.city.network_id + h(raw)
        signatures = sorted(({"key_id": self.city.suite.key_id(k.public), "value": k.sign(message)} for k in signers),
                            key=lambda s: s["key_id"])
        if sigs:
            signatures = sigs(signatures) or signatures
        e = {"body": raw, "signatures": signatures, "intake": {"recorded_at_ms": T0 + 5}}
        if isinstance(body, dict) and body.get("subject_digest"):
            e["intake"]["index_digest"] = b"\x77" * 32
        e["intake"].update(intake or {})
        if plain:
            e = plain(e) or e
        return v.encode("Leaf", {"entry": e})

    def block(self, *leaves, header=None, note=None, tail=b"", private=(), seal=None, advance=True):
        """Closes a block; header(dict) and note(dict) may spoil it before it is sealed."""
        self.time += 10
        tree = self.tree.copy()
        for leaf in leaves:
            tree.add(leaf)
        head = {"network_id": self.city.network_id, "origin": self.origin, "epoch_hash": self.city.network_id,
                "height": self.height + 1, "prev": self.prev, "first": self.tree.size, "count": len(leaves),
                "pre_root": tree.root(), "time_ms": self.time, "heads": []}
        if header:
            head = header(head) or head
        last = head if isinstance(head, bytes) else v.encode("Leaf", {"header": head})
        tree.add(last)
        text = {"origin": self.origin, "size": tree.size, "root": tree.root(), "text": None, "name": self.origin,
                "seal": None, "type": self.city.suite.log_type}
        if note:
            note(text)
        b64 = base64.b64encode
        body = text["text"] or f"{text['origin']}\n{text['size']}\n{b64(text['root']).decode()}\n".encode()
        key = seal or self.seal
        key_hash = self.city.suite.hash(text["name"].encode() + b"\n" + text["type"] + key.value)[:4]
        line = "\u2014 ".encode() + text["name"].encode() + b" " + b64(key_hash + (text["seal"] or key.sign(body))) + b"\n"
        before, after = tail if isinstance(tail, tuple) else (b"", tail)
        signed = body + b"\n" + before + line + after
        self.frames += [frame(v.LEAF, leaf) for leaf in leaves] + [frame(v.LEAF, last), frame(v.CHECKPOINT, signed)]
        self.frames += [frame(v.PRIVATE, p) for p in private]
        if advance:
            self.tree, self.height = tree, self.height + 1
            self.prev = self.city.suite.hash(b"\0" + last)
        return self

    def found(self, detail=None, signers=None, more=(), header=None, **fields):
        d = {"number": self.number, "reason": 1 if self.number == 1 else 4, "seal_key": self.seal.public}
        d.update(detail or {})
        if d.get("prev_header") and self.height == 0:
            self.prev = d["prev_header"]
        return self.block(self.entry(self.body("GENERATION", detail=d, **fields), signers or self.officers()), *more,
                          header=header)

    def people(self):
        """Two staff members, and a session of the first."""
        out = []
        for i, p in enumerate(PEOPLE):
            key = self.who(f"staff{'x' * i}")
            out.append(self.entry(self.body("STAFF", detail={"pseudonym": p, "key": key.public}), self.officers()))
        out.append(self.entry(self.open(SESSION_ID, self.who("session")), [self.who("staff")]))
        return self.block(*out)

    def open(self, session, key, staff=None):
        return self.body("SESSION", staff=staff or PEOPLE[0], detail={"session_id": session, "key": key.public})

    def keep(self):
        """Says that every private part of this ledger is in the archive."""
        self.frames.insert(1, frame(v.KEPT, b""))
        return self

    def end(self):
        """One more block, by which one sees whether the ledger went on."""
        return self.block(self.entry(self.body("HEARTBEAT"), self.recorder()))

    def bytes(self, *others, epochs=()):
        frames = [frame(v.GENESIS, self.city.genesis)] + [frame(v.EPOCH, e) for e in epochs] + self.frames
        for other in others:
            frames += other.frames
        return archive(frames)


PEOPLE = [b"person-1", b"person-2"]
SESSION_ID = b"a session, no. 1"
GOLDEN = {}


def golden():
    if not GOLDEN:
        with open(VECTORS, encoding="utf-8") as f:
            for row in map(json.loads, f):
                if "body" in row:
                    GOLDEN[row["type"], row["variant"]] = v.decode("Body", bytes.fromhex(row["body"]))
    return GOLDEN


def start(city):
    return Author(city).found().people()


def suited(city, b):
    """A golden body as the department gaj of this city would write it."""
    b = copy.deepcopy(b)
    b["department"] = "gaj"
    if b["staff"] is not None:
        b["staff"] = PEOPLE[0]
    detail = b[v.TYPES[b["type"]][1]] if b["type"] in v.TYPES else None
    if detail and "key" in detail and detail["key"] and not (detail.get("purpose", 0) in (10, 11)):
        detail["key"] = city.key("fresh").public
    name = v.TYPES[b["type"]][0] if b["type"] in v.TYPES else ""
    if name in ("ROLE", "LEAVE"):
        detail["pseudonym"] = PEOPLE[1]
    if name == "SESSION_END":
        detail["session_id"] = SESSION_ID
    if name in ("STAFF", "ROLE", "LEAVE", "SESSION_END"):
        b["session"] = None if b["session"] is None else SESSION_ID
    if b["session"] is not None:
        b["session"] = SESSION_ID
    return b


def signers_of(a, b):
    name = v.TYPES[b["type"]][0] if b["type"] in v.TYPES else ""
    if name in v.OFFICER_ACTS:
        return a.officers()
    if name in ("SESSION", "RESTRICT"):
        return [a.who("staff")]
    return a.recorder()


def with_body(city, b, signers=None, **more):
    a = start(city)
    a.block(a.entry(b, signers or signers_of(a, b if isinstance(b, dict) else {"type": 0}), **more))
    return a.end().bytes()


# ---- what is spoiled ---------------------------------------------------------------------------


def sample(field, b):
    return {"unit": "窗口 1", "staff": PEOPLE[0], "session": SESSION_ID, "system": "oa", "channel": 1,
            "auth_methods": 1, "assurance": 1, "item": "low-income", "catalogue_version": 1, "case_id": b"c" * 16, "step": 1,
            "exchange_id": b"e" * 16, "counterparty": "mzj", "purpose": "check", "legal_basis": "law:1", "outcome": 2,
            "result_mask": 1, "result_count": 1, "request_digest": b"q" * 32, "response_digest": b"r" * 32,
            "refs": [b"f" * 32], "flags": 1, "subject_digest": b"s" * 32}[field]


PAIRS = {"auth_methods": "assurance", "assurance": "auth_methods", "item": "catalogue_version",
         "catalogue_version": "item", "step": "case_id", "session": "staff"}


def matrix(rng, city):
    """Every field of the header, put in or taken out, in every type."""
    for (name, variant), g in golden().items():
        if name == "GENERATION":
            continue
        for field in v.MATRIX_FIELDS:
            b = suited(city, g)
            there = b[field] not in (0, "", None, [])
            blank = v.MESSAGES["Body"][next(n for n, f in v.MESSAGES["Body"].items() if f.name == field)].default()
            b[field] = blank if there else sample(field, b)
            pair = PAIRS.get(field)
            if pair and rng.random() < 0.6:
                if there and field not in ("step", "session"):
                    b[pair] = type(b[pair])() if b[pair] is not None else None
                elif not there and b[pair] in (0, "", None):
                    b[pair] = sample(pair, b)
            yield f"{name} {variant} {'without' if there else 'with'} {field}", with_body(city, b), None


TEXTS = ["", "a", "A", "a b", "a-", "-a", "a" * 32, "a" * 33, "A" * 48, "z" * 64, "é", "公", "a/b/1", "jinhua/gaj/1",
         "jinhua/gaj/01", "jinhua/mzj/4294967295", "jinhua/mzj/4294967296", "a.b_c:d-e", "~", "\u3000", "a\u00a0b", "\u2028",
         "\u200b", "\u200e", "\u061c", "\ufeff", "\x7f", "\x85", "\ufffe", "\ufdd0", "\U0001ffff", "\ue000", "公" * 42, "公" * 43]
TIMES = [0, 1, T0 - 1, T0, T0 + 1, T0 + 8 * 3600000, T0 + 8 * 3600000 + 1, T0 + 1827 * 86400000,
         T0 + 1827 * 86400000 + 1, v.END_OF_TIME - 1, v.END_OF_TIME, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1440, 1441, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 20240229, 20230229,
           20261301, 20260100, 20260431, 10101, 99991231, 19700101, 10231]
WIDE = [0, 1, 31, 32, 63, 64, 127, 128, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]


def values(rng, city, f, old):
    """Other values for a field."""
    if f.kind == "m":
        if f.message == "PublicKey":
            return [None] + [Key(alg, "other").public for alg in (1, 2, 3, 4)] + [
                {"alg": 0, "value": b"\1" * 32}, {"alg": 5, "value": b"\1" * 32}, {"alg": 1, "value": bytes(32)},
                {"alg": 1, "value": b"\1" + bytes(31)}, {"alg": 1, "value": b"\xec" + b"\xff" * 30 + b"\x7f"},
                {"alg": 1, "value": b"\xee" + b"\xff" * 30 + b"\x7f"}, {"alg": 1, "value": b"\2" + bytes(31)},
                {"alg": 2, "value": b"\2" + b"\xff" * 32}, {"alg": 2, "value": b"\4" + b"\1" * 32},
                {"alg": 3, "value": b"\2" + bytes(31) + b"\1"}, {"alg": 2, "value": b"\2" + bytes(32)},
                {"alg": 1, "value": b"\1" * 31}, {"alg": 4, "value": bytes(32)}, {"alg": 4, "value": b"\1" + bytes(31)}]
        return [None]
    if f.count and f.kind == "n":
        return [[], old + old[-1:], old[::-1], [20261001, 20261001], [20261003, 20261001], [0], [20260230],
                list(range(20261001, 20261032))]
    if f.count:
        new = {"s": ["a", "b"], "f": [b"\1" * f.size, b"\2" * f.size]}[f.kind]
        many = [f"d{i:02d}" for i in range(f.count + 1)] if f.kind == "s" else \
            [bytes([i + 1]) * f.size for i in range(f.count + 1)]
        zero = [bytes(f.size)] if f.kind == "f" else ["A"]
        return [[], new, new[::-1], [new[0], new[0]], many, many[:-1], zero, ["a b"] if f.kind == "s" else new, [""] if
                f.kind == "s" else zero + new]
    if f.kind == "s":
        return TEXTS
    if f.kind == "f":
        same = PEOPLE[0] if f.size == 8 else SESSION_ID if f.size == 16 else b"\1" * 32
        return [bytes(f.size), same, b"\xff" * f.size] + ([None] if f.optional else [])
    if f.kind == "b":
        return [b"", b"\1" * f.size]
    return TIMES if f.name.endswith("_ms") else NUMBERS if f.size == 1 << 32 else WIDE + NUMBERS[:13] + TIMES


def places(name, message, path=()):
    for f in v.MESSAGES[name].values():
        at = path + (f.name,)
        if f.oneof and message[f.name] is None:
            continue
        yield at, f
        if f.kind == "m" and not f.count and message[f.name] is not None:
            yield from places(f.message, message[f.name], at)


def put(message, path, value):
    for name in path[:-1]:
        message = message[name]
    message[path[-1]] = value


def get(message, path):
    for name in path:
        message = message[name]
    return message


def details(rng, city, share=1.0):
    """Every field of every golden body with other values."""
    for (name, variant), g in golden().items():
        if name == "GENERATION":
            continue
        base = suited(city, g)
        for path, f in places("Body", base):
            for value in values(rng, city, f, get(base, path)):
                if rng.random() >= share or path == ("type",) and value == 80:
                    continue
                b = copy.deepcopy(base)
                put(b, path, value)
                try:
                    data = with_body(city, b)
                except OverflowError:  # a key id has one byte for the algorithm
                    continue
                yield f"{name} {variant} {'.'.join(path)}={str(value)[:40]!r}", data, None


def generations(rng, city):
    fields = {"number": [0, 1, 2, 3], "reason": [0, 1, 2, 3, 4, 5, 6, 7], "seal_key": None, "prev_origin": TEXTS + [
        "jinhua/gaj/1", "jinhua/gaj/2", "jinhua/gaj/3", "jinhua/mzj/1", "lishui/gaj/1", "lishui/gaj/7", "lishui/mzj/1"],
        "prev_size": [0, 1, 5, 1 << 62, (1 << 62) + 1, (1 << 63) - 1, 1 << 63], "prev_root": [None, b"r" * 32],
        "prev_header": [None, b"h" * 32], "lost_from": [0, 1, 2, 9, 1 << 63], "lost_until": [0, 1, 2, 9],
        "promises_digest": [None, b"p" * 32]}
    bases = [(1, {}), (2, {"prev_origin": "jinhua/gaj/1", "prev_size": 5, "prev_root": b"r" * 32, "prev_header": b"h" * 32}),
             (2, {"reason": 2, "prev_origin": "jinhua/gaj/1"}), (2, {"reason": 6, "prev_origin": "jinhua/gaj/1"}),
             (2, {"reason": 5, "prev_origin": "lishui/gaj/1", "prev_size": 5, "prev_root": b"r" * 32, "prev_header": b"h" * 32}),
             (2, {"reason": 2}), (3, {"reason": 4, "prev_origin": "jinhua/gaj/1"}),
             (3, {"reason": 2, "prev_origin": "jinhua/gaj/2", "prev_size": 5, "prev_root": b"r" * 32, "prev_header": b"h" * 32,
                  "lost_from": 1, "lost_until": 2})]
    for base in {"lost_from": 1, "lost_until": 2}, {"lost_from": 2, "lost_until": 1}, {"promises_digest": b"p" * 32}:
        yield f"first generation {base}", Author(city).found(base).end().bytes(), "E01"
    number, joined = bases[4]
    for prev in "lishui/police/9", "lishui/mzj/1", "jinhua/mzj/1", "jinhua/gaj/1":
        yield f"joined from {prev}", Author(city, number=number).found({**joined, "prev_origin": prev}).end().bytes(), \
            "E06" if prev.startswith("jinhua") else ""
    for number, base in bases:
        yield f"generation {number} {base}", Author(city, number=number).found(base).end().bytes(), None
        for field, options in fields.items():
            for value in options or values(rng, city, v.MESSAGES["Generation"][3], None):
                d = dict(base)
                d[field] = value
                yield f"generation {number} {base.get('reason')} {field}={str(value)[:40]}", \
                    Author(city, number=number).found(d).end().bytes(), None
    a = Author(city, number=2)
    d = bases[1][1]
    h = city.network_id
    yield "generation 2 with prev network id", a.found(d, header=lambda x: x.update(prev=h)).end().bytes(), "B10"
    a = Author(city, number=2)
    yield "restored generation with prev zeros", a.found(bases[3][1], header=lambda x: x.update(prev=bytes(32))).end().bytes(), "B10"
    yield "generation by one officer", (lambda a: a.found(signers=a.officers()[:1]).end().bytes())(Author(city)), "E04"
    yield "generation by recorder", (lambda a: a.found(signers=a.recorder()).end().bytes())(Author(city)), "E04"
    yield "generation by stranger", (lambda a: a.found(signers=[city.key("x1"), city.key("x2")]).end().bytes())(Author(city)), "E02"
    yield "generation of another department", (lambda a: a.found(department="mzj").end().bytes())(Author(city)), "E07"
    for other in 1, 2, 3:
        a = Author(city)
        a.seal = Key(other, "seal")
        yield f"seal key of alg {other}", a.found().end().bytes(), None
    # two generations in one archive
    for what, change in [("good", {}), ("root", {"prev_root": b"r" * 32}), ("header", {"prev_header": b"h" * 32}),
                         ("size", {"prev_size": 3}), ("reason 2", {"reason": 2})]:
        for swap in False, True:
            for stop in False, True:
                old = start(city)
                if stop:
                    old.block(old.entry(old.body("HEARTBEAT"), old.recorder()), header=lambda x: x.update(height=9))
                new = Author(city, number=2)
                new.found({"prev_origin": old.origin, "prev_size": old.tree.size, "prev_root": old.tree.root(),
                           "prev_header": old.prev, **change})
                new.end()
                pair = (new, old) if swap else (old, new)
                yield f"two generations: {what} swap {swap} stop {stop}", pair[0].bytes(pair[1]), None
    one, two = start(city), Author(city, "mzj").found().end()
    yield "two ledgers", one.bytes(two), None
    two.frames[0] = one.frames[0]
    yield "two ledgers of one name", one.bytes(two), "A04"
    yield "a ledger of a stranger", archive([frame(v.GENESIS, city.genesis), frame(v.LEDGER, b"jinhua/slj/1")]
                                            + two.frames[1:]), "A04"  # cannot tell: it may be a member in an epoch
    for text in b"lishui/mzj/1", b"jinhua/mzj/0", b"jinhua/mzj/01", b"jinhua/mzj/4294967296", b"", b"jinhua/mzj/1\n", b"x" * 200:
        yield f"ledger {text}", archive([frame(v.GENESIS, city.genesis), frame(v.LEDGER, text)] + two.frames[1:]), "A04"


def blocks(rng, city):
    def one(header=None, rule=None, what=None, **more):
        a = start(city)
        a.block(a.entry(a.body("HEARTBEAT"), a.recorder()), header=header, **more)
        return what, a.end().bytes(), rule

    def sets(rule, **fields):
        return one(lambda h: h.update(fields), rule, f"header {str(fields)[:60]}")
    yield sets("B04", network_id=b"n" * 32)
    yield sets("B04", network_id=bytes(32))
    yield sets("B05", origin="jinhua/gaj/2")
    yield sets("B05", origin="jinhua/mzj/1")
    for text in TEXTS:
        yield sets(None, origin=text)
    yield sets("B06", epoch_hash=b"n" * 32)
    for n in 0, 1, 1 << 62, (1 << 62) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1:
        yield sets(None, first=n)
        yield sets(None, height=n)
        yield sets(None, time_ms=n)
    for n in 0, 2, 4096, 4097, (1 << 32) - 1:
        yield sets(None, count=n)
    yield sets("B10", prev=bytes(32))
    yield sets("B11", pre_root=b"n" * 32)
    yield sets("B12", time_ms=T0 + 20)
    yield sets(None, time_ms=T0 + 21)
    yield sets(None, time_ms=v.END_OF_TIME)
    ok = [{"origin": f"jinhua/d{i:02d}/1", "size": 1, "root": b"r" * 32} for i in range(65)]
    for n in 1, 2, 64, 65:
        yield sets(None, heads=ok[:n])
    yield sets("B13", heads=[ok[0], ok[0]])
    yield sets("B13", heads=[ok[1], ok[0]])
    yield sets("B13", heads=[{**ok[0], "size": 0}])
    yield sets("B13", heads=[{**ok[0], "origin": "jinhua/gaj/1"}])
    yield sets(None, heads=[{**ok[0], "origin": "jinhua/gaj/2"}])
    yield sets(None, heads=[{**ok[0], "root": bytes(32)}])
    for n in 1 << 62, (1 << 62) + 1, 1 << 63:
        yield sets(None, heads=[{**ok[0], "size": n}])
    for text in TEXTS:
        yield sets(None, heads=[{**ok[0], "origin": text}])
    for n in 2, 3, 60:
        heads = [{"origin": f"jinhua/{'d' * 28}{i:04d}/4294967295", "size": 1 << 62, "root": b"r" * 32} for i in range(n)]
        yield sets(None, heads=heads)
    for i in 1, 2:
        a = Author(city)
        a.time = -10 + i - 1
        yield f"first time {i - 1}", a.found().end().bytes(), None
    # checkpoints
    def note(rule, what, **fields):
        return one(None, rule, f"note {what}", note=lambda n: n.update(fields))
    yield note("B14", "origin", origin="jinhua/gaj/2")
    yield note("B15", "size", size=3)
    yield note("B15", "size 0", size=0)
    yield note("B14", "size leading zero", size="08")
    yield note(None, "size large", size=1 << 62)
    yield note("B14", "size larger", size=(1 << 62) + 1)
    yield note("B14", "size largest", size=1 << 63)
    yield note("B16", "root", root=b"r" * 32)
    yield note("B14", "root short", root=b"r" * 31)
    yield note("B14", "root long", root=b"r" * 33)
    yield note("B17", "name", name="jinhua/gaj/2")
    yield note("B17", "type", type=b"\4")
    yield note("B17", "zeros", seal=bytes(64))
    yield note("B17", "empty", seal=b"\1")
    yield note("B17", "long", seal=bytes(65))
    yield one(None, "B17", "stranger's seal", seal=city.key("stranger"))
    yield one(lambda h: h.update(time_ms=0), "B12", "time and a stranger's seal", seal=city.key("stranger"))
    dash = "\u2014 "
    for t in [f"{dash}witness AAAAAAA=\n", f"{dash}witness AAAAAA==\n", f"{dash}w AAAA\n", f"{dash}w \n", f"{dash}w\n",
              f"{dash}jinhua/gaj/1 {'A' * 92}\n", f"{dash}w+x AAAAAAA=\n", "- w AAAAAAA=\n", "\n", "x\n", f"{dash}w AAAAAAA= \n",
              f"{dash}w\u00a0x AAAAAAA=\n", f"{dash}w\u3000x AAAAAAA=\n", f"{dash}w\u2028x AAAAAAA=\n", f"{dash}w\x7fx AAAAAAA=\n",
              f"{dash}w\u200bx AAAAAAA=\n", f"{dash}\ufeffx AAAAAAA=\n", f"{dash}w\x85x AAAAAAA=\n", f"{dash}w\u180ex AAAAAAA=\n",
              f"{dash}w\ufffex AAAAAAA=\n", f"{dash}w AAAAAAB=\n", f"{dash}w AAAAAAA\n", f"{dash}{'x' * 255} AAAAAAA=\n",
              f"{dash}{'x' * 256} AAAAAAA=\n", f"{dash}{'公' * 85} AAAAAAA=\n", f"{dash}w {'A' * 4000}\n",
              f"{dash}w {'A' * 131072}\n", f"{dash}w {'A' * 130000}\n", f"{dash}w AAAAAAA=", f"\t{dash}w AAAAAAA=\n",
              f"{dash}w AAAAAAA=\r\n", f"{dash}w\x1fx AAAAAAA=\n", f"{dash}w  AAAAAAA=\n", f"{dash} w AAAAAAA=\n"]:
        for before in False, True:
            raw = t.encode()
            yield one(None, None, f"line {t[:20]!r} of {len(t)} before {before}", tail=(raw, b"") if before else raw)
    for n in 98, 99, 100:
        yield one(None, None, f"{n} more lines", tail=f"{dash}w AAAAAAA=\n".encode() * n)
    yield one(None, None, "a line that is no UTF-8", tail=b"\xe2\x80\x94 w\xff AAAAAAA=\n")
    a = start(city)
    bad = f"{dash}jinhua/gaj/1 ".encode()
    import base64
    hash4 = city.suite.hash(a.origin.encode() + b"\n" + city.suite.log_type + a.seal.value)[:4]
    line = bad + base64.b64encode(hash4 + bytes(64)) + b"\n"
    yield one(None, "B17", "a bad seal before the good one", tail=(line, b""))
    yield one(None, None, "a bad seal behind the good one", tail=line)
    yield one(None, None, "a short seal behind the good one", tail=bad + base64.b64encode(hash4 + b"\1") + b"\n")
    for lines in 0, 1, 2, 4:
        text = "\n".join(["jinhua/gaj/1", "7", base64.b64encode(b"r" * 32).decode(), "ext"][:lines]) + "\n"
        yield note("B14", f"{lines} lines", text=text.encode())
    for n in 0, 4096, 4097:
        a = start(city)
        leaf = a.entry(a.body("HEARTBEAT"), a.recorder())
        if city.s == 1 or n == 0:
            yield f"{n} entries", a.block(*[leaf] * n).end().bytes(), None
    a = Author(city)
    yield "a lone header first", a.block().end().bytes(), "B03"
    a = start(city)
    leaf = a.entry(a.body("HEARTBEAT"), a.recorder())
    head = bytes.fromhex("12") + b"\x02\x0a\x00"
    for what, leaves in [("garbage", [leaf, head]), ("two good", [leaf, leaf]), ("empty leaf", [leaf, b""]),
                         ("long leaf", [leaf, b"\x0a" * 4609])]:
        a = start(city)
        yield f"block with {what}", a.block(*leaves).end().bytes(), None
    a = start(city)
    forged = a.entry(a.body("HEARTBEAT"), a.recorder(), sigs=lambda s: s[0].update(value=bytes(64)))
    for n in 11765, 11766, 11767, 20000, 131072:
        a = start(city)
        yield f"a leaf of {n} bytes", a.block(leaf, b"\x12" * n).end().bytes(), "B01"
        a = start(city)
        yield f"a forged entry and a leaf of {n} bytes", a.block(forged, b"\x0a" * n, leaf).end().bytes(), "E03"
        yield f"a first leaf of {n} bytes", Author(city).block(b"\x0a" * n, leaf).end().bytes(), "B01"
    if city.s == 1:
        for what, more in ("forged", [forged]), ("odd", [b"odd"]), ("header", [head]):
            a = start(city)
            yield f"4097 entries, one {what}", a.block(*more, *[leaf] * 4096).end().bytes(), "B03"
        yield "4098 leaves first", Author(city).block(*[leaf] * 4097).end().bytes(), "B03"
        yield "4098 leaves and no checkpoint", archive(start(city).block(*[leaf] * 4097).frames[:-1])[:-13], None


def leaves(rng, city):
    def one(what, rule=None, **more):
        a = start(city)
        signers = more.pop("signers", None) or a.recorder()
        a.block(a.entry(more.pop("body", None) or a.body("HEARTBEAT"), signers, **more))
        return what, a.end().bytes(), rule
    yield one("plain")
    for n in 1, 2, 3, 4, 7, 8, (1 << 32) - 1:
        yield one(f"intake flags {n}", intake={"flags": n})
    for n in TIMES:
        yield one(f"recorded {n}", intake={"recorded_at_ms": n})
    yield one("no intake", "B01", plain=lambda e: e.update(intake=None))
    yield one("index digest alone", "E01", intake={"index_digest": b"i" * 32})
    yield one("index digest zero", "B01", intake={"index_digest": bytes(32)})
    yield one("no signature", "B01", sigs=lambda s: s.clear())
    yield one("one signature twice", "B01", sigs=lambda s: s * 2)
    yield one("no body", "B01", plain=lambda e: e.update(body=b""))
    yield one("a body of 4096", None, plain=lambda e: e.update(body=b"x" * 4096))
    yield one("a body of 4097", None, plain=lambda e: e.update(body=b"x" * 4097))
    yield one("a newer body of 4096", None, plain=lambda e: e.update(body=b"\x08\x02" + b"x" * 4094))
    yield one("signature of zeros", "E03", sigs=lambda s: s[0].update(value=bytes(64)))
    yield one("key id of zeros", "E02", sigs=lambda s: s[0].update(key_id=bytes(16)))
    for n in 2, 3, 4, 5:
        def more(s, n=n):
            return sorted(s + [{"key_id": bytes([i]) * 16, "value": bytes(64)} for i in range(n - 1)], key=lambda x: x["key_id"])
        yield one(f"{n} signatures, strangers", None, sigs=more)
        a = start(city)
        yield one(f"{n} signatures out of order", None, sigs=lambda s: more(s)[::-1])
    # bodies that are no bodies, and newer ones
    for raw in [b"\x08", b"\x08\x00", b"\x08\x01", b"\x08\x02", b"\x08\x02\xff\xff", b"\x08\x82\x00", b"\x08\xff\xff\xff\xff\x0f",
                b"\x08\x80\x80\x80\x80\x10", b"\x08\x81\x01", b"\x08\x80", b"\x10\x01", b"\0", b"\x08\x7f\x08\x01",
                b"\x08\x82\x80\x80\x80\x00", b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"]:
        yield one(f"body {raw.hex()}", None, body=raw)
        a = Author(city)
        a.block(a.entry(raw, a.officers()))
        yield f"first body {raw.hex()}", a.end().bytes(), None
    for n, body in enumerate([b"\x08\x02", b"\x08\x02more"]):
        for stranger in False, True:
            a = start(city)
            x = city.key("newcomer", 1)
            sig = (lambda s: s[0].update(value=bytes(64))) if n else None
            a.block(a.entry(body, [x] if stranger else a.recorder(), sigs=sig))
            a.block(a.entry(a.body("HEARTBEAT"), [x]))
            a.block(a.entry(a.body("HEARTBEAT"), a.recorder(), sigs=lambda s: s[0].update(value=bytes(64))))
            a.block(a.entry(a.body("ROLE", detail={"pseudonym": b"nobody.."}), a.officers()))
            a.block(a.entry(a.body("STAFF", detail={"pseudonym": b"somebody", "key": a.who("staff").public}), a.officers()))
            a.block(a.entry(a.body("STAFF"), a.officers()[:1]))
            a.block(a.entry(a.body("STAFF"), [x, a.officers()[0]]))
            yield f"newer body {body} stranger {stranger}", a.end().bytes(), None
            b = Author(city, "mzj").found()
            b.block(b.entry(b.body("HEARTBEAT"), [x]))
            yield f"newer body {body} in another ledger", a.bytes(b.end()), None
    # canonical bytes of a leaf
    a = start(city)
    leaf = a.entry(a.body("HEARTBEAT"), a.recorder())
    for what, raw in [("unknown field", leaf + b"\x18\x01"), ("a second member", leaf + b"\x12\x00"), ("a byte more", leaf + b"\0"),
                      ("header too", leaf + b"\x12\x02\x0a\x00"), ("long tag", b"\x8a\x00" + leaf[1:]), ("twice", leaf * 2)]:
        a = start(city)
        yield f"leaf with {what}", a.block(raw).end().bytes(), "B01"
    yield from private_parts(city)
    a = start(city)
    a.block(a.entry(a.body("HEARTBEAT"), a.recorder()), private=[b"\1" * 7])
    yield "private part of 7 bytes", a.end().bytes(), None


def kept(city):
    """A good archive that keeps private parts: of three entries two have theirs, and one was erased."""
    a, h = start(city), city.suite.hash
    leaves, private, bodies = [], [], []
    for i in range(3):
        client = v.encode("ClientPart", {"subjects": [{"role": 1, "id_type": 1, "commitment": b"%d" % i * 32}], "padding": bytes(86)})
        node = v.encode("NodePart", {"month": 202611, "tags": [{"nonce": b"n" * 16, "tag": b"t" * 16}], "box": b"b" * 64})
        part = {"salt": b"s" * 32, "client": client, "node_salt": b"t" * 32, "node": node}
        b = suited(city, golden()["DEMAND", "least"])
        b.update(subject_digest=h(b"\x10" + part["salt"] + client), id=f"kept-{i}")
        bodies.append(v.encode("Body", b))
        leaves.append(a.entry(bodies[-1], a.recorder(), intake={"index_digest": h(b"\x11" + part["node_salt"] + node)}))
        if i != 1:
            private.append((a.tree.size + i).to_bytes(8, "big") + v.encode("PrivatePart", part))
    a.block(*leaves, private=private)
    a.block(a.entry(a.body("ERASE", detail={"targets": [h(bodies[1])], "ground": "law:1"}), a.officers()))
    return a.keep().end().bytes()


def cosignature(city, name, text, time=1700000000):
    """A line over the text of a head, under that name and the key of that name."""
    key = city.key(name)
    title = f"jinhua/{name}"
    key_hash = city.suite.hash(title.encode() + b"\n" + city.suite.cosignature_type + key.value)[:4]
    sig = time.to_bytes(8, "big") + key.sign(b"cosignature/v1\ntime %d\n" % time + text)
    return "\u2014 ".encode() + title.encode() + b" " + base64.b64encode(key_hash + sig) + b"\n"


def a_city_of(rng, suite, count):
    """So many departments, some of them of one group."""
    names = sorted(rng.sample(["gaj", "mzj", "rsj", "ybj", "zrj", "jyj", "wjw", "sjj", "gsj", "czj", "fgw"], count))
    groups = {d: rng.choice(["", "", "east", "west"]) for d in names}
    return City(suite, departments=names, groups=groups), names


def cosigned(rng, city, names):
    """A ledger whose heads bear lines: of any members, true, and at times one that is not."""
    author = names[0]
    a = Author(city, author).found()
    for _ in range(3):
        def tail_of(note):
            text = f"{note['origin']}\n{note['size']}\n{base64.b64encode(note['root']).decode()}\n".encode()
            lines = []
            for d in names:
                if rng.random() < 0.85:
                    lines.append(cosignature(city, f"{d}/witness", text))
                if rng.random() < 0.5:
                    lines.append(cosignature(city, f"{d}/mirror", text))
            if lines and rng.random() < 0.1:
                at = rng.randrange(len(lines))
                blob = bytearray(base64.b64decode(lines[at].split(b" ")[2]))
                blob[rng.choice([3, 7, 20, len(blob) - 1])] ^= 1
                if rng.random() < 0.2:
                    blob[4:12] = bytes(8)
                lines[at] = b" ".join(lines[at].split(b" ")[:2]) + b" " + base64.b64encode(bytes(blob)) + b"\n"
            rng.shuffle(lines)
            at = rng.randrange(len(lines) + 1)
            holder.extend([b"".join(lines[:at]), b"".join(lines[at:])])
        holder = []
        a.block(a.entry(a.body("HEARTBEAT"), a.recorder()), note=tail_of, tail=Late(holder))
    return a.bytes()


class Late(tuple):
    """The lines before and behind the seal's, which are known once the head is."""

    def __new__(cls, holder):
        made = super().__new__(cls)
        made.holder = holder
        return made

    def __iter__(self):
        return iter(self.holder)


def private_parts(city):
    """One entry with a private part; what is wrong with the part, and whether the archive says that it keeps all."""
    h = city.suite.hash
    good = {"subjects": [{"role": 1, "id_type": 1, "commitment": b"c" * 32}], "padding": bytes(86)}
    tag = {"nonce": b"n" * 16, "tag": b"t" * 16}
    for what in ("good", "salt", "node", "beyond", "header", "twice", "short", "empty", "before", "long", "plain", "newer", "newer salt",
                 "odd", "odd padding", "short padding", "no subject", "two tags", "no tag", "bad body", "none", "two bytes",
                 *(f"at {n}" for n in ((1 << 53) - 1, 1 << 56, (1 << 62) - 1, 1 << 62, (1 << 64) - 1))):
        for kept in False, True:
            a = start(city)
            client, node = dict(good), {"month": 202611, "tags": [tag], "box": b"b" * 64}
            client.update({"odd padding": {"padding": bytes(85) + b"\1"}, "short padding": {"padding": bytes(85)},
                           "no subject": {"subjects": [], "padding": bytes(126)}}.get(what, {}))
            node.update({"no subject": {"tags": []}, "two tags": {"tags": [tag, tag]}, "no tag": {"tags": []}}.get(what, {}))
            client, node = v.encode("ClientPart", client), v.encode("NodePart", node)
            if what == "odd":
                client, node = b"client", b"node"
            part = {"salt": b"s" * 32, "client": client, "node_salt": b"t" * 32, "node": node}
            b = suited(city, golden()["DEMAND", "least"])
            b["subject_digest"] = h(b"\x10" + part["salt"] + client)
            extra = {"intake": {"index_digest": h(b"\x11" + part["node_salt"] + node)}}
            if what in ("salt", "newer salt"):
                part["salt"], part["node_salt"] = b"S" * 32, b"S" * 32
            if what == "node":
                part["node_salt"] = b"S" * 32
            raw, at = v.encode("PrivatePart", part), a.tree.size
            if what == "plain":
                b, extra = a.body("HEARTBEAT"), {}
            if what.startswith("newer"):
                b = b"\x08\x02new"
            if what == "bad body":
                b = b"no body"
            at += {"beyond": 9, "header": 1, "before": -2}.get(what, 0)
            raw = {"short": raw[:-1], "empty": b"", "long": raw + bytes(2048)}.get(what, raw)
            private = [at.to_bytes(8, "big") + raw] * {"twice": 2, "none": 0}.get(what, 1)
            if what.startswith("at "):
                private = [int(what[3:]).to_bytes(8, "big") + raw]
            if what == "two bytes":
                private = [b"\0\0"]
            a.block(a.entry(b, a.recorder(), **extra), private=private)
            if kept:
                a.keep()
            rule = {"good": "", "twice": "", "plain": "P01", "bad body": "E01", "newer": "P01", "newer salt": "P01",
                    "none": "P02" if kept else ""}.get(what, "P01")
            if kept and (what in ("beyond", "header", "two bytes") or what.startswith("at ")):
                rule = "P02"  # of a lower leaf than what P01 is about
            yield f"private part: {what} kept {kept}", a.end().bytes(), rule
    yield from absent_parts(city)


def absent_parts(city):
    """An entry without its private part, and an ERASE of it that is good, spoiled, elsewhere or of another."""
    for kept in False, True:
        for what in ("nothing", "erase", "erase of another", "erase of two", "erase before", "erase by one", "erase flipped", "newer behind",
                     "newer before", "erase in another ledger", "stopped", "cut", "word in the other ledger"):
            a, other = start(city), Author(city, "mzj").found()
            b = suited(city, golden()["DEMAND", "least"])
            b["subject_digest"] = b"d" * 32
            body = v.encode("Body", b)
            target = city.suite.hash(body)

            def erase(author, *targets, **more):
                return author.entry(author.body("ERASE", detail={"targets": sorted(targets), "ground": "law:1"}),
                                    more.pop("signers", None) or author.officers(), **more)
            if what == "erase before":
                a.block(erase(a, target))
            if what == "newer before":
                a.block(a.entry(b"\x08\x02new", a.recorder()))
            a.block(a.entry(body, a.recorder(), intake={"index_digest": b"i" * 32}))
            if what == "erase":
                a.block(erase(a, target))
            if what == "erase of another":
                a.block(erase(a, b"o" * 32))
            if what == "erase of two":
                a.block(erase(a, b"\xff" * 32, target))
            if what == "erase by one":
                a.block(erase(a, target, signers=a.officers()[:1]))
            if what == "erase flipped":
                a.block(erase(a, target, sigs=lambda s: s[0].update(value=bytes(64))))
            if what == "newer behind":
                a.block(a.entry(b"\x08\x02new", a.recorder()))
            if what == "erase in another ledger":
                other.block(erase(other, target))
            if what == "stopped":
                a.block(a.entry(a.body("HEARTBEAT"), a.recorder()), header=lambda x: x.update(height=99))
            if kept:
                (other if what == "word in the other ledger" else a).keep()
            data = a.end().bytes()[:-1] if what == "cut" else a.end().bytes(other.end())
            named = {"erase": "", "erase of two": "", "erase before": "", "stopped": "B09", "cut": "A02",
                     "word in the other ledger": "", "newer before": "X01"}.get(what, "P02")
            if not kept:
                named = {"erase by one": "E04", "erase flipped": "E03", "stopped": "B09", "cut": "A02",
                         "newer before": "X01", "newer behind": "X01"}.get(what, "")
            yield f"absent part: {what} kept {kept}", data, named
    for content in b"\0", b"all":
        a = start(city)
        a.frames.insert(1, frame(v.KEPT, content))
        yield f"a word of {len(content)} bytes", a.end().bytes(), "A01"
    for at in 0, 2, 3:
        a = start(city)
        a.frames.insert(at, frame(v.KEPT, b""))
        yield f"a word before frame {at}", a.end().bytes(), "A01"
    a = start(city).keep().keep()
    yield "two words", a.end().bytes(), "A01"


def authority(rng, city):
    """Every type under every kind of signers."""
    for (name, variant), g in golden().items():
        if name == "GENERATION":
            continue
        sets = {
            "o": lambda a: a.officers()[:1], "oo": lambda a: a.officers(), "ooo": lambda a: a.officers(0, 1, 2),
            "oooo": lambda a: a.officers(0, 1, 2, 3), "s": lambda a: [a.who("staff")], "x": lambda a: [a.who("session")],
            "r": lambda a: a.recorder(), "t": lambda a: [a.who("staffx")], "or": lambda a: a.officers()[:1] + a.recorder(),
            "oor": lambda a: a.officers() + a.recorder(), "sr": lambda a: [a.who("staff")] + a.recorder(),
            "st": lambda a: [a.who("staff"), a.who("staffx")], "sx": lambda a: [a.who("staff"), a.who("session")],
            "xt": lambda a: [a.who("session"), a.who("staffx")], "oos": lambda a: a.officers() + [a.who("staff")],
            "seal": lambda a: [a.seal], "witness": lambda a: [city.keys["gaj/witness"]],
            "other officers": lambda a: [city.keys["mzj/officer0"], city.keys["mzj/officer1"]]}
        for who, pick in sets.items():
            for named in ("", "staff", "session") if who in ("s", "x", "t", "r", "st", "xt", "sx") else ("",):
                b = suited(city, g)
                _, detail, _, _, allowed = v.TYPES[b["type"]]
                if named and "staff" in allowed:
                    b["staff"] = PEOPLE[0]
                if named == "session" and "session" in allowed:
                    b["session"] = SESSION_ID
                if name == "VRSP" and who in ("st", "xt", "sx"):
                    b[detail]["approver"] = PEOPLE[1]
                yield f"{name} {variant} by {who} naming {named}", with_body(city, b, pick(start_of(city))), None


STARTS = {}


def start_of(city):
    if city.s not in STARTS:
        STARTS[city.s] = start(city)
    return STARTS[city.s]


def roster(rng, city):
    other = city.key("gaj/another", 1)
    third = city.key("gaj/third", 0)

    def staff(a, p, key, **d):
        return a.entry(a.body("STAFF", detail={"pseudonym": p, "key": key if isinstance(key, dict) else key.public, **d}),
                       a.officers())

    def beat(a, keys):
        return a.entry(a.body("HEARTBEAT"), keys)

    def demand(a, keys, staff=None, session=None, **f):
        b = suited(city, golden()["DEMAND", "least"])
        a.count += 1
        b.update(staff=staff, session=session, id=f"demand-{a.count}", **f)
        return a.entry(b, keys)

    def session(a, sid, key, signer, person=None):
        return a.entry(a.open(sid, key, person), [signer])

    def end(a, sid=SESSION_ID, person=None, keys=None, **f):
        return a.entry(a.body("SESSION_END", staff=person or PEOPLE[0], detail={"session_id": sid}, **f), keys or a.recorder())

    def epoch(a, purpose, key, **d):
        return a.entry(a.body("KEYEPOCH", detail={"purpose": purpose, "key": key.public if key else None,
                                                  "kcv": None if key else b"k" * 32, **d}), a.officers())
    def newer(a):
        return a.entry(b"\x08\x02new", a.recorder())

    def vrsp(a, keys):
        b = suited(city, golden()["VRSP", "least"])
        a.count += 1
        b.update(staff=PEOPLE[0], session=None, id=f"vrsp-{a.count}")
        b["vrsp"]["approver"] = PEOPLE[1]
        return a.entry(b, keys)
    p, q = PEOPLE
    new = b"person-3"
    w = a0 = start_of(city)
    s1, s2, x1 = w.who("staff"), w.who("staffx"), w.who("session")
    steps = {
        "key of a staff member twice": lambda a: [staff(a, new, s1)],
        "key of an officer as staff": lambda a: [staff(a, new, a.officers()[0])],
        "key of the recorder as staff": lambda a: [staff(a, new, a.recorder()[0])],
        "seal key as staff": lambda a: [staff(a, new, a.seal)],
        "witness key as staff": lambda a: [staff(a, new, city.keys["gaj/witness"])],
        "mirror key as staff": lambda a: [staff(a, new, city.keys["gaj/mirror"])],
        "governance key as staff": lambda a: [staff(a, new, city.keys["gaj/governance"])],
        "an officer of another department as staff": lambda a: [staff(a, new, city.keys["mzj/officer0"])],
        "rotation": lambda a: [staff(a, p, other), demand(a, [other], p), demand(a, [s1], p)],
        "rotation to the same key": lambda a: [staff(a, p, s1)],
        "rotation then session of the old": lambda a: [staff(a, p, other), demand(a, [x1], p, SESSION_ID)],
        "rotation then naming session": lambda a: [staff(a, p, other), demand(a, [other], p, SESSION_ID)],
        "old key opens a session": lambda a: [staff(a, p, other), session(a, b"2" * 16, third, s1)],
        "within one block": lambda a: [staff(a, new, other), demand(a, [other], new)],
        "session id twice": lambda a: [session(a, SESSION_ID, other, s1)],
        "session id twice by another": lambda a: [session(a, SESSION_ID, other, s2, q)],
        "session id after its end": lambda a: [end(a), session(a, SESSION_ID, other, s1)],
        "session key twice": lambda a: [session(a, b"2" * 16, x1, s1)],
        "session key of staff": lambda a: [session(a, b"2" * 16, s2, s1)],
        "session for another": lambda a: [session(a, b"2" * 16, other, s2, p)],
        "second session": lambda a: [session(a, b"2" * 16, other, s1), demand(a, [other], p, b"2" * 16),
                                     demand(a, [other], p, SESSION_ID), demand(a, [s1], p, b"2" * 16),
                                     demand(a, [s2], q, b"2" * 16), demand(a, [x1], p), demand(a, [x1], q, SESSION_ID)],
        "session end": lambda a: [end(a)], "session end twice": lambda a: [end(a), end(a)],
        "session end by another": lambda a: [end(a, person=q)],
        "session end of no session": lambda a: [end(a, b"3" * 16)],
        "session end by its own key": lambda a: [end(a, keys=[x1], session=SESSION_ID)],
        "session end by staff": lambda a: [end(a, keys=[s1])],
        "ended session signs": lambda a: [end(a), demand(a, [x1], p, SESSION_ID), demand(a, [s1], p, SESSION_ID)],
        "ended session signs later": lambda a: [end(a), demand(a, [x1], p, SESSION_ID, event_time_ms=T0 + 3600000),
                                                demand(a, [s1], p, SESSION_ID, event_time_ms=T0 + 3600000)],
        "expired session signs": lambda a: [demand(a, [x1], p, SESSION_ID, event_time_ms=T0 + 9 * 3600000),
                                            demand(a, [s1], p, SESSION_ID, event_time_ms=T0 + 9 * 3600000)],
        "before the session": lambda a: [demand(a, [x1], p, SESSION_ID, event_time_ms=T0 - 3600000)],
        "unknown session named": lambda a: [demand(a, [s1], p, b"9" * 16)],
        "role of nobody": lambda a: [a.entry(a.body("ROLE", detail={"pseudonym": new}), a.officers())],
        "role": lambda a: [a.entry(a.body("ROLE", detail={"pseudonym": p}), a.officers())],
        "leave of nobody": lambda a: [a.entry(a.body("LEAVE", detail={"pseudonym": new}), a.officers())],
        "leave": lambda a: [a.entry(a.body("LEAVE", detail={"pseudonym": p}), a.officers()), demand(a, [s1], p),
                            demand(a, [x1], p, SESSION_ID), session(a, b"2" * 16, other, s1)],
        "leave twice": lambda a: [a.entry(a.body("LEAVE", detail={"pseudonym": p}), a.officers())] * 2,
        "leave then role": lambda a: [a.entry(a.body("LEAVE", detail={"pseudonym": p}), a.officers()),
                                      a.entry(a.body("ROLE", detail={"pseudonym": p}), a.officers())],
        "leave then session end": lambda a: [a.entry(a.body("LEAVE", detail={"pseudonym": p}), a.officers()), end(a)],
        "leave then return": lambda a: [a.entry(a.body("LEAVE", detail={"pseudonym": p}), a.officers()), staff(a, p, other),
                                        demand(a, [other], p)],
        "leave then return with the old key": lambda a: [
            a.entry(a.body("LEAVE", detail={"pseudonym": p}), a.officers()), staff(a, p, s1)],
        "more officers": lambda a: [epoch(a, 5, other), a.entry(a.body("ROLE", detail={"pseudonym": p}), [other, a.officers()[0]])],
        "more recorders": lambda a: [epoch(a, 6, other), beat(a, [other]), beat(a, a.recorder()), beat(a, a.recorder() + [other])],
        "officer key twice": lambda a: [epoch(a, 5, a.officers()[0])],
        "officer key of staff": lambda a: [epoch(a, 5, s1)],
        "recorder key of staff": lambda a: [epoch(a, 6, s1)],
        "recorder key is governance": lambda a: [epoch(a, 6, city.keys["gaj/governance"])],
        "recorder key is seal": lambda a: [epoch(a, 6, a.seal)],
        "comp of nobody": lambda a: [a.entry(a.body("KEYCOMP", detail={"key_id": b"k" * 16}), a.officers())],
        "comp": lambda a: [a.entry(a.body("KEYCOMP", detail={"key_id": city.suite.key_id(s1.public)}), a.officers()),
                           demand(a, [s1], p)],
        "comp twice": lambda a: [a.entry(a.body("KEYCOMP", detail={"key_id": city.suite.key_id(s1.public)}), a.officers())] * 2,
        "comp of an officer": lambda a: [a.entry(a.body("KEYCOMP", detail={"key_id": city.suite.key_id(
            a.officers()[0].public)}), a.officers()), a.entry(a.body("ROLE", detail={"pseudonym": p}), a.officers())],
        "comp of the seal": lambda a: [a.entry(a.body("KEYCOMP", detail={"key_id": city.suite.key_id(a.seal.public)}), a.officers())],
        "comp of the witness": lambda a: [a.entry(a.body("KEYCOMP", detail={"key_id": city.suite.key_id(
            city.keys["gaj/witness"].public)}), a.officers())],
        "destroy of nobody": lambda a: [a.entry(a.body("KEYDESTROY", detail={"key_id": b"k" * 16}), a.officers())],
        "a bad staff enrolment enrols nobody": lambda a: [a.entry(a.body("STAFF", detail={"pseudonym": new, "key": other.public}),
                                                                  a.officers()[:1]), demand(a, [other], new)],
        "an ill-signed staff enrolment enrols nobody": lambda a: [a.entry(
            a.body("STAFF", detail={"pseudonym": new, "key": other.public}), a.officers(), sigs=lambda s: s[0].update(
                value=bytes(64))), demand(a, [other], new)],
        "staff of another department": lambda a: [a.entry(a.body("STAFF", department="mzj", detail={
            "pseudonym": new, "key": other.public}), a.officers()), demand(a, [other], new)],
        "imported by staff": lambda a: [demand(a, [s1], p, flags=4)],
        "imported by session": lambda a: [demand(a, [x1], p, SESSION_ID, flags=4)],
        "imported by recorder": lambda a: [demand(a, a.recorder(), p, flags=4)],
        "staff of no enrolled person, recorder": lambda a: [demand(a, a.recorder(), new, b"9" * 16)],
        "another's body": lambda a: [demand(a, [s1], q)], "nobody's body": lambda a: [demand(a, [s1])],
        "two things wrong": lambda a: [demand(a, [s1, other], q)],
        "wrong department, wrong kind": lambda a: [a.entry(a.body("HEARTBEAT", department="mzj"), a.officers())],
        "wrong department, stranger": lambda a: [a.entry(a.body("HEARTBEAT", department="mzj"), [other])],
        "wrong department, key twice": lambda a: [a.entry(a.body("STAFF", department="mzj", detail={
            "pseudonym": new, "key": s1.public}), a.officers())],
        "a second generation": lambda a: [a.entry(a.body("GENERATION", detail={"seal_key": a.seal.public}), a.officers())],
        "a second generation of another department": lambda a: [a.entry(a.body("GENERATION", department="mzj", detail={
            "seal_key": a.seal.public}), a.officers())],
        "wrong kind and a stranger": lambda a: [a.entry(a.body("ROLE", detail={"pseudonym": p}), [x, y]) for x in a.recorder() + [s1]
                                                for y in (other, third, city.key("gaj/fourth"))],
        "officer and a stranger": lambda a: [a.entry(a.body("ROLE", detail={"pseudonym": p}), [a.officers()[0], other])],
        "another's body and a stranger": lambda a: [demand(a, [s1, x], q) for x in (other, third, city.key("gaj/fourth"))],
        "imported by staff and a stranger": lambda a: [demand(a, [s1, x], p, flags=4) for x in (other, third)],
        "stranger, unknown session": lambda a: [demand(a, [s1, other], p, b"9" * 16)],
        "two keys of one person": lambda a: [staff(a, p, other), demand(a, [s1, other], p)],
        "unknown session, two keys": lambda a: [staff(a, p, other), demand(a, [s1, other], p, b"9" * 16)],
        "after newer: unknown session": lambda a: [newer(a), demand(a, [s1], p, b"9" * 16)],
        "after newer: unknown session, stranger": lambda a: [newer(a), demand(a, [s1, other], p, b"9" * 16)],
        "after newer: another's session": lambda a: [newer(a), demand(a, [s2], q, SESSION_ID)],
        "after newer: wrong kind and a stranger": lambda a: [newer(a), a.entry(a.body("ROLE", detail={"pseudonym": p}),
                                                                               a.recorder() + [other])],
        "after newer: end of an unknown session": lambda a: [newer(a), end(a, b"3" * 16)],
        "approver": lambda a: [vrsp(a, [s1, s2])], "approver alone": lambda a: [vrsp(a, [s2])],
        "approver by two keys": lambda a: [staff(a, q, other), vrsp(a, [s1, s2, other])],
        "approver by a new key": lambda a: [staff(a, q, other), vrsp(a, [s1, other])],
        "approver and a stranger": lambda a: [vrsp(a, [s1, s2, other])],
        "approver with two of the author": lambda a: [staff(a, p, other), vrsp(a, [s1, s2, other])],
        "generation by recorder": lambda a: [a.entry(a.body("GENERATION", detail={"seal_key": a.seal.public}), a.recorder())],
    }
    for alg in 1, 2, 3:
        steps[f"staff key of alg {alg}"] = lambda a, alg=alg: [staff(a, new, Key(alg, "n")), demand(a, [Key(alg, "n")], new)]
        steps[f"session key of alg {alg}"] = lambda a, alg=alg: [
            session(a, b"2" * 16, Key(alg, "n"), s1), demand(a, [Key(alg, "n")], p, b"2" * 16)]
        for purpose in range(1, 8):
            steps[f"epoch {purpose} alg {alg}"] = lambda a, alg=alg, purpose=purpose: [
                epoch(a, purpose, Key(alg, "n")), beat(a, [Key(alg, "n")])]
        for purpose in 10, 11:
            steps[f"box epoch {purpose} alg {alg + 1}"] = lambda a, alg=alg, purpose=purpose: [epoch(a, purpose, Key(alg + 1, "n"))]
    named = {"session end": "", "session end twice": "E05", "approver": "", "approver by a new key": "", "approver alone": "E04",
             "approver by two keys": "E04", "two keys of one person": "E04", "officer and a stranger": "E02",
             "wrong kind and a stranger": "E04", "imported by staff and a stranger": "E04", "imported by recorder": "", "rotation": "",
             "leave": "", "unknown session named": "E04", "after newer: unknown session": "X01",
             "after newer: wrong kind and a stranger": "E04", "after newer: another's session": "E04", "leave twice": "",
             "key of a staff member twice": "E05", "comp of nobody": ""}
    for what, make in steps.items():
        a = start(city)
        a.block(*make(a))
        yield f"roster: {what}", a.end().bytes(), named.get(what)


def founders(rng, city):
    """Genesis files; the ledger in them is good."""
    s, suite = city.s, city.suite

    def one(what, change=None, member=None):
        c = City(s, change, member)
        return f"genesis: {what}", start(c).bytes(), None

    yield one("good")
    for n in 0, 1, 2, 3, 128, (1 << 32) - 1:
        yield one(f"schema {n}", lambda c, g, n=n: g.update(schema=n))
        yield one(f"suite {n}", lambda c, g, n=n: g.update(suite=n))
        yield one(f"enrolment schema {n}", None, lambda c, m, n=n: m.update(schema=n))
    yield one("schema 2 with a new field", lambda c, g: v.encode("Genesis", {**g, "schema": 2}) + b"\x32\x01x")
    yield one("enrolment schema 2 with a new field", None,
              lambda c, m: v.encode("Enrolment", {**m, "schema": 2}) + b"\x52\x01x")
    for t in TEXTS:
        yield one(f"network {t!r}", lambda c, g, t=t: g.update(network=t))
        yield one(f"department {t!r}", None, lambda c, m, t=t: m.update(department=t))
        yield one(f"name {t!r}", None, lambda c, m, t=t: m.update(name=t))
        yield one(f"group {t!r}", None, lambda c, m, t=t: m.update(group=t))
        yield one(f"label {t!r}", None, lambda c, m, t=t: m["officers"][0].update(label=t))
    for t in TIMES:
        yield one(f"created {t}", lambda c, g, t=t: g.update(created_ms=t))
    yield one("no members", lambda c, g: g.update(members=[]))
    yield one("members in reverse", lambda c, g: g.update(members=g["members"][::-1]))
    yield one("a member twice", lambda c, g: g.update(members=g["members"] + g["members"][-1:]))
    yield one("an empty member", lambda c, g: g.update(members=[b""] + g["members"]))
    yield one("a member that is none", lambda c, g: g.update(members=g["members"] + [b"x"]))
    yield one("a byte more", lambda c, g: v.encode("Genesis", g) + b"\0")
    yield one("a key of another", None, lambda c, m: m.update(recorder=c.keys["gaj/recorder"].public))
    yield one("the witness of another", None, lambda c, m: m.update(witness=c.keys["gaj/mirror"].public))
    yield one("one officer", None, lambda c, m: m.update(officers=m["officers"][:1]))
    yield one("an officer twice", None, lambda c, m: m.update(officers=m["officers"] + m["officers"][:1]))
    yield one("a label twice", None, lambda c, m: m["officers"][1].update(label="officer 0"))
    for n in 2, 3, 8, 9:
        def crowd(c, m, n=n):
            m.update(officers=[{"label": f"o{i}", "key": c.key(f"crowd{i}").public} for i in range(n)])
        yield one(f"{n} officers", None, crowd)
    for role in "recorder", "witness", "mirror", "governance":
        for value in values(rng, city, v.MESSAGES["Staff"][2], None):
            yield one(f"{role} {str(value)[:50]}", None, lambda c, m, role=role, value=value: m.update({role: value}))
    for value in values(rng, city, v.MESSAGES["Staff"][2], None):
        yield one(f"officer {str(value)[:50]}", None, lambda c, m, value=value: m["officers"][0].update(key=value))

    def crowd_of(n):
        def change(c, g):
            ms = []
            for i in range(n):
                k = [Key(suite.seal_alg, f"crowd/{n}/{i}/{j}").public for j in range(6)]
                ms.append(v.encode("Enrolment", {
                    "schema": 1, "department": f"z{i:02d}", "name": "z", "recorder": k[0], "witness": k[1], "mirror": k[2],
                    "governance": k[3], "officers": [{"label": "a", "key": k[4]}, {"label": "b", "key": k[5]}]}))
            g["members"] += ms
        return change
    for n in 46, 47:
        yield one(f"{n + 2} members", crowd_of(n))
    spoilt = City(s, lambda c, g: g.update(network=""))
    for what, frames in ("behind a ledger", start(spoilt).frames), ("before one", []):
        data = archive([frame(v.GENESIS, spoilt.genesis)] + frames)
        yield f"genesis: bad, and bytes behind the end {what}", data + b"x", "A03" if frames else "A01"


class Lineage:
    """Proposals behind a genesis file, each made of the epoch before it."""

    def __init__(self, city):
        self.city, self.raw = city, []
        self.hashes = [city.network_id]

    def draft(self, *changes, spoil=None):
        """A proposal that follows the last; spoil(message) may change it. Rotations are proven by their own key."""
        p = {"schema": 1, "network_id": self.city.network_id, "parent": self.hashes[-1], "number": len(self.hashes),
             "changes": [dict(c) for c in changes]}
        if spoil:
            p = spoil(p) or p
        return p if isinstance(p, bytes) else v.encode("Proposal", p)

    def add(self, raw):
        self.raw.append(raw)
        self.hashes.append(self.city.suite.hash(b"liuhen/epoch/v1\0" + raw))
        return self

    def rotation(self, dept, old, new, next_=None, kind="rotate", parent=None):
        city = self.city
        ends = city.suite.key_id(city.keys[f"{dept}/{old}"].public)
        key = city.key(f"{dept}/{new}")
        statement = b"liuhen/rotate/v1\0" + city.network_id + (parent or self.hashes[-1]) + dept.encode() + b"\0" + ends
        return {kind: {"department": dept, "ends": ends, "key": key.public, "proof": key.sign(statement),
                       "next": city.suite.key_id(city.key(f"{dept}/{next_}").public) if next_ else None}}


def newcomer(city, dept="rsj", change=None):
    m = {"schema": 1, "department": dept, "name": "人社局", "recorder": city.key(f"{dept}/recorder").public,
         "officers": [{"label": f"officer {i}", "key": city.key(f"{dept}/officer{i}").public} for i in range(2)]}
    for name in "witness", "mirror", "governance":
        m[name] = city.key(f"{dept}/{name}").public
    if change:
        change(m)
    return {"admit": {"enrolment": v.encode("Enrolment", m)}}


def in_epochs(city, spoil=None):
    """A good ledger that goes through three epochs, and the proposals; the second brings in an officer and a recorder."""
    line = Lineage(city).add(Lineage(city).draft({"regroup": {"department": "mzj", "group": "east"}}))
    line.add(line.draft(line.rotation("gaj", "officer0", "officer8"), line.rotation("gaj", "recorder", "recorder8")))
    line.add(line.draft(newcomer(city)))
    a = start(city)
    step = {"a": a, "city": city, "line": line}

    def beat(by, epoch):
        a.block(a.entry(a.body("HEARTBEAT"), [city.keys[f"gaj/{by}"]]), header=lambda h: h.update(epoch_hash=line.hashes[epoch]))
    beat("recorder", 0)
    beat("recorder", 1)
    beat("recorder", 2)
    beat("recorder8", 2)
    a.block(a.entry(a.body("STAFF", detail={"pseudonym": b"person-3", "key": a.who("staffxx").public}),
                    [city.keys["gaj/officer8"], city.keys["gaj/officer1"]]),
            header=lambda h: h.update(epoch_hash=line.hashes[3]))
    if spoil:
        spoil(beat=beat, **step)
    else:
        beat("recorder8", 3)
    return a, line


def ledgers_in_epochs(city):
    """Nothing is given, so a header that names an epoch is T04, cannot tell, at best."""
    def carried(a, line, n=3):
        return a.bytes(epochs=line.raw[:n])
    for n in range(4):
        yield f"{n} epochs carried", carried(*in_epochs(city), n), "B06" if n < 1 else None
    for what, by, epoch, rule in [("back", "recorder8", 2, "B06"), ("back to the first", "recorder8", 0, "B06"),
                                  ("a recorder that ended", "recorder", 3, "E04"),
                                  ("a recorder to come", "recorder9", 3, "E02"), ("good", "recorder8", 3, "T04")]:
        city.key("gaj/recorder9")
        for n in 0, 1, 3:
            a, line = in_epochs(city, lambda beat, by=by, epoch=epoch, **_: beat(by, epoch))
            yield f"{what} with {n} epochs", carried(a, line, n), rule if n == 3 else None
    for by in ("officer0", "officer1"), ("officer8", "officer1"), ("officer0", "officer8"), ("officer8", "recorder8"):
        a, line = in_epochs(city, lambda **_: None)
        a.block(a.entry(a.body("CALENDAR"), [city.keys[f"gaj/{x}"] for x in by]),
                header=lambda h, line=line: h.update(epoch_hash=line.hashes[3]))
        yield f"officers {by}", carried(a, line), "T04" if by == ("officer8", "officer1") else "E04"
    # what begins in an epoch
    for dept, epoch in [("rsj", 3), ("rsj", 2), ("rsj", 0), ("mzj", 3), ("mzj", 0), ("gaj", 3)]:
        _, line = in_epochs(city)
        b = Author(city, dept)
        officers = [city.keys[f"{dept}/officer{8 if dept == 'gaj' and i == 0 else i}"] for i in (0, 1)]
        b.found(signers=officers, header=lambda h, e=epoch: h.update(epoch_hash=line.hashes[e]))
        b.block(b.entry(b.body("HEARTBEAT"), [city.keys[f"{dept}/recorder{8 if dept == 'gaj' else ''}"]]),
                header=lambda h, e=epoch: h.update(epoch_hash=line.hashes[e]))
        for n in 0, 2, 3:
            yield f"{dept} begins in epoch {epoch} of {n}", carried(b, line, n), "B06" if (dept, n) == ("rsj", 3) and epoch < 3 else None
    # the next generation
    for epoch in 0, 2, 3:
        for officers in ("officer0", "officer1"), ("officer8", "officer1"):
            a, line = in_epochs(city)
            b = Author(city, number=2)
            b.found({"prev_origin": a.origin, "prev_size": a.tree.size, "prev_root": a.tree.root(), "prev_header": a.prev},
                    signers=[city.keys[f"gaj/{x}"] for x in officers], header=lambda h: h.update(epoch_hash=line.hashes[epoch]))
            for n in 0, 3:
                yield f"generation 2 in epoch {epoch} of {n} by {officers[0]}", a.bytes(b, epochs=line.raw[:n]), \
                    None if n == 0 else "B06" if epoch < 3 and officers[0] == "officer8" else None


def proposals(rng, city):
    """One epoch frame, of which the ledger behind it says nothing."""
    a = start(city)

    def one(what, raw, *more):
        return f"epoch: {what}", a.bytes(epochs=[raw, *more]), None

    line = Lineage(city)
    group = {"regroup": {"department": "mzj", "group": "east"}}
    good = line.draft(group)
    yield one("good", good)
    yield one("twice", good, good)
    yield one("empty", b"")
    yield one("a byte more", good + b"\0")
    yield one("newer", b"\x08\x02")
    yield one("newer behind a good one", good, b"\x08\x02")
    yield one("bad before a good one", b"x", good)
    yield one("no change", line.draft())
    yield one("16 changes", line.draft(*[{"limit": {"department": "mzj", "bytes_per_s": i + 1}} for i in range(16)]))
    yield one("an empty change", line.draft(group, {}))
    for field, others in [("schema", [0, 2, 3]), ("network_id", [bytes(32), b"n" * 32]), ("parent", [bytes(32), b"p" * 32]),
                          ("number", [0, 2, (1 << 32) - 1]), ("round", [1, (1 << 32) - 1])]:
        for value in others:
            yield one(f"{field} {value}", line.draft(group, spoil=lambda p, f=field, x=value: p.update({f: x})))
    for text in TEXTS:
        yield one(f"regroup to {text!r}", line.draft({"regroup": {"department": "mzj", "group": text}}))
        yield one(f"regroup of {text!r}", line.draft({"regroup": {"department": text, "group": "east"}}))
        yield one(f"branch {text!r}", line.draft({"branch": {"origin": text, "size": 3, "root": b"r" * 32}}))
        yield one(f"admit {text!r}", line.draft(newcomer(city, change=lambda m, t=text: m.update(department=t))))
    for n in WIDE:
        yield one(f"roles {n}", line.draft({"assign": {"department": "mzj", "roles": n}}))
        yield one(f"quota {n}", line.draft({"limit": {"department": "mzj", "bytes_per_s": n}}))
        yield one(f"branch at {n}", line.draft({"branch": {"origin": "jinhua/gaj/1", "size": n, "root": b"r" * 32}}))
    yield one("branch without root", line.draft({"branch": {"origin": "jinhua/gaj/1", "size": 1, "root": bytes(32)}}))
    yield one("branch twice", line.draft(*[{"branch": {"origin": "jinhua/gaj/1", "size": 1, "root": b"r" * 32}}] * 2))
    yield one("branch anew", line.draft(*[{"branch": {"origin": "jinhua/gaj/1", "size": n, "root": b"r" * 32}} for n in (1, 2)]))
    yield one("the last two", line.draft({"remove": {"department": "mzj"}}))
    yield one("one for another", line.draft(newcomer(city), {"remove": {"department": "mzj"}}))
    yield one("one for another, too early", line.draft({"remove": {"department": "mzj"}}, newcomer(city)))
    yield one("admitted twice", line.draft(newcomer(city), newcomer(city)))
    yield one("a member already", line.draft(newcomer(city, "mzj")))
    yield one("with a key of another", line.draft(newcomer(city, change=lambda m: m.update(witness=city.keys["mzj/mirror"].public))))
    yield one("with one officer", line.draft(newcomer(city, change=lambda m: m.update(officers=m["officers"][:1]))))
    yield one("of a newer schema", line.draft(newcomer(city, change=lambda m: m.update(schema=2))))
    yield one("an empty enrolment", line.draft({"admit": {"enrolment": b""}}))
    for role in "officer0", "officer1", "recorder", "witness", "mirror", "governance":
        for kind in "rotate", "replace":
            yield one(f"{kind} {role}", line.draft(line.rotation("gaj", role, role + "-new", kind=kind)))
        yield one(f"{role} of P-256 or so", line.draft(line.rotation("gaj", role, "staff")))
        yield one(f"{role} becomes what is there", line.draft(line.rotation("gaj", role, "witness")))
        yield one(f"{role} becomes an officer's", line.draft(line.rotation("gaj", role, "officer3")))
    turn = line.rotation("gaj", "recorder", "recorder-new", "recorder-next")
    after = line.rotation("gaj", "recorder-new", "recorder-next")
    other = line.rotation("gaj", "recorder-new", "recorder-other")
    free = line.rotation("gaj", "recorder-new", "recorder-other", kind="replace")
    for what, changes in [("committed", [turn, after]), ("another than committed", [turn, other]), ("emergency", [turn, free]),
                          ("ended", [turn, turn]), ("committed once", [turn, after, other])]:
        yield one(what, line.draft(*changes))
    key_id = city.suite.key_id
    commit = {"commit": {"department": "gaj", "key_id": key_id(city.keys["gaj/recorder"].public), "next": b"n" * 16}}
    yield one("commit", line.draft(commit))
    yield one("commit twice", line.draft(commit, commit))
    yield one("commit of nothing", line.draft({"commit": {**commit["commit"], "next": bytes(16)}}))
    yield one("commit of no key", line.draft({"commit": {**commit["commit"], "key_id": b"k" * 16}}))
    yield one("another than committed before", line.draft(commit, line.rotation("gaj", "recorder", "recorder-new")))
    for field, others in [("proof", [bytes(64), b"p" * 64]), ("ends", [bytes(16), b"e" * 16]), ("next", [bytes(16), b"x" * 16]),
                          ("key", values(rng, city, v.MESSAGES["Rotate"][3], None))]:
        for value in others:
            yield one(f"rotate {field} {str(value)[:50]}", line.draft({"rotate": {**turn["rotate"], field: value}}))
    yield one("proven for another epoch", line.draft(line.rotation("gaj", "recorder", "recorder-new", parent=b"p" * 32)))


def archives(rng, share=1.0):
    """All of them, or a random share of the many; the suites take turns."""
    turns = [of_suite(rng, suite, share) for suite in (1, 2)]
    while turns:
        for turn in list(turns):
            made = next(turn, None)
            if made is None:
                turns.remove(turn)
            else:
                yield made


def of_suite(rng, suite, share):
    city = City(suite)
    start(city)
    for made in (blocks(rng, city), leaves(rng, city), roster(rng, city), ledgers_in_epochs(city),
                 thin(rng, proposals(rng, city), max(share, 0.3)), thin(rng, generations(rng, city), share),
                 thin(rng, founders(rng, city), share), thin(rng, matrix(rng, city), share),
                 thin(rng, authority(rng, city), share), details(rng, city, share / 10)):
        for what, data, rule in made:
            yield f"{'.WG'[suite]} {what}", data, rule


def thin(rng, made, share):
    for x in made:
        if rng.random() < share:
            yield x
