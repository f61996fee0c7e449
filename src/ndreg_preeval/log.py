# SPDX-License-Identifier: MIT
"""Records of what ran and why, by Python's `logging`: logger ``ndreg_preeval``, silent unless somebody asks.

INFO: for each stack what it is and how its pixels are read, where stacks are scored and by how many threads, and how
many images took double precision. DEBUG: versions of libraries, and how reading is cut into blocks.
"""

from __future__ import annotations

import logging
from typing import Any, Final

NAME: Final = "ndreg_preeval"

LOGGER: Final = logging.getLogger(NAME)
"""The logger of the whole package."""

LOGGER.addHandler(logging.NullHandler())  # else Python prints warnings of those who asked for nothing


def asked(level: int = logging.INFO) -> bool:
    """Return whether records of this level go anywhere: what they say is made for these alone."""
    return LOGGER.isEnabledFor(level)


def tell(text: str, *values: Any, level: int = logging.INFO) -> None:
    """Make one record of one fact.

    Parameters
    ----------
    text : str
        With ``%s`` for values.
    *values : object
    level : int
    """
    LOGGER.log(level, text, *values)
