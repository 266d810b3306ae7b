#!/usr/bin/env python3
"""Compute the vectors of own.txt a second time, without any code of this project.

Needs Python's hashlib with "sm3" and the "cryptography" package. Prints the file to stdout:
    python3 tests/vectors/own_vectors.py | diff - tests/vectors/own.txt
SM2 is written out here from GB/T 32918; its signature is checked against the standard's example.
"""
import base64
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)


def add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    if p == q:
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P) % P
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P) % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def mul(k, point):
    out = None
    while k:
        if k & 1:
            out = add(out, point)
        point = add(point, point)
        k >>= 1
    return out


def i2b(number):
    return number.to_bytes(32, "big")


def sm3(data):
    return hashlib.new("sm3", data).digest()


def compress(point):
    return bytes([2 + (point[1] & 1)]) + i2b(point[0])


def sm2_sign(d, message, k, uid=b"1234567812345678"):
    pub = mul(d, G)
    z = sm3(struct.pack(">H", 8 * len(uid)) + uid + b"".join(map(i2b, (A, B, *G, *pub))))
    e = int.from_bytes(sm3(z + message), "big")
    r = (e + mul(k, G)[0]) % N
    s = pow(1 + d, -1, N) * (k - r * d) % N
    return i2b(r) + i2b(s)


