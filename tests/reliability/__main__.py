# SPDX-License-Identifier: MIT
"""``python -m tests.reliability [SECTION | CASE ...]``: how many cases pass, and which do not."""

from __future__ import annotations

import sys
import time

from .catalogue import CASES, SECTIONS
from .runner import Runner, missing


def main(wanted: list[str]) -> int:
    unknown = [word for word in wanted if word not in CASES and word not in SECTIONS]
    if unknown:
        print(f"no such section or case: {', '.join(unknown)}", file=sys.stderr)
        return 2
    failed: list[str] = []
    totals = [0, 0, 0]
    began = time.monotonic()
    with Runner() as runner:
        for section in SECTIONS.values():
            passed = absent = 0
            chosen = [
                case
                for case in section.cases.values()
                if not wanted or section.name in wanted or case.id in wanted
            ]
            for case in chosen:
                if missing(case):
                    absent += 1
                    continue
                verdict = runner.run(case)
                passed += not verdict.complaint
                if verdict.complaint:
                    failed.append(f"{case.id} ({case.what}), {verdict.seconds:.1f} s:\n{verdict.complaint}\n")
            if chosen:
                note = f", {absent} not run: optional package or tool missing" if absent else ""
                print(f"{section.name:8} {passed:4} of {len(chosen):3} passed{note}", flush=True)
            totals = [a + b for a, b in zip(totals, (passed, len(chosen), absent), strict=True)]
    print(f"{'all':8} {totals[0]:4} of {totals[1]:3} passed in {time.monotonic() - began:.0f} s")
    for text in failed:
        print(f"\nFAILED {text.rstrip()}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
