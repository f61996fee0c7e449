# SPDX-License-Identifier: MIT
"""HDF5 and NeXus files."""

from __future__ import annotations

from .files import LOCKING, open_file
from .locate import Files, select_meaning
from .nexus import is_stack, stack_paths
from .source import DatasetSpec, UriSpec, is_dataset

__all__ = [
    "LOCKING",
    "DatasetSpec",
    "Files",
    "UriSpec",
    "is_dataset",
    "is_stack",
    "open_file",
    "select_meaning",
    "stack_paths",
]
