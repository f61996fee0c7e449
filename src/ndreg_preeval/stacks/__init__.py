# SPDX-License-Identifier: MIT
"""Stacks of images in all their forms, and how their pixels are read."""

from __future__ import annotations

from .base import (
    Block,
    BufferPool,
    FailedSpec,
    ReadTask,
    StackSource,
    StackSpec,
)
from .choices import Choices
from .find import find_stacks
from .hdf5 import LOCKING, Hdf5ImageSpec, UriSpec, open_file
from .images import ImageFilesSpec, files_of
from .libraries import LibraryImageSpec, LibrarySpec
from .mask_input import load_mask
from .memory import ArrayImageSpec, is_array
from .names import provisional_name
from .optional_modules import optional_module
from .regular_file import check_regular_file
from .resolve import resolve_stack, resolve_stacks
from .tiff import TiffImageSpec, TiffSpec
from .uris import UriMeaning, format_uri, is_data_url, is_uri, parse_uri, uri_text

__all__ = [
    "LOCKING",
    "ArrayImageSpec",
    "Block",
    "BufferPool",
    "Choices",
    "FailedSpec",
    "Hdf5ImageSpec",
    "ImageFilesSpec",
    "LibraryImageSpec",
    "LibrarySpec",
    "ReadTask",
    "StackSource",
    "StackSpec",
    "TiffImageSpec",
    "TiffSpec",
    "UriMeaning",
    "UriSpec",
    "check_regular_file",
    "files_of",
    "find_stacks",
    "format_uri",
    "is_array",
    "is_data_url",
    "is_uri",
    "load_mask",
    "open_file",
    "optional_module",
    "parse_uri",
    "provisional_name",
    "resolve_stack",
    "resolve_stacks",
    "uri_text",
]
