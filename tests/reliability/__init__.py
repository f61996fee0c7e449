# SPDX-License-Identifier: MIT
"""End-to-end reliability: bad, odd and hostile input and faults, and what must come of each.

Each case runs `rank_stacks` in a process of its own, so that a crash or a hang is a failed case and
no more. `python -m tests.reliability` prints how many cases of each section pass.
"""
