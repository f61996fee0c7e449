# SPDX-License-Identifier: MIT
"""Texts of the command line as values."""

from __future__ import annotations

import argparse

import pytest

from ndreg_preeval.cli.readers import byte_size


@pytest.mark.parametrize(
    ("text", "size"),
    [("1024", 1024), ("1K", 1024), ("512M", 512 << 20), ("2G", 2 << 30), ("1.5k", 1536), ("3 GiB", 3 << 30)],
)
def test_byte_sizes(text, size):
    assert byte_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "-1", "0", "1", "512", "1023", "1e9", "0.1", "5X", "1 2", "٣"])
def test_no_byte_sizes(text):
    with pytest.raises(argparse.ArgumentTypeError):
        byte_size(text)
