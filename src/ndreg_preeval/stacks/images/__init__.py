# SPDX-License-Identifier: MIT
"""Stacks made of images in many files: lists, patterns and folders."""

from __future__ import annotations

from .forms import files_of, only_one, spec_of_found, spec_of_list, stacks_listed, stacks_meant
from .listed import Listed, failed, names_of, of_found, of_uri, with_names
from .resolve import lists_images
from .spec import ImageFilesSpec, examined_together

__all__ = [
    "ImageFilesSpec",
    "Listed",
    "examined_together",
    "failed",
    "files_of",
    "lists_images",
    "names_of",
    "of_found",
    "of_uri",
    "only_one",
    "spec_of_found",
    "spec_of_list",
    "stacks_listed",
    "stacks_meant",
    "with_names",
]
