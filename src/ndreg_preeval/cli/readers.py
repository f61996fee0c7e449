# SPDX-License-Identifier: MIT
"""Texts of the command line as values."""

from __future__ import annotations

import argparse
import re

from ..argument_checks import LEAST_MEMORY
from ..errors import clip


def byte_size(text: str) -> int:
    """A number of bytes; K, M, G and T count in steps of 1024."""
    found = re.fullmatch(
        r"\s*(\d{1,15}(?:\.\d{1,15})?)\s*([KMGT]?)(?:i?B)?\s*", text, flags=re.IGNORECASE | re.ASCII
    )
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 512M or 2G")
    size = int(float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " "))
    if size < LEAST_MEMORY:
        raise argparse.ArgumentTypeError(
            f"{text!r} is less than 1K, too little to be meant: a number alone counts bytes; write 512M or 2G"
        )
    return size


def whole(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{clip(text, 200)!r} is no whole number") from None


def number(text: str) -> float:
    """A number; which ones are meant, `Options` says."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{clip(text, 200)!r} is no number") from None


def positive(text: str) -> int:
    """A whole number from 1 on."""
    return _at_least(1, text)


def not_negative(text: str) -> int:
    """A whole number from 0 on."""
    return _at_least(0, text)


def _at_least(least: int, text: str) -> int:
    found = whole(text)
    if found < least:
        raise argparse.ArgumentTypeError(f"must be at least {least}, not {found}")
    return found