def der_int(number):
    raw = number.to_bytes((number.bit_length() + 8) // 8, "big")
    return bytes([2, len(raw)]) + raw


def sm2_encrypt(pub, message, k):
    c1, shared = mul(k, G), mul(k, pub)
    x2, y2 = i2b(shared[0]), i2b(shared[1])
    stream = b"".join(sm3(x2 + y2 + struct.pack(">I", i)) for i in range(1, 2 + len(message) // 32))
    c2 = bytes(a ^ b for a, b in zip(message, stream))
    c3 = sm3(x2 + message + y2)
    body = der_int(c1[0]) + der_int(c1[1]) + b"\x04\x20" + c3 + b"\x04" + bytes([len(c2)]) + c2
    return b"\x30" + (bytes([len(body)]) if len(body) < 128 else b"\x81" + bytes([len(body)])) + body


def mac(name, key, *parts):
    return hmac.new(key, b"".join(parts), name).digest()


def raw_public(private):
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


# ---- HPKE base mode of RFC 9180: X25519, HKDF-SHA256, AES-256-GCM ----

KEM_ID, HPKE_ID = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x02"


def extract(suite_id, salt, label, ikm):
    return mac("sha256", salt, b"HPKE-v1", suite_id, label, ikm)


def expand(suite_id, prk, label, info, length):
    info = struct.pack(">H", length) + b"HPKE-v1" + suite_id + label + info
    out, block = b"", b""
    while len(out) < length:
        block = mac("sha256", prk, block, info, bytes([len(out) // 32 + 1]))
        out += block
    return out[:length]


def exporter_secret(ephemeral, recipient_raw, info):
    enc = raw_public(ephemeral)
    dh = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient_raw))
    shared = expand(KEM_ID, extract(KEM_ID, b"", b"eae_prk", dh), b"shared_secret",
                    enc + recipient_raw, 32)
    context = b"\0" + extract(HPKE_ID, b"", b"psk_id_hash", b"") + \
        extract(HPKE_ID, b"", b"info_hash", info)
    return expand(HPKE_ID, extract(HPKE_ID, shared, b"secret", b""), b"exp", context, 32)


def box_w(secret, enc, number, aad, plain):
    number = struct.pack(">I", number)
    material = expand(HPKE_ID, secret, b"sec", b"liuhen/box/v1" + number, 44)
    return enc + number + AESGCM(material[:32]).encrypt(material[32:], plain, aad)


def box_g(secret, encrypted, number, aad, plain):
    number = struct.pack(">I", number)
    material = b"".join(mac("sm3", secret, b"liuhen/box/v1", number, bytes([i])) for i in (1, 2, 3))
    cipher = Cipher(SM4(material[:16]), modes.CTR(material[16:32])).encryptor()
    text = cipher.update(plain) + cipher.finalize()
    tag = mac("sm3", material[32:64], struct.pack(">Q", len(aad)), aad, text)
    return struct.pack(">H", len(encrypted)) + encrypted + number + text + tag


# ---- The file ----

HASHES = {"W": "sha256", "G": "sm3"}
SEED = {name: hashlib.sha256(name.encode()).digest() for name in ("sm2", "box", "eph", "k")}
ID = b"330702199001011234"


def out(name, value):
    print(name, value.hex() if isinstance(value, bytes) else value)


def h(suite, data):
    return hashlib.new(HASHES[suite], data).digest()


def main():
    print("# Our own formats, computed by own_vectors.py. Each line: name, then hex or text.")
    standard_d = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
    standard_k = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
    signature = sm2_sign(standard_d, b"message digest", standard_k)
    assert signature.hex().startswith("f5a03b06") and signature[32:].hex().startswith("b1b6aa29")
    out("gbt_private", i2b(standard_d))
    out("gbt_public", compress(mul(standard_d, G)))
    out("gbt_signature", signature)
    out("gbt_signature_empty_id", sm2_sign(standard_d, b"message digest", standard_k, b""))

    sm2_d = int.from_bytes(SEED["sm2"], "big")
    sm2_pub = compress(mul(sm2_d, G))
    ed = raw_public(Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
    out("key_id_w_ed25519", h("W", b"liuhen/key/v1\0\x01" + ed)[:16])
    out("key_id_g_sm2", h("G", b"liuhen/key/v1\0\x03" + sm2_pub)[:16])
    out("sm2_private", SEED["sm2"])
    for kind in ("log", "cosignature"):
        typed = b"\xffliuhen.sm2/" + kind.encode() + b"\0" + sm2_pub
        name = "dept-a.example/ledger"
        key_id = h("G", name.encode() + b"\n" + typed)[:4].hex()
        out("vkey_sm2_" + kind, f"{name}+{key_id}+{base64.b64encode(typed).decode()}")

    for suite in ("W", "G"):
        algorithm = HASHES[suite]
        head = b"\x01" + struct.pack(">H", len(ID))
        month = mac(algorithm, b"\x05" * 32, b"liuhen/index/v1\0", b"dept-a", b"\0",
                    struct.pack(">I", 202611))
        token = mac(algorithm, month, b"liuhen/token/v1\0", head, ID)
        suffix = "_" + suite.lower()
        out("month_key" + suffix, month)
        out("token" + suffix, token)
        out("tag" + suffix, mac(algorithm, token, b"\x06" * 16)[:16])
        out("commitment" + suffix, h(suite, b"liuhen/subject/v1\0" + head + ID + b"\x07" * 32))
        out("tagged_hash" + suffix, h(suite, b"liuhen/test/v1\0" + b"bytes"))
        out("leaf" + suffix, h(suite, b"\0" + b"leaf"))
        out("node" + suffix, h(suite, b"\1" + b"\x08" * 32 + b"\x09" * 32))

    recipient = X25519PrivateKey.from_private_bytes(SEED["box"])
    ephemeral = X25519PrivateKey.from_private_bytes(SEED["eph"])
    secret = exporter_secret(ephemeral, raw_public(recipient), b"")
    out("box_w_private", SEED["box"])
    out("box_w_ephemeral", SEED["eph"])
    for number in (0, 1, 0xFFFFFFFF):
        out(f"box_w_{number}", box_w(secret, raw_public(ephemeral), number, b"aad", b"plain text"))
    encrypted = sm2_encrypt(mul(sm2_d, G), SEED["eph"], int.from_bytes(SEED["k"], "big"))
    for number in (0, 1, 0xFFFFFFFF):
        out(f"box_g_{number}", box_g(SEED["eph"], encrypted, number, b"aad", b"plain text"))


main()
