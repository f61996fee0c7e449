# SPDX-License-Identifier: MIT
"""Makers of the forms that are objects of Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .table import Stacks, makes


@makes("arrays")
def arrays(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """Arrays of numpy."""
    return {"ca": stacks["Ca"], "fe": stacks["Fe"]}


@makes("lists of images")
def lists(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """One array per image."""
    return {"ca_maps": list(stacks["Ca"]), "fe_maps": list(stacks["Fe"])}


@makes("dask arrays")
def dask(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """Chunks of two images."""
    module = pytest.importorskip("dask.array")
    return {name.lower(): module.from_array(array, chunks=(2, 24, 32)) for name, array in stacks.items()}


@makes("an xarray Dataset")
def xarray(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """With a coordinate, which is no stack."""
    module = pytest.importorskip("xarray")
    dims = ("energy", "y", "x")
    of = {name: (dims, array) for name, array in stacks.items()}
    return {"dataset": module.Dataset(of, coords={"energy": np.linspace(7, 8, 4)})}


@makes("datasets that h5py has open")
def open_datasets(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """Datasets of a file that stays open."""
    import h5py

    file = h5py.File(folder / "scan.h5", "w")
    for name, array in stacks.items():
        file[f"maps/{name}"] = array
    return {"file": file}
