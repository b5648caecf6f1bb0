"""Tells what the tests came to, and what was skipped and how to enable it."""

from __future__ import annotations

import os
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter

IN_CI = os.environ.get("CI", "").lower() == "true"


def main(files: list[str]) -> int:
    """Adds up the files of results; returns 0 where all that had to pass has passed."""
    passed, failed = 0, 0
    skipped: Counter[str] = Counter()
    for file in files:
        for case in ElementTree.parse(file).iter("testcase"):
            skip = case.find("skipped")
            if skip is not None:
                skipped[skip.get("message") or "no reason given"] += 1
            elif case.find("failure") is not None or case.find("error") is not None:
                failed += 1
            else:
                passed += 1
    write = sys.stdout.write
    write(f"\n==> {passed} passed, {failed} failed, {sum(skipped.values())} skipped\n")
    for reason, count in skipped.most_common():
        write(f"    {count} skipped: {reason}\n")
    if IN_CI and any(reason.startswith("needs ") for reason in skipped):
        write("    with CI=true this counts as a failure\n")
        return 1
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
