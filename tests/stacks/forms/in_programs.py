# SPDX-License-Identifier: MIT
"""Makers of the forms that are files of programs; `tests.support.layouts` says what each follows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import layouts

from .table import Stacks, makes


def file_for_each(ending: str, write: Callable[[Path, Any], None]) -> Callable[[Path, Stacks], None]:
    """Return a maker of a file for each stack."""

    def make(folder: Path, stacks: Stacks) -> None:
        for name, array in stacks.items():
            write(folder / f"{name}{ending}", array)

    return make


def one_file(name: str, write: Callable[[Path, Stacks], None]) -> Callable[[Path, Stacks], None]:
    """Return a maker of one file of all stacks."""
    return lambda folder, stacks: write(folder / name, stacks)


def many_files(write: Callable[[Path, Stacks], str]) -> Callable[[Path, Stacks], None]:
    """Return a maker of many files with an image of each stack."""

    def make(folder: Path, stacks: Stacks) -> None:
        write(folder, stacks)

    return make


makes("PyMca 5, batch fits, an entry for each scan")(one_file("fits.h5", layouts.pymca_scans))
makes("ewoksfluo 1.3, maps on a grid, a scan for each energy")(
    one_file("dataset.h5", layouts.ewoksfluo_scans)
)
makes("ewoksfluo 1.3, a file for each energy")(many_files(layouts.files_of_maps))
makes("MAPS, XRF-Maps up to 9 (APS), a file for each projection")(many_files(layouts.maps_projections))
makes("XRF-Maps, files of version 10 (APS)")(many_files(layouts.xrf_maps_projections))
makes("PyXRF 1.0.9 (NSLS-II), a file for each scan")(many_files(layouts.pyxrf_scans))
makes("Data Exchange 1.0 (TXM, tomography at the APS)")(file_for_each(".h5", layouts.data_exchange))
makes("txrm2nexus 10.18 (ALBA, Mistral)")(file_for_each(".hdf5", layouts.mistral))
makes("normalize of txm2nexuslib 10.18 (ALBA, Mistral)")(file_for_each(".hdf5", layouts.mistral_normalized))
makes("the same, of energies")(file_for_each(".hdf5", layouts.mistral_spectroscopy))
makes("EMD of NCEM 0.2")(file_for_each(".emd", layouts.ncem_emd))
makes("EMD of Velox")(file_for_each(".emd", layouts.velox_emd))
makes("HSPY 3.3 (hyperspy)")(file_for_each(".hspy", layouts.hyperspy))
makes("HDF5, one dataset in a file")(file_for_each(".h5", layouts.plain_dataset))
