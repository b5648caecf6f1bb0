"""Tells what the tests came to, and what was skipped and how to enable it."""

from __future__ import annotations

import os
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter

IN_CI = os.environ.get("CI", "").lower() == "true"


def main(files: list[str]) -> int:
    """Adds up the files of results; returns 0 where all that had to pass has passed."""
    results: dict[tuple[str, str], str] = {}
    reasons: dict[tuple[str, str], str] = {}
    for file in sorted(files):  # a second try of a test comes after its first and counts
        for case in ElementTree.parse(file).iter("testcase"):
            name = (case.get("classname") or "", case.get("name") or "")
            skip = case.find("skipped")
            if skip is not None:
                results[name] = "skipped"
                reasons[name] = skip.get("message") or "no reason given"
            elif case.find("failure") is not None or case.find("error") is not None:
                results[name] = "failed"
            else:
                results[name] = "passed"
    count = Counter(results.values())
    passed, failed = count["passed"], count["failed"]
    skipped = Counter(reasons[name] for name, result in results.items() if result == "skipped")
    write = sys.stdout.write
    write(f"\n==> {passed} passed, {failed} failed, {sum(skipped.values())} skipped\n")
    for reason, times in skipped.most_common():
        write(f"    {times} skipped: {reason}\n")
    if IN_CI and any(reason.startswith("needs ") for reason in skipped):
        write("    with CI=true this counts as a failure\n")
        return 1
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
