#!/usr/bin/env python3
"""The archive that keeps the private parts of a ledger: made of one without, and of a backup's store.lhs.

    keep_private.py ARCHIVE STORE.LHS OUT
"""
import struct
import sys

PRIVATE_TABLE = 6
GENESIS, LEDGER, LEAF, CHECKPOINT, PRIVATE, END, KEPT = range(1, 8)


def private_parts(store):
    """(ledger's number, index) -> bytes."""
    data = open(store, "rb").read()
    assert data.startswith(b"LHSTORE1\n")
    at, parts = 9, {}
    while data[at] != 255:
        table, pair = data[at], []
        at += 1
        for _ in range(2):
            (size,) = struct.unpack_from(">I", data, at)
            pair.append(data[at + 4:at + 4 + size])
            at += 4 + size
        if table == PRIVATE_TABLE:
            parts[struct.unpack(">IQ", pair[0])] = pair[1]
    return parts


def frames(archive):
    data = open(archive, "rb").read()
    assert data.startswith(b"LHAR1\n")
    at = 6
    while at < len(data):
        kind, size = struct.unpack_from(">BI", data, at)
        yield kind, data[at + 5:at + 5 + size]
        at += 5 + size


def main():
    parts = private_parts(sys.argv[2])
    out, count, number, index, first = [], 0, 0, 0, 0

    def put(kind, content):
        nonlocal count
        out.append(struct.pack(">BI", kind, len(content)) + content)
        count += kind != END

    for kind, content in frames(sys.argv[1]):
        if kind == END:
            put(END, struct.pack(">Q", count))
            break
        put(kind, content)
        if kind == LEDGER:
            number, index, first = number + 1, 0, 0
            put(KEPT, b"")
        elif kind == LEAF:
            index += 1
        elif kind == CHECKPOINT:
            for at in range(first, index):
                if (number, at) in parts:
                    put(PRIVATE, struct.pack(">Q", at) + parts[number, at])
            first = index
    with open(sys.argv[3], "wb") as file:
        file.write(b"LHAR1\n" + b"".join(out))


main()
