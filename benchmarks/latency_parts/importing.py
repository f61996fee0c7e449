# SPDX-License-Identifier: MIT
"""What importing the package takes beyond numpy."""

from __future__ import annotations

import subprocess
import sys

from common.report import Section

from .latencies import Latency, LatencySettings, section, within

IMPORT = within("import beyond numpy", 60)
CODE = """
import time, numpy
start = time.process_time()
import ndreg_preeval
took = time.process_time() - start
assert callable(ndreg_preeval.rank_stacks)
print(took)
"""


def imported() -> float:
    """Seconds of processor time in a new interpreter."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    return float(done.stdout)


def importing(settings: LatencySettings) -> Section:
    """The only one."""
    imported()  # compiled, and in the page cache
    found = [Latency("`import ndreg_preeval` after `import numpy`", IMPORT, lambda _: imported())]
    return section("Import", "Processor time, each run in a new interpreter.", found, settings)
