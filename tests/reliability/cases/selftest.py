# SPDX-License-Identifier: MIT
"""Cases that fail in every way there is: the runner has to notice. They are in no section."""

from __future__ import annotations

import ctypes
import os
import threading
from pathlib import Path
from typing import Any

from ..outcomes import RANKED
from ..support import good
from ..table import Section

selftest = Section("selftest")


def crash(_: Path) -> None:
    ctypes.string_at(0)


def hang(_: Path) -> None:
    threading.Event().wait()


def leave(_: Path) -> None:
    os._exit(0)


def exhaust(_: Path) -> None:
    bytearray(1 << 30)


def swapped(_: Path) -> dict[str, Any]:
    stacks = good()
    return {"zeta": stacks["kilo"], "alpha": stacks["alpha"], "kilo": stacks["zeta"]}


for fresh in (False, True):
    kind = "fresh" if fresh else "forked"
    options: dict[str, Any] = {"fresh": fresh, "memory": 1 << 28}
    selftest.scenario(f"crash_{kind}", "SIGSEGV", **options)(crash)
    selftest.scenario(f"hang_{kind}", "hangs", timeout=2.0, **options)(hang)
    selftest.scenario(f"leave_{kind}", "ended with status 0", **options)(leave)
    selftest.scenario(f"exhaust_{kind}", "MemoryError", **options)(exhaust)
    selftest.add(f"wrong_{kind}", "accepted: rank", swapped, RANKED, **options)
    selftest.add(f"right_{kind}", "", lambda _: good(), RANKED, **options)
