#!/usr/bin/env python3
"""Two verifiers, one verdict: verifier.py, written from specs/ alone, against liuhen-verify.

    test_mutated_archives.py BUILD_DIR [--count N] [--seed S] [--seconds T] [--keep DIR]

Takes small good archives of both suites, breaks them at random (bits, bytes, frames; and, with keys made
here, blocks and entries that are consistent in everything but one thing), and compares verdict, rule and
leaf, and those of every finding. The unbroken archives are the positive control: both verifiers accept them. A difference is written
out with its archive, and fails the test.
"""
import argparse
import collections
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import forge  # noqa: E402
import verifier  # noqa: E402

KEPT = 100  # findings that liuhen-verify lists
BATCH = 50  # archives that one run of liuhen-verify judges
PLANS = [("W", 1, 8, 2, 3), ("G", 2, 8, 2, 3), ("W", 3, 12, 1, 5), ("G", 4, 4, 1, 2)]


def whole_frames(data):
    return [bytes([k]) + len(c).to_bytes(4, "big") + c for k, c in verifier.frames(data)]


def close(frames, fix=True):
    """An archive of these frames; with fix, its end frame counts them."""
    end = len(frames) if fix else len(frames) + 1
    return verifier.MAGIC + b"".join(frames) + b"\x06\0\0\0\x08" + end.to_bytes(8, "big")


def flip_bits(rng, good, pool):
    data = bytearray(good)
    for _ in range(rng.choice([1, 1, 1, 1, 2, 5])):
        at = rng.randrange(len(data))
        data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


def set_byte(rng, good, pool):
    data = bytearray(good)
    data[rng.randrange(len(data))] = rng.choice([0, 1, 0x0A, 0x20, 0x7F, 0x80, 0xFF, rng.randrange(256)])
    return bytes(data)


def insert(rng, good, pool):
    at, n = rng.randrange(len(good) + 1), rng.choice([1, 1, 2, 8, 40])
    return good[:at] + bytes(rng.choices(range(256), k=n)) + good[at:]


def delete(rng, good, pool):
    at, n = rng.randrange(len(good)), rng.choice([1, 1, 2, 8, 40])
    return good[:at] + good[at + n:]


def cut(rng, good, pool):
    return good[:rng.randrange(len(good))]


def append(rng, good, pool):
    return good + bytes(rng.choices(range(256), k=rng.choice([1, 2, 5, 13])))


def in_frame(rng, good, pool):
    """Bytes changed, put in or taken out within a frame whose length is made to fit again."""
    frames = whole_frames(good)
    at = rng.randrange(len(frames))
    content = bytearray(frames[at][5:])
    for _ in range(rng.choice([1, 1, 2])):
        p = rng.randrange(max(1, len(content)))
        how = rng.randrange(3) if content else 1
        if how == 0:
            content[p] ^= 1 << rng.randrange(8)
        elif how == 1:
            content.insert(p, rng.randrange(256))
        elif len(content) > 1:
            del content[p]
    frames[at] = frames[at][:1] + len(content).to_bytes(4, "big") + bytes(content)
    return close(frames)


def drop(rng, good, pool):
    frames = whole_frames(good)
    at = rng.randrange(len(frames))
    del frames[at:at + rng.choice([1, 1, 2, 4])]
    return close(frames, rng.random() < 0.9)


def duplicate(rng, good, pool):
    frames = whole_frames(good)
    at, n = rng.randrange(len(frames)), rng.choice([1, 1, 2, 4])
    to = rng.choice([at + n, rng.randrange(len(frames) + 1)])
    return close(frames[:to] + frames[at:at + n] + frames[to:], rng.random() < 0.9)


def reorder(rng, good, pool):
    frames = whole_frames(good)
    a, b = rng.randrange(len(frames)), rng.randrange(len(frames))
    frames[a], frames[b] = frames[b], frames[a]
    return close(frames)


def exchange(rng, good, pool):
    """A frame, or the whole tail, out of another archive."""
    mine, other = whole_frames(good), whole_frames(rng.choice(pool))
    a, b = rng.randrange(len(mine)), rng.randrange(len(other))
    if rng.random() < 0.3:
        return close(mine[:a] + other[b:])
    same = [f for f in other if f[0] == mine[a][0]]
    mine[a] = rng.choice(same) if same and rng.random() < 0.7 else other[b]
    return close(mine)


