# SPDX-License-Identifier: MIT
"""Texts of the command line as values."""

from __future__ import annotations

import argparse
import re

from ..argument_checks import LEAST_MEMORY


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


def positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {number}")
    return number
