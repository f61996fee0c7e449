# SPDX-License-Identifier: MIT
"""Examples of property tests: few and always the same, or as many new ones as the environment asks for."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

EXAMPLES = int(os.environ.get("NDREG_PREEVAL_EXAMPLES", "0"))


def examples(few: int, **more: Any) -> settings:
    """Return settings for so many examples, which no run before has an influence on."""
    return settings(
        max_examples=EXAMPLES or few,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        print_blob=True,
        **more,
    )