def note_lines(rng, good, pool):
    """The lines of one checkpoint dropped, doubled, exchanged, or one of a stranger added."""
    frames = whole_frames(good)
    at = rng.choice([i for i, f in enumerate(frames) if f[0] == verifier.CHECKPOINT])
    lines = frames[at][5:].split(b"\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    how = rng.randrange(5)
    if how == 0:
        del lines[a]
    elif how == 1:
        lines.insert(b, lines[a])
    elif how == 2:
        lines[a], lines[b] = lines[b], lines[a]
    else:
        name = rng.choice([b"jinhua/gaj/1", b"stranger", b"a+b", b"", b"x" * 255, b"x" * 256, "\u3000".encode(), b"\x7f"])
        sig = rng.choice([b"AAAAAA==", b"AAAAAAA=", b"AAAA", b"", b"AAAAAAB=", b"A" * 92])
        line = "\u2014 ".encode() + name + b" " + sig
        lines[len(lines) - 1:len(lines) - 1] = [line] * rng.choice([1, 1, 99, 100])
        if how == 3:
            lines[-2], lines[4] = lines[4], lines[-2]
    content = b"\n".join(lines)
    frames[at] = frames[at][:1] + len(content).to_bytes(4, "big") + content
    return close(frames)


BREAKS = [flip_bits, flip_bits, set_byte, insert, delete, cut, append, in_frame, in_frame, drop, duplicate, reorder,
          exchange, note_lines]


def flip_line(rng, data):
    """A bit of a line of a witness or mirror."""
    data = bytearray(data)
    lines = [m.span() for m in re.finditer(rb"jinhua/[a-z]+/(witness|mirror) [^\n]*\n", data)]
    if lines:
        start, end = rng.choice(lines)
        data[rng.randrange(start, end)] ^= 1 << rng.randrange(8)
    return bytes(data)


def levels(program, folder, rng, count):
    """Both verifiers under a pinned network, on heads with lines of members, true, false and changed: verdict, and
    the sizes up to which a ledger is witnessed and final. Returns how many of each level, and what differs."""
    seen, differs = collections.Counter(), []
    for number, members in enumerate((5, 1, 3, 4, 11, 2)):
        city, names = forge.a_city_of(rng, 1 + number % 2, members)
        network, paths, mine = city.network_id.hex(), [], []
        for at in range(count):
            data = forge.cosigned(rng, city, names)
            data = flip_line(rng, data) if at % 3 == 2 else data
            paths.append(os.path.join(folder, f"{at}.lhar"))
            with open(paths[-1], "wb") as f:
                f.write(data)
            report, _ = verifier.judge(data, network)
            mine.append((report["result"], report["levels"]))
        run = subprocess.run([program, "--json", "--jobs", "1", "--network", network, *paths], capture_output=True,
                             check=False)
        for file, told in zip(json.loads(run.stdout)["files"], mine):
            theirs_are = (file["result"], [[x["origin"], x["size"], x["witnessed_size"], x["final_size"]]
                                           for x in file["ledgers"]])
            if theirs_are != told:
                differs.append(f"{len(names)} members: {told} here, {theirs_are} there")
            seen[f"{told[0]} {'final' if told[1][0][3] else 'witnessed' if told[1][0][2] else 'sealed'}"] += 1
        for path in paths:
            os.unlink(path)
    return seen, differs


def index_of(finding):
    """The leaf of a finding; from 2^53 on the program writes it as text, so that no reader rounds it."""
    index = finding.get("index")
    return int(index) if isinstance(index, str) else index


def leaf_of(finding):
    """Numbers above 2^53 are strings of digits."""
    index = finding["index"]
    return int(index) if isinstance(index, str) else index


def theirs(program, paths):
    """(verdict, rule, origin, leaf, every finding) of each file, as the program under test says."""
    run = subprocess.run([program, "--json", "--jobs", "1", *paths], capture_output=True, check=False)
    out = {}
    for file in json.loads(run.stdout)["files"]:
        first = (file.get("findings") or [{}])[0]
        out[file["file"]] = (file["result"], first.get("rule"), first.get("origin"), index_of(first),
                             [(f["answer"], f["rule"], f["origin"], index_of(f)) for f in file.get("findings") or []])
    return [out[p] for p in paths], run.returncode


def ours(data):
    report, findings = verifier.judge(data)
    if report is None:
        return "error", None, None, None, []
    return (report["result"], report["rule"], report["origin"], report["entry"],
            [(f["answer"], f["rule"], f["origin"], f["entry"]) for f in findings])


def both_need_the_epochs(program, directory, data, epochs):
    """An archive that carries epochs is verified with the files that say they were certified, in their order, and not without."""
    paths = []
    for i, content in enumerate([data, *epochs]):
        paths.append(os.path.join(directory, f"given{i}"))
        with open(paths[-1], "wb") as f:
            f.write(content)
    archive, files = paths[0], paths[1:]
    script = [sys.executable, os.path.join(HERE, "verifier.py")]
    for given, code in (files, 0), (files[:1], 11), ([], 11), (files[::-1], 11):
        options = [x for path in given for x in ("--epochs", path)]
        ends = [subprocess.run([*command, *options, archive], capture_output=True, check=False).returncode
                for command in (script, [program])]
        if ends != [code, code]:
            print(f"with {len(given)} epochs given: {ends}, not {code}")
            return False
    return True


class Bench:
    """Judges archives with both and keeps what differs."""

    def __init__(self, program, keep):
        self.program, self.keep = program, keep
        self.dir = tempfile.mkdtemp(prefix="liuhen-mutated.")
        self.queue, self.differs, self.count = [], [], 0
        self.rules, self.time = collections.Counter(), 0.0

    def add(self, what, data, want=None):
        self.queue.append((what, data, want))
        if len(self.queue) >= BATCH:
            self.flush()

    def flush(self):
        paths = []
        for i, (_, data, _) in enumerate(self.queue):
            paths.append(os.path.join(self.dir, f"{i}.lhar"))
            with open(paths[-1], "wb") as f:
                f.write(data)
        if not paths:
            return
        told, _ = theirs(self.program, paths)
        for (what, data, want), c in zip(self.queue, told):
            start = time.monotonic()
            p = ours(data)
            self.time += time.monotonic() - start
            self.count += 1
            self.rules[f"{p[0]} {p[1]}"] += 1
            differ = (p[0], p[1], p[3]) != (c[0], c[1], c[3]) or [f[:2] + f[3:] for f in p[4][:KEPT]] != [
                f[:2] + f[3:] for f in c[4]]
            if differ or want is not None and (p[1] or "") != want:
                name = f"{len(self.differs):04d}.lhar"
                self.differs.append((name, what, p, c))
                if self.keep:
                    os.makedirs(self.keep, exist_ok=True)
                    with open(os.path.join(self.keep, name), "wb") as f:
                        f.write(data)
        self.queue = []
        for path in paths:
            os.unlink(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build_dir")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1e6)
    parser.add_argument("--share", type=float, default=0.04, help="how many of the forged archives of which there are many")
    parser.add_argument("--keep", help="directory for the archives that the two judge differently")
    args = parser.parse_args()
    deadline = time.monotonic() + args.seconds
    for check, name in (verifier.check_vectors, "vectors"), (verifier.check_proto, "proto"):
        count, faults = check(os.path.join(HERE, "..", "..", "specs", name))
        print(f"specs/{name}: {count} checked, {len(faults)} faults")
        if faults or not count:
            print("\n".join(faults))
            return 1
    program = os.path.join(args.build_dir, "bin", "liuhen-verify")
    bench = Bench(program, args.keep)
    good = []
    for suite, seed, entries, staff, block in PLANS:
        out = os.path.join(bench.dir, f"{suite}{seed}")
        os.mkdir(out)
        subprocess.run([os.path.join(args.build_dir, "tests", "make_archive"), "--suite", suite, "--seed", str(seed),
                        "--entries", str(entries), "--staff", str(staff), "--block", str(block), out],
                       check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(out, "city.lhar"), "rb") as f:
            good.append(f.read())
    good += [forge.kept(forge.City(suite)) for suite in (1, 2)]
    good += [forge.cosigned(random.Random(suite), *forge.a_city_of(random.Random(suite), suite, 3)) for suite in (1, 2)]
    for data in good:  # the positive control, with exit codes
        path = os.path.join(bench.dir, "good.lhar")
        with open(path, "wb") as f:
            f.write(data)
        told, code = theirs(program, [path])
        mine = subprocess.run([sys.executable, os.path.join(HERE, "verifier.py"), path], capture_output=True, check=False)
        if code or mine.returncode or ours(data)[0] != "verified" or told[0][0] != "verified":
            print("a good archive is not verified by both")
            return 1
    for suite in 1, 2:
        a, line = forge.in_epochs(forge.City(suite))
        if not both_need_the_epochs(program, bench.dir, a.bytes(epochs=line.raw), line.raw):
            return 1
        good.append(a.bytes(epochs=line.raw))
    rng = random.Random(args.seed)
    seen, unequal = levels(program, bench.dir, random.Random(args.seed), 8)
    print("levels: " + json.dumps(dict(sorted(seen.items()))))
    for what in unequal:
        print("DIFFERS", what)
    wanted = {"verified final", "verified witnessed", "verified sealed"}
    if unequal or not wanted <= set(seen) or not any(one.startswith("failed") for one in seen):
        print("the two differ, or not every level was met")
        return 1
    for what, data, want in forge.archives(rng, args.share):
        bench.add("forged: " + what, data, want)
        if time.monotonic() > deadline - 0.4 * args.seconds:
            break
    bench.flush()
    forged = bench.count
    while bench.count < forged + args.count and time.monotonic() < deadline:
        base = rng.choice(good)
        how = rng.choice(BREAKS)
        bench.add(f"{how.__name__}", how(rng, base, good))
    bench.flush()
    shutil.rmtree(bench.dir)
    for name, what, p, c in bench.differs:
        print(f"DIFFERS {name} {what}\n  spec {p[:4]} {p[4][:6]}\n  C    {c[:4]} {c[4][:6]}")
    print(json.dumps(dict(sorted(bench.rules.items()))))
    print(f"{bench.count} archives ({forged} forged, seed {args.seed}), {len(bench.differs)} differ; "
          f"{1000 * bench.time / max(1, bench.count):.1f} ms each here")
    return 1 if bench.differs else 0


if __name__ == "__main__":
    sys.exit(main())
