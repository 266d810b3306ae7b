"""Every example of the README, the man pages and the verbs' help, run as it stands.

    test_examples.py BIN_DIR TOOLS_DIR

An example is a fenced block or one that is indented by four spaces; in a help, lines that begin with
"  liuhen". Each runs in a shell of its own that forgives no failure, in a folder with a node beside it
and the files that examples name; /var/lib, /srv and /usr/share mean folders in there. What is no
command stands in tests/EXAMPLES, and a line there that fits no example is a failure too.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.argv[1]).resolve()
PLACES = ("/var/lib/", "/srv/", "/usr/share/")
MANUALS = ["README.md"] + sorted(
    str(path.relative_to(SOURCE)) for folder in ("cli/man", "node/man") for path in (SOURCE / folder).glob("*.md"))
EVENT = ('{"type":"QUERY","source":"old","id":"%s","event_time":"2019-03-0%dT09:00:00+08:00","channel":"MACHINE",'
         '"item":"marriage","catalogue_version":1,"exchange":"%032x","counterparty":"mzj","purpose":"marriage-check",'
         '"legal_basis":"zj-public-data-2022","detail":{"requested_mask":1}}\n')
WABO = ("case:channel,case:concept:name,case:startdate,concept:instance,concept:name,org:group,org:resource,"
        "time:timestamp\nInternet,case-1,2011-10-11 13:42:22.688000+02:00,task-1,Confirmation of receipt,Group 1,"
        "Resource21,2011-10-11 13:45:40.276000+02:00\n")
LOG_MAP = ("name = log\npseudonyms = plain\n[row]\ntype = STEP\nsource = log\nid = {id}\ntime = {time}\n"
           "channel = COUNTER\nunit = hall\nstaff = {who}\ncase = {case}\nstep = {@step}\ndetail.name = {what}\n"
           "number detail.state = 2\n")


def die(*words):
    print("FAILED:", *words, file=sys.stderr)
    sys.exit(1)


def examples_of(text):
    """Blocks of lines, without what indents or fences them."""
    blocks, lines, fenced = [], None, False
    before = ""
    for line in text.splitlines() + [""]:
        if line.startswith("```"):
            if fenced:
                blocks.append(lines)
                lines = None
            else:
                lines = []
            fenced = not fenced
        elif fenced:
            lines.append(line)
        elif line.startswith("    ") and (lines is not None or not before.strip()):
            lines = (lines or []) + [line[4:]]
        elif not line.strip() and lines is not None:
            lines.append("")  # the block may go on behind it
        elif lines is not None:
            blocks.append(lines)
            lines = None
        before = line
    if lines:
        blocks.append(lines)
    return ["\n".join(block).strip("\n") for block in blocks if any(line.strip() for line in block)]


def examples_of_help(words, lang):
    text = subprocess.run([BIN / "liuhen", *words, "--help", "--lang", lang], capture_output=True, text=True,
                          check=True).stdout
    found = re.findall(r"^  (liuhen (?:.*\\\n)*.*)$", text, re.M)
    return ["\n".join(line.strip() for line in one.splitlines()) for one in found]


def verbs():
    text = subprocess.run([BIN / "liuhen", "--help", "--lang", "en"], capture_output=True, text=True, check=True).stdout
    return [line[2:20].split() for line in text.splitlines() if re.match(r"  [a-z]", line)]


class Stage:
    """A folder with a node that runs, and everything that an example names."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="liuhen-examples."))
        self.node = None
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("LIUHEN_", "LC_"))}
        self.env.update(PATH="%s:%s" % (BIN, os.environ["PATH"]), HOME=str(self.dir / "home"), NO_COLOR="1",
                        LANG="C.UTF-8", XDG_STATE_HOME=str(self.dir / "state"))

    def close(self):
        if self.node is not None:
            self.node.terminate()
            self.node.wait()
        shutil.rmtree(self.dir)

    def placed(self, text):
        """Absolute places are folders of the stage."""
        return re.sub(r"(?<![\w.])(%s)" % "|".join(PLACES), lambda found: str(self.dir) + found.group(1), text)

    def run(self, script, **options):
        return subprocess.run(["sh", "-euc", self.placed(script)], cwd=self.dir / "work", env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, **options)

    def must(self, script):
        got = self.run(script)
        if got.returncode != 0:
            die("the stage: %s\n%s%s" % (script, got.stdout, got.stderr))
        return got.stdout

    def make(self):
        for folder in ("work", "home/.zfunc", "home/.local/share/bash-completion/completions",
                       "home/.config/fish/completions", "var/lib", "srv/backup",
                       "usr/share/bash-completion/completions", "usr/share/zsh/vendor-completions",
                       "usr/share/fish/vendor_completions.d"):
            (self.dir / folder).mkdir(parents=True)
        self.must("for who in zhang li staff; do liuhen keygen -o $who.pem; done")
        self.must("liuhen init --network jinhua --dept gaj --name 市公安局 --data /var/lib/liuhend --guard /srv/guard"
                  " --officer zhang.pub --officer li.pub")
        self.env["LIUHEN_DATA"] = str(self.dir / "var/lib/liuhend")
        self.node = subprocess.Popen([BIN / "liuhend", "--data", self.env["LIUHEN_DATA"]], env=self.env,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            if self.run("liuhen status").returncode == 0:
                break
            time.sleep(0.1)
        self.must("liuhen staff enrol --key staff.pub --roles counter --from yesterday -o staff.lh\n"
                  "for act in /var/lib/liuhend/generation-1.lh staff.lh; do liuhen cosign $act --key zhang.pem;"
                  " liuhen cosign $act --key li.pem; liuhen submit $act; done")
        work = self.dir / "work"
        (work / "events.ndjson").write_text("".join(EVENT % ("e-%d" % n, n, n) for n in (1, 2)))
        self.must("liuhen import ndjson events.ndjson")
        os.rename(work / "events.ndjson", work / "events.ndjson.zst")  # plain is taken under any name
        (work / "cli").symlink_to(SOURCE / "cli")
        (work / "coselog-wabo-receipt.csv.gz").write_text(WABO)
        (work / "log.csv.gz").write_text("id,time,who,case,what\n1,2019-03-01 09:00,ann,c1,read\n")
        (work / "log.map").write_text(LOG_MAP)
        (work / "person.txt").write_text("11010519491231002X\n")
        self.must("cp /var/lib/liuhend/genesis.lhg . && liuhen export -o archive.lhar && cp archive.lhar"
                  " gaj-2026-11.lhar.zst && liuhen receipt get gaj/1/2 -o receipt.tlog-proof")

    def try_map(self, text):
        (self.dir / "work/example.map").write_text(text)
        (self.dir / "work/example.csv").write_text(
            "received,how,task,finished,group,clerk,file_number,activity\n"
            "2019/03/01 09:00:00,窗口,t-1,2019/03/01 09:10:00,hall,ann,f-1,read\n")
        (self.dir / "work/salt").write_bytes(os.urandom(32))
        return self.run("chmod 600 salt && liuhen import csv example.csv --map example.map --salt-file salt --dry-run")

    def try_config(self, text):
        data = "" if text.startswith("data =") else "data = /var/lib/liuhend\n"  # some settings of many
        (self.dir / "work/example.conf").write_text(self.placed(data + text))
        return self.run("liuhend --config example.conf --check-config")


def read_list():
    rows = []
    for line in (SOURCE / "tests/EXAMPLES").read_text().splitlines():
        if line and not line.startswith("#"):
            rows.append([part.strip() for part in line.split(" | ")])
    return rows


def collect():
    """(where, text) of all of them; the same text once."""
    found, seen = [], set()
    for manual in MANUALS:
        found += [(manual, text) for text in examples_of((SOURCE / manual).read_text())]
    for words in verbs():
        for lang in ("en", "zh"):
            for text in examples_of_help(words, lang):
                if text not in seen:
                    seen.add(text)
                    found.append(("help of " + " ".join(words), text))
    return found


def main():
    rows = read_list()
    found = collect()
    used = set()
    counts = {"run": 0, "map": 0, "config": 0, "form": 0, "not run": 0}
    stage = Stage()
    try:
        stage.make()
        if stage.run("liuhen trail --nonsense").returncode != 2 or stage.try_config("nome = x").returncode == 0:
            die("the control: a wrong example would pass")
        for where, text in found:
            way = "run"
            for at, (file, begin, how) in enumerate(rows):
                if file == where and text.lstrip().startswith(begin):
                    used.add(at)
                    way = how.split(":")[0]
            counts[way] += 1
            if way in ("form", "not run"):
                continue
            got = {"run": stage.run, "map": stage.try_map, "config": stage.try_config}[way](text)
            if got.returncode != 0:
                die("%s: exit %d\n%s\n%s%s" % (where, got.returncode, text, got.stdout, got.stderr))
    finally:
        stage.close()
    for at, row in enumerate(rows):
        if at not in used:
            die("tests/EXAMPLES names no example: " + " | ".join(row))
    if counts["run"] < 15:
        die("only %d examples were found" % counts["run"])
    print("examples:", ", ".join("%d %s" % (count, way) for way, count in counts.items()))


main()
