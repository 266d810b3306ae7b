#!/usr/bin/env python3
"""A second verifier of archives, written from specs/ alone: no line of the project's C was read for it. (But for
the levels, ledger.md section 11.1: whoever wrote those knew the C.)

    verifier.py [--network HEX] [--epochs FILE]... [--all] ARCHIVE.lhar     judge an archive
    verifier.py --vectors DIR                            check the golden bytes in specs/vectors
    verifier.py --proto DIR                              check that the tables below are specs/proto

Standard library only. Prints one JSON object: {"result", "rule", "origin", "entry", "entries", "blocks",
"network_id"}; --all adds every finding. Under --network "levels" says of each ledger its origin and size, and up to
which sizes it is witnessed and final. Exit code: 0 verified, 10 failed, 11 undecidable, 1 unreadable, 2 usage.
Where the specs left something open, whoever wrote this asked, and the answer is a sentence there now.
"""
import copy
import hashlib
import json
import os
import re
import struct
import sys

# ---- 1. Hashes (ledger.md section 1) -----------------------------------------------------------


def _sm3(data):
    """GB/T 32905, for a library without it."""
    mask = 0xFFFFFFFF

    def rol(x, n):
        n &= 31
        return ((x << n) | (x >> (32 - n))) & mask if n else x
    v = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    data = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack(">Q", 8 * len(data))
    for off in range(0, len(data), 64):
        w = list(struct.unpack(">16I", data[off:off + 64]))
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ rol(w[j - 3], 15)
            w.append(x ^ rol(x, 15) ^ rol(x, 23) ^ rol(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = v
        for j in range(64):
            t = 0x79CC4519 if j < 16 else 0x7A879D8A
            ss1 = rol((rol(a, 12) + e + rol(t, j)) & mask, 7)
            ss2 = ss1 ^ rol(a, 12)
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & mask & g)
            tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & mask
            tt2 = (gg + h + ss1 + w[j]) & mask
            d, c, b, a = c, rol(b, 9), a, tt1
            h, g, f, e = g, rol(f, 19), e, tt2 ^ rol(tt2, 9) ^ rol(tt2, 17)
        v = [x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h))]
    return struct.pack(">8I", *v)


try:
    hashlib.new("sm3")

    def sm3(data):
        return hashlib.new("sm3", data).digest()
except ValueError:
    sm3 = _sm3


def sha256(data):
    return hashlib.sha256(data).digest()


# ---- 2. Curves: points in windows, a table for whoever signs often -----------------------------
HOT = 6  # a key that has verified so often gets a table of its own


