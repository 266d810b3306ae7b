#!/usr/bin/python3
"""Gate: a spec sentence that the code quotes stands in the spec, word for word.

The form, above the line that carries the sentence out, white space and line breaks as you like:

    /* spec ledger.md 4: "A replica refuses a block whose header is not last." */

The sentence must occur in specs/ledger.md, and inside section 4 where that file numbers its
headings. Prints how many quotes it checked; a comment that begins like one and is none fails.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
COMMENT = re.compile(r"/\*(.*?)\*/", re.S)
QUOTE = re.compile(r'spec (\S+\.md) ([0-9][0-9.]*|[A-Z]):? "(.+)"\.?', re.S)
HEADING = re.compile(r"^(#+)\s+(?:§\s*)?([0-9]+(?:\.[0-9]+)*|[A-Z])\.?\s")


def squeeze(text):
    return " ".join(text.split())


def sections(text):
    """Maps a section's number to its text, sections inside it included; '' is the whole file."""
    found = {"": []}
    open_ = []  # (level, number) of the headings we stand under
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        if line.startswith("#") and not fenced:
            level = len(line) - len(line.lstrip("#"))
            open_ = [(l, n) for l, n in open_ if l < level]
            match = HEADING.match(line)
            if match:
                open_.append((level, match.group(2)))
                found.setdefault(match.group(2), [])
        for number in {""} | {n for _, n in open_}:
            found[number].append(line)
    return {number: squeeze("\n".join(lines)) for number, lines in found.items()}


def comment_text(raw):
    """The words of a comment without the stars that lead its lines."""
    return squeeze("\n".join(re.sub(r"^\s*\*+(?=\s|$)", "", line) for line in raw.splitlines()))


def check(spec_name, number, sentence, specs):
    """Returns what is wrong with one quote, or None."""
    path = ROOT / "specs" / spec_name
    if spec_name not in specs:
        specs[spec_name] = sections(path.read_text(encoding="utf-8")) if path.is_file() else None
    spec = specs[spec_name]
    if spec is None:
        return f"specs/{spec_name} does not exist"
    number = number.rstrip(".")
    if len(spec) > 1 and number not in spec:
        return f"specs/{spec_name} has no section {number}"
    if squeeze(sentence) in spec.get(number, spec[""]):
        return None
    where = f"specs/{spec_name} section {number}" if number in spec else f"specs/{spec_name}"
    elsewhere = " (it stands elsewhere in that file)" if squeeze(sentence) in spec[""] else ""
    return f"not in {where}{elsewhere}: \"{squeeze(sentence)}\""


def main():
    files = subprocess.run([str(ROOT / "tests/support/gates/files.sh"), "*.c", "*.h"], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.split("\n")
    specs, checked, bad = {}, 0, 0
    for name in filter(None, files):
        source = (ROOT / name).read_text(encoding="utf-8")
        for comment in COMMENT.finditer(source):
            text = comment_text(comment.group(1))
            if not re.match(r"spec \S+\.md", text):
                continue
            checked += 1
            quote = QUOTE.fullmatch(text)
            problem = check(*quote.groups(), specs) if quote else "not of the form of a quote"
            if problem:
                line = source.count("\n", 0, comment.start()) + 1
                print(f"{name}:{line}: {problem}")
                bad += 1
    print(f"{checked} quotes checked, {bad} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
