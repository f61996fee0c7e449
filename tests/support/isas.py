# SPDX-License-Identifier: MIT
"""The instruction sets that there are kernels for."""

from __future__ import annotations

from ndreg_preeval import _core

VARIABLE = "NDREG_PREEVAL_ISA"

_facts = _core.build_config()

ALL: list[str] = _facts["isas"]
"""Those of this build, slowest first."""

USABLE: list[str] = _facts["usable_isas"]
"""Those of them that this processor runs."""

ACTIVE: str = _facts["isa"]
"""The one that these tests run with."""