class Weierstrass:
    """y^2 = x^3 - 3x + b in Jacobian coordinates; precomputed points are affine."""

    def __init__(self, p, b, n, gx, gy):
        self.p, self.b, self.n = p, b, n
        self.g = Multiplier(self, (gx, gy, 1))
        self.gxy = gx, gy
        self.zero = (1, 1, 0)

    def lift(self, raw):
        """The point of 33 bytes, or None."""
        if len(raw) != 33 or raw[0] not in (2, 3):
            return None
        p, x = self.p, int.from_bytes(raw[1:], "big")
        if x >= p:
            return None
        yy = (x * x * x - 3 * x + self.b) % p
        y = pow(yy, (p + 1) // 4, p)  # both primes are 3 mod 4
        if y * y % p != yy:
            return None
        if y & 1 != raw[0] & 1:
            y = p - y
        return x, y, 1

    def double(self, pt):
        x, y, z = pt
        if not z:
            return pt
        p = self.p
        zz, yy = z * z % p, y * y % p
        beta, alpha = x * yy % p, 3 * (x - zz) * (x + zz) % p
        x3 = (alpha * alpha - 8 * beta) % p
        return x3, (alpha * (4 * beta - x3) - 8 * yy * yy) % p, 2 * y * z % p

    def add(self, pt, q):
        if not pt[2]:
            return q[0], q[1], 1
        x1, y1, z1 = pt
        p = self.p
        zz = z1 * z1 % p
        h = (q[0] * zz - x1) % p
        r = (q[1] * z1 * zz - y1) % p
        if not h:
            return self.zero if r else self.double(pt)
        hh = h * h % p
        hhh, v = h * hh % p, x1 * hh % p
        x3 = (r * r - hhh - 2 * v) % p
        return x3, (r * (v - x3) - y1 * hhh) % p, z1 * h % p

    def precompute(self, points):
        """Affine forms with one inversion for all."""
        p, acc, run = self.p, 1, []
        for pt in points:
            run.append(acc)
            acc = acc * pt[2] % p
        inv, out = pow(acc, -1, p), []
        for pt, before in zip(reversed(points), reversed(run)):
            iz = inv * before % p
            inv = inv * pt[2] % p
            out.append((pt[0] * iz * iz % p, pt[1] * iz * iz * iz % p))
        return out[::-1]

    def affine_x(self, pt):
        return pt[0] * pow(pt[2], -2, self.p) % self.p if pt[2] else None


class Edwards:
    """Curve25519 as -x^2 + y^2 = 1 + d x^2 y^2, extended coordinates."""
    p = 2**255 - 19
    n = 2**252 + 27742317777372353535851937790883648493
    d = -121665 * pow(121666, -1, p) % p
    zero = (0, 1, 1, 0)

    def __init__(self):
        y = 4 * pow(5, -1, self.p) % self.p
        self.g = Multiplier(self, self.lift(y.to_bytes(32, "little")))

    def lift(self, raw):
        """The point of 32 bytes with y below p, or None."""
        p, y = self.p, int.from_bytes(raw, "little")
        sign, y = y >> 255, y & (1 << 255) - 1
        if len(raw) != 32 or y >= p:
            return None
        u, v = (y * y - 1) % p, (self.d * y * y + 1) % p
        x = u * v**3 * pow(u * v**7 % p, (p - 5) // 8, p) % p
        if v * x * x % p == -u % p:
            x = x * pow(2, (p - 1) // 4, p) % p
        if v * x * x % p != u or (x == 0 and sign):
            return None
        if x & 1 != sign:
            x = p - x
        return x, y, 1, x * y % p

    def double(self, pt):
        p = self.p
        x, y, z, _ = pt
        a, b = x * x % p, y * y % p
        e, g, h = (x + y) * (x + y) - a - b, b - a, -a - b
        f = g - 2 * z * z
        return e * f % p, g * h % p, f * g % p, e * h % p

    def add(self, pt, q):
        p = self.p
        x, y, z, t = pt
        a, b, c, d2 = (y - x) * q[0] % p, (y + x) * q[1] % p, t * q[2] % p, 2 * z
        e, f, g, h = b - a, d2 - c, d2 + c, b + a
        return e * f % p, g * h % p, f * g % p, e * h % p

    def precompute(self, points):
        p, out = self.p, []
        for pt in points:
            iz = pow(pt[2], -1, p)
            x, y = pt[0] * iz % p, pt[1] * iz % p
            out.append(((y - x) % p, (y + x) % p, 2 * self.d * x * y % p))
        return out

    def bytes(self, pt):
        iz = pow(pt[2], -1, self.p)
        x, y = pt[0] * iz % self.p, pt[1] * iz % self.p
        return (y | (x & 1) << 255).to_bytes(32, "little")

    def small(self, pt):
        for _ in range(3):
            pt = self.double(pt)
        return pt[0] == 0 and pt[1] == pt[2]


class Multiplier:
    """Multiples of one point: 4 bits at a time, without doublings once the point is hot."""

    def __init__(self, curve, point, uses=HOT):
        self.curve, self.point, self.uses, self.row, self.comb = curve, point, uses, None, None

    def _row(self, point):
        one, = self.curve.precompute([point])
        out = [point, self.curve.double(point)]
        while len(out) < 15:
            out.append(self.curve.add(out[-1], one))
        return self.curve.precompute(out)

    def times(self, k, acc=None):
        """acc + k * point."""
        c = self.curve
        if self.comb is None:
            self.uses += 1
            if self.uses > HOT:
                self.comb, point = [], self.point
                for _ in range(64):
                    self.comb.append(self._row(point))
                    point = c.double(c.double(c.double(c.double(point))))
        if self.comb is not None:
            acc = c.zero if acc is None else acc
            for row in self.comb:
                if k & 15:
                    acc = c.add(acc, row[(k & 15) - 1])
                k >>= 4
            return acc
        if self.row is None:
            self.row = self._row(self.point)
        out = c.zero
        for i in range(252, -4, -4):
            out = c.double(c.double(c.double(c.double(out))))
            w = k >> i & 15
            if w:
                out = c.add(out, self.row[w - 1])
        if acc is None:
            return out
        one, = c.precompute([acc]) if acc != c.zero else (None,)
        return c.add(out, one) if one else out


P256 = Weierstrass(
    0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
SM2 = Weierstrass(
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF,
    0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)
ED25519 = Edwards()

ALG_ED25519, ALG_P256, ALG_SM2, ALG_X25519 = 1, 2, 3, 4
CURVES = {ALG_ED25519: ED25519, ALG_P256: P256, ALG_SM2: SM2}
KEYS = {}     # (alg, key) -> Multiplier or None
VERDICTS = {}  # (alg, key, message, signature) -> bool


def key_point(alg, key):
    """What multiplies the point of a public key, or None where the bytes are no key that signs."""
    at = alg, key
    if at not in KEYS:
        curve, pt = CURVES.get(alg), None
        if curve is not None:
            pt = curve.lift(key)
        if pt is not None and alg == ALG_ED25519 and curve.small(pt):
            pt = None
        KEYS[at] = None if pt is None else Multiplier(curve, pt, 0)
    return KEYS[at]


def sm2_digest(key, message):
    x, y, _ = SM2.lift(key)
    ident = b"1234567812345678"
    parts = [struct.pack(">H", 8 * len(ident)), ident]
    parts += [v.to_bytes(32, "big") for v in (SM2.p - 3, SM2.b, *SM2.gxy, x, y)]
    return int.from_bytes(sm3(sm3(b"".join(parts)) + message), "big")


def _verify(alg, key, message, sig):
    q = key_point(alg, key)
    if q is None or len(sig) != 64:
        return False
    if alg == ALG_ED25519:
        s = int.from_bytes(sig[32:], "little")
        if s >= ED25519.n:
            return False
        k = int.from_bytes(hashlib.sha512(sig[:32] + key + message).digest(), "little") % ED25519.n
        # R = sB - kA, as bytes: no cofactor.
        return ED25519.bytes(ED25519.g.times(s, q.times(ED25519.n - k))) == sig[:32] if q.comb else \
            ED25519.bytes(q.times(ED25519.n - k, ED25519.g.times(s))) == sig[:32]
    r, s = int.from_bytes(sig[:32], "big"), int.from_bytes(sig[32:], "big")
    curve = CURVES[alg]
    n = curve.n
    if not 0 < r < n or not 0 < s < n:
        return False
    if alg == ALG_P256:
        if s > n // 2:
            return False
        e, w = int.from_bytes(sha256(message), "big"), pow(s, -1, n)
        x = curve.affine_x(q.times(r * w % n, curve.g.times(e * w % n)))
        return x is not None and x % n == r
    t = (r + s) % n
    if not t:
        return False
    x = curve.affine_x(q.times(t, curve.g.times(s)))
    return x is not None and (sm2_digest(key, message) + x) % n == r


def verify(alg, key, message, sig):
    at = alg, key, message, sig
    if at not in VERDICTS:
        VERDICTS[at] = _verify(alg, key, message, sig)
    return VERDICTS[at]


# ---- 3. Canonical bytes (ledger.md section 2) --------------------------------------------------
# number, name, form: u32, u64, enum; sN text, bN bytes, fN fixed bytes; ? optional, *N list, | of a oneof.
SCHEMA = """
Leaf: 1 entry Entry|, 2 header BlockHeader|
Entry: 1 body b4096, 2 signatures Signature*4, 3 intake Intake
Signature: 1 key_id f16, 2 value f64
Intake: 1 recorded_at_ms u64, 2 flags u32, 3 index_digest f32?
BlockHeader: 1 network_id f32, 2 origin s128, 3 epoch_hash f32, 4 height u64, 5 prev f32, 6 first u64, 7 count u32, 8 pre_root f32, 9 time_ms u64, 10 heads Head*64
Head: 1 origin s128, 2 size u64, 3 root f32
PrivatePart: 1 salt f32, 2 client b1024, 3 node_salt f32, 4 node b1536
ClientPart: 1 subjects Subject*8, 2 case_number s64, 3 reason s256, 4 padding b255
Subject: 1 role u32, 2 id_type u32, 3 commitment f32
NodePart: 1 month u32, 2 tags SubjectTag*8, 3 box b1152
SubjectTag: 1 nonce f16, 2 tag f16
Enrolment: 1 schema u32, 2 department s32, 3 name s64, 4 group s32, 5 officers Officer*8, 6 recorder PublicKey, 7 witness PublicKey, 8 mirror PublicKey, 9 governance PublicKey
Officer: 1 label s48, 2 key PublicKey
Genesis: 1 schema u32, 2 network s32, 3 suite u32, 4 created_ms u64, 5 members b1152*48
Proposal: 1 schema u32, 2 network_id f32, 3 parent f32, 4 number u32, 5 round u32, 6 changes Change*16
Change: 1 admit Admit|, 2 remove Remove|, 3 rotate Rotate|, 4 replace Rotate|, 5 commit Commit|, 6 regroup Regroup|, 7 assign Assign|, 8 limit Limit|, 9 branch Branch|
Admit: 1 enrolment b1152
Remove: 1 department s32
Rotate: 1 department s32, 2 ends f16, 3 key PublicKey, 4 next f16?, 5 proof f64
Commit: 1 department s32, 2 key_id f16, 3 next f16
Regroup: 1 department s32, 2 group s32
Assign: 1 department s32, 2 roles u64
Limit: 1 department s32, 2 bytes_per_s u64
Branch: 1 origin s128, 2 size u64, 3 root f32
Act: 1 schema u32, 2 network_id f32, 3 suite u32, 4 body b4096, 5 signatures Signature*4
PublicKey: 1 alg u32, 2 value b33
Token: 1 origin s128, 2 exchange_id f16, 3 body_hash f32, 4 key_id f16, 5 signature f64
Body: 1 schema u32, 2 type enum, 3 source s64, 4 id s64, 5 event_time_ms u64, 6 department s32, 7 unit s64, 8 staff f8?, 9 session f16?, 10 system s48, 11 channel enum, 12 auth_methods u32, 13 assurance u32, 14 item s48, 15 catalogue_version u32, 16 case_id f16?, 17 step u32, 18 exchange_id f16?, 19 counterparty s32, 20 purpose s48, 21 legal_basis s48, 22 outcome enum, 23 result_mask u64, 24 result_count u64, 25 request_digest f32?, 26 response_digest f32?, 27 refs f32*8, 28 flags u64, 29 subject_digest f32?, 101 catalog Catalog|, 102 abolish Abolish|, 103 calendar Calendar|, 110 staff_enrol Staff|, 111 role Role|, 112 leave Leave|, 113 session_open Session|, 114 session_end SessionEnd|, 120 query Query|, 121 serve Serve|, 122 use Use|, 123 batch Batch|, 130 vreq Vreq|, 131 vack Vack|, 132 vrsp Vrsp|, 133 oob Oob|, 140 notice Notice|, 141 promise Promise|, 142 check Check|, 143 credit Credit|, 144 credit_end CreditEnd|, 145 demand Demand|, 146 remedy Remedy|, 150 case_open Case|, 151 step_done Step|, 152 close Close|, 160 warrant Warrant|, 161 open Open|, 162 access Access|, 163 answer Answer|, 164 finding Finding|, 165 dispose Dispose|, 170 restriction Restrict|, 171 erase Erase|, 172 correct Correct|, 173 object Object|, 180 generation Generation|, 181 key_epoch KeyEpoch|, 182 key_destroy KeyDestroy|, 183 key_comp KeyComp|, 184 approval Approval|, 185 heartbeat Heartbeat|, 186 equiv Equiv|
Catalog: 1 code s48, 2 version u32, 3 title s128, 4 owner s32, 5 mode enum, 6 mirror enum, 7 consumers s32*32, 8 purposes s48*16, 9 basis s48, 10 fields_allowed u64, 11 min_level u32, 12 min_assurance u32, 13 sensitivity u32, 14 effective_from_ms u64, 15 effective_until_ms u64
Abolish: 1 code s48, 2 list_version u32, 3 ground u32, 4 replacement enum, 5 title s128, 6 effective_from_ms u64
Calendar: 1 version u32, 2 from_date u32, 3 until_date u32, 4 open_minute u32, 5 close_minute u32, 6 holidays u32*64, 7 workdays u32*32
Staff: 1 pseudonym f8, 2 key PublicKey, 3 roles u64, 4 employment u32, 5 post s48, 6 valid_from_ms u64, 7 valid_until_ms u64
Role: 1 pseudonym f8, 2 roles u64, 3 effective_ms u64
Leave: 1 pseudonym f8, 2 kind u32, 3 effective_ms u64
Session: 1 session_id f16, 2 key PublicKey, 3 expires_ms u64, 4 terminal s48, 5 face_provider s48, 6 face_verdict u32
SessionEnd: 1 session_id f16, 2 reason u32, 3 queries u64, 4 distinct_subjects u64
Query: 1 requested_mask u64, 2 due_ms u64
Serve: 1 token Token
Use: 1 verdict enum, 2 used_for s48
Batch: 1 job s64, 2 rows u64, 3 set_digest f32, 4 calls_root f32, 5 window_start_ms u64, 6 window_end_ms u64
Vreq: 1 question s48, 2 due_ms u64, 3 off_platform_reason u32
Vack: 1 token Token
Vrsp: 1 token Token, 2 verdict enum, 3 ground s48, 4 approver f8?
Oob: 1 happened_ms u64, 2 message_digest f32, 3 transcriber f8, 4 verdict enum
Notice: 1 text_digest f32, 2 risk_class u32, 3 eligible u32
Promise: 1 promise_id f16, 2 form_digest f32, 3 check_mode u32, 4 check_due u32, 5 public u32
Check: 1 promise_id f16, 2 method u32, 3 result u32
Credit: 1 promise_id f16, 2 decision_digest f32, 3 category s48, 4 effective_ms u64, 5 expiry_ms u64
CreditEnd: 1 promise_id f16, 2 reason u32
Demand: 1 code s48, 2 counter s48, 3 reported_by u32
Remedy: 1 demand f32, 2 action s48
Case: 1 theme s48, 2 kind u32, 3 participants s32*16, 4 due_ms u64
Step: 1 name s128, 2 state u32, 3 handed_to s32, 4 due_ms u64
Close: 1 result u32
Warrant: 1 warrant_id f16, 2 authority s48, 3 document s64, 4 from_ms u64, 5 until_ms u64, 6 expires_ms u64, 7 staff f8?, 8 case_id f16?, 9 token_digest f32?
Open: 1 warrant_id f16, 2 opened_digest f32, 3 opened_count u32
Access: 1 reader u32, 2 query_digest f32, 3 upto_size u64, 4 warrant_id f16?
Answer: 1 request f32, 2 disclosed u32, 3 deferred_class u32, 4 reason u32
Finding: 1 rule s48, 2 rule_version u32, 3 class u32, 4 evidence_digest f32
Dispose: 1 finding f32, 2 decision u32, 3 reason s48
Restrict: 1 targets f32*16, 2 ground s48
Erase: 1 targets f32*16, 2 ground s48
Correct: 1 target f32, 2 nature u32, 3 statement_digest f32?
Object: 1 target f32, 2 nature u32, 3 statement_digest f32?
Generation: 1 number u32, 2 reason u32, 3 seal_key PublicKey, 4 prev_origin s128, 5 prev_size u64, 6 prev_root f32?, 7 prev_header f32?, 8 lost_from u64, 9 lost_until u64, 10 promises_digest f32?
KeyEpoch: 1 purpose u32, 2 key PublicKey, 3 kcv f32?, 4 escrow_digest f32?, 5 valid_from_ms u64, 6 valid_until_ms u64
KeyDestroy: 1 key_id f16, 2 purpose u32
KeyComp: 1 key_id f16, 2 since_ms u64
Approval: 1 proposal f32, 2 parent f32, 3 round u32
Heartbeat: 1 clock u32, 2 uptime_ms u64
Equiv: 1 origin s128, 2 evidence f32, 3 kind u32
"""
ENUMS = ("EntryType", "Channel", "Outcome", "Verdict", "Mode", "Mirror")


class Bad(Exception):
    """What was read breaks its format."""


class Newer(Exception):
    """What was read is of a newer schema."""


class Field:
    def __init__(self, text):
        number, self.name, form = text.split()
        self.number, self.oneof = int(number), form.endswith("|")
        form = form.rstrip("|")
        self.optional = form.endswith("?")
        form, star, count = form.rstrip("?").partition("*")
        self.count = int(count) if star else 0
        m = re.fullmatch(r"([sbf])(\d+)", form)
        self.kind, self.size, self.message = (m[1], int(m[2]), None) if m else ("n", 0, None)
        if not m and form in ("u32", "enum"):
            self.size = 1 << 32
        elif not m and form == "u64":
            self.size = 1 << 64
        elif not m:
            self.kind, self.message = "m", form

    def default(self):
        if self.count:
            return []
        if self.kind == "f" and not self.optional:
            return bytes(self.size)
        return {"n": 0, "s": "", "b": b"", "f": None, "m": None}[self.kind]


MESSAGES = {}
for _line in SCHEMA.split("\n"):
    if _line:
        _name, _, _fields = _line.partition(": ")
        MESSAGES[_name] = {f.number: f for f in map(Field, _fields.split(", "))}
# Bidirectional controls; then what cannot be seen: zero width, separators of lines, joiners, the byte order mark.
BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
UNSEEN = {0x200B, 0x200C, 0x200D, 0x2028, 0x2029, *range(0x2060, 0x2066), *range(0x206A, 0x2070), 0xFEFF}


def put_varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def get_varint(data, at):
    n, shift, start = 0, 0, at
    while True:
        if at >= len(data) or at - start >= 10:
            raise Bad("a number without end")
        byte = data[at]
        at += 1
        n |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    if n >> 64 or (byte == 0 and at - start > 1):
        raise Bad("a number that is not in its shortest form")
    return n, at


def read_text(raw):
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("text that is not UTF-8") from None
    for ch in text:
        c = ord(ch)
        if c < 32 or 127 <= c < 160 or c in BIDI or c in UNSEEN or 0xFDD0 <= c <= 0xFDEF or c & 0xFFFE == 0xFFFE:
            raise Bad("text with a character that may not be there")
    return text


def decode(name, data):
    """The message in canonical bytes, as a dict of every field; Bad where they are not canonical."""
    fields = MESSAGES[name]
    out = {f.name: f.default() for f in fields.values()}
    seen, last, at, member = set(), 0, 0, None
    while at < len(data):
        tag, at = get_varint(data, at)
        number, wire = tag >> 3, tag & 7
        f = fields.get(number)
        if f is None:
            raise Bad(f"{name}: unknown field {number}")
        packed = f.count and f.kind == "n"
        if number < last or (number == last and (not f.count or packed)):
            raise Bad(f"{name}: field {number} out of order or twice")
        last = number
        if f.oneof:
            if member:
                raise Bad(f"{name}: two members of a oneof")
            member = f.name
        if wire != (0 if f.kind == "n" and not packed else 2):
            raise Bad(f"{name}.{f.name}: wire type {wire}")
        value, at = get_varint(data, at)
        if wire == 2:
            raw, at = data[at:at + value], at + value
            if at > len(data):
                raise Bad(f"{name}.{f.name}: longer than what is there")
        if packed:
            if not raw:
                raise Bad(f"{name}.{f.name}: an empty list is written")
            p = 0
            while p < len(raw):
                n, p = get_varint(raw, p)
                out[f.name].append(n)
                if n >= f.size:
                    raise Bad(f"{name}.{f.name}: too large")
            if len(out[f.name]) > f.count:
                raise Bad(f"{name}.{f.name}: too many")
            continue
        if f.kind == "n":
            if value >= f.size:
                raise Bad(f"{name}.{f.name}: too large")
            if not value:
                raise Bad(f"{name}.{f.name}: a zero is written")
        elif f.kind == "m":
            if not raw:
                raise Bad(f"{name}.{f.name}: an empty message is written")
            value = decode(f.message, raw)
        else:
            if len(raw) > f.size or (f.kind == "f" and len(raw) != f.size):
                raise Bad(f"{name}.{f.name}: {len(raw)} bytes")
            if f.optional and not any(raw):
                raise Bad(f"{name}.{f.name}: optional and all zero")
            if not raw and not f.count:
                raise Bad(f"{name}.{f.name}: empty and written")
            value = read_text(raw) if f.kind == "s" else raw
        if f.count:
            out[f.name].append(value)
            if len(out[f.name]) > f.count:
                raise Bad(f"{name}.{f.name}: too many")
        else:
            out[f.name] = value
        seen.add(number)
    for f in fields.values():
        if f.kind == "f" and not f.optional and not f.count and f.number not in seen:
            raise Bad(f"{name}.{f.name}: missing")
    return out


def encode(name, message):
    out = bytearray()

    def put(f, wire, value):
        out.extend(put_varint(f.number << 3 | wire))
        if wire == 2:
            out.extend(put_varint(len(value)))
            out.extend(value)
        else:
            out.extend(put_varint(value))
    for f in sorted(MESSAGES[name].values(), key=lambda f: f.number):
        value = message.get(f.name, f.default())
        if f.count and f.kind == "n":
            if value:
                put(f, 2, b"".join(map(put_varint, value)))
            continue
        for v in value if f.count else [value]:
            if f.kind == "m":
                v = None if v is None else encode(f.message, v)
            elif f.kind == "s":
                v = v.encode()
            if f.count or v is not None and (v or f.kind == "f"):
                put(f, 0 if f.kind == "n" else 2, v)
    return bytes(out)


# ---- 4. Suites, keys, names --------------------------------------------------------------------
END_OF_TIME = 253402300800000  # the year 10000
CODE = re.compile(r"[A-Za-z0-9._:-]+")
DEPARTMENT = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
GRAPHIC = re.compile(r"[!-~]+")
PRINTABLE = re.compile(r"[ -~]+")


class Suite:
    def __init__(self, number):
        self.number = number
        self.hash = sha256 if number == 1 else sm3
        self.seal_alg = ALG_ED25519 if number == 1 else ALG_SM2
        self.sign_algs = (ALG_ED25519, ALG_P256) if number == 1 else (ALG_SM2,)
        self.log_type = b"\x01" if number == 1 else b"\xffliuhen.sm2/log\x00"
        self.cosignature_type = b"\x04" if number == 1 else b"\xffliuhen.sm2/cosignature\x00"

    def key_id(self, key):
        return self.hash(b"liuhen/key/v1\0" + bytes([key["alg"]]) + key["value"])[:16]


SUITES = {1: Suite(1), 2: Suite(2)}


def need(ok, what):
    if not ok:
        raise Bad(what)


def is_code(text):
    return CODE.fullmatch(text) is not None


def is_department(text):
    return DEPARTMENT.fullmatch(text) is not None


def is_time(ms):
    return 0 < ms < END_OF_TIME


def is_origin(text):
    return split_origin(text) is not None


def split_origin(text):
    """(network, department, generation) of one of our origins, or None."""
    parts = text.split("/")
    if len(parts) != 3 or not is_department(parts[0]) or not is_department(parts[1]):
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,9}", parts[2]) or int(parts[2]) >= 1 << 32:
        return None
    return parts[0], parts[1], int(parts[2])


def is_date(n):
    y, m, d = n // 10000, n // 100 % 100, n % 100
    if not 1 <= y <= 9999 or not 1 <= m <= 12 or d < 1:
        return False
    leap = y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)
    return d <= (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[m - 1]


def signs(key):
    """Is this a public key of an algorithm that signs, and well formed?"""
    return key is not None and key_point(key["alg"], key["value"]) is not None


def boxes(key):
    if key is None:
        return False
    if key["alg"] == ALG_X25519:
        return len(key["value"]) == 32
    return key["alg"] == ALG_SM2 and signs(key)


# ---- 5. Bodies (entries.md sections 1 to 3) ----------------------------------------------------
EVERYDAY = "unit staff session system auth_methods assurance case_id step counterparty refs flags subject_digest"
OFFICERS = "unit system legal_basis refs"
ITEM = "item catalogue_version"
AUTH = "auth_methods assurance"
RESULT = "result_mask result_count"
WHY = "purpose legal_basis"
DIGESTS = "request_digest response_digest"
# number: name, detail, names the staff member (the dot), required, also allowed
TYPES = {
    1: ("CATALOG", "catalog", 0, "", OFFICERS),
    2: ("ABOLISH", "abolish", 0, "", OFFICERS),
    3: ("CALENDAR", "calendar", 0, "", OFFICERS),
    10: ("STAFF", "staff_enrol", 0, "", OFFICERS),
    11: ("ROLE", "role", 0, "", OFFICERS),
    12: ("LEAVE", "leave", 0, "", OFFICERS),
    13: ("SESSION", "session_open", 0, f"staff channel {AUTH}", "unit system flags"),
    14: ("SESSION_END", "session_end", 0, "staff", "unit system channel session flags"),
    20: ("QUERY", "query", 1, f"channel {ITEM} exchange_id {WHY}", f"{EVERYDAY} outcome {RESULT} {DIGESTS}"),
    21: ("SERVE", "serve", 0, f"channel {ITEM} exchange_id counterparty outcome", f"{EVERYDAY} {WHY} {RESULT} {DIGESTS}"),
    22: ("USE", "use", 1, f"channel {ITEM} exchange_id outcome", f"{EVERYDAY} {WHY} {RESULT} {DIGESTS}"),
    23: ("BATCH", "batch", 0, f"system channel {ITEM} {WHY} refs", f"unit counterparty outcome {RESULT} flags"),
    30: ("VREQ", "vreq", 1, f"channel {ITEM} exchange_id counterparty {WHY}", f"{EVERYDAY} outcome {RESULT} {DIGESTS}"),
    31: ("VACK", "vack", 1, f"channel {ITEM} exchange_id counterparty", f"{EVERYDAY} {WHY} outcome request_digest"),
    32: ("VRSP", "vrsp", 1, f"channel {ITEM} exchange_id counterparty outcome", f"{EVERYDAY} {WHY} {RESULT} {DIGESTS}"),
    33: ("OOB", "oob", 1, f"staff channel {ITEM} exchange_id counterparty",
         f"{EVERYDAY} {WHY} outcome {RESULT} {DIGESTS}"),
    40: ("NOTICE", "notice", 1, f"channel {ITEM}", f"{EVERYDAY} {WHY}"),
    41: ("PROMISE", "promise", 0, f"channel {ITEM}", f"{EVERYDAY} {WHY}"),
    42: ("CHECK", "check", 1, f"channel {ITEM}", f"{EVERYDAY} {WHY}"),
    43: ("CREDIT", "credit", 1, "channel legal_basis", f"{EVERYDAY} {ITEM} purpose"),
    44: ("CREDIT_END", "credit_end", 1, "channel", f"{EVERYDAY} {ITEM} {WHY}"),
    45: ("DEMAND", "demand", 0, "channel", f"{EVERYDAY} {ITEM}"),
    46: ("REMEDY", "remedy", 1, "channel", f"{EVERYDAY} {ITEM} outcome"),
    50: ("CASE", "case_open", 0, "channel case_id", f"{EVERYDAY} {ITEM} {WHY} outcome"),
    51: ("STEP", "step_done", 1, "channel case_id step", f"{EVERYDAY} {ITEM} {WHY} outcome"),
    52: ("CLOSE", "close", 1, "channel case_id", f"{EVERYDAY} {ITEM} {WHY} outcome"),
    60: ("WARRANT", "warrant", 0, "legal_basis", f"{OFFICERS} purpose"),
    61: ("OPEN", "open", 1, "staff", f"{EVERYDAY} channel {WHY} outcome"),
    62: ("ACCESS", "access", 0, "", f"{EVERYDAY} channel {ITEM} {WHY} outcome"),
    63: ("ANSWER", "answer", 1, "channel", f"{EVERYDAY} {WHY} outcome"),
    64: ("FINDING", "finding", 0, "",
         f"unit staff session system channel {AUTH} {ITEM} case_id step counterparty refs flags"),
    65: ("DISPOSE", "dispose", 1, "staff",
         f"unit session system channel {AUTH} {ITEM} case_id step counterparty legal_basis refs flags"),
    70: ("RESTRICT", "restriction", 1, "staff legal_basis", f"{EVERYDAY} channel outcome"),
    71: ("ERASE", "erase", 0, "legal_basis", OFFICERS),
    72: ("CORRECT", "correct", 1, "channel", f"{EVERYDAY} {ITEM} {WHY}"),
    73: ("OBJECT", "object", 0, "channel", f"{EVERYDAY} {ITEM} {WHY}"),
    80: ("GENERATION", "generation", 0, "", OFFICERS),
    81: ("KEYEPOCH", "key_epoch", 0, "", OFFICERS),
    82: ("KEYDESTROY", "key_destroy", 0, "", OFFICERS),
    83: ("KEYCOMP", "key_comp", 0, "", OFFICERS),
    84: ("APPROVAL", "approval", 0, "", OFFICERS),
    85: ("HEARTBEAT", "heartbeat", 0, "", "system"),
    86: ("EQUIV", "equiv", 0, "", "system counterparty refs"),
}
MATRIX_FIELDS = [f.name for n, f in MESSAGES["Body"].items() if 7 <= n <= 29]
TYPES = {n: (name, detail, dot, set(req.split()), set(req.split()) | set(also.split()))
         for n, (name, detail, dot, req, also) in TYPES.items()}
LATE, AFTER_THE_FACT, IMPORTED, PROACTIVE = 1, 2, 4, 8
FLAGS, ROLES, AUTHS, AUTH_FACE = 127, 31, 63, 8
PLATFORM, MACHINE = 3, 8
HIT, REFUSED, CANCELLED, SESSION_MS, CREDIT_MS = 1, 6, 8, 8 * 3600 * 1000, 1827 * 86400 * 1000
PURPOSE_OFFICER, PURPOSE_RECORDER = 5, 6


def newer_schema(body):
    """Do these bytes begin like a body of a newer schema?"""
    if body[:1] != b"\x08":
        return False
    try:
        n, _ = get_varint(body, 1)
    except Bad:
        return False
    return 1 < n < 1 << 32


def ascending(items):
    return all(a < b for a, b in zip(items, items[1:]))


def whole(d, *fields):
    for name in fields:
        need(any(d[name]) if isinstance(d[name], bytes) else d[name], f"{name} is missing")


def between(d, **bounds):
    for name, (low, high) in bounds.items():
        need(low <= d[name] <= high, f"{name} is {d[name]}")


def codes(d, *fields):
    for name in fields:
        need(is_code(d[name]), f"{name} is no code")


def times(d, *fields):
    for name in fields:
        need(is_time(d[name]), f"{name} is no time")


def later(d, end, start):
    need(d[end] == 0 or is_time(d[end]) and d[end] > d[start], f"{end} is not later")


def check_token(b, d):
    t = d["token"]
    need(t is not None, "no token")
    origin = split_origin(t["origin"])
    need(origin is not None, "the token's origin")
    need(origin[1] == b["counterparty"], "the token's department is not the counterparty")
    need(t["exchange_id"] == b["exchange_id"], "the token is of another exchange")
    whole(t, "exchange_id", "body_hash", "key_id", "signature")


def check_due(b, d):
    need(d["due_ms"] == 0 or is_time(d["due_ms"]) and d["due_ms"] > b["event_time_ms"], "due")


def check_catalog(b, d):
    codes(d, "code", "basis")
    whole(d, "version", "title")
    need(is_department(d["owner"]), "owner")
    need(all(map(is_department, d["consumers"])) and ascending(d["consumers"]), "consumers")
    need(all(map(is_code, d["purposes"])) and ascending(d["purposes"]), "purposes")
    between(d, mode=(1, 4), mirror=(1, 4), min_level=(1, 3), min_assurance=(0, 3), sensitivity=(1, 3))
    times(d, "effective_from_ms")
    later(d, "effective_until_ms", "effective_from_ms")


def check_abolish(b, d):
    codes(d, "code")
    whole(d, "list_version", "title")
    between(d, ground=(1, 6), replacement=(1, 4))
    times(d, "effective_from_ms")


def check_calendar(b, d):
    whole(d, "version")
    need(is_date(d["from_date"]) and is_date(d["until_date"]) and d["from_date"] <= d["until_date"], "interval")
    need(d["open_minute"] < d["close_minute"] <= 1440, "hours")
    for days in d["holidays"], d["workdays"]:
        need(ascending(days) and all(map(is_date, days)), "days")
        need(all(d["from_date"] <= day <= d["until_date"] for day in days), "days out of the interval")
    need(not set(d["holidays"]) & set(d["workdays"]), "a day in both lists")


def check_staff_enrol(b, d):
    whole(d, "pseudonym", "roles")
    need(signs(d["key"]), "key")
    need(not d["roles"] & ~ROLES, "roles")
    between(d, employment=(1, 3))
    need(not d["post"] or is_code(d["post"]), "post")
    times(d, "valid_from_ms")
    later(d, "valid_until_ms", "valid_from_ms")


def check_role(b, d):
    whole(d, "pseudonym")
    need(not d["roles"] & ~ROLES, "roles")
    times(d, "effective_ms")


def check_leave(b, d):
    whole(d, "pseudonym")
    between(d, kind=(1, 3))
    times(d, "effective_ms")


def check_session_open(b, d):
    whole(d, "session_id")
    need(signs(d["key"]), "key")
    times(d, "expires_ms")
    need(b["event_time_ms"] < d["expires_ms"] <= b["event_time_ms"] + SESSION_MS, "expires")
    need(not d["terminal"] or is_code(d["terminal"]), "terminal")
    between(d, face_verdict=(0, 2))
    need((d["face_verdict"] != 0) == (d["face_provider"] != ""), "face: verdict and provider or neither")
    need(not d["face_provider"] or is_code(d["face_provider"]), "face_provider")
    need(not b["auth_methods"] & AUTH_FACE or d["face_verdict"] == 1, "logged in by a face that did not pass")


def check_session_end(b, d):
    whole(d, "session_id")
    need(b["session"] in (None, d["session_id"]), "another session than the header's")
    between(d, reason=(1, 3))


def check_query(b, d):
    whole(d, "requested_mask")
    check_due(b, d)


def check_use(b, d):
    between(d, verdict=(1, 7))
    need(not d["used_for"] or is_code(d["used_for"]), "used_for")


def check_batch(b, d):
    need(b["channel"] == MACHINE, "channel")
    need(PRINTABLE.fullmatch(d["job"]), "job")
    whole(d, "rows", "set_digest", "calls_root")
    times(d, "window_start_ms", "window_end_ms")
    need(d["window_start_ms"] <= d["window_end_ms"], "window")


def check_vreq(b, d):
    codes(d, "question")
    check_due(b, d)
    between(d, off_platform_reason=(0, 4))


def check_vrsp(b, d):
    check_token(b, d)
    between(d, verdict=(1, 7))
    need((d["verdict"] == REFUSED) == (d["ground"] != ""), "ground")
    need(not d["ground"] or is_code(d["ground"]), "ground")
    need(d["approver"] is None or d["approver"] != b["staff"], "approver")


def check_oob(b, d):
    need(b["channel"] not in (PLATFORM, MACHINE), "channel")
    times(d, "happened_ms")
    need(d["happened_ms"] <= b["event_time_ms"], "happened")
    whole(d, "message_digest", "transcriber")
    between(d, verdict=(1, 7))


def check_notice(b, d):
    whole(d, "text_digest")
    between(d, risk_class=(1, 3), eligible=(1, 2))


def check_promise(b, d):
    whole(d, "promise_id", "form_digest")
    between(d, check_mode=(1, 3), public=(1, 2))
    need(d["check_due"] == 0 if d["check_mode"] == 3 else is_date(d["check_due"]), "check_due")


def check_check(b, d):
    whole(d, "promise_id")
    between(d, method=(1, 4), result=(1, 3))


def check_credit(b, d):
    whole(d, "promise_id", "decision_digest")
    codes(d, "category")
    times(d, "effective_ms", "expiry_ms")
    need(d["effective_ms"] < d["expiry_ms"] <= d["effective_ms"] + CREDIT_MS, "expiry")


def check_credit_end(b, d):
    whole(d, "promise_id")
    between(d, reason=(1, 3))


def check_demand(b, d):
    codes(d, "code")
    whole(d, "counter")
    between(d, reported_by=(1, 3))


def check_remedy(b, d):
    whole(d, "demand")
    codes(d, "action")


def check_case_open(b, d):
    codes(d, "theme")
    between(d, kind=(1, 3))
    need((d["kind"] == 2) == bool(b["flags"] & PROACTIVE), "proactive")
    need(d["participants"] and all(map(is_department, d["participants"])) and ascending(d["participants"]),
         "participants")
    check_due(b, d)


def check_step_done(b, d):
    whole(d, "name")
    between(d, state=(1, 3))
    need(not d["handed_to"] or is_department(d["handed_to"]), "handed_to")
    need(d["due_ms"] == 0 or is_time(d["due_ms"]), "due")


def check_close(b, d):
    between(d, result=(1, 3))


def check_warrant(b, d):
    whole(d, "warrant_id", "authority", "document")
    times(d, "from_ms", "until_ms", "expires_ms")
    need(d["from_ms"] <= d["until_ms"], "scope in time")
    need(d["expires_ms"] > b["event_time_ms"], "expires")


def check_open(b, d):
    whole(d, "warrant_id", "opened_digest", "opened_count")


def check_access(b, d):
    between(d, reader=(1, 5))
    whole(d, "query_digest")
    need(d["reader"] != 3 or d["warrant_id"] is not None, "an auditor without a warrant")


def check_answer(b, d):
    whole(d, "request")
    between(d, deferred_class=(0, 3), reason=(1, 3))


def check_finding(b, d):
    codes(d, "rule")
    whole(d, "rule_version", "evidence_digest")
    between(d, **{"class": (1, 3)})


def check_dispose(b, d):
    whole(d, "finding")
    between(d, decision=(1, 4))
    codes(d, "reason")


def check_restriction(b, d):
    check_targets(b, d)
    need(b["outcome"] in (0, CANCELLED), "an outcome that lifts nothing")


def check_targets(b, d):
    need(d["targets"] and ascending(d["targets"]) and all(map(any, d["targets"])), "targets")
    codes(d, "ground")


def check_correct(b, d):
    whole(d, "target")
    between(d, nature=(1, 5))


def check_object(b, d):
    whole(d, "target")
    between(d, nature=(1, 3))


def check_generation(b, d):
    whole(d, "number")
    between(d, reason=(1, 6))
    need(signs(d["seal_key"]), "seal_key")
    need(d["number"] == 1 if d["reason"] == 1 else d["number"] > 1 or d["reason"] == 5, "reason 1 goes with number 1")
    head = d["prev_size"] != 0, d["prev_root"] is not None, d["prev_header"] is not None
    need(len(set(head)) == 1, "a part of a head")
    if d["reason"] == 1:
        need(not d["prev_origin"] and not head[0] and d["promises_digest"] is None, "a generation before the first")
        need(not d["lost_until"], "the first generation has lost nothing")
    else:
        prev = split_origin(d["prev_origin"])
        need(prev is not None, "prev_origin")
        need(head[0] or d["reason"] in (2, 6), "no head of the generation before")
        need(d["reason"] == 5 or prev[1] == b["department"] and prev[2] < d["number"], "prev_origin is of another")
    if d["lost_from"] or d["lost_until"]:
        need(0 < d["lost_from"] <= d["lost_until"], "the lost range")


def check_key_epoch(b, d):
    between(d, purpose=(1, 11))
    if d["purpose"] in (8, 9):
        need(d["key"] is None and d["kcv"] is not None, "a symmetric key shows a check value")
    else:
        need(d["kcv"] is None, "a public key and a check value")
        need(boxes(d["key"]) if d["purpose"] in (10, 11) else signs(d["key"]), "key")
    times(d, "valid_from_ms")
    later(d, "valid_until_ms", "valid_from_ms")


def check_key_destroy(b, d):
    whole(d, "key_id")
    between(d, purpose=(1, 11))


def check_key_comp(b, d):
    whole(d, "key_id")
    times(d, "since_ms")


def check_approval(b, d):
    whole(d, "proposal", "parent")


def check_heartbeat(b, d):
    between(d, clock=(1, 3))


def check_equiv(b, d):
    need(is_origin(d["origin"]), "origin")
    whole(d, "evidence")
    between(d, kind=(1, 3))


CHECKS = {"serve": check_token, "vack": check_token, "restriction": check_restriction, "erase": check_targets}
for _t in TYPES.values():
    CHECKS.setdefault(_t[1], globals().get("check_" + _t[1]))


def below_2_63(message, name):
    for f in MESSAGES[name].values():
        v = message[f.name]
        if f.kind == "n" and not f.count:
            need(v < 1 << 63, f"{f.name} is 2^63 or more")
        elif f.kind == "m":
            for m in v if f.count else [v] if v is not None else []:
                below_2_63(m, f.message)


def read_body(raw):
    """A good body, with "detail"; Newer or Bad."""
    if newer_schema(raw):
        raise Newer("a body of a newer schema")
    b = decode("Body", raw)
    need(b["schema"] == 1, "schema")
    need(b["type"] in TYPES, "type")
    name, detail, dot, required, allowed = TYPES[b["type"]]
    below_2_63(b, "Body")
    need(GRAPHIC.fullmatch(b["source"]) and GRAPHIC.fullmatch(b["id"]), "source or id")
    need(is_time(b["event_time_ms"]), "event_time")
    need(is_department(b["department"]), "department")
    for field in MATRIX_FIELDS:
        there = b[field] not in (0, "", None, [])
        need(there or field not in required, f"{name} without {field}")
        need(not there or field in allowed, f"{name} with {field}")
    for field in "system", "item", "purpose", "legal_basis":
        need(not b[field] or is_code(b[field]), f"{field} is no code")
    need(not b["counterparty"] or is_department(b["counterparty"]), "counterparty")
    between(b, channel=(0, 8), outcome=(0, 8), assurance=(0, 3))
    need(not b["auth_methods"] & ~AUTHS, "auth_methods")
    need(not b["flags"] & ~FLAGS, "flags")
    need((b["auth_methods"] != 0) == (b["assurance"] != 0), "auth_methods and assurance: both or neither")
    need((b["item"] != "") == (b["catalogue_version"] != 0), "item and catalogue_version: both or neither")
    need(not b["step"] or b["case_id"] is not None, "a step without a case")
    need(b["session"] is None or b["staff"] is not None, "a session without staff")
    need(len(set(b["refs"])) == len(b["refs"]) and all(map(any, b["refs"])), "a reference twice, or of zeros")
    need(not dot or b["channel"] == MACHINE or b["staff"] is not None, "nobody is named")
    if name in ("QUERY", "VREQ") and not b["flags"] & AFTER_THE_FACT:
        need(not b["outcome"] and not b["result_mask"] and not b["result_count"] and b["response_digest"] is None,
             "intent that tells an outcome")
    hit = b["outcome"] == HIT
    if "result_mask" in allowed:
        need((b["result_mask"] != 0) == hit and (b["result_count"] != 0) == hit, "result and outcome")
    d = b[detail]
    need(d is not None, "the detail is of another type")
    CHECKS[detail](b, d)
    b["name"], b["detail"] = name, d
    return b


# ---- 6. Leaves, genesis (ledger.md section 2, trust.md) ----------------------------------------


def read_leaf(raw):
    leaf = decode("Leaf", raw)
    entry, header = leaf["entry"], leaf["header"]
    need(entry or header, "neither entry nor header")
    if header:
        need(len(raw) <= 11765, "too long")
        need(all(map(is_origin, [header["origin"], *(h["origin"] for h in header["heads"])])), "an origin in a header")
        return leaf
    need(len(raw) <= 4608, "too long")
    need(1 <= len(entry["body"]), "no body")
    need(entry["signatures"], "no signature")
    need(ascending([s["key_id"] for s in entry["signatures"]]), "signatures out of order")
    need(entry["intake"] is not None and is_time(entry["intake"]["recorded_at_ms"]), "recorded_at")
    need(not entry["intake"]["flags"] & ~3, "intake flags")
    return leaf


def key_places(m):
    """The keys of an enrolment with their places: officers, then the others."""
    return [(("officers", i), o["key"]) for i, o in enumerate(m["officers"])] + [
        ((role,), m[role]) for role in ("recorder", "witness", "mirror", "governance")]


def keys_in(m):
    return {(k["alg"], k["value"]) for _, k in key_places(m)}


def check_enrolment(m, suite):
    need(m["schema"] == 1 and is_department(m["department"]) and m["name"], "enrolment")
    need(not m["group"] or is_department(m["group"]), "group")
    need(2 <= len(m["officers"]) and all(o["label"] for o in m["officers"]), "officers")
    for place, k in key_places(m):
        need(k is not None, "a key is missing")
        need(k["alg"] == suite.seal_alg if place[0] in ("witness", "mirror") else k["alg"] in suite.sign_algs,
             "a key of another suite")
        need(signs(k), "a key that is none")
    need(len(keys_in(m)) == len(key_places(m)), "a key twice")


def read_enrolment(raw, suite):
    if newer_schema(raw):
        raise Newer("an enrolment of a newer schema")
    m = decode("Enrolment", raw)
    check_enrolment(m, suite)
    return m


def read_genesis(raw):
    """A genesis file with "enrolments" by department and "suite_of"; Newer or Bad."""
    if newer_schema(raw):
        raise Newer("a genesis file of a newer schema")
    g = decode("Genesis", raw)
    need(g["schema"] == 1, "schema")
    need(is_department(g["network"]), "network")
    need(g["suite"] in SUITES, "suite")
    need(is_time(g["created_ms"]), "created")
    need(g["members"], "no members")
    suite, keys, members = SUITES[g["suite"]], set(), []
    for raw_member in g["members"]:
        m = read_enrolment(raw_member, suite)
        need(not keys & keys_in(m), "a key twice")
        keys |= keys_in(m)
        need(not members or members[-1]["department"] < m["department"], "members out of order")
        members.append(m)
    g["enrolments"] = {m["department"]: m for m in members}
    g["suite_of"] = suite
    return g


# ---- 6a. Epochs (trust.md section 5) -------------------------------------------------------------
class Epoch:
    """Who is a member: departments with enrolment, roles, quota and commitments; and the branches that were named."""

    def __init__(self, suite, network, network_id):
        self.suite, self.network, self.network_id = suite, network, network_id
        self.hash, self.number, self.members, self.branches = network_id, 0, {}, {}

    def insert(self, m):
        self.members[m["department"]] = {"enrolment": m, "roles": 1, "limit": 0, "next": {}}

    def member(self, department):
        need(department in self.members, f"{department} is no member")
        return self.members[department]

    def check(self, department):
        m = self.members[department]["enrolment"]
        check_enrolment(m, self.suite)
        for other, row in self.members.items():
            need(other == department or not keys_in(row["enrolment"]) & keys_in(m), "a key in two members")

    def place(self, member, key_id):
        for place, key in key_places(member["enrolment"]):
            if self.suite.key_id(key) == key_id:
                return place
        raise Bad("no key of this id")

    def follow(self, raw):
        """The epoch that a proposal makes of this one; Bad or Newer."""
        if newer_schema(raw):
            raise Newer("a proposal of a newer schema")
        p = decode("Proposal", raw)
        need(p["schema"] == 1 and p["number"] >= 1 and p["changes"], "proposal")
        whole(p, "network_id", "parent")
        changes = []
        for change in p["changes"]:
            (name, c), = [(n, x) for n, x in change.items() if x is not None] or [(None, None)]
            need(name is not None, "a change of no kind")
            check_change(name, c)
            changes.append((name, c))
        need(p["network_id"] == self.network_id and p["parent"] == self.hash, "it follows another epoch")
        need(p["number"] == self.number + 1, "number")
        new = Epoch(self.suite, self.network, self.network_id)
        new.members, new.branches = copy.deepcopy(self.members), dict(self.branches)
        for name, c in changes:
            getattr(new, name)(*([c, p] if name in ("rotate", "replace") else [c]))
        new.hash, new.number = self.suite.hash(b"liuhen/epoch/v1\0" + raw), p["number"]
        return new

    def admit(self, c):
        m = read_enrolment(c["enrolment"], self.suite)
        need(m["department"] not in self.members, "a member already")
        need(len(self.members) < 256, "no room")
        self.insert(m)
        self.check(m["department"])

    def remove(self, c):
        self.member(c["department"])
        need(len(self.members) > 2, "one of the last two")
        del self.members[c["department"]]

    def rotate(self, c, p, emergency=False):
        member = self.member(c["department"])
        place = self.place(member, c["ends"])
        statement = b"".join([b"liuhen/rotate/v1\0", p["network_id"], p["parent"], c["department"].encode(), b"\0", c["ends"]])
        need(verify(c["key"]["alg"], c["key"]["value"], statement, c["proof"]), "the proof does not hold")
        new = self.suite.key_id(c["key"])
        need(new != c["ends"], "the same key")
        need(emergency or member["next"].get(place, new) == new, "committed to another key")
        if place[0] == "officers":
            member["enrolment"]["officers"][place[1]]["key"] = c["key"]
        else:
            member["enrolment"][place[0]] = c["key"]
        member["next"].pop(place, None)
        if c["next"] is not None:
            member["next"][place] = c["next"]
        self.check(c["department"])

    def replace(self, c, p):
        self.rotate(c, p, True)

    def commit(self, c):
        member = self.member(c["department"])
        place = self.place(member, c["key_id"])
        need(place not in member["next"], "committed already")
        member["next"][place] = c["next"]

    def regroup(self, c):
        m = self.member(c["department"])["enrolment"]
        need(m["group"] != c["group"], "of that group already")
        m["group"] = c["group"]

    def assign(self, c):
        member = self.member(c["department"])
        need(member["roles"] != c["roles"], "these roles already")
        member["roles"] = c["roles"]

    def limit(self, c):
        member = self.member(c["department"])
        need(member["limit"] != c["bytes_per_s"], "this quota already")
        member["limit"] = c["bytes_per_s"]

    def branch(self, c):
        network, department, _ = split_origin(c["origin"])
        need(network == self.network, "of another network")
        self.member(department)
        need(self.branches.get(c["origin"]) != (c["size"], c["root"]), "from there already")
        need(c["origin"] in self.branches or len(self.branches) < 64, "one branch too many")
        self.branches[c["origin"]] = c["size"], c["root"]


def check_change(name, c):
    """What a change says by itself."""
    if name == "admit":
        need(c["enrolment"], "no enrolment")
        return
    if name == "branch":
        need(is_origin(c["origin"]) and 1 <= c["size"] < 1 << 63, "branch")
        whole(c, "root")
        return
    need(is_department(c["department"]), "department")
    if name in ("rotate", "replace"):
        whole(c, "ends", "proof")
        need(signs(c["key"]), "a key that signs nothing")
    elif name == "commit":
        whole(c, "key_id", "next")
    elif name == "regroup":
        need(not c["group"] or is_department(c["group"]), "group")
    elif name == "assign":
        need(not c["roles"] & ~3, "roles")
    elif name == "limit":
        need(c["bytes_per_s"] < 1 << 63, "quota")


# ---- 7. Checkpoints (ledger.md section 5) ------------------------------------------------------
B64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def read_base64(text):
    import base64
    need(B64.fullmatch(text), "base64")
    raw = base64.b64decode(text)
    need(base64.b64encode(raw).decode() == text, "base64")
    return raw


def read_decimal(text):
    need(re.fullmatch(r"0|[1-9][0-9]{0,18}", text) and int(text) < 1 << 63, "decimal")
    return int(text)


def read_note(raw):
    """(text, [(name, key hash, signature)])"""
    need(len(raw) <= 131072, "a note that is too long")
    try:
        note = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("a note that is not UTF-8") from None
    need(all(c >= " " or c == "\n" for c in note), "a note with control characters")
    at = note.rfind("\n\n")
    need(at >= 0, "a note without signatures")
    text, lines = note[:at + 1], note[at + 2:]
    need(lines.endswith("\n"), "a note that does not end in a newline")
    lines = lines[:-1].split("\n")
    need(1 <= len(lines) <= 100, "too many signatures")
    out = []
    for line in lines:
        need(line.startswith("\u2014 "), "a signature line")
        name, space, sig = line[2:].partition(" ")
        need(space and 1 <= len(name.encode()) <= 255 and "+" not in name and not any(c.isspace() for c in name),
             "the name of a signature")
        sig = read_base64(sig)
        need(len(sig) >= 5, "a short signature")
        out.append((name, sig[:4], sig[4:]))
    return text, out


def read_checkpoint(raw):
    text, sigs = read_note(raw)
    lines = text[:-1].split("\n")
    need(len(lines) == 3, "a checkpoint has three lines")
    need(re.fullmatch(r"[!-*,-~]{1,128}", lines[0]), "the origin of a checkpoint")
    size = read_decimal(lines[1])
    need(size <= 1 << 62, "the size of a checkpoint")
    root = read_base64(lines[2])
    need(len(root) == 32, "the root of a checkpoint")
    return {"text": text.encode(), "sigs": sigs, "origin": lines[0], "size": size, "root": root}


def sealed(suite, origin, key, checkpoint):
    if key["alg"] != suite.seal_alg:
        return False
    want = suite.hash(origin.encode() + b"\n" + suite.log_type + key["value"])[:4]
    for name, key_hash, sig in checkpoint["sigs"]:
        if name == origin and key_hash == want:
            return verify(key["alg"], key["value"], checkpoint["text"], sig)
    return False


# ---- 7b. Cosignatures (sections 5 and 11.1; network.md sections 1 and 8) -------------------------


def numbers(members):
    """(n, k): designated witnesses, and how many of them make a head witnessed."""
    n = min(9, members - 1)
    f = (n - 1) // 3 if n else 0
    return n, (n + f) // 2 + 1 if n else 0


def witnesses_of(suite, network_id, enrolments, author):
    n, _ = numbers(len(enrolments))
    tag = b"liuhen/witness/v1\0" + network_id + author.encode() + b"\0"
    others = sorted((d for d in enrolments if d != author), key=lambda d: suite.hash(tag + d.encode()), reverse=True)
    taken, groups = [], {}
    for d in others:
        group = enrolments[d]["group"] or ("alone", d)
        if len(taken) < n and groups.get(group, 0) < (n + 2) // 3:
            taken.append(d)
            groups[group] = groups.get(group, 0) + 1
    return taken + [d for d in others if d not in taken][:n - len(taken)]


def has_line(suite, name, key, checkpoint):
    """Whether the key of that name has cosigned; Bad where its line does not verify."""
    want = suite.hash(name.encode() + b"\n" + suite.cosignature_type + key["value"])[:4]
    for other, key_hash, sig in checkpoint["sigs"]:
        if (other, key_hash) == (name, want):
            time = int.from_bytes(sig[:8], "big")
            message = b"cosignature/v1\ntime %d\n" % time + checkpoint["text"]
            need(len(sig) == 72 and time and verify(key["alg"], key["value"], message, sig[8:]), "a cosignature")
            return True
    return False


def level_of(suite, network_id, genesis, author, checkpoint):
    """0 sealed, 1 witnessed, 2 final."""
    cosigned = mirrored = 0
    for d in witnesses_of(suite, network_id, genesis["enrolments"], author):
        name = f"{genesis['network']}/{d}/"
        if has_line(suite, name + "witness", genesis["enrolments"][d]["witness"], checkpoint):
            cosigned += 1
            mirrored += has_line(suite, name + "mirror", genesis["enrolments"][d]["mirror"], checkpoint)
    k = numbers(len(genesis["enrolments"]))[1]
    return (1 + (mirrored >= 2)) if k and cosigned >= k else 0


# ---- 8. The tree (section 3) -------------------------------------------------------------------


class Tree:
    def __init__(self, hash_):
        self.hash, self.size, self.edge = hash_, 0, []  # complete subtrees, largest first

    def copy(self):
        t = Tree(self.hash)
        t.size, t.edge = self.size, self.edge[:]
        return t

    def add(self, leaf):
        node, n = self.hash(b"\0" + leaf), self.size
        while n & 1:
            node = self.hash(b"\1" + self.edge.pop() + node)
            n >>= 1
        self.edge.append(node)
        self.size += 1

    def root(self):
        if not self.edge:
            return self.hash(b"")
        node = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            node = self.hash(b"\1" + left + node)
        return node


# ---- 9. The archive (section 10) ---------------------------------------------------------------
GENESIS, LEDGER, LEAF, CHECKPOINT, PRIVATE, END, KEPT, EPOCH = range(1, 9)
MAY_FOLLOW = {
    GENESIS: (None,), EPOCH: (GENESIS, EPOCH), LEDGER: (GENESIS, EPOCH, CHECKPOINT, PRIVATE),
    LEAF: (LEDGER, LEAF, CHECKPOINT, PRIVATE, KEPT),
    CHECKPOINT: (LEAF,), PRIVATE: (CHECKPOINT, PRIVATE), END: (GENESIS, EPOCH, CHECKPOINT, PRIVATE), KEPT: (LEDGER,),
}
MAGIC = b"LHAR1\n"


class Stop(Exception):
    """The archive cannot be read beyond here: (answer, rule, text)."""


def frames(data):
    at, before, count = len(MAGIC), None, 0
    while True:
        if len(data) - at < 5:
            raise Stop("cannot_tell", "A02", "the archive stops before its end frame")
        kind = data[at]
        if kind not in MAY_FOLLOW:
            raise Stop("cannot_tell", "A02", f"a frame of unknown kind {kind}")
        if before not in MAY_FOLLOW[kind]:
            raise Stop("failed", "A01", f"a frame of kind {kind} behind one of kind {before}")
        length = int.from_bytes(data[at + 1:at + 5], "big")
        if length > (0 if kind == KEPT else 131072):
            raise Stop("failed", "A01", "a frame that is too long")
        content = data[at + 5:at + 5 + length]
        if len(content) < length:
            raise Stop("cannot_tell", "A02", "the archive stops before its end frame")
        at += 5 + length
        if kind == END:
            if length != 8 or int.from_bytes(content, "big") != count:
                raise Stop("failed", "A01", "the end frame counts other frames")
            if at != len(data):
                raise Stop("failed", "A01", "something behind the end frame")
            return
        yield kind, content
        before, count = kind, count + 1


# ---- 10. Replay (section 11) -------------------------------------------------------------------
OFFICER, RECORDER, STAFF, SESSION = "officer", "recorder", "staff", "session"
OFFICER_ACTS = set("CATALOG ABOLISH CALENDAR STAFF ROLE LEAVE WARRANT ERASE GENERATION KEYEPOCH KEYDESTROY "
                   "KEYCOMP APPROVAL".split())
WHO = {"SESSION": {STAFF}, "RESTRICT": {STAFF, SESSION}, "FINDING": {STAFF, RECORDER},
       "BATCH": {RECORDER}, "HEARTBEAT": {RECORDER}, "EQUIV": {RECORDER}}


class Ledger:
    def __init__(self, replay, number, origin):
        self.replay, self.number, self.origin = replay, number, origin
        _, self.department, self.generation = split_origin(origin)
        self.suite, self.network_id = replay.suite, replay.network_id
        self.tree = Tree(self.suite.hash)
        self.height, self.prev, self.time = 0, None, 0
        self.seal_key, self.born, self.stopped, self.newer = None, None, False, False
        self.keys, self.staff, self.sessions = {}, set(), {}
        self.block = {}  # entries of the block just closed: index -> (entry, body or None)
        self.kept, self.awaited, self.absent, self.erased = False, {}, {}, set()  # private parts: index -> H(body)
        self.entries = self.blocks = 0
        self.reached = {1: 0, 2: 0}  # the size up to which it is witnessed, and final
        self.before = replay.last  # of the ledger frame before this one, if that one could be judged
        self.epoch = self.network_id  # that the header before named

    def begin_keys(self, header):
        """The ledger begins anew in the epoch that its first header names."""
        named = self.replay.epoch_of(header["epoch_hash"]) if header else None
        if named is None or self.department not in named.members:
            named = next(e for e in self.replay.epochs if self.department in e.members)
        for key, kind in signing_keys(named, self.department):
            self.enrol(key, kind)

    def enrol(self, key, kind, staff=None, session=None):
        self.keys[self.suite.key_id(key)] = (key, kind, staff, session, False)

    def end_key(self, key_id, ended):
        self.keys[key_id] = self.keys[key_id][:4] + (ended,)

    def enter(self, old, new):
        """trust.md 5.3: keys change behind a header that names another epoch."""
        before, after = (list(signing_keys(e, self.department)) for e in (old, new))
        for key, kind in before:
            at = self.suite.key_id(key)
            if (key, kind) not in after and at in self.keys and self.keys[at][1] == kind:
                self.end_key(at, True)
        for key, kind in after:
            at = self.suite.key_id(key)
            if at not in self.keys:
                self.enrol(key, kind)
            elif self.keys[at][1] == kind:
                self.end_key(at, False)

    def find(self, answer, rule, leaf, text):
        self.replay.find(answer, rule, self.number, self.origin, leaf, text)

    # -- blocks, section 4 --
    def add_block(self, leaves, note):
        """Judges a block: first by section 4, then its entries, also those of a block that broke a rule."""
        self.block = {}
        if self.stopped:
            return
        self.settle()
        base, decoded = self.tree.size, []
        if len(leaves) > 4097:  # nobody has to keep more than a block may have
            self.find("failed", "B03", base + 4097, "more than 4,096 entries")
            self.stopped = True
            return
        for raw in leaves:
            try:
                decoded.append(read_leaf(raw))
            except Bad as e:
                decoded.append(e)
        if base == 0:
            self.begin_keys(None if isinstance(decoded[-1], Bad) else decoded[-1]["header"])
        if base == 0 and not isinstance(decoded[0], Bad) and decoded[0]["entry"] and not self.begin(decoded[0]["entry"]):
            self.stopped = True
            return
        try:
            self.judge_block(leaves, decoded, note)
        except BlockRule as e:
            rule, offset, text = e.args
            self.find("failed", rule, base + offset, text)
            self.stopped = True
        if base == 0 and self.born is None:
            return  # the first leaf is no entry: nobody's keys are known
        for i, leaf in enumerate(decoded):
            if not isinstance(leaf, Bad) and leaf["entry"]:
                self.judge_entry(base + i, leaf["entry"])
        if not self.stopped:
            self.go_on(decoded[-1]["header"]["epoch_hash"], base + len(leaves) - 1)
            self.blocks += 1
            self.entries += len(leaves) - 1

    def go_on(self, named, at):
        """A header that was good may name another epoch."""
        old, new, before = self.replay.epoch_of(self.epoch), self.replay.epoch_of(named), self.epoch
        self.epoch = named
        if named == before:
            return
        if new is None:
            self.find("cannot_tell", "B06", at, "an epoch that is not known")
            self.newer = True
            return
        if new.number >= self.replay.given:
            self.find("cannot_tell", "T04", at, "an epoch that the judge did not give")
        self.enter(old, new)

    def epoch_fits(self, named):
        new, old = self.replay.epoch_of(named), self.replay.epoch_of(self.epoch)
        if new is None or named == self.epoch and self.height:
            return True  # cannot be told, or was asked before
        follows = named == self.epoch or old is not None and new.number > old.number
        return follows and self.department in new.members

    def begin(self, entry):
        """Takes the seal key from the first leaf; False where that leaf stops the ledger."""
        try:
            body = read_body(entry["body"])
        except (Bad, Newer):
            self.judge_entry(0, entry)
            return False
        if body["name"] != "GENERATION" or not self.founds(body["detail"]):
            self.find("failed", "E06", 0, "the first leaf is no GENERATION of this ledger")
            return False
        self.born, self.seal_key = body["detail"], body["detail"]["seal_key"]
        self.inherit(body["detail"])
        return True

    def judge_block(self, leaves, decoded, note):
        last = len(leaves) - 1
        for i, leaf in enumerate(decoded):
            if isinstance(leaf, Bad):
                raise BlockRule("B01", i, str(leaf))

        def rule(ok, name, text, at=last):
            if not ok:
                raise BlockRule(name, at, text)
        for i, leaf in enumerate(decoded):
            rule((leaf["header"] is not None) == (i == last), "B02", "entries, then one header", i)
        head = decoded[-1]["header"]
        before = self.tree.size
        rule(1 <= last <= 4096, "B03", f"{last} entries")
        rule(head["network_id"] == self.network_id, "B04", "network id")
        rule(head["origin"] == self.origin, "B05", "origin")
        rule(self.epoch_fits(head["epoch_hash"]), "B06", "epoch")
        rule(head["first"] == before, "B07", "first")
        rule(head["count"] == last, "B08", "count")
        rule(head["height"] == self.height + 1, "B09", "height")
        prev = self.prev
        if self.height == 0:
            prev = self.born["prev_header"] or self.network_id
        rule(head["prev"] == prev, "B10", "prev")
        tree = self.tree.copy()
        for raw in leaves[:-1]:
            tree.add(raw)
        rule(head["pre_root"] == tree.root(), "B11", "pre-root")
        rule(self.time < head["time_ms"] < 1 << 63, "B12", "time")
        heads = [h["origin"] for h in head["heads"]]
        rule(ascending([o.encode() for o in heads]) and self.origin not in heads, "B13", "heads")
        rule(all(h["size"] for h in head["heads"]), "B13", "heads")
        tree.add(leaves[-1])
        try:
            checkpoint = read_checkpoint(note)
        except Bad as e:
            raise BlockRule("B14", last, str(e)) from None
        rule(checkpoint["origin"] == self.origin, "B14", "the checkpoint is of another ledger")
        rule(checkpoint["size"] == tree.size, "B15", "size")
        rule(checkpoint["root"] == tree.root(), "B16", "root")
        if not sealed(self.suite, self.origin, self.seal_key, checkpoint):
            self.find("failed", "B17", before + last, "the seal does not verify")
        self.tree, self.height, self.time = tree, self.height + 1, head["time_ms"]
        self.prev = self.suite.hash(b"\0" + leaves[-1])
        if self.replay.pinned is not None:
            self.count_lines(checkpoint)

    def count_lines(self, checkpoint):
        """Section 11.1: what others say of this head."""
        try:
            level = level_of(self.suite, self.network_id, self.replay.genesis, self.department, checkpoint)
        except Bad:
            self.replay.forged = True
            return
        for reached in range(1, level + 1):
            self.reached[reached] = checkpoint["size"]

    # -- entries, section 11 --
    def judge_entry(self, at, entry):
        digest = self.suite.hash(entry["body"])
        message = b"liuhen/entry/v1\0" + self.network_id + digest
        signers = [self.keys.get(s["key_id"]) for s in entry["signatures"]]
        wrong = [("E03", "a signature does not verify") for k, s in zip(signers, entry["signatures"])
                 if k is not None and not verify(k[0]["alg"], k[0]["value"], message, s["value"])]
        self.block[at] = entry, None
        if entry["intake"]["index_digest"] is not None:
            self.awaited[at] = digest
        try:
            b = read_body(entry["body"])
        except Newer as e:
            self.find("cannot_tell", "X01", at, str(e))
            for rule, text in wrong:
                self.find("failed", rule, at, text)
            self.newer = True
            return
        except Bad as e:
            self.find("failed", "E01", at, str(e))
            return
        self.block[at] = entry, b
        broken = []
        if (b["subject_digest"] is None) != (entry["intake"]["index_digest"] is None):
            broken.append(("E01", "one digest without the other"))
        elif b["name"] == "GENERATION" and b["detail"]["reason"] == 2 and b["detail"]["promises_digest"] is None:
            broken.append(("E01", "a GENERATION that asks for promises"))
        else:
            if b["name"] == "GENERATION" and at:
                broken.append(("E06", "a GENERATION that is not the first leaf"))
            if b["department"] != self.department:
                broken.append(("E07", "another department"))
            if not broken:
                rule = self.judge_signers(b, signers)
                if rule:
                    broken.append((rule, "signers who are not known, or may not sign this"))
            broken += wrong
            if not broken and not self.fits(b):
                broken.append(("X02" if self.newer else "E05", "a change of keys that does not fit"))
        for rule, text in broken:
            self.find("cannot_tell" if rule == "X02" else "failed", rule, at, text)
        if not broken:
            self.apply(b)

    def inherit(self, g):
        """Section 11: the keys of the generation that this one continues."""
        if not g["prev_size"] or g["reason"] == 5:
            return
        before = self.before
        if before is None or before.origin != g["prev_origin"] or before.stopped or before.tree.size != g["prev_size"]:
            self.newer = True
            return
        self.keys, self.staff, self.newer = dict(before.keys), set(before.staff), before.newer
        self.sessions = {k: list(v) for k, v in before.sessions.items()}
        self.epoch = before.epoch

    def founds(self, g):
        if g["number"] != self.generation:
            return False
        if g["seal_key"]["alg"] != self.suite.seal_alg:
            return False
        if g["reason"] == 1:
            return True
        network, department, number = split_origin(g["prev_origin"])
        if network != split_origin(self.origin)[0]:
            return g["reason"] == 5
        return g["reason"] != 5 and department == self.department and number < g["number"]

    def judge_signers(self, b, signers):
        """The rule that the signers break, or None. What is certain comes first: what a known signer may not do."""
        known, name = [k for k in signers if k], b["name"]
        kinds = {k[1] for k in known}
        allowed = {OFFICER} if name in OFFICER_ACTS else WHO.get(name, {STAFF, SESSION, RECORDER})
        if len(kinds) > 1 or not kinds <= allowed or b["flags"] & IMPORTED and not kinds <= {RECORDER}:
            return "E04"
        if any(k[4] for k in known):
            return "E04"  # an epoch ended the key
        approver = b["detail"]["approver"] if name == "VRSP" else None
        lacks_session = False
        for _, kind, person, session, _ in known:
            if kind not in (STAFF, SESSION):
                continue
            if b["staff"] is None or person != b["staff"]:
                if approver is None or person != approver:
                    return "E04"
            elif kind == SESSION:
                if session != b["session"]:
                    return "E04"
            elif b["session"] is not None:
                opened = self.sessions.get(b["session"])
                if opened and opened[0] != person:
                    return "E04"
                lacks_session = lacks_session or not opened
        if len(known) < len(signers):
            return "X02" if self.newer else "E02"
        if kinds == {OFFICER} and len(signers) < 2:
            return "E04"
        if kinds <= {STAFF, SESSION}:
            own = sum(k[2] == b["staff"] for k in known)
            if own != 1 or len(known) > 2:
                return "E04"
        if lacks_session:
            return "X02" if self.newer else "E04"
        return None

    def fits(self, b):
        """E05"""
        d, name = b["detail"], b["name"]
        if name in ("STAFF", "SESSION") or name == "KEYEPOCH" and d["purpose"] in (PURPOSE_OFFICER, PURPOSE_RECORDER):
            if d["key"]["alg"] not in self.suite.sign_algs or self.suite.key_id(d["key"]) in self.keys:
                return False
            return name != "SESSION" or d["session_id"] not in self.sessions
        if name in ("ROLE", "LEAVE"):
            return d["pseudonym"] in self.staff
        if name == "SESSION_END":
            return self.sessions.get(d["session_id"]) == [b["staff"], True]
        return True

    def apply(self, b):
        d, name = b["detail"], b["name"]
        if name == "STAFF":
            self.enrol(d["key"], STAFF, d["pseudonym"])
            self.staff.add(d["pseudonym"])
        elif name == "SESSION":
            self.enrol(d["key"], SESSION, b["staff"], d["session_id"])
            self.sessions[d["session_id"]] = [b["staff"], True]
        elif name == "SESSION_END":
            self.sessions[d["session_id"]][1] = False
        elif name == "KEYEPOCH" and d["purpose"] in (PURPOSE_OFFICER, PURPOSE_RECORDER):
            self.enrol(d["key"], OFFICER if d["purpose"] == PURPOSE_OFFICER else RECORDER)
        elif name == "ERASE":
            self.erased.update(d["targets"])

    def settle(self):
        """The block is over: what is awaited still is absent."""
        self.absent.update(self.awaited)
        self.awaited = {}

    def finish(self):
        """The ledger is over, and it was read whole: `absent` is what P02 may have to name."""
        self.settle()
        if not self.kept or self.stopped:
            self.absent = {}

    def judge_private(self, content):
        if self.stopped:
            return
        index, part = int.from_bytes(content[:8], "big"), content[8:]
        if len(content) < 8:
            self.find("failed", "P01", None, "a private part without an index")
            return
        self.awaited.pop(index, None)
        if index not in self.block:
            self.find("failed", "P01", index if index < 1 << 62 else None, "no entry of the block just closed")
            return
        entry, body = self.block[index]
        if newer_schema(entry["body"]):
            self.find("cannot_tell", "P01", index, "a private part of a newer body")
            return
        try:
            need(body is not None, "a private part of no body")
            need(len(part) <= 2048, "a private part that is too long")
            p = decode("PrivatePart", part)
            h = self.suite.hash
            client, node = decode("ClientPart", p["client"]), decode("NodePart", p["node"])
            need(h(b"\x11" + p["node_salt"] + p["node"]) == entry["intake"]["index_digest"], "the node's part does not fit")
            need(h(b"\x10" + p["salt"] + p["client"]) == body["subject_digest"], "the client's part does not fit")
            need(1 <= len(client["subjects"]) == len(node["tags"]), "subjects and tags")
            need(len(p["client"]) % 128 == 0 and not any(client["padding"]), "padding")
        except Bad as e:
            self.find("failed", "P01", index, str(e))


def signing_keys(epoch, department):
    if department in epoch.members:
        m = epoch.members[department]["enrolment"]
        for officer in m["officers"]:
            yield officer["key"], OFFICER
        yield m["recorder"], RECORDER


class BlockRule(Exception):
    """(rule, offset in the block, text)"""


class Replay:
    def __init__(self, data, network=None, given=()):
        self.epochs, self.given, self.carried, self.epochs_over = [], 1, 1, False
        self.findings, self.ledgers, self.genesis, self.last = [], [], None, None
        self.network_id, self.pinned, self.forged = None, network, False
        current, pending, count, names, beyond = None, [], 0, set(), False

        def where():
            return (current.number, current.origin) if current else (count, None)
        try:
            for kind, content in frames(data):
                if beyond:
                    continue
                if kind == LEDGER and current:
                    current.finish()
                if kind == GENESIS:
                    self.found(content, network)
                    self.take_given(given)
                elif kind == EPOCH and self.genesis:
                    self.take_epoch(content)
                elif kind == LEDGER and count == 4096:
                    self.find("cannot_tell", "A05", *where(), None, "more than 4,096 ledgers")
                    beyond = True
                elif kind == LEDGER:
                    count += 1
                    current = self.open(content, count, names)
                elif kind == KEPT and current:
                    current.kept = True
                elif kind == LEAF:
                    pending.append(content)
                elif kind == CHECKPOINT:
                    if current:
                        current.add_block(pending, content)
                    pending = []
                elif kind == PRIVATE and current:
                    current.judge_private(content)
            if current:
                current.finish()
            self.judge_absent()
        except Stop as e:
            answer, rule, text = e.args
            self.find(answer, rule, *where(), None, text)
        for ledger in self.ledgers:
            self.judge_predecessor(ledger)
        self.findings.sort(key=lambda f: (f["answer"] != "failed", f["ledger"],
                                          1 << 64 if f["entry"] is None else f["entry"],
                                          f["rule"]))

    def find(self, answer, rule, ledger, origin, leaf, text):
        self.findings.append({"answer": answer, "rule": rule, "ledger": ledger, "origin": origin, "entry": leaf,
                              "text": text})

    def found(self, raw, network):
        try:
            self.genesis = read_genesis(raw)
        except (Newer, Bad) as e:  # the frames are read on, and nothing in them is judged
            self.find("failed" if isinstance(e, Bad) else "cannot_tell", "A03", 0, None, None, str(e))
            return
        self.suite = self.genesis["suite_of"]
        self.network_id = self.suite.hash(b"liuhen/genesis/v1\0" + raw)
        if network is not None and network != self.network_id.hex():
            self.find("failed", "T01", 0, None, None, "another network")

    def take_given(self, given):
        """The genesis file is epoch 0; behind it what the judge gave."""
        if self.genesis is None:
            return
        first = Epoch(self.suite, self.genesis["network"], self.network_id)
        for m in self.genesis["enrolments"].values():
            first.insert(m)
        self.epochs = [first]
        try:
            for raw in given:
                self.epochs.append(self.epochs[-1].follow(raw))
        except (Bad, Newer) as e:
            self.find("cannot_tell", "T04", 0, None, None, str(e))
        self.given, self.given_raw = len(self.epochs), given

    def take_epoch(self, raw):
        number = self.carried
        if self.epochs_over:
            return
        self.carried += 1
        if number < self.given:
            if raw != self.given_raw[number - 1]:
                self.find("failed", "T04", 0, None, None, "another epoch than the one given")
                self.epochs_over = True
            return
        try:
            if len(self.epochs) == 1024:
                raise Newer("more epochs than are judged")
            self.epochs.append(self.epochs[-1].follow(raw))
        except (Bad, Newer) as e:
            self.find("failed" if isinstance(e, Bad) else "cannot_tell", "A06", 0, None, None, str(e))
            self.epochs_over = True

    def epoch_of(self, hash_):
        return next((e for e in self.epochs if e.hash == hash_), None)

    def open(self, raw, count, names):
        ledger = self.open_named(raw, count, names)
        self.last = ledger
        return ledger

    def open_named(self, raw, count, names):
        try:
            name = raw.decode("ascii")
        except UnicodeDecodeError:
            name = ""
        if self.genesis is None:
            return None
        origin = split_origin(name)
        ok = origin and origin[0] == self.genesis["network"]
        if ok and not any(origin[1] in e.members for e in self.epochs):
            self.find("cannot_tell", "A04", count, name, None, "of no member that is known")
            return None
        if not ok or name in names:
            self.find("failed", "A04", count, name or None, None, "no ledger of this network, or twice")
            return None
        names.add(name)
        self.ledgers.append(Ledger(self, count, name))
        return self.ledgers[-1]

    def judge_absent(self):
        """The archive is over, and it was read whole."""
        for ledger in self.ledgers:
            network, department, number = split_origin(ledger.origin)
            later = [other for other in self.ledgers
                     if split_origin(other.origin)[:2] == (network, department)
                     and split_origin(other.origin)[2] >= number]
            answer = "cannot_tell" if any(other.newer or other.stopped for other in later) else "failed"
            for at, digest in ledger.absent.items():
                if not any(digest in other.erased for other in later):
                    ledger.find(answer, "P02", at, "a private part is missing")

    def judge_predecessor(self, ledger):
        g = ledger.born
        if g is None or not g["prev_origin"] or not g["prev_size"]:
            return
        for other in self.ledgers:
            if other.origin == g["prev_origin"] and other.tree.size == g["prev_size"]:
                if other.tree.root() != g["prev_root"] or other.prev != g["prev_header"]:
                    ledger.find("failed", "E08", 0, "the generation before ends otherwise")

    def report(self):
        first = self.findings[0] if self.findings else {}
        result = {"failed": "failed", "cannot_tell": "undecidable", None: "verified"}[first.get("answer")]
        if not self.findings and not self.ledgers:
            result = "undecidable"  # an archive without a ledger says nothing
        if result == "verified" and self.forged:
            result = "failed"
        levels = [[x.origin, x.tree.size, x.reached[1], x.reached[2]] for x in self.ledgers]
        more = {} if self.pinned is None else {"levels": levels}
        return {"result": result, "rule": first.get("rule"), "origin": first.get("origin"),
                "entry": first.get("entry"), "entries": sum(x.entries for x in self.ledgers),
                "blocks": sum(x.blocks for x in self.ledgers),
                "network_id": self.network_id.hex() if self.network_id else None, **more}


def judge(data, network=None, given=()):
    """The report and the findings of an archive; None if the bytes are no archive at all."""
    if data[:len(MAGIC)] != MAGIC:
        return None, []
    replay = Replay(data, network, given)
    return replay.report(), replay.findings


# ---- 11. Golden bytes and tables ---------------------------------------------------------------


def check_vectors(directory):
    faults, count = [], 0
    with open(os.path.join(directory, "bodies.jsonl"), encoding="utf-8") as f:
        for row in map(json.loads, f):
            if "body" not in row:
                continue
            count += 1
            body, leaf = bytes.fromhex(row["body"]), bytes.fromhex(row["leaf"])
            where = f"{row['type']} {row['variant']}"
            try:
                b = read_body(body)
                need(b["name"] == row["type"], "type")
                need(encode("Body", b) == body, "the body is encoded otherwise")
                x = read_leaf(leaf)
                need(x["entry"]["body"] == body, "the leaf holds another body")
                need(encode("Leaf", x) == leaf, "the leaf is encoded otherwise")
                for suite, h in ("w", sha256), ("g", sm3):
                    need(h(body).hex() == row["hash_" + suite], "hash")
                    need(h(b"\0" + leaf).hex() == row["leaf_hash_" + suite], "leaf hash")
            except (Bad, Newer) as e:
                faults.append(f"{where}: {e}")
    with open(os.path.join(directory, "messages.jsonl"), encoding="utf-8") as f:
        for row in map(json.loads, f):
            if "bytes" not in row:
                continue
            count += 1
            raw, what = bytes.fromhex(row["bytes"]), row["what"]
            kind = {"enrolment": "Enrolment", "genesis": "Genesis", "act": "Act", "header": "Leaf",
                    "proposal": "Proposal"}[what.split()[0]]
            try:
                m = read_leaf(raw) if kind == "Leaf" else decode(kind, raw)
                need(encode(kind, m) == raw, "encoded otherwise")
                if kind == "Genesis":
                    suite = read_genesis(raw)["suite_of"]
                    need(suite.hash(b"liuhen/genesis/v1\0" + raw).hex() == row["network_id"], "network id")
                if kind == "Act":
                    read_body(m["body"])
            except (Bad, Newer) as e:
                faults.append(f"{what} {row['suite']}: {e}")
    return count, faults


def check_proto(directory):
    """SCHEMA against the .proto and .options files."""
    bounds, found = {}, {}
    for name in "body", "ledger", "private", "trust":
        with open(os.path.join(directory, name + ".options"), encoding="utf-8") as f:
            for line in f:
                words = line.partition("#")[0].split()
                if words:
                    bounds[words[0].removeprefix("lhpb.")] = dict(w.split(":") for w in words[1:])
    for name in "body", "ledger", "private", "trust":
        with open(os.path.join(directory, name + ".proto"), encoding="utf-8") as f:
            text = re.sub(r"//.*", "", f.read())
        for m in re.finditer(r"message (\w+) \{((?:[^{}]|\{[^{}]*\})*)\}", text):
            union = re.search(r"oneof \w+ \{([^}]*)\}", m[2])
            fields = []
            for mod, form, field, number in re.findall(r"(optional |repeated |)(\w+) (\w+) = (\d+);", m[2]):
                o = bounds.get(f"{m[1]}.{field}", {})
                form = {"uint32": "u32", "uint64": "u64", "string": f"s{o.get('max_length')}",
                        "bytes": f"{'f' if 'fixed_length' in o else 'b'}{o.get('max_size')}"}.get(form, form)
                form = "enum" if form in ENUMS else form
                form += "?" if mod == "optional " else f"*{o.get('max_count')}" if mod else ""
                form += "|" if union and re.search(rf"\b{field} = {number};", union[1]) else ""
                fields.append(f"{number} {field} {form}")
            found[m[1]] = ", ".join(fields)
    mine = dict(line.split(": ", 1) for line in SCHEMA.split("\n") if line)
    return len(mine), [f"{name}: {found.get(name)}" for name in mine if mine[name] != found.get(name)]


def main(args):
    everything, network = "--all" in args, None
    args = [a for a in args if a != "--all"]
    if len(args) == 2 and args[0] in ("--vectors", "--proto"):
        count, faults = (check_vectors if args[0] == "--vectors" else check_proto)(args[1])
        print("\n".join(faults + [f"{count} checked, {len(faults)} faults"]))
        return 10 if faults or not count else 0
    if len(args) >= 3 and args[0] == "--network":
        network, args = args[1].lower(), args[2:]
    given = []
    while len(args) >= 3 and args[0] == "--epochs":
        with open(args[1], "rb") as f:
            given.append(f.read())
        args = args[2:]
    if len(args) != 1 or args[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(args[0], "rb") as f:
            data = f.read()
    except OSError as e:
        print(e, file=sys.stderr)
        return 1
    report, findings = judge(data, network, given)
    if report is None:
        print(json.dumps({"result": "error"}))
        return 1
    if everything:
        report["findings"] = findings
    print(json.dumps(report, ensure_ascii=False))
    return {"verified": 0, "failed": 10, "undecidable": 11}[report["result"]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
