# SPDX-License-Identifier: MIT
"""A record of everything the package gives, to compare it before and after a change that must not show.

    python -m tests.recorder record FILE [--only WORDS]
    python -m tests.recorder compare FILE
    python -m tests.recorder values FILE

FILE is JSON: one list of lines per case. Versions, dates and paths are masked, numbers are written bit for
bit, so that two records are equal only on one machine with one compiler. The third command writes the numbers of
a few cases; `tests/recorder/test_unchanged.py` compares those with `expected.json` on any machine. Only what is public is used, so that one recorder runs before and after.
"""
