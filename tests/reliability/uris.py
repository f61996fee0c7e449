# SPDX-License-Identifier: MIT
"""HDF5 files for the cases that read from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .support import faulty, good


def write(file: Path, stacks: Mapping[str, Any], group: str = "/entry", **layout: Any) -> dict[str, str]:
    """Write each stack as a dataset of `group`; give their URIs in the plain form."""
    import h5py

    with h5py.File(file, "a") as handle:
        for name, stack in stacks.items():
            handle.create_dataset(f"{group}/{name}", data=stack, **layout)
    return {name: f"{file}::{group.rstrip('/')}/{name}" for name in stacks}


def good_file(folder: Path, name: str = "ok.h5") -> dict[str, str]:
    """The good stacks in a file of that name, written unless it is there."""
    if (folder / name).exists():
        return {key: f"{folder / name}::/entry/{key}" for key in good()}
    return write(folder / name, good())


def beside(folder: Path, bad: Any) -> dict[str, Any]:
    """The good stacks from ok.h5 and the faulty thing, which may be any object, as `stk_bad`."""
    return faulty(bad, stacks=good_file(folder))


def bad_uri(folder: Path, dataset: str = "/entry/stk_bad", file: str = "b.h5") -> dict[str, Any]:
    """The good stacks from ok.h5 and the faulty one from b.h5."""
    return beside(folder, f"{folder / file}::{dataset}")
