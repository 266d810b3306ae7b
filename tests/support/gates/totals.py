#!/usr/bin/python3
"""Counts ctest's results, each test once however many builds ran it, and judges the skips.

    totals.py [--all] SKIPS RESULT.xml...      (ctest --output-junit)

A test has failed if it failed anywhere, passed if it passed somewhere and failed nowhere, and was
skipped otherwise. Under CI=true a skip that SKIPS does not list is a failure; with --all, which says
that these are the results of all tests, so is a line of SKIPS that names none. The last line
printed is the summary. Before it stands what a test said that failed: its lines that say FAILED and
its last ones, so that the end of a log tells why without the log.
"""
import os
import sys
import xml.etree.ElementTree as ElementTree


def read_skips(path):
    """Maps the name of a test that may skip to the reason. A line without a reason is refused."""
    skips = {}
    with open(path, encoding="utf-8") as lines:
        for line in filter(None, (text.split("#", 1)[0].strip() for text in lines)):
            name, _, reason = line.partition(" ")
            if not reason.strip():
                sys.exit(f"{path}: {name}: a reason is missing")
            skips[name] = reason.strip()
    return skips


TOLD_LINES = 25  # of the end of what a failed test said


def tell(case):
    """Prints what a failed test said."""
    said = (case.findtext("system-out") or "").splitlines()
    at = max(0, len(said) - TOLD_LINES)
    print(f"failed: {case.get('name')}:")
    for line in [one for one in said[:at] if "FAILED" in one] + said[at:]:
        print("  | " + line[:300])


def read_results(paths):
    """Maps a test's name to 'failed', 'passed' or 'skipped', the strongest of all runs, and tells of
    each that failed."""
    strength = {"skipped": 0, "passed": 1, "failed": 2}
    results = {}
    for path in paths:
        for case in ElementTree.parse(path).iter("testcase"):
            status = {"run": "passed", "fail": "failed"}.get(case.get("status"), "skipped")
            name = case.get("name")
            if status == "skipped" and "Unable to find executable" in ElementTree.tostring(
                    case, encoding="unicode"):
                status = "failed"
            if status == "failed":
                tell(case)
            if name not in results or strength[status] > strength[results[name]]:
                results[name] = status
    return results


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--all"]
    if not arguments:
        sys.exit(__doc__)
    skips = read_skips(arguments[0])
    results = read_results(arguments[1:])
    strict = os.environ.get("CI") == "true"
    bad = 0
    for name in sorted(n for n, status in results.items() if status == "skipped"):
        print(f"skipped: {name}: {skips.get(name, 'NOT LISTED in tests/SKIPS')}")
        if name not in skips and strict:
            bad += 1
    for name in sorted(set(skips) - set(results)):
        if strict and "--all" in sys.argv:
            print(f"tests/SKIPS names a test that does not exist: {name}")
            bad += 1
    counts = {status: list(results.values()).count(status)
              for status in ("passed", "failed", "skipped")}
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if bad or counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
